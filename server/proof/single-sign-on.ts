import type { Configuration } from 'openid-client'

/** What the installation knows of the place where its people sign in (OpenID Connect). */
export type SsoSettings = {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  /** As the button says it: Sign in with … */
  readonly name: string
}

/** Who came back. `email` only if the place vouches for it. */
export type Claims = {
  readonly issuer: string
  readonly subject: string
  readonly email: string | undefined
  readonly name: string
}

/** What the browser is sent away with, kept until it comes back. */
export type Begun = { readonly url: string; readonly state: string; readonly nonce: string; readonly verifier: string }

export type SingleSignOn = {
  readonly name: string
  /** `fresh`: the person is asked again, also if they are signed in there. */
  begin(redirectUri: string, fresh: boolean): Promise<Begun>
  /** @param answer the whole address that the browser came back to. @throws SsoRefused */
  finish(answer: URL, begun: Pick<Begun, 'state' | 'nonce' | 'verifier'>, fresh: boolean): Promise<Claims>
}

/** The place did not vouch for anybody, or not in the way that was asked. The message is for the person. */
export class SsoRefused extends Error {
  override name = 'SsoRefused'
}

/** With the first person who comes that way: most installations have no such place. */
const library = () => import('openid-client')

/** An answer of the place later than this is none. */
const SECONDS = 15
/** How long ago somebody may have signed in there for a fresh proof: one sign-in and the way back. */
const FRESH_SECONDS = 300

/**
 * Authorization code with PKCE, state and nonce (RFC 9700). The place is asked for its addresses when the first person
 * comes, and again after a failure: it may be down when we start.
 */
export function singleSignOn(settings: SsoSettings): SingleSignOn {
  const issuer = new URL(settings.issuer)
  let found: Promise<Configuration> | undefined
  const discover = () => {
    found ??= library()
      .then((oidc) =>
        oidc.discovery(issuer, settings.clientId, settings.clientSecret, undefined, {
          timeout: SECONDS,
          // Plain http is for a place on the same machine; the configuration takes no other.
          ...(issuer.protocol === 'http:' ? { execute: [oidc.allowInsecureRequests] } : {}),
        }),
      )
      .catch((error: unknown) => {
        found = undefined
        throw new SsoRefused(`${settings.name} cannot be reached. Try again in a moment.`, { cause: error })
      })
    return found
  }

  return {
    name: settings.name,
    async begin(redirectUri, fresh) {
      const oidc = await library()
      const config = await discover()
      const [state, nonce, verifier] = [oidc.randomState(), oidc.randomNonce(), oidc.randomPKCECodeVerifier()]
      const url = oidc.buildAuthorizationUrl(config, {
        redirect_uri: redirectUri,
        scope: 'openid email profile',
        code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        state,
        nonce,
        ...(fresh ? { prompt: 'login', max_age: '0' } : {}),
      })
      return { url: url.href, state, nonce, verifier }
    },
    async finish(answer, { state, nonce, verifier }, fresh) {
      const oidc = await library()
      const config = await discover()
      try {
        const tokens = await oidc.authorizationCodeGrant(config, answer, {
          expectedState: state,
          expectedNonce: nonce,
          pkceCodeVerifier: verifier,
          idTokenExpected: true,
          ...(fresh ? { maxAge: FRESH_SECONDS } : {}),
        })
        const id = tokens.claims()
        if (!id) throw new Error('The answer has no ID token.')
        // Some places put the address into the ID token, others only into what they answer to the access token.
        const more = id.email === undefined ? await oidc.fetchUserInfo(config, tokens.access_token, id.sub) : id
        const { email, email_verified: verified, name } = more
        return {
          issuer: id.iss,
          subject: id.sub,
          email: typeof email === 'string' && verified === true ? email : undefined,
          name: typeof name === 'string' && name.trim() !== '' ? name.slice(0, 200) : '',
        }
      } catch (error) {
        throw new SsoRefused(`${settings.name} did not say who you are. Start once more.`, { cause: error })
      }
    },
  }
}
