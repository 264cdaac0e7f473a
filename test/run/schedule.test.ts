import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { nextDue } from '../../server/schedule.ts'
import { startScheduler } from '../../server/scheduler.ts'
import { openDatabase } from '../../server/store/database.ts'
import { fireDue } from '../../server/store/due.ts'
import { contactsFlow, flowOf, node } from '../support/flows.ts'
import { type Scene, setStage } from '../support/scene.ts'

// Several processes look at the clock; a due time starts one run.

const stage = setStage()
const QUIET = { info() {}, warn() {}, error: (fields: object, message: string) => console.error(message, fields) }
const every = { mode: 'interval', everyMinutes: 15 }

/** A flow whose schedule was due a minute ago. `set` changes the flow's row. */
async function dueFlow({ workspace }: Scene, set: object = {}): Promise<string> {
  const contacts = contactsFlow(50)
  const document = flowOf(
    [node('clock', 'schedule', every), ...contacts.nodes.filter((one) => one.id !== 'start')],
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
    values (${workspace.id}, ${flow}, 'clock', ${JSON.stringify(every)}::jsonb, now() - interval '1 minute')
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
      { timeout: 10_000 },
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
  ['is paused', { paused_code: 'LOGIN_REFUSED', paused_message: 'Connect Xero again.' }],
  ['is archived', { archived_at: new Date() }],
  ['was never published', { live_version: null }],
])('a flow that %s fires nothing, and the time passes', async (_what, set) => {
  const scene = await stage.open({ withoutWorker: true })
  const flow = await dueFlow(scene, set)
  expect(await fireDue(stage.database.system.db, 10, nextDue)).toBe(0)
  await waitUntilAhead(flow)
  expect(await runsOf(flow)).toEqual([])
})

test('a flow whose last run has not begun yet is not queued again', async () => {
  const scene = await stage.open({ withoutWorker: true })
  const flow = await dueFlow(scene)
  expect(await fireDue(stage.database.system.db, 10, nextDue)).toBe(1)
  await sql`update schedules set next_due = now() - interval '1 second' where flow_id = ${flow}`.execute(
    stage.database.owner.db,
  )
  expect(await fireDue(stage.database.system.db, 10, nextDue)).toBe(0)
  expect(await runsOf(flow)).toHaveLength(1)
})
