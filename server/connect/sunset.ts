import type { Finding, LoginKind } from '../../connectors/kit/connector.ts'

const DAY_MS = 86_400_000

/** What a test says of a way to sign in that its system will end: how long it has, and what to do. Nothing of others. */
export function sunsetFinding({ title, ends }: Pick<LoginKind, 'title' | 'ends'>, now: number): Finding | undefined {
  if (!ends) return undefined
  // It works to the end of that day.
  const days = Math.ceil((Date.parse(`${ends.on}T00:00:00Z`) + DAY_MS - now) / DAY_MS)
  const heading = 'End of this sign-in'
  if (days <= 0) {
    return { title: heading, ok: false, detail: `“${title}” ended on ${ends.on}. ${ends.instead}` }
  }
  const left = days === 1 ? 'today is its last day' : `${days} days are left`
  return { title: heading, ok: true, warning: true, detail: `“${title}” ends on ${ends.on}: ${left}. ${ends.instead}` }
}
