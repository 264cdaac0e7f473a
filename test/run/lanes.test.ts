import { randomUUID } from 'node:crypto'
import { sql, type Transaction } from 'kysely'
import { afterEach, expect, test } from 'vitest'
import type { Flow } from '../../server/flow/document/flow.ts'
import {
  type ClaimedRun,
  claimRun,
  claimRuns,
  endRun,
  parkRun,
  pauseRun,
  releaseRun,
} from '../../server/store/run/claims.ts'
import { inWorkspace } from '../../server/store/database/database.ts'
import { listLanes, setLaneCap } from '../../server/store/run/lanes.ts'
import { requestCancel, requestPause, resumeRun } from '../../server/store/run/run-controls.ts'
import { queueRun } from '../../server/store/run/runs.ts'
import type { Database, Lane } from '../../server/store/database/schema.ts'
import { nextLeaseEnd, wakeForgotten } from '../../server/store/run/unwoken.ts'
import { whyWaiting } from '../../server/store/run/why-waiting.ts'
import { contactsFlow, flowOf } from '../support/flows.ts'
import { type Scene, setStage } from '../support/scene.ts'
import type { Workspace } from '../support/workspace.ts'

// Lanes decide which run is taken next, and how many are at work. Claims are made as workers make them.

const stage = setStage()
// Workers and beats see all workspaces of the database.
afterEach(() => sql`delete from runs`.execute(stage.database.owner.db))
const LONG = { timeout: 180_000 }
const IDLE = { contacts: 0, invoices: 0, creditNotes: 0, withoutWorker: true }

type Tx = Transaction<Database>

const claim = async (workspace: Workspace, lane: Lane = 'live', leaseSeconds = 15) =>
  (await claimRun(stage.database.system.db, { workspace: workspace.id, lane, worker: 'one', leaseSeconds })).run

const queue = (workspace: Workspace, flow: string, more: { lane?: Lane; priority?: number } = {}) =>
  inWorkspace(stage.database.app.db, workspace.id, (tx) =>
    queueRun(tx, { workspace: workspace.id, flow, version: 1, cause: 'manual', node: 'start', ...more }),
  )

const end = (run: ClaimedRun | undefined) => endRun(stage.database.system.db, run!, { state: 'succeeded' })

const ask = <T>(workspace: Workspace, run: string, what: (tx: Tx, workspace: string, run: string) => Promise<T>) =>
  inWorkspace(stage.database.app.db, workspace.id, (tx) => what(tx, workspace.id, run))

const why = async (workspace: Workspace, run: string) =>
  (await inWorkspace(stage.database.app.db, workspace.id, (tx) => whyWaiting(tx, workspace.id, [run]))).get(run)

/** As if a worker were there. */
const aWorker = () =>
  sql`
    insert into workers (id, host, pid, role, version, schema, slots, running, state)
    values ('one', 'here', 1, 'worker', '1', '1', 4, 0, 'idle') on conflict (id) do update set seen_at = now()
  `.execute(stage.database.owner.db)

/** A flow with nothing behind its trigger. */
const EMPTY: Flow = flowOf([], [])

/** Queues many runs at once, past the door that people use. */
const flood = (workspace: Workspace, flow: string, runs: number) =>
  sql`
    insert into runs (workspace_id, id, flow_id, version, cause, cause_node, reason)
    select ${workspace.id}::uuid, gen_random_uuid(), ${flow}::uuid, 1, 'manual', 'start', 'Waiting.'
    from generate_series(1, ${runs}::int)
  `.execute(stage.database.owner.db)

test('within a flow the lower priority goes first, then the older; one at a time, whichever lane', async () => {
  const { workspace } = await stage.open(IDLE)
  const flow = await workspace.flow(EMPTY)
  const late = await queue(workspace, flow, { priority: 10, lane: 'bulk' })
  const first = await queue(workspace, flow)
  const second = await queue(workspace, flow)
  await aWorker()
  expect(await claim(workspace, 'bulk')).toBeUndefined()
  const taken = await claim(workspace)
  expect(taken?.run).toBe(first)
  expect(await claim(workspace)).toBeUndefined()
  expect(await why(workspace, second)).toBe(
    `An earlier run of the same flow is at work: ${first}. Runs of one flow go one after the other.`,
  )
  await end(taken)
  expect(await why(workspace, late)).toBe(`Another run of the same flow is before it: ${second}.`)
  expect(await claim(workspace, 'bulk')).toBeUndefined()
  await end(await claim(workspace))
  expect((await claim(workspace, 'bulk'))?.run).toBe(late)
})

test('a paused run keeps its place, its attempt does not count, and it says who may let it go on', async () => {
  const { workspace } = await stage.open(IDLE)
  const flow = await workspace.flow(EMPTY)
  const first = await queue(workspace, flow)
  const second = await queue(workspace, flow)
  const taken = (await claim(workspace))!
  await ask(workspace, first, requestPause)
  await pauseRun(stage.database.system.db, taken, 'Paused. Anybody who may start runs …')
  expect(await claim(workspace)).toBeUndefined()
  expect(await why(workspace, first)).toBe('Paused. Anybody who may start runs …')
  expect(await why(workspace, second)).toContain('is paused')
  await sql`update runs set state = 'queued' where id = ${first}`.execute(stage.database.owner.db)
  expect(await claim(workspace)).toMatchObject({ run: first, attempts: 1 })
})

test('what is asked of a run while its worker puts it down is seen to at once, and never stuck', async () => {
  const { workspace } = await stage.open(IDLE)
  const flow = await workspace.flow(EMPTY)
  const { db } = stage.database.system
  const taken = async () => (await claim(workspace))!
  const state = async (run: string) =>
    (
      await sql<{ state: string; wake_at: Date | null }>`select state, wake_at from runs where id = ${run}`.execute(
        stage.database.owner.db,
      )
    ).rows[0]
  // It came to a wait of hours just when somebody cancelled it: nobody waits for that.
  const cancelled = await queue(workspace, flow)
  const first = await taken()
  await ask(workspace, cancelled, requestCancel)
  await parkRun(db, first, 3_600_000, 'Today’s allowance is used.')
  expect(await state(cancelled)).toEqual({ state: 'queued', wake_at: null })
  expect(await taken()).toMatchObject({ run: cancelled, attempts: 1 })
  await sql`update runs set state = 'cancelled' where id = ${cancelled}`.execute(stage.database.owner.db)

  // Paused, then cancelled, before its worker had heard of either.
  const both = await queue(workspace, flow)
  const second = await taken()
  await ask(workspace, both, requestPause)
  await ask(workspace, both, requestCancel)
  await pauseRun(db, second, 'Paused.')
  expect(await state(both)).toMatchObject({ state: 'queued' })
  expect(await taken()).toMatchObject({ run: both })
  await sql`update runs set state = 'cancelled' where id = ${both}`.execute(stage.database.owner.db)

  // Paused, and let go on before its worker had put it down; then paused just before a long wait.
  const waved = await queue(workspace, flow)
  const third = await taken()
  await ask(workspace, waved, requestPause)
  expect(await ask(workspace, waved, resumeRun)).toBe(true)
  await pauseRun(db, third, 'Paused.')
  const fourth = await taken()
  expect(fourth).toMatchObject({ run: waved, attempts: 1 })
  await ask(workspace, waved, requestPause)
  await parkRun(db, fourth, 3_600_000, 'Today’s allowance is used.')
  const fifth = await taken()
  await pauseRun(db, fifth, 'Paused.')
  expect(await state(waved)).toMatchObject({ state: 'paused' })
})

test('a run that is asked to pause is put down by its worker, and goes on from its last batch', LONG, async () => {
  const scene = await stage.open({ contacts: 30, invoices: 0, creditNotes: 0, latencyMs: 30 })
  const { workspace } = scene
  const document = contactsFlow(2)
  const run = await workspace.queue(await workspace.flow(document), document)
  const look = async () =>
    (
      await sql<{ state: string; batches: number; attempts: number; reason: string | null }>`
        select state, batches, attempts, reason from runs where id = ${run}`.execute(stage.database.owner.db)
    ).rows[0]!
  await expect.poll(async () => (await look()).batches, { interval: 5, timeout: 60_000 }).toBeGreaterThan(1)
  await sql`update runs set pause_requested = true where id = ${run}`.execute(stage.database.owner.db)
  await expect.poll(look, { timeout: 60_000 }).toMatchObject({ state: 'paused', attempts: 0 })
  expect((await look()).reason).toContain('Paused')
  const { batches } = await look()
  expect(batches).toBeLessThan(15)
  await sql`update runs set state = 'queued', pause_requested = false where id = ${run}`.execute(
    stage.database.owner.db,
  )
  workspace.worker.wake()
  expect(await workspace.ended(run)).toMatchObject({ state: 'succeeded', counts: { read: 30 } })
  expect(scene.emarsys.contacts.size).toBeGreaterThan(0)
})

test('caps of lanes and of a connection hold at every moment, with many who claim', LONG, async () => {
  const { workspace } = await stage.open(IDLE)
  const shared = await workspace.connect('xero', 'custom-connection', {}, {})
  await sql`update connections set max_runs = 2 where id = ${shared}`.execute(stage.database.owner.db)
  await inWorkspace(stage.database.app.db, workspace.id, async (tx) => {
    await setLaneCap(tx, workspace.id, 'live', 5)
    await setLaneCap(tx, workspace.id, 'bulk', 3)
  })
  const flows: { id: string; shared: boolean; lane: Lane }[] = []
  for (let n = 0; n < 12; n++) {
    const on = n % 2 === 0
    const id = await workspace.flow(contactsFlow(), on ? { xero: shared } : {})
    const lane = n % 3 === 0 ? 'bulk' : 'live'
    flows.push({ id, shared: on, lane })
    for (let many = 0; many < 6; many++) await queue(workspace, id, { lane })
  }
  const now = { live: 0, bulk: 0, shared: 0 }
  const most = { live: 0, bulk: 0, shared: 0 }
  const flowOfRun = (run: ClaimedRun) => flows.find(({ id }) => id === run.flow)!
  let left = 12 * 6
  // A claim counts from when it is known until its end is asked for: what is at work is never counted too high.
  const claimer = async (lane: Lane) => {
    while (left > 0) {
      const run = await claim(workspace, lane)
      if (!run) {
        await new Promise((resolve) => setTimeout(resolve, 3))
        continue
      }
      const flow = flowOfRun(run)
      for (const name of [lane, ...(flow.shared ? (['shared'] as const) : [])]) {
        now[name] += 1
        most[name] = Math.max(most[name], now[name])
      }
      await new Promise((resolve) => setTimeout(resolve, 30 + Math.random() * 30))
      for (const name of [lane, ...(flow.shared ? (['shared'] as const) : [])]) now[name] -= 1
      await end(run)
      left -= 1
    }
  }
  await Promise.all(Array.from({ length: 9 }, (_, n) => claimer(n % 3 === 0 ? 'bulk' : 'live')))
  expect(most.live).toBeLessThanOrEqual(5)
  expect(most.bulk).toBeLessThanOrEqual(3)
  expect(most.shared).toBe(2)
  expect(most.live).toBeGreaterThan(2)
})

test('a claim for several slots takes one run of a flow, in order, and no more than the caps allow', LONG, async () => {
  const { workspace } = await stage.open(IDLE)
  const busy = await workspace.flow(EMPTY)
  const shared = await workspace.connect('xero', 'custom-connection', {}, {})
  await sql`update connections set max_runs = 2 where id = ${shared}`.execute(stage.database.owner.db)
  await inWorkspace(stage.database.app.db, workspace.id, (tx) => setLaneCap(tx, workspace.id, 'live', 5))
  const first = await queue(workspace, busy)
  const ask = { workspace: workspace.id, lane: 'live', worker: 'one', leaseSeconds: 15 } as const
  const claims = async (slots: number) => claimRuns(stage.database.system.db, ask, slots)
  const taken = await claims(4)
  expect(taken).toMatchObject({ runs: [{ run: first }], more: false })
  // The front of the queue is one flow's alone.
  await flood(workspace, busy, 150)
  await sql`update runs set priority = -1 where flow_id = ${busy} and state = 'queued'`.execute(stage.database.owner.db)
  const behind: string[] = []
  for (let n = 0; n < 3; n++)
    behind.push(await queue(workspace, await workspace.flow(contactsFlow(), { xero: shared })))
  for (let n = 0; n < 4; n++) behind.push(await queue(workspace, await workspace.flow(EMPTY)))
  // Two over the shared connection, and two of the others: five with the one at work.
  const more = await claims(3)
  expect(more).toMatchObject({ runs: [0, 1, 3].map((n) => ({ run: behind[n] })), more: true })
  const last = await claims(3)
  expect(last).toMatchObject({ runs: [{ run: behind[4] }], more: false })
  await end(more.runs[0])
  expect(await claims(3)).toMatchObject({ runs: [{ run: behind[2] }], more: false })
  await Promise.all([...taken.runs, ...last.runs].map(end))
  expect(await claims(9)).toMatchObject({ runs: [{ flow: busy }, { run: behind[5] }], more: false })
})

test('a run that waits says for what: a cap of the lane, a connection, a worker', async () => {
  const { workspace } = await stage.open(IDLE)
  await sql`delete from workers`.execute(stage.database.owner.db)
  const [one, two] = [await workspace.flow(contactsFlow()), await workspace.flow(contactsFlow())]
  await queue(workspace, one)
  const second = await queue(workspace, two)
  expect(await why(workspace, second)).toContain('No worker is running')
  await aWorker()
  const busy = (running: number) =>
    sql`update workers set running = ${running}, state = 'working'`.execute(stage.database.owner.db)
  expect(await why(workspace, second)).toBe('A slot of a worker is free: it is taken up within seconds.')
  await busy(4)
  expect(await why(workspace, second)).toBe('Waiting for a free slot of a worker: all 4 are at work.')
  await busy(3)
  expect(await why(workspace, second)).toBe('A slot of a worker is free: it is taken up within seconds.')
  await sql`update runs set lane = 'bulk' where id = ${second}`.execute(stage.database.owner.db)
  expect(await why(workspace, second)).toContain('the last free one may be kept for what people wait for')
  await sql`update runs set lane = 'live' where id = ${second}`.execute(stage.database.owner.db)
  const taken = await claim(workspace)
  await sql`update connections set max_runs = 1 where id = ${workspace.xero}`.execute(stage.database.owner.db)
  expect(await claim(workspace)).toBeUndefined()
  expect(await why(workspace, second)).toBe('The connection “xero” is in use by as many runs as it may be (1).')
  await inWorkspace(stage.database.app.db, workspace.id, (tx) => setLaneCap(tx, workspace.id, 'live', 1))
  expect(await why(workspace, second)).toBe('The lane “live” has as many runs at work as it may have (1).')
  await end(taken)
  const [live] = await inWorkspace(stage.database.app.db, workspace.id, (tx) => listLanes(tx, workspace.id))
  expect(live).toMatchObject({
    ...{ cap: 1, running: 0, queued: 1 },
    reason: 'A slot of a worker is free: it is taken up within seconds.',
  })
  expect((await claim(workspace))?.run).toBe(second)
})

test('one workspace with thousands of queued runs does not hold up the others', LONG, async () => {
  const big = await stage.open({ ...IDLE, withoutWorker: false })
  const flows = await Promise.all(Array.from({ length: 20 }, () => big.workspace.flow(EMPTY)))
  for (const flow of flows) await flood(big.workspace, flow, 200)
  big.workspace.worker.wake()
  const started = (workspace: Workspace) =>
    sql<{ n: number }>`select count(*) as n from runs where workspace_id = ${workspace.id} and state = 'succeeded'`
      .execute(stage.database.owner.db)
      .then(({ rows }) => rows[0]!.n)
  await expect.poll(() => started(big.workspace), { interval: 20, timeout: 60_000 }).toBeGreaterThan(20)
  const others: [Scene['workspace'], string][] = []
  for (let n = 0; n < 15; n++) {
    const workspace = await stage.join(big, { ...IDLE })
    others.push([workspace, await queue(workspace, await workspace.flow(EMPTY))])
  }
  const before = await started(big.workspace)
  for (const [workspace, run] of others) expect(await workspace.ended(run)).toMatchObject({ state: 'succeeded' })
  const after = await started(big.workspace)
  // All had their turn while the big one was far from done, and the big one went on meanwhile.
  expect(after).toBeLessThan(3_000)
  expect(after).toBeGreaterThan(before)
})

test('work that nobody woke is found, once, and a lane at its cap is left alone', async () => {
  const { workspace } = await stage.open(IDLE)
  const flow = await workspace.flow(EMPTY)
  const forget = () => sql`delete from graphile_worker._private_jobs`.execute(stage.database.owner.db)
  await flood(workspace, flow, 1)
  await forget()
  expect(await wakeForgotten(stage.database.system.db)).toBe(1)
  expect(await wakeForgotten(stage.database.system.db)).toBe(0)
  const taken = (await claim(workspace))!
  await forget()
  expect(await wakeForgotten(stage.database.system.db)).toBe(0)
  await sql`update runs set lease_until = now() - interval '1 second' where id = ${taken.run}`.execute(
    stage.database.owner.db,
  )
  expect(await wakeForgotten(stage.database.system.db)).toBe(1)
  await releaseRun(stage.database.system.db, taken)
  await inWorkspace(stage.database.app.db, workspace.id, (tx) => setLaneCap(tx, workspace.id, 'live', 1))
  expect(await claim(workspace)).toBeDefined()
  await flood(workspace, await workspace.flow(EMPTY), 1)
  await forget()
  expect(await wakeForgotten(stage.database.system.db)).toBe(0)
})

test('a lease that ends before the next look is known to the millisecond, others are not', async () => {
  const { workspace } = await stage.open(IDLE)
  await flood(workspace, await workspace.flow(EMPTY), 1)
  const taken = (await claim(workspace))!
  const system = stage.database.system.db
  const endsIn = (ms: number) =>
    sql`update runs set lease_until = clock_timestamp() + make_interval(secs => ${ms / 1000}) where id = ${taken.run}`.execute(
      stage.database.owner.db,
    )
  await endsIn(10_000)
  expect(await nextLeaseEnd(system, 5_000)).toBeUndefined()
  const left = (await nextLeaseEnd(system, 11_000))!
  expect(left).toBeGreaterThan(5_000)
  expect(left).toBeLessThanOrEqual(10_000)
  await endsIn(-1)
  expect(await nextLeaseEnd(system, 5_000)).toBeUndefined()
})

test('a wake-up for later does not put off one for now', async () => {
  const workspace = randomUUID()
  const wake = (at: string) =>
    sql`select tieline_wake(${workspace}, 'live', ${sql.raw(at)})`.execute(stage.database.app.db)
  const jobs = async () =>
    (
      await sql<{ due: boolean }>`
        select run_at <= now() as due from graphile_worker._private_jobs where key like ${`lane:${workspace}:%`} order by run_at
      `.execute(stage.database.owner.db)
    ).rows.map(({ due }) => due)
  await wake(`now()`)
  await wake(`now() + interval '1 hour'`)
  await wake(`now() + interval '2 hours'`)
  await wake(`now()`)
  expect(await jobs()).toEqual([true, false, false])
})

test('two runs of a flow at work are impossible, whoever asks', async () => {
  const { workspace } = await stage.open(IDLE)
  const flow = await workspace.flow(EMPTY)
  await queue(workspace, flow)
  await queue(workspace, flow)
  await expect(
    sql`update runs set state = 'running' where flow_id = ${flow}`.execute(stage.database.owner.db),
  ).rejects.toThrow('runs_one_of_a_flow')
})
