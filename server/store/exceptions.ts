import { sql, type Transaction } from 'kysely'
import type { Database, Desk, ExceptionState } from './schema.ts'

type Tx = Transaction<Database>

const exceptions = (tx: Tx, workspace: string) =>
  tx
    .selectFrom('exceptions as e')
    .innerJoin('flows as f', (join) =>
      join.onRef('f.workspace_id', '=', 'e.workspace_id').onRef('f.id', '=', 'e.flow_id'),
    )
    .leftJoin('users as u', 'u.id', 'e.resolved_by')
    .select([
      'e.id',
      'e.flow_id',
      'f.name as flow_name',
      'e.version',
      'e.run_id',
      'e.batch',
      'e.node_id',
      'e.code',
      'e.message',
      'e.remote',
      'e.business_key',
      'e.desk',
      'e.amount',
      'e.currency',
      'e.state',
      'e.created_at',
      'e.resolved_at',
      'u.name as resolved_by',
      'e.resolution',
    ])
    .where('e.workspace_id', '=', workspace)

export type ExceptionRow = Awaited<ReturnType<typeof listExceptions>>[number]

/** Newest first, after `cursor`. Without the records. */
export async function listExceptions(
  tx: Tx,
  workspace: string,
  filter: {
    state?: ExceptionState | undefined
    desk?: Desk | undefined
    flow?: string | undefined
    run?: string | undefined
    cursor?: string | undefined
    limit: number
  },
) {
  return exceptions(tx, workspace)
    .where((eb) =>
      eb.and([
        ...(filter.state ? [eb('e.state', '=', filter.state)] : []),
        ...(filter.desk ? [eb('e.desk', '=', filter.desk)] : []),
        ...(filter.flow ? [eb('e.flow_id', '=', filter.flow)] : []),
        ...(filter.run ? [eb('e.run_id', '=', filter.run)] : []),
        ...(filter.cursor ? [eb('e.id', '<', filter.cursor)] : []),
      ]),
    )
    .orderBy('e.id', 'desc')
    .limit(filter.limit)
    .execute()
}

/** With its record, sealed for the place `exceptions/<workspace>/<id>`. */
export async function findException(tx: Tx, workspace: string, id: string) {
  return exceptions(tx, workspace).select('e.record').where('e.id', '=', id).executeTakeFirst()
}

/** False when it is not open any more. */
export async function dismissException(
  tx: Tx,
  workspace: string,
  id: string,
  by: string,
  reason: string,
): Promise<boolean> {
  const result = await tx
    .updateTable('exceptions')
    .set({ state: 'dismissed', resolved_at: sql<Date>`now()`, resolved_by: by, resolution: reason })
    .where('workspace_id', '=', workspace)
    .where('id', '=', id)
    .where('state', '=', 'open')
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}
