import { createHash, timingSafeEqual } from 'node:crypto'

/** How far `Created` may be off the server's clock, in milliseconds. */
const CLOCK_SKEW = 5 * 60_000

/** base64 of the forty hex letters of the SHA-1, not of its twenty bytes as WSSE libraries do by default. */
export const wsseDigest = (nonce: string, created: string, secret: string): string => {
  const hex = createHash('sha1')
    .update(nonce + created + secret)
    .digest('hex')
  return Buffer.from(hex, 'latin1').toString('base64')
}

/** Parts in any order and any letter case of their names. `undefined` when one is missing. */
export const parseWsse = (
  header: string,
): { username: string; digest: string; nonce: string; created: string } | undefined => {
  if (!/^\s*UsernameToken\s/i.test(header)) return undefined
  const parts = new Map<string, string>()
  for (const match of header.matchAll(/(\w+)\s*=\s*"([^"]*)"/g))
    parts.set((match[1] ?? '').toLowerCase(), match[2] ?? '')
  const username = parts.get('username')
  const digest = parts.get('passworddigest')
  const nonce = parts.get('nonce')
  const created = parts.get('created')
  if (username === undefined || digest === undefined || nonce === undefined || created === undefined) return undefined
  return { username, digest, nonce, created }
}

/** Whether the header proves knowledge of the secret. A nonce may be used again: nobody has seen that refused. */
export const checkWsse = (header: string, user: string, secret: string, now: number): boolean => {
  const parts = parseWsse(header)
  if (parts === undefined || parts.username !== user) return false
  // `+0000` is seen from clients, and Date.parse wants a colon.
  const created = Date.parse(parts.created.replace(/([+-]\d{2})(\d{2})$/, '$1:$2'))
  if (Number.isNaN(created) || Math.abs(created - now) > CLOCK_SKEW) return false
  const given = Buffer.from(parts.digest)
  const wanted = Buffer.from(wsseDigest(parts.nonce, parts.created, secret))
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}
