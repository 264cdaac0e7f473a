import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Now, NowGroup } from '../../server/contract/now.ts'
import { newId } from '../../server/store/ids.ts'
import { insertMember } from '../../server/store/workspaces.ts'
import { contactsFlow, flowOf, node } from '../support/flows.ts'
import { givenFlow } from '../support/given.ts'
import { type Scene, setStage } from '../support/scene.ts'
import { type Caller, type Installation, install } from './installation.ts'

const stage = setStage()
let it: Installation
let operator: Caller

beforeAll(async () => {
  it = await install({ database: stage.database })
  operator = await it.member(await it.workspace(), 'operator')
})
afterAll(() => it.close())

const db = () => stage.database.owner.db
const seen = async (workspace: string): Promise<Now> => {
  const answer = await operator.call('GET', `/workspaces/${workspace}/now`)
  expect(answer.statusCode, answer.body).toBe(200)
  return answer.json()
}
/** A scene of few records whose workspace the operator works in. */
const opened = async (): Promise<Scene & { at: string; now: () => Promise<Now> }> => {
  const scene = await stage.open({ contacts: 3, invoices: 0, creditNotes: 0 })
  await insertMember(stage.database.system.db, scene.workspace.id, operator.id, 'operator')
  return { ...scene, at: `/workspaces/${scene.workspace.id}`, now: () => seen(scene.workspace.id) }
}
const of = (now: Now, kind: NowGroup['kind']) => now.groups.filter((group) => group.kind === kind)
const much = node('z-stop', 'stop', { sentence: "'There are ' & n & ' of ' & mail" })
const stopping = [['given z-stop'], [much]] as const

test('failed runs of one cause are one line, whatever their numbers, and lead to exactly those runs', async () => {
  const scene = await opened()
  const { run, flow } = await givenFlow(stage, scene, stopping[1], stopping[0])
  const other = await givenFlow(stage, scene, stopping[1], stopping[0])
  const unbound = flowOf([node('read', 'xero.get-organisation')], ['start read'])
  const loose = await scene.workspace.flow(unbound)
  await sql`delete from flow_bindings where flow_id = ${loose}`.execute(db())

  const first = await run([{ n: 12, mail: 'jana@example.com' }])
  const second = await run([{ n: 1.5, mail: 'ole@example.com' }])
  const third = await other.run([{ n: 7, mail: 'kim@example.com' }])
  const fourth = await scene.workspace.run(loose, unbound)
  expect([first, second, third, fourth].map(({ state, code }) => [state, code])).toEqual([
    ...Array.from({ length: 3 }, () => ['failed', 'STOPPED']),
    ['failed', 'CONFIG_INVALID'],
  ])

  const now = await scene.now()
  const [stopped, config] = of(now, 'failed')
  expect(stopped).toMatchObject({
    ...{ tone: 'amber', code: 'STOPPED', count: 3, flowCount: 2, message: third.reason, run: null, state: 'failed' },
    nextAction: expect.stringContaining('stopped itself'),
  })
  expect(stopped!.flows.map(({ id }) => id).sort()).toEqual([flow, other.flow].sort())
  expect(Date.parse(stopped!.firstAt!)).toBeLessThan(Date.parse(stopped!.lastAt!))
  expect(config).toMatchObject({ code: 'CONFIG_INVALID', count: 1, run: fourth.id, flows: [{ id: loose }] })
  const listed = async (query: string) =>
    (await operator.call('GET', `${scene.at}/runs?${query}`)).json().items.map(({ id }: { id: string }) => id)
  expect(await listed(`fault=${stopped!.fault}`)).toEqual([third.id, second.id, first.id])
  expect(await listed(`fault=${stopped!.fault}&flow=${flow}&limit=1`)).toEqual([second.id])
  expect(await listed(`fault=${config!.fault}&state=failed`)).toEqual([fourth.id])
  expect((await operator.call('GET', `${scene.at}/runs?fault=no`)).statusCode).toBe(400)

  expect(now).toMatchObject({ more: false, lastRun: { run: fourth.id, state: 'failed' }, nextRun: null, flowsOn: 0 })
  expect(now.hours).toHaveLength(24)
  expect(now.hours.at(-1)!.runs + now.hours.at(-2)!.runs).toBe(4)

  // On: it stands still. Come through: what the flow reads, it has read.
  await sql`update flows set enabled = true where id in (${flow}, ${other.flow})`.execute(db())
  expect(of(await scene.now(), 'failed')[0]).toMatchObject({ tone: 'red', count: 3 })
  expect((await run([])).state).toBe('succeeded')
  expect(of(await scene.now(), 'failed')[0]).toMatchObject({ count: 1, flowCount: 1, run: third.id })
})

test('what a later run does not read again is open until somebody carries it out again', async () => {
  const scene = await opened()
  const { run } = await givenFlow(stage, scene, stopping[1], stopping[0])
  const [failed, good] = [await run([{ n: 1, mail: 'a@example.com' }]), await run([])]
  expect(good.state).toBe('succeeded')
  expect(of(await scene.now(), 'failed')).toEqual([])
  for (const cause of ['backfill', 'hook', 'resync']) {
    await sql`update runs set cause = ${cause} where id = ${failed.id}`.execute(db())
    expect(of(await scene.now(), 'failed'), cause).toMatchObject([{ count: 1, run: failed.id }])
  }
  await sql`update runs set rerun_of = ${failed.id} where id = ${good.id}`.execute(db())
  expect(of(await scene.now(), 'failed')).toEqual([])
  // Nothing that a dry run did makes up for it, and none that failed is of interest.
  await sql`update runs set dry = true where id = ${good.id}`.execute(db())
  expect(of(await scene.now(), 'failed')).toHaveLength(1)
  await sql`update runs set dry = true where id = ${failed.id}`.execute(db())
  expect(of(await scene.now(), 'failed')).toEqual([])
})

test('a sign-in that was refused stops the flow: the connection, the runs and nothing twice', async () => {
  const scene = await opened()
  const { url, clientId } = scene.xero
  const wrong = await scene.workspace.connect(
    'xero',
    'custom-connection',
    { identityUrl: url, loginUrl: url, apiUrl: url },
    { clientId, clientSecret: 'not the secret' },
  )
  const flow = await scene.workspace.flow(contactsFlow(), { xero: wrong })
  await sql`update flows set enabled = true where id = ${flow}`.execute(db())
  const run = await scene.workspace.run(flow, contactsFlow())
  expect(run).toMatchObject({ state: 'failed', code: 'LOGIN_REFUSED' })
  expect(await scene.workspace.paused(flow)).toMatchObject({ paused_code: 'LOGIN_REFUSED' })
  const now = await scene.now()
  expect(now.groups.map(({ kind, tone }) => [kind, tone])).toEqual([
    ['connection', 'red'],
    ['failed', 'red'],
  ])
  expect(of(now, 'connection')).toMatchObject([{ connection: wrong, flows: [{ id: flow }] }])
  // Of a run that is too long ago to be shown the flow still stands still.
  await sql`update runs set fault = null where id = ${run.id}`.execute(db())
  expect((await scene.now()).groups.map(({ kind }) => kind)).toEqual(['connection', 'stopped'])
  // Two weeks ahead a sign-in that ends is announced.
  await sql`update connections set state = 'ready', valid_until = current_date + 3 where id = ${wrong}`.execute(db())
  expect(of(await scene.now(), 'connection')).toMatchObject([
    { tone: 'amber', message: expect.stringContaining('4 days') },
  ])
})

test('exceptions, waiting runs, hooks, schedules and reports stand in it, gravest first', async () => {
  const scene = await opened()
  const { workspace } = scene
  const flow = await workspace.flow(contactsFlow())
  await sql`update flows set enabled = true where id = ${flow}`.execute(db())
  const run = await workspace.run(flow, contactsFlow())
  expect(run.state).toBe('succeeded')
  expect((await scene.now()).groups).toEqual([])

  const set = (code: string, amount: string | null, currency: string | null) => sql`
    insert into exceptions (workspace_id, id, flow_id, version, run_id, batch, node_id, position, code, message, desk, amount, currency, record)
    values (${workspace.id}, ${newId()}, ${flow}, 1, ${run.id}, 0, 'send', ${position++}, ${code}, 'No such account.',
      'finance', ${amount}, ${currency}, '')`
  let position = 0
  for (const one of [
    set('RECORD_REFUSED', '100.50', 'EUR'),
    set('RECORD_REFUSED', '-20.25', 'EUR'),
    set('RECORD_REFUSED', '7', 'AUD'),
    set('RECORD_REFUSED', null, null),
    set('NOT_FOUND', null, null),
  ]) {
    await one.execute(db())
  }
  const hook = newId()
  await sql`insert into hooks (workspace_id, id, flow_id, node_id, node_name, operation, kind, settings, most, seconds, live)
    values (${workspace.id}, ${hook}, ${flow}, 'hook', 'Orders', 'hook', 'token', '{}', 100, 0, true)`.execute(db())
  await sql`insert into hook_hours (workspace_id, hook_id, hour, taken, refused)
    values (${workspace.id}, ${hook}, date_trunc('hour', now()), 4, 3)`.execute(db())
  const due = new Date(Date.now() - 3_600_000)
  await sql`insert into firings (workspace_id, flow_id, node_id, due, outcome)
    values (${workspace.id}, ${flow}, 'clock', ${due}, 'missed')`.execute(db())
  const waiting = await workspace.queue(flow, contactsFlow())
  await workspace.ended(waiting)
  await sql`update runs set state = 'paused', reason = 'Paused by Jana.', created_at = now() - interval '20 minutes', ended_at = null
    where id = ${waiting}`.execute(db())
  const report = await operator.call('POST', `${scene.at}/flows/${flow}/reports`, {
    words: 'Orders are missing',
    hours: 4,
  })
  expect(report.statusCode, report.body).toBeLessThan(300)

  const now = await scene.now()
  expect(now.groups.map(({ kind, tone, count }) => [kind, tone, count])).toEqual([
    ['schedule', 'amber', 1],
    ['report', 'amber', 1],
    ['exceptions', 'amber', 4],
    ['exceptions', 'amber', 1],
    ['waiting', 'amber', 1],
    ['hook', 'amber', 3],
  ])
  expect(of(now, 'exceptions')[0]).toMatchObject({
    ...{ code: 'RECORD_REFUSED', node: 'send', desk: 'finance', flows: [{ id: flow }] },
    money: [
      { currency: 'AUD', amount: '7', count: 1 },
      { currency: 'EUR', amount: '80.25', count: 2 },
    ],
  })
  expect(of(now, 'waiting')).toMatchObject([{ state: 'paused', run: waiting, message: 'Paused by Jana.' }])
  expect(of(now, 'hook')).toMatchObject([{ hook, count: 3 }])
  const sums = (await operator.call('GET', `${scene.at}/exceptions/groups`)).json()
  expect(sums).toMatchObject({ open: 5, mine: 0, snoozed: 0, groups: [{ count: 4 }, { count: 1 }] })
  expect(sums.money).toEqual(of(now, 'exceptions')[0]!.money)

  // A clock that nobody looks at.
  await sql`insert into schedules (workspace_id, flow_id, node_id, settings, next_due)
    values (${workspace.id}, ${flow}, 'clock', '{}', now() - interval '10 minutes')`.execute(db())
  expect((await scene.now()).groups[0]).toMatchObject({ kind: 'schedule', tone: 'red', count: 2 })
})
