import { sql, type Transaction } from 'kysely'
import type { Database } from '../database/schema.ts'

type Tx = Transaction<Database>

export type Holdings = {
  /** API tokens that still work. */
  readonly tokens: readonly { readonly name: string; readonly prefix: string; readonly usedAt: string | null }[]
  /** Requests for a second person that wait. */
  readonly approvals: number
  /** Invitations that can still be used. */
  readonly invitations: number
  /** Open exceptions that were handed to them. */
  readonly exceptions: number
  /** Flows whose draft they saved last. */
  readonly drafts: readonly { readonly id: string; readonly name: string }[]
}

/** What somebody has in a workspace that somebody else has to take over, or that ends with them. */
export async function holdingsOf(tx: Tx, workspace: string, user: string): Promise<Holdings> {
  const { rows } = await sql<Holdings>`
    select
      (select coalesce(json_agg(json_build_object('name', name, 'prefix', 'tl_' || prefix,
          'usedAt', to_char(used_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')) order by id), '[]')
        from api_tokens where workspace_id = ${workspace} and user_id = ${user} and revoked_at is null
          and (expires_at is null or expires_at > now())) as tokens,
      (select count(*)::int from approvals
        where workspace_id = ${workspace} and asked_by = ${user} and state = 'open') as approvals,
      (select count(*)::int from invitations where workspace_id = ${workspace} and invited_by = ${user}
        and used_at is null and revoked_at is null and expires_at > now()) as invitations,
      (select count(*)::int from exceptions
        where workspace_id = ${workspace} and assigned_to = ${user} and state in ('open', 'retrying')) as exceptions,
      (select coalesce(json_agg(json_build_object('id', id, 'name', name) order by lower(name), id), '[]') from (
        select id, name from flows
        where workspace_id = ${workspace} and draft_by = ${user} and archived_at is null order by lower(name), id limit 50
      ) f) as drafts
  `.execute(tx)
  if (!rows[0]) throw new Error('one row was asked for')
  return rows[0]
}

/** Ends, or gives back, what somebody held: with the membership, in one transaction. What they did stays. */
export async function letGo(tx: Tx, workspace: string, user: string): Promise<void> {
  await sql`update api_tokens set revoked_at = now()
    where workspace_id = ${workspace} and user_id = ${user} and revoked_at is null`.execute(tx)
  await sql`update approvals set state = 'void', reason = 'Who asked for it has left.', decided_at = now()
    where workspace_id = ${workspace} and asked_by = ${user} and state = 'open'`.execute(tx)
  await sql`update invitations set revoked_at = now()
    where workspace_id = ${workspace} and invited_by = ${user} and used_at is null and revoked_at is null`.execute(tx)
  await sql`update exceptions set assigned_to = null
    where workspace_id = ${workspace} and assigned_to = ${user} and state in ('open', 'retrying')`.execute(tx)
  await sql`delete from fault_owners where workspace_id = ${workspace} and owner_id = ${user}`.execute(tx)
  await sql`delete from draft_leases where workspace_id = ${workspace} and user_id = ${user}`.execute(tx)
}
