import { type Kysely, sql } from 'kysely'
import type { Database } from '../database/schema.ts'

type Db = Kysely<Database>

export type SessionRow = {
  readonly id: string
  readonly createdAt: Date
  readonly seenAt: Date
  readonly expiresAt: Date
  readonly address: string
  readonly agent: string
  readonly current: boolean
}

/** One's own that are alive, the last used first. */
export async function listSessions(db: Db, user: string, current: Buffer, idleMinutes: number): Promise<SessionRow[]> {
  const rows = await db
    .selectFrom('sessions')
    .select(['id', 'hash', 'created_at', 'seen_at', 'expires_at', 'address', 'agent'])
    .where('user_id', '=', user)
    .where('expires_at', '>', sql<Date>`now()`)
    .where('seen_at', '>', sql<Date>`now() - make_interval(mins => ${idleMinutes})`)
    .orderBy('seen_at', 'desc')
    .execute()
  return rows.map((row) => ({
    id: row.id,
    createdAt: row.created_at,
    seenAt: row.seen_at,
    expiresAt: row.expires_at,
    address: row.address,
    agent: row.agent,
    current: row.hash.equals(current),
  }))
}

export async function endSessionById(db: Db, user: string, id: string): Promise<boolean> {
  const result = await db.deleteFrom('sessions').where('user_id', '=', user).where('id', '=', id).executeTakeFirst()
  return result.numDeletedRows === 1n
}

/** All of a person, but for one. */
export async function endOtherSessions(db: Db, user: string, keep: Buffer | undefined): Promise<number> {
  let query = db.deleteFrom('sessions').where('user_id', '=', user)
  if (keep) query = query.where('hash', '!=', keep)
  return Number((await query.executeTakeFirst()).numDeletedRows)
}

/** Gives a session another secret. */
export async function renameSession(db: Db, hash: Buffer, next: Buffer): Promise<void> {
  await db.updateTable('sessions').set({ hash: next }).where('hash', '=', hash).execute()
}

export async function passwordHashOf(db: Db, user: string): Promise<string | null | undefined> {
  const row = await db.selectFrom('users').select('password_hash').where('id', '=', user).executeTakeFirst()
  return row?.password_hash
}

export async function setPassword(db: Db, user: string, hash: string): Promise<void> {
  await db.updateTable('users').set({ password_hash: hash }).where('id', '=', user).execute()
}
