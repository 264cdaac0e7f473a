const HOUR_MS = 3_600_000
/** E-mails in an hour to one address, whoever invites it, and of one workspace. */
const MOST_TO_ONE = 3
const MOST_OF_ONE = 50
/** Counts kept at most; the oldest are forgotten first. */
const MOST_KEPT = 10_000

export type InvitationPace = { maySend(workspace: string, email: string): boolean }

/**
 * Counts invitations that go by e-mail, in this process: whoever may invite sends to any address, in the installation’s name.
 * Beyond the count the invitation is made all the same, and its link is for whoever made it to hand over.
 */
export function createInvitationPace(now: () => number = Date.now): InvitationPace {
  const sent = new Map<string, { count: number; readonly since: number }>()
  const countOf = (key: string) => {
    const known = sent.get(key)
    return known && now() - known.since < HOUR_MS ? known : { count: 0, since: now() }
  }
  return {
    maySend(workspace, email) {
      const to = `to ${email.toLowerCase()}`
      const of = `of ${workspace}`
      const [already, others] = [countOf(to), countOf(of)]
      if (already.count >= MOST_TO_ONE || others.count >= MOST_OF_ONE) return false
      for (const [key, one] of [
        [to, already],
        [of, others],
      ] as const) {
        sent.delete(key)
        sent.set(key, { ...one, count: one.count + 1 })
      }
      for (const oldest of sent.keys()) {
        if (sent.size <= MOST_KEPT) break
        sent.delete(oldest)
      }
      return true
    },
  }
}
