import { malformed, Refused } from './answers.ts'
import { field, listField, textField } from './input.ts'
import type { Books, Document, Line } from './model.ts'
import { fromCents, lineAmountOf, roundDivide, toCents, toScaled } from './money.ts'
import { ID_KIND, uuidOf } from './random.ts'
import { accountOf, accountWithId, taxFits, taxRateOf } from './settings.ts'
import { readTracking } from './tracking.ts'
import type { Wire } from './wire.ts'

export type ReadLines = {
  readonly lines: Line[]
  readonly errors: readonly string[]
  /** Tax amounts the sender insists on, by line. */
  readonly taxes: ReadonlyMap<number, number>
}

const LARGEST_LINE = 999_999_999_999
const LONGEST_DESCRIPTION = 4000

export type LineRules = {
  readonly unitDigits: 2 | 4
  readonly sale: boolean
  /** AUTHORISED needs complete lines, drafts may lack an account. */
  readonly complete: boolean
}

/** Lines as sent. One with the id of an existing line changes it; the others are new; those not named are gone. */
export function readLines(
  books: Books,
  element: Wire,
  existing: readonly Line[],
  rules: LineRules,
): ReadLines | undefined {
  const given = listField(element, 'LineItems')
  if (!given) return undefined
  const errors: string[] = []
  const taxes = new Map<number, number>()
  const lines = given.map((one) => {
    const id = textField(one, 'LineItemID')?.toLowerCase()
    const old = id ? existing.find((line) => uuidOf(books.seed, ID_KIND.line, line.n) === id) : undefined
    const line = readLine(books, one, old, rules, errors)
    const tax = number(one, 'TaxAmount', toCents)
    if (tax !== undefined) taxes.set(line.n, tax)
    return line
  })
  return { lines, errors, taxes }
}

function readLine(books: Books, given: Wire, old: Line | undefined, rules: LineRules, errors: string[]): Line {
  const description = textField(given, 'Description') ?? old?.description ?? ''
  const itemCode = textField(given, 'ItemCode') ?? old?.itemCode ?? ''
  if (description.length > LONGEST_DESCRIPTION) errors.push('Description is longer than 4000 characters.')
  if (description === '' && itemCode === '') errors.push('A line item must have a description.')
  const unitSent = number(given, 'UnitAmount', (value) =>
    rules.unitDigits === 4 ? toScaled(value, 4) : scale(toScaled(value, 2)),
  )
  const amountSent = number(given, 'LineAmount', toCents)
  let quantity = number(given, 'Quantity', (value) => toScaled(value, 4)) ?? old?.quantity ?? null
  let unit = unitSent ?? old?.unit ?? null
  const n = old?.n ?? books.nextLine++
  const tracking = readTracking(books, given, errors) ?? old?.tracking ?? []
  if (unit === null && (amountSent === undefined || amountSent === 0) && (quantity === null || quantity === 0)) {
    return { ...EMPTY, n, description, itemCode, tracking }
  }
  quantity ??= 10_000
  // The price follows from the amount when only that was sent.
  unit ??= quantity === 0 ? 0 : roundDivide((amountSent ?? 0) * 1_000_000, quantity)
  const discountRate = number(given, 'DiscountRate', (value) => toScaled(value, 4)) ?? old?.discountRate ?? 0
  const discountAmount = number(given, 'DiscountAmount', toCents) ?? old?.discountAmount ?? 0
  if (!rules.sale && (discountRate !== 0 || discountAmount !== 0)) errors.push('Discounts are for sales invoices only.')
  if (discountRate < 0 || discountRate > 1_000_000) errors.push('DiscountRate must be between 0 and 100.')
  const computed = lineAmountOf(quantity, unit, Math.min(Math.max(discountRate, 0), 1_000_000)) - discountAmount
  const amount = unitSent === undefined && !old && amountSent !== undefined ? amountSent : computed
  if (amountSent !== undefined && amountSent !== amount) {
    errors.push(`The line total ${fromCents(amountSent)} does not match the expected line total ${fromCents(amount)}`)
  }
  if (Math.abs(amount) > LARGEST_LINE) errors.push('LineAmount is larger than 9,999,999,999.99.')
  const { account, tax } = readAccountAndTax(books, given, old, rules, errors)
  return {
    n,
    description,
    quantity,
    unit,
    discountRate,
    discountAmount,
    account,
    tax,
    itemCode,
    amount,
    taxAmount: 0,
    tracking,
  }
}

function readAccountAndTax(books: Books, given: Wire, old: Line | undefined, rules: LineRules, errors: string[]) {
  const id = textField(given, 'AccountID')
  const code =
    textField(given, 'AccountCode') ?? (id ? accountWithId(books.seed, id)?.code : undefined) ?? old?.account ?? ''
  const account = accountOf(code)
  if (code && books.archivedAccounts.has(code)) errors.push(`Account code '${code}' has been archived.`)
  if (code && !account) errors.push(`Account code '${code}' is not a valid code for this document.`)
  else if (account && (account.system || account.type === 'BANK'))
    errors.push(`Account code '${code}' is not a valid code for this document.`)
  if (!code && rules.complete) errors.push('Account code must be specified.')
  const type = textField(given, 'TaxType') ?? (old?.tax || undefined) ?? account?.tax ?? ''
  const rate = taxRateOf(type)
  if (type && (!rate || (account && !taxFits(rate, account)))) {
    errors.push(`The TaxType code '${type}' cannot be used with account code '${code}'.`)
  }
  return { account: code, tax: type }
}

const scale = (cents: number | undefined): number | undefined => (cents === undefined ? undefined : cents * 100)

/** A number that was sent must be one. */
function number(given: Wire, name: string, read: (value: unknown) => number | undefined): number | undefined {
  const value = field(given, name)
  if (value === undefined || value === '') return undefined
  const found = read(value)
  if (found === undefined)
    throw new Refused(malformed(`'${String(value)}' in ${name} is no number that could be read.`))
  return found
}

const EMPTY = {
  quantity: null,
  unit: null,
  discountRate: 0,
  discountAmount: 0,
  account: '',
  tax: '',
  amount: 0,
  taxAmount: 0,
} as const

/** Whether the money of two sets of lines is the same: what may not change once something is paid. */
export function sameMoney(document: Document, lines: readonly Line[]): boolean {
  return (
    document.lines.length === lines.length &&
    document.lines.every((line, i) => {
      const other = lines[i]
      return (
        other !== undefined &&
        line.quantity === other.quantity &&
        line.unit === other.unit &&
        line.amount === other.amount &&
        line.tax === other.tax
      )
    })
  )
}
