import { sql } from 'kysely'
import { expect, onTestFinished, test } from 'vitest'
import type { Flow } from '../../server/flow/document/flow.ts'
import { armFailpoints } from '../../server/run/call/failpoint.ts'
import { inWorkspace } from '../../server/store/database/database.ts'
import { queueRun } from '../../server/store/run/runs.ts'
import { contactsFlow, CUSTOMER_ID, flowOf, node, purchasesFlow } from '../support/flows.ts'
import { type Scene, setStage } from '../support/scene.ts'

// One thing that is sent under several policies, by several flows, and by runs that bring what was read before.

const stage = setStage()

const row = (item: string) =>
  `{ 'item': '${item}', 'price': 10, 'order': 'O-1', 'timestamp': '2026-11-20T10:00:00Z', 'quantity': 1 }`

/** An order of each contact, with a row of 10.00 for each item. */
const orders = (policy: string, items: readonly string[]): Flow =>
  flowOf(
    [
      node('contacts', 'xero.list-contacts', { pageSize: 10 }),
      node('sell', 'emarsys.send-sales', {
        ...{ policy, keyField: CUSTOMER_ID },
        record: `{ 'document': 'order ' & ContactID, 'contact': ContactID, 'rows': [${items.map(row).join()}] }`,
      }),
    ],
    ['start contacts', 'contacts sell'],
  )

const ran = async ({ workspace }: Scene, document: Flow) => workspace.run(await workspace.flow(document), document)

/** Of a step of a run, over its batches. */
async function counted({ workspace }: Scene, run: { readonly id: string }, step: string, name: string) {
  const steps = (await workspace.steps(run.id)).filter(({ node_id }) => node_id === step)
  return steps.reduce((sum, { counts }) => sum + (counts[name] ?? 0), 0)
}

/** What Emarsys has booked of each item. */
function booked({ emarsys }: Scene): { [item: string]: number } {
  const sums: { [item: string]: number } = {}
  for (const { item, price } of emarsys.sales) sums[String(item)] = (sums[String(item)] ?? 0) + Number(price)
  return Object.fromEntries(Object.entries(sums).filter(([, sum]) => sum !== 0))
}

async function withContacts(contacts: number): Promise<Scene> {
  const scene = await stage.open({ contacts, invoices: 0, creditNotes: 0 })
  await ran(scene, contactsFlow(10))
  return scene
}

/** A run that begins at a step of an earlier one, with the data that one had. */
async function fromStep({ workspace }: Scene, flow: string, trigger: string, run: string, step: string) {
  const again = await inWorkspace(stage.database.app.db, workspace.id, (tx) =>
    queueRun(tx, {
      ...{ workspace: workspace.id, flow, version: 1, cause: 'rerun', node: trigger, rerunOf: run },
      start: { kind: 'step', run, node: step },
    }),
  )
  workspace.worker.wake()
  return workspace.ended(again)
}

test('a policy that is changed to another one and back sends nothing twice, and takes nothing back that stands', async () => {
  const scene = await withContacts(3)
  expect((await ran(scene, orders('difference', ['A', 'B']))).counts).toMatchObject({ sent: 6 })
  expect((await ran(scene, orders('once-per-key', ['A', 'B']))).counts).toMatchObject({ unchanged: 3 })
  expect((await ran(scene, orders('difference', ['A', 'B']))).counts).toMatchObject({ unchanged: 3 })
  expect(booked(scene)).toEqual({ A: 30, B: 30 })
})

test('what was sent as a whole is changed row by row when the difference is wanted, and taken back to zero', async () => {
  const scene = await withContacts(3)
  await ran(scene, orders('once-per-key', ['A', 'B']))
  expect((await ran(scene, orders('difference', ['A', 'B']))).counts).toMatchObject({ unchanged: 3 })
  expect((await ran(scene, orders('difference', ['A', 'C']))).counts).toMatchObject({ sent: 3, reversed: 3 })
  expect(booked(scene)).toEqual({ A: 30, C: 30 })
  expect((await ran(scene, orders('difference', []))).counts).toMatchObject({ reversed: 6 })
  expect(booked(scene)).toEqual({})
  expect(await counted(scene, await ran(scene, orders('difference', [])), 'sell', 'nothing')).toBe(3)
  expect(await scene.workspace.exceptions()).toEqual([])
})

test('an order that has no rows yet takes up no key: its rows are sent when they come', async () => {
  const scene = await withContacts(2)
  expect(await counted(scene, await ran(scene, orders('once-per-key', [])), 'sell', 'nothing')).toBe(2)
  expect((await ran(scene, orders('once-per-key', ['A']))).counts).toMatchObject({ sent: 2 })
  expect((await ran(scene, orders('once-per-key', ['A']))).counts).toMatchObject({ unchanged: 2 })
  expect(booked(scene)).toEqual({ A: 20 })
})

test('two flows that change one document at the same moment, one taking back and one adding: it is as one of them wants it', async () => {
  const scene = await withContacts(1)
  const { workspace } = scene
  await ran(scene, orders('difference', ['A']))
  const wishes = [orders('difference', []), orders('difference', ['A', 'B'])]
  const flows = await Promise.all(wishes.map((wish) => workspace.flow(wish)))
  // Both have compared before either writes down what it is about to send.
  let waiting = 0
  const both = Promise.withResolvers<void>()
  armFailpoints((point) => {
    if (point !== 'ledger.open:before') return undefined
    waiting += 1
    if (waiting >= 2) both.resolve()
    return both.promise
  })
  onTestFinished(() => armFailpoints(undefined))
  const runs = await Promise.all(flows.map((flow, at) => workspace.queue(flow, wishes[at]!)))
  const ended = await Promise.all(runs.map((run) => workspace.ended(run)))
  expect(waiting).toBeGreaterThanOrEqual(2)
  // Who comes second compares anew, and sends its own difference, or hears that the other is at it.
  const codes = (await workspace.exceptions()).map(({ code }) => code)
  expect(codes).toEqual(ended.flatMap(({ state }) => (state === 'succeeded' ? [] : ['KEY_BUSY'])))
  expect([{}, { A: 10, B: 10 }]).toContainEqual(booked(scene))
})

test('a step that is done again with the data it had books nothing of an invoice that was un-paid since', async () => {
  const scene = await stage.open({ contacts: 5, invoices: 20, creditNotes: 0 })
  const { workspace, xero } = scene
  const document = purchasesFlow()
  const flow = await workspace.flow(document)
  const first = await workspace.run(flow, document)
  const all = booked(scene)
  const paid = xero.state.books.invoices.ordered
    .map((one) => xero.document(one.id)!)
    .find(({ Status, Type }) => Status === 'PAID' && Type === 'ACCREC')!
  xero.unpay(String(paid.InvoiceID))
  expect((await workspace.run(flow, document)).counts.reversed).toBeGreaterThan(0)
  const without = booked(scene)
  expect(without).not.toEqual(all)

  const again = await fromStep(scene, flow, 'by-hand', first.id, 'send-purchases')
  expect(again.state).toBe('succeeded')
  expect(await counted(scene, again, 'send-purchases', 'superseded')).toBe(1)
  expect(again.counts.sent ?? 0).toBe(0)
  expect(booked(scene)).toEqual(without)
  // What nothing newer was sent for is compared as ever, also when it is done again once more.
  const more = await fromStep(scene, flow, 'by-hand', again.id, 'send-purchases')
  expect(await counted(scene, more, 'send-purchases', 'superseded')).toBe(1)
  expect(more.counts.unchanged).toBe(again.counts.unchanged)
  expect(booked(scene)).toEqual(without)
})

test('a step that is done again with the data it had leaves a contact as it was written since', async () => {
  const scene = await stage.open({ contacts: 3, invoices: 0, creditNotes: 0 })
  const { workspace, xero, emarsys } = scene
  const document = contactsFlow(10)
  const flow = await workspace.flow(document)
  const first = await workspace.run(flow, document)
  const [one] = xero.state.books.contacts.ordered
  xero.editContact(one!.id, { Name: 'As of today' })
  await workspace.run(flow, document)
  const again = await fromStep(scene, flow, 'start', first.id, 'send')
  expect(again.counts).toMatchObject({ unchanged: 2 })
  expect(await counted(scene, again, 'send', 'superseded')).toBe(1)
  const [number] = emarsys.contacts.find(CUSTOMER_ID, one!.id)
  expect(emarsys.contacts.value(number!, '18')).toBe('As of today')
})

test('content that came back to what it was is sent again where nobody heard of the content between', {
  timeout: 180_000,
}, async () => {
  const scene = await stage.open({ contacts: 1, invoices: 0, creditNotes: 0 })
  const { workspace, xero, emarsys } = scene
  const document = contactsFlow(10)
  const flow = await workspace.flow(document)
  const [one] = xero.state.books.contacts.ordered
  const named = () => emarsys.contacts.value(emarsys.contacts.find(CUSTOMER_ID, one!.id)[0]!, '18')
  xero.editContact(one!.id, { Name: 'Before' })
  await workspace.run(flow, document)
  xero.editContact(one!.id, { Name: 'Between' })
  emarsys.addFaults([{ kind: 'reset-after', match: { method: 'PUT', pathPrefix: '/contact' }, times: 20 }])
  expect(await workspace.run(flow, document)).toMatchObject({ state: 'failed', code: 'CONNECTION_LOST' })
  expect(named()).toBe('Between')
  emarsys.clearFaults()
  xero.editContact(one!.id, { Name: 'Before' })
  expect((await workspace.run(flow, document)).counts).toMatchObject({ sent: 1 })
  expect(named()).toBe('Before')
})

test('a run that fails after it sent something, before its batch has settled, is one that moved something', async () => {
  const scene = await withContacts(2)
  const { workspace, emarsys } = scene
  emarsys.lists.set(700, { id: 700, name: 'Buyers', created: 0, members: new Set() })
  const sell = orders('difference', ['A'])
  const list = node('list', 'emarsys.add-to-list', {
    ...{ listId: '700', keyField: CUSTOMER_ID, record: "{ 'contact': ContactID }" },
  })
  const edge = { id: 'sold', from: 'sell', port: 'out', to: 'list', input: 'in' }
  const document = { ...sell, nodes: [...sell.nodes, list], edges: [...sell.edges, edge] }
  emarsys.addFaults([{ kind: '403', match: { pathPrefix: '/contactlist' }, times: 9 }])
  const run = await ran(scene, document)
  expect(run.state).toBe('failed')
  expect(run.counts.sent ?? 0).toBe(0)
  expect(booked(scene)).toEqual({ A: 20 })
  // By this it is known that the check of a month is old.
  const { rows } = await sql`select moved from runs where id = ${run.id}`.execute(stage.database.owner.db)
  expect(rows).toEqual([{ moved: true }])
  expect((await workspace.effects()).filter(({ part }) => part === 'v1.0')).toHaveLength(2)
})
