import { timingSafeEqual } from 'node:crypto'
import { type Kysely, sql } from 'kysely'
import type { Means } from '../database/people-tables.ts'
import type { Database, Role } from '../database/schema.ts'

// Sign-in looks across workspaces: these statements run with the system login.

type Db = Kysely<Database>

export type Person = { readonly id: string; readonly email: string; readonly name: string }

export async function anyPerson(db: Db): Promise<boolean> {
  return (await db.selectFrom('users').select('id').limit(1).execute()).length > 0
}

export async function insertPerson(db: Db, person: Person & { readonly passwordHash: string | null }): Promise<void> {
  await db
    .insertInto('users')
    .values({ id: person.id, email: person.email, name: person.name, password_hash: person.passwordHash })
    .execute()
}

/** By e-mail address in any spelling; disabled people are not found. Without a password they come by single sign-on. */
export async function findPersonByEmail(
  db: Db,
  email: string,
): Promise<(Person & { passwordHash: string | null }) | undefined> {
  const row = await db
    .selectFrom('users')
    .select(['id', 'email', 'name', 'password_hash'])
    .where(sql<string>`lower(email)`, '=', email.toLowerCase())
    .where('disabled_at', 'is', null)
    .executeTakeFirst()
  return row && { id: row.id, email: row.email, name: row.name, passwordHash: row.password_hash }
}

export type NewSession = {
  readonly hash: Buffer
  readonly user: string
  readonly expiresAt: Date
  readonly address: string
  readonly agent: string
  readonly means: Means
  /** A second factor was given. */
  readonly second: boolean
}

export async function insertSession(db: Db, session: NewSession): Promise<void> {
  await db
    .insertInto('sessions')
    .values({
      hash: session.hash,
      user_id: session.user,
      expires_at: session.expiresAt,
      address: session.address,
      agent: session.agent,
      means: session.means,
      second_at: session.second ? sql<Date>`now()` : null,
    })
    .execute()
}

export type LiveSession = {
  readonly person: Person
  readonly means: Means
  readonly second: boolean
  /** The person has a second factor, whether it was given here or not. */
  readonly hasSecond: boolean
  /** Since the person last proved who they are, by the database's clock. */
  readonly provedSeconds: number
}

/** A session that has neither ended nor been idle too long. Notes the use, at most once a minute. */
export async function resumeSession(db: Db, hash: Buffer, idleMinutes: number): Promise<LiveSession | undefined> {
  const row = await db
    .selectFrom('sessions as s')
    .innerJoin('users as u', 'u.id', 's.user_id')
    .select([
      'u.id',
      'u.email',
      'u.name',
      's.means',
      's.second_at',
      sql<number>`extract(epoch from now() - s.proved_at)::float8`.as('proved'),
      sql<boolean>`exists (
        select 1 from second_factors f where f.user_id = u.id and f.confirmed_at is not null
      )`.as('has_second'),
      sql<boolean>`s.seen_at < now() - interval '1 minute'`.as('stale'),
    ])
    .where('s.hash', '=', hash)
    .where('s.expires_at', '>', sql<Date>`now()`)
    .where('s.seen_at', '>', sql<Date>`now() - make_interval(mins => ${idleMinutes})`)
    .where('u.disabled_at', 'is', null)
    .executeTakeFirst()
  if (!row) return undefined
  if (row.stale) await db.updateTable('sessions').set({ seen_at: sql<Date>`now()` }).where('hash', '=', hash).execute()
  const { id, email, name, means, second_at, has_second: hasSecond, proved: provedSeconds } = row
  return { person: { id, email, name }, means, second: second_at !== null, hasSecond, provedSeconds }
}

/** The person has proved who they are once more; `second`: by a second factor. */
export async function noteProof(db: Db, hash: Buffer, second: boolean): Promise<void> {
  await db
    .updateTable('sessions')
    .set({ proved_at: sql<Date>`now()`, ...(second ? { second_at: sql<Date>`now()` } : {}) })
    .where('hash', '=', hash)
    .execute()
}

export async function deleteSession(db: Db, hash: Buffer): Promise<void> {
  await db.deleteFrom('sessions').where('hash', '=', hash).execute()
}

export async function deleteDeadSessions(db: Db, idleMinutes: number): Promise<void> {
  await sql`
    delete from sessions where expires_at < now() or seen_at < now() - make_interval(mins => ${idleMinutes})
  `.execute(db)
}

export async function addSetupLink(db: Db, hash: Buffer, hours: number, made = new Date()): Promise<void> {
  await sql`
    insert into setup_links (hash, created_at, expires_at)
    values (${hash}, ${made}, now() + make_interval(hours => ${hours}))
  `.execute(db)
}

/** Links that work for so long at least. Who asks holds a lock until the transaction ends, so that one is made at a time. */
export async function workingSetupLinks(tx: Db, hours: number): Promise<readonly { hash: Buffer; created_at: Date }[]> {
  await sql`select pg_advisory_xact_lock(hashtext('tieline set-up link'))`.execute(tx)
  const { rows } = await sql<{ hash: Buffer; created_at: Date }>`
    select hash, created_at from setup_links where used_at is null and expires_at > now() + make_interval(hours => ${hours})
  `.execute(tx)
  return rows
}

export async function deleteSetupLinks(db: Db): Promise<void> {
  await sql`delete from setup_links where used_at is null`.execute(db)
}

/** True once: the link that is used ends all others. Two at once wait for each other. */
export async function takeSetupLink(db: Db, hash: Buffer): Promise<boolean> {
  const rows = await sql<{ hash: Buffer }>`
    select hash from setup_links where used_at is null and expires_at > now() order by hash for update
  `.execute(db)
  if (!rows.rows.some((row) => timingSafeEqual(row.hash, hash))) return false
  await sql`update setup_links set used_at = now() where used_at is null`.execute(db)
  return true
}

/** What a workspace asks for beyond a password. */
export type SignInRule = { readonly sso: boolean; readonly secondFactor: boolean }

/** Set while a workspace is given up: everything in it is off and read-only. */
export type ClosingState = {
  readonly deleteAfter: Date
  /** Its rows go: it cannot be taken back any more. */
  readonly deleting: boolean
}

const closingOf = (row: { delete_after: Date | null; deleting_at: Date | null }): ClosingState | undefined =>
  row.delete_after ? { deleteAfter: row.delete_after, deleting: row.deleting_at !== null } : undefined

export type MembershipRow = {
  readonly id: string
  readonly name: string
  readonly role: Role
  readonly rule: SignInRule
  readonly closing: ClosingState | undefined
}

export async function listMemberships(db: Db, user: string): Promise<MembershipRow[]> {
  const rows = await db
    .selectFrom('members as m')
    .innerJoin('workspaces as w', 'w.id', 'm.workspace_id')
    .select(['w.id', 'w.name', 'm.role', 'w.require_sso', 'w.require_second_factor', 'w.delete_after', 'w.deleting_at'])
    .where('m.user_id', '=', user)
    .orderBy('w.name')
    .orderBy('w.id')
    .execute()
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    role: row.role,
    rule: { sso: row.require_sso, secondFactor: row.require_second_factor },
    closing: closingOf(row),
  }))
}

export async function findMembership(
  db: Db,
  workspace: string,
  user: string,
): Promise<Pick<MembershipRow, 'role' | 'rule' | 'closing'> | undefined> {
  const row = await db
    .selectFrom('members as m')
    .innerJoin('workspaces as w', 'w.id', 'm.workspace_id')
    .select(['m.role', 'w.require_sso', 'w.require_second_factor', 'w.delete_after', 'w.deleting_at'])
    .where('m.workspace_id', '=', workspace)
    .where('m.user_id', '=', user)
    .executeTakeFirst()
  return (
    row && {
      role: row.role,
      rule: { sso: row.require_sso, secondFactor: row.require_second_factor },
      closing: closingOf(row),
    }
  )
}
