import type { Kysely } from 'kysely'
import type { Cursor } from '../../../connectors/kit/connector.ts'
import type { InboxCursor } from '../../run/journal/inbox.ts'
import { type FedPage, type FedRecord, FeedGone, type RunClaim } from '../../run/journal/journal.ts'
import { inWorkspace } from '../database/database.ts'
import { type EarlierStep, earlierPage, findEarlierStep } from './earlier-step.ts'
import { createInbox } from '../hook/inbox.ts'
import { nextRetried } from '../exception/retries.ts'
import { beginningOf } from './run-begin.ts'
import { openSample } from '../flow/samples.ts'
import type { Database } from '../database/schema.ts'
import type { Keyring } from '../key/secrets.ts'
import { takeDue } from './take-due.ts'

type Feed = (after: Cursor | undefined, limit: number) => Promise<FedPage | undefined>

/** What is fed to a run, by how it begins. */
export function createFeed(parts: { readonly db: Kysely<Database>; readonly keys: Keyring }, claim: RunClaim): Feed {
  let opened: Promise<Feed> | undefined
  return async (after, limit) => {
    opened ??= openFeed(parts, claim)
    return (await opened)(after, limit)
  }
}

async function openFeed(
  parts: { readonly db: Kysely<Database>; readonly keys: Keyring },
  claim: RunClaim,
): Promise<Feed> {
  const { workspace } = claim
  const start =
    claim.start.kind === 'again' ? await inWorkspace(parts.db, workspace, (tx) => beginningOf(tx, claim)) : claim.start
  switch (start.kind) {
    case 'inbox':
      return inboxFeed(parts, claim)
    case 'exceptions':
      return exceptionFeed(parts, claim)
    case 'waited':
      return waitedFeed(parts, claim)
    case 'step':
      return stepFeed(parts.db, workspace, start)
    case 'sample':
      return sampleFeed(parts, workspace, claim.flow, start)
    case 'keys':
      return async (after) =>
        after === undefined
          ? {
              records: start.keys.map((key) => ({ enter: { node: start.node, input: 'in' }, record: { key } })),
              cursor: { asked: start.keys.length },
              last: true,
            }
          : undefined
    default:
      return async () => undefined
  }
}

function inboxFeed(parts: { readonly db: Kysely<Database>; readonly keys: Keyring }, claim: RunClaim): Feed {
  const inbox = createInbox(parts, claim)
  const { start } = claim
  return async (after) => {
    // Written by the page before.
    const from = after as InboxCursor | undefined
    if (from === undefined && start.kind !== 'again') await inbox.take()
    const page = start.kind === 'again' ? await inbox.pageOf(start.run, from) : await inbox.page(from)
    return (
      page && {
        records: page.records.map(({ record }) => ({ enter: { leave: claim.causeNode, port: 'out' }, record })),
        cursor: page.cursor,
        last: page.last,
      }
    )
  }
}

/** Each batch resolves or reopens its exceptions as it settles, so what is left is what comes next. */
function exceptionFeed(parts: { readonly db: Kysely<Database>; readonly keys: Keyring }, claim: RunClaim): Feed {
  return async (after, limit) => {
    const left = await inWorkspace(parts.db, claim.workspace, (tx) =>
      nextRetried(tx, parts.keys, claim.workspace, claim.run, limit),
    )
    if (left.length === 0) return undefined
    return {
      records: left.map(({ exception, node, record }) => ({ enter: { node, input: 'in' }, record, exception })),
      cursor: { tried: Number(after?.tried ?? 0) + left.length },
      last: false,
    }
  }
}

/** Each batch deletes its records as it settles, so what is left is what comes next. */
function waitedFeed(parts: { readonly db: Kysely<Database>; readonly keys: Keyring }, claim: RunClaim): Feed {
  return async (after) => {
    const due = await takeDue(parts, claim)
    if (due.length === 0) return undefined
    return {
      records: due.map(({ id, node, record }) => ({ enter: { leave: node, port: 'out' }, record, waited: id })),
      cursor: { out: Number(after?.out ?? 0) + due.length },
      last: false,
    }
  }
}

/** All at once: what is given to a test is little. What a join looks into comes before what looks there. */
async function sampleFeed(
  { db, keys }: { readonly db: Kysely<Database>; readonly keys: Keyring },
  workspace: string,
  flow: string,
  { node, sample }: { readonly node: string; readonly sample: string },
): Promise<Feed> {
  const inputs = await inWorkspace(db, workspace, (tx) => openSample(tx, keys, workspace, flow, sample))
  if (!inputs) throw new FeedGone('Other records were given to this step since. Test it again.')
  const records = Object.entries(inputs)
    .sort(([a], [b]) => Number(a === 'in') - Number(b === 'in'))
    .flatMap(([input, given]) => given.map((record): FedRecord => ({ enter: { node, input }, record })))
  return async (after) => (after === undefined ? { records, cursor: { given: records.length }, last: true } : undefined)
}

async function stepFeed(
  db: Kysely<Database>,
  workspace: string,
  { run, node }: { readonly run: string; readonly node: string },
): Promise<Feed> {
  const step: EarlierStep | undefined = await inWorkspace(db, workspace, (tx) =>
    findEarlierStep(tx, workspace, run, node),
  )
  if (!step) throw new FeedGone(`Run ${run}, from whose step this one begins, is not there any more.`)
  return (after) => earlierPage(db, step, after)
}
