import { afterEach, expect, test } from 'vitest'
import type { Cursor, DataRecord, Page } from '../../../connectors/kit/connector.ts'
import { xero } from '../../../connectors/xero/index.ts'
import { walkChanges } from '../../../connectors/xero/read/pages.ts'
import type { XeroSandbox } from '../../../connectors/xero/sandbox/server.ts'
import { openXero, operationOf, settingsOf, xeroAccount } from '../support/accounts.ts'
import type { Opened } from '../support/open.ts'
import { openConnection } from '../support/open.ts'
import { collect, json, rejection, startRemote } from '../support/remote.ts'

const listInvoices = operationOf(xero, 'list-invoices', 'read')
const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function account(invoices: number) {
  const sandbox = await xeroAccount({ contacts: 20, invoices, creditNotes: 0 })
  const opened = openXero(sandbox)
  closing.push(sandbox.close, opened.close)
  return { sandbox, opened }
}

const settings = (pageSize: number) => settingsOf(listInvoices, { types: ['ACCREC', 'ACCPAY'], pageSize })
const read = (opened: Opened, pageSize: number, from?: Cursor): AsyncIterable<Page> =>
  listInvoices.read(opened.context(settings(pageSize)), from)

/** Id and version of every invoice as it stands in the books. */
const inBooks = (sandbox: XeroSandbox) =>
  new Map(sandbox.state.books.invoices.ordered.map((invoice) => [invoice.id, new Date(invoice.updated).toISOString()]))

const version = (record: DataRecord) => [String(record.InvoiceID), String(record.UpdatedDateUTC)] as const

test('brings every invoice once when nothing moves, in few calls', async () => {
  const { sandbox, opened } = await account(500)
  const pages = await collect(read(opened, 100))
  const records = pages.flatMap((page) => page.records)
  expect(records).toHaveLength(500)
  expect(new Map(records.map(version))).toEqual(inBooks(sandbox))
  // Each page reads the last second of the one before again.
  expect(opened.exchanges.filter((exchange) => exchange.url.includes('/Invoices')).length).toBeLessThanOrEqual(7)
})

test('starts the next run two minutes before the last change it saw, and never creeps back', async () => {
  const { sandbox, opened } = await account(50)
  const first = (await collect(read(opened, 1000))).at(-1)!
  const newest = Math.max(...sandbox.state.books.invoices.ordered.map((invoice) => invoice.updated))
  const upTo = new Date(newest).toISOString()
  expect(first.cursor).toEqual({ since: new Date(newest - 120_000).toISOString(), page: 1, upTo })
  const second = (await collect(read(opened, 1000, first.cursor))).at(-1)!
  expect(second.cursor).toEqual(first.cursor)
  expect(second.records.length).toBeLessThan(10)

  const empty = await account(0)
  const none = (await collect(read(empty.opened, 1000))).at(-1)!
  expect(none.records).toEqual([])
  const again = (await collect(read(empty.opened, 1000, none.cursor))).at(-1)!
  expect(again.cursor).toEqual(none.cursor)
})

test('the run after brings exactly what changed, beside the overlap', async () => {
  const { sandbox, opened } = await account(200)
  const { cursor } = (await collect(read(opened, 50))).at(-1)!
  const known = inBooks(sandbox)
  const { invoices } = sandbox.state.books
  const wouldBring = async () =>
    (await listInvoices.estimate!(opened.context(settings(50)), { from: cursor, window: undefined }))?.records
  // The overlap is read again, but nothing of it is new.
  expect(await wouldBring()).toBe(0)
  const changed = [3, 77, 120].map((at) => invoices.ordered[at]!)
  for (const invoice of changed) invoices.touch(invoice, sandbox.state.clock.now())
  expect(await wouldBring()).toBe(3)
  const records = (await collect(read(opened, 50, cursor))).flatMap((page) => page.records)
  const news = records.filter((record) => known.get(version(record)[0]) !== version(record)[1])
  expect(news.map((record) => record.InvoiceID).sort()).toEqual(changed.map((invoice) => invoice.id).sort())
})

test.each([
  ['spread over two years', 0, 'late'],
  ['all changed within one second', 160, 'late'],
  ['half of them within one second, the last', 80, 'late'],
  ['half of them within one second, the first', 80, 'early'],
])('loses no invoice that moves while pages are read (%s)', async (_title, crowded, when) => {
  const { sandbox, opened } = await account(160)
  const { books, clock } = sandbox.state
  // As an import leaves them.
  const at = Math.floor((when === 'late' ? clock.now() : books.invoices.ordered[0]!.updated - 3_600_000) / 1000) * 1000
  for (const [index, invoice] of books.invoices.ordered.slice(-crowded || 160).entries()) {
    books.invoices.touch(invoice, at + (index % 3) * 100)
  }
  const delivered = new Map<string, string>()
  let random = 7
  let pages = 0
  let later = clock.now() + 5000
  let cursor: Cursor | undefined
  // The second run brings what moved after the first one's last page.
  for (const moving of [true, false]) {
    for await (const page of read(opened, 20, cursor)) {
      for (const record of page.records) delivered.set(...version(record))
      cursor = page.cursor
      pages += 1
      expect(pages).toBeLessThan(80)
      if (!moving || pages > 12) continue
      for (let change = 0; change < 3; change++) {
        random = (random * 1103515245 + 12345) % 2147483648
        later += 1700
        books.invoices.touch(books.invoices.ordered[random % 120]!, later)
      }
    }
  }
  expect(delivered).toEqual(inBooks(sandbox))
})

test('loses no invoice when one moves just before the last page of an import', async () => {
  const { sandbox, opened } = await account(60)
  const { books, clock } = sandbox.state
  const at = Math.floor(clock.now() / 1000) * 1000
  for (const invoice of books.invoices.ordered.slice()) books.invoices.touch(invoice, at)
  const delivered = new Map<string, string>()
  let pages = 0
  for await (const page of read(opened, 20)) {
    for (const record of page.records) delivered.set(...version(record))
    pages += 1
    if (pages === 2) books.invoices.touch(books.invoices.ordered[5]!, at + 10_000)
  }
  expect(delivered).toEqual(inBooks(sandbox))
})

test('goes on from the cursor of any page, and all pages together bring everything', async () => {
  const { sandbox, opened } = await account(120)
  const pages = await collect(read(opened, 20))
  expect(pages.length).toBeGreaterThan(5)
  for (const [at, page] of pages.entries()) {
    if (at === pages.length - 1) continue
    const rest = (await collect(read(opened, 20, page.cursor))).flatMap((later) => later.records)
    const all = [...pages.slice(0, at + 1).flatMap((earlier) => earlier.records), ...rest]
    expect(new Map(all.map(version))).toEqual(inBooks(sandbox))
  }
})

test('asks for archived contacts and customers as the settings say', async () => {
  const { opened } = await account(30)
  const listContacts = operationOf(xero, 'list-contacts', 'read')
  const count = async (set: object) => {
    const pages = await collect(listContacts.read(opened.context(settingsOf(listContacts, { ...set })), undefined))
    return pages.flatMap((page) => page.records)
  }
  const all = await count({})
  const customers = await count({ customersOnly: true })
  const active = await count({ includeArchived: false })
  expect(customers.every((contact) => contact.IsCustomer === true)).toBe(true)
  expect(active.every((contact) => contact.ContactStatus === 'ACTIVE')).toBe(true)
  expect(customers.length).toBeLessThanOrEqual(all.length)
  expect(all.length).toBe(20)
})

/** A remote that answers whatever the test wants under /Invoices. */
async function misbehaving(answer: (query: URLSearchParams, since: string | undefined) => object) {
  const remote = await startRemote((request, response) =>
    json(response, answer(request.url.searchParams, request.headers['if-modified-since'])),
  )
  const opened = openConnection({
    connector: xero,
    login: { name: 'none', title: 'None', secrets: xero.settings, apply: (request) => request },
    connection: { identityUrl: remote.url, loginUrl: remote.url, apiUrl: remote.url },
    secrets: {},
  })
  closing.push(remote.close, opened.close)
  const walk = {
    path: '/Invoices',
    list: 'Invoices',
    doing: 'list invoices',
    permissions: [],
    idField: 'InvoiceID',
    startAt: '',
  }
  return {
    remote,
    pages: (pageSize: number) => collect(walkChanges(opened.context({}), { ...walk, pageSize }, undefined)),
  }
}

const invoice = (id: number, at: number) => ({ InvoiceID: `i${id}`, UpdatedDateUTC: `/Date(${at})/` })

test('stops at a remote that gives the same page for ever', async () => {
  const same = [1, 2, 3].map((id) => invoice(id, 1_795_000_000_000))
  const { pages, remote } = await misbehaving(() => ({ Invoices: same }))
  expect(await rejection(pages(3))).toMatchObject({ code: 'REPLY_UNREADABLE' })
  expect(remote.received.length).toBeLessThan(6)
})

test('falls back to counting pages where If-Modified-Since is ignored', async () => {
  const all = Array.from({ length: 25 }, (_, id) => invoice(id, 1_795_000_000_000 + id * 60_000))
  const { pages } = await misbehaving((query) => {
    const page = Number(query.get('page'))
    return { Invoices: all.slice((page - 1) * 10, page * 10) }
  })
  const ids = (await pages(10)).flatMap((page) => page.records.map((record) => record.InvoiceID))
  expect(new Set(ids).size).toBe(25)
})

test('refuses a list that is not in the order of change, instead of losing records quietly', async () => {
  const { pages } = await misbehaving(() => ({
    Invoices: [invoice(1, 1_795_000_000_000), invoice(2, 1_794_000_000_000)],
  }))
  expect(await rejection(pages(2))).toMatchObject({ code: 'REPLY_UNREADABLE' })
})
