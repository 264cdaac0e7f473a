import type { BackfillRequest } from '../../contract/run-starts.ts'
import { ApiProblem } from '../http/problems.ts'

type Days = { readonly from: string; readonly to: string }

const MOST_YEARS = 10

/** Refuses a window without a day, with days to come, or of more than ten years. `last`: the last day that has begun. */
export function checkWindow({ from, to }: Days, last: string): void {
  const refuse = (detail: string) => new ApiProblem('BACKFILL_WINDOW', detail)
  if (from >= to)
    throw refuse(`The window ends (${to}) before it begins (${from}). “to” is the day after the last one.`)
  if (to > addDays(last, 1)) throw refuse(`The window ends (${to}) in the future. Today is ${last} where it is latest.`)
  if (to > addMonths(from, MOST_YEARS * 12)) throw refuse(`The window has more than ${MOST_YEARS} years.`)
}

/** Side by side from the first day to the last. Months are those of the calendar; weeks have seven days from the first. */
export function chunksOf({ from, to }: Days, chunk: NonNullable<BackfillRequest['chunk']>): readonly Days[] {
  if (chunk === 'whole') return [{ from, to }]
  const chunks: Days[] = []
  for (let start = from; start < to; ) {
    const next = chunk === 'month' ? addMonths(`${start.slice(0, 7)}-01`, 1) : addDays(start, chunk === 'week' ? 7 : 1)
    const end = next < to ? next : to
    chunks.push({ from: start, to: end })
    start = end
  }
  return chunks
}

export function addDays(day: string, days: number): string {
  const at = new Date(`${day}T00:00:00Z`)
  at.setUTCDate(at.getUTCDate() + days)
  return at.toISOString().slice(0, 10)
}

/** 31 January and a month is 3 March, as the calendar counts on. */
function addMonths(day: string, months: number): string {
  const at = new Date(`${day}T00:00:00Z`)
  at.setUTCMonth(at.getUTCMonth() + months)
  return at.toISOString().slice(0, 10)
}
