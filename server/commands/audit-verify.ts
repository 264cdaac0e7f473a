import { createReadStream, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { type Anchor, anchorKey, type Handover, keysBefore } from '../audit/anchor.ts'
import type { Entry } from '../audit/chain.ts'
import { ANCHOR_FILE, INSTALLATION } from '../audit/chain.ts'
import { type Verdict, verifyChain } from '../audit/verify.ts'
import { readConfig } from '../config.ts'
import { secretKeys } from '../secret-key.ts'
import { auditAfter, auditHeads } from '../store/workspace/audit.ts'
import { openDatabase } from '../store/database/database.ts'
import { fail, withOwnDatabase } from './own-database.ts'

// npm run audit:verify [-- EXPORT.jsonl] [--anchors FILE] [--key HEX]: checks exported logs, or all of the database.
// Exit code 0 only if every chain is whole. A whole chain that nothing outside of it vouches for is said to be just that.

/** What was given cannot be used: said in a sentence, without a stack. */
class Unusable extends Error {
  override name = 'Unusable'
  readonly code = 'UNUSABLE'
}

type Kept = { readonly anchors: Anchor[]; readonly handovers: Handover[] }

// Above the work that begins right below: what stands after it is not there yet.
const PAGE = 1_000
const ELSEWHERE = 'Give --anchors a copy of audit-anchors.jsonl that was kept elsewhere.'
const NOTHING: Kept = { anchors: [], handovers: [] }
const say = (line: string) => void process.stdout.write(`${line}\n`)

try {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { anchors: { type: 'string' }, key: { type: 'string' } },
  })
  if (values.key !== undefined && !/^[0-9a-f]{64}$/i.test(values.key)) {
    throw new Unusable(
      '--key has to be the public key of the audit log: 64 hexadecimal digits, as the page shows them.',
    )
  }
  const verdicts = positionals.length > 0 ? await ofFiles(positionals, values) : await ofDatabase(values)
  for (const one of verdicts) {
    say(sentence(one))
    const gap = unproven(one)
    if (gap) say(gap)
  }
  if (verdicts.length === 0) say('There are no entries yet.')
  if (verdicts.some(({ fault }) => fault)) process.exitCode = 1
} catch (error) {
  fail(error)
}

type Given = { readonly anchors?: string; readonly key?: string }

async function ofFiles(files: readonly string[], given: Given): Promise<Verdict[]> {
  const verdicts: Verdict[] = []
  for (const file of files) {
    const { anchors, handovers } = given.anchors === undefined ? NOTHING : readAnchors(given.anchors)
    const signed = [...anchors]
    let key = given.key
    let workspace = ''
    // The signed head stands in the last line, and is needed first.
    for await (const line of linesOf(file)) {
      const value = readLine(line)
      if (value === undefined) continue
      if ('anchor' in value) {
        signed.push(value.anchor)
        workspace ||= value.anchor.workspace
        if (key === undefined && typeof value.key === 'string') {
          key = value.key
          say(`${file}: checked with the key it names itself, ${key}. Give --key, from a source you trust, to be sure.`)
        }
      } else workspace ||= value.workspace
    }
    if (key === undefined && signed.length > 0) {
      say(
        `${file}: SIGNATURES NOT CHECKED: anybody could have written its anchors. Give --key, from a source you trust.`,
      )
    } else if (given.anchors === undefined && signed.length > 0) {
      say(
        `${file}: SIGNED WHEN IT WAS DOWNLOADED, by the product: a log that was cut short or made anew in the database before that looks the same. ${ELSEWHERE}`,
      )
    }
    const keys = key === undefined ? undefined : keysBefore(key, handovers)
    const verdict = await verifyChain(workspace, entriesOf(file), signed, keys)
    // Each log begins with how its workspace was made: nothing at all is no whole log.
    const empty = verdict.entries === 0 && verdict.fault === undefined
    const named = { ...verdict, workspace: workspace || file }
    verdicts.push(empty ? { ...named, fault: { sequence: 1, what: 'the file has no entry' } } : named)
  }
  return verdicts
}

async function* entriesOf(file: string): AsyncIterable<Entry | undefined> {
  for await (const line of linesOf(file)) {
    const value = readLine(line)
    if (value === undefined || !('anchor' in value)) yield value
  }
}

/** A line of an export as it says to be; undefined where it is not even that. */
function readLine(line: string): Entry | { readonly anchor: Anchor; readonly key?: string } | undefined {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  if ('anchor' in value && (typeof value.anchor !== 'object' || value.anchor === null)) return undefined
  return value as Entry | { readonly anchor: Anchor; readonly key?: string } // what it says is what is checked
}

async function* linesOf(file: string): AsyncIterable<string> {
  for await (const line of createInterface({ input: createReadStream(file, 'utf8') })) {
    // Editors and shells put a mark before the first line, which is none of its content.
    const text = line.replace(/^\uFEFF/, '')
    if (text.trim() !== '') yield text
  }
}

function readAnchors(file: string): Kept {
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line, at) => {
      try {
        return JSON.parse(line) as Anchor | { handover: Handover } // what it says is what is checked
      } catch {
        throw new Unusable(`${file}: line ${at + 1} is no anchor. Give the file as the product wrote it.`)
      }
    })
  return {
    anchors: lines.flatMap((line) => ('handover' in line ? [] : [line])),
    handovers: lines.flatMap((line) => ('handover' in line ? [line.handover] : [])),
  }
}

async function ofDatabase(given: Given): Promise<Verdict[]> {
  const config = readConfig()
  const file = given.anchors ?? join(config.dataDir, ANCHOR_FILE)
  const { anchors, handovers } = existsSync(file) ? readAnchors(file) : NOTHING
  const own = given.key === undefined ? secretKeys(config).map(anchorKey) : [given.key]
  const keys = own.flatMap((key) => keysBefore(key, handovers))
  const verdicts: Verdict[] = []
  await withOwnDatabase(config, 'running or not', async (url) => {
    const { db, close } = openDatabase({ url, max: 2, applicationName: 'tieline audit:verify' })
    try {
      // Logs that went with their workspace, as the log of the installation says.
      const ended = new Map<string, { readonly sequence: number; readonly hash: string }>()
      async function* entries(workspace: string): AsyncIterable<Entry> {
        for (let after = 0; ; ) {
          const page = await auditAfter(db, workspace, after, PAGE)
          for (const { action, subject, detail } of page) {
            if (workspace !== INSTALLATION || action !== 'workspace.deleted' || subject.workspace === undefined)
              continue
            // Written by server/close/delete-closed.ts.
            const end = detail.audit as { readonly sequence: number; readonly hash: string } | null
            ended.set(subject.workspace, end ?? { sequence: 0, hash: '' })
          }
          yield* page
          if (page.length < PAGE) return
          after = page.at(-1)!.sequence
        }
      }
      const heads = await auditHeads(db)
      // A chain that was taken away as a whole is still anchored.
      const chains = new Set([INSTALLATION, ...[...heads, ...anchors].map(({ workspace }) => workspace)])
      for (const workspace of chains) {
        const end = ended.get(workspace)
        if (end && !heads.some((one) => one.workspace === workspace)) {
          const late = anchors.find(
            (one) =>
              one.workspace === workspace &&
              (one.sequence > end.sequence || (one.sequence === end.sequence && one.hash !== end.hash)),
          )
          verdicts.push({
            ...{ workspace, entries: end.sequence, hash: end.hash, blanked: 0, anchors: 0, anchored: 0, deleted: true },
            ...(late
              ? { fault: { sequence: late.sequence, what: `it was anchored at ${late.at}, after its end` } }
              : {}),
          })
          continue
        }
        const verdict = await verifyChain(workspace, entries(workspace), anchors, keys)
        const head = heads.find((one) => one.workspace === workspace)
        const short =
          verdict.fault === undefined &&
          head !== undefined &&
          (head.sequence !== verdict.entries || head.hash !== verdict.hash)
        verdicts.push(
          short
            ? {
                ...verdict,
                fault: {
                  sequence: verdict.entries + 1,
                  what: `the chain ends before its head, entry ${head.sequence}`,
                },
              }
            : verdict,
        )
      }
    } finally {
      await close()
    }
  })
  return verdicts
}

function sentence({ workspace, entries, hash, blanked, anchors, deleted, fault }: Verdict): string {
  if (deleted && !fault) {
    return `${workspace}: deleted with its workspace, as the log of the installation says; it ended with entry ${entries}, hash ${hash}`
  }
  if (fault) return `${workspace}: NOT WHOLE at entry ${fault.sequence}: ${fault.what}`
  const more = blanked > 0 ? `, ${blanked} with blanked names` : ''
  return `${workspace}: whole, ${entries} entries${more}, ${anchors} anchors, head ${hash.slice(0, 16)}…`
}

/** What a whole chain does not prove by itself, said loudly: that it was not cut short, or made anew from its beginning. */
function unproven({ workspace, entries, anchors, anchored, deleted, fault }: Verdict): string | undefined {
  if (fault || deleted || entries === 0 || anchored === entries) return undefined
  return anchors === 0
    ? `${workspace}: NOT PROVEN AGAINST THE OUTSIDE: no anchor of this log was given. Its entries fit each other, but entries cut off at its end, or a log made anew as a whole, would look the same. ${ELSEWHERE}`
    : `${workspace}: PROVEN UP TO ENTRY ${anchored} ONLY: no anchor covers what came after it yet; one is made every ten minutes.`
}
