import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { armFailpoints } from '../../server/run/call/failpoint.ts'
import { noticeJump } from '../../server/store/database/clock-jumps.ts'
import { claimRun, parkRun } from '../../server/store/run/claims.ts'
import { contactsFlow } from '../support/flows.ts'
import { expectOnce, invoicing, puts, referencesIn } from '../support/invoicing.ts'
import { type Scene, setStage } from '../support/scene.ts'
import { type SettableClock, settableClock } from '../support/settable-clock.ts'

// Somebody sets the database's clock while the product runs.

const stage = setStage()
const { writing, dieAfterSending } = invoicing(stage)

let clock: SettableClock
beforeAll(async () => {
  clock = await settableClock(stage.database.url)
  await clock.forFunctions()
})
afterAll(() => clock?.close())

/** A worker's look at the clock, before which it has seen nothing of it. */
const look = () => noticeJump(stage.database.system.db, 1)

/** As if so much time had passed since everything that was written down about calls and about the clock. */
async function pass({ workspace }: Scene, seconds: number): Promise<void> {
  const { db } = stage.database.owner
  const by = sql`make_interval(secs => ${seconds})`
  await sql`
    update calls set sent_at = sent_at - ${by}, repeated_at = repeated_at - ${by}, probed_at = probed_at - ${by}
    where workspace_id = ${workspace.id}
  `.execute(db)
  await sql`update clock_jumps set jumped_from = jumped_from - ${by}, jumped_to = jumped_to - ${by}`.execute(db)
}

async function states({ workspace }: Scene): Promise<readonly string[]> {
  const { rows } = await sql<{ state: string }>`
    select state from runs where workspace_id = ${workspace.id} order by id
  `.execute(stage.database.owner.db)
  return rows.map(({ state }) => state)
}

const inDoubt = async ({ workspace }: Scene) =>
  (await workspace.effects()).filter(({ state }) => state === 'unknown').length

async function working<T>(scene: Scene, work: () => Promise<T>): Promise<T> {
  const worker = stage.worker(scene, 1)
  try {
    return await work()
  } finally {
    await worker.stop()
  }
}

test('a clock that is set ahead makes no call in doubt old: what is not found may still be on its way, and is not sent again before that is sure', async () => {
  const scene = await writing({}, 12, true)
  const { workspace, flow, document } = scene
  await look()
  // It fails after it has said that it sends.
  let failed = false
  armFailpoints((point) => {
    if (failed || point !== 'ledger.open:after') return
    failed = true
    throw new Error('the line is cut')
  })
  await workspace.queue(flow, document)
  await working(scene, () => expect.poll(() => states(scene)).toEqual(['failed'])).finally(() =>
    armFailpoints(undefined),
  )
  expect(puts(scene)).toBe(0)
  await clock.jump(600)
  const next = await working(scene, () => workspace.run(flow, document))
  // The other page went out; this one may yet arrive.
  expect(next.counts).toMatchObject({ exceptions: 10, sent: 2 })
  expect(await inDoubt(scene)).toBe(10)
  await pass(scene, 100)
  await working(scene, () => workspace.run(flow, document))
  expect(await inDoubt(scene)).toBe(10)
  await pass(scene, 180)
  await working(scene, () => workspace.run(flow, document))
  expect(await inDoubt(scene)).toBe(0)
  expect(referencesIn(scene)).toHaveLength(2)
  const { rows } = await sql<{ code: string; open: number }>`
    select code, count(*) as open from exceptions where workspace_id = ${workspace.id} and state = 'open' group by code
  `.execute(stage.database.owner.db)
  expect(rows).toEqual([{ code: 'CONNECTION_LOST', open: 10 }])
})

test('a clock that is set back makes no key young: what Xero may have forgotten is looked for, not sent again', async () => {
  const scene = await writing({}, 12, true)
  await look()
  const run = await dieAfterSending(scene, { items: 10, arrived: 10 })
  expect(puts(scene)).toBe(1)
  await clock.jump(-600)
  await look()
  await pass(scene, 400)
  const ended = await working(scene, () => scene.workspace.ended(run))
  expect(ended).toMatchObject({ state: 'succeeded', counts: { unchanged: 10, sent: 2 } })
  expectOnce(scene)
  expect(puts(scene)).toBe(2)
  expect(scene.xero.requests.byRoute.get('GET /api.xro/2.0/Invoices')).toBe(1)
})

test('a clock that is set back makes nobody wait: a dead worker’s run, one that rests, and one whose wake-up is there', async () => {
  const scene = await stage.open({ contacts: 3, invoices: 0, creditNotes: 0, withoutWorker: true })
  const { workspace } = scene
  const { db } = stage.database.system
  const document = contactsFlow()
  const flows = [await workspace.flow(document), await workspace.flow(document), await workspace.flow(document)]
  const runs = [await workspace.queue(flows[0]!, document), await workspace.queue(flows[1]!, document)]
  const ask = { workspace: workspace.id, lane: 'live' as const, worker: 'mortal', leaseSeconds: 15 }
  const claims = [(await claimRun(db, ask)).run!, (await claimRun(db, ask)).run!]
  expect(claims.map(({ run }) => run).sort()).toEqual(runs.toSorted())
  await parkRun(db, claims[1]!, 3_000, 'It rests.')
  runs.push(await workspace.queue(flows[2]!, document))
  await look()
  await clock.jump(-600)
  await working(scene, () => expect.poll(() => states(scene)).toEqual(['succeeded', 'succeeded', 'succeeded']))
})
