/** What somebody showed: that the place of single sign-on knows their address, or that they read its mail. */
export type Shown = 'sso' | 'mail'

/**
 * Whether an address shows that somebody is a person of their own. Anybody can have two mailboxes; in `domains` (of
 * PEOPLE_DOMAINS) whoever gives them out gives each person one. Whoever is known by single sign-on was given that account
 * too, whatever the domain, while none is named. What stands behind a `+` may be a mailbox that there is already.
 */
export function isOwnAddress(domains: readonly string[], email: string, shown: Shown): boolean {
  const at = email.lastIndexOf('@')
  const within = domains.includes(email.slice(at + 1).toLowerCase())
  return shown === 'sso' ? within || domains.length === 0 : within && !email.slice(0, at).includes('+')
}
