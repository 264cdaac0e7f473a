import type { LoginKind } from './login.ts'

const DAY_MS = 86_400_000

export type SignInEnd = {
  /** YYYY-MM-DD, UTC: the last day on which it works. */
  readonly on: string
  /** Why it ends, and what to do, each a sentence. */
  readonly why: string
  readonly instead: string
}

/** When a connection's sign-in ends, if that is known: the first of all reasons there are. */
export function signInEnd(
  kind: Pick<LoginKind, 'title' | 'ends' | 'unused'> | undefined,
  /** `validUntil`: as a person has noted it, YYYY-MM-DD. `tokensEnd`: of the access token last got. */
  at: { readonly validUntil: string | null; readonly tokensEnd: Date | null },
): SignInEnd | undefined {
  const ends: SignInEnd[] = []
  if (kind?.ends) {
    ends.push({ on: kind.ends.on, why: `“${kind.title}” ends for everybody.`, instead: kind.ends.instead })
  }
  if (kind?.unused && at.tokensEnd) {
    const on = new Date(at.tokensEnd.getTime() + (kind.unused.days - 1) * DAY_MS).toISOString().slice(0, 10)
    ends.push({
      on,
      why: `A sign-in that is not used ends after ${kind.unused.days} days.`,
      instead: kind.unused.instead,
    })
  }
  if (at.validUntil !== null) {
    const instead = 'Get a new one in the other system and enter it here.'
    ends.push({ on: at.validUntil, why: 'Its secret is noted to be valid until then.', instead })
  }
  return ends.sort((a, b) => (a.on < b.on ? -1 : 1))[0]
}

/** Whole days that are left, its last day included; 0 or less: it has ended. */
export const daysLeft = (on: string, now: number): number =>
  Math.ceil((Date.parse(`${on}T00:00:00Z`) + DAY_MS - now) / DAY_MS)
