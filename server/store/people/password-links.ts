import { type Kysely, sql, type Transaction } from 'kysely'
import type { Person } from './people.ts'
import type { PeopleTables } from '../database/people-tables.ts'
import type { Database } from '../database/schema.ts'

// One-time links that set a password anew. With the system login.

type Db = Kysely<Database>
type MadeBy = PeopleTables['password_links']['made_by']

/**
 * Ends the person's earlier links: the last one works. One that anybody may have asked for ends none that an owner, or
 * whoever runs the installation, has made.
 */
export async function insertPasswordLink(
  db: Db,
  link: {
    readonly hash: Buffer
    readonly user: string
    readonly madeBy: MadeBy
    /** The owner who sees it, and may use it. */
    readonly madeByUser?: string
    /** Whoever uses it is a person of their own: whoever runs the installation says so. */
    readonly vouches?: boolean
    readonly minutes: number
  },
): Promise<void> {
  await deletePasswordLinks(db, link.user, link.madeBy === 'mail' ? 'mail' : undefined)
  await sql`
    insert into password_links (hash, user_id, made_by, made_by_user, vouches, expires_at)
    values (${link.hash}, ${link.user}, ${link.madeBy}, ${link.madeByUser ?? null}, ${link.vouches ?? false}, now() + make_interval(mins => ${link.minutes}))
  `.execute(db)
}

/** Those that were not used, of one kind or all: they work no longer. */
export async function deletePasswordLinks(db: Db, user: string, madeBy?: MadeBy): Promise<void> {
  await sql`
    delete from password_links
    where user_id = ${user} and used_at is null and made_by = coalesce(${madeBy ?? null}, made_by)
  `.execute(db)
}

/** Whether the person was sent a link so few minutes ago, and has not used it. Of many who ask at once, one is told no. */
export async function wasSentLink(tx: Transaction<Database>, user: string, minutes: number): Promise<boolean> {
  await sql`select 1 from users where id = ${user} for update`.execute(tx)
  const { rows } = await sql`
    select 1 from password_links where user_id = ${user} and made_by = 'mail' and used_at is null
      and created_at > now() - make_interval(mins => ${minutes})
  `.execute(tx)
  return rows.length > 0
}

/** Whose link it is, while it works. */
export async function findPasswordLink(db: Db, hash: Buffer): Promise<Person | undefined> {
  const { rows } = await sql<Person>`
    select u.id, u.email, u.name from password_links l join users u on u.id = l.user_id
    where l.hash = ${hash} and l.used_at is null and l.expires_at > now() and u.disabled_at is null
  `.execute(db)
  return rows[0]
}

type TakenLink = {
  readonly madeBy: MadeBy
  /** The owner who made it, who may know what password it sets; null for links of an e-mail or of the command line. */
  readonly by: string | null
  readonly vouches: boolean
}

/** Once: of two who use it at the same time, one is refused, by `undefined`. */
export async function takePasswordLink(db: Db, hash: Buffer): Promise<TakenLink | undefined> {
  const { rows } = await sql<TakenLink>`
    update password_links set used_at = now() where hash = ${hash} and used_at is null and expires_at > now()
    returning made_by as "madeBy", made_by_user as by, vouches
  `.execute(db)
  return rows[0]
}

/** Whether the person is in no workspace but such that the other one owns. */
export async function isWithin(db: Db, person: string, owner: string): Promise<boolean> {
  const { rows } = await sql<{ within: boolean }>`
    select not exists (
      select 1 from members m where m.user_id = ${person} and not exists (
        select 1 from members o
        where o.workspace_id = m.workspace_id and o.user_id = ${owner} and o.role = 'owner'
      )
    ) as within
  `.execute(db)
  return rows[0]?.within === true
}
