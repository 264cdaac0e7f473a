import { Type } from 'typebox'
import { defineLookup } from '../../kit/connector.ts'
import { findByIds, MAX_IDS } from '../read/by-id.ts'
import { DOCUMENT_MONEY } from '../read/money-fields.ts'
import { creditNoteFlaw } from '../read/shapes.ts'

const permissions = ['accounting.invoices.read']

export const getCreditNotes = defineLookup({
  name: 'get-credit-notes',
  title: 'Get credit notes by id',
  summary: 'Finds credit notes with their lines and allocations.',
  synonyms: ['look up credit note', 'refund'],
  settings: Type.Object({}, { additionalProperties: false }),
  permissions,
  moneyFields: DOCUMENT_MONEY,
  maxBatch: MAX_IDS,
  find: (context, keys) =>
    findByIds(context, keys, 'CreditNoteID', creditNoteFlaw, (ids) => ({
      path: '/CreditNotes',
      list: 'CreditNotes',
      doing: 'get credit notes',
      permissions,
      // This list has no IDs parameter, only the filter. Ids were checked to be GUIDs: nothing to quote.
      query: {
        where: ids.map((id) => `CreditNoteID==Guid("${id}")`).join(' OR '),
        page: 1,
        pageSize: MAX_IDS,
        unitdp: 4,
      },
    })),
})
