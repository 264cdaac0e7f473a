import type { Flow } from '../../../server/flow/document/flow.ts'

export const paidInvoices: Flow = {
  format: 1,
  name: 'Paid invoices → Emarsys purchases',
  description: 'Sends every paid Xero invoice to Emarsys as purchases: the contact first, then one row per line.',
  capture: 'full',
  slots: { ledger: { connector: 'xero', title: 'Xero' }, engagement: { connector: 'emarsys', title: 'Emarsys' } },
  nodes: [
    { id: 'start', operation: 'schedule', name: 'Every 15 minutes', settings: { mode: 'interval', everyMinutes: 15 } },
    {
      id: 'invoices',
      operation: 'xero.list-invoices',
      name: 'Read invoices',
      slot: 'ledger',
      settings: { statuses: ['PAID', 'VOIDED'] },
    },
    { id: 'paid', operation: 'filter', name: 'Only paid ones', settings: { condition: 'Status = "PAID"' } },
    {
      id: 'contacts',
      operation: 'emarsys.upsert-contacts',
      name: 'Write contacts',
      slot: 'engagement',
      settings: { record: '{ "3": Contact.EmailAddress }' },
      note: 'Opt-in stays untouched.',
    },
    {
      id: 'rows',
      operation: 'map',
      name: 'One row per line',
      settings: {
        expression:
          'LineItems.{ "item": ItemCode, "price": LineAmount, "share": LineAmount / $sum(%.LineItems.LineAmount) }',
      },
    },
    {
      id: 'sales',
      operation: 'emarsys.sales-data',
      name: 'Send purchases',
      slot: 'engagement',
      settings: { record: '$' },
    },
  ],
  edges: [
    { id: 'e1', from: 'start', port: 'out', to: 'invoices', input: 'in' },
    { id: 'e2', from: 'invoices', port: 'out', to: 'paid', input: 'in' },
    { id: 'e3', from: 'paid', port: 'out', to: 'contacts', input: 'in' },
    { id: 'e4', from: 'contacts', port: 'out', to: 'rows', input: 'in' },
    { id: 'e5', from: 'rows', port: 'out', to: 'sales', input: 'in' },
  ],
}
