import { type ConnectionView, UNUSED_DAYS } from '../../server/contract/connections.ts'

const DAY_MS = 86_400_000

const daysSince = (day: string, now: Date): number =>
  Math.max(0, Math.round((Date.parse(now.toISOString().slice(0, 10)) - Date.parse(day)) / DAY_MS))

/** “today”, “yesterday”, “3 days ago”, “never”; days are those of UTC. */
export function sayLastUse(usedOn: string | null, now: Date): string {
  if (usedOn === null) return 'never'
  const days = daysSince(usedOn, now)
  return days === 0 ? 'today' : days === 1 ? 'yesterday' : `${days} days ago`
}

/** Nothing has used it for UNUSED_DAYS; one that was never used counts from the day it was made. */
export const isUnused = ({ usedOn, createdAt }: Pick<ConnectionView, 'usedOn' | 'createdAt'>, now: Date): boolean =>
  daysSince(usedOn ?? createdAt.slice(0, 10), now) >= UNUSED_DAYS
