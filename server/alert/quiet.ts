import { instantOf, offsetAt } from '../schedule/wall-clock.ts'
import type { AlertRule } from '../store/alert/alert-rules.ts'

const DAY_MS = 86_400_000
const MINUTE_MS = 60_000

/** When a message that comes up now may leave: at the next digest, and not in the quiet hours. */
export function dueAt(
  { quiet, digestMinutes, zone }: Pick<AlertRule, 'quiet' | 'digestMinutes' | 'zone'>,
  now: Date,
): Date {
  const step = digestMinutes * MINUTE_MS
  const at = step === 0 ? now.getTime() : (Math.floor(now.getTime() / step) + 1) * step
  return new Date(quiet === null ? at : afterQuiet(quiet, zone, at))
}

/** The end of the quiet hours that an instant falls into, else that instant. `from` = `to`: never quiet. */
function afterQuiet(quiet: { readonly from: string; readonly to: string }, zone: string, at: number): number {
  const local = at + offsetAt(zone, at)
  const midnight = Math.floor(local / DAY_MS) * DAY_MS
  const [from, to] = [minutesOf(quiet.from), minutesOf(quiet.to)]
  const minute = Math.floor((local - midnight) / MINUTE_MS)
  const overNight = from > to
  const isQuiet = overNight ? minute >= from || minute < to : minute >= from && minute < to
  if (!isQuiet) return at
  const day = overNight && minute >= from ? midnight + DAY_MS : midnight
  return instantOf(zone, day + to * MINUTE_MS)
}

const minutesOf = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3))
