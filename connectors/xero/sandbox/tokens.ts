import { createHash, randomBytes, randomUUID } from 'node:crypto'
import type { Clock } from './clock.ts'
import { signJwt } from './keys.ts'

export const ACCESS_LIFE = 1800_000
const CODE_LIFE = 5 * 60_000
const REFRESH_LIFE = 60 * 86_400_000
/** How long a refresh token that was already used may be used again, for an answer that got lost. */
const GRACE = 30 * 60_000

export type Consent = {
  readonly id: string
  readonly authEventId: string
  readonly scopes: readonly string[]
  revoked: boolean
}

export type AccessToken = {
  readonly token: string
  readonly expires: number
  readonly scopes: ReadonlySet<string>
  /** Absent on tokens of a custom connection, which belong to the app alone. */
  readonly consent?: Consent
}

type Code = { consent: Consent; redirectUri: string; challenge: string; expires: number; nonce: string }
type RefreshToken = { consent: Consent; issued: number; usedAt: number | null }

export type TokenStore = {
  grantCode(scopes: readonly string[], redirectUri: string, challenge: string, nonce: string): string
  redeemCode(code: string, redirectUri: string, verifier: string): TokenAnswer | undefined
  refresh(token: string): TokenAnswer | undefined
  forApp(scopes: readonly string[]): TokenAnswer
  revoke(token: string): Consent | undefined
  find(token: string): AccessToken | undefined
  /** Makes every access token issued so far an expired one. */
  expireAll(): void
}

export type TokenAnswer = { readonly [name: string]: unknown }

export type TokenIdentity = { readonly issuer: () => string; readonly clientId: string }

/** Codes, consents, access and refresh tokens of the one app the sandbox knows. */
export function createTokens(clock: Clock, identity: TokenIdentity): TokenStore {
  const codes = new Map<string, Code>()
  const access = new Map<string, AccessToken>()
  const refresh = new Map<string, RefreshToken>()

  function issueAccess(scopes: readonly string[], consent: Consent | undefined): AccessToken {
    const now = clock.now()
    // Dead tokens are kept for a while, so that they are answered as expired and not as unknown.
    for (const [token, entry] of access) if (entry.expires + 86_400_000 < now) access.delete(token)
    const token = signJwt({
      nbf: Math.floor(now / 1000),
      exp: Math.floor((now + ACCESS_LIFE) / 1000),
      iss: identity.issuer(),
      aud: `${identity.issuer()}/resources`,
      client_id: identity.clientId,
      ...(consent
        ? { sub: 'sandbox-user', xero_userid: 'sandbox-user', authentication_event_id: consent.authEventId }
        : {}),
      jti: randomUUID(),
      scope: scopes,
    })
    const entry: AccessToken = {
      token,
      expires: now + ACCESS_LIFE,
      scopes: new Set(scopes),
      ...(consent ? { consent } : {}),
    }
    access.set(token, entry)
    return entry
  }

  function answer(consent: Consent, nonce: string): TokenAnswer {
    const now = clock.now()
    const entry = issueAccess(consent.scopes, consent)
    const base = {
      access_token: entry.token,
      expires_in: ACCESS_LIFE / 1000,
      token_type: 'Bearer',
      scope: consent.scopes.join(' '),
    }
    const id = consent.scopes.includes('openid')
      ? {
          id_token: signJwt({
            iss: identity.issuer(),
            aud: identity.clientId,
            sub: 'sandbox-user',
            iat: Math.floor(now / 1000),
            nbf: Math.floor(now / 1000),
            exp: Math.floor(now / 1000) + 300,
            ...(nonce ? { nonce } : {}),
            ...(consent.scopes.includes('email') ? { email: 'owner@sandbox.example' } : {}),
          }),
        }
      : {}
    if (!consent.scopes.includes('offline_access')) return { ...base, ...id }
    const refreshToken = randomBytes(32).toString('base64url')
    refresh.set(refreshToken, { consent, issued: now, usedAt: null })
    return { ...base, ...id, refresh_token: refreshToken }
  }

  return {
    grantCode(scopes, redirectUri, challenge, nonce) {
      const consent = { id: randomUUID(), authEventId: randomUUID(), scopes, revoked: false }
      const code = randomBytes(24).toString('base64url')
      codes.set(code, { consent, redirectUri, challenge, expires: clock.now() + CODE_LIFE, nonce })
      return code
    },
    redeemCode(code, redirectUri, verifier) {
      const entry = codes.get(code)
      codes.delete(code)
      if (!entry || entry.expires < clock.now() || entry.redirectUri !== redirectUri) return undefined
      if (entry.challenge && createHash('sha256').update(verifier).digest('base64url') !== entry.challenge)
        return undefined
      return answer(entry.consent, entry.nonce)
    },
    refresh(token) {
      const entry = refresh.get(token)
      const now = clock.now()
      if (!entry || entry.consent.revoked || entry.issued + REFRESH_LIFE < now) return undefined
      if (entry.usedAt !== null && entry.usedAt + GRACE < now) return undefined
      entry.usedAt ??= now
      // Another new pair inside the grace time too. Xero does not say whether it repeats the first one.
      return answer(entry.consent, '')
    },
    forApp(scopes) {
      const entry = issueAccess(scopes, undefined)
      return {
        access_token: entry.token,
        expires_in: ACCESS_LIFE / 1000,
        token_type: 'Bearer',
        scope: scopes.join(' '),
      }
    },
    revoke(token) {
      const consent = refresh.get(token)?.consent
      if (consent) consent.revoked = true
      return consent
    },
    find: (token) => access.get(token),
    expireAll() {
      const past = clock.now() - 1000
      for (const [token, entry] of access) if (entry.expires > past) access.set(token, { ...entry, expires: past })
    },
  }
}
