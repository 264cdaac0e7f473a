import { sql, type Transaction } from 'kysely'
import type { Reference } from '../../../connectors/kit/connector.ts'
import { newId } from '../database/ids.ts'
import type { Database } from '../database/schema.ts'
import { blindIndex, type Keyring } from '../key/secrets.ts'

type Tx = Transaction<Database>

export type SuppressionRow = {
  readonly id: string
  readonly reason: string
  readonly added_at: Date
  readonly added_by_name: string | null
  readonly run_id: string | null
  readonly lifted_at: Date | null
  readonly lifted_by_name: string | null
  readonly lift_reason: string | null
}

/** Of a workspace and no connection: who was erased stays so in every account. */
export const suppressionHash = (keys: Keyring, workspace: string, { kind, key }: Reference): Buffer =>
  blindIndex(keys, workspace, `suppressed\0${kind}\0${key}`)

/** Whether anybody stands in the list; nearly always nobody does, and nothing has to be hashed. */
export const anySuppressed = (workspace: string) => sql`
  select 1 from suppressions where workspace_id = ${workspace} and lifted_at is null limit 1
`

/** Those of the hashes that stand in the list, as hexadecimal text. */
export async function suppressedAmong(
  tx: Tx,
  workspace: string,
  hashes: readonly Buffer[],
): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ hash: Buffer }>`
    select hash from suppressions
    where workspace_id = ${workspace} and lifted_at is null and hash = any(${hashes}::bytea[])
  `.execute(tx)
  return new Set(rows.map(({ hash }) => hash.toString('hex')))
}

export type NewSuppression = {
  readonly hash: Buffer
  readonly reason: string
  readonly by: { readonly person: string } | { readonly run: string; readonly node: string }
}

/** Puts keys into the list; those that stand there stay as they are. Answers the ids of the new ones. */
export async function insertSuppressions(
  tx: Tx,
  workspace: string,
  entries: readonly NewSuppression[],
): Promise<readonly string[]> {
  const persons = entries.map(({ by }) => ('person' in by ? by.person : null))
  const runs = entries.map(({ by }) => ('run' in by ? by.run : null))
  const nodes = entries.map(({ by }) => ('run' in by ? by.node : null))
  const { rows } = await sql<{ id: string }>`
    insert into suppressions (workspace_id, id, hash, reason, added_by, run_id, node_id)
    select ${workspace}::uuid, id, hash, reason, person, run, node
    from unnest(${entries.map(() => newId())}::uuid[], ${entries.map((one) => one.hash)}::bytea[],
      ${entries.map((one) => one.reason)}::text[], ${persons}::uuid[], ${runs}::uuid[], ${nodes}::text[])
      as r (id, hash, reason, person, run, node)
    on conflict (workspace_id, hash) where lifted_at is null do nothing
    returning id
  `.execute(tx)
  return rows.map(({ id }) => id)
}

const shown = sql`
  s.id, s.reason, s.added_at, a.name as added_by_name, s.run_id, s.lifted_at, l.name as lifted_by_name, s.lift_reason
`

/** Newest first, those that were lifted included. */
export async function listSuppressions(
  tx: Tx,
  workspace: string,
  page: { readonly after?: string | undefined; readonly limit: number },
): Promise<readonly SuppressionRow[]> {
  const { rows } = await sql<SuppressionRow>`
    select ${shown} from suppressions s
    left join users a on a.id = s.added_by left join users l on l.id = s.lifted_by
    where s.workspace_id = ${workspace} ${page.after ? sql`and s.id < ${page.after}` : sql``}
    order by s.id desc limit ${page.limit}
  `.execute(tx)
  return rows
}

/** The entries of some keys, those that stand first, then the newest. */
export async function findSuppressions(
  tx: Tx,
  workspace: string,
  hashes: readonly Buffer[],
): Promise<readonly SuppressionRow[]> {
  const { rows } = await sql<SuppressionRow>`
    select ${shown} from suppressions s
    left join users a on a.id = s.added_by left join users l on l.id = s.lifted_by
    where s.workspace_id = ${workspace} and s.hash = any(${hashes}::bytea[])
    order by s.lifted_at is null desc, s.id desc limit 50
  `.execute(tx)
  return rows
}

/** Lets a person be written again. Answers the entry; undefined where none of this id stands. */
export async function liftSuppression(
  tx: Tx,
  workspace: string,
  lift: { readonly id: string; readonly by: string; readonly reason: string },
): Promise<SuppressionRow | undefined> {
  const { rows } = await sql<SuppressionRow>`
    with s as (
      update suppressions set lifted_at = now(), lifted_by = ${lift.by}, lift_reason = ${lift.reason}
      where workspace_id = ${workspace} and id = ${lift.id} and lifted_at is null
      returning *
    )
    select ${shown} from s left join users a on a.id = s.added_by left join users l on l.id = s.lifted_by
  `.execute(tx)
  return rows[0]
}
