import { type Kysely, sql } from 'kysely'
import type { Database } from '../database/schema.ts'

// What a person has beside the password. With the system login: people belong to no workspace.

type Db = Kysely<Database>

export type SecondFactorRow = { readonly secret: Buffer; readonly since: Date | null }

/** `since` is null until a first code has shown that the person's app has the secret. */
export async function findSecondFactor(db: Db, user: string): Promise<SecondFactorRow | undefined> {
  const row = await db
    .selectFrom('second_factors')
    .select(['secret', 'confirmed_at'])
    .where('user_id', '=', user)
    .executeTakeFirst()
  return row && { secret: row.secret, since: row.confirmed_at }
}

/** A secret that nobody has confirmed is replaced; false if one is in use. */
export async function offerSecondFactor(db: Db, user: string, secret: Buffer): Promise<boolean> {
  const result = await sql`
    insert into second_factors (user_id, secret) values (${user}, ${secret})
    on conflict (user_id) do update set secret = excluded.secret, created_at = now(), last_step = 0
    where second_factors.confirmed_at is null
  `.execute(db)
  return result.numAffectedRows === 1n
}

/** True once for each step: of two who give one code at the same time, one is refused. */
export async function takeStep(db: Db, user: string, step: number): Promise<boolean> {
  const result = await db
    .updateTable('second_factors')
    .set({ last_step: step })
    .where('user_id', '=', user)
    .where('last_step', '<', step)
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

export async function confirmSecondFactor(db: Db, user: string): Promise<void> {
  await db.updateTable('second_factors').set({ confirmed_at: sql<Date>`now()` }).where('user_id', '=', user).execute()
}

/** With its recovery codes; no session counts as proved by it any more. */
export async function removeSecondFactor(db: Db, user: string): Promise<boolean> {
  const result = await db.deleteFrom('second_factors').where('user_id', '=', user).executeTakeFirst()
  await db.deleteFrom('recovery_codes').where('user_id', '=', user).execute()
  await db.updateTable('sessions').set({ second_at: null }).where('user_id', '=', user).execute()
  return result.numDeletedRows === 1n
}

/** New ones end all that were there. */
export async function replaceRecoveryCodes(db: Db, user: string, hashes: readonly Buffer[]): Promise<void> {
  await db.deleteFrom('recovery_codes').where('user_id', '=', user).execute()
  await db
    .insertInto('recovery_codes')
    .values(hashes.map((hash) => ({ user_id: user, hash, used_at: null })))
    .execute()
}

export async function takeRecoveryCode(db: Db, user: string, hash: Buffer): Promise<boolean> {
  const result = await db
    .updateTable('recovery_codes')
    .set({ used_at: sql<Date>`now()` })
    .where('user_id', '=', user)
    .where('hash', '=', hash)
    .where('used_at', 'is', null)
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

export async function countRecoveryCodes(db: Db, user: string): Promise<number> {
  const rows = await db
    .selectFrom('recovery_codes')
    .select('hash')
    .where('user_id', '=', user)
    .where('used_at', 'is', null)
    .execute()
  return rows.length
}
