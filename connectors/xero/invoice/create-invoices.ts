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

export const createInvoices = defineWrite({
  name: 'create-invoices',
  title: 'Create invoices',
  summary: 'Creates sales invoices or bills with their lines, each once for its number or reference.',
  synonyms: ['bill', 'sale', 'book revenue', 'post invoice'],
  settings: Type.Object(
    {
      type: Type.Union(
        [Type.Literal('ACCREC', { title: 'Sales invoices' }), Type.Literal('ACCPAY', { title: 'Bills' })],
        { title: 'Type', default: 'ACCREC' },
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
          Type.Literal('InvoiceNumber', { title: 'Invoice number' }),
          Type.Literal('Reference', { title: 'Reference (sales only); Xero gives the number' }),
        ],
        { title: 'An invoice is known by', default: 'InvoiceNumber' },
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
      InvoiceNumber: Type.Optional(Text('Invoice number')),
      Reference: Type.Optional(Text('Reference')),
      ...DOCUMENT_PROPERTIES,
      DueDate: Type.Optional(Text('Due date, YYYY-MM-DD')),
      Url: Type.Optional(Text('Address of the source document', 2000)),
    },
    { additionalProperties: false, title: 'Invoice' },
  ),
  maxBatch: MOST_ELEMENTS,
  prepare({ type, keyField }, payload) {
    if (type === 'ACCPAY' && keyField === 'Reference') {
      throw invalid('invoice', 'bills have no reference; use the invoice number.')
    }
    return preparedDocument('invoice', keyField, payload)
  },
  key: ({ type, keyField }, payload) => `${type}:${textOf(payload[keyField])}`,
  check: (context, items) => refuseLocked(context, items, ({ value }) => textOf(value.Date) || undefined),
  write: (context, items, call) =>
    sendList(context, {
      method: 'PUT',
      path: '/Invoices',
      list: 'Invoices',
      elements: items.map((item) => ({
        Type: context.settings.type,
        Status: context.settings.status,
        ...item.value,
      })),
      doing: 'create invoices',
      permissions,
      key: call.id,
    }),
  probe: (context, items) =>
    probeByText(context, items, {
      call: { path: '/Invoices', list: 'Invoices', doing: 'look for invoices', permissions },
      keyField: context.settings.keyField,
      where: `Type=="${context.settings.type}"`,
      isLike: isSameDocument,
    }),
})
