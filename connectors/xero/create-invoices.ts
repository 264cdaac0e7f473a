import { Type } from 'typebox'
import { type Context, type DataRecord, defineWrite, type WriteItem } from '../kit/connector.ts'
import { StepError } from '../kit/errors.ts'
import { fieldsOf, listOf, textOf } from '../kit/fields.ts'
import { amountOf, dayOf } from './amounts.ts'
import { getList, KEY_KEPT_MS, MOST_ELEMENTS, putList } from './client.ts'
import { allOf, anyText, isAskable } from './filters.ts'
import { DOCUMENT_MONEY } from './money-fields.ts'

const permissions = ['accounting.invoices']

/** Keys of one question. With 200 characters each, percent-encoded, the address stays below 16 kB. */
const KEYS_PER_LOOK = 20

const Amount = (title: string) => Type.Union([Type.Number(), Type.String()], { title })
const Text = (title: string, maxLength = 255) => Type.String({ title, maxLength })

const LINE_AMOUNTS = ['Quantity', 'UnitAmount', 'LineAmount', 'TaxAmount', 'DiscountRate', 'DiscountAmount'] as const

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
  permissions,
  moneyFields: DOCUMENT_MONEY,
  effect: 'keyed',
  keyWindowMs: KEY_KEPT_MS,
  policies: ['once-per-key', 'every-time'],
  payload: Type.Object(
    {
      InvoiceNumber: Type.Optional(Text('Invoice number')),
      Reference: Type.Optional(Text('Reference')),
      Contact: Type.Object(
        {
          ContactID: Type.Optional(Text('Contact id')),
          ContactNumber: Type.Optional(Text('Contact number', 50)),
          Name: Type.Optional(Text('Name')),
        },
        { additionalProperties: false, title: 'Contact', description: 'By id, number or name, as Xero knows it' },
      ),
      Date: Type.Optional(Text('Date, YYYY-MM-DD')),
      DueDate: Type.Optional(Text('Due date, YYYY-MM-DD')),
      LineAmountTypes: Type.Optional(
        Type.Union(['Exclusive', 'Inclusive', 'NoTax'].map((one) => Type.Literal(one), { title: 'Tax in amounts' })),
      ),
      CurrencyCode: Type.Optional(Text('Currency', 3)),
      CurrencyRate: Type.Optional(Amount('Rate to the base currency')),
      Url: Type.Optional(Text('Address of the source document', 2000)),
      LineItems: Type.Array(
        Type.Object(
          {
            Description: Type.Optional(Text('Description', 4000)),
            Quantity: Type.Optional(Amount('Quantity')),
            UnitAmount: Type.Optional(Amount('Price of one, up to 4 decimals')),
            LineAmount: Type.Optional(Amount('Amount of the line')),
            ItemCode: Type.Optional(Text('Item code', 30)),
            AccountCode: Type.Optional(Text('Account code', 10)),
            TaxType: Type.Optional(Text('Tax type', 50)),
            TaxAmount: Type.Optional(Amount('Tax, where it must not be computed')),
            DiscountRate: Type.Optional(Amount('Discount in percent')),
            DiscountAmount: Type.Optional(Amount('Discount')),
            Tracking: Type.Optional(
              Type.Array(
                Type.Object({ Name: Text('Category'), Option: Text('Option') }, { additionalProperties: false }),
                {
                  title: 'Tracking',
                  maxItems: 2,
                },
              ),
            ),
          },
          { additionalProperties: false },
        ),
        { title: 'Lines', minItems: 1, maxItems: 1000 },
      ),
    },
    { additionalProperties: false, title: 'Invoice' },
  ),
  maxBatch: MOST_ELEMENTS,
  prepare({ type, keyField }, payload) {
    if (type === 'ACCPAY' && keyField === 'Reference') throw invalid('bills have no reference; use the invoice number.')
    const key = textOf(payload[keyField]).trim()
    if (key === '') throw invalid(`it has no ${keyField}, by which it is known.`)
    if (key.length > 200 || !isAskable(key)) {
      throw invalid(`its ${keyField} cannot be looked for: longer than 200 characters, or with quotes or backslashes.`)
    }
    const contact = fieldsOf(payload.Contact)
    if (!['ContactID', 'ContactNumber', 'Name'].some((name) => textOf(contact[name]).trim() !== '')) {
      throw invalid('its contact has neither id, number nor name.')
    }
    const { CurrencyRate, ...rest } = payload
    return {
      ...rest,
      [keyField]: key,
      ...days(payload),
      ...(CurrencyRate === undefined ? {} : { CurrencyRate: amount(CurrencyRate, 'CurrencyRate') }),
      LineItems: listOf(payload.LineItems).map((line) => preparedLine(fieldsOf(line))),
    }
  },
  key: ({ type, keyField }, payload) => `${type}:${textOf(payload[keyField])}`,
  write: (context, items, call) =>
    putList(context, {
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
  async probe(context, items) {
    const { type, keyField } = context.settings
    const found = await findByKey(context, type, keyField, items)
    return items.map(({ value }) => {
      const same = found.get(textOf(value[keyField]).toLowerCase()) ?? []
      if (same.length === 0) return 'absent'
      return same.some((invoice) => isLike(invoice, value)) ? 'arrived' : 'unclear'
    })
  },
})

async function findByKey(
  context: Context,
  type: string,
  keyField: 'InvoiceNumber' | 'Reference',
  items: readonly WriteItem[],
): Promise<Map<string, readonly DataRecord[]>> {
  const keys = [...new Set(items.map(({ value }) => textOf(value[keyField])))]
  const found: DataRecord[] = []
  for (let from = 0; from < keys.length; from += KEYS_PER_LOOK) {
    const some = keys.slice(from, from + KEYS_PER_LOOK)
    const { records } = await getList(context, {
      path: '/Invoices',
      list: 'Invoices',
      doing: 'look for invoices',
      permissions,
      query: { where: allOf(`Type=="${type}"`, anyText(keyField, some)), page: 1, pageSize: 1000 },
    })
    found.push(...records)
  }
  return Map.groupBy(found, (invoice) => textOf(invoice[keyField]).toLowerCase())
}

/** Another invoice may have had the number before: ours has our contact, day and number of lines. */
function isLike(found: DataRecord, sent: DataRecord): boolean {
  const contact = fieldsOf(found.Contact)
  const wanted = fieldsOf(sent.Contact)
  const same = (name: string) =>
    textOf(wanted[name]) === '' ||
    textOf(contact[name]) === '' ||
    textOf(contact[name]).toLowerCase() === textOf(wanted[name]).trim().toLowerCase()
  return (
    ['ContactID', 'ContactNumber', 'Name'].every(same) &&
    (sent.Date === undefined || dayOf(found.Date) === sent.Date) &&
    listOf(found.LineItems).length === listOf(sent.LineItems).length
  )
}

function preparedLine(line: DataRecord): DataRecord {
  const prepared: { [field: string]: unknown } = { ...line }
  for (const name of LINE_AMOUNTS) if (line[name] !== undefined) prepared[name] = amount(line[name], name)
  return prepared
}

function days(payload: DataRecord): DataRecord {
  const prepared: { [field: string]: unknown } = {}
  for (const name of ['Date', 'DueDate']) {
    if (payload[name] === undefined) continue
    const day = dayOf(payload[name])
    if (day === undefined) throw invalid(`its ${name} is no day such as 2026-11-03.`)
    prepared[name] = day
  }
  return prepared
}

function amount(value: unknown, name: string): number {
  const number = amountOf(value)
  if (number === undefined) throw invalid(`“${name}” is no number that can be sent whole.`)
  return number
}

const invalid = (reason: string) => new StepError('INVALID_INPUT', `This invoice cannot be created: ${reason}`)
