import { createHmac, timingSafeEqual } from 'node:crypto'

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** Access tokens in the shape of a JWT. They are looked up, not verified: a revoked one must fail at once. */
export class Tokens {
  readonly #expiry = new Map<string, number>()
  #issued = 0

  get live(): number {
    return this.#expiry.size
  }

  issue(client: string, secret: string, now: number, seconds: number): string {
    for (const [token, expiry] of this.#expiry) if (expiry <= now) this.#expiry.delete(token)
    const issuedAt = Math.floor(now / 1000)
    const claims = { sub: client, iat: issuedAt, exp: issuedAt + seconds, jti: String(++this.#issued) }
    const unsigned = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`
    const token = `${unsigned}.${createHmac('sha256', secret).update(unsigned).digest('base64url')}`
    this.#expiry.set(token, now + seconds * 1000)
    return token
  }

  isLive(token: string, now: number): boolean {
    const expiry = this.#expiry.get(token)
    return expiry !== undefined && expiry > now
  }

  /** Every token issued so far is refused from now on. */
  revokeAll(): number {
    const revoked = this.#expiry.size
    this.#expiry.clear()
    return revoked
  }
}

export const sameText = (given: string, wanted: string): boolean => {
  const a = Buffer.from(given)
  const b = Buffer.from(wanted)
  return a.length === b.length && timingSafeEqual(a, b)
}
