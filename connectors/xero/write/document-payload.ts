import { Type } from 'typebox'
import type { DataRecord } from '../../kit/connector.ts'
import { StepError } from '../../kit/errors.ts'
import { fieldsOf, listOf, textOf } from '../../kit/fields.ts'
import { amountOf, dayOf } from './amounts.ts'
import { isAskable } from '../read/filters.ts'
import { Amount, Text, Tracking } from './payload-fields.ts'

// What invoices, bills and credit notes have in common when they are written.

/** Keys of one question. With 200 characters each, percent-encoded, the address stays below 16 kB. */
export const KEYS_PER_LOOK = 20
const LONGEST_KEY = 200

const LINE_AMOUNTS = ['Quantity', 'UnitAmount', 'LineAmount', 'TaxAmount', 'DiscountRate', 'DiscountAmount'] as const

export const DOCUMENT_PROPERTIES = {
  Contact: Type.Object(
    {
      ContactID: Type.Optional(Text('Contact id')),
      ContactNumber: Type.Optional(Text('Contact number', 50)),
      Name: Type.Optional(Text('Name')),
    },
    { additionalProperties: false, title: 'Contact', description: 'By id, number or name, as Xero knows it' },
  ),
  Date: Type.Optional(Text('Date, YYYY-MM-DD')),
  LineAmountTypes: Type.Optional(
    Type.Union(['Exclusive', 'Inclusive', 'NoTax'].map((one) => Type.Literal(one), { title: 'Tax in amounts' })),
  ),
  CurrencyCode: Type.Optional(Text('Currency', 3)),
  CurrencyRate: Type.Optional(Amount('Rate to the base currency')),
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
        Tracking: Type.Optional(Tracking),
      },
      { additionalProperties: false },
    ),
    { title: 'Lines', minItems: 1, maxItems: 1000 },
  ),
}

/** `what`: “invoice”, for messages. The key is trimmed, days are days and amounts numbers afterwards. */
export function preparedDocument(what: string, keyField: string, payload: DataRecord): DataRecord {
  const key = textOf(payload[keyField]).trim()
  if (key === '') throw invalid(what, `it has no ${keyField}, by which it is known.`)
  if (key.length > LONGEST_KEY || !isAskable(key)) {
    throw invalid(
      what,
      `its ${keyField} cannot be looked for: longer than ${LONGEST_KEY} characters, or with quotes or backslashes.`,
    )
  }
  const contact = fieldsOf(payload.Contact)
  if (!['ContactID', 'ContactNumber', 'Name'].some((name) => textOf(contact[name]).trim() !== '')) {
    throw invalid(what, 'its contact has neither id, number nor name.')
  }
  const { CurrencyRate, ...rest } = payload
  return {
    ...rest,
    [keyField]: key,
    ...days(what, payload),
    ...(CurrencyRate === undefined ? {} : { CurrencyRate: amount(what, CurrencyRate, 'CurrencyRate') }),
    LineItems: listOf(payload.LineItems).map((line) => preparedLine(what, fieldsOf(line))),
  }
}

/** Another document may have had the number before: ours has our contact, day and number of lines. */
export function isSameDocument(found: DataRecord, sent: DataRecord): boolean {
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

function preparedLine(what: string, line: DataRecord): DataRecord {
  const prepared: { [field: string]: unknown } = { ...line }
  for (const name of LINE_AMOUNTS) if (line[name] !== undefined) prepared[name] = amount(what, line[name], name)
  return prepared
}

function days(what: string, payload: DataRecord): DataRecord {
  const prepared: { [field: string]: unknown } = {}
  for (const name of ['Date', 'DueDate']) {
    if (payload[name] !== undefined) prepared[name] = day(what, payload[name], name)
  }
  return prepared
}

export function day(what: string, value: unknown, name: string): string {
  const found = dayOf(value)
  if (found === undefined) throw invalid(what, `its ${name} is no day such as 2026-11-03.`)
  return found
}

export function amount(what: string, value: unknown, name: string): number {
  const number = amountOf(value)
  if (number === undefined) throw invalid(what, `“${name}” is no number that can be sent whole.`)
  return number
}

export const invalid = (what: string, reason: string) =>
  new StepError('INVALID_INPUT', `This ${what} cannot be sent: ${reason}`)
