import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { dueTime, type WaitSettings } from '../../server/run/node/due-time.ts'
import { LeaseLost } from '../../server/run/journal/journal.ts'
import { claimRun } from '../../server/store/run/claims.ts'
import { inWorkspace } from '../../server/store/database/database.ts'
import { queueRun } from '../../server/store/run/runs.ts'
import { takeDue } from '../../server/store/journal/take-due.ts'
import { queueWaited } from '../../server/store/run/waited-runs.ts'
import { flowOf, node } from '../support/flows.ts'
import { givenFlow } from '../support/given.ts'
import { type Scene, setStage } from '../support/scene.ts'
import { countProblems } from '../support/step-counts.ts'

const stage = setStage()
const SMALL = { contacts: 1, invoices: 0, creditNotes: 0 }
const PAST = '2020-01-01T00:00:00Z'
const FUTURE = '2999-01-01T00:00:00Z'
const until = (settings: object = {}) => node('hold', 'wait', { until: 'field', path: 'at', ...settings })
/** Proves that each record came by once: a contribution that comes again is `unchanged`, not `added`. */
const tally = node('tally', 'running-value', {
  ...{ key: ['id'], contribution: ['id'] },
  values: [{ name: 'n', fn: 'count' }],
})

type Held = { id: string; run_id: string | null; returned: number; quiet: boolean; ahead: number; version: number }
const held = async ({ workspace }: Scene) =>
  (
    await sql<Held>`
      select id, run_id, returned, quiet, version, round(extract(epoch from look_at - now()))::float8 as ahead
      from waiting_records where workspace_id = ${workspace.id} order by due_at, id
    `.execute(stage.database.owner.db)
  ).rows
const runsOf = async ({ workspace }: Scene) =>
  (
    await sql<{ id: string; state: string; code: string | null; version: number; quiet: boolean }>`
      select id, state, code, version, quiet from runs where workspace_id = ${workspace.id} and cause = 'waited' order by id
    `.execute(stage.database.owner.db)
  ).rows
const switchFlow = ({ workspace }: Scene, on: boolean) =>
  sql`update flows set enabled = ${on} where workspace_id = ${workspace.id}`.execute(stage.database.owner.db)
const comeDue = ({ workspace }: Scene) =>
  sql`update waiting_records set look_at = now() where workspace_id = ${workspace.id}`.execute(stage.database.owner.db)
const look = () => queueWaited(stage.database.system.db)

async function eventually<T>(ask: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await ask()
    if (holds(value)) return value
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
const gone = (scene: Scene) =>
  eventually(
    () => held(scene),
    (rows) => rows.length === 0,
  )
/** The only run that lets out what waited, once it has ended. */
async function ended(scene: Scene) {
  const [run] = await eventually(
    () => runsOf(scene),
    ([first]) => first !== undefined,
  )
  return scene.workspace.ended(run!.id)
}

test('until when: a time in the record, so long after it came, the next time of day in a zone', () => {
  const at = (settings: WaitSettings, came: string, record = {}) => {
    const due = dueTime(settings, record, Date.parse(came))
    return typeof due === 'string' ? due : new Date(due).toISOString()
  }
  const came = '2026-03-28T12:00:00Z'
  expect(at({ until: 'duration', amount: 90, unit: 'minutes' }, came)).toBe('2026-03-28T13:30:00.000Z')
  // A day is 24 hours, also where the clock changes.
  expect(at({ until: 'duration', amount: 1, unit: 'days' }, came)).toBe('2026-03-29T12:00:00.000Z')

  const clock = (time: string, from: string) => at({ until: 'clock', time, zone: 'Europe/London' }, from)
  expect(clock('13:00', came)).toBe('2026-03-28T13:00:00.000Z')
  expect(clock('12:00', came)).toBe('2026-03-29T11:00:00.000Z')
  // 01:30 is left out that night, and shown twice in October.
  expect(clock('01:30', came)).toBe('2026-03-29T01:00:00.000Z')
  expect(clock('01:30', '2026-10-24T12:00:00Z')).toBe('2026-10-25T00:30:00.000Z')
  expect(clock('01:30', '2026-10-25T00:45:00Z')).toBe('2026-10-26T01:30:00.000Z')

  const field = (value: unknown, more = {}) => at({ until: 'field', path: 'at', ...more }, came, { at: value })
  const london = { time: '09:00', zone: 'Europe/London' }
  expect(field('2026-06-01T10:00:00+02:00')).toBe('2026-06-01T08:00:00.000Z')
  expect(field('2026-06-01', london)).toBe('2026-06-01T08:00:00.000Z')
  expect(field('2026-03-29', { ...london, time: '01:30' })).toBe('2026-03-29T01:00:00.000Z')
  expect(field('2026-06-01T10:00', london)).toBe('2026-06-01T09:00:00.000Z')
  expect(field('2026-06-01')).toMatch(/names no zone; give the node a time zone/)
  expect(field('2026-06-01', { zone: 'UTC' })).toMatch(/a day without a time/)
  expect(field('2026-02-30', london)).toMatch(/no time that can be read/)
  expect(field('tomorrow')).toMatch(/no time that can be read/)
  expect(field(5)).toMatch(/not a number/)
  expect(field(undefined)).toBe('There is no time at “at”.')
})

test('what is due leaves at once; what is due later is kept, and goes on once in a run of its own', async () => {
  const scene = await stage.open(SMALL)
  const { run } = await givenFlow(stage, scene, [until(), tally], ['given hold', 'hold tally'])
  await switchFlow(scene, true)
  const first = await run([{ id: 1, at: PAST }, { id: 2, at: FUTURE }, { id: 3 }, { at: FUTURE }])
  expect(await first.counts('hold')).toEqual({ in: 4, out: 1, waiting: 2, rejected: 1 })
  expect(await scene.workspace.exceptions()).toMatchObject([{ code: 'INVALID_INPUT', node_id: 'hold' }])
  const { rows: came } = await sql<{ at: Date }>`
    select min(came_at) as at from waiting_records where workspace_id = ${scene.workspace.id}
  `.execute(stage.database.owner.db)
  expect(await look()).toBe(0)
  await comeDue(scene)
  // Two workers look, and others at the same moment.
  const second = scene.workspace.startWorker({ name: 'second', leaseSeconds: 15, concurrency: 2 })
  await Promise.all([look(), look(), look()])
  second.wake()
  scene.workspace.worker.wake()
  const out = await ended(scene)
  await gone(scene)
  await second.stop()
  expect(out).toMatchObject({ state: 'partly', counts: { read: 2, exceptions: 1 } })
  const steps = await scene.workspace.steps(out.id)
  expect(steps.flatMap(countProblems)).toEqual([])
  expect(steps.map(({ node_id, counts }) => [node_id, counts.out])).toEqual([
    ['hold', 2],
    ['tally', 1],
  ])
  expect(await scene.workspace.payload(out.id, 'hold', 'out:out')).toEqual([{ id: 2, at: FUTURE }, { at: FUTURE }])
  expect(await runsOf(scene)).toHaveLength(1)
  // A record that fails then is as old as when it came: it does not replace a newer one of its key.
  const failed = await sql<{ at: Date }>`
    select record_at as at from exceptions where workspace_id = ${scene.workspace.id} and run_id = ${out.id}
  `.execute(stage.database.owner.db)
  expect(failed.rows).toEqual(came)
})

test('a dry run keeps nothing', async () => {
  const scene = await stage.open(SMALL)
  const document = flowOf(
    [node('one', 'xero.get-organisation'), node('hold', 'wait', { amount: 1, unit: 'days' })],
    ['start one', 'one hold'],
  )
  const flow = await scene.workspace.flow(document)
  const run = await inWorkspace(stage.database.app.db, scene.workspace.id, (tx) =>
    queueRun(tx, { workspace: scene.workspace.id, flow, version: 1, cause: 'manual', node: 'start', dry: true }),
  )
  scene.workspace.worker.wake()
  await scene.workspace.ended(run)
  expect((await scene.workspace.steps(run)).find((step) => step.node_id === 'hold')?.counts).toMatchObject({
    in: 1,
    waiting: 1,
  })
  expect(await held(scene)).toEqual([])
})

test('workers that die before a batch settles keep nothing twice and let nothing out twice', {
  timeout: 180_000,
}, async () => {
  const scene = await stage.open({ ...SMALL, withoutWorker: true })
  const { workspace } = scene
  const document = flowOf(
    [
      node('one', 'xero.get-organisation'),
      node('given', 'map', { expression: `[{"id": 1, "at": "${FUTURE}"}, {"id": 2, "at": "${FUTURE}"}]` }),
      ...[until(), tally],
    ],
    ['start one', 'one given', 'given hold', 'hold tally'],
  )
  const flow = await workspace.flow(document)
  await switchFlow(scene, true)
  const kept = await inWorkspace(stage.database.app.db, workspace.id, (tx) =>
    queueRun(tx, { workspace: workspace.id, flow, version: 1, cause: 'manual', node: 'start' }),
  )
  const dying = await stage.process(scene, 15, { point: 'execute.settle:before', hit: 1, how: 'kill' })
  await dying.exited
  expect(await held(scene)).toEqual([])
  const living = await stage.process(scene)
  await workspace.ended(kept)
  expect(await held(scene)).toHaveLength(2)
  await living.stop()

  await comeDue(scene)
  expect(await look()).toBe(1)
  const again = await stage.process(scene, 15, { point: 'execute.settle:before', hit: 1, how: 'kill' })
  await again.exited
  const [run] = await runsOf(scene)
  expect((await held(scene)).map(({ run_id }) => run_id)).toEqual([run!.id, run!.id])
  await stage.process(scene)
  await gone(scene)
  const out = await workspace.ended(run!.id)
  expect(out).toMatchObject({ state: 'succeeded', counts: { read: 2 } })
  expect(out.epoch).toBeGreaterThan(1)
  const tallied = (await workspace.steps(run!.id)).filter((step) => step.node_id === 'tally')
  expect(tallied.map(({ counts }) => counts)).toMatchObject([{ in: 2, added: 2, unchanged: 0 }])
  expect(await runsOf(scene)).toHaveLength(1)
})

test('a worker that lost its run takes nothing', async () => {
  const scene = await stage.open({ ...SMALL, withoutWorker: true })
  const { workspace } = scene
  await prepared(scene)
  await look()
  const { db } = stage.database.system
  const ask = { workspace: workspace.id, lane: 'live', worker: 'slow', leaseSeconds: 15 } as const
  const { run: old } = await claimRun(db, ask)
  await sql`update runs set lease_until = now() - interval '1 s' where id = ${old!.run}`.execute(db)
  const { run: next } = await claimRun(db, { ...ask, worker: 'quick' })
  const parts = { db: stage.database.app.db, keys: workspace.keys }
  await expect(takeDue(parts, old!)).rejects.toThrow(LeaseLost)
  expect((await held(scene)).map(({ run_id }) => run_id)).toEqual([null])
  // Fenced before its content is opened: this record has none.
  await takeDue(parts, next!).catch(() => undefined)
  expect((await held(scene)).map(({ run_id }) => run_id)).toEqual([next!.run])
})

/** A flow that is on, with a record whose time has come and that has no content. Answers the flow. */
async function prepared(scene: Scene, more: { readonly quiet?: boolean; readonly count?: number } = {}) {
  const document = flowOf([node('one', 'xero.get-organisation'), until()], ['start one', 'one hold'])
  const flow = await scene.workspace.flow(document)
  await switchFlow(scene, true)
  await sql`
    insert into waiting_records (workspace_id, flow_id, id, node_id, version, quiet, kept_by, came_at, due_at, look_at, bytes, content)
    select ${scene.workspace.id}::uuid, ${flow}::uuid, gen_random_uuid(), 'hold', 1, ${more.quiet ?? false},
      gen_random_uuid(), now(), now(), now(), 2, ''
    from generate_series(1, ${more.count ?? 1})
  `.execute(stage.database.owner.db)
  return flow
}

test('a flow that is off keeps what is due; what a run took and did not settle waits again, longer each time', async () => {
  const scene = await stage.open({ ...SMALL, withoutWorker: true })
  const flow = await prepared(scene, { quiet: true })
  const { db } = stage.database.owner
  await switchFlow(scene, false)
  expect(await look()).toBe(0)
  await switchFlow(scene, true)
  await sql`update flows set archived_at = now() where id = ${flow}`.execute(db)
  expect(await look()).toBe(0)
  await sql`update flows set archived_at = null where id = ${flow}`.execute(db)

  for (const [times, minutes] of [1, 2, 4].entries()) {
    expect(await look()).toBe(1)
    expect(await look()).toBe(0)
    const run = (await runsOf(scene)).at(-1)!
    // What was to be left out when it came is left out when it goes on.
    expect(run).toMatchObject({ version: 1, quiet: true })
    await sql`update waiting_records set run_id = ${run.id} where flow_id = ${flow}`.execute(db)
    expect(await look()).toBe(0)
    await sql`update runs set state = 'cancelled' where id = ${run.id}`.execute(db)
    expect(await look()).toBe(0)
    const [row] = await held(scene)
    expect(row).toMatchObject({ run_id: null, returned: times + 1 })
    expect(Math.abs(row!.ahead - minutes * 60)).toBeLessThan(10)
    await comeDue(scene)
  }

  // The live version has no such node any more: the record goes on in the version it came with.
  await sql`
    insert into flow_versions (workspace_id, flow_id, number, document, hash, author_id, author, summary)
    select workspace_id, flow_id, 2, jsonb_set(document, '{nodes}', '[]'), 'none', author_id, author, 'Next'
    from flow_versions where flow_id = ${flow}
  `.execute(db)
  await sql`update flows set live_version = 2 where id = ${flow}`.execute(db)
  expect(await look()).toBe(1)
  expect((await runsOf(scene)).at(-1)).toMatchObject({ state: 'queued', version: 1 })
})

test('more than 100,000 of a flow do not wait: the rest are exceptions', async () => {
  const scene = await stage.open(SMALL)
  const { run, flow } = await givenFlow(stage, scene, [until()], ['given hold'])
  await sql`
    insert into waiting_records (workspace_id, flow_id, id, node_id, version, quiet, kept_by, came_at, due_at, look_at, bytes, content)
    select ${scene.workspace.id}::uuid, ${flow}::uuid, gen_random_uuid(), 'hold', 1, false, gen_random_uuid(), now(),
      ${FUTURE}, ${FUTURE}, 2, ''
    from generate_series(1, 99999)
  `.execute(stage.database.owner.db)
  const over = await run([
    { id: 1, at: FUTURE },
    { id: 2, at: FUTURE },
  ])
  expect(await over.counts('hold')).toMatchObject({ in: 2, waiting: 1, rejected: 1 })
  expect(await scene.workspace.exceptions()).toMatchObject([
    { code: 'WAITING_FULL', message: expect.stringContaining('100,000 records of this flow wait already') },
  ])
})
