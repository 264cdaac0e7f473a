import { zstdCompressSync } from 'node:zlib'
import { sql, type Transaction } from 'kysely'
import type { RunClaim } from '../../run/journal/journal.ts'
import type { KeptWait } from '../../run/journal/node-memory.ts'
import { newId } from '../database/ids.ts'
import type { Database } from '../database/schema.ts'
import { type Keyring, seal } from '../key/secrets.ts'

type Tx = Transaction<Database>

/** A statement takes at most 65,535 parameters. */
const SLICE = 1_000

export const waitPlace = (workspace: string, id: string): string => `waiting_records/${workspace}/${id}`

/** Keeps what waits, and deletes what came out, in the transaction that settles the batch. */
export async function settleWaits(
  tx: Tx,
  keys: Keyring,
  claim: RunClaim,
  waits: readonly KeptWait[],
  letOut: readonly string[],
): Promise<void> {
  const { workspace, flow, run } = claim
  if (letOut.length > 0) {
    await sql`
      delete from waiting_records
      where workspace_id = ${workspace} and flow_id = ${flow} and run_id = ${run} and id = any(${letOut as string[]}::uuid[])
    `.execute(tx)
  }
  for (let from = 0; from < waits.length; from += SLICE) {
    const rows = waits.slice(from, from + SLICE).map(({ node, record, cameAt, dueAt }) => {
      const id = newId()
      const text = Buffer.from(JSON.stringify(record))
      const content = seal(keys, waitPlace(workspace, id), zstdCompressSync(text))
      return sql`(${workspace}::uuid, ${flow}::uuid, ${id}::uuid, ${node}, ${claim.version}::int, ${claim.quiet}::boolean,
        ${run}::uuid, ${cameAt}::timestamptz, ${dueAt}::timestamptz, ${dueAt}::timestamptz, ${text.length}::int, ${content}::bytea)`
    })
    await sql`
      insert into waiting_records
        (workspace_id, flow_id, id, node_id, version, quiet, kept_by, came_at, due_at, look_at, bytes, content)
      values ${sql.join(rows)}
    `.execute(tx)
  }
}

/** How many records of a flow wait, counted up to `most`. */
export async function countWaiting(tx: Tx, workspace: string, flow: string, most: number): Promise<number> {
  const { rows } = await sql<{ waiting: number }>`
    select count(*)::int as waiting from (
      select 1 from waiting_records where workspace_id = ${workspace} and flow_id = ${flow} limit ${most}
    ) counted
  `.execute(tx)
  return rows[0]?.waiting ?? 0
}
