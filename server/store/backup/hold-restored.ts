import { sql, type Transaction } from 'kysely'
import { appendAudit } from '../workspace/audit.ts'
import type { Database } from '../database/schema.ts'

type Tx = Transaction<Database>

/** The code of a flow that waits because its database came out of a backup. */
export const RESTORED = 'RESTORED'

/** What a restore has put down. */
export type Held = { readonly flows: number; readonly runs: number; readonly calls: number }

/**
 * What was sent after a backup was made is not in its ledger, and would be sent again. So nothing goes on by itself: flows
 * that are on wait until somebody switches them on again, those that were to turn on at a time stay off, runs that had not ended until somebody lets them. Calls that
 * were written down and not yet made count as made: nobody can tell any more. With the owner's login, in the transaction
 * of the restore.
 * @param made when the backup was made, ISO 8601.
 */
export async function holdRestored(tx: Tx, made: string): Promise<Held> {
  const since = `${made.slice(0, 16).replace('T', ' ')} UTC`
  const flows = await sql<{ workspace_id: string; id: string }>`
    update flows set paused_code = ${RESTORED},
      paused_message = ${`The database was restored from a backup of ${since}. What this flow sent after that is not known here, and would be sent again. See in the other systems how far it had come, then switch it on: “from now” leaves out what was there already.`}
    where enabled and archived_at is null
    returning workspace_id, id
  `.execute(tx)
  // Those that were to turn on by themselves would read on from where they stood then.
  await sql`
    update turn_ons set settled_at = now(),
      refused = ${`The database was restored from a backup of ${since}, so that it is not known here what the flow has sent since.`}
    where settled_at is null
  `.execute(tx)
  const calls = await sql`
    update calls c set state = 'sent', sent_at = ${made}::timestamptz
    from runs r where r.workspace_id = c.workspace_id and r.id = c.run_id and c.state = 'intended'
      and r.state in ('queued', 'running', 'waiting', 'paused')
  `.execute(tx)
  // One that is to be cancelled is taken up for that alone, and says what it leaves in doubt.
  const runs = await sql<{ workspace_id: string }>`
    update runs set state = 'paused', pause_requested = false, lease_until = null, wake_at = null,
      reason = ${`The database was restored from a backup of ${since}. What this run did after that is not known here: let it go on only where doing it again does no harm, else cancel it.`}
    where state in ('queued', 'running', 'waiting') and not cancel_requested and not dry
    returning workspace_id
  `.execute(tx)
  const byWorkspace = Map.groupBy(flows.rows, (row) => row.workspace_id)
  for (const workspace of new Set([...flows.rows, ...runs.rows].map((row) => row.workspace_id))) {
    await appendAudit(tx, workspace, {
      action: 'backup.restore',
      actor: { kind: 'system', id: 'npm run restore' },
      who: { name: '', email: '', address: '' },
      subject: {},
      detail: {
        made,
        flows: (byWorkspace.get(workspace) ?? []).map(({ id }) => id),
        runs: runs.rows.filter((row) => row.workspace_id === workspace).length,
      },
      requestId: null,
    })
  }
  return { flows: flows.rows.length, runs: runs.rows.length, calls: Number(calls.numAffectedRows ?? 0n) }
}
