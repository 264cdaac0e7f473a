import type { BindingList } from '../contract/flows.ts'
import type { ConnectionList, ConnectionView, TestResult } from '../contract/connections.ts'
import { type Client, CommandError, EXIT } from './api-client.ts'
import { findFlow } from './flow-commands.ts'

type Say = (line: string) => void

export type NewConnectionOptions = {
  readonly connector: string
  readonly name: string
  readonly login: string
  /** `field=value` */
  readonly settings: readonly string[]
  /** `field=VARIABLE`: the value is in that variable of the environment. */
  readonly secrets: readonly string[]
  readonly variable: (name: string) => string | undefined
  /** A JSON object of further secrets, when they come on the standard input. */
  readonly input: (() => Promise<string>) | undefined
}

export async function listConnections(client: Client, say: Say): Promise<number> {
  const { items } = await client.call<ConnectionList>('GET', '/connections')
  for (const one of items) say(`${one.id} ${one.connector} “${one.name}” ${one.state}`)
  if (items.length === 0) say('no connections yet')
  return EXIT.ok
}

export async function addConnection(client: Client, options: NewConnectionOptions, say: Say): Promise<number> {
  const settings = Object.fromEntries(options.settings.map((text) => pair(text, '--setting')))
  const named = options.secrets.map((text) => {
    const [field, variable] = pair(text, '--secret')
    const value = options.variable(variable)
    if (value === undefined)
      throw new CommandError(EXIT.usage, `The variable ${variable} is not set; the secret “${field}” should be in it.`)
    return [field, value] as const
  })
  const given = options.input ? parseSecrets(await options.input()) : {}
  const secrets = { ...given, ...Object.fromEntries(named) }
  const { connector, name, login } = options
  const made = await client.call<ConnectionView>('POST', '/connections', { connector, name, login, settings, secrets })
  say(`${made.id} “${made.name}” made; secrets set: ${made.secretsSet.join(', ') || 'none'}`)
  return EXIT.ok
}

export async function testConnection(client: Client, idOrName: string, say: Say): Promise<number> {
  const id = await findConnection(client, idOrName)
  const { ok, findings } = await client.call<TestResult>('POST', `/connections/${id}/test`)
  for (const finding of findings) say(`${finding.ok ? 'ok ' : 'NOT'} ${finding.title}: ${finding.detail}`)
  return ok ? EXIT.ok : EXIT.failed
}

/** Each of `slots` is `slot=connection`. */
export async function bindSlots(client: Client, flow: string, slots: readonly string[], say: Say): Promise<number> {
  const bindings: Record<string, string> = {}
  for (const text of slots) {
    const [slot, connection] = pair(text, 'a slot')
    bindings[slot] = await findConnection(client, connection)
  }
  const { items } = await client.call<BindingList>('PUT', `/flows/${await findFlow(client, flow)}/bindings`, {
    bindings,
  })
  for (const { slot, connection } of items) say(`${slot}: ${connection ? `“${connection.name}”` : 'not bound'}`)
  return EXIT.ok
}

async function findConnection(client: Client, idOrName: string): Promise<string> {
  const { items } = await client.call<ConnectionList>('GET', '/connections')
  const fitting = items.filter(({ id, name }) => id === idOrName || name === idOrName)
  if (fitting.length === 1 && fitting[0]) return fitting[0].id
  const hint = fitting.length > 1 ? `${fitting.length} connections are` : 'No connection is'
  throw new CommandError(EXIT.failed, `${hint} called “${idOrName}”. “connections list” shows the ids.`)
}

function pair(text: string, what: string): readonly [string, string] {
  const at = text.indexOf('=')
  if (at < 1) throw new CommandError(EXIT.usage, `Write ${what} as name=value.`)
  return [text.slice(0, at), text.slice(at + 1)]
}

/** What is wrong with it is not repeated: it holds secrets. */
function parseSecrets(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  } catch {
    // said below
  }
  throw new CommandError(
    EXIT.usage,
    'The standard input must be a JSON object of secrets, such as { "clientId": "…" }.',
  )
}
