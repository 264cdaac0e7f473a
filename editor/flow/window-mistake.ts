import { isDay, moveDay } from '../format/days.ts'

const YEARS = 10

/** What is wrong with a window of days, last one included; undefined where nothing is. The server asks the same. */
export function sayWindowMistake(from: string, last: string, today: string): string | undefined {
  if (!isDay(from) || !isDay(last)) return 'Choose the first and the last day.'
  if (last < from) return 'The last day is before the first one.'
  if (last > today) return 'The last day is in the future.'
  const limit = `${String(Number(from.slice(0, 4)) + YEARS).padStart(4, '0')}${from.slice(4)}`
  return moveDay(last, 1) > limit ? `At most ${YEARS} years at once.` : undefined
}
