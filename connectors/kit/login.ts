import type { TObject } from 'typebox'
import type { Context } from './connector.ts'
import type { Http, HttpAnswer, HttpRequest } from './http.ts'

/** Tokens as they are sealed and stored. Times in milliseconds since 1970, UTC. */
export type Tokens = { readonly access: string; readonly expiresAt: number; readonly refresh?: string }

/** One way to sign in to a system. */
export type LoginKind = {
  readonly name: string
  readonly title: string
  /** Shown with the choice, for example a sunset date. */
  readonly notice?: string
  /** Its system ends it: after which day (YYYY-MM-DD, UTC), and what to do instead. The connection test counts the days. */
  readonly ends?: { readonly on: string; readonly instead: string }
  /** A sign-in that nothing uses for so many days ends over there. */
  readonly unused?: { readonly days: number; readonly instead: string }
  /** Secret fields a person fills in. Sealed at rest, never returned. */
  readonly secrets: TObject
  /** The one of them that names the credential and is no secret by itself (a client id). Absent: none does. */
  readonly credential?: string
  /**
   * Gets an access token. Called by one process at a time per connection, with no transaction open; the result is
   * stored before use. `http` carries no login. Absent when every request is signed by itself (WSSE).
   */
  readonly login?: (login: LoginContext) => Promise<Tokens>
  /** Adds the login to one request. Pure but for nonces. */
  apply(request: HttpRequest, login: AppliedLogin): HttpRequest
  /** Whether a new token may turn this 401 into a success. Absent: yes, for kinds with `login`. */
  readonly curable?: (answer: HttpAnswer, request: HttpRequest) => boolean
  /**
   * Gives the sign-in back where it was made, where the system can be told. `context` is signed in, `bare` carries no
   * login. Answers false where there was nothing to take back.
   */
  readonly revoke?: (login: {
    readonly context: Context
    readonly bare: Http
    readonly secrets: { readonly [field: string]: string }
    /** As they are now: `context` may have renewed them. */
    readonly refreshToken: () => Promise<string | undefined>
  }) => Promise<boolean>
  /** OAuth code flow, where the kind has one. */
  readonly authorize?: {
    /** Who the sign-in page says it is, where it says so (RFC 9207, `iss`): anybody else is refused. */
    issuer(connection: { readonly [field: string]: unknown }): string
    /** Address the browser is sent to. */
    url(input: {
      readonly connection: { readonly [field: string]: unknown }
      readonly secrets: { readonly [field: string]: string }
      readonly redirectUri: string
      readonly state: string
      readonly scopes: readonly string[]
    }): string
    /** Trades the code for tokens. */
    exchange(login: LoginContext & { readonly code: string; readonly redirectUri: string }): Promise<Tokens>
  }
}

export type LoginContext = {
  readonly http: Http
  readonly connection: { readonly [field: string]: unknown }
  readonly secrets: { readonly [field: string]: string }
  readonly tokens: Tokens | undefined
  readonly signal: AbortSignal
  /** Milliseconds since 1970, UTC. */
  readonly now: number
}

export type AppliedLogin = {
  readonly connection: { readonly [field: string]: unknown }
  readonly secrets: { readonly [field: string]: string }
  readonly tokens: Tokens | undefined
  /** Milliseconds since 1970, UTC. */
  readonly now: number
}
