import { Type } from 'typebox'
import { hostPort } from '../kit/address.ts'
import type { Context, Finding, LoginKind } from '../kit/connector.ts'
import { StepError } from '../kit/errors.ts'
import { failedFinding } from '../kit/failed-finding.ts'
import { textOf } from '../kit/fields.ts'
import type { HttpRequest } from '../kit/http.ts'
import { requestToken } from '../kit/oauth.ts'
import { call } from './client.ts'

export const HttpSettings = Type.Object(
  {
    baseUrl: Type.String({
      title: 'Address',
      description: 'What every call begins with: https://api.example.com/v1',
      format: 'uri',
    }),
    testPath: Type.Optional(
      Type.String({
        title: 'Path to test with',
        description: 'Read to see whether the sign-in works; it should answer without changing anything.',
        pattern: '^/[^\\s]*$',
        default: '/',
      }),
    ),
    keyHeader: Type.Optional(
      Type.String({
        title: 'Header of the key',
        description: 'For the sign-in with a key.',
        pattern: '^[A-Za-z0-9-]{1,64}$',
        default: 'x-api-key',
      }),
    ),
    tokenUrl: Type.Optional(
      Type.String({ title: 'Address of the token service', description: 'For OAuth 2.0.', default: '' }),
    ),
    scope: Type.Optional(Type.String({ title: 'Scope', description: 'For OAuth 2.0.', maxLength: 500, default: '' })),
    callsPerMinute: Type.Optional(
      Type.Integer({
        title: 'Calls per minute',
        description: 'What the system allows; a million is no limit.',
        minimum: 1,
        maximum: 1_000_000,
        default: 600,
      }),
    ),
  },
  { additionalProperties: false },
)

const secrets = (properties: Parameters<typeof Type.Object>[0]) =>
  Type.Object(properties, { additionalProperties: false })

/** Whoever changes the address of a connection would otherwise send its login there. */
const toBase = (request: HttpRequest, connection: { readonly [field: string]: unknown }) =>
  hostPort(request.url) === hostPort(textOf(connection.baseUrl))

const withHeader = (request: HttpRequest, name: string, value: string): HttpRequest => ({
  ...request,
  headers: { ...request.headers, [name.toLowerCase()]: value },
})

export const none: LoginKind = {
  name: 'none',
  title: 'No sign-in',
  secrets: secrets({}),
  apply: (request) => request,
}

export const basic: LoginKind = {
  name: 'basic',
  title: 'User and password (Basic)',
  secrets: secrets({
    user: Type.String({ title: 'User', minLength: 1 }),
    password: Type.String({ title: 'Password' }),
  }),
  credential: 'user',
  apply: (request, { connection, secrets: { user, password } }) =>
    toBase(request, connection)
      ? withHeader(
          request,
          'authorization',
          `Basic ${Buffer.from(`${textOf(user)}:${textOf(password)}`).toString('base64')}`,
        )
      : request,
}

export const bearer: LoginKind = {
  name: 'bearer',
  title: 'Token (Bearer)',
  secrets: secrets({ token: Type.String({ title: 'Token', minLength: 1 }) }),
  apply: (request, { connection, secrets: { token } }) =>
    toBase(request, connection) ? withHeader(request, 'authorization', `Bearer ${textOf(token)}`) : request,
}

export const apiKey: LoginKind = {
  name: 'api-key',
  title: 'Key in a header',
  secrets: secrets({ key: Type.String({ title: 'Key', minLength: 1 }) }),
  apply: (request, { connection, secrets: { key } }) =>
    toBase(request, connection)
      ? withHeader(request, textOf(connection.keyHeader) || 'x-api-key', textOf(key))
      : request,
}

export const oauthClient: LoginKind = {
  name: 'oauth-client',
  title: 'Client credentials (OAuth 2.0)',
  secrets: secrets({
    clientId: Type.String({ title: 'Client id', minLength: 1 }),
    clientSecret: Type.String({ title: 'Client secret', minLength: 1 }),
  }),
  credential: 'clientId',
  login: ({ http, connection, secrets: { clientId, clientSecret }, now }) => {
    const url = textOf(connection.tokenUrl)
    if (!URL.canParse(url)) {
      throw new StepError('CONFIG_INVALID', 'This connection has no address of a token service. Add it.')
    }
    const scope = textOf(connection.scope)
    return requestToken(
      { http, now },
      {
        system: new URL(url).host,
        url,
        clientId: textOf(clientId),
        clientSecret: textOf(clientSecret),
        form: { grant_type: 'client_credentials', ...(scope === '' ? {} : { scope }) },
      },
    )
  },
  apply(request, { connection, tokens }) {
    if (!toBase(request, connection)) return request
    if (!tokens) throw new StepError('LOGIN_REFUSED', 'This connection has no token yet. Test it.')
    return withHeader(request, 'authorization', `Bearer ${tokens.access}`)
  },
}

/** Reads the path that was named for it. */
export async function test(context: Context): Promise<readonly Finding[]> {
  const path = textOf(context.connection.testPath) || '/'
  try {
    await call(context, { method: 'GET', path, doing: `read ${path}` })
    return [{ title: 'Sign-in', ok: true, detail: `${path} answers` }]
  } catch (error) {
    if (!(error instanceof StepError)) throw error
    return [failedFinding('Sign-in', error)]
  }
}
