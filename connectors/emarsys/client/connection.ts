import { createHash, randomBytes } from 'node:crypto'
import { type Static, Type } from 'typebox'
import { baseUrl } from '../../kit/address.ts'
import type { AppliedLogin, LoginKind } from '../../kit/connector.ts'
import { StepError } from '../../kit/errors.ts'
import { textOf } from '../../kit/fields.ts'
import type { HttpRequest } from '../../kit/http.ts'
import { requestToken } from '../../kit/oauth.ts'

export const EmarsysSettings = Type.Object(
  {
    apiUrl: Type.String({ title: 'Address of the API', format: 'uri', default: 'https://api.emarsys.net' }),
    tokenUrl: Type.String({
      title: 'Address of the token service',
      description: 'Tenants on SAP Cloud Identity have their own.',
      format: 'uri',
      default: 'https://auth.emarsys.net/oauth2/token',
    }),
    salesUrl: Type.String({
      title: 'Address of the sales data service',
      format: 'uri',
      default: 'https://admin.scarabresearch.com',
    }),
    merchantId: Type.Optional(
      Type.String({
        title: 'Merchant id',
        description: 'For sales data. Shown in Emarsys under Management, Predict Data Sources.',
        pattern: '^[A-Za-z0-9_-]*$',
        default: '',
      }),
    ),
    callsPerMinute: Type.Optional(
      Type.Integer({
        title: 'Calls per minute',
        description:
          'Emarsys allows 1,000 per credential. More is for a sandbox whose limits were raised; a million is no limit.',
        minimum: 1,
        maximum: 1_000_000,
        default: 1000,
      }),
    ),
    externalIdField: Type.Optional(
      Type.String({
        title: 'Field number of the customer id',
        description: 'The indexed contact field that identifies a customer, where the account has one.',
        pattern: '^[0-9]*$',
        default: '',
      }),
    ),
  },
  { additionalProperties: false },
)
export type EmarsysSettings = Static<typeof EmarsysSettings>

const SalesToken = Type.Optional(
  Type.String({
    title: 'Sales data token',
    description: 'A token of its own, shown in Emarsys under Management, Predict Data Sources, Sales Data.',
    default: '',
  }),
)

/** API v3. */
export const oauthClient: LoginKind = {
  name: 'oauth-client',
  title: 'API credentials (OAuth 2.0)',
  secrets: Type.Object(
    {
      clientId: Type.String({ title: 'Client id', minLength: 1 }),
      clientSecret: Type.String({ title: 'Client secret', minLength: 1 }),
      salesToken: SalesToken,
    },
    { additionalProperties: false },
  ),
  credential: 'clientId',
  login: ({ http, connection, secrets, now }) =>
    requestToken(
      { http, now },
      {
        system: 'Emarsys',
        url: textOf(connection.tokenUrl),
        clientId: textOf(secrets.clientId),
        clientSecret: textOf(secrets.clientSecret),
        form: { grant_type: 'client_credentials' },
      },
    ),
  apply(request, login) {
    if (isSales(request, login)) return withSalesToken(request, login)
    if (!isApi(request, login)) return request
    if (!login.tokens) throw new StepError('LOGIN_REFUSED', 'This Emarsys connection has no token yet. Connect it.')
    return withHeader(request, 'authorization', `Bearer ${login.tokens.access}`)
  },
  // The sales token is static: a new API token does not change what it may do.
  curable: (_answer, request) => !new URL(request.url).pathname.startsWith('/hapi/'),
}

/** API v2, for accounts that have not moved yet. */
export const wsse: LoginKind = {
  name: 'wsse',
  title: 'API user (WSSE)',
  ends: {
    on: '2026-12-31',
    instead: 'Create API credentials (OAuth 2.0) in Emarsys, and make the connection sign in with those.',
  },
  notice: 'Emarsys ends this login on 2026-12-31. Create API credentials (OAuth 2.0) in Emarsys and switch before.',
  secrets: Type.Object(
    {
      username: Type.String({ title: 'API user', description: 'Account name and three digits.', minLength: 1 }),
      secret: Type.String({ title: 'Secret', minLength: 1 }),
      salesToken: SalesToken,
    },
    { additionalProperties: false },
  ),
  credential: 'username',
  apply(request, login) {
    if (isSales(request, login)) return withSalesToken(request, login)
    if (!isApi(request, login)) return request
    const v2 = { ...request, url: request.url.replace('/api/v3/', '/api/v2/') }
    return withHeader(v2, 'x-wsse', wsseHeader(textOf(login.secrets.username), textOf(login.secrets.secret), login.now))
  },
}

/**
 * The digest is the base64 of the hex text of the SHA-1, not of its 20 bytes as everywhere else. Valid for 5 minutes,
 * so it is made anew for each request.
 */
export function wsseHeader(
  username: string,
  secret: string,
  now: number,
  nonce = randomBytes(16).toString('hex'),
): string {
  const created = `${new Date(now).toISOString().slice(0, 19)}Z`
  const hex = createHash('sha1')
    .update(nonce + created + secret)
    .digest('hex')
  const digest = Buffer.from(hex).toString('base64')
  return `UsernameToken Username="${username}", PasswordDigest="${digest}", Nonce="${nonce}", Created="${created}"`
}

const isSales = (request: HttpRequest, { connection }: AppliedLogin) =>
  request.url.startsWith(`${baseUrl(connection, 'salesUrl')}/hapi/`)

const isApi = (request: HttpRequest, { connection }: AppliedLogin) =>
  request.url.startsWith(`${baseUrl(connection, 'apiUrl')}/api/`)

function withSalesToken(request: HttpRequest, { secrets }: AppliedLogin): HttpRequest {
  const token = textOf(secrets.salesToken)
  if (token === '') {
    throw new StepError('LOGIN_REFUSED', 'This Emarsys connection has no sales data token. Add it to the connection.')
  }
  return withHeader(request, 'authorization', `bearer ${token}`)
}

const withHeader = (request: HttpRequest, name: string, value: string): HttpRequest => ({
  ...request,
  headers: { ...request.headers, [name]: value },
})
