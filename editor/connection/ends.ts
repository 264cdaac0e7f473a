import { type ConnectionView, ENDS_SOON_DAYS } from '../../server/contract/connections.ts'
import { daysBetween, today } from '../format/days.ts'
import { sayDay } from '../format/time.ts'

const DAY_MS = 86_400_000

/** It works to the end of that day, by UTC. */
export const hasEnded = (on: string, now: Date): boolean => now.getTime() >= Date.parse(`${on}T00:00:00Z`) + DAY_MS

/** As the server counts: the days on which it works still, the last one included. */
export const endsSoon = ({ ends }: Pick<ConnectionView, 'ends'>): boolean =>
  ends !== null && hasEnded(ends.on, new Date(Date.now() + ENDS_SOON_DAYS * DAY_MS))

/** “Its sign-in ends on 4 Dec 2026, in 6 days”: to that day from the one that the reader has. */
export function sayEnd(on: string, now: Date): string {
  if (hasEnded(on, now)) return `Its sign-in ended on ${sayDay(on)}`
  const days = daysBetween(today(now), on)
  // Where the day is later than in UTC, it is not over there yet.
  if (days <= 0) return 'Today is the last day of its sign-in'
  return `Its sign-in ends on ${sayDay(on)}, ${days === 1 ? 'tomorrow' : `in ${days} days`}`
}

/** Whether somebody who may only renew can do so: it has ended or will soon, and it is known to whom it is. */
export const isRenewable = (connection: Pick<ConnectionView, 'ends' | 'state' | 'pinned'>): boolean =>
  (connection.state === 'sign-in-needed' || endsSoon(connection)) && Object.keys(connection.pinned).length > 0
