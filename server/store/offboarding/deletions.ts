import { type Kysely, sql } from 'kysely'
import type { Database } from '../database/schema.ts'

// Deletes what is left of workspaces whose time is over. With the system login, by functions of the owner's that look
// themselves whether they may (migrations/0034-closing.ts).

type Db = Kysely<Database>

export async function dueForDeletion(system: Db): Promise<string[]> {
  const rows = await system
    .selectFrom('workspaces')
    .select('id')
    .where('delete_after', '<=', sql<Date>`now()`)
    .orderBy('delete_after')
    .orderBy('id')
    .execute()
  return rows.map(({ id }) => id)
}

/**
 * From here on nobody can take it back, and no run writes: one whose lease has run out may belong to a worker that only
 * stood still, and that must find its claim gone when it wakes. False while a run is at work still.
 */
export async function beginDeletion(system: Db, workspace: string): Promise<boolean> {
  const { rows } = await sql<{ begun: boolean }>`select tieline_begin_deletion(${workspace}) as begun`.execute(system)
  if (rows[0]?.begun !== true) return false
  await sql`
    update runs set state = 'cancelled', epoch = epoch + 1, lease_until = null, wake_at = null, ended_at = now(),
      reason = 'The workspace was closed.'
    where workspace_id = ${workspace} and state in ('queued', 'running', 'waiting', 'paused')
  `.execute(system)
  return true
}

/**
 * All tables with rows of tenants, from the database's catalog: what refers to others comes before them, the members
 * after all else but the audit log.
 */
export async function tenantTables(db: Db): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string; refers: string[] }>`
    select c.relname as name, array(
      select t.relname::text from pg_constraint k join pg_class t on t.oid = k.confrelid
      where k.conrelid = c.oid and k.contype = 'f' and k.confrelid <> c.oid
    ) as refers
    from pg_class c join pg_attribute a on a.attrelid = c.oid
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
      and a.attname = 'workspace_id' and not a.attisdropped
    order by c.relname like 'audit\\_%', c.relname
  `.execute(db)
  const sorted: string[] = []
  let left = rows
  while (left.length > 0) {
    const free = left.filter(({ name }) => !left.some((other) => other.name !== name && other.refers.includes(name)))
    const next = free.length > 0 ? free : left // a circle: only those with a deferred reference can be emptied
    sorted.push(...next.map(({ name }) => name))
    left = left.filter((one) => !next.includes(one))
  }
  // Members are told how far it is as long as there is anything.
  const late = (name: string) => (name.startsWith('audit_') ? 2 : name === 'members' ? 1 : 0)
  return sorted.sort((a, b) => late(a) - late(b))
}

/** One batch of a table, counted in the record; answers how many rows went. */
export async function deleteRows(system: Db, workspace: string, table: string, most: number): Promise<number> {
  const { rows } = await sql<{ gone: string | number }>`
    select tieline_delete_rows(${workspace}, ${table}, ${most}) as gone
  `.execute(system)
  return Number(rows[0]?.gone ?? 0)
}

/** The workspace itself, and the accounts of people who are in no other. @throws if a row of it is left anywhere */
export async function finishDeletion(tx: Db, workspace: string): Promise<void> {
  await sql`select tieline_finish_deletion(${workspace})`.execute(tx)
}

export async function keepHash(tx: Db, workspace: string, hash: string): Promise<void> {
  await tx
    .updateTable('deletions')
    .set({ hash: Buffer.from(hash, 'hex') })
    .where('workspace', '=', workspace)
    .execute()
}

export type RevokedRow = {
  readonly id: string
  readonly connector: string
  readonly outcome: 'revoked' | 'no-sign-in' | 'used-elsewhere' | 'not-revoked'
  readonly reason: string | null
}

export async function noteRevoked(system: Db, workspace: string, row: RevokedRow): Promise<void> {
  await sql`
    update deletions set connections = connections || ${JSON.stringify([row])}::jsonb where workspace = ${workspace}
  `.execute(system)
}

export type DeletionRow = NonNullable<Awaited<ReturnType<typeof findDeletion>>>

const deletions = (db: Db) =>
  db
    .selectFrom('deletions')
    .select([
      'workspace',
      'name',
      'asked_at',
      'asked_by',
      'due_at',
      'began_at',
      'finished_at',
      'counts',
      'accounts',
      'connections',
      'audit_sequence',
      'audit_hash',
      'hash',
    ])

export async function findDeletion(db: Db, workspace: string) {
  return deletions(db).where('workspace', '=', workspace).executeTakeFirst()
}

/** Records that somebody may read, the newest first. */
export async function deletionsFor(db: Db, person: string, workspace?: string): Promise<DeletionRow[]> {
  let query = deletions(db).where(sql<boolean>`${person}::uuid = any(readers)`).orderBy('began_at', 'desc').limit(500)
  if (workspace !== undefined) query = query.where('workspace', '=', workspace)
  return query.execute()
}
