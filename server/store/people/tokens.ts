import { type Kysely, sql, type Transaction } from 'kysely'
import type { Person } from './people.ts'
import type { Database } from '../database/schema.ts'

type Tx = Transaction<Database>

export type TokenRow = {
  readonly id: string
  readonly name: string
  readonly prefix: string
  readonly created_at: Date
  readonly expires_at: Date | null
  readonly used_at: Date | null
  readonly revoked_at: Date | null
  readonly scopes: readonly string[] | null
  readonly addresses: readonly string[] | null
}

const SHOWN = [
  ...(['id', 'name', 'prefix', 'created_at', 'expires_at', 'used_at', 'revoked_at', 'scopes', 'addresses'] as const),
] as const

const WORKS = sql<boolean>`(revoked_at is null and (expires_at is null or expires_at > now()))`

/** Those that work first: none of them is hidden behind what was revoked. */
export async function listTokens(tx: Tx, workspace: string, user: string): Promise<TokenRow[]> {
  return tx
    .selectFrom('api_tokens')
    .select(SHOWN)
    .where('workspace_id', '=', workspace)
    .where('user_id', '=', user)
    .orderBy(WORKS, 'desc')
    .orderBy('id', 'desc')
    .limit(200)
    .execute()
}

/** Of a person's tokens that work. Whoever makes another at the same moment waits until the transaction ends. */
export async function countTokens(tx: Tx, workspace: string, user: string): Promise<number> {
  await sql`select 1 from members where workspace_id = ${workspace} and user_id = ${user} for update`.execute(tx)
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from api_tokens where workspace_id = ${workspace} and user_id = ${user} and ${WORKS}
  `.execute(tx)
  return rows[0]?.count ?? 0
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
    /** Permissions; null: all of the person's role. */
    scopes: readonly string[] | null
    /** From where it is taken; null: from everywhere. */
    addresses: readonly string[] | null
    /** Which proofs the session had that makes it. */
    made: { readonly sso: boolean; readonly secondFactor: boolean }
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
      scopes: token.scopes === null ? null : [...token.scopes],
      addresses: token.addresses === null ? null : [...token.addresses],
      made_by_sso: token.made.sso,
      made_with_second_factor: token.made.secondFactor,
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

/** Undefined where the person has no such token that is not revoked. */
export async function changeAddresses(
  tx: Tx,
  workspace: string,
  user: string,
  id: string,
  addresses: readonly string[] | null,
): Promise<TokenRow | undefined> {
  return tx
    .updateTable('api_tokens')
    .set({ addresses: addresses === null ? null : [...addresses] })
    .where('workspace_id', '=', workspace)
    .where('user_id', '=', user)
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .returning(SHOWN)
    .executeTakeFirst()
}

export type LiveToken = {
  readonly workspace: string
  readonly id: string
  readonly hash: Buffer
  readonly person: Person
  readonly scopes: readonly string[] | null
  readonly addresses: readonly string[] | null
  readonly made: { readonly sso: boolean; readonly secondFactor: boolean }
}

/** Live tokens with this prefix, whichever workspace they belong to: with the system login. */
export async function findTokens(db: Kysely<Database>, prefix: string): Promise<readonly LiveToken[]> {
  const rows = await db
    .selectFrom('api_tokens as t')
    .innerJoin('users as u', 'u.id', 't.user_id')
    .select(['t.workspace_id', 't.id', 't.hash', 'u.id as user', 'u.email', 'u.name'])
    .select(['t.scopes', 't.addresses', 't.made_by_sso', 't.made_with_second_factor'])
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
    scopes: row.scopes,
    addresses: row.addresses,
    made: { sso: row.made_by_sso, secondFactor: row.made_with_second_factor },
  }))
}

/** Notes the use of a token, at most once a minute. */
export async function noteTokenUse(db: Kysely<Database>, workspace: string, id: string): Promise<void> {
  await sql`
    update api_tokens set used_at = now()
    where workspace_id = ${workspace} and id = ${id} and (used_at is null or used_at < now() - interval '1 minute')
  `.execute(db)
}
