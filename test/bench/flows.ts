import type { Flow } from '../../server/flow/document/flow.ts'

/** Twelve fields of a contact, keyed by the customer of the invoice. */
export const CONTACT = `{
  "9001": Contact.ContactID, "1": "Customer", "2": $substringAfter(Contact.Name, " "), "3": "c" & $substring(InvoiceNumber, 4) & "@example.com",
  "9": Reference, "10": InvoiceNumber, "11": CurrencyCode, "13": Date, "15": DueDate, "17": Status = "PAID" ? "paid" : "open",
  "18": Contact.Name, "25": "https://example.com/" & InvoiceNumber
}`

export const PURCHASE = `(
  $number := InvoiceNumber; $day := FullyPaidOnDate; $currency := CurrencyCode;
  {
    "document": "invoice " & InvoiceID, "contact": Contact.ContactID,
    "rows": [LineItems.{
      "item": ItemCode, "price": LineAmount, "order": $number, "timestamp": $day & "T12:00:00Z", "quantity": Quantity,
      "f_original_amount": LineAmount, "s_original_currency": $currency, "s_kind": "sale"
    }]
  }
)`

const slots = {
  xero: { connector: 'xero', title: 'Xero' },
  emarsys: { connector: 'emarsys', title: 'Emarsys' },
} as const
const base = { format: 1, description: '', capture: 'full', slots } as const
const start = { id: 'start', operation: 'manual', name: 'Start', settings: {} }
const invoices = {
  id: 'invoices',
  operation: 'xero.list-invoices',
  name: 'Invoices',
  slot: 'xero',
  settings: { types: ['ACCREC'], statuses: [], pageSize: 1000 },
}
const edges = (...nodes: string[]) =>
  nodes
    .slice(1)
    .map((to, index) => ({ id: `${nodes[index]}-${to}`, from: nodes[index]!, port: 'out', to, input: 'in' }))

export const UPSERT_FLOW: Flow = {
  ...base,
  name: 'Bulk upsert',
  nodes: [
    start,
    invoices,
    { id: 'contact', operation: 'map', name: 'Contact', settings: { expression: CONTACT } },
    {
      id: 'send',
      operation: 'emarsys.upsert-contacts',
      name: 'Send',
      slot: 'emarsys',
      settings: { keyField: '9001', record: '$', policy: 'every-time' },
    },
  ],
  edges: edges('start', 'invoices', 'contact', 'send'),
}

export const SALES_FLOW: Flow = {
  ...base,
  name: 'Bulk sales rows',
  nodes: [
    start,
    invoices,
    { id: 'purchase', operation: 'map', name: 'Purchase', settings: { expression: PURCHASE } },
    {
      id: 'send',
      operation: 'emarsys.send-sales',
      name: 'Send',
      slot: 'emarsys',
      settings: { keyField: '9001', identity: 'customer', record: '$', policy: 'difference' },
    },
  ],
  edges: edges('start', 'invoices', 'purchase', 'send'),
}
