import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { LeaseLost, type NewCall } from '../../server/run/journal/journal.ts'
import { type ClaimedRun, claimRun } from '../../server/store/run/claims.ts'
import { createJournal } from '../../server/store/journal/journal.ts'
import { createLedger } from '../../server/store/effect/ledger.ts'
import { emptyBatch } from '../support/empty-batch.ts'
import { contactsFlow, CUSTOMER_ID, purchasesFlow } from '../support/flows.ts'
import { type ExpectedRow, expectedRows, sandboxTotals, totalsOf } from '../support/ledger-oracle.ts'
import { type Scene, setStage } from '../support/scene.ts'
import { WORKER_APPLICATION } from '../support/worker-order.ts'

// Workers die, stop, freeze and lose their database in the middle of runs. What arrived is judged by the sandboxes.

const stage = setStage()
const LONG = { timeout: 270_000 }
/** Slow enough that a run of a few dozen calls can be hit in the middle. */
const SLOW = { contacts: 40, invoices: 120, creditNotes: 10, latencyMs: 25, withoutWorker: true }

type Row = {
  state: string
  batches: number
  attempts: number
  epoch: number
  worker: string | null
  code: string | null
}

async function look({ workspace }: Scene, run: string): Promise<Row> {
  const { rows } = await sql<Row>`
    select state, batches, attempts, epoch, worker, code from runs where workspace_id = ${workspace.id} and id = ${run}
  `.execute(stage.database.owner.db)
  return rows[0]!
}

async function until<T>(ask: () => T | Promise<T>, holds: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await ask()
    if (holds(value)) return value
    await sleep(5)
  }
}

const documents = ({ xero }: Scene) =>
  [...xero.state.books.invoices.ordered, ...xero.state.books.creditNotes.ordered].map((one) => xero.document(one.id)!)

const cents = (text: unknown) => Math.round(Number(text) * 100)
const ofOracle = (row: ExpectedRow) => `${row.day} ${row.item} ${row.price} ${row.original} ${row.currency}`

/** Every customer is there with the right fields, once. */
function expectContacts({ xero, emarsys }: Scene): void {
  const customers = xero.state.books.contacts.ordered
    .map((one) => xero.document(one.id)!)
    .filter((one) => one.IsCustomer)
  expect(emarsys.contacts.size).toBe(customers.length)
  for (const customer of customers) {
    expect(emarsys.contacts.lookUp(CUSTOMER_ID, String(customer.ContactID))).toMatchObject([
      { '18': customer.Name, ...(customer.EmailAddress ? { '3': String(customer.EmailAddress).toLowerCase() } : {}) },
    ])
  }
}

/** Rows of each document are what the books say; a document in doubt has all of them or none. Answers those in doubt. */
async function expectSales(scene: Scene): Promise<ReadonlySet<string>> {
  const here = new Map<string, string[]>()
  for (const row of scene.emarsys.sales) {
    const text = `${String(row.timestamp).slice(0, 10)} ${row.item} ${cents(row.price)} ${cents(row.f_original_amount)} ${row.s_original_currency}`
    here.set(String(row.s_document), [...(here.get(String(row.s_document)) ?? []), text])
  }
  const doubtful = new Set(
    (await scene.workspace.effects()).filter((one) => one.state === 'unknown').map((one) => one.document),
  )
  for (const [name, rows] of expectedRows(documents(scene))) {
    const found = (here.get(name) ?? []).sort()
    here.delete(name)
    if (doubtful.has(name) && found.length === 0) continue
    expect(found, name).toEqual(rows.map(ofOracle).sort())
  }
  expect([...here.keys()]).toEqual([])
  return doubtful
}

/** Exceptions name the documents in doubt, and nothing else went wrong. */
async function expectNamed(scene: Scene, doubtful: ReadonlySet<string>): Promise<void> {
  const exceptions = await scene.workspace.exceptions()
  expect(exceptions.filter((one) => one.code !== 'OUTCOME_UNKNOWN')).toEqual([])
  expect(new Set(exceptions.map((one) => one.effect_document))).toEqual(doubtful)
  // People see them by their number, with what hangs on them.
  for (const one of exceptions) {
    expect(one.business_key).toMatch(/^(?:INV|CN)-/)
    expect(one.message).toContain(`“${one.business_key}”`)
    expect(Number(one.amount)).toBeGreaterThan(0)
  }
}

test('workers that are killed again and again leave nothing out and nothing twice', LONG, async () => {
  const scene = await stage.open(SLOW)
  const document = purchasesFlow(10)
  const flow = await scene.workspace.flow(document)
  const run = await scene.workspace.queue(flow, document)
  let settled = 0
  for (let death = 0; death < 6; death++) {
    const worker = await stage.process(scene)
    // Somewhere after the next batch has settled: later in it each time.
    const row = await until(
      () => look(scene, run),
      (one) => one.batches > settled || (one.state !== 'running' && one.state !== 'queued'),
    )
    if (row.state !== 'running') break
    settled = row.batches
    await sleep(death * 13)
    await worker.kill()
    expect((await look(scene, run)).state).toBe('running')
  }
  await stage.process(scene)
  const ended = await scene.workspace.ended(run)
  expect(ended.epoch).toBeGreaterThan(4)
  const doubtful = await expectSales(scene)
  expect(ended.state).toBe(doubtful.size > 0 ? 'partly' : 'succeeded')
  await expectNamed(scene, doubtful)
  expectContacts(scene)
})

test(
  'a worker killed between sending and hearing: the other one takes over, and sends none of it again',
  LONG,
  async () => {
    const scene = await stage.open({ ...SLOW, latencyMs: 0 })
    const document = purchasesFlow(1000)
    const flow = await scene.workspace.flow(document)
    scene.emarsys.addFaults([{ match: { pathPrefix: '/hapi' }, kind: 'slow', delayMs: 60_000 }])
    const run = await scene.workspace.queue(flow, document)
    const first = await stage.process(scene)
    await until(
      () => scene.emarsys.sales.length,
      (rows) => rows > 0,
    )
    await first.kill()
    const second = await stage.process(scene)
    const ended = await scene.workspace.ended(run)
    expect(ended.state).toBe('partly')
    expect((await look(scene, run)).worker).toBe(second.name)
    const doubtful = await expectSales(scene)
    expect(doubtful.size).toBeGreaterThan(0)
    await expectNamed(scene, doubtful)
    // All of it had arrived; the ledger cannot know, and says so.
    expect(sandboxTotals(scene.emarsys)).toEqual(totalsOf([...expectedRows(documents(scene)).values()].flat()))
  },
)

test(
  'a worker that is asked to stop gives its run back at once, and hears out the call it cannot repeat',
  LONG,
  async () => {
    const scene = await stage.open({ ...SLOW, latencyMs: 0 })
    const document = purchasesFlow(1000)
    const flow = await scene.workspace.flow(document)
    scene.emarsys.addFaults([{ match: { pathPrefix: '/hapi' }, kind: 'slow', delayMs: 1_500 }])
    const run = await scene.workspace.queue(flow, document)
    const first = await stage.process(scene)
    await until(
      () => scene.emarsys.sales.length,
      (rows) => rows > 0,
    )
    expect(await first.stop()).toBe(0)
    expect(await look(scene, run)).toMatchObject({ state: 'queued', attempts: 0, epoch: 1 })
    await stage.process(scene)
    expect(await scene.workspace.ended(run)).toMatchObject({ state: 'succeeded', epoch: 2 })
    expect(await scene.workspace.exceptions()).toEqual([])
    expect(await expectSales(scene)).toEqual(new Set())
    expectContacts(scene)
  },
)

test('runs of one flow never overlap, whichever of two workers takes them', LONG, async () => {
  const scene = await stage.open({ contacts: 20, invoices: 0, creditNotes: 0, latencyMs: 20, withoutWorker: true })
  const document = contactsFlow(5, { policy: 'every-time' })
  const flow = await scene.workspace.flow(document)
  const other = await scene.workspace.flow(document)
  await Promise.all([stage.process(scene), stage.process(scene)])
  const runs: string[] = []
  for (let n = 0; n < 5; n++) {
    runs.push(await scene.workspace.queue(flow, document))
    runs.push(await scene.workspace.queue(other, document))
  }
  for (const run of runs) expect((await scene.workspace.ended(run)).state).toBe('succeeded')
  const { rows } = await sql<{ flow_id: string; worker: string; started_at: Date; ended_at: Date; epoch: number }>`
    select flow_id, worker, started_at, ended_at, epoch from runs where workspace_id = ${scene.workspace.id} order by started_at
  `.execute(stage.database.owner.db)
  expect(rows.map((row) => row.epoch)).toEqual(rows.map(() => 1))
  const overlap = (a: (typeof rows)[number], b: (typeof rows)[number]) =>
    a.started_at < b.ended_at && b.started_at < a.ended_at
  for (const [index, row] of rows.entries()) {
    for (const later of rows.slice(index + 1))
      if (later.flow_id === row.flow_id) expect(overlap(row, later)).toBe(false)
  }
  // The test could fail: runs of different flows do go side by side.
  expect(rows.some((row) => rows.some((one) => one.flow_id !== row.flow_id && overlap(row, one)))).toBe(true)
})

/** Takes a run as a worker that dies at once would. */
async function claim({ workspace }: Scene, run: string): Promise<ClaimedRun> {
  const ask = { workspace: workspace.id, lane: 'live' as const, worker: 'mortal', leaseSeconds: 0 }
  return until(
    async () => (await claimRun(stage.database.system.db, ask)).run,
    (one) => one?.run === run,
  ).then((one) => one!)
}

test('an old epoch writes nothing', async () => {
  const scene = await stage.open({ withoutWorker: true })
  const { workspace } = scene
  const document = contactsFlow()
  const run = await workspace.queue(await workspace.flow(document), document)
  const old = await claim(scene, run)
  const held = await claim(scene, run)
  expect(held.epoch).toBe(old.epoch + 1)
  const parts = { db: stage.database.app.db, keys: workspace.keys, leaseSeconds: 1 }
  const settled = emptyBatch('contacts', workspace.xero)
  const ledger = createLedger(parts, old)
  const target = await ledger.target(workspace.emarsys, 'emarsys.send-sales')
  const call: NewCall = { id: crypto.randomUUID(), target, node: 'send', batch: 0, state: 'sent', items: 1 }
  const effects = [{ document: 'a', part: 'v1.0', kind: 's' as const, hash: Buffer.alloc(16), position: 0 }]

  await expect(createJournal(parts, old).settle(settled)).rejects.toThrow(LeaseLost)
  await expect(createJournal(parts, old).standing()).rejects.toThrow(LeaseLost)
  await expect(createJournal(parts, old).releaseCursors()).rejects.toThrow(LeaseLost)
  await expect(ledger.open([{ call, effects }])).rejects.toThrow(LeaseLost)
  await expect(ledger.send(call.id)).rejects.toThrow(LeaseLost)
  await expect(ledger.recover(() => 'unknown')).rejects.toThrow(LeaseLost)
  const count = async () =>
    (
      await sql<{ n: number }>`select
        (select count(*) from run_reads where workspace_id = ${workspace.id}) + (select count(*) from cursors where workspace_id = ${workspace.id})
        + (select count(*) from calls where workspace_id = ${workspace.id}) + (select count(*) from effects where workspace_id = ${workspace.id}) as n
      `.execute(stage.database.owner.db)
    ).rows[0]!.n
  expect(await count()).toBe(0)
  // The same from the one that holds the run does write.
  await createLedger(parts, held).open([{ call, effects }])
  await createJournal(parts, held).settle(settled)
  expect(await count()).toBe(4)
  expect(await look(scene, run)).toMatchObject({ batches: 1, epoch: held.epoch })
})

test('a batch at which three workers died is poison, and its open calls are in doubt, not forgotten', async () => {
  const scene = await stage.open({ withoutWorker: true })
  const { workspace } = scene
  const document = purchasesFlow()
  const run = await workspace.queue(await workspace.flow(document), document)
  await claim(scene, run)
  await claim(scene, run)
  const ledger = createLedger({ db: stage.database.app.db, keys: workspace.keys }, await claim(scene, run))
  const target = await ledger.target(workspace.emarsys, 'emarsys.send-sales')
  const open = (state: 'sent' | 'intended', document: string) => ({
    call: { id: crypto.randomUUID(), target, node: 'send-purchases', batch: 0, state, items: 1, values: [{}] },
    effects: [{ document, part: 'v1.0', kind: 's' as const, hash: Buffer.alloc(16), position: 0 }],
  })
  await ledger.open([open('sent', 'invoice 1'), open('intended', 'invoice 2')])

  await stage.join(scene)
  const ended = await workspace.ended(run)
  expect(ended).toMatchObject({ state: 'failed', code: 'POISON' })
  expect(ended.reason).toContain('3 workers died')
  expect(scene.emarsys.requests.size).toBe(0)
  expect(await workspace.effects()).toEqual([{ document: 'invoice 1', part: 'v1.0', state: 'unknown' }])
})

test('a cancelled run ends cleanly, and the next one goes on from what had settled', LONG, async () => {
  const scene = await stage.open(SLOW)
  const { workspace } = scene
  const document = purchasesFlow(10)
  const flow = await workspace.flow(document)
  await stage.process(scene)
  const run = await workspace.queue(flow, document)
  await until(
    () => look(scene, run),
    (row) => row.batches >= 3,
  )
  await stage.database.owner.db.updateTable('runs').set({ cancel_requested: true }).where('id', '=', run).execute()
  const cancelled = await workspace.ended(run)
  expect(cancelled).toMatchObject({ state: 'cancelled', code: null })
  expect(cancelled.reason).toContain('What had settled stays')
  const next = await workspace.ended(await workspace.queue(flow, document))
  expect(next.state).toBe('succeeded')
  expect(await workspace.exceptions()).toEqual([])
  expect(await expectSales(scene)).toEqual(new Set())
  expectContacts(scene)
})

test('a database that goes away in the middle, several times, is survived', LONG, async () => {
  const scene = await stage.open(SLOW)
  const { workspace } = scene
  const document = purchasesFlow(10)
  await stage.process(scene)
  const run = await workspace.queue(await workspace.flow(document), document)
  let cut = 0
  for (let times = 0; times < 6; times++) {
    const before = await look(scene, run)
    const row = await until(
      () => look(scene, run),
      (one) => one.batches > before.batches || !['queued', 'running', 'waiting'].includes(one.state),
    )
    if (!['queued', 'running', 'waiting'].includes(row.state)) break
    await sleep(times * 7)
    const { rows } = await sql<{ gone: boolean }>`
      select pg_terminate_backend(pid) as gone from pg_stat_activity
      where application_name like ${`${WORKER_APPLICATION}%`} and datname = current_database()
    `.execute(stage.database.owner.db)
    cut += rows.length
  }
  expect(cut).toBeGreaterThan(5)
  // Put down for a moment, it goes on by itself.
  await until(
    () => look(scene, run),
    (one) => !['queued', 'running', 'waiting'].includes(one.state),
  )
  expect(await workspace.ended(run)).toMatchObject({ state: 'succeeded', code: null })
  expect(await workspace.exceptions()).toEqual([])
  expect(await expectSales(scene)).toEqual(new Set())
  expectContacts(scene)
})
