import { type Kysely, sql } from 'kysely'
import type { SignInRule } from './people.ts'
import type { Database, Role } from '../database/schema.ts'

/** Somebody at an open stream: by which session or token they came, and into which workspace. */
export type Seat = {
  readonly user: string
  readonly workspace: string
  readonly session: Buffer | null
  readonly token: string | null
}

/**
 * The role that each still has and how its workspace wants people to sign in; undefined where the session or the token
 * has ended, or the person is no member any more. Notes no use: an open page keeps no session alive.
 */
export async function whoStays(
  db: Kysely<Database>,
  seats: readonly Seat[],
  idleMinutes: number,
): Promise<readonly ({ readonly role: Role; readonly rule: SignInRule } | undefined)[]> {
  const { rows } = await sql<{ n: number; role: Role; sso: boolean; second: boolean }>`
    select s.n::int as n, m.role, w.require_sso as sso, w.require_second_factor as second
    from unnest(${seats.map(({ user }) => user)}::uuid[], ${seats.map(({ workspace }) => workspace)}::uuid[],
      ${seats.map(({ session }) => session)}::bytea[], ${seats.map(({ token }) => token)}::uuid[])
      with ordinality as s (user_id, workspace_id, session, token, n)
    join users u on u.id = s.user_id and u.disabled_at is null
    join members m on m.workspace_id = s.workspace_id and m.user_id = s.user_id
    join workspaces w on w.id = s.workspace_id
    where exists (
      select 1 from sessions o where o.hash = s.session and o.user_id = s.user_id and o.expires_at > now()
        and o.seen_at > now() - make_interval(mins => ${idleMinutes})
    ) or exists (
      select 1 from api_tokens t where t.workspace_id = s.workspace_id and t.id = s.token and t.user_id = s.user_id
        and t.revoked_at is null and (t.expires_at is null or t.expires_at > now())
    )
  `.execute(db)
  const stay = new Map(rows.map(({ n, role, sso, second }) => [n, { role, rule: { sso, secondFactor: second } }]))
  return seats.map((_, place) => stay.get(place + 1))
}
