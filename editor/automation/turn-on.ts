import { instantOf, localText } from '../../server/schedule/wall-clock.ts'

/** The instant of what a field for date and time holds (`2026-11-30T08:00`); undefined while it is not filled in. */
export function instantAt(local: string, zone: string): number | undefined {
  const wall = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/.test(local) ? Date.parse(`${local}Z`) : Number.NaN
  return Number.isNaN(wall) ? undefined : instantOf(zone, wall)
}

/** An instant as such a field shows it. */
export const localAt = (instant: number, zone: string): string => localText(zone, instant).slice(0, 16)

/** Tomorrow at eight, as such a field has it. */
export function tomorrowMorning(now: number, zone: string): string {
  const today = Date.parse(`${localText(zone, now).slice(0, 10)}T08:00:00Z`)
  return new Date(today + 86_400_000).toISOString().slice(0, 16)
}
