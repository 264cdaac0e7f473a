import { type Kysely, sql } from 'kysely'
import type { Person } from './people.ts'
import type { PeopleTables } from '../database/people-tables.ts'
import type { Database } from '../database/schema.ts'

// Who somebody is at the place of single sign-on, and sign-ins there that have begun. With the system login.

type Db = Kysely<Database>

/** Disabled people are not found. */
export async function findByIdentity(db: Db, issuer: string, subject: string): Promise<Person | undefined> {
  return db
    .selectFrom('identities as i')
    .innerJoin('users as u', 'u.id', 'i.user_id')
    .select(['u.id', 'u.email', 'u.name'])
    .where('i.issuer', '=', issuer)
    .where('i.subject', '=', subject)
    .where('u.disabled_at', 'is', null)
    .executeTakeFirst()
}

/** False if the identity is somebody else's, or the person has another one there. */
export async function insertIdentity(db: Db, issuer: string, subject: string, user: string): Promise<boolean> {
  const result = await sql`
    insert into identities (issuer, subject, user_id) values (${issuer}, ${subject}, ${user}) on conflict do nothing
  `.execute(db)
  return result.numAffectedRows === 1n
}

/** Sessions that began by it count as begun by password from now on. */
export async function removeIdentities(db: Db, user: string): Promise<boolean> {
  const result = await db.deleteFrom('identities').where('user_id', '=', user).executeTakeFirst()
  await db.updateTable('sessions').set({ means: 'password' }).where('user_id', '=', user).execute()
  return result.numDeletedRows > 0n
}

export type SsoState = {
  readonly hash: Buffer
  /** Hash of the cookie that the browser was given. */
  readonly bound: Buffer
  readonly nonce: string
  /** Sealed. */
  readonly verifier: Buffer
  readonly purpose: PeopleTables['sso_states']['purpose']
  readonly user: string | null
  readonly invitation: Buffer | null
  readonly to: string | null
}

export async function insertSsoState(db: Db, state: SsoState, minutes: number): Promise<void> {
  await sql`delete from sso_states where expires_at < now()`.execute(db)
  await sql`
    insert into sso_states (hash, bound, nonce, verifier, purpose, user_id, invitation, return_to, expires_at)
    values (${state.hash}, ${state.bound}, ${state.nonce}, ${state.verifier}, ${state.purpose}, ${state.user},
      ${state.invitation}, ${state.to}, now() + make_interval(mins => ${minutes}))
  `.execute(db)
}

/** Once: whoever comes a second time finds nothing, and neither does another browser. */
export async function takeSsoState(db: Db, hash: Buffer, bound: Buffer): Promise<SsoState | undefined> {
  const { rows } = await sql<SsoState>`
    delete from sso_states where hash = ${hash} and bound = ${bound} and expires_at > now()
    returning hash, bound, nonce, verifier, purpose, user_id as user, invitation, return_to as to
  `.execute(db)
  return rows[0]
}
