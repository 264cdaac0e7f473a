import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { inWorkspace } from '../../server/store/database/database.ts'
import { lookAgain } from '../../server/store/journal/look-again.ts'
import { retryExceptions } from '../../server/store/exception/retries.ts'
import { expectedRows, sandboxTotals, totalsOf } from '../support/ledger-oracle.ts'
import { bookedSums, counts, expectedSums, londonDay } from '../support/shop-oracle.ts'
import { type Scene, setStage } from '../support/scene.ts'
import { atEmarsys, deleteField, documentsOf, installed, type Wire } from '../support/templates.ts'

// What people and remotes do to the data, through the flows that clients have: each is an exception with a name and a
// desk, and everybody else goes on. Lock dates and archived accounts: test/run/check-first.test.ts.

const stage = setStage()

const customersOf = ({ xero }: Scene): Wire[] =>
  xero.state.books.contacts.ordered
    .map(({ id }) => xero.document(id)!)
    .filter((one) => one.IsCustomer === true && one.ContactStatus === 'ACTIVE')

/** “code desk” by the record's own id. */
async function owned(scene: Scene, nameOf: (message: string, key: string | null) => string) {
  const all = await scene.workspace.exceptions()
  return Object.fromEntries(all.map((one) => [nameOf(one.message, one.business_key), `${one.code} ${one.desk}`]))
}

async function tryAgain({ workspace }: Scene, flow: string) {
  const { runs } = await inWorkspace(stage.database.app.db, workspace.id, (tx) =>
    retryExceptions(tx, { workspace: workspace.id, select: { filter: { flow } } }),
  )
  workspace.worker.wake()
  return workspace.ended(runs[0]!.run!)
}

/** What F08 fills, without the one that is deleted. */
const VALUES = 'ltv_net ltv_gross orders first_paid last_paid average_order refund_rate days_to_pay verified_at'.split(
  ' ',
)

test('contacts: long and foreign addresses arrive; doubles, merged and spoilt ones cost nobody else', async () => {
  const scene = await stage.open({ contacts: 40, invoices: 60, creditNotes: 0 })
  const { xero, emarsys, workspace } = scene
  const customers = customersOf(scene)
  const [long, longer, double, one, other, loser, winner, novel, listless, late] = customers.map((each) =>
    String(each.ContactID),
  )
  const address = `${'ж'.repeat(122)}é太郎@${'x'.repeat(118)}.example.de`.normalize('NFC')
  expect(address).toHaveLength(255)
  xero.spoil(long!, { set: { EmailAddress: address, FirstName: '太郎 🧾', LastName: "O'Néill" } })
  xero.spoil(longer!, { set: { EmailAddress: `x${address}` } })
  for (const name of ['One', 'Two']) emarsys.plantContact({ '9001': double!, '1': name })
  for (const id of [one, other]) xero.editContact(id!, { EmailAddress: 'shared@example.com' })
  xero.mergeContact(loser!, winner!)
  xero.spoil(novel!, { set: { ContactStatus: 'SUSPENDED' } })
  xero.spoil(listless!, { set: { Phones: 'none' } })

  const flow = await installed(stage, scene, 'contacts-to-emarsys', { onlyWithEmail: false })
  const run = await flow.run()
  expect(run.state).toBe('partly')
  const names = new Map(customers.map((each) => [String(each.Name), String(each.ContactID)]))
  const idOf = (message: string, key: string | null) =>
    customers.map((each) => String(each.ContactID)).find((id) => message.includes(id) || key?.includes(id)) ??
    [...names].find(([name]) => message.includes(name) || key?.includes(name))?.[1] ??
    `${key}: ${message}`
  expect(await owned(scene, idOf)).toEqual({
    [longer!]: 'RECORD_REFUSED marketing',
    [double!]: 'AMBIGUOUS marketing',
    [novel!]: 'FIELD_UNEXPECTED technical',
    [listless!]: 'FIELD_UNEXPECTED technical',
  })
  const left = new Set([longer, double, novel, listless, loser])
  for (const { ContactID: id } of customers) {
    const there = emarsys.contacts.lookUp('9001', String(id))
    expect(there.length, String(id)).toBe(id === double ? 2 : left.has(String(id)) ? 0 : 1)
  }
  expect(emarsys.contacts.lookUp('9001', long!)).toMatchObject([
    { '1': '太郎 🧾', '2': "O'Néill", '3': address.toLowerCase() },
  ])

  // Merged once both are there: two contacts that are one customer wait for marketing, and nothing is sent of them.
  xero.mergeContact(late!, winner!)
  for (const _ of [1, 2]) await flow.run()
  const [two] = (await workspace.exceptions()).filter(({ code }) => code === 'CONTACT_MERGED')
  expect(two).toMatchObject({
    ...{ desk: 'marketing', node_id: 'two-contacts' },
    message: expect.stringContaining(`Merge “${late}” into “${winner}” there`),
  })
  xero.editContact(winner!, { FirstName: 'Winner' })
  expect((await flow.run()).counts.sent).toBe(1)
  expect(emarsys.contacts.lookUp('9001', late!)).toHaveLength(1)

  // It is looked at once a day: still there it stays open, and it closes by itself once it is gone.
  const { app, owner } = stage.database
  await sql`update flows set enabled = true where id = ${flow.flow}`.execute(owner.db)
  const nextDay = async () => {
    expect(await lookAgain(app.db, workspace.id)).toEqual([])
    await sql`update exceptions set last_at = last_at - interval '1 day' where workspace_id = ${workspace.id}`.execute(
      owner.db,
    )
    const runs = await lookAgain(app.db, workspace.id)
    expect(runs).toHaveLength(1)
    workspace.worker.wake()
    await workspace.ended(runs[0]!)
    const { rows } = await sql<{ state: string }>`
      select state from exceptions where workspace_id = ${workspace.id} and code = 'CONTACT_MERGED'
    `.execute(owner.db)
    return rows.map(({ state }) => state)
  }
  expect(await nextDay()).toEqual(['open'])
  emarsys.contacts.delete(emarsys.contacts.find('9001', late!)[0]!)
  expect(await nextDay()).toEqual(['resolved'])
})

test('invoices: spoilt ones and an unseen currency wait for their desk; 1,000 lines and all others arrive to the cent', async () => {
  const scene = await stage.open({ contacts: 20, invoices: 60, creditNotes: 0 })
  const { xero, emarsys } = scene
  const sales = documentsOf(scene).filter((one) => one.Type === 'ACCREC')
  const paid = sales.filter((one) => one.Status === 'PAID').map((one) => String(one.InvoiceID))
  const [missing, none, text, novel, unseen] = paid
  const spoilt = [missing, none, text, novel, unseen]
  xero.spoil(missing!, { drop: ['AmountDue'] })
  xero.spoil(none!, { set: { LineItems: null } })
  xero.spoil(text!, { set: { Total: '120.00' } })
  xero.spoil(novel!, { set: { Status: 'PARTLY_PAID' } })
  xero.spoil(unseen!, { set: { CurrencyCode: 'XZZ' } })
  const open = sales.find((one) => one.Status === 'AUTHORISED' && one.AmountPaid === 0 && one.AmountCredited === 0)!
  const lines = Array.from({ length: 1000 }, (_, at) => ({
    Description: `Line ${at}`,
    Quantity: 1,
    UnitAmount: 1 + at / 100,
    AccountCode: '200',
  }))
  xero.edit(String(open.InvoiceID), { LineItems: lines })
  xero.pay(String(open.InvoiceID))

  const flow = await installed(stage, scene, 'paid-invoices-to-purchases')
  const run = await flow.run()
  expect(run.state).toBe('partly')
  const numbers = new Map(sales.map((one) => [String(one.InvoiceNumber), String(one.InvoiceID)]))
  expect(await owned(scene, (_message, key) => numbers.get(String(key)) ?? String(key))).toEqual({
    ...Object.fromEntries([missing, none, text, novel].map((id) => [id, 'FIELD_UNEXPECTED technical'])),
    [unseen!]: 'CURRENCY_UNKNOWN finance',
  })
  expect(emarsys.sales.filter((row) => row.s_document === `invoice ${open.InvoiceID}`)).toHaveLength(1000)
  const expected = expectedRows(documentsOf(scene))
  for (const id of spoilt) expected.delete(`invoice ${id}`)
  expect(sandboxTotals(emarsys)).toEqual(totalsOf([...expected.values()].flat()))

  // Once they come as they should, trying again brings them, and nothing twice.
  for (const id of spoilt) xero.spoil(id!)
  expect(await tryAgain(scene, flow.flow)).toMatchObject({ state: 'succeeded' })
  expect(sandboxTotals(emarsys)).toEqual(totalsOf([...expectedRows(documentsOf(scene)).values()].flat()))
})

test('a contact field that was deleted: what needs it waits for marketing, and arrives once it is there', async () => {
  const scene = await stage.open({ contacts: 12, invoices: 40, creditNotes: 0 })
  const { emarsys } = scene
  const contacts = await installed(stage, scene, 'contacts-to-emarsys', { onlyWithEmail: false })
  await contacts.run()
  const make = (name: string) =>
    atEmarsys(scene, '/field', { name: `xero_${name}`, application_type: 'shorttext', string_id: `xero_${name}` })
  for (const name of VALUES) await make(name)
  const gone = await make('outstanding')
  await deleteField(scene, gone)
  const flow = await installed(stage, scene, 'customer-value', {})
  const run = await flow.run()
  expect([run.state, run.counts.sent ?? 0]).toEqual(['partly', 0])
  const waiting = await scene.workspace.exceptions()
  expect(waiting.length).toBeGreaterThan(5)
  for (const one of waiting) {
    expect(one).toMatchObject({
      code: 'FIELD_GONE',
      desk: 'marketing',
      message: expect.stringContaining('xero_outstanding'),
    })
  }
  // Whatever does not name it goes on meanwhile.
  const [first] = customersOf(scene)
  scene.xero.editContact(String(first!.ContactID), { FirstName: 'Meanwhile' })
  expect(await contacts.run()).toMatchObject({ state: 'succeeded', counts: { sent: 1 } })

  const again = String(await make('outstanding'))
  expect(again).not.toBe(String(gone))
  const tried = await tryAgain(scene, flow.flow)
  expect(tried).toMatchObject({ state: 'succeeded', counts: { sent: waiting.length } })
  const filled = [...emarsys.contacts.all()].filter((one) => (emarsys.contacts.value(one, again) ?? '') !== '')
  expect(filled).toHaveLength(waiting.length)

  // Deleted while its number is known here: Emarsys refuses the records, and once it is there again they arrive.
  await deleteField(scene, again)
  const [paid] = documentsOf(scene).filter(
    (one) => one.Type === 'ACCREC' && one.Status === 'AUTHORISED' && one.AmountPaid === 0,
  )
  scene.xero.pay(String(paid!.InvoiceID))
  expect((await flow.run()).state).toBe('partly')
  await make('outstanding')
  expect(await tryAgain(scene, flow.flow)).toMatchObject({ state: 'succeeded', counts: { sent: 1 } })
})

test('a shop: spoilt orders and an unseen currency wait for their desk, and what is left of their days is booked', async () => {
  const shop = { orders: 40, customers: 5, currency: 'GBP' }
  const salesColumns = ['item', 'price', 'order', 'timestamp', 'email', 'quantity', 'f_original_amount']
  const scene = await stage.open({
    ...{ contacts: 2, invoices: 2, creditNotes: 0, shop },
    salesColumns: [...salesColumns, 's_original_currency', 's_document', 's_kind'],
  })
  const { store, spoil, setStatus } = scene.shop!
  const refunded = new Set(store.refunds.map(({ order }) => order))
  const plain = [...store.orders.values()].filter((one) => counts(one) && !refunded.has(one.id))
  const [missing, none, text, novel, unseen] = plain.map(({ id }) => id)
  const strange = [missing, none, text, novel, unseen]
  spoil(`order ${missing}`, { drop: ['total_tax'] })
  spoil(`order ${none}`, { set: { billing_address: null } })
  spoil(`order ${text}`, { set: { total_inc_tax: '12,50' } })
  spoil(`order ${novel}`, { set: { status_id: 15 } })
  spoil(`order ${unseen}`, { set: { default_currency_code: 'XZZ' } })
  const refund = store.refunds.find(({ order }) => counts(store.orders.get(order)!))!
  spoil(`refund ${refund.id}`, { set: { payments: null } })
  const today = londonDay(Date.now())
  const sums = (without: readonly unknown[], refunds = store.refunds) => {
    const orders = new Map([...store.orders].filter(([id]) => !without.includes(id)))
    const all = Object.entries(expectedSums({ ...store, orders, refunds }))
    return Object.fromEntries(all.filter(([place]) => !place.startsWith(today)))
  }
  const booked = () => bookedSums(scene.xero.state.books.journals.ordered)

  const answers = { firstDay: '2026-09-01', status: 'POSTED', shippingAccount: '260', refundAccount: '201' }
  const way = { trackingBy: 'country', trackingCategory: 'Region', trackingOptions: ['DE = North', 'FR = South'] }
  const flow = await installed(stage, scene, 'daily-summary-journal', { ...answers, ...way })
  expect((await flow.run()).state).toBe('partly')
  expect(await owned(scene, (_message, key) => String(key))).toEqual({
    ...Object.fromEntries([missing, none, text, novel].map((id) => [`order ${id}`, 'FIELD_UNEXPECTED technical'])),
    [`order ${unseen}`]: 'CURRENCY_UNKNOWN finance',
    [`refund ${refund.id}`]: 'FIELD_UNEXPECTED technical',
  })
  expect(booked()).toEqual(
    sums(
      strange,
      store.refunds.filter(({ id }) => id !== refund.id),
    ),
  )

  // The feed takes no day of which something is not what it seems, and all others.
  const feed = await installed(stage, scene, 'order-feed', { firstDay: '2026-09-01' })
  expect((await feed.run()).state).toBe('partly')
  const dayOf = (id: number | undefined) => londonDay(store.orders.get(id!)!.madeAt)
  const waiting = new Set([...strange.map(dayOf), londonDay(refund.at)])
  const named = (await scene.workspace.exceptions()).flatMap(({ business_key: key }) =>
    key?.startsWith('Web shop ') ? [key.slice('Web shop '.length)] : [],
  )
  // Days come from the shop and from the books, so one may be named twice.
  expect([...new Set(named)].sort()).toEqual([...waiting].sort())
  const sent = new Set(scene.emarsys.sales.map(({ timestamp }) => String(timestamp).slice(0, 10)))
  expect(sent.size).toBeGreaterThan(0)
  for (const day of waiting) expect(sent).not.toContain(day)

  // Put right in the shop, the days come as a whole.
  store.spoilt.clear()
  for (const id of [...strange, refund.order]) setStatus(id!, store.orders.get(id!)!.status)
  expect((await flow.run()).state).toBe('succeeded')
  expect(booked()).toEqual(sums([]))
})
