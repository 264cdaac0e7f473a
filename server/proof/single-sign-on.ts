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

/**
 * Why the place vouched for nobody. These tell what is wrong with the place, its clock or our settings, and nothing of any
 * person; all that may be a forged answer is SSO_FAILED.
 */
export type SsoFault =
  | 'SSO_UNREACHABLE'
  | 'SSO_CANCELLED'
  | 'SSO_NOT_ASKED'
  | 'SSO_CLOCK'
  | 'SSO_SETTINGS'
  | 'SSO_FAILED'

/** The place did not vouch for anybody, or not in the way that was asked. The message is for the person. */
export class SsoRefused extends Error {
  override name = 'SsoRefused'
  readonly why: SsoFault
  constructor(why: SsoFault, message: string, options?: ErrorOptions) {
    super(message, options)
    this.why = why
  }
}

/** Of the OAuth error codes: what the place says of us, and of itself (RFC 6749, 4.1.2.1 and 5.2). */
const SAID: { readonly [error: string]: SsoFault } = {
  access_denied: 'SSO_CANCELLED',
  server_error: 'SSO_UNREACHABLE',
  temporarily_unavailable: 'SSO_UNREACHABLE',
  invalid_client: 'SSO_SETTINGS',
  unauthorized_client: 'SSO_SETTINGS',
  invalid_scope: 'SSO_SETTINGS',
  unsupported_response_type: 'SSO_SETTINGS',
}

type Told = { readonly code?: unknown; readonly error?: unknown; readonly cause?: unknown; readonly claim?: unknown }
const told = (from: unknown): Told => (typeof from === 'object' && from !== null ? from : {})

/** What openid-client throws, as one of our causes. */
function faultOf(failure: unknown): SsoFault {
  const { code, error, cause } = told(failure)
  // `fetch` itself: nobody there, a name that is none, a broken connection.
  if (failure instanceof TypeError && code === undefined) return 'SSO_UNREACHABLE'
  switch (code) {
    case 'OAUTH_TIMEOUT':
    case 'OAUTH_ABORT':
      return 'SSO_UNREACHABLE'
    case 'OAUTH_RESPONSE_IS_NOT_CONFORM':
      return cause instanceof Response && cause.status >= 500 ? 'SSO_UNREACHABLE' : 'SSO_FAILED'
    case 'OAUTH_AUTHORIZATION_RESPONSE_ERROR':
    case 'OAUTH_RESPONSE_BODY_ERROR':
      return (typeof error === 'string' ? SAID[error] : undefined) ?? 'SSO_FAILED'
    case 'OAUTH_WWW_AUTHENTICATE_CHALLENGE':
      return 'SSO_SETTINGS'
    case 'OAUTH_JWT_TIMESTAMP_CHECK_FAILED':
      return told(told(cause).cause).claim === 'auth_time' ? 'SSO_NOT_ASKED' : 'SSO_CLOCK'
    default:
      return 'SSO_FAILED'
  }
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
        throw new SsoRefused('SSO_UNREACHABLE', `${settings.name} cannot be reached. Try again in a moment.`, {
          cause: error,
        })
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
        throw new SsoRefused(faultOf(error), `${settings.name} did not say who you are. Start once more.`, {
          cause: error,
        })
      }
    },
  }
}
