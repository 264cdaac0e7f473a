import Big from 'big.js'
import type { ConfirmedRule } from '../flow/document/policy.ts'

/** What holds where a workspace has made no policy of its own. */
export const PAID_IN_FULL: ConfirmedRule = { basis: 'paid', daysAfterDue: 0, tolerance: 0, credit: 'settled' }

const DAY_MS = 86_400_000

/**
 * The day (YYYY-MM-DD) on which an invoice became confirmed by the policy, or undefined if it does not count. Drafts,
 * submitted, voided and deleted invoices never do. Fields are those of Xero's invoices, dates as the connector gives
 * them (ISO 8601).
 * @param now milliseconds since 1970, UTC.
 */
export const confirmedOn = (policy: ConfirmedRule, invoice: unknown, now: number): string | undefined => {
  if (typeof invoice !== 'object' || invoice === null) return undefined
  const field = (name: string): unknown => (Object.hasOwn(invoice, name) ? Reflect.get(invoice, name) : undefined)
  const day = (name: string): string | undefined => {
    const value = field(name)
    return typeof value === 'string' && /^\d{4}-\d\d-\d\d/.test(value) ? value.slice(0, 10) : undefined
  }
  const status = field('Status')
  if (status !== 'PAID' && status !== 'AUTHORISED') return undefined
  if (policy.basis === 'authorised') return day('Date')
  if (status === 'PAID') return day('FullyPaidOnDate') ?? day('Date')
  if (isNearlyPaid(field('AmountDue'), [field('AmountPaid'), field('AmountCredited')], policy.tolerance)) {
    return lastPayment(field('Payments')) ?? day('UpdatedDateUTC') ?? day('Date')
  }
  if (policy.basis !== 'due') return undefined
  const due = day('DueDate') ?? day('Date')
  if (due === undefined) return undefined
  const counts = Date.parse(`${due}T00:00:00Z`) + policy.daysAfterDue * DAY_MS
  return counts <= now ? new Date(counts).toISOString().slice(0, 10) : undefined
}

/** Something has been paid or credited, and no more than the tolerance is open. */
const isNearlyPaid = (due: unknown, settled: readonly unknown[], tolerance: number): boolean => {
  const open = amount(due)
  if (tolerance <= 0 || open === undefined || !settled.some((each) => amount(each)?.gt(0))) return false
  return open.lte(tolerance)
}

const amount = (value: unknown): Big | undefined => {
  if (typeof value !== 'number' && typeof value !== 'string') return undefined
  try {
    return new Big(value)
  } catch {
    return undefined
  }
}

const lastPayment = (payments: unknown): string | undefined => {
  if (!Array.isArray(payments)) return undefined
  const days = payments.flatMap((payment: unknown) => {
    const date: unknown = typeof payment === 'object' && payment !== null ? Reflect.get(payment, 'Date') : undefined
    return typeof date === 'string' ? [date.slice(0, 10)] : []
  })
  return days.sort().at(-1)
}
