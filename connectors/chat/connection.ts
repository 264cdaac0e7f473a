import { Type } from 'typebox'
import { hostPort } from '../kit/address.ts'
import type { Context, Finding, LoginKind } from '../kit/connector.ts'
import { textOf } from '../kit/fields.ts'

export const ChatSettings = Type.Object(
  {
    kind: Type.Union(
      [
        Type.Literal('slack', { title: 'Slack (incoming webhook)' }),
        Type.Literal('teams', { title: 'Microsoft Teams (workflow)' }),
        Type.Literal('plain', { title: 'Any other: JSON with key, title and text' }),
      ],
      { title: 'What takes the notice', default: 'slack' },
    ),
    address: Type.Optional(
      Type.String({
        title: 'Address it is at',
        description: 'Scheme and host of the webhook. The rest of its address is its secret.',
        format: 'uri',
        default: 'https://hooks.slack.com',
      }),
    ),
  },
  { additionalProperties: false },
)

/** The address of such a webhook is all there is to know: whoever has it may write. So it is kept as a secret. */
export const webhook: LoginKind = {
  name: 'webhook',
  title: 'Address of the webhook',
  secrets: Type.Object(
    { url: Type.String({ title: 'Whole address of the webhook', minLength: 12, maxLength: 2000 }) },
    { additionalProperties: false },
  ),
  // The guard refuses an address on another host than the connection's.
  apply: (request, { secrets }) => ({ ...request, url: textOf(secrets.url) }),
}

export const hostsOf = ({ address }: Context['connection']): readonly string[] =>
  URL.canParse(textOf(address)) ? [hostPort(textOf(address))] : []

/** A webhook cannot be tried without writing into the channel, and people would see it. */
export async function test({ connection, wire }: Context): Promise<readonly Finding[]> {
  const title = 'Address'
  const url = textOf(wire.secrets.url)
  if (!URL.canParse(url)) return [{ title, ok: false, detail: 'The address of the webhook cannot be read.' }]
  const here = hostsOf(connection).includes(hostPort(url))
  const detail = here
    ? 'It is where this connection may call; whether it takes notices shows the first one.'
    : 'The webhook is on another host than the address of this connection.'
  return [{ title, ok: here, detail }]
}
