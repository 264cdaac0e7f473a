import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
// @ts-expect-error the package brings no types
import Provider from 'oidc-provider'

/** Somebody at the place: what it says of them. */
export type Account = { readonly email: string; readonly email_verified: boolean; readonly name?: string }

export type OidcPlace = {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  /** By their subject there. */
  readonly accounts: Map<string, Account>
  /** Whoever comes with a browser of their own is this one, when they are asked. Nobody: they break it off there. */
  expect(somebody: string | undefined): void
  /** Goes the way of a browser, signing in as somebody whenever it is asked, until it is sent back. A jar is a browser. */
  visit(url: string, as: string, jar?: Map<string, string>): Promise<URL>
  close(): Promise<void>
}

/** A real place of single sign-on, certified for OpenID Connect, on a port of its own. */
export async function openOidcPlace(redirectUri: string): Promise<OidcPlace> {
  const accounts = new Map<string, Account>()
  const [clientId, clientSecret] = ['tieline', randomBytes(24).toString('base64url')]
  let as: string | undefined = ''
  // It wants to know its address before it is made.
  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' })
  const provider = new Provider(issuer, {
    clients: [
      { client_id: clientId, client_secret: clientSecret, redirect_uris: [redirectUri], response_types: ['code'] },
    ],
    pkce: { required: () => true },
    jwks: { keys: [{ ...key, use: 'sig', alg: 'RS256', kid: 'one' }] },
    cookies: { keys: [randomBytes(16).toString('hex')] },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    ttl: { Interaction: 600, Grant: 600, Session: 600, AccessToken: 600, IdToken: 600 },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    findAccount: (_: unknown, id: string) =>
      accounts.has(id) ? { accountId: id, claims: async () => ({ sub: id, ...accounts.get(id) }) } : undefined,
    // Nobody is asked for consent: the place belongs to those who use it.
    async loadExistingGrant({ oidc }: { oidc: { session: { accountId: string } } }) {
      const grant = new provider.Grant({ clientId, accountId: oidc.session.accountId })
      grant.addOIDCScope('openid email profile')
      await grant.save()
      return grant
    },
  })
  const handle = provider.callback()
  async function answer(request: import('node:http').IncomingMessage, response: import('node:http').ServerResponse) {
    if (!request.url?.startsWith('/interaction/')) return handle(request, response)
    await provider.interactionFinished(
      request,
      response,
      as === undefined ? { error: 'access_denied' } : { login: { accountId: as } },
    )
  }

  return {
    issuer,
    clientId,
    clientSecret,
    accounts,
    expect: (somebody) => {
      as = somebody
    },
    async visit(url, somebody, jar = new Map()) {
      as = somebody
      for (let next = new URL(url), hop = 0; hop < 10; hop++) {
        if (!next.href.startsWith(issuer)) return next
        const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
        const response = await fetch(next, { redirect: 'manual', headers: cookie ? { cookie } : {} })
        for (const set of response.headers.getSetCookie()) {
          const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? []
          jar.set(name, value)
        }
        const location = response.headers.get('location')
        if (!location) throw new Error(`the place answered ${response.status}: ${await response.text()}`)
        next = new URL(location, next)
      }
      throw new Error('the place sends the browser in circles')
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
