import type { Kysely } from 'kysely'
import { StepError } from '../../connectors/kit/errors.ts'
import type { Connections } from '../connect/connections.ts'
import { listForRevoking, shredSecrets, usedElsewhere } from '../store/connection/connection-shredding.ts'
import { inWorkspace } from '../store/database/database.ts'
import {
  beginDeletion,
  deleteRows,
  dueForDeletion,
  findDeletion,
  noteRevoked,
  type RevokedRow,
  tenantTables,
} from '../store/offboarding/deletions.ts'
import type { Database } from '../store/database/schema.ts'
import { endDeletion } from './end-deletion.ts'

type Log = Record<'info' | 'warn', (fields: object, message: string) => void>

export type DeletionParts = {
  readonly app: Kysely<Database>
  readonly connections: Pick<Connections, 'revoke'>
  readonly log: Log
  /** Rows of one batch, which is one transaction. Default 5,000: some 50 ms, so that nobody waits long for a lock. */
  readonly batch?: number
}

/** One turn goes on for so long at most; what is left is for the next one. */
const TURN_MS = 45_000
const BATCH = 5_000
const REVOKE_MS = 30_000
/** A system that does not answer is asked again at each turn for so long; then the deletion goes on without it. */
const REVOKE_HOURS = 24

/**
 * Deletes workspaces whose time to be taken back is over. All of it can be broken off anywhere and goes on from there:
 * each batch commits together with its count, and what another system was asked is written down before the next.
 */
export function deleteClosed(parts: DeletionParts) {
  return {
    name: 'closed-workspaces',
    everySeconds: 60,
    async run(system: Kysely<Database>): Promise<void> {
      const until = performance.now() + TURN_MS
      for (const workspace of await dueForDeletion(system)) {
        if (performance.now() > until) return
        await deleteWorkspace(parts, system, workspace, until)
      }
    },
  }
}

/** Answers whether it is gone; else the next turn goes on. */
export async function deleteWorkspace(
  parts: DeletionParts,
  system: Kysely<Database>,
  workspace: string,
  until = Number.POSITIVE_INFINITY,
): Promise<boolean> {
  if (!(await beginDeletion(system, workspace))) return false
  if (!(await giveBackLogins(parts, system, workspace))) return false
  for (const table of await tenantTables(system)) {
    for (let gone = 1; gone > 0; ) {
      if (performance.now() > until) return false
      gone = await deleteRows(system, workspace, table, parts.batch ?? BATCH)
    }
  }
  await system.transaction().execute((tx) => endDeletion(tx, workspace))
  parts.log.info({ workspace }, 'a closed workspace was deleted')
  return true
}

/** Each login is taken back where it was given, then made unreadable here. False: somebody has to be asked again later. */
async function giveBackLogins(parts: DeletionParts, system: Kysely<Database>, workspace: string): Promise<boolean> {
  const record = await findDeletion(system, workspace)
  const done = new Set(record?.connections.map(({ id }) => id))
  const patient = record !== undefined && Date.now() - record.began_at.getTime() < REVOKE_HOURS * 3_600_000
  let all = true
  for (const { id, connector } of await inWorkspace(parts.app, workspace, (tx) => listForRevoking(tx, workspace))) {
    if (!done.has(id)) {
      const noted = await giveBack(parts, system, { workspace, id, connector }, patient)
      if (noted === 'later') {
        all = false
        continue
      }
      await noteRevoked(system, workspace, { id, connector, ...noted })
    }
    await inWorkspace(parts.app, workspace, (tx) => shredSecrets(tx, workspace, id))
  }
  return all
}

async function giveBack(
  { connections, log }: DeletionParts,
  system: Kysely<Database>,
  { workspace, id, connector }: { readonly workspace: string; readonly id: string; readonly connector: string },
  patient: boolean,
): Promise<Pick<RevokedRow, 'outcome' | 'reason'> | 'later'> {
  if (await usedElsewhere(system, { workspace, id, connector }, { whole: true })) {
    return { outcome: 'used-elsewhere', reason: 'Another connection of this installation is to the same account.' }
  }
  try {
    return { outcome: await connections.revoke(workspace, id, AbortSignal.timeout(REVOKE_MS)), reason: null }
  } catch (error) {
    const lasting = error instanceof StepError && error.reaction !== 'retry'
    if (!lasting && patient) {
      log.warn({ err: error, workspace, connection: id }, 'a login could not be given back; it is tried again')
      return 'later'
    }
    // In words of ours: those of the other system may name people.
    const code = error instanceof StepError ? error.code : 'no answer'
    return { outcome: 'not-revoked', reason: `The other system did not do it (${code}). Take it back there by hand.` }
  }
}
