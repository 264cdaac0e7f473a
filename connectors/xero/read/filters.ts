import type { Window } from '../../kit/connector.ts'

// Parts of Xero's `where`. Text compares without regard to case.

/** Documents of days from `from`, up to but without `to`. */
export function ofDays({ from, to }: Window): string {
  return `Date>=${day(from)} AND Date<${day(to)}`
}

/** Documents of that day and later ones. */
export const sinceDay = (from: string): string => `Date>=${day(from)}`

// A day is YYYY-MM-DD; a leading zero is none of Xero's numbers.
const day = (text: string) => `DateTime(${text.split('-').map(Number).join(',')})`

/** All of the filters that are there. */
export function allOf(...filters: readonly (string | undefined)[]): string | undefined {
  const given = filters.filter((filter) => filter !== undefined && filter !== '')
  return given.length > 1 ? given.map((filter) => `(${filter})`).join(' AND ') : given[0]
}

/** One of these values of a text field; nothing when none of them can be asked for. */
export function anyText(field: string, values: readonly string[]): string | undefined {
  return values.map((value) => `${field}=="${value}"`).join(' OR ') || undefined
}

/** The filter has no way to write these, so nothing can be found by them. */
export const isAskable = (value: string): boolean => !/["\\\p{Cc}]/u.test(value)
