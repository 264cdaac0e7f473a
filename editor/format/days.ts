import { instantOf } from '../../server/schedule/wall-clock.ts'
import { preferredZone } from './preferred.ts'
import { dayAt, sayDay } from './time.ts'

const DAY_MS = 86_400_000
const DAY = /^\d{4}-\d{2}-\d{2}$/

/** A calendar day moved by whole days, as text; days have no zone, so that none is lost when clocks change. */
export function moveDay(day: string, by: number): string {
  const at = new Date(`${day}T00:00:00Z`)
  at.setUTCDate(at.getUTCDate() + by)
  return at.toISOString().slice(0, 10)
}

export const isDay = (text: string): boolean =>
  DAY.test(text) && !Number.isNaN(Date.parse(`${text}T00:00:00Z`)) && moveDay(text, 0) === text

/** A window of days for people, last day included; the API names the day after it. */
export function sayWindow(from: string, to: string): string {
  const last = moveDay(to, -1)
  return from === last ? sayDay(from) : `${sayDay(from)} to ${sayDay(last)}`
}

/** Words of the server in which a window of days stands (“invoices of 2026-07-01 to 2026-08-01”), its days as people write them. */
export const sayDaysIn = (words: string): string =>
  words.replace(/(\d{4}-\d\d-\d\d) to (\d{4}-\d\d-\d\d)/g, (whole, from: string, to: string) =>
    isDay(from) && isDay(to) ? sayWindow(from, to) : whole,
  )

/** Today where times are shown, as text. */
export const today = (now: Date = new Date()): string => dayAt(now)

/** When a day begins where the reader is. */
export const beginOf = (day: string): Date => new Date(instantOf(preferredZone(), Date.parse(`${day}T00:00:00Z`)))

/** How many days a day is after another; before it, a negative number. */
export const daysBetween = (from: string, to: string): number =>
  Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS)
