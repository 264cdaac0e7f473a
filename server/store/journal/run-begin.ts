import { sql, type Transaction } from 'kysely'
import type { BegunRead, RunClaim, StoredCursor } from '../../run/journal/journal.ts'
import type { RunStart } from '../../run/journal/run-start.ts'
import type { Database } from '../database/schema.ts'

type Tx = Transaction<Database>

export type BegunCursor = {
  readonly node_id: string
  readonly began_connection: string
  readonly began_cursor: unknown
  readonly began_seen: Buffer | null
}

/** Keeps where reads stand as their run begins. What was kept by an earlier claim of the run stays, and is not answered. */
export function beginning(claim: RunClaim, reads: readonly BegunRead[]) {
  const { workspace, run, flow } = claim
  return sql<BegunCursor>`
    insert into run_reads (workspace_id, run_id, node_id, began_connection, began_cursor, began_seen)
    select ${workspace}::uuid, r.id, asked.node, own.connection_id, c.cursor, c.seen
    from runs r
    cross join unnest(${reads.map(({ node }) => node)}::text[], ${reads.map(({ slot }) => slot)}::text[]) as asked (node, slot)
    left join run_bindings k on k.workspace_id = ${workspace} and k.run_id = r.id and k.slot = asked.slot
    left join flow_bindings b on b.workspace_id = ${workspace} and b.flow_id = ${flow} and b.slot = asked.slot
    join lateral (select coalesce(k.connection_id, b.connection_id) as connection_id) own on own.connection_id is not null
    left join cursors c on c.workspace_id = ${workspace} and c.flow_id = ${flow} and c.node_id = asked.node
      and c.connection_id = own.connection_id
    where r.workspace_id = ${workspace} and r.id = ${run} and r.epoch = ${claim.epoch} and r.state = 'running'
    on conflict (workspace_id, run_id, node_id) do nothing
    returning node_id, began_connection, began_cursor, began_seen
  `
}

export const begunAt = ({
  began_cursor,
  began_seen,
}: Omit<BegunCursor, 'node_id' | 'began_connection'>): StoredCursor | undefined =>
  began_cursor === null ? undefined : stored(began_cursor, began_seen)

/**
 * Where a read begins: where the flow's cursor stands; in a run that is done again, where it stood when the earlier run
 * began. A read that had no part in that one, or had another connection, begins at the flow's cursor.
 */
export async function cursorFor(
  tx: Tx,
  claim: RunClaim,
  node: string,
  connection: string,
): Promise<StoredCursor | undefined> {
  const { workspace, flow, start } = claim
  if (start.kind === 'again') {
    const began = await tx
      .selectFrom('run_reads')
      .select(['began_cursor', 'began_seen'])
      .where('workspace_id', '=', workspace)
      .where('run_id', '=', start.run)
      .where('node_id', '=', node)
      .where('began_connection', '=', connection)
      .executeTakeFirst()
    if (began) return begunAt(began)
  }
  const row = await tx
    .selectFrom('cursors')
    .select(['cursor', 'seen'])
    .where('workspace_id', '=', workspace)
    .where('flow_id', '=', flow)
    .where('node_id', '=', node)
    .where('connection_id', '=', connection)
    .executeTakeFirst()
  return row && stored(row.cursor, row.seen)
}

const stored = (cursor: unknown, seen: Buffer | null): StoredCursor => ({
  // Written by an executor, from a page's cursor.
  cursor: cursor as StoredCursor['cursor'],
  seen: seen ?? Buffer.alloc(0),
})

/** How a run begins; of one that is done again, how the earlier one began. */
export async function beginningOf(tx: Tx, { workspace, start }: RunClaim): Promise<RunStart> {
  if (start.kind !== 'again') return start
  const row = await tx
    .selectFrom('runs')
    .select('start')
    .where('workspace_id', '=', workspace)
    .where('id', '=', start.run)
    .executeTakeFirst()
  return row?.start ?? { kind: 'trigger' }
}
