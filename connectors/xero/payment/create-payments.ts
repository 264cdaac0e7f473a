import { Type } from 'typebox'
import { type DataRecord, defineWrite } from '../../kit/connector.ts'
import { fieldsOf, textOf } from '../../kit/fields.ts'
import { amountOf, dayOf } from '../write/amounts.ts'
import { amount, day, invalid } from '../write/document-payload.ts'
import { isAskable } from '../read/filters.ts'
import { probeByText } from '../write/find-sent.ts'
import { LOCK_PERMISSIONS, refuseLocked } from '../write/lock-dates.ts'
import { Amount, Text } from '../write/payload-fields.ts'
import { KEY_KEPT_MS, MOST_ELEMENTS, sendList } from '../write/writes.ts'

const permissions = ['accounting.payments']

const Invoice = Type.Object(
  { InvoiceID: Type.Optional(Text('Invoice id')), InvoiceNumber: Type.Optional(Text('Invoice number')) },
  { additionalProperties: false, title: 'Invoice', description: 'That is paid' },
)
const CreditNote = Type.Object(
  {
    CreditNoteID: Type.Optional(Text('Credit note id')),
    CreditNoteNumber: Type.Optional(Text('Credit note number')),
  },
  { additionalProperties: false, title: 'Credit note', description: 'That is refunded' },
)

export const createPayments = defineWrite({
  name: 'create-payments',
  title: 'Create payments',
  summary: 'Books payments of invoices and refunds of credit notes, each once for its reference.',
  synonyms: ['pay invoice', 'mark as paid', 'receipt', 'refund'],
  settings: Type.Object(
    {
      account: Type.Optional(
        Type.String({
          title: 'Account',
          'x-options': 'payment-accounts',
          description: 'Code of the bank account, for payments that name none.',
          maxLength: 10,
          default: '',
        }),
      ),
    },
    { additionalProperties: false },
  ),
  permissions: [...permissions, ...LOCK_PERMISSIONS],
  moneyFields: ['Amount'],
  effect: 'keyed',
  keyWindowMs: KEY_KEPT_MS,
  policies: ['once-per-key', 'every-time'],
  rules: [
    {
      rule: 'needs-key',
      setting: 'record',
      key: 'Reference',
      severity: 'error',
      message:
        'Give each payment a “Reference” that is its own, such as the id of the transaction. By it a repeat is known.',
    },
  ],
  payload: Type.Object(
    {
      Reference: Type.String({ title: 'Reference', description: 'Of this one payment', minLength: 1, maxLength: 200 }),
      Invoice: Type.Optional(Invoice),
      CreditNote: Type.Optional(CreditNote),
      Account: Type.Optional(
        Type.Object(
          { Code: Type.Optional(Text('Account code', 10)), AccountID: Type.Optional(Text('Account id')) },
          { additionalProperties: false, title: 'Account', description: 'A bank account' },
        ),
      ),
      Date: Text('Date, YYYY-MM-DD'),
      Amount: Amount('Amount, in the currency of the document'),
      CurrencyRate: Type.Optional(Amount('Rate to the base currency')),
    },
    { additionalProperties: false, title: 'Payment' },
  ),
  maxBatch: MOST_ELEMENTS,
  prepare({ account }, payload) {
    const reference = textOf(payload.Reference).trim()
    if (reference === '' || !isAskable(reference)) {
      throw invalid('payment', 'its reference is empty, or cannot be looked for because of quotes or backslashes.')
    }
    if ((idOf(payload) === '') === (numberOf(payload) === '')) {
      throw invalid('payment', 'it names no invoice or credit note, or one by id and by number at once.')
    }
    const date = day('payment', payload.Date, 'Date')
    const given = fieldsOf(payload.Account)
    const named = textOf(given.Code) !== '' || textOf(given.AccountID) !== ''
    if (!named && !account) throw invalid('payment', 'neither it nor the node says which account the money is on.')
    return {
      ...payload,
      Reference: reference,
      Date: date,
      Account: named ? given : { Code: account },
      Amount: amount('payment', payload.Amount, 'Amount'),
      ...(payload.CurrencyRate === undefined
        ? {}
        : { CurrencyRate: amount('payment', payload.CurrencyRate, 'CurrencyRate') }),
    }
  },
  key: (_settings, payload) => textOf(payload.Reference),
  check: (context, items) => refuseLocked(context, items, ({ value }) => textOf(value.Date)),
  write: (context, items, call) =>
    sendList(context, {
      method: 'PUT',
      path: '/Payments',
      list: 'Payments',
      elements: items.map((item) => item.value),
      doing: 'create payments',
      permissions,
      key: call.id,
    }),
  probe: (context, items) =>
    probeByText(context, items, {
      call: { path: '/Payments', list: 'Payments', doing: 'look for payments', permissions },
      keyField: 'Reference',
      isLike,
    }),
})

const idOf = ({ Invoice: invoice, CreditNote: note }: DataRecord) =>
  textOf(fieldsOf(invoice).InvoiceID) || textOf(fieldsOf(note).CreditNoteID)

const numberOf = ({ Invoice: invoice, CreditNote: note }: DataRecord) =>
  textOf(fieldsOf(invoice).InvoiceNumber) || textOf(fieldsOf(note).CreditNoteNumber)

/** Xero names what was paid under `Invoice`, credit notes too. */
function isLike(found: DataRecord, sent: DataRecord): boolean {
  const document = fieldsOf(found.Invoice)
  const ids = [document.InvoiceID, document.CreditNoteID, fieldsOf(found.CreditNote).CreditNoteID].map(textOf)
  const numbers = [document.InvoiceNumber, document.CreditNoteNumber, fieldsOf(found.CreditNote).CreditNoteNumber].map(
    textOf,
  )
  const has = (all: readonly string[], one: string) => all.some((text) => text.toLowerCase() === one.toLowerCase())
  return (
    (idOf(sent) === '' || has(ids, idOf(sent))) &&
    (numberOf(sent) === '' || has(numbers, numberOf(sent))) &&
    amountOf(found.Amount) === sent.Amount &&
    dayOf(found.Date) === sent.Date
  )
}
