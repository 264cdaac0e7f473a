import { type Kysely, sql, type Transaction } from 'kysely'
import type { Person } from './people.ts'
import type { Database } from './schema.ts'

type Tx = Transaction<Database>

export type TokenRow = {
  readonly id: string
  readonly name: string
  readonly prefix: string
  readonly created_at: Date
  readonly expires_at: Date | null
  readonly used_at: Date | null
  readonly revoked_at: Date | null
}

const SHOWN = ['id', 'name', 'prefix', 'created_at', 'expires_at', 'used_at', 'revoked_at'] as const

export async function listTokens(tx: Tx, workspace: string, user: string): Promise<TokenRow[]> {
  return tx
    .selectFrom('api_tokens')
    .select(SHOWN)
    .where('workspace_id', '=', workspace)
    .where('user_id', '=', user)
    .orderBy('id', 'desc')
    .limit(200)
    .execute()
}

export async function insertToken(
  tx: Tx,
  token: {
    workspace: string
    id: string
    user: string
    name: string
    prefix: string
    hash: Buffer
    expiresAt: Date | null
  },
): Promise<TokenRow> {
  return tx
    .insertInto('api_tokens')
    .values({
      workspace_id: token.workspace,
      id: token.id,
      user_id: token.user,
      name: token.name,
      prefix: token.prefix,
      hash: token.hash,
      expires_at: token.expiresAt,
    })
    .returning(SHOWN)
    .executeTakeFirstOrThrow()
}

export async function revokeToken(tx: Tx, workspace: string, user: string, id: string): Promise<boolean> {
  const result = await tx
    .updateTable('api_tokens')
    .set({ revoked_at: sql<Date>`coalesce(revoked_at, now())` })
    .where('workspace_id', '=', workspace)
    .where('user_id', '=', user)
    .where('id', '=', id)
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

/** Live tokens with this prefix, whichever workspace they belong to: with the system login. */
export async function findTokens(
  db: Kysely<Database>,
  prefix: string,
): Promise<readonly { workspace: string; id: string; hash: Buffer; person: Person }[]> {
  const rows = await db
    .selectFrom('api_tokens as t')
    .innerJoin('users as u', 'u.id', 't.user_id')
    .select(['t.workspace_id', 't.id', 't.hash', 'u.id as user', 'u.email', 'u.name'])
    .where('t.prefix', '=', prefix)
    .where('t.revoked_at', 'is', null)
    .where('u.disabled_at', 'is', null)
    .where((eb) => eb.or([eb('t.expires_at', 'is', null), eb('t.expires_at', '>', sql<Date>`now()`)]))
    .execute()
  return rows.map((row) => ({
    workspace: row.workspace_id,
    id: row.id,
    hash: row.hash,
    person: { id: row.user, email: row.email, name: row.name },
  }))
}

/** Notes the use of a token, at most once a minute. */
export async function noteTokenUse(db: Kysely<Database>, workspace: string, id: string): Promise<void> {
  await sql`
    update api_tokens set used_at = now()
    where workspace_id = ${workspace} and id = ${id} and (used_at is null or used_at < now() - interval '1 minute')
  `.execute(db)
}
