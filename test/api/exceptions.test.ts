import { zstdCompressSync } from 'node:zlib'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '../../server/store/database/ids.ts'
import { exceptionPlace } from '../../server/store/exception/retries.ts'
import { seal } from '../../server/store/key/secrets.ts'
import { type Caller, type Installation, install, publishedFlow } from './installation.ts'

let installation: Installation
let workspace: string
let owner: Caller
let operator: Caller
let flow: string
let at: string

beforeAll(async () => {
  installation = await install()
  workspace = await installation.workspace()
  owner = await installation.member(workspace, 'owner')
  operator = await installation.member(workspace, 'operator')
  flow = (await publishedFlow(owner, workspace)).flow
  at = `/workspaces/${workspace}/exceptions`
})
afterAll(() => installation?.close())

/** An exception at the step “shape” of a run that is over. */
async function exception(
  set: { code?: string; state?: string; node?: string; key?: string; message?: string } = {},
): Promise<string> {
  const id = newId()
  const record = seal(
    installation.keys,
    exceptionPlace(workspace, id),
    zstdCompressSync(JSON.stringify({ InvoiceNumber: 'INV-7', Total: 12 })),
  )
  await sql`
    insert into exceptions (workspace_id, id, flow_id, version, run_id, batch, node_id, position, code, message, desk,
      business_key, record, state)
    values (${workspace}, ${id}, ${flow}, 1, ${newId()}, 0, ${set.node ?? 'shape'}, 0,
      ${set.code ?? 'EXPRESSION_FAILED'}, ${set.message ?? 'It failed.'}, 'technical', ${set.key ?? 'INV-7'}, ${record}, ${set.state ?? 'open'})
  `.execute(installation.database.owner.db)
  return id
}

test('one is tried again with another record: the original stays readable, the edit is kept with who made it', async () => {
  const id = await exception()
  const answer = await operator.call('POST', `${at}/${id}/retry`, { record: { InvoiceNumber: 'INV-7', Total: 13 } })
  expect(answer.statusCode).toBe(202)
  expect(answer.json()).toMatchObject({ state: 'retrying', edited: true, nodeName: 'Shape', actions: [] })
  const { retryRun } = answer.json()
  const run = (await owner.call('GET', `/workspaces/${workspace}/runs/${retryRun}`)).json()
  expect(run).toMatchObject({ cause: 'retry', state: 'queued', requestedBy: 'A operator' })
  expect((await owner.call('GET', `${at}/${id}`)).json().record).toEqual({ InvoiceNumber: 'INV-7', Total: '[hidden]' })
  const shown = await owner.call('POST', `${at}/${id}/reveal`, { reason: 'Compared with the books' })
  expect(shown.json().record).toEqual({ InvoiceNumber: 'INV-7', Total: 12 })
  const { rows } = await sql`select edited_by from exception_edits where exception_id = ${id}`.execute(
    installation.database.owner.db,
  )
  expect(rows).toEqual([{ edited_by: operator.id }])
})

test('two operators at once: the second is told', async () => {
  const id = await exception()
  const both = await Promise.all([
    owner.call('POST', `${at}/${id}/retry`, {}),
    operator.call('POST', `${at}/${id}/dismiss`, { reason: 'Not needed' }),
  ])
  const refused = both.filter(({ statusCode }) => statusCode === 409).map((answer) => answer.json().code)
  expect(refused).toHaveLength(1)
  expect(['EXCEPTION_RETRYING', 'EXCEPTION_CLOSED']).toContain(refused[0])
})

test('a run that tried exceptions again is done again with those still open, and refused when none is', async () => {
  const [first, second] = [await exception(), await exception({ key: 'INV-8' })]
  const many = await owner.call('POST', `${at}/retry`, { select: { ids: [first, second] } })
  const runs = `/workspaces/${workspace}/runs`
  const run: string = many.json().runs[0].run
  const db = installation.database.owner.db
  // It resolved the first; whatever it did not resolve is open again when it ends.
  await sql`update exceptions set state = 'resolved' where id = ${first}`.execute(db)
  await sql`update runs set state = 'partly', ended_at = now() where id = ${run}`.execute(db)
  const again = await operator.call('POST', `${runs}/${run}/rerun`, {})
  expect([again.statusCode, again.json()]).toMatchObject([202, { cause: 'retry', state: 'queued' }])
  const states = async () =>
    Promise.all([first, second].map(async (id) => (await owner.call('GET', `${at}/${id}`)).json()))
  expect(await states()).toMatchObject([{ state: 'resolved' }, { state: 'retrying', retryRun: again.json().id }])

  await sql`update exceptions set state = 'resolved' where id = ${second}`.execute(db)
  await sql`update runs set state = 'succeeded', ended_at = now() where id = ${again.json().id}`.execute(db)
  const refused = await operator.call('POST', `${runs}/${again.json().id}/rerun`, {})
  expect([refused.statusCode, refused.json()]).toMatchObject([409, { code: 'RERUN_UNSUPPORTED' }])
})

test.each([
  ['a dismissed one', { state: 'dismissed' }, 'EXCEPTION_CLOSED'],
  ['one that is tried again already', { state: 'retrying' }, 'EXCEPTION_RETRYING'],
  ['one whose outcome nobody knows', { code: 'OUTCOME_UNKNOWN' }, 'UNKNOWN_FIRST'],
  ['one of a step that is gone', { node: 'gone' }, 'NODE_GONE'],
])('%s is not tried again', async (_what, set, code) => {
  const answer = await owner.call('POST', `${at}/${await exception(set)}/retry`, {})
  expect(answer.statusCode).toBe(409)
  expect(answer.json()).toMatchObject({ code })
})

test('many: counted first, then tried again in one run; what cannot be is counted by why', async () => {
  const ids = [await exception(), await exception(), await exception({ state: 'dismissed' })]
  const select = { ids }
  const dry = await owner.call('POST', `${at}/retry`, { select, dry: true })
  expect(dry.json()).toMatchObject({ retried: 2, left: { EXCEPTION_CLOSED: 1 }, runs: [{ run: null, exceptions: 2 }] })
  const done = await owner.call('POST', `${at}/retry`, { select })
  expect(done.json()).toMatchObject({ retried: 2, runs: [{ flow, exceptions: 2 }] })
})

test('one lost answer is one cause, whatever the records are called that our words quote', async () => {
  for (const key of ['INV-7', 'CN-0028', 'Pro forma', 'x']) {
    await exception({
      code: 'OUTCOME_UNKNOWN',
      node: 'send',
      key,
      message: `Nobody can tell whether “${key}” arrived.`,
    })
  }
  const { groups } = (await owner.call('GET', `${at}/groups`)).json()
  expect(groups.filter(({ node }: { node: string }) => node === 'send')).toMatchObject([{ count: 4 }])
})

test('lists narrow by code, step and key, and many are dismissed at once', async () => {
  const id = await exception({ code: 'AMBIGUOUS', key: 'INV-99' })
  for (const query of ['code=AMBIGUOUS', 'key=INV-99', 'node=shape&key=INV-99']) {
    const { items } = (await owner.call('GET', `${at}?${query}`)).json()
    expect(items.map((one: { id: string }) => one.id)).toEqual([id])
  }
  const counted = await owner.call('POST', `${at}/dismiss`, { select: { filter: { code: 'AMBIGUOUS' } }, dry: true })
  expect(counted.json()).toEqual({ dismissed: 1 })
  expect((await owner.call('GET', `${at}/${id}`)).json().state).toBe('open')
  expect((await owner.call('POST', `${at}/dismiss`, { select: { ids: [id] } })).json().detail).toContain('reason')
  const dismissed = await owner.call('POST', `${at}/dismiss`, {
    select: { filter: { code: 'AMBIGUOUS' } },
    reason: 'Merged by hand',
  })
  expect(dismissed.json()).toEqual({ dismissed: 1 })
  expect((await owner.call('GET', `${at}/${id}`)).json()).toMatchObject({
    state: 'dismissed',
    resolution: 'Merged by hand',
    resolvedBy: 'A owner',
  })
})

test('a flow shows its schedule in words, with five due times', async () => {
  const { items } = (await owner.call('GET', `/workspaces/${workspace}/flows/${flow}/schedule`)).json()
  expect(items).toMatchObject([{ node: 'clock', words: 'every hour', zone: null }])
  const times = items[0].due.map(({ at: due }: { at: string }) => Date.parse(due))
  expect(times).toHaveLength(5)
  expect(times[4] - times[0]).toBe(4 * 3_600_000)
})

test('exceptions are handed over, put aside, commented on, and counted with their money by cause', async () => {
  const db = installation.database.owner.db
  await sql`delete from exceptions where workspace_id = ${workspace}`.execute(db)
  const [first, second, third] = [
    await exception({ code: 'PERIOD_LOCKED', key: 'INV-1' }),
    await exception({ code: 'PERIOD_LOCKED', key: 'INV-2' }),
    await exception({ code: 'PERIOD_LOCKED', key: 'INV-3', state: 'dismissed' }),
  ]
  // 0.1 and 0.2 are 0.3 only in decimal.
  await sql`update exceptions set desk = 'finance', currency = 'EUR', amount = case id when ${first} then 0.1 else 0.2 end
    where workspace_id = ${workspace}`.execute(db)
  const care = (body: object, by = operator) => by.call('POST', `${at}/care`, body)
  const all = { ids: [first, second, third] }
  expect((await care({ select: all, assign: owner.id, dry: true })).json()).toEqual({ changed: 2, closed: 1 })
  expect((await owner.call('GET', `${at}?assigned=nobody&state=open`)).json().items).toHaveLength(2)

  const groups = async () => (await owner.call('GET', `${at}/groups?desk=finance`)).json()
  const money = [{ currency: 'EUR', amount: '0.3', count: 2 }]
  expect(await groups()).toMatchObject({
    ...{ open: 2, snoozed: 0, mine: 0, money },
    groups: [
      { code: 'PERIOD_LOCKED', node: 'shape', count: 2, money, message: 'It failed.', nextAction: expect.any(String) },
    ],
  })
  await care({ select: all, assign: owner.id, comment: 'Ask the accountant to unlock October.' })
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString()
  await care({ select: { ids: [second] }, snoozeUntil: tomorrow })
  expect(await groups()).toMatchObject({ open: 2, snoozed: 1, mine: 2, groups: [{ count: 1 }] })
  expect((await owner.call('GET', `${at}?assigned=me&aside=false`)).json().items).toMatchObject([
    { id: first, assignedTo: { id: owner.id, name: 'A owner' }, snoozedUntil: null },
  ])
  expect((await owner.call('GET', `${at}/${second}/notes`)).json().items).toMatchObject([
    { kind: 'assign', assignedTo: 'A owner', by: 'A operator' },
    { kind: 'comment', words: 'Ask the accountant to unlock October.' },
    { kind: 'snooze', until: tomorrow },
  ])

  const stranger = await installation.member(await installation.workspace('Other'), 'owner')
  const refused = [
    { select: all },
    { select: all, assign: stranger.id },
    { select: all, snoozeUntil: '2020-01-01T00:00:00Z' },
  ]
  for (const body of refused) expect((await care(body)).statusCode, JSON.stringify(body)).toBe(400)
  expect((await care({ select: all, assign: null }, stranger)).statusCode).toBe(404)
})
