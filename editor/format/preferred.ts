import { separatorsOf } from '../../server/contract/number-format.ts'
import type { Preferences } from '../../server/contract/people.ts'

// How the person who is signed in wants things written. Kept here, so that every text says it the same; without a choice
// numbers and dates are written as they always were, in the browser's zone.

type Written = Pick<Preferences, 'numbers' | 'dates' | 'clock' | 'zone'>

let chosen: Written = {}
export const prefer = (wanted: Written): void => {
  chosen = wanted
}
export const preferred = (): Written => chosen
/** The zone in which times are shown and asked for. */
export const preferredZone = (): string => chosen.zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone

export const separators = (numbers: Preferences['numbers'] = chosen.numbers) => separatorsOf(numbers)

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** A day in the chosen way; undefined if nothing was chosen. */
export function sayDate(year: number, month: number, day: number, dates = chosen.dates): string | undefined {
  const two = (part: number): string => String(part).padStart(2, '0')
  switch (dates) {
    case undefined:
      return undefined
    case '2026-11-28':
      return `${year}-${two(month)}-${two(day)}`
    case '28.11.2026':
      return `${two(day)}.${two(month)}.${year}`
    case '28/11/2026':
      return `${two(day)}/${two(month)}/${year}`
    case '11/28/2026':
      return `${two(month)}/${two(day)}/${year}`
    case '28 Nov 2026':
      return `${day} ${MONTHS[month - 1]} ${year}`
    default:
      return dates satisfies never
  }
}
