import { sql } from 'kysely'
import { expect, test } from 'vitest'
import type { Flow } from '../../server/flow/document/flow.ts'
import type { RunStart } from '../../server/run/journal/run-start.ts'
import { queueBackfill } from '../../server/store/run/backfills.ts'
import { claimRun } from '../../server/store/run/claims.ts'
import { inWorkspace } from '../../server/store/database/database.ts'
import { retryExceptions } from '../../server/store/exception/retries.ts'
import { requestCancel, requestPause, resumeRun } from '../../server/store/run/run-controls.ts'
import { removeLeftovers } from '../../server/store/run/run-leftovers.ts'
import { type QueuedRun, queueRun } from '../../server/store/run/runs.ts'
import { contactsFlow, CUSTOMER_ID, flowOf, mailFlow, node, purchasesFlow } from '../support/flows.ts'
import { type Scene, setStage } from '../support/scene.ts'
import { countProblems } from '../support/step-counts.ts'
import type { EndedRun } from '../support/workspace.ts'

// Every way a run can begin, end to end. What arrived is judged by the sandboxes.

const stage = setStage()
const LONG = { timeout: 180_000 }

const inTenant = <T>({ workspace }: Scene, work: Parameters<typeof inWorkspace<T>>[2]): Promise<T> =>
  inWorkspace(stage.database.app.db, workspace.id, work)

/** Queues a run that begins in the given way. */
async function queued(scene: Scene, flow: string, start: RunStart, more: Partial<QueuedRun> = {}): Promise<string> {
  const run = await inTenant(scene, (tx) =>
    queueRun(tx, { workspace: scene.workspace.id, flow, version: 1, cause: 'rerun', node: 'start', start, ...more }),
  )
  scene.workspace.worker.wake()
  return run
}

/** The same, carried out; its counts must add up whatever the test is about. */
async function begun(scene: Scene, flow: string, start: RunStart, more: Partial<QueuedRun> = {}): Promise<EndedRun> {
  const ended = await scene.workspace.ended(await queued(scene, flow, start, more))
  expect((await scene.workspace.steps(ended.id)).flatMap(countProblems)).toEqual([])
  return ended
}

/** The flow as a further version. */
async function publish(scene: Scene, flow: string, number: number, document: Flow): Promise<void> {
  await inTenant(scene, async (tx) => {
    await sql`
      insert into flow_versions (workspace_id, flow_id, number, document, hash, author_id, author, summary)
      select workspace_id, flow_id, ${number}, ${JSON.stringify(document)}::jsonb, 'none', author_id, author, 'Next'
      from flow_versions where workspace_id = ${scene.workspace.id} and flow_id = ${flow} and number = 1
    `.execute(tx)
    await sql`update flows set live_version = ${number} where workspace_id = ${scene.workspace.id} and id = ${flow}`.execute(
      tx,
    )
  })
}

const cursorsOf = async (scene: Scene, flow: string) =>
  inTenant(scene, async (tx) =>
    tx.selectFrom('cursors').selectAll().where('flow_id', '=', flow).orderBy('node_id').execute(),
  )

const ids = (records: readonly { readonly [field: string]: unknown }[], field = 'ContactID') =>
  records.map((record) => String(record[field])).sort()

async function until<T>(ask: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await ask()
    if (holds(value)) return value
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

const rowOf = (scene: Scene, run: string) =>
  inTenant(scene, (tx) =>
    tx
      .selectFrom('runs')
      .select(['state', 'batches', 'reason', 'epoch'])
      .where('id', '=', run)
      .executeTakeFirstOrThrow(),
  )

test('again reads what the earlier run read, from where it stood then, and the flow’s cursors stay', LONG, async () => {
  const scene = await stage.open({ contacts: 24, invoices: 0, creditNotes: 0 })
  const { workspace, xero } = scene
  const document = contactsFlow(5)
  const flow = await workspace.flow(document)
  const first = await workspace.run(flow, document)
  const { contacts } = xero.state.books
  for (const contact of contacts.ordered.slice(0, 3)) contacts.touch(contact, xero.state.clock.now() + 600_000)
  const second = await workspace.run(flow, document)
  expect(second.counts.read).toBe(3)
  const cursors = await cursorsOf(scene, flow)

  const again = await begun(scene, flow, { kind: 'again', run: second.id })
  expect(ids(await workspace.payload(again.id, 'contacts', 'out:out'))).toEqual(
    ids(await workspace.payload(second.id, 'contacts', 'out:out')),
  )
  const whole = await begun(scene, flow, { kind: 'again', run: first.id })
  expect(whole.counts.read).toBe(24)
  expect(await cursorsOf(scene, flow)).toEqual(cursors)
  // All of it was sent before, so nothing is sent again.
  expect(whole.counts.sent ?? 0).toBe(0)
})

test('from a step on, another version sends only what differs', LONG, async () => {
  const scene = await stage.open({ contacts: 20, invoices: 0, creditNotes: 0 })
  const { workspace, emarsys } = scene
  const document = contactsFlow(6)
  const flow = await workspace.flow(document)
  const first = await workspace.run(flow, document)
  const sent = await workspace.payload(first.id, 'contacts', 'out:out')
  const few = ids(sent).slice(0, 4)
  await publish(
    scene,
    flow,
    2,
    contactsFlow(6, {
      record: `{ '${CUSTOMER_ID}': ContactID, '3': EmailAddress, '18': ContactID in ${JSON.stringify(few)} ? 'Renamed' : Name }`,
    }),
  )
  const calls = emarsys.ledger.length
  const rerun = await begun(scene, flow, { kind: 'step', run: first.id, node: 'send' }, { version: 2 })
  expect(rerun).toMatchObject({ state: 'succeeded', counts: { read: 20, sent: 4, unchanged: 16 } })
  for (const id of few) expect(emarsys.contacts.lookUp(CUSTOMER_ID, id)).toMatchObject([{ '18': 'Renamed' }])
  expect(emarsys.ledger.length).toBeGreaterThan(calls)
  // Nothing was read.
  expect((await workspace.steps(rerun.id)).map((step) => step.node_id)).not.toContain('contacts')
  // A run that began from a step can itself begin again from there.
  const third = await begun(scene, flow, { kind: 'step', run: rerun.id, node: 'send' }, { version: 2 })
  expect(third.counts).toMatchObject({ read: 20, unchanged: 20 })
})

test('a step after a write gets what the write let through, and no more', LONG, async () => {
  const scene = await stage.open({ contacts: 12, invoices: 0, creditNotes: 0 })
  const { workspace, xero, emarsys } = scene
  const all = xero.state.books.contacts.ordered.map(({ id }) => id)
  const [bad] = all
  const document = mailFlow(5)
  const flow = await workspace.flow({
    ...document,
    nodes: document.nodes.map((one) =>
      one.id === 'send'
        ? {
            ...one,
            settings: {
              ...one.settings,
              record: `{ '${CUSTOMER_ID}': ContactID = '${bad}' ? '' : ContactID, '3': EmailAddress }`,
            },
          }
        : one,
    ),
  })
  const first = await workspace.ended(await queued(scene, flow, { kind: 'trigger' }))
  expect(first.state).toBe('partly')
  const mails = emarsys.ledger.length
  const rerun = await begun(scene, flow, { kind: 'step', run: first.id, node: 'mail' })
  expect(rerun).toMatchObject({ state: 'succeeded', counts: { read: 11, unchanged: 11 } })
  expect(ids(await workspace.payload(rerun.id, 'mail', 'in'))).toEqual(all.filter((id) => id !== bad).sort())
  expect(emarsys.ledger.length).toBe(mails)
})

test('a join and a summary behind it begin again with all that came to them', LONG, async () => {
  const scene = await stage.open({ contacts: 15, invoices: 60, creditNotes: 0 })
  const { workspace } = scene
  const document = flowOf(
    [
      node('people', 'xero.list-contacts', { pageSize: 4 }),
      node('bills', 'xero.list-invoices', { pageSize: 10 }),
      node('with', 'join', { key: 'Contact.ContactID', withKey: 'ContactID', as: 'who', cardinality: 'one' }),
      node('sums', 'summarise', {
        by: [{ name: 'name', path: 'who.Name' }],
        values: [
          { name: 'total', fn: 'sum', path: 'Total' },
          { name: 'bills', fn: 'count' },
        ],
      }),
      node('shown', 'map', { expression: '$' }),
    ],
    ['start people', 'start bills', 'people with:with', 'bills with', 'with sums', 'sums shown'],
  )
  const flow = await workspace.flow(document)
  const first = await workspace.run(flow, document)
  const shown = async (run: EndedRun) => workspace.payload(run.id, 'sums', 'out:out')
  expect(await shown(first)).not.toEqual([])
  for (const at of ['with', 'sums']) {
    const rerun = await begun(scene, flow, { kind: 'step', run: first.id, node: at })
    expect(rerun.state).toBe('succeeded')
    const byName = (list: readonly { readonly [field: string]: unknown }[]) =>
      [...list].sort((a, b) => String(a.name).localeCompare(String(b.name)))
    expect(byName(await shown(rerun)), at).toEqual(byName(await shown(first)))
  }

  // What the runs had gathered is of no use to anybody any more.
  expect(await removeLeftovers(stage.database.system.db)).toBeGreaterThan(0)
  const left = await sql`select 1 from run_sets union all select 1 from run_folds`.execute(stage.database.owner.db)
  expect(left.rows).toEqual([])
})

test('a step of which only samples were kept ends with a sentence', LONG, async () => {
  const scene = await stage.open({ contacts: 60, invoices: 0, creditNotes: 0 })
  const document = { ...contactsFlow(60), capture: 'sample' as const }
  const flow = await scene.workspace.flow(document)
  const first = await scene.workspace.run(flow, document)
  const rerun = await begun(scene, flow, { kind: 'step', run: first.id, node: 'send' })
  expect(rerun).toMatchObject({ state: 'failed', code: 'CONFIG_INVALID', reason: expect.stringContaining('samples') })
})

test('a run from a step that is killed on the way goes on without loss and without doubles', LONG, async () => {
  const scene = await stage.open({ contacts: 40, invoices: 0, creditNotes: 0, withoutWorker: true })
  const { workspace, emarsys, xero } = scene
  const document = mailFlow(4)
  const flow = await workspace.flow(document)
  const first = await workspace.queue(flow, document)
  const one = await stage.process(scene)
  await workspace.ended(first)
  expect(emarsys.events.length).toBe(40)
  // As if none of the mails were known: each batch sends its own.
  await sql`delete from effects where workspace_id = ${workspace.id} and document like '204:%'`.execute(
    stage.database.owner.db,
  )
  emarsys.addFaults([{ match: { pathPrefix: '/api' }, kind: 'slow', delayMs: 60, times: 1000 }])
  const run = await queued(scene, flow, { kind: 'step', run: first, node: 'mail' })
  await until(
    () => rowOf(scene, run),
    (row) => row.batches >= 3,
  )
  await one.kill()
  expect((await rowOf(scene, run)).state).toBe('running')
  await stage.process(scene)
  const ended = await workspace.ended(run)
  expect(ended.epoch).toBe(2)
  expect(ended.counts.read).toBe(40)
  expect(ids(await workspace.payload(run, 'mail', 'in'))).toEqual(
    xero.state.books.contacts.ordered.map(({ id }) => id).sort(),
  )
  // A call that was on its way is in doubt at most; nobody got a second mail from this run.
  const mails = Map.groupBy(emarsys.events, (event) => event.contact)
  expect(Math.max(...[...mails.values()].map((list) => list.length))).toBe(2)
  expect(emarsys.events.length).toBeGreaterThanOrEqual(40 + 40 - (ended.counts.unknown ?? 0))
})

test('a window reads the documents of its days only, and moves no cursor', LONG, async () => {
  const scene = await stage.open({ contacts: 10, invoices: 80, creditNotes: 0 })
  const { workspace, xero } = scene
  const document = flowOf(
    [node('bills', 'xero.list-invoices', { pageSize: 7 }), node('shown', 'map', { expression: '$' })],
    ['start bills', 'bills shown'],
  )
  const flow = await workspace.flow(document)
  const dates = xero.state.books.invoices.ordered
    .map((one) => xero.document(one.id)!)
    .filter((one) => one.Type === 'ACCREC')
    .map((one) => String(one.DateString).slice(0, 10))
    .sort()
  const [from, to] = [dates[20]!, dates[50]!]
  const run = await begun(scene, flow, { kind: 'window', from, to })
  const read = await workspace.payload(run.id, 'bills', 'out:out')
  expect(read.map((one) => String(one.Date).slice(0, 10)).sort()).toEqual(
    dates.filter((date) => date >= from && date < to),
  )
  expect(await cursorsOf(scene, flow)).toEqual([])
})

test('a read that knows no days cannot be back-filled, unless only joins look into it', LONG, async () => {
  const scene = await stage.open({ contacts: 3, invoices: 5, creditNotes: 0 })
  const { workspace } = scene
  const document = flowOf(
    [
      node('who', 'xero.get-organisation'),
      node('send', 'emarsys.upsert-contacts', {
        keyField: CUSTOMER_ID,
        record: `{ '${CUSTOMER_ID}': OrganisationID }`,
      }),
    ],
    ['start who', 'who send'],
  )
  const flow = await workspace.flow(document)
  const run = await begun(scene, flow, { kind: 'window', from: '2020-01-01', to: '2021-01-01' })
  expect(run).toMatchObject({ state: 'failed', code: 'CONFIG_INVALID', reason: expect.stringContaining('“who”') })
  expect(run.counts.sent ?? 0).toBe(0)
})

test('re-sync of one invoice sends its rows and nothing else; an unknown number is an exception', LONG, async () => {
  const scene = await stage.open({ contacts: 20, invoices: 50, creditNotes: 5 })
  const { workspace, xero, emarsys } = scene
  const document = purchasesFlow(10)
  const flow = await workspace.flow(document)
  const trigger = document.nodes.find((one) => one.operation === 'manual' || one.operation === 'schedule')!.id
  const reads = document.nodes.find((one) => one.operation === 'xero.list-invoices')!.id
  const first = await workspace.run(flow, document)
  expect(first.state).toBe('succeeded')
  const open = xero.state.books.invoices.ordered
    .map((one) => xero.document(one.id)!)
    .filter((one) => one.Type === 'ACCREC' && one.Status === 'AUTHORISED' && one.AmountPaid === 0)
  const [one, other] = open
  xero.pay(String(one!.InvoiceID))
  xero.pay(String(other!.InvoiceID))
  const before = emarsys.sales.length
  const cursors = await cursorsOf(scene, flow)
  const number = String(one!.InvoiceNumber)
  const run = await begun(
    scene,
    flow,
    { kind: 'keys', node: reads, keys: [number, 'INV-NOBODY'] },
    { node: trigger, cause: 'resync' },
  )
  expect(run).toMatchObject({ state: 'partly', counts: { read: 1, exceptions: 1 } })
  const news = emarsys.sales.slice(before)
  expect(news.length).toBeGreaterThan(0)
  expect(new Set(news.map((row) => row.s_document))).toEqual(new Set([`invoice ${one!.InvoiceID}`]))
  expect(await workspace.exceptions()).toMatchObject([
    { code: 'NOT_FOUND', node_id: reads, business_key: 'INV-NOBODY' },
  ])
  expect(await cursorsOf(scene, flow)).toEqual(cursors)
})

test('exceptions begin again in the middle of what is otherwise one trip to the evaluator', LONG, async () => {
  const scene = await stage.open({ contacts: 10, invoices: 0, creditNotes: 0 })
  const { workspace, xero } = scene
  const [one, two] = xero.state.books.contacts.ordered.map(({ id }) => id)
  const document = (broken: readonly string[]) =>
    flowOf(
      [
        node('people', 'xero.list-contacts', { pageSize: 5 }),
        node('named', 'map', { expression: `{ 'id': ContactID, 'name': Name }` }),
        node('checked', 'map', { expression: `id in ${JSON.stringify(broken)} ? $error('not this one') : $` }),
        node('shown', 'map', { expression: '$' }),
      ],
      ['start people', 'people named', 'named checked', 'checked shown'],
    )
  const flow = await workspace.flow(document([one!, two!]))
  const first = await workspace.ended(await queued(scene, flow, { kind: 'trigger' }))
  expect(first).toMatchObject({ state: 'partly', counts: { exceptions: 2 } })
  await publish(scene, flow, 2, document([two!]))
  const open = await workspace.exceptions()
  const { runs } = await inTenant(scene, (tx) =>
    retryExceptions(tx, { workspace: workspace.id, select: { ids: open.map(({ id }) => id) }, version: 'live' }),
  )
  workspace.worker.wake()
  const retried = await workspace.ended(runs[0]!.run!)
  expect(retried.counts).toMatchObject({ read: 2, exceptions: 1 })
  expect(ids(await workspace.payload(retried.id, 'checked', 'in'), 'id')).toEqual([one!, two!].sort())
  const after = await inTenant(scene, (tx) =>
    tx.selectFrom('exceptions').select(['id', 'state', 'code']).orderBy('id').execute(),
  )
  expect(after.map(({ state }) => state).sort()).toEqual(['open', 'resolved'])
  expect(after).toHaveLength(2)
})

test('a paused run stops after its batch, keeps its place, and goes on where it stood', LONG, async () => {
  const scene = await stage.open({ contacts: 40, invoices: 0, creditNotes: 0, latencyMs: 15 })
  const { workspace, emarsys } = scene
  const document = contactsFlow(4)
  const flow = await workspace.flow(document)
  const run = await workspace.queue(flow, document)
  await until(
    () => rowOf(scene, run),
    (row) => row.batches >= 2,
  )
  const asked = await Promise.all([1, 2].map(() => inTenant(scene, (tx) => requestPause(tx, workspace.id, run))))
  expect(asked.sort()).toEqual(['running', undefined])
  const paused = await workspace.ended(run)
  expect(paused.state).toBe('paused')
  const stood = await rowOf(scene, run)
  const behind = await workspace.queue(flow, document)
  expect(await claimRun(stage.database.system.db, ask(scene))).toMatchObject({ run: undefined })

  const resumed = await Promise.all([1, 2].map(() => inTenant(scene, (tx) => resumeRun(tx, workspace.id, run))))
  expect(resumed.sort()).toEqual([false, true])
  workspace.worker.wake()
  const ended = await workspace.ended(run)
  expect(ended).toMatchObject({ state: 'succeeded', counts: { read: 40, sent: 40 } })
  expect((await rowOf(scene, run)).batches).toBeGreaterThan(stood.batches)
  expect(emarsys.contacts.size).toBe(40)
  expect((await workspace.ended(behind)).state).toBe('succeeded')
})

test('cancelling wins over pausing, and leaves nothing open in the ledger', LONG, async () => {
  const scene = await stage.open({ contacts: 40, invoices: 0, creditNotes: 0, latencyMs: 15 })
  const { workspace } = scene
  const document = mailFlow(4)
  const flow = await workspace.flow(document)
  const run = await workspace.queue(flow, document)
  await until(
    () => rowOf(scene, run),
    (row) => row.batches >= 1,
  )
  await Promise.all([
    inTenant(scene, (tx) => requestPause(tx, workspace.id, run)),
    inTenant(scene, (tx) => requestCancel(tx, workspace.id, run)),
  ])
  await inTenant(scene, (tx) => requestCancel(tx, workspace.id, run))
  const ended = await until(
    async () => (await workspace.ended(run)).state,
    (state) => state !== 'running',
  )
  expect(ended).toBe('cancelled')
  const open = await inTenant(scene, (tx) =>
    tx.selectFrom('calls').select('id').where('run_id', '=', run).where('state', 'in', ['intended', 'sent']).execute(),
  )
  expect(open).toEqual([])
  expect(await inTenant(scene, (tx) => requestCancel(tx, workspace.id, run))).toBeUndefined()
  expect(await inTenant(scene, (tx) => resumeRun(tx, workspace.id, run))).toBe(false)
})

const ask = ({ workspace }: Scene, lane: 'live' | 'bulk' = 'live') => ({
  workspace: workspace.id,
  lane,
  worker: 'test',
  leaseSeconds: 15,
})

test('chunks of a back-fill run in order, and a scheduled run of the flow overtakes them', LONG, async () => {
  const scene = await stage.open({ contacts: 5, invoices: 0, creditNotes: 0, withoutWorker: true })
  const { workspace } = scene
  const document = contactsFlow(5)
  const flow = await workspace.flow(document)
  const chunks = [1, 2, 3].map((month) => ({ from: `2024-0${month}-01`, to: `2024-0${month + 1}-01` }))
  const author = await inTenant(scene, (tx) => tx.selectFrom('flow_versions').select('author_id').executeTakeFirst())
  await inTenant(scene, (tx) =>
    queueBackfill(
      tx,
      {
        ...{ workspace: workspace.id, flow, version: 1, node: 'start', quiet: true, by: author!.author_id },
        ...{ from: '2024-01-01', to: '2024-04-01', reads: [] },
      },
      chunks,
    ),
  )
  const { db } = stage.database.system
  const first = (await claimRun(db, ask(scene, 'bulk'))).run!
  expect(first).toMatchObject({ start: { kind: 'window', ...chunks[0] }, quiet: true })
  const scheduled = await queued(scene, flow, { kind: 'trigger' }, { cause: 'schedule' })
  // One run of a flow at a time.
  expect((await claimRun(db, ask(scene, 'live'))).run).toBeUndefined()
  const end = (run: string) => sql`update runs set state = 'succeeded', ended_at = now() where id = ${run}`.execute(db)
  await end(first.run)
  expect((await claimRun(db, ask(scene, 'bulk'))).run).toBeUndefined()
  expect((await claimRun(db, ask(scene, 'live'))).run?.run).toBe(scheduled)
  await end(scheduled)
  expect((await claimRun(db, ask(scene, 'bulk'))).run?.start).toMatchObject(chunks[1]!)
})

test('a back-fill brings what its days hold, chunk by chunk, and a second one sends nothing', LONG, async () => {
  const scene = await stage.open({ contacts: 20, invoices: 40, creditNotes: 4 })
  const { workspace, emarsys } = scene
  const document = purchasesFlow(15)
  const flow = await workspace.flow(document)
  const trigger = document.nodes.find((one) => one.operation === 'manual' || one.operation === 'schedule')!.id
  const author = await inTenant(scene, (tx) => tx.selectFrom('flow_versions').select('author_id').executeTakeFirst())
  const chunks = [
    { from: '2000-01-01', to: '2026-01-01' },
    { from: '2026-01-01', to: '2100-01-01' },
  ]
  const fill = async () => {
    await inTenant(scene, (tx) =>
      queueBackfill(
        tx,
        {
          ...{ workspace: workspace.id, flow, version: 1, node: trigger, quiet: true, by: author!.author_id },
          ...{ from: '2000-01-01', to: '2100-01-01', reads: [] },
        },
        chunks,
      ),
    )
    workspace.worker.wake()
    const runs = await inTenant(scene, (tx) =>
      tx.selectFrom('runs').select('id').where('cause', '=', 'backfill').orderBy('id', 'desc').limit(2).execute(),
    )
    return Promise.all(runs.map(({ id }) => workspace.ended(id)))
  }
  const first = await fill()
  expect(first.map(({ state }) => state)).toEqual(['succeeded', 'succeeded'])
  const sent = emarsys.sales.length
  expect(sent).toBeGreaterThan(0)
  expect(await cursorsOf(scene, flow)).toEqual([])
  // The flow’s own run reads everything once more, from the start, and finds nothing to send.
  expect((await workspace.run(flow, document)).state).toBe('succeeded')
  await fill()
  expect(emarsys.sales.length).toBe(sent)
})
