import { type Kysely, sql, type Transaction } from 'kysely'
import { together } from '../database/one-trip.ts'
import type { Database } from '../database/schema.ts'

export type NewEvent = {
  readonly workspace: string
  readonly hook: string
  readonly id: string
  /** The sender's own id, shortened for people. */
  readonly key: string
  /** SHA-256 of the whole of it. */
  readonly keyHash: Buffer
  readonly bytes: number
  readonly content: Buffer
}

export type StoredEvent = { readonly id: string; readonly repeated: boolean }

/**
 * Writes events of any workspaces down with one statement, which commits. An event whose key its hook knows already is
 * counted as a repeat of that one. No key may stand twice in the list; `times` says how often each came. Answers in the
 * order of the list. Runs with the system login.
 */
export async function storeEvents(
  db: Kysely<Database>,
  events: readonly NewEvent[],
  times: readonly number[],
): Promise<readonly StoredEvent[]> {
  // Sorted, so that two processes with the same keys wait for each other and do not lock each other out.
  const [{ rows }] = await together(db, [
    sql<{ at: number; id: string; repeated: boolean }>`
    with given as (
      select * from unnest(
        ${events.map((event) => event.workspace)}::uuid[], ${events.map((event) => event.hook)}::uuid[],
        ${events.map((event) => event.id)}::uuid[], ${events.map((event) => event.key)}::text[],
        ${events.map((event) => event.keyHash)}::bytea[], ${events.map((event) => event.bytes)}::int[],
        ${events.map((event) => event.content)}::bytea[], ${times as number[]}::int[]
      ) with ordinality as g (workspace_id, hook_id, id, key, key_hash, bytes, content, times, at)
    ), stored as (
      insert into inbox (workspace_id, hook_id, id, key, key_hash, bytes, content, repeats)
      select workspace_id, hook_id, id, key, key_hash, bytes, content, times - 1 from given
      order by workspace_id, hook_id, key_hash
      on conflict (workspace_id, hook_id, key_hash) do update set repeats = inbox.repeats + excluded.repeats + 1
      returning workspace_id, hook_id, key_hash, id
    )
    select g.at, s.id, s.id <> g.id as repeated from given g
    join stored s on s.workspace_id = g.workspace_id and s.hook_id = g.hook_id and s.key_hash = g.key_hash
  `,
  ])
  const answer: StoredEvent[] = []
  for (const { at, id, repeated } of rows) answer[at - 1] = { id, repeated }
  return answer
}

export type HookCount = {
  readonly workspace: string
  readonly hook: string
  readonly taken: number
  readonly repeated: number
  readonly refused: number
}

/** Adds to the counts of the hour. Runs with the system login. */
export async function addHookCounts(db: Kysely<Database>, counts: readonly HookCount[]): Promise<void> {
  if (counts.length === 0) return
  await sql`
    insert into hook_hours (workspace_id, hook_id, hour, taken, repeated, refused)
    select workspace_id, hook_id, date_trunc('hour', now()), taken, repeated, refused from unnest(
      ${counts.map((one) => one.workspace)}::uuid[], ${counts.map((one) => one.hook)}::uuid[],
      ${counts.map((one) => one.taken)}::int[], ${counts.map((one) => one.repeated)}::int[],
      ${counts.map((one) => one.refused)}::int[]
    ) as g (workspace_id, hook_id, taken, repeated, refused)
    order by workspace_id, hook_id
    on conflict (workspace_id, hook_id, hour) do update set taken = hook_hours.taken + excluded.taken,
      repeated = hook_hours.repeated + excluded.repeated, refused = hook_hours.refused + excluded.refused
  `.execute(db)
}

const STRAYS = 'hook-strays'

/** Counts events about an organisation that no connection here is of. Runs with the system login. */
export async function addStrays(db: Kysely<Database>, connector: string, count: number): Promise<void> {
  await sql`
    insert into installation (name, value) values (${STRAYS}, jsonb_build_object(${connector}::text, ${count}::int))
    on conflict (name) do update set value = installation.value
      || jsonb_build_object(${connector}::text, coalesce((installation.value ->> ${connector})::int, 0) + ${count}::int)
  `.execute(db)
}

export async function countStrays(tx: Transaction<Database>): Promise<number> {
  const row = await tx.selectFrom('installation').select('value').where('name', '=', STRAYS).executeTakeFirst()
  // Written above: numbers by connector.
  return Object.values((row?.value ?? {}) as { readonly [connector: string]: number }).reduce(
    (sum, one) => sum + one,
    0,
  )
}

const shown = ['id', 'received_at', 'key', 'repeats', 'run_id'] as const

/** Newest first, after `cursor`. */
export async function listEvents(
  tx: Transaction<Database>,
  workspace: string,
  hook: string,
  page: { readonly cursor?: string | undefined; readonly limit: number },
) {
  let query = tx.selectFrom('inbox').select(shown).where('workspace_id', '=', workspace).where('hook_id', '=', hook)
  if (page.cursor !== undefined) query = query.where('id', '<', page.cursor)
  return query.orderBy('id', 'desc').limit(page.limit).execute()
}

/** With its content, sealed; see inbox-content.ts. */
export async function findEvent(tx: Transaction<Database>, workspace: string, hook: string, id: string) {
  return tx
    .selectFrom('inbox')
    .select([...shown, 'content'])
    .where('workspace_id', '=', workspace)
    .where('hook_id', '=', hook)
    .where('id', '=', id)
    .executeTakeFirst()
}
