import type { EmarsysSandbox } from '../../../connectors/emarsys/sandbox/server.ts'
import type { DataRecord, Outcome } from '../../../connectors/kit/connector.ts'
import type { Document } from '../../../connectors/xero/sandbox/model.ts'
import type { XeroSandbox } from '../../../connectors/xero/sandbox/server.ts'

/** The other sandbox, and the numbers of what was made in it, by name. */
type More = { readonly emarsys: EmarsysSandbox; readonly numbers: { readonly [name: string]: string } }

/** What the suite must know of an operation to use it: settings, and a good input. */
export type Sample = {
  readonly set?: { readonly [name: string]: unknown }
  readonly keys?: (xero: XeroSandbox, more: More) => readonly string[]
  readonly payloads?: readonly DataRecord[] | ((xero: XeroSandbox, more: More) => readonly DataRecord[])
  /** Stands in for the second payload (the only one of a write of single items) where there is a reason to refuse one. */
  readonly refused?: (payload: DataRecord, xero: XeroSandbox) => DataRecord
  /** What a success means whose answer nobody can read, where that is no error. */
  readonly unreadable?: Outcome['status']
}

const row = (order: string) => ({ item: 'SKU-1', price: 12.5, order, timestamp: '2026-11-20T12:00:00Z', quantity: 1 })

const invoice = (reference: string) => ({
  Reference: reference,
  Contact: { Name: 'Conformance Ltd' },
  Date: '2026-11-20',
  DueDate: '2026-12-20',
  LineItems: [{ Description: 'Seats', Quantity: 2, UnitAmount: '12.5', AccountCode: '200' }],
})

/** Names of what is made are used once. */
let made = 0
const { DueDate: _, ...undue } = invoice('')
const note = (reference: string) => ({ ...undue, Reference: reference })

const linesTo = (account: string) => [
  { AccountCode: '400', LineAmount: '12.5', Description: 'accrued' },
  { AccountCode: account, LineAmount: '-12.5' },
]
const journal = (date: string) => ({
  Key: `daily-${date}`,
  Narration: 'Sales',
  Date: date,
  JournalLines: linesTo('801'),
})

const openSale = (invoices: readonly Document[]): Document => {
  const found = invoices.find((one) => one.type === 'ACCREC' && one.status === 'AUTHORISED')
  if (!found) throw new Error('no open invoice')
  return found
}

// A new operation without a sample here fails the suite.
export const SAMPLES: { readonly [id: string]: Sample } = {
  'xero.list-invoices': { set: { pageSize: 20 } },
  'xero.list-contacts': { set: { pageSize: 10 } },
  'xero.list-credit-notes': { set: { pageSize: 3 } },
  'xero.get-organisation': {},
  'xero.get-contacts': {
    keys: ({ state }) => state.books.contacts.ordered.slice(0, 3).map((contact) => contact.id.toUpperCase()),
  },
  'xero.get-invoices': { keys: ({ state }) => state.books.invoices.ordered.slice(0, 3).map((invoice) => invoice.id) },
  'xero.get-credit-notes': { keys: ({ state }) => state.books.creditNotes.ordered.slice(0, 3).map((note) => note.id) },
  'xero.create-invoices': {
    set: { keyField: 'Reference' },
    payloads: [invoice('EM-1'), invoice('EM-2'), invoice('EM-3')],
    refused: (payload) => ({ ...payload, LineItems: [{ Description: 'Seats', AccountCode: 'none', UnitAmount: 1 }] }),
  },
  'xero.create-payments': {
    set: { account: '090' },
    payloads: ({ state }) =>
      state.books.invoices.ordered
        .filter((one) => one.status === 'AUTHORISED' && one.total - one.paid - one.credited > 1000)
        .slice(0, 2)
        .map((one, at) => ({ Reference: `T-${at}`, Invoice: { InvoiceID: one.id }, Date: '2026-11-20', Amount: 0.01 })),
    refused: (payload) => ({ ...payload, Amount: 99_999_999 }),
  },
  'xero.list-open-invoices': { set: { pageSize: 20 } },
  'xero.list-all-contacts': { set: { pageSize: 10 } },
  'xero.list-payments': { set: { pageSize: 20 } },
  'xero.list-prepayments': { set: { pageSize: 2 } },
  'xero.list-overpayments': { set: { pageSize: 2 } },
  'xero.list-bank-transactions': { set: { pageSize: 5 } },
  'xero.list-manual-journals': { set: { pageSize: 2 } },
  'xero.list-accounts': {},
  'xero.list-tax-rates': {},
  'xero.list-tracking-categories': {},
  'xero.list-items': {},
  'xero.list-contact-groups': {},
  'xero.get-trial-balance': {},
  'xero.get-profit-and-loss': { set: { fromDate: '2026-01-01', toDate: '2026-11-20' } },
  'xero.get-aged-receivables': { keys: ({ state }) => [openSale(state.books.invoices.ordered).contact.id] },
  'xero.get-manual-journals': {
    set: { account: '801' },
    keys({ state }) {
      Object.assign(state.books.journals.ordered[0]!, { narration: 'Sales [seeded]' })
      return ['seeded']
    },
  },
  'xero.get-history': { keys: ({ state }) => state.books.invoices.ordered.slice(0, 1).map((one) => one.id) },
  'xero.create-credit-notes': {
    set: { keyField: 'Reference' },
    payloads: [note('CR-1'), note('CR-2'), note('CR-3')],
    refused: (payload) => ({ ...payload, LineItems: [{ Description: 'Seats', AccountCode: 'none', UnitAmount: 1 }] }),
  },
  'xero.create-manual-journals': {
    payloads: [journal('2026-11-18'), journal('2026-11-19'), journal('2026-11-20')],
    refused: (payload) => ({ ...payload, Date: '2026-11-19', JournalLines: linesTo('610') }),
  },
  'xero.delete-payments': {
    payloads: ({ state }) => [{ PaymentID: state.books.payments.ordered.find((one) => one.status !== 'DELETED')?.id }],
    refused: () => ({ PaymentID: '11111111-1111-4111-8111-111111111111' }),
  },
  'xero.void-invoices': {
    payloads: ({ state }) =>
      state.books.invoices.ordered
        .filter((one) => one.status === 'AUTHORISED' && one.payments.length + one.allocations.length === 0)
        .slice(0, 2)
        .map((one) => ({ InvoiceID: one.id })),
    refused: () => ({ InvoiceID: '11111111-1111-4111-8111-111111111111' }),
  },
  'xero.allocate-credit': {
    payloads: ({ state }) => {
      const { creditNotes, invoices } = state.books
      for (const credit of creditNotes.ordered.filter((one) => one.status === 'AUTHORISED')) {
        const invoice = invoices.ordered.find(
          (one) =>
            one.status === 'AUTHORISED' &&
            one.type === 'ACCREC' &&
            one.contact === credit.contact &&
            one.currency === credit.currency,
        )
        if (invoice) return [{ CreditID: credit.id, InvoiceID: invoice.id, Amount: 0.01, Date: '2026-11-20' }]
      }
      throw new Error('no credit note fits an open invoice')
    },
    refused: (payload) => ({ ...payload, Amount: 99_999_999 }),
  },
  'xero.upsert-contacts': {
    set: { keyField: 'ContactNumber' },
    payloads: [1, 2, 3].map((n) => ({
      ContactNumber: `CRM-${n}`,
      Name: `Conformance ${n}`,
      EmailAddress: `c${n}@x.test`,
    })),
    refused: (payload) => ({ ...payload, EmailAddress: 'jürgen@x.test' }),
  },
  'xero.archive-contacts': {
    payloads: ({ state }) => state.books.contacts.ordered.slice(0, 2).map(({ id }) => ({ ContactID: id })),
    refused: () => ({ ContactID: '11111111-1111-4111-8111-111111111111' }),
  },
  'xero.add-to-contact-group': {
    set: { group: 'GROUP' },
    payloads: ({ state }) =>
      state.books.contacts.ordered
        .filter(({ status }) => status === 'ACTIVE')
        .slice(0, 2)
        .map(({ id }) => ({ ContactID: id })),
    refused: () => ({ ContactID: '11111111-1111-4111-8111-111111111111' }),
  },
  'xero.remove-from-contact-group': {
    set: { group: 'GROUP' },
    payloads({ state }) {
      const contact = state.books.contacts.ordered[0]!
      state.books.groups[0]!.members.add(contact)
      return [{ ContactID: contact.id }]
    },
    refused(payload, xero) {
      // Nobody uses the group after this one.
      xero.state.books.groups[0]!.status = 'DELETED'
      return payload
    },
  },
  'xero.add-history-notes': {
    payloads: ({ state }) => [{ ID: state.books.invoices.ordered[0]?.id, Note: 'Sent to the marketing system' }],
    refused: () => ({ ID: '11111111-1111-4111-8111-111111111111', Note: 'Lost' }),
  },
  'emarsys.list-fields': {},
  'emarsys.create-field': {
    payloads: () => [{ name: `Conformance field ${made++}`, type: 'shorttext' }],
    refused: () => ({ name: 'Conformance choices', type: 'singlechoice' }),
  },
  'emarsys.list-choices': { set: { fieldId: '9004' } },
  'emarsys.list-contact-lists': {},
  'emarsys.create-contact-list': { payloads: [{ name: 'Conformance list', description: 'Made by a test' }] },
  'emarsys.list-members': { set: { listId: 'MEMBERS', fields: ['3'] } },
  'emarsys.count-list': { keys: (_xero, { numbers }) => [numbers.MEMBERS ?? ''] },
  'emarsys.list-segments': {},
  'emarsys.run-segment': { set: { segmentId: '301' } },
  'emarsys.segment-members': { set: { segmentId: '301', fields: ['3'] } },
  'emarsys.export-contacts': { set: { id: 'MEMBERS', fields: ['3', '1'] } },
  'emarsys.export-responses': { set: { response: 'mail_open', from: '2020-01-01', to: '2099-01-01' } },
  'emarsys.campaign-results': { keys: () => ['8810', '8811'] },
  'emarsys.check-contacts': { keys: () => ['Ada@example.com', 'ben@example.com'] },
  'emarsys.check-merged': { keys: () => ['Ada@example.com', 'ben@example.com'] },
  'emarsys.merge-contacts': {
    set: { confirmed: true },
    payloads: (_xero, { emarsys }) => {
      made += 1
      for (const name of ['old', 'new']) emarsys.plantContact({ '3': `${name}${made}@example.com` })
      return [{ from: `old${made}@example.com`, into: `new${made}@example.com` }]
    },
    refused: () => ({ from: 'nobody@example.com', into: 'ada@example.com' }),
  },
  'emarsys.delete-contacts': {
    set: { confirmed: true },
    payloads: [{ contact: 'dan@example.com' }, { contact: 'eve@example.com' }],
  },
  'emarsys.suppress-contacts': {
    payloads: [{ contact: 'gone@example.com' }, { contact: 'away@example.com' }],
    // Who is there is not kept away.
    refused: () => ({ contact: 'ada@example.com' }),
  },
  'emarsys.upsert-relational': {
    set: { database: 'shop', table: 'open_invoices', keyColumns: ['invoice_no'] },
    payloads: [
      { invoice_no: 'INV-1', amount_due: 12.5 },
      { invoice_no: 'INV-2', amount_due: 3, due_date: null },
    ],
  },
  'emarsys.list-events': {},
  'emarsys.create-event': { payloads: () => [{ name: `made_by_conformance_${made++}` }] },
  'emarsys.list-campaigns': {},
  'emarsys.get-contacts': { keys: () => ['Ada@example.com', 'ben@example.com'] },
  'emarsys.upsert-contacts': {
    payloads: [
      { '3': 'ada@example.com', '1': 'Ada' },
      { '3': 'ben@example.com', '1': 'Ben' },
      { '3': 'cy@example.com', '1': 'Cy' },
    ],
  },
  'emarsys.add-to-list': {
    set: { listId: 'LIST' },
    payloads: [{ contact: 'ada@example.com' }, { contact: 'ben@example.com' }],
  },
  'emarsys.remove-from-list': {
    set: { listId: 'LIST' },
    payloads: [{ contact: 'ada@example.com' }, { contact: 'ben@example.com' }],
  },
  'emarsys.trigger-event': {
    set: { eventId: 'EVENT' },
    payloads: [
      { contact: 'ada@example.com', key: 'INV-1-overdue', data: { global: { n: '1' } } },
      { contact: 'ben@example.com', key: 'INV-2-overdue' },
    ],
  },
  'emarsys.send-sales': {
    set: { keyField: '9001' },
    payloads: [
      { document: 'INV-1', contact: 'C-1', rows: [row('INV-1')] },
      { document: 'INV-2', contact: 'C-2', rows: [row('INV-2'), row('INV-2')] },
    ],
    // Half of “Upload accepted” is not it.
    unreadable: 'unknown',
  },
  'bigcommerce.list-orders': { set: { pageSize: 60 } },
  'bigcommerce.list-refunds': { set: { pageSize: 5 } },
  'bigcommerce.list-whole-days': {},
  'bigcommerce.list-changed-days': {},
  // A day that has orders and no refunds.
  'bigcommerce.get-whole-day': { keys: () => ['2026-09-01'] },
  'bigcommerce.list-customers': { set: { pageSize: 8 } },
  'bigcommerce.list-subscribers': { set: { pageSize: 4 } },
  'bigcommerce.get-orders': { keys: () => ['104'] },
  'bigcommerce.get-order-products': { keys: () => ['101'] },
  // An order of the sandbox that has been paid.
  'bigcommerce.get-transactions': { keys: () => ['104'] },
  'bigcommerce.get-customers': { keys: () => ['1', '2', '3'] },
  'bigcommerce.get-products': { set: { by: 'sku' }, keys: () => ['SKU-1', 'sku-2'] },
  'csv.read-rows': { set: { path: '/exports/orders.csv' } },
  'csv.list-values': { set: { path: '/exports/orders.csv', by: 'total' } },
  'csv.get-rows': { set: { path: '/exports/orders.csv', by: 'total', group: ['name'] }, keys: () => ['1.50'] },
  'csv.write-file': {
    set: { fields: ['name', 'total'], path: '/in' },
    payloads: [
      { key: 'C-1', row: { name: 'Ada', total: '12.50' } },
      { key: 'C-2', row: { name: 'Ben', total: '3' } },
    ],
    unreadable: 'confirmed',
  },
  'chat.notify': {
    payloads: [{ key: 'INV-1-overdue', title: 'Overdue', text: 'INV-1 is overdue by 30 days.' }],
    refused: (payload) => ({ ...payload, text: 'refuse me' }),
    unreadable: 'confirmed',
  },
  'email.notify': {
    payloads: [{ key: 'INV-1-overdue', to: 'ada@example.com', subject: 'Overdue', text: 'INV-1 is overdue.' }],
    refused: (payload) => ({ ...payload, text: 'refuse me' }),
  },
  'http.get-records': {
    set: { path: '/things', paging: 'page', recordsPath: 'items', sizeParameter: 'limit', pageSize: 10 },
  },
  'http.get-by-key': { set: { path: '/things/{key}' }, keys: () => ['7'] },
  'http.send': {
    set: { path: '/{where}' },
    payloads: [{ key: 'thing-1-paid', parameters: { where: 'notes' }, body: { paid: true } }],
    refused: (payload) => ({ ...payload, parameters: { where: 'refused' } }),
    // A 2xx is the remote's word that it was taken, whatever stands in the answer.
    unreadable: 'confirmed',
  },
  'http.put': {
    set: { path: '/{where}' },
    payloads: [{ key: 'thing-1', parameters: { where: 'notes' }, body: { paid: true } }],
    refused: (payload) => ({ ...payload, parameters: { where: 'refused' } }),
    unreadable: 'confirmed',
  },
}
