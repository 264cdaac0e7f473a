import { Type } from 'typebox'
import { defineLookup } from '../../kit/connector.ts'
import { findByIds, MAX_IDS } from '../read/by-id.ts'
import { DOCUMENT_MONEY } from '../read/money-fields.ts'
import { invoiceFlaw } from '../read/shapes.ts'

const permissions = ['accounting.invoices.read']

export const getInvoices = defineLookup({
  name: 'get-invoices',
  title: 'Get invoices by id',
  summary: 'Finds invoices with their lines, for example those that a credit note was allocated to.',
  synonyms: ['look up invoice'],
  settings: Type.Object({}, { additionalProperties: false }),
  permissions,
  moneyFields: DOCUMENT_MONEY,
  maxBatch: MAX_IDS,
  find: (context, keys) =>
    findByIds(context, keys, 'InvoiceID', invoiceFlaw, (ids) => ({
      path: '/Invoices',
      list: 'Invoices',
      doing: 'get invoices',
      permissions,
      // With a page Xero gives the lines, without one it leaves them out.
      query: { IDs: ids.join(','), page: 1, pageSize: MAX_IDS, unitdp: 4 },
    })),
})
