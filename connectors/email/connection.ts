import { Type } from 'typebox'
import type { Context, Finding, LoginKind } from '../kit/connector.ts'
import { StepError } from '../kit/errors.ts'
import { failedFinding } from '../kit/failed-finding.ts'
import { countOf, textOf } from '../kit/fields.ts'
import { addressOf } from './address.ts'
import { withSmtp } from './smtp.ts'

export const EmailSettings = Type.Object(
  {
    host: Type.String({
      title: 'SMTP server',
      description: 'smtp.example.com',
      pattern: '^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$',
      maxLength: 253,
    }),
    port: Type.Optional(Type.Integer({ title: 'Port', minimum: 1, maximum: 65535, default: 587 })),
    security: Type.Optional(
      Type.Union(
        [
          Type.Literal('starttls', { title: 'STARTTLS, usually port 587' }),
          Type.Literal('tls', { title: 'TLS from the start, usually port 465' }),
          Type.Literal('none', { title: 'None: a relay of your own that takes no password' }),
        ],
        { title: 'Encryption', default: 'starttls' },
      ),
    ),
    from: Type.String({
      title: 'Address of the sender',
      description: 'One that the server lets this user send from.',
      minLength: 3,
      maxLength: 254,
    }),
    fromName: Type.Optional(Type.String({ title: 'Name of the sender', maxLength: 100, default: '' })),
  },
  { additionalProperties: false },
)

const secrets = (properties: Parameters<typeof Type.Object>[0]) =>
  Type.Object(properties, { additionalProperties: false })

export const password: LoginKind = {
  name: 'password',
  title: 'User and password',
  secrets: secrets({
    user: Type.String({ title: 'User', minLength: 1, maxLength: 320 }),
    password: Type.String({ title: 'Password', minLength: 1, maxLength: 1000 }),
  }),
  credential: 'user',
  apply: (request) => request,
}

export const none: LoginKind = {
  name: 'none',
  title: 'No sign-in',
  notice: 'For a relay that knows this machine by its address.',
  secrets: secrets({}),
  apply: (request) => request,
}

export const portOf = (connection: Context['connection']): number => countOf(connection.port, 587)

export function hostsOf(connection: Context['connection']): readonly string[] {
  const host = textOf(connection.host).toLowerCase()
  return host === '' ? [] : [`${host}:${portOf(connection)}`]
}

/** Signs in and hangs up. Whether a mail arrives shows only one that is sent, and people would see it. */
export async function test(context: Context): Promise<readonly Finding[]> {
  const title = 'Mail server'
  try {
    addressOf(textOf(context.connection.from))
    await withSmtp(context, async () => undefined)
    const signedIn = context.wire.secrets.user ? 'signed in' : 'answers'
    return [{ title, ok: true, detail: `${signedIn}; whether it sends for this sender shows the first mail` }]
  } catch (error) {
    if (!(error instanceof StepError)) throw error
    // The sentences of refusal.ts are plain, and say more than one for every system could.
    const { said, ...finding } = failedFinding(title, error)
    return [{ ...finding, detail: said ?? finding.detail }]
  }
}
