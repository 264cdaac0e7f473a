import { afterEach, expect, test } from 'vitest'
import type { DataRecord } from '../../../connectors/kit/connector.ts'
import { xero } from '../../../connectors/xero/index.ts'
import type { XeroSandbox } from '../../../connectors/xero/sandbox/server.ts'
import { openXero, operationOf, settingsOf, xeroAccount } from '../support/accounts.ts'
import type { Opened } from '../support/open.ts'
import { collect } from '../support/remote.ts'

// Back-fills ask for days, re-syncs for single records. Both have to obey the settings that the read has.

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function account(): Promise<{ sandbox: XeroSandbox; opened: Opened }> {
  const sandbox = await xeroAccount({ contacts: 40, invoices: 300, creditNotes: 60 })
  const opened = openXero(sandbox)
  closing.push(sandbox.close, opened.close)
  return { sandbox, opened }
}

const reads = {
  invoices: { read: operationOf(xero, 'list-invoices', 'read'), id: 'InvoiceID', type: 'ACCREC' },
  creditNotes: { read: operationOf(xero, 'list-credit-notes', 'read'), id: 'CreditNoteID', type: 'ACCRECCREDIT' },
} as const

const dayOf = (record: DataRecord) => String(record.Date).slice(0, 10)
const idsOf = (records: readonly DataRecord[], field: string) => records.map((record) => String(record[field])).sort()

test.each(['invoices', 'creditNotes'] as const)(
  'windows side by side bring each of the %s once, and none of another type',
  async (kind) => {
    const { sandbox, opened } = await account()
    const { read, id, type } = reads[kind]
    const all = sandbox.state.books[kind].ordered
      .map((one) => sandbox.document(one.id)!)
      .filter((one) => one.Type === type)
    const days = all.map((one) => String(one.DateString).slice(0, 10)).sort()
    const middle = days[Math.floor(days.length / 2)]!
    const settings = settingsOf(read, { pageSize: 25 })
    const within = async (from: string, to: string) =>
      (await collect(read.window!.read(opened.context(settings) as never, { from, to }, undefined))).flatMap(
        (page) => page.records,
      )
    const before = await within('2000-01-01', middle)
    const after = await within(middle, '2100-01-01')
    expect(before.every((one) => dayOf(one) < middle)).toBe(true)
    expect(after.every((one) => dayOf(one) >= middle)).toBe(true)
    expect(idsOf([...before, ...after], id)).toEqual(idsOf(all, id))
    expect(before.length).toBeGreaterThan(25)
  },
)

test('a window goes on from a cursor, and ends by itself', async () => {
  const { opened } = await account()
  const { read, id } = reads.invoices
  const context = () => opened.context(settingsOf(read, { pageSize: 40 })) as never
  const window = { from: '2000-01-01', to: '2100-01-01' }
  const pages = await collect(read.window!.read(context(), window, undefined))
  const [first] = pages
  const rest = (await collect(read.window!.read(context(), window, first!.cursor))).flatMap((page) => page.records)
  const whole = idsOf(
    pages.flatMap((page) => page.records),
    id,
  )
  expect([...new Set(idsOf([...first!.records, ...rest], id))]).toEqual(whole)
})

test('contacts of a window are those that last changed in it', async () => {
  const { sandbox, opened } = await account()
  const read = operationOf(xero, 'list-contacts', 'read')
  const changes = sandbox.state.books.contacts.ordered.map((one) => new Date(one.updated).toISOString()).sort()
  const from = changes[10]!.slice(0, 10)
  const to = changes[30]!.slice(0, 10)
  const pages = await collect(
    read.window!.read(opened.context(settingsOf(read, { pageSize: 7 })) as never, { from, to }, undefined),
  )
  const expected = sandbox.state.books.contacts.ordered.filter((one) => {
    const at = new Date(one.updated).toISOString()
    return at >= from && at < to
  })
  expect(
    idsOf(
      pages.flatMap((page) => page.records),
      'ContactID',
    ),
  ).toEqual(expected.map(({ id }) => id).sort())
  expect(expected.length).toBeGreaterThan(0)
})

test('single invoices are found by number or id, in any case, each once, and none that the read leaves out', async () => {
  const { sandbox, opened } = await account()
  const { read } = reads.invoices
  const documents = sandbox.state.books.invoices.ordered.map((one) => sandbox.document(one.id)!)
  const [sale, other] = documents.filter((one) => one.Type === 'ACCREC')
  const bill = documents.find((one) => one.Type === 'ACCPAY')
  const number = String(sale!.InvoiceNumber)
  const keys = [number.toLowerCase(), ` ${String(sale!.InvoiceID)}`, String(other!.InvoiceID), 'no such', 'a"b', '']
  const found = await read.single!.find(opened.context(settingsOf(read)) as never, [
    ...keys,
    ...(bill ? [String(bill.InvoiceID)] : []),
  ])
  expect([...found.keys()]).toEqual(keys.slice(0, 3))
  expect(found.get(keys[0]!)![0]).toBe(found.get(keys[1]!)![0])
  expect(found.get(keys[2]!)![0]).toMatchObject({ InvoiceID: other!.InvoiceID })
  // With its lines, as the list gives it.
  expect(found.get(keys[0]!)![0]!.LineItems).toHaveLength((sale!.LineItems as unknown[]).length)
})

test('single credit notes and contacts are found by what people call them', async () => {
  const { sandbox, opened } = await account()
  const notes = reads.creditNotes.read
  const note = sandbox.state.books.creditNotes.ordered
    .map((one) => sandbox.document(one.id)!)
    .find((one) => one.Type === 'ACCRECCREDIT')!
  const byNumber = await notes.single!.find(opened.context(settingsOf(notes)) as never, [
    String(note.CreditNoteNumber),
    String(note.CreditNoteID),
  ])
  expect([...byNumber.values()].flat().map((one) => one.CreditNoteID)).toEqual([note.CreditNoteID, note.CreditNoteID])

  const contacts = operationOf(xero, 'list-contacts', 'read')
  const contact = sandbox.state.books.contacts.ordered
    .map((one) => sandbox.document(one.id)!)
    .find((one) => one.EmailAddress)!
  const keys = [String(contact.EmailAddress).toUpperCase(), String(contact.Name), String(contact.ContactID)]
  const found = await contacts.single!.find(opened.context(settingsOf(contacts)) as never, keys)
  for (const key of keys) expect(idsOf(found.get(key) ?? [], 'ContactID')).toContain(contact.ContactID)
})
