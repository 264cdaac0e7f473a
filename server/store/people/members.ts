import { type Kysely, sql, type Transaction } from 'kysely'
import { letGo } from './leaving.ts'
import type { SignInRule } from './people.ts'
import type { Database, Role } from '../database/schema.ts'

type Tx = Transaction<Database>

export type MemberRow = {
  readonly user: string
  readonly email: string
  readonly name: string
  readonly role: Role
  readonly since: Date
  readonly disabled: boolean
}

/** Everybody in a workspace, by name. */
export async function listMembers(tx: Tx, workspace: string): Promise<MemberRow[]> {
  const rows = await tx
    .selectFrom('members as m')
    .innerJoin('users as u', 'u.id', 'm.user_id')
    .select(['u.id', 'u.email', 'u.name', 'm.role', 'm.created_at', 'u.disabled_at'])
    .where('m.workspace_id', '=', workspace)
    .orderBy(sql`lower(u.name)`)
    .orderBy('u.id')
    .execute()
  return rows.map((row) => ({
    user: row.id,
    email: row.email,
    name: row.name,
    role: row.role,
    since: row.created_at,
    disabled: row.disabled_at !== null,
  }))
}

/** Of somebody whose account works; undefined if they are not in the workspace, or not any more. */
export async function roleOf(tx: Tx, workspace: string, user: string): Promise<Role | undefined> {
  const row = await tx
    .selectFrom('members as m')
    .innerJoin('users as u', 'u.id', 'm.user_id')
    .select('m.role')
    .where('m.workspace_id', '=', workspace)
    .where('m.user_id', '=', user)
    .where('u.disabled_at', 'is', null)
    .executeTakeFirst()
  return row?.role
}

/** The role before; undefined if nobody was there. @throws the database's error members_owner for the last owner. */
export async function changeRole(tx: Tx, workspace: string, user: string, role: Role): Promise<Role | undefined> {
  const before = await tx
    .selectFrom('members')
    .select('role')
    .where('workspace_id', '=', workspace)
    .where('user_id', '=', user)
    .forUpdate()
    .executeTakeFirst()
  if (!before) return undefined
  await tx
    .updateTable('members')
    .set({ role })
    .where('workspace_id', '=', workspace)
    .where('user_id', '=', user)
    .execute()
  return before.role
}

/** What they held in the workspace ends with it. @throws the database's error members_owner for the last owner. */
export async function removeMember(tx: Tx, workspace: string, user: string): Promise<boolean> {
  const removed = await tx
    .deleteFrom('members')
    .where('workspace_id', '=', workspace)
    .where('user_id', '=', user)
    .executeTakeFirst()
  if (removed.numDeletedRows === 0n) return false
  await letGo(tx, workspace, user)
  return true
}

/** Whether the database refused because a workspace would be left without an owner. */
export function isLastOwner(error: unknown): boolean {
  return error instanceof Error && 'constraint' in error && error.constraint === 'members_owner'
}

export type InvitationRow = {
  readonly id: string
  readonly email: string
  readonly role: Role
  readonly invitedBy: string | null
  readonly createdAt: Date
  readonly expiresAt: Date
}

/** Those that can still be used, newest first. */
export async function listInvitations(tx: Tx, workspace: string): Promise<InvitationRow[]> {
  const rows = await tx
    .selectFrom('invitations as i')
    .leftJoin('users as u', 'u.id', 'i.invited_by')
    .select(['i.id', 'i.email', 'i.role', 'u.name', 'i.created_at', 'i.expires_at'])
    .where('i.workspace_id', '=', workspace)
    .where('i.used_at', 'is', null)
    .where('i.revoked_at', 'is', null)
    .where('i.expires_at', '>', sql<Date>`now()`)
    .orderBy('i.id', 'desc')
    .execute()
  return rows.map((row) => ({
    id: row.id,
    email: row.email,
    role: row.role,
    invitedBy: row.name,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  }))
}

/** An earlier one to the same address ends: one link per person. */
export async function insertInvitation(
  tx: Tx,
  invitation: {
    readonly workspace: string
    readonly id: string
    readonly email: string
    readonly role: Role
    readonly hash: Buffer
    readonly by: string
    readonly days: number
  },
): Promise<void> {
  const { workspace, id, email, role, hash, by, days } = invitation
  await sql`
    update invitations set revoked_at = now()
    where workspace_id = ${workspace} and lower(email) = lower(${email}) and used_at is null and revoked_at is null
  `.execute(tx)
  await sql`
    insert into invitations (workspace_id, id, email, role, hash, invited_by, expires_at)
    values (${workspace}, ${id}, ${email}, ${role}, ${hash}, ${by}, now() + make_interval(days => ${days}))
  `.execute(tx)
}

export async function revokeInvitation(tx: Tx, workspace: string, id: string): Promise<boolean> {
  const result = await tx
    .updateTable('invitations')
    .set({ revoked_at: sql<Date>`now()` })
    .where('workspace_id', '=', workspace)
    .where('id', '=', id)
    .where('used_at', 'is', null)
    .where('revoked_at', 'is', null)
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

export type OpenInvitation = {
  readonly workspace: string
  readonly workspaceName: string
  readonly id: string
  readonly email: string
  readonly role: Role
  /** Who made it, and was shown its link. */
  readonly by: string
  readonly rule: SignInRule
}

/** Whose link it is, in whatever workspace: with the system login. `take` uses it up; two at once wait for each other. */
export async function findInvitation(
  db: Kysely<Database>,
  hash: Buffer,
  { take = false }: { readonly take?: boolean } = {},
): Promise<OpenInvitation | undefined> {
  const rows = await sql<OpenInvitation>`
    select i.workspace_id as workspace, w.name as "workspaceName", i.id, i.email, i.role, i.invited_by as by,
      json_build_object('sso', w.require_sso, 'secondFactor', w.require_second_factor) as rule
    from invitations i join workspaces w on w.id = i.workspace_id
    where i.hash = ${hash} and i.used_at is null and i.revoked_at is null and i.expires_at > now()
    ${take ? sql`for update of i` : sql``}
  `.execute(db)
  const [row] = rows.rows
  if (row && take) {
    await sql`update invitations set used_at = now() where workspace_id = ${row.workspace} and id = ${row.id}`.execute(
      db,
    )
  }
  return row
}

/** Who used it. In the transaction that makes them a member. */
export async function noteAccepted(
  db: Kysely<Database>,
  { workspace, id }: OpenInvitation,
  user: string,
): Promise<void> {
  await sql`update invitations set accepted_by = ${user} where workspace_id = ${workspace} and id = ${id}`.execute(db)
}
