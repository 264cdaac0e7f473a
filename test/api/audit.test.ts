import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Anchor, anchorKey } from '../../server/audit/anchor.ts'
import type { Entry } from '../../server/audit/chain.ts'
import { verifyChain } from '../../server/audit/verify.ts'
import { newId } from '../../server/store/database/ids.ts'
import { appendAudit, auditAfter } from '../../server/store/workspace/audit.ts'
import { type Caller, type Installation, install, publishedFlow } from './installation.ts'

let it: Installation
let workspace: string
let owner: Caller

beforeAll(async () => {
  it = await install()
  workspace = await it.workspace()
  owner = await it.member(workspace, 'owner')
})
afterAll(() => it.close())

const at = (path: string) => `/workspaces/${workspace}${path}`
const log = async (query = '') => (await owner.call('GET', at(`/audit${query}`))).json()

test('what changes something leaves an entry, and what only reads or fails leaves none', async () => {
  const { flow, connection } = await publishedFlow(owner, workspace)
  const before = await log()
  const actions = before.items.map(({ action }: { action: string }) => action).reverse()
  expect(actions).toEqual(['flow.create', 'connection.create', 'flow.bind', 'flow.publish'])
  expect(before.items[0]).toMatchObject({
    action: 'flow.publish',
    actor: { kind: 'person', id: owner.id, name: 'A owner', email: owner.email, address: '127.0.0.1' },
    subject: { flow },
    detail: { summary: 'First', revision: 1 },
  })
  expect(JSON.stringify(before)).not.toContain('never-to-be-seen-again')

  await owner.call('GET', at('/flows'))
  await owner.call('DELETE', at(`/connections/${connection}`)) // in use
  await owner.call('POST', at(`/flows/${flow}/validate`))
  expect((await log()).total).toBe(before.total)

  await owner.call('POST', at(`/flows/${flow}/switch`), { on: true })
  expect((await log(`?flow=${flow}&action=flow.switch`)).items).toMatchObject([{ detail: { on: true } }])
  expect(
    (
      await log(
        `?actor=${it.keys.id
          .toString('hex')
          .padEnd(32, '0')
          .replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5')}`,
      )
    ).items,
  ).toEqual([])
})

// That the other routes of the table do the same is what every test of them is held to: see installation.ts.
test('what shows records as they are, or hands out a copy, leaves an entry; who is refused leaves none', async () => {
  const body = 'a,b\n1,2\n'
  const uploaded = await owner.call('POST', at('/files?name=a.csv'), body, { 'content-type': 'text/csv' })
  const { id } = uploaded.json().file
  const client = await it.member(workspace, 'client')
  const { total } = await log()
  expect((await client.call('GET', at(`/files/${id}/content`))).statusCode).toBe(403)
  expect((await owner.call('GET', at(`/files/${newId()}/content`))).statusCode).toBe(404)
  expect((await log()).total).toBe(total)
  expect((await owner.call('GET', at(`/files/${id}/content`))).body).toBe(body)
  await owner.call('HEAD', at(`/files/${id}/content`))
  const exported = (await owner.call('GET', at('/audit/export'))).body
  const entries = (await log()).items.slice(0, 3)
  expect(entries.map(({ action }: Entry) => action)).toEqual(['audit.export', 'file.download', 'file.download'])
  expect(entries[2]).toMatchObject({ subject: { file: id }, actor: { id: owner.id } })
  expect(exported).toContain('audit.export')
})

test('an id is written in one way: another spelling of it gets no entry into the log, nor anything else', async () => {
  const [flow] = (await owner.call('GET', at('/flows'))).json().items
  const { total } = await log()
  const invite = { email: 'somebody@example.com', role: 'client' }
  for (const other of [workspace.toUpperCase(), `urn:uuid:${workspace}`, workspace.replaceAll('-', '')]) {
    const answer = await owner.call('POST', `/workspaces/${other}/invitations`, invite)
    expect([answer.statusCode, answer.json().code], other).toEqual([404, 'NOT_FOUND'])
  }
  for (const other of [flow.id.toUpperCase(), `urn:uuid:${flow.id}`]) {
    const answer = await owner.call('PATCH', at(`/flows/${other}`), { name: 'Renamed' })
    expect([answer.statusCode, answer.json().problems?.[0].field], other).toEqual([400, 'params.flow'])
  }
  expect((await log()).total).toBe(total)
  // The log itself keeps an id as it will be read back, whoever hands it one.
  const deed = { action: 'x.y', actor: { kind: 'nobody', id: null }, subject: {}, detail: {}, requestId: null } as const
  const who = { name: '', email: '', address: '' }
  await it.database.system.db.transaction().execute((tx) => appendAudit(tx, workspace.toUpperCase(), { ...deed, who }))
  const entries = await auditAfter(it.database.owner.db, workspace, 0, 1_000)
  expect((await verifyChain(workspace, entries, [], undefined)).fault).toBeUndefined()
  expect(entries.at(-1)?.action).toBe('x.y')
})

test('the list pages, and shows nothing of another workspace', async () => {
  const first = await log('?limit=2')
  const rest = await log(`?limit=200&cursor=${first.next}`)
  expect(first.items).toHaveLength(2)
  expect([...first.items, ...rest.items].map(({ sequence }: Entry) => sequence)).toEqual(
    Array.from({ length: first.total }, (_, index) => first.total - index),
  )
  const other = await it.workspace('Other')
  const stranger = await it.member(other, 'owner')
  expect((await stranger.call('GET', `/workspaces/${other}/audit`)).json().total).toBe(0)
  expect((await stranger.call('GET', at('/audit'))).statusCode).toBe(404)
})

async function exported(): Promise<{ entries: Entry[]; anchor: Anchor }> {
  const answer = await owner.call('GET', at('/audit/export'))
  const lines = answer.body
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  const last = lines.pop()
  expect(last.key).toBe(anchorKey(it.keys.root))
  return { entries: lines, anchor: last.anchor }
}

test('an exported log verifies; the product’s own logins cannot change an entry', async () => {
  const { entries, anchor } = await exported()
  const verdict = await verifyChain(workspace, entries, [anchor], [anchorKey(it.keys.root)])
  expect(verdict).toMatchObject({ entries: entries.length, anchors: 1, anchored: entries.length })
  expect(verdict.fault).toBeUndefined()
  for (const db of [it.database.app.db, it.database.system.db]) {
    await expect(sql`update audit_entries set action = 'nothing.done'`.execute(db)).rejects.toThrow(/permission denied/)
    await expect(sql`delete from audit_entries`.execute(db)).rejects.toThrow(/permission denied/)
  }
})

test('every tampering is found, at the first entry that is wrong', async () => {
  const { entries, anchor } = await exported()
  const key = anchorKey(it.keys.root)
  let seed = 7
  const random = (most: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
    return seed % most
  }
  const texts = ['action', 'at', 'previous', 'hash', 'personalDigest'] as const
  let found = 0
  for (let round = 0; round < 1_000; round++) {
    const chain: Entry[] = structuredClone(entries)
    const place = random(chain.length)
    const entry = chain[place] as { -readonly [K in keyof Entry]: Entry[K] }
    let first = place + 1
    const kind = random(8)
    if (kind === 0) chain.splice(place, 1)
    else if (kind === 1) chain.splice(place, 0, structuredClone(chain[place]!))
    else if (kind === 2)
      chain.length = place // the end is cut off: only the anchor tells
    else if (kind === 3) entry.detail = { ...entry.detail, more: round }
    else if (kind === 4) entry.actor = { kind: 'system', id: null }
    else if (kind === 5) entry.personal = { ...entry.personal!, name: `Somebody else ${round}` }
    else if (kind === 6) entry.subject = { ...entry.subject, flow: String(round) }
    else {
      const field = texts[random(texts.length)]!
      entry[field] = `${entry[field].slice(0, -1)}${entry[field].endsWith('0') ? '1' : '0'}`
    }
    // What is there twice is wrong where it comes again.
    if (kind === 1) first = place + 2
    const { fault } = await verifyChain(workspace, chain, [anchor], [key])
    expect(fault?.sequence, `round ${round}, kind ${kind}, entry ${place + 1}`).toBe(first)
    found += 1
  }
  expect(found).toBe(1_000)
})

const headOf = ({ sequence, hash }: Entry) => ({ sequence, hash })

test('the command names the first entry of a file that cannot be read, and says what nothing outside vouches for', async () => {
  const { entries, anchor } = await exported()
  const lines = entries.map((entry) => JSON.stringify(entry))
  const folder = mkdtempSync(join(tmpdir(), 'tieline-audit-'))
  const given = (name: string, text: string) => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  const files = [
    given('whole', `\uFEFF${lines.join('\n')}`),
    given('empty', ''),
    given('cut', [lines[0], lines[1]!.slice(0, -20), ...lines.slice(2)].join('\n')),
    given('nothing', [lines[0], 'null', ...lines.slice(2)].join('\n')),
    given('anchor', [lines[0], '{"anchor":null}', ...lines.slice(2)].join('\n')),
    given('downloaded', [...lines, JSON.stringify({ anchor, key: anchorKey(it.keys.root) })].join('\n')),
    given(
      'unsigned',
      [...lines.slice(0, 2), JSON.stringify({ anchor: { ...anchor, ...headOf(entries[0]!) } })].join('\n'),
    ),
  ]
  const program = fileURLToPath(new URL('../../server/commands/audit-verify.ts', import.meta.url))
  const verify = (...given: string[]) =>
    new Promise<{ code: unknown; said: string; cried: string }>((resolve) =>
      execFile(process.execPath, [program, ...given], { env: {} }, (error, said, cried) =>
        resolve({ code: error?.code, said, cried }),
      ),
    )
  const [ended, unusable] = await Promise.all([verify(...files), verify(files[0]!, '--key', 'a17')])
  expect([unusable.code, unusable.cried]).toEqual([1, expect.stringMatching(/^--key has to be .*64 hex.*\n$/)])
  rmSync(folder, { recursive: true })
  expect(ended.code).toBe(1)
  expect(ended.said.trim().split('\n')).toEqual([
    expect.stringMatching(`^${files[5]}: checked with the key it names itself`),
    expect.stringMatching(`^${files[5]}: SIGNED WHEN IT WAS DOWNLOADED`),
    expect.stringMatching(`^${files[6]}: SIGNATURES NOT CHECKED`),
    // Without its signed head a file that was cut short is whole in itself: so it is not called proven.
    expect.stringMatching(`^${workspace}: whole, ${entries.length} entries, 0 anchors`),
    expect.stringMatching(`^${workspace}: NOT PROVEN AGAINST THE OUTSIDE: no anchor`),
    `${files[1]}: NOT WHOLE at entry 1: the file has no entry`,
    ...Array(3).fill(`${workspace}: NOT WHOLE at entry 2: it cannot be read`),
    expect.stringMatching(`^${workspace}: whole, ${entries.length} entries, 1 anchors`),
    expect.stringMatching(`^${workspace}: whole, 2 entries, 1 anchors`),
    expect.stringMatching(`^${workspace}: PROVEN UP TO ENTRY 1 ONLY`),
  ])
})

test('a chain made anew in the database is found by an anchor from before, and a forged anchor by the key', async () => {
  const { entries, anchor } = await exported()
  const anew: Entry[] = []
  const { hashFact, BEGINNING } = await import('../../server/audit/chain.ts')
  for (const entry of entries) {
    const fact = { ...entry, previous: anew.at(-1)?.hash ?? BEGINNING, detail: {} }
    anew.push({ ...fact, hash: hashFact(fact) })
  }
  const key = anchorKey(it.keys.root)
  expect((await verifyChain(workspace, anew, [], [key])).fault).toBeUndefined()
  expect((await verifyChain(workspace, anew, [anchor], [key])).fault?.what).toContain('anchored')
  const forged = { ...anchor, hash: anew.at(-1)!.hash }
  expect((await verifyChain(workspace, anew, [forged], [key])).fault?.what).toContain('not signed')
})

test('a person’s name can be blanked without breaking the chain', async () => {
  const { entries, anchor } = await exported()
  const blanked = entries.map((entry) => ({ ...entry, personal: null }))
  expect(await verifyChain(workspace, blanked, [anchor], [anchorKey(it.keys.root)])).toMatchObject({
    blanked: entries.length,
  })
})

test('a refused sign-in is written down, whether or not the person is there, and keeps no unknown address', async () => {
  const refused = async (email: string) => {
    const answer = await it.api.inject({
      method: 'POST',
      url: '/api/v1/session',
      payload: { email, password: 'not the password' },
      remoteAddress: '10.7.0.1',
    })
    expect(answer.statusCode).toBe(401)
  }
  await refused(owner.email)
  await refused('typed-into-the-wrong-field@example.com')
  const rows = await it.database.owner.db
    .selectFrom('audit_entries')
    .select(['actor_kind', 'actor_id', 'personal'])
    .where('action', '=', 'person.sign-in-refused')
    .orderBy('sequence')
    .execute()
  expect(rows.map(({ actor_kind, actor_id }) => [actor_kind, actor_id])).toEqual([
    ['person', owner.id],
    ['nobody', null],
  ])
  expect(JSON.stringify(rows)).not.toContain('wrong-field')
})
