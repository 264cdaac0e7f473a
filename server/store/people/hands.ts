import { type Kysely, sql, type Transaction } from 'kysely'
import type { PeopleTables } from '../database/people-tables.ts'
import type { Database } from '../database/schema.ts'

// Who may be behind an account: whoever handed over the link it was made with, or the one that set its password. Written
// with the system login; the rule of two people is held by it in the database (0055-hands.ts).

type Db = Kysely<Database>
type Tx = Transaction<Database>
type How = PeopleTables['hands']['how']

/** What shows that somebody is a person of their own. */
export type Proof = NonNullable<PeopleTables['users']['proven_by']>

/** An account that was made, and its password set, with a link that somebody handed over. */
export async function noteJoined(tx: Db, user: string, by: string): Promise<void> {
  for (const how of ['joined', 'password'] as const) await insertHand(tx, user, by, how)
}

/**
 * The password was set anew: by a link that somebody handed over, or (null) by nobody else. Whoever knew it before does
 * not know it any more. Answers how many API tokens ended that they may have made.
 */
export async function notePassword(tx: Db, user: string, by: string | null): Promise<number> {
  const ended = await endHands(tx, user, ['password'])
  if (by !== null) await insertHand(tx, user, by, 'password')
  return ended
}

/** Somebody is shown to be a person of their own. Answers how many API tokens ended that others may have made. */
export async function noteProven(tx: Db, user: string, proof: Proof): Promise<number> {
  await sql`update users set proven_at = now(), proven_by = ${proof} where id = ${user} and proven_at is null`.execute(
    tx,
  )
  return endHands(tx, user, ['joined'])
}

const insertHand = (tx: Db, user: string, by: string, how: How) =>
  tx.insertInto('hands').values({ user_id: user, hand_id: by, how }).execute()

async function endHands(tx: Db, user: string, which: readonly How[]): Promise<number> {
  const { rows } = await sql<{ since: Date }>`
    update hands set until = now() where user_id = ${user} and until is null and how = any (${sql.val([...which])}::text[])
    returning since
  `.execute(tx)
  if (rows.length === 0) return 0
  const since = new Date(Math.min(...rows.map((row) => row.since.getTime())))
  const ended = await sql`
    update api_tokens set revoked_at = now() where user_id = ${user} and revoked_at is null and created_at >= ${since}
  `.execute(tx)
  return Number(ended.numAffectedRows ?? 0n)
}

/** Why two accounts may be one person: `by` handed over what `user` came in with. */
export type Link = {
  readonly user: string
  readonly userName: string
  readonly by: string
  readonly byName: string
  readonly how: How
}

/**
 * Everybody who may be behind some people in a workspace, and by which links; themselves always.
 * @returns by person, in any order
 */
export async function handsOf(
  tx: Tx,
  workspace: string,
  people: readonly string[],
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const { rows } = await sql<{ person: string; hands: string[] }>`
    select person, tieline_hands(${workspace}::uuid, array[person]) as hands
    from unnest(${sql.val([...people])}::uuid[]) as person
  `.execute(tx)
  return new Map(rows.map(({ person, hands }) => [person, new Set(hands)]))
}

/** The links that lead from some people to whoever may be behind them, as they stand now. */
export async function linksOf(tx: Tx, workspace: string, people: readonly string[]): Promise<Link[]> {
  const { rows } = await sql<Link>`
    with behind as (select unnest(tieline_hands(${workspace}::uuid, ${sql.val([...people])}::uuid[])) as id), links as (
      select h.user_id, h.hand_id, h.how from hands h join behind b on b.id = h.user_id where h.until is null
      union
      select i.accepted_by, i.invited_by, 'joined' from invitations i join behind b on b.id = i.accepted_by
        join users u on u.id = b.id and u.proven_at is null
      where i.workspace_id = ${workspace}
    )
    select distinct on (l.user_id, l.hand_id) l.user_id as user, u.name as "userName", l.hand_id as by, h.name as "byName", l.how
    from links l join users u on u.id = l.user_id join users h on h.id = l.hand_id
    order by l.user_id, l.hand_id, l.how
  `.execute(tx)
  return rows
}
