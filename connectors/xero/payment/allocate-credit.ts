import { Type } from 'typebox'
import { type DataRecord, defineWrite } from '../../kit/connector.ts'
import { fieldsOf, listOf, textOf } from '../../kit/fields.ts'
import { amountOf } from '../write/amounts.ts'
import { GUID } from '../read/by-id.ts'
import { getList } from '../client/client.ts'
import { amount, day, invalid } from '../write/document-payload.ts'
import { LOCK_PERMISSIONS, refuseLocked } from '../write/lock-dates.ts'
import { Amount, Text } from '../write/payload-fields.ts'
import { KEY_KEPT_MS, sendWhole } from '../write/writes.ts'

const permissions = ['accounting.invoices', 'accounting.payments']

/** A kind of credit and the field with its id. */
const KINDS = { CreditNotes: 'CreditNoteID', Prepayments: 'PrepaymentID', Overpayments: 'OverpaymentID' } as const

export const allocateCredit = defineWrite({
  name: 'allocate-credit',
  title: 'Allocate credit',
  summary: 'Applies credit notes, prepayments or overpayments to invoices of the same contact and currency.',
  synonyms: ['apply credit note', 'use prepayment', 'allocation', 'settle invoice'],
  settings: Type.Object(
    {
      of: Type.Union(
        [
          Type.Literal('CreditNotes', { title: 'Credit notes' }),
          Type.Literal('Prepayments', { title: 'Prepayments' }),
          Type.Literal('Overpayments', { title: 'Overpayments' }),
        ],
        { title: 'Allocate', default: 'CreditNotes' },
      ),
    },
    { additionalProperties: false },
  ),
  permissions: [...permissions, ...LOCK_PERMISSIONS],
  moneyFields: ['Amount'],
  effect: 'keyed',
  keyWindowMs: KEY_KEPT_MS,
  policies: ['once-per-key', 'every-time'],
  payload: Type.Object(
    {
      CreditID: Text('Id of the credit note, prepayment or overpayment'),
      InvoiceID: Text('Id of the invoice'),
      Amount: Amount('Amount, in the currency of both'),
      Date: Text('Date, YYYY-MM-DD'),
      Key: Type.Optional(Text('Key, where one credit is applied to one invoice more than once', 100)),
    },
    { additionalProperties: false, title: 'Allocation' },
  ),
  maxBatch: 1,
  prepare(_settings, payload) {
    const [CreditID, InvoiceID] = [payload.CreditID, payload.InvoiceID].map((id) => textOf(id).trim().toLowerCase())
    if (!GUID.test(CreditID ?? '') || !GUID.test(InvoiceID ?? '')) {
      throw invalid('allocation', 'its CreditID or InvoiceID is no id of Xero.')
    }
    const sum = amount('allocation', payload.Amount, 'Amount')
    if (sum <= 0) throw invalid('allocation', 'its Amount is not above zero.')
    const key = textOf(payload.Key).trim()
    return {
      CreditID,
      InvoiceID,
      Amount: sum,
      Date: day('allocation', payload.Date, 'Date'),
      ...(key === '' ? {} : { Key: key }),
    }
  },
  key: ({ of }, { CreditID: credit, InvoiceID: invoice, Key: key }) =>
    [of, credit, invoice, ...(key === undefined ? [] : [key])].map(textOf).join(':'),
  check: (context, items) => refuseLocked(context, items, ({ value }) => textOf(value.Date)),
  async write(context, items, call) {
    const { CreditID, InvoiceID, Amount: sum, Date: on } = items[0]?.value ?? {}
    const elements = [{ Amount: sum, Date: on, Invoice: { InvoiceID } }]
    await sendWhole(
      context,
      {
        method: 'PUT',
        path: `/${context.settings.of}/${textOf(CreditID)}/Allocations`,
        list: 'Allocations',
        elements,
        doing: 'allocate credit',
        permissions,
        key: call.id,
      },
      { Allocations: elements },
    )
    return [{ status: 'confirmed' }]
  },
  async probe(context, items) {
    const { of } = context.settings
    const { CreditID, InvoiceID, Amount: sum } = items[0]?.value ?? {}
    const { records } = await getList(context, {
      path: `/${of}/${textOf(CreditID)}`,
      list: of,
      doing: 'look for an allocation',
      permissions,
    })
    const credit: DataRecord = records[0] ?? {}
    if (textOf(credit[KINDS[of]]).toLowerCase() !== CreditID) return ['unclear']
    const same = listOf(credit.Allocations)
      .map(fieldsOf)
      .filter((one) => textOf(fieldsOf(one.Invoice).InvoiceID).toLowerCase() === InvoiceID)
    if (same.length === 0) return ['absent']
    return [same.some((one) => amountOf(one.Amount) === sum) ? 'arrived' : 'unclear']
  },
})
