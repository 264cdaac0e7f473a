import { Type } from 'typebox'

export const PageSize = Type.Integer({
  title: 'Records per page',
  description: 'Fewer make the pages quicker and the calls more.',
  minimum: 1,
  maximum: 1000,
  default: 1000,
})

export const ChangedSince = Type.String({
  title: 'First run: only what changed since',
  description: 'A date such as 2026-01-31. Empty: everything. Xero refuses a read of more than 100,000 records.',
  pattern: '^(\\d{4}-\\d{2}-\\d{2})?$',
  default: '',
})

/** A day of a report. */
export const ReportDay = (title: string) =>
  Type.String({
    title,
    description: 'A date such as 2026-01-31. Empty: what Xero takes by itself, as a rule today or this month.',
    pattern: '^(\\d{4}-\\d{2}-\\d{2})?$',
    default: '',
  })

/** Xero's filter for some of `all` document types; none when every type is wanted. */
export function typeFilter(types: readonly string[], all: number): string | undefined {
  return types.length >= all ? undefined : types.map((type) => `Type=="${type}"`).join(' OR ')
}
