import { Type } from 'typebox'
import { hostPort } from '../kit/address.ts'
import type { Context, Finding, LoginKind } from '../kit/connector.ts'
import { StepError } from '../kit/errors.ts'
import { failedFinding } from '../kit/failed-finding.ts'
import { countOf, textOf } from '../kit/fields.ts'
import type { HttpRequest } from '../kit/http.ts'
import { withSftp } from './sftp.ts'

export const CsvSettings = Type.Object(
  {
    place: Type.Union(
      [
        Type.Literal('uploads', { title: 'Files of this workspace' }),
        Type.Literal('sftp', { title: 'SFTP server' }),
        Type.Literal('http', { title: 'Web address' }),
      ],
      { title: 'Where the files are', default: 'uploads' },
    ),
    baseUrl: Type.Optional(
      Type.String({ title: 'Web address', description: 'https://files.example.com', maxLength: 500, default: '' }),
    ),
    host: Type.Optional(
      Type.String({ title: 'SFTP server', pattern: '^[A-Za-z0-9.-]*$', maxLength: 253, default: '' }),
    ),
    port: Type.Optional(Type.Integer({ title: 'Port', minimum: 1, maximum: 65535, default: 22 })),
    hostKey: Type.Optional(
      Type.String({
        title: 'Host key of the SFTP server',
        description: 'Its fingerprint, SHA256:… as ssh-keygen -lf shows it. Test without it to learn it, then compare.',
        pattern: '^(SHA256:[A-Za-z0-9+/]{43}=?)?$',
        default: '',
      }),
    ),
  },
  { additionalProperties: false },
)

const secrets = (properties: Parameters<typeof Type.Object>[0]) =>
  Type.Object(properties, { additionalProperties: false })

const authorized = (request: HttpRequest, connection: { readonly [field: string]: unknown }, value: string) =>
  hostPort(request.url) === hostPort(textOf(connection.baseUrl))
    ? { ...request, headers: { ...request.headers, authorization: value } }
    : request

export const none: LoginKind = {
  name: 'none',
  title: 'No sign-in',
  notice: 'For files of this workspace, and web addresses that are open to all.',
  secrets: secrets({}),
  apply: (request) => request,
}

export const password: LoginKind = {
  name: 'password',
  title: 'User and password',
  secrets: secrets({
    user: Type.String({ title: 'User', minLength: 1 }),
    password: Type.String({ title: 'Password', minLength: 1 }),
  }),
  credential: 'user',
  apply: (request, { connection, secrets: { user, password: word } }) =>
    authorized(request, connection, `Basic ${Buffer.from(`${textOf(user)}:${textOf(word)}`).toString('base64')}`),
}

export const bearer: LoginKind = {
  name: 'bearer',
  title: 'Token (Bearer), for web addresses',
  secrets: secrets({ token: Type.String({ title: 'Token', minLength: 1 }) }),
  apply: (request, { connection, secrets: { token } }) => authorized(request, connection, `Bearer ${textOf(token)}`),
}

export const privateKey: LoginKind = {
  name: 'private-key',
  title: 'User and private key, for SFTP',
  secrets: secrets({
    user: Type.String({ title: 'User', minLength: 1 }),
    privateKey: Type.String({ title: 'Private key (OpenSSH or PEM)', minLength: 1 }),
    passphrase: Type.Optional(Type.String({ title: 'Passphrase of the key', default: '' })),
  }),
  credential: 'user',
  apply: (request) => request,
}

export type Place = 'uploads' | 'sftp' | 'http'

export const placeOf = ({ place }: Context['connection']): Place =>
  place === 'sftp' || place === 'http' ? place : 'uploads'

export function hostsOf(connection: Context['connection']): readonly string[] {
  switch (placeOf(connection)) {
    case 'uploads':
      return []
    case 'http':
      return URL.canParse(textOf(connection.baseUrl)) ? [hostPort(textOf(connection.baseUrl))] : []
    case 'sftp': {
      const host = textOf(connection.host).toLowerCase()
      return host === '' ? [] : [`${host}:${countOf(connection.port, 22)}`]
    }
  }
}

export async function test(context: Context): Promise<readonly Finding[]> {
  try {
    return [{ title: 'Files', ok: true, detail: await tried(context) }]
  } catch (error) {
    if (!(error instanceof StepError)) throw error
    return [failedFinding('Files', error)]
  }
}

async function tried(context: Context): Promise<string> {
  switch (placeOf(context.connection)) {
    case 'uploads':
      return 'files of this workspace need no sign-in'
    case 'sftp':
      return withSftp(context, async (files) => `${(await files.list('.')).length} entries in the home folder`)
    case 'http': {
      const address = textOf(context.connection.baseUrl)
      if (!URL.canParse(address)) throw new StepError('CONFIG_INVALID', 'This connection has no web address. Add it.')
      const { status } = await context.http.send({ method: 'GET', url: address, receive: async () => undefined })
      if (status === 401 || status === 403) throw new StepError('LOGIN_REFUSED', `${address} answers HTTP ${status}.`)
      return `${new URL(address).host} answers (HTTP ${status})`
    }
  }
}
