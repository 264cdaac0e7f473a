import { Type } from 'typebox'
import { defineWrite } from '../../kit/connector.ts'
import { textOf } from '../../kit/fields.ts'
import { DOCUMENT_PROPERTIES, invalid, isSameDocument, preparedDocument } from '../write/document-payload.ts'
import { probeByText } from '../write/find-sent.ts'
import { LOCK_PERMISSIONS, refuseLocked } from '../write/lock-dates.ts'
import { DOCUMENT_MONEY } from '../read/money-fields.ts'
import { Text } from '../write/payload-fields.ts'
import { KEY_KEPT_MS, MOST_ELEMENTS, sendList } from '../write/writes.ts'

const permissions = ['accounting.invoices']

export const createCreditNotes = defineWrite({
  name: 'create-credit-notes',
  title: 'Create credit notes',
  summary: 'Creates credit notes with their lines, each once for its number or reference. Allocate them afterwards.',
  synonyms: ['refund', 'return', 'credit memo'],
  settings: Type.Object(
    {
      type: Type.Union(
        [
          Type.Literal('ACCRECCREDIT', { title: 'To customers' }),
          Type.Literal('ACCPAYCREDIT', { title: 'From suppliers' }),
        ],
        { title: 'Type', default: 'ACCRECCREDIT' },
      ),
      status: Type.Union(
        [
          Type.Literal('DRAFT', { title: 'Draft: a person approves it in Xero' }),
          Type.Literal('SUBMITTED', { title: 'Waiting for approval' }),
          Type.Literal('AUTHORISED', { title: 'Approved: it is in the books at once' }),
        ],
        { title: 'Created as', default: 'DRAFT' },
      ),
      keyField: Type.Union(
        [
          Type.Literal('CreditNoteNumber', { title: 'Credit note number' }),
          Type.Literal('Reference', { title: 'Reference (to customers only); Xero gives the number' }),
        ],
        { title: 'A credit note is known by', default: 'CreditNoteNumber' },
      ),
    },
    { additionalProperties: false },
  ),
  permissions: [...permissions, ...LOCK_PERMISSIONS],
  moneyFields: DOCUMENT_MONEY,
  effect: 'keyed',
  keyWindowMs: KEY_KEPT_MS,
  policies: ['once-per-key', 'every-time'],
  payload: Type.Object(
    {
      CreditNoteNumber: Type.Optional(Text('Credit note number')),
      Reference: Type.Optional(Text('Reference')),
      ...DOCUMENT_PROPERTIES,
    },
    { additionalProperties: false, title: 'Credit note' },
  ),
  maxBatch: MOST_ELEMENTS,
  prepare({ type, keyField }, payload) {
    if (type === 'ACCPAYCREDIT' && keyField === 'Reference') {
      throw invalid('credit note', 'those from suppliers have no reference; use the credit note number.')
    }
    return preparedDocument('credit note', keyField, payload)
  },
  key: ({ type, keyField }, payload) => `${type}:${textOf(payload[keyField])}`,
  check: (context, items) => refuseLocked(context, items, ({ value }) => textOf(value.Date) || undefined),
  write: (context, items, call) =>
    sendList(context, {
      method: 'PUT',
      path: '/CreditNotes',
      list: 'CreditNotes',
      elements: items.map((item) => ({
        Type: context.settings.type,
        Status: context.settings.status,
        ...item.value,
      })),
      doing: 'create credit notes',
      permissions,
      key: call.id,
    }),
  probe: (context, items) =>
    probeByText(context, items, {
      call: { path: '/CreditNotes', list: 'CreditNotes', doing: 'look for credit notes', permissions },
      keyField: context.settings.keyField,
      where: `Type=="${context.settings.type}"`,
      isLike: isSameDocument,
    }),
})
