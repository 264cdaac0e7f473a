import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { nextDue } from '../../server/schedule/schedule.ts'
import { startScheduler } from '../../server/worker/scheduler.ts'
import { openDatabase } from '../../server/store/database/database.ts'
import { fireDue } from '../../server/store/run/due.ts'
import { contactsFlow, flowOf, node } from '../support/flows.ts'
import { type Scene, setStage } from '../support/scene.ts'

// Several processes look at the clock; a due time starts one run.

const stage = setStage()
const QUIET = { info() {}, warn() {}, error: (fields: object, message: string) => console.error(message, fields) }
const every = { mode: 'interval', everyMinutes: 15 }

/** A flow whose schedule was due a minute ago. `set` changes the flow's row. */
async function dueFlow(
  { workspace }: Scene,
  set: object = {},
  { settings = every, ago = '1 minute' }: { settings?: object; ago?: string } = {},
): Promise<string> {
  const contacts = contactsFlow(50)
  const document = flowOf(
    [node('clock', 'schedule', { ...settings }), ...contacts.nodes.filter((one) => one.id !== 'start')],
    ['start contacts', 'clock contacts', 'contacts send'],
  )
  const flow = await workspace.flow(document)
  await stage.database.owner.db
    .updateTable('flows')
    .set({ enabled: true, ...set })
    .where('id', '=', flow)
    .execute()
  await sql`
    insert into schedules (workspace_id, flow_id, node_id, settings, next_due)
    values (${workspace.id}, ${flow}, 'clock', ${JSON.stringify(settings)}::jsonb, now() - ${ago}::interval)
  `.execute(stage.database.owner.db)
  return flow
}

const runsOf = async (flow: string) =>
  (
    await stage.database.owner.db
      .selectFrom('runs')
      .select(['id', 'state', 'cause', 'cause_node'])
      .where('flow_id', '=', flow)
      .execute()
  ).map((row) => ({ ...row }))

async function waitUntilAhead(flow: string): Promise<void> {
  await expect
    .poll(
      async () =>
        (
          await sql<{
            ahead: boolean
          }>`select next_due > now() as ahead from schedules where flow_id = ${flow}`.execute(stage.database.owner.db)
        ).rows[0]?.ahead,
      { timeout: 30_000 },
    )
    .toBe(true)
}

test('a due time starts exactly one run with two schedulers at work, and the run is carried out', async () => {
  const scene = await stage.open()
  const flow = await dueFlow(scene)
  const second = openDatabase({ url: stage.database.systemUrl, max: 2 })
  const schedulers = [stage.database.system.db, second.db].map((system) =>
    startScheduler({ system, next: nextDue, log: QUIET }),
  )
  try {
    await waitUntilAhead(flow)
    const runs = await runsOf(flow)
    expect(runs).toMatchObject([{ cause: 'schedule', cause_node: 'clock' }])
    expect(await scene.workspace.ended(runs[0]!.id)).toMatchObject({ state: 'succeeded', counts: { sent: 30 } })
  } finally {
    await Promise.all(schedulers.map((scheduler) => scheduler.stop()))
    await second.close()
  }
  expect(await runsOf(flow)).toHaveLength(1)
})

test('many schedules due at once, many who look: each fires once', async () => {
  const scene = await stage.open({ withoutWorker: true })
  const flows: string[] = []
  for (let n = 0; n < 25; n++) flows.push(await dueFlow(scene))
  const queued = await Promise.all(Array.from({ length: 8 }, () => fireDue(stage.database.system.db, 7, nextDue)))
  // Rows that another one was looking at were passed over; whoever looks next finds them done.
  let rest = 0
  for (let more = 1; more > 0; rest += more) more = await fireDue(stage.database.system.db, 100, nextDue)
  expect(queued.reduce((sum, one) => sum + one, rest)).toBe(25)
  for (const flow of flows) expect(await runsOf(flow)).toHaveLength(1)
})

test.each([
  ['is off', { enabled: false }],
  ['is archived', { archived_at: new Date() }],
  ['was never published', { live_version: null }],
])('a flow that %s fires nothing, and the time passes', async (_what, set) => {
  const scene = await stage.open({ withoutWorker: true })
  const flow = await dueFlow(scene, set)
  expect(await fireDue(stage.database.system.db, 10, nextDue)).toBe(0)
  await waitUntilAhead(flow)
  expect(await runsOf(flow)).toEqual([])
  expect(await firingsOf(flow)).toEqual({ off: 1 })
})

const firingsOf = async (flow: string): Promise<{ [outcome: string]: number }> => {
  const rows = await stage.database.owner.db
    .selectFrom('firings')
    .select(['outcome', 'run_id'])
    .where('flow_id', '=', flow)
    .execute()
  // A firing has a run exactly when it started one.
  expect(rows.filter(({ outcome, run_id }) => (outcome === 'started') !== (run_id !== null))).toEqual([])
  return Object.fromEntries([...Map.groupBy(rows, ({ outcome }) => outcome)].map(([name, of]) => [name, of.length]))
}

const fireAll = async (): Promise<number> => {
  let sum = 0
  for (let more = 1; more > 0; sum += more) more = await fireDue(stage.database.system.db, 100, nextDue)
  return sum
}

const makeDue = (flow: string, ago = '1 second') =>
  sql`update schedules set next_due = now() - ${ago}::interval where flow_id = ${flow}`.execute(stage.database.owner.db)

test('a time that comes while the run before is still at work is left out, and says so', async () => {
  const scene = await stage.open({ withoutWorker: true })
  const flow = await dueFlow(scene)
  expect(await fireDue(stage.database.system.db, 10, nextDue)).toBe(1)
  await makeDue(flow)
  expect(await fireDue(stage.database.system.db, 10, nextDue)).toBe(0)
  expect(await runsOf(flow)).toHaveLength(1)
  expect(await firingsOf(flow)).toEqual({ started: 1, overlap: 1 })
})

test('or its run waits for the end of that one', async () => {
  const scene = await stage.open({ withoutWorker: true })
  const flow = await dueFlow(scene, {}, { settings: { ...every, overlap: 'queue' } })
  await fireAll()
  await makeDue(flow)
  expect(await fireAll()).toBe(1)
  expect(await runsOf(flow)).toHaveLength(2)
  expect(await firingsOf(flow)).toEqual({ started: 2 })
})

describe('times that passed while nobody looked', () => {
  // Down for three hours: the quarters of an hour from the first one on.
  test.each([
    ['once', 1, { started: 1, missed: 12 }],
    ['all', 13, { started: 13 }],
    ['none', 0, { missed: 13 }],
  ])('%s: %i runs', async (missed, runs, firings) => {
    const scene = await stage.open({ withoutWorker: true })
    const flow = await dueFlow(scene, {}, { settings: { ...every, missed }, ago: '182 minutes' })
    expect(await fireAll()).toBe(runs)
    await waitUntilAhead(flow)
    expect(await runsOf(flow)).toHaveLength(runs)
    expect(await firingsOf(flow)).toEqual(firings)
    // The interval keeps its phase.
    const { rows } = await sql<{ minutes: number }>`
      select extract(epoch from s.next_due - f.due)::int / 60 as minutes from schedules s
      join (select max(due) as due from firings where flow_id = ${flow}) f on true where s.flow_id = ${flow}
    `.execute(stage.database.owner.db)
    expect(rows[0]?.minutes).toBe(15)
  })

  test('all, in slices, by several who look at once: each once, in order', async () => {
    const scene = await stage.open({ withoutWorker: true })
    const flow = await dueFlow(scene, {}, { settings: { ...every, missed: 'all' }, ago: '72 hours 5 minutes' })
    const first = await Promise.all(Array.from({ length: 4 }, () => fireDue(stage.database.system.db, 10, nextDue)))
    const rest = await fireAll()
    expect(first.reduce((sum, one) => sum + one, rest)).toBe(289)
    const { rows } = await sql<{ ordered: boolean }>`
      select array_agg(run_id order by due) = array_agg(run_id order by run_id) as ordered from firings where flow_id = ${flow}
    `.execute(stage.database.owner.db)
    expect(rows).toEqual([{ ordered: true }])
  })

  test('of more than a thousand the newest count, and the schedule says which were left out', async () => {
    const scene = await stage.open({ withoutWorker: true })
    const settings = { mode: 'interval', everyMinutes: 1, missed: 'all' }
    const flow = await dueFlow(scene, {}, { settings, ago: '3 days' })
    // The last one is on time, and meets the runs of those before it.
    expect(await fireAll()).toBe(999)
    expect(await firingsOf(flow)).toEqual({ started: 999, overlap: 1, 'too-many': 1 })
    const { rows } = await sql<{ note: string }>`select note from schedules where flow_id = ${flow}`.execute(
      stage.database.owner.db,
    )
    expect(rows[0]?.note).toMatch(/^More than 1,000 due times were missed; those from .* were left out\.$/)
  })

  test('because the flow was paused: they wait, and follow the same rule when it goes on', async () => {
    const scene = await stage.open({ withoutWorker: true })
    const paused = { paused_code: 'LOGIN_REFUSED', paused_message: 'Connect Xero again.' }
    const flow = await dueFlow(scene, paused, { ago: '182 minutes' })
    expect(await fireAll()).toBe(0)
    expect(await firingsOf(flow)).toEqual({})
    await sql`update flows set paused_code = null, paused_message = null where id = ${flow}`.execute(
      stage.database.owner.db,
    )
    expect(await fireAll()).toBe(1)
    expect(await firingsOf(flow)).toEqual({ started: 1, missed: 12 })
  })
})
