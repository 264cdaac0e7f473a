import type { Kysely } from 'kysely'
import { appendAudit } from '../store/workspace/audit.ts'
import { inWorkspace } from '../store/database/database.ts'
import { openWorkspaces } from '../store/journal/look-again.ts'
import type { Database } from '../store/database/schema.ts'
import { announceUnused, turnOffUnused } from '../store/connection/unused-connections.ts'
import type { WorkerLog } from './carry-out.ts'
import type { HousekeepingTask } from './housekeeping.ts'

/**
 * Connections that nothing has used for long are announced, and turned off two weeks later; the audit log has both. `app` is
 * logged in as tieline_app.
 */
export const turnOffConnections = (app: Kysely<Database>, log: WorkerLog): HousekeepingTask => ({
  name: 'unused-connections',
  everySeconds: 3600,
  async run(system) {
    for (const workspace of await openWorkspaces(system)) {
      try {
        await inWorkspace(app, workspace, async (tx) => {
          // Those that were announced before: what is announced now has its two weeks.
          for (const { id, idle } of await turnOffUnused(tx, workspace)) {
            await appendAudit(tx, workspace, deed('connection.turn-off', id, { unusedSince: idle }))
          }
          for (const { id } of await announceUnused(tx, workspace)) {
            await appendAudit(tx, workspace, deed('connection.announce-off', id, {}))
          }
        })
      } catch (error) {
        log.error({ err: error, workspace }, 'unused connections could not be turned off; those of others are')
      }
    }
  },
})

const deed = (action: string, connection: string, detail: { readonly [name: string]: string }) => ({
  action,
  actor: { kind: 'system' as const, id: null },
  who: { name: '', email: '', address: '' },
  subject: { connection },
  detail,
  requestId: null,
})
