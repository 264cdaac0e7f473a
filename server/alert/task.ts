import type { Kysely } from 'kysely'
import type { Connector, Operation } from '../../connectors/kit/connector.ts'
import type { Connections } from '../connect/connections.ts'
import { removeOldAlerts } from '../store/alert/alert-messages.ts'
import { watchedWorkspaces } from '../store/alert/alert-rules.ts'
import { findConnection } from '../store/connection/connection-records.ts'
import { loadConnection } from '../store/connection/connection-state.ts'
import { inWorkspace } from '../store/database/database.ts'
import type { Database } from '../store/database/schema.ts'
import { type Keyring, SealBroken } from '../store/key/secrets.ts'
import type { Surroundings } from './causes.ts'
import { evaluateAlerts } from './evaluate.ts'
import { sendAlerts, type Sender } from './send.ts'

export type AlertParts = {
  readonly app: Kysely<Database>
  readonly keys: Keyring
  readonly connectors: readonly Connector[]
  readonly connections: Connections
  operation(id: string): Operation
  readonly url?: string | undefined
  readonly log: { error(fields: object, message: string): void }
}

/** Every half minute all rules are looked at, and what is due is sent. */
export function watchAlerts(parts: AlertParts) {
  const around = surroundingsOf(parts)
  const sender: Sender = parts
  return {
    name: 'alerts',
    everySeconds: 30,
    async run(system: Kysely<Database>, now = new Date()): Promise<void> {
      const workspaces = await watchedWorkspaces(system)
      for (const workspace of workspaces) {
        try {
          await evaluateAlerts(parts.app, around, workspace, now)
        } catch (error) {
          // What was found before is told all the same, and the other workspaces are looked at.
          parts.log.error({ err: error, workspace }, 'a rule for alerts could not be looked at')
        }
      }
      await sendAlerts(sender, workspaces)
    },
  }
}

/** How long what is over stays in the lists, in days. */
const KEEP_DAYS = 90

export const oldAlerts = (app: Kysely<Database>) => ({
  name: 'old-alerts',
  everySeconds: 3600,
  async run(system: Kysely<Database>): Promise<void> {
    for (const workspace of await watchedWorkspaces(system)) {
      await inWorkspace(app, workspace, (tx) => removeOldAlerts(tx, workspace, KEEP_DAYS))
    }
  },
})

/** A connection that does not open any more calls nobody: the other rules are looked at all the same. */
function isShut(error: unknown): undefined {
  if (!(error instanceof SealBroken)) throw error
}

function surroundingsOf({ app, keys, connectors, connections }: AlertParts): Surroundings {
  const find = (operation: string) => {
    const [name, ...rest] = operation.split('.')
    const connector = connectors.find((one) => one.name === name)
    return { connector, operation: connector?.operations.find((one) => one.name === rest.join('.')) }
  }
  return {
    words: {
      thing(id) {
        const { operation } = find(id)
        // `list-open-invoices` → open invoices.
        return operation?.kind === 'read' ? operation.name.split('-').slice(1).join(' ') || undefined : undefined
      },
      target(id) {
        const { connector, operation } = find(id)
        return operation?.kind === 'write' ? connector?.title : undefined
      },
    },
    kindOf: (connector, login) =>
      connectors.find(({ name }) => name === connector)?.logins.find(({ name }) => name === login),
    async usage(workspace, id) {
      const row = await inWorkspace(app, workspace, (tx) => findConnection(tx, workspace, id))
      const state = row && (await loadConnection(app, keys, workspace, id).catch(isShut))
      const usage = state && (await connections.usage({ workspace, id, ...state }))
      return usage?.perDay ? { used: usage.usedDay ?? 0, most: usage.perDay } : undefined
    },
  }
}
