import type { DataRecord } from '../../../connectors/kit/connector.ts'

/** A longer value is no key that somebody would search for. */
const LONGEST = 200
/** Per record; no record of a system we know has half as many. */
const MOST = 16

/** Fields that name a record, by whatever system it comes from. A closed list: every key costs a hash in an index. */
const FIELDS: ReadonlySet<string> = new Set([
  ...['InvoiceNumber', 'InvoiceID', 'CreditNoteNumber', 'CreditNoteID', 'ContactNumber', 'ContactID', 'EmailAddress'],
  ...['PaymentID', 'PurchaseOrderNumber', 'OrderNumber', 'Reference', 'AccountNumber', 'ItemCode', 'Name'],
  ...['id', 'key', 'number', 'reference', 'email', 'contact', 'document', 'order', 'externalId', 'external_id'],
  ...['invoiceNumber', 'invoice_number', 'orderId', 'order_id', 'orderNumber', 'order_number'],
  ...['contactId', 'contact_id', 'customerId', 'customer_id', 'eventId', 'event_id', 'resourceId'],
  // Emarsys’ number of the field e-mail.
  '3',
])
/** Objects inside a record whose keys count as its own: an invoice is found by its customer. */
const INSIDE: ReadonlySet<string> = new Set(['Contact', 'Invoice', 'contact', 'customer', 'invoice', 'order'])
/** What is no key there: half of all invoices may be of one “Name”, and the contact’s own record has it. */
const NOT_INSIDE: ReadonlySet<string> = new Set(['Name', 'Reference', 'ItemCode'])

/** Fields by which a record is known itself; by the others it is known among others. */
const OWN: ReadonlySet<string> = new Set([
  ...['InvoiceNumber', 'InvoiceID', 'CreditNoteNumber', 'CreditNoteID', 'ContactNumber', 'ContactID', 'EmailAddress'],
  ...['PaymentID', 'PurchaseOrderNumber', 'OrderNumber', 'id', 'number', 'email', 'document', 'externalId', '3'],
  ...['external_id', 'invoiceNumber', 'invoice_number', 'orderId', 'order_id', 'orderNumber', 'order_number'],
])

/** The names of one record, as it has them. */
export function identityOf(record: DataRecord): string[] {
  const names = Object.entries(record).flatMap(([name, value]) =>
    OWN.has(name) && normalKey(value) !== undefined ? [String(value).trim()] : [],
  )
  return [...new Set(names)]
}

/** A key as it is compared: case and spaces around it do not matter. Undefined for what is none. */
export function normalKey(value: unknown): string | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : undefined
  if (typeof value !== 'string' || value.length > LONGEST) return undefined
  const text = value.trim().toLowerCase()
  return text === '' ? undefined : text.normalize('NFC')
}

/** The business keys of records, each once, added to those that are there. */
export function keysOf(records: readonly DataRecord[], keys: Set<string> = new Set()): Set<string> {
  for (const record of records) {
    const most = keys.size + MOST
    for (const name in record) {
      if (keys.size >= most) break
      if (FIELDS.has(name)) add(keys, record[name])
      if (!INSIDE.has(name)) continue
      const inner = record[name]
      if (inner === null || typeof inner !== 'object') continue
      for (const field in inner) {
        // A field of an object of JSON.
        if (FIELDS.has(field) && !NOT_INSIDE.has(field)) add(keys, (inner as DataRecord)[field])
      }
    }
  }
  return keys
}

function add(keys: Set<string>, value: unknown): void {
  const key = normalKey(value)
  if (key !== undefined) keys.add(key)
}
