import { createHash, timingSafeEqual } from 'node:crypto'

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

/** Milliseconds since 1970 of `Created`; without a zone it is the server's time, which is Vienna's. */
const createdAt = (text: string): number => {
  // `+0000` is seen from clients, and Date.parse wants a colon.
  const zoned = text.replace(/([+-]\d{2})(\d{2})$/, '$1:$2')
  if (/(?:Z|[+-]\d{2}:\d{2})$/.test(zoned)) return Date.parse(zoned)
  const asUtc = Date.parse(`${zoned}Z`)
  if (Number.isNaN(asUtc)) return asUtc
  // What Vienna's clocks show then is ahead of UTC by the offset; sure but for the hour in which they change.
  const ahead = Date.parse(`${new Date(asUtc).toLocaleString('sv-SE', { timeZone: 'Europe/Vienna' })}Z`) - asUtc
  return asUtc - Math.round(ahead / 60_000) * 60_000
}

/** Whether the header proves knowledge of the secret, and when it was made: at most `skewMs` from `now`. */
export const checkWsse = (header: string, user: string, secret: string, now: number, skewMs: number): boolean => {
  const parts = parseWsse(header)
  if (parts === undefined || parts.username !== user) return false
  const created = createdAt(parts.created)
  if (Number.isNaN(created) || Math.abs(created - now) > skewMs) return false
  const given = Buffer.from(parts.digest)
  const wanted = Buffer.from(wsseDigest(parts.nonce, parts.created, secret))
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}
