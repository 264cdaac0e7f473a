import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Causes } from '../../server/contract/causes.ts'
import type { Now, NowGroup } from '../../server/contract/now.ts'
import { endReplacing } from '../../server/store/key/key-check.ts'
import { type KnownKey, knownKey, writeInventory } from '../../server/store/key/key-inventory.ts'
import { createKeyring } from '../../server/store/key/secrets.ts'
import { openDatabase } from '../../server/store/database/database.ts'
import { newId } from '../../server/store/database/ids.ts'
import { insertMember } from '../../server/store/workspace/workspaces.ts'
import { contactsFlow, flowOf, node } from '../support/flows.ts'
import { givenFlow } from '../support/given.ts'
import { type Scene, setStage } from '../support/scene.ts'
import type { Operations, OperationsFinding } from '../../server/contract/operations.ts'
import { signOfLife } from '../../server/store/database/workers.ts'
import { doTurn } from '../../server/worker/housekeeping.ts'
import { type Caller, type Installation, install } from './installation.ts'

const stage = setStage()
let it: Installation
let operator: Caller

beforeAll(async () => {
  it = await install({ database: stage.database, metricsToken: 'of-the-measures' })
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
const opened = async (
  how: { withoutWorker?: boolean } = {},
): Promise<Scene & { at: string; now: () => Promise<Now> }> => {
  const scene = await stage.open({ contacts: 3, invoices: 0, creditNotes: 0, ...how })
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
    ...{
      tone: 'amber',
      code: 'STOPPED',
      count: 3,
      flowCount: 2,
      message: 'There are 7 of [hidden]',
      run: null,
      state: 'failed',
    },
    nextAction: expect.stringContaining('stopped itself'),
    ...{ desk: 'technical', step: { id: 'z-stop', operation: 'stop' }, owners: [], unowned: 3 },
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
  const { rows } = await sql<{ ends: string }>`
    update connections set state = 'ready', valid_until = current_date + 3 where id = ${wrong} returning valid_until::text as ends
  `.execute(db())
  expect(of(await scene.now(), 'connection')).toMatchObject([
    { tone: 'amber', message: expect.stringContaining(`ends after ${rows[0]!.ends}.`) },
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

  // By age, and the queue that the numbers lead to.
  await sql`update exceptions set created_at = now() - interval '3 days'
    where workspace_id = ${workspace.id} and currency = 'AUD'`.execute(db())
  const ages = (await operator.call('GET', `${scene.at}/exceptions/groups`)).json().ages
  expect(ages).toEqual([
    { age: 'day', count: 4, money: [{ currency: 'EUR', amount: '80.25', count: 2 }] },
    { age: 'week', count: 1, money: [{ currency: 'AUD', amount: '7', count: 1 }] },
  ])
  expect((await operator.call('GET', `${scene.at}/exceptions?age=week&state=open`)).json().items).toMatchObject([
    { currency: 'AUD' },
  ])

  // A clock that nobody looks at.
  await sql`insert into schedules (workspace_id, flow_id, node_id, settings, next_due)
    values (${workspace.id}, ${flow}, 'clock', '{}', now() - interval '10 minutes')`.execute(db())
  expect((await scene.now()).groups[0]).toMatchObject({ kind: 'schedule', tone: 'red', count: 2 })
  // That of a flow which is stopped waits for a person.
  await sql`update flows set paused_code = 'RESTORED', paused_message = 'Restored.' where id = ${flow}`.execute(db())
  const groups = (await scene.now()).groups.filter(({ kind }) => kind === 'schedule' || kind === 'stopped')
  expect(groups).toMatchObject([
    { kind: 'stopped', nextAction: expect.stringContaining('how far it had come') },
    { kind: 'schedule', tone: 'amber', count: 1 },
  ])
})

describe('causes', () => {
  const causes = async (by: Pick<Caller, 'call'> = operator): Promise<Causes> => {
    const answer = await by.call('GET', '/causes')
    expect(answer.statusCode, answer.body).toBe(200)
    return answer.json()
  }

  test('are one line for all clients, with their step, who has them in hand, and what narrows each client’s lists', async () => {
    const { workspace: first, at, now } = await opened({ withoutWorker: true })
    const { workspace: second } = await opened({ withoutWorker: true })
    const own = [first.id, second.id]
    const somewhere = await stage.open({ contacts: 1, withoutWorker: true })
    const sends = node('send', 'emarsys.upsert-contacts', { keyField: '3' })
    for (const [place, { id, flow: made, queue }] of [first, second, somewhere.workspace].entries()) {
      const flow = await made(flowOf([sends], ['start send']))
      const run = await queue(flow, flowOf([sends], ['start send']))
      await sql`update runs set state = 'failed', code = 'REMOTE_DOWN', failed_node = 'send', ended_at = now(),
        reason = ${`Emarsys answered with status 50${place} for jana${place}@example.com.`} where id = ${run}`.execute(
        db(),
      )
      for (const [position, words] of ['Customer 12 is unknown.', 'Customer 7 is unknown.', 'No field 3'].entries()) {
        await sql`insert into exceptions (workspace_id, id, flow_id, version, run_id, batch, node_id, position, code, message, remote,
            desk, amount, currency, record)
          values (${id}, ${newId()}, ${flow}, 1, ${run}, 0, 'send', ${position}, 'RECORD_REFUSED', ${`Record ${position}`}, ${words},
            'marketing', ${`${place}.05`}, 'EUR', '')`.execute(db())
      }
    }
    const mine = ({ items }: Causes) =>
      items.filter(({ clients }) => clients.some((one) => own.includes(one.workspace)))
    const [unknown, failed, field, ...others] = mine(await causes()).sort(
      (a, b) => b.count - a.count || (a.kind < b.kind ? 1 : -1),
    )
    expect(others).toEqual([])
    const step = { id: 'send', name: sends.name, operation: 'emarsys.upsert-contacts' }
    expect(unknown).toMatchObject({
      ...{ kind: 'exceptions', system: 'emarsys', step, code: 'RECORD_REFUSED', desk: 'marketing' },
      ...{ count: 4, clientCount: 2, owners: [], unowned: 4, money: [{ currency: 'EUR', amount: '2.20', count: 4 }] },
      clients: expect.arrayContaining(
        own.map((workspace) => expect.objectContaining({ workspace, count: 2, mayTake: true })),
      ),
    })
    expect(failed).toMatchObject({
      kind: 'failed',
      system: 'emarsys',
      step,
      desk: 'technical',
      count: 2,
      clientCount: 2,
    })
    expect(field).toMatchObject({ kind: 'exceptions', count: 2, clientCount: 2 })

    // The words narrow the list of each client to exactly these; who takes them is told how many they are.
    const listed = await operator.call('GET', `${at}/exceptions?state=open&node=send&fault=${unknown!.fault}`)
    expect(listed.json().items.map(({ remote }: { remote: string }) => remote)).toEqual([
      'Customer 7 is unknown.',
      'Customer 12 is unknown.',
    ])
    const select = { filter: { node: 'send', code: 'RECORD_REFUSED', fault: unknown!.fault, assigned: 'nobody' } }
    const care = async (dry: boolean) =>
      (await operator.call('POST', `${at}/exceptions/care`, { select, assign: operator.id, dry })).json()
    expect([await care(true), await care(false), await care(true)].map(({ changed }) => changed)).toEqual([2, 2, 0])
    const owner = `${at}/causes/${failed!.fault}/owner`
    const take = (body: object) => operator.call('PUT', owner, body)
    expect((await take({ owner: operator.id, dry: true })).json()).toEqual({ runs: 1 })
    expect(of(await now(), 'failed')).toMatchObject([{ step, owners: [], unowned: 1 }])
    expect((await take({ owner: newId() })).json()).toMatchObject({ code: 'REQUEST_INVALID' })
    expect((await take({ owner: operator.id })).json()).toEqual({ runs: 1 })
    const me = { id: operator.id, name: 'A operator' }
    expect(of(await now(), 'failed')).toMatchObject([{ owners: [{ ...me, count: 1 }], unowned: 0 }])
    expect(of(await now(), 'exceptions')).toMatchObject([
      { step, owners: [{ ...me, count: 2 }], unowned: 0 },
      { step, owners: [], unowned: 1 },
    ])
    expect(
      mine(await causes())
        .map(({ kind, owners, unowned }) => [kind, owners[0]?.count ?? 0, unowned].join(' '))
        .sort(),
    ).toEqual(['exceptions 0 2', 'exceptions 2 2', 'failed 1 1'])
    expect((await take({ owner: null })).json()).toEqual({ runs: 1 })
    expect(of(await now(), 'failed')).toMatchObject([{ owners: [], unowned: 1 }])
    expect((await operator.call('PUT', `${at}/causes/0123456789abcdef/owner`, { owner: null })).statusCode).toBe(404)
    // A step whose every record is refused in other words has one cause, not one of each.
    await sql`update exceptions set remote = 'Surname ' || chr(65 + g.n) || ' is unknown.' from (
      select id, row_number() over (order by workspace_id, id)::int as n from exceptions where workspace_id = any(${own}::uuid[])
    ) g where g.id = exceptions.id`.execute(db())
    await sql`insert into exceptions (workspace_id, id, flow_id, version, run_id, batch, node_id, position, code, message, desk, record)
      select workspace_id, gen_random_uuid(), flow_id, 1, run_id, 1, 'send', n, code, 'Town ' || chr(65 + n) || ' is unknown.', desk, ''
      from exceptions, generate_series(1, 12) n where workspace_id = any(${own}::uuid[]) and position = 0`.execute(db())
    expect(mine(await causes()).filter(({ kind }) => kind === 'exceptions')).toMatchObject([
      { count: 30, fault: null, clientCount: 2 },
    ])
  })

  test('are told only of workspaces where one may look, signed in as these ask', async () => {
    const { workspace } = await opened({ withoutWorker: true })
    const other = await it.member(await it.workspace(), 'operator')
    await insertMember(stage.database.system.db, workspace.id, other.id, 'client')
    const flow = await workspace.flow(contactsFlow())
    const run = await workspace.queue(flow, contactsFlow())
    await sql`update runs set state = 'failed', code = 'STOPPED', reason = 'No more.', ended_at = now() where id = ${run}`.execute(
      db(),
    )
    const at = async (by: Pick<Caller, 'call'>) => {
      const { items, workspaces, shut } = await causes(by)
      return {
        found: items.some(({ clients }) => clients.some((one) => one.workspace === workspace.id)),
        workspaces,
        shut,
      }
    }
    expect(await at(other)).toEqual({ found: false, workspaces: 1, shut: [] })
    const { secret } = (await operator.call('POST', `/workspaces/${workspace.id}/tokens`, { name: 'Watch' })).json()
    expect(await at(it.withToken(secret))).toEqual({ found: true, workspaces: 1, shut: [] })
    await sql`update workspaces set require_second_factor = true where id = ${workspace.id}`.execute(db())
    const { found, shut } = await at(operator)
    expect([found, shut.map((one) => one.workspace)]).toEqual([false, [workspace.id]])
    const fleet = (await operator.call('GET', '/fleet')).json()
    expect(fleet.items.some((one: { workspace: string }) => one.workspace === workspace.id)).toBe(false)
    expect(fleet.shut).toMatchObject([{ workspace: workspace.id }])
  })
})

describe('health', () => {
  const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined }
  const health = async (at: string): Promise<Operations> => {
    const answer = await operator.call('GET', `${at}/health`)
    expect(answer.statusCode, answer.body).toBe(200)
    return answer.json()
  }
  const about = ({ findings }: Operations, area: OperationsFinding['area']) =>
    findings.filter((finding) => finding.area === area)
  const self = { id: 'w1', host: 'box', pid: 1, role: 'worker', version: '1.0.0', schema: '', slots: 4 } as const
  const alive = () => signOfLife(stage.database.system.db, self, { running: 0, state: 'idle', keys: [] })
  const text = async () => {
    const answer = await it.withToken('of-the-measures').call('GET', '/metrics')
    expect(answer.statusCode).toBe(200)
    return answer.body
  }

  test('says that no worker is there, and then for how long runs wait in which lane', async () => {
    const scene = await stage.open({ contacts: 1, withoutWorker: true })
    await insertMember(stage.database.system.db, scene.workspace.id, operator.id, 'operator')
    const at = `/workspaces/${scene.workspace.id}`
    const flow = await scene.workspace.flow(contactsFlow())
    const run = await scene.workspace.queue(flow, contactsFlow())
    expect((await health(at)).findings[0]).toMatchObject({
      area: 'queue',
      tone: 'red',
      what: expect.stringMatching(/^No worker/),
    })
    await alive()
    const well = await health(at)
    expect(well.findings).toEqual([])
    expect(well.processes).toMatchObject([{ host: 'box', state: 'idle', version: '1.0.0' }])
    await sql`update runs set created_at = now() - interval '2 hours' where id = ${run}`.execute(db())
    const late = await health(at)
    expect(about(late, 'queue')).toMatchObject([
      { tone: 'red', what: expect.stringMatching(/lane “live” a run has waited for 2 hours/) },
    ])
    expect(late.lanes.map(({ lane, queued, waits }) => [lane, queued, waits.length])).toEqual([
      ['live', 1, 24],
      ['bulk', 0, 24],
    ])
    expect(late.lanes[0]!.waits.some((wait) => wait !== null && wait > 7_000)).toBe(true)
    expect(await text()).toMatch(/tieline_lane_oldest_seconds\{lane="live"\} 72\d\d/)
    // A second version, and one that gave no sign for long.
    await signOfLife(
      stage.database.system.db,
      { ...self, id: 'w2', version: '0.9.0' },
      { running: 0, state: 'idle', keys: [] },
    )
    await signOfLife(
      stage.database.system.db,
      { ...self, id: 'w3', host: 'gone' },
      { running: 0, state: 'idle', keys: [] },
    )
    await sql`update workers set seen_at = now() - interval '5 minutes' where id = 'w3'`.execute(db())
    expect(about(await health(at), 'processes').map(({ what }) => what)).toEqual([
      expect.stringMatching(/^A process on gone/),
      expect.stringContaining('0.9.0'),
    ])
    expect(await text()).toContain('tieline_processes{version="0.9.0",role="worker",state="idle"} 1')
    await sql`delete from workers where id <> 'w1'`.execute(db())
    // The version that was there first came from none; the other is marked in the day.
    await sql`update product_versions set first_at = now() - interval '2 days' where version <> '0.9.0'`.execute(db())
    expect((await seen(scene.workspace.id)).versions).toEqual([{ version: '0.9.0', at: expect.any(String) }])
  })

  test('shows each task of housekeeping with its last turn, and one that fails until it comes through', async () => {
    const { at } = await opened()
    await alive()
    let full = true
    const tasks = [
      { name: 'good', everySeconds: 60, run: async () => undefined },
      {
        name: 'bad',
        everySeconds: 60,
        run: async () => {
          if (full) throw new Error('no space left on device')
        },
      },
    ]
    const turn = (name: string) => doTurn(stage.database.system.db, tasks, name, quiet)
    await turn('good')
    await turn('bad')
    const first = await health(at)
    expect(first.housekeeping).toMatchObject([
      { task: 'bad', error: 'no space left on device', goodAt: null, failingSince: expect.any(String) },
      { task: 'good', error: null, failingSince: null, goodAt: expect.any(String), late: false },
    ])
    expect(about(first, 'housekeeping')).toMatchObject([
      {
        tone: 'amber',
        what: '“bad” has failed for 1 minute.',
        remedy: expect.stringContaining('no space left on device'),
      },
    ])
    await turn('bad')
    expect((await health(at)).housekeeping[0]!.failingSince).toBe(first.housekeeping[0]!.failingSince)
    await sql`update housekeeping_turns set failing_since = now() - interval '2 days' where task = 'bad'`.execute(db())
    expect(about(await health(at), 'housekeeping')).toMatchObject([{ tone: 'red' }])
    expect(await text()).toContain('tieline_housekeeping_failing{task="bad"} 1')
    full = false
    await turn('bad')
    expect(about(await health(at), 'housekeeping')).toEqual([])
    await sql`update housekeeping_turns set began_at = now() - interval '1 hour' where task = 'good'`.execute(db())
    expect(about(await health(at), 'housekeeping')).toMatchObject([
      { tone: 'amber', what: expect.stringMatching(/“good” had its last turn 60 minutes ago/) },
    ])
    await sql`delete from housekeeping_turns`.execute(db())
  })

  test('counts the days of traces, what is overdue, and days without a place', async () => {
    const { at } = await opened()
    await alive()
    await sql`select tieline_ensure_partitions(current_date - 1, 9)`.execute(db())
    const well = await health(at)
    expect(well.traces.map(({ traceClass, of }) => [traceClass, of])).toEqual([
      ['short', 'records'],
      ['short', 'steps'],
      ['standard', 'records'],
      ['standard', 'steps'],
      ['long', 'records'],
      ['long', 'steps'],
    ])
    expect(well.traces.every(({ ahead, overdue }) => ahead >= 7 && !overdue)).toBe(true)
    expect(about(well, 'traces')).toEqual([])
    await sql`select tieline_ensure_partitions(current_date - 60, 1)`.execute(db())
    expect(about(await health(at), 'traces').map(({ what }) => what.slice(0, 30))).toEqual(
      expect.arrayContaining(
        ['Records of the class “short” of', 'Records of the class “standard'].map((one) => one.slice(0, 30)),
      ),
    )
    expect(await text()).toContain('tieline_trace_overdue{class="short",kept="payloads"} 1')
    await sql`drop table payloads_short_${sql.raw(compact(-60))}, payloads_standard_${sql.raw(compact(-60))},
      steps_short_${sql.raw(compact(-60))}`.execute(db())
    const ahead = Array.from({ length: 12 }, (_, day) => `payloads_long_${compact(day + 1)}`)
    await sql.raw(`drop table if exists ${ahead.join(', ')}`).execute(db())
    expect(about(await health(at), 'traces')).toMatchObject([
      { tone: 'red', what: expect.stringMatching(/no place .*tomorrow \(Records of the class “long”\)/) },
    ])
    await sql`select tieline_ensure_partitions(current_date - 1, 9)`.execute(db())
    expect(about(await health(at), 'traces')).toEqual([])
  })

  test('names events that no run takes, due times that passed, and connections that need somebody', async () => {
    const { at, workspace } = await opened()
    await alive()
    const flow = await workspace.flow(contactsFlow())
    await sql`update flows set enabled = true where id = ${flow}`.execute(db())
    const hook = newId()
    await sql`insert into hooks (workspace_id, id, flow_id, node_id, node_name, operation, kind, settings, most, seconds, live)
      values (${workspace.id}, ${hook}, ${flow}, 'hook', 'Orders', 'hook', 'token', '{}', 100, 0, true)`.execute(db())
    for (const key of ['1', '2']) {
      await sql`insert into inbox (workspace_id, hook_id, id, key, key_hash, bytes, received_at)
        values (${workspace.id}, ${hook}, ${newId()}, ${key}, ${Buffer.from(key)}, 1, now() - interval '10 minutes')`.execute(
        db(),
      )
    }
    await sql`insert into firings (workspace_id, flow_id, node_id, due, outcome)
      values (${workspace.id}, ${flow}, 'clock', now() - interval '3 hours', 'missed'),
        (${workspace.id}, ${flow}, 'clock', now() - interval '2 hours', 'overlap'),
        (${workspace.id}, ${flow}, 'clock', now() - interval '1 hour', 'off')`.execute(db())
    await sql`update connections set state = 'sign-in-needed' where id = ${workspace.xero}`.execute(db())
    const shown = await health(at)
    expect(shown.findings.map(({ area, tone, flow: of, connection }) => [area, tone, of ?? connection])).toEqual([
      ['connections', 'red', workspace.xero],
      ['schedules', 'amber', flow],
      ['events', 'amber', flow],
    ])
    expect(shown.missed.map(({ why }) => why)).toEqual(['overlap', 'missed'])
    expect(shown.events).toMatchObject([{ hook, waiting: 2, taken: true, name: 'Orders' }])
    expect(shown.connections.map(({ id }) => id).sort()).toEqual([workspace.xero, workspace.emarsys].sort())
    expect(await text()).toMatch(/tieline_events_waiting 2\n/)
    // Of a flow that is off they wait until it is on: nothing to do.
    await sql`update flows set enabled = false where id = ${flow}`.execute(db())
    expect(about(await health(at), 'events')).toEqual([])
    // Nobody sees what is of another workspace.
    const other = await opened()
    const elsewhere = await health(other.at)
    expect([elsewhere.missed, elsewhere.events, elsewhere.connections]).toEqual([[], [], []])
  })

  test('shows the secret keys by their fingerprints, and one that is not out of use', async () => {
    const { at } = await opened()
    await alive()
    const keys = [
      knownKey(createKeyring(Buffer.alloc(32, 6)), null),
      knownKey(createKeyring(Buffer.alloc(32, 7)), '2026-11-01T00:00:00.000Z'),
    ]
    const [old, fresh] = keys.map(({ fingerprint }) => fingerprint) as [string, string]
    await endReplacing(db(), fresh)
    const replaced = { ...keys[0]!, replacedAt: '2026-11-01T00:00:00.000Z' }
    const note = (key: KnownKey) =>
      writeInventory(db(), {
        keys: [key, keys[1]!],
        counted: { at: '2026-11-01T00:00:00.000Z', values: { [fresh]: 4 } },
      })
    await note(replaced)
    await signOfLife(stage.database.system.db, self, { running: 0, state: 'idle', keys: [fresh, old] })
    const shown = await health(at)
    expect(shown.keys.items).toMatchObject([
      { fingerprint: old, state: 'replaced', heldBy: 1, share: 0 },
      { fingerprint: fresh, state: 'current', heldBy: 1, share: 1 },
    ])
    expect(about(shown, 'keys')).toMatchObject([{ tone: 'amber', what: expect.stringContaining('1 process holds it') }])
    await note({ ...replaced, endedAt: '2026-11-02T00:00:00.000Z' })
    expect(about(await health(at), 'keys')).toEqual([])
  })

  test('measures the database and the connections of the process that answers', async () => {
    const { at } = await opened()
    const { database } = await health(at)
    expect(database).toMatchObject({
      version: expect.stringMatching(/^\d/),
      pools: [{ name: 'app' }, { name: 'system' }],
    })
    expect(database.bytes).toBeGreaterThan(5_000_000)
    expect(database.connections.used).toBeGreaterThan(0)
    expect(database.connections.most).toBeGreaterThan(database.connections.used)
    const reader = openDatabase({ url: stage.database.url, max: 1, applicationName: 'a report' })
    await reader.db
      .transaction()
      .setIsolationLevel('repeatable read')
      .execute(async (tx) => {
        await sql`select 1 from runs limit 1`.execute(tx)
        expect((await health(at)).database.oldestTransaction).toMatchObject({ application: 'a report' })
      })
    await reader.close()
    const measures = await text()
    for (const name of [
      'database_bytes',
      'database_connections{of="used"}',
      'pool_connections{pool="app",of="open"}',
    ]) {
      expect(measures).toMatch(new RegExp(`^tieline_${name.replace(/[{}]/g, '\\$&')} \\d+`, 'm'))
    }
  })
})

/** Today, so many days on, as partitions are named. */
function compact(days: number): string {
  return new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10).replaceAll('-', '')
}
