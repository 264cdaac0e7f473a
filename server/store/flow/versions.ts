import { type Kysely, sql, type Transaction } from 'kysely'
import type { Database } from '../database/schema.ts'

type Tx = Transaction<Database>

export type VersionRow = {
  readonly number: number
  readonly hash: string
  readonly author: string
  readonly summary: string
  readonly created_at: Date
  /** What the flow was made of when the version was made, as `flow_templates` names it. */
  readonly source: string | null
  readonly source_version: number | null
}

const SHOWN = ['number', 'hash', 'author', 'summary', 'created_at', 'source', 'source_version'] as const

/** Newest first; what was only tried is none of them. */
export async function listVersions(tx: Tx, workspace: string, flow: string): Promise<VersionRow[]> {
  return tx
    .selectFrom('flow_versions')
    .select(SHOWN)
    .where('workspace_id', '=', workspace)
    .where('flow_id', '=', flow)
    .where('number', '>', 0)
    .orderBy('number', 'desc')
    .execute()
}

/** Also of a document that was only tried: its number is below 0. `document` is without `layout`, as it is hashed. */
export async function findVersion(
  tx: Tx,
  workspace: string,
  flow: string,
  number: number,
): Promise<(VersionRow & { document: unknown; layout: unknown }) | undefined> {
  return tx
    .selectFrom('flow_versions')
    .select([...SHOWN, 'document', 'layout'])
    .where('workspace_id', '=', workspace)
    .where('flow_id', '=', flow)
    .where('number', '=', number)
    .executeTakeFirst()
}

/** The version that was live just before a moment. */
export async function findVersionBefore(
  tx: Tx,
  workspace: string,
  flow: string,
  moment: Date,
): Promise<{ document: unknown; layout: unknown } | undefined> {
  return tx
    .selectFrom('flow_versions')
    .select(['document', 'layout'])
    .where('workspace_id', '=', workspace)
    .where('flow_id', '=', flow)
    .where('number', '>', 0)
    .where('created_at', '<', moment)
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst()
}

/** Everybody who had a part in a version since an earlier one, so that none of them approves it elsewhere. */
export async function authorsBetween(
  tx: Tx,
  workspace: string,
  flow: string,
  after: number,
  upTo: number,
): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    with ends as (
      select max(created_at) filter (where number = ${after}) as since, max(created_at) filter (where number = ${upTo}) as till
      from flow_versions where workspace_id = ${workspace} and flow_id = ${flow}
    )
    select author_id as id from flow_versions
    where workspace_id = ${workspace} and flow_id = ${flow}
      and (number = ${upTo} or (number > ${after} and number < ${upTo} and number > 0))
    union
    select unnest(authors) from flow_versions
    where workspace_id = ${workspace} and flow_id = ${flow} and number > ${after} and number <= ${upTo} and number > 0
    union
    select s.author_id from draft_sessions s, ends
    where s.workspace_id = ${workspace} and s.flow_id = ${flow}
      and s.ended_at > coalesce(ends.since, '-infinity') and s.began_at <= ends.till
  `.execute(tx)
  return rows.map(({ id }) => id)
}

/** The next number of the flow, with everybody who had a part in its draft. Lock the flow first: two at once would take the same. */
export async function insertVersion(
  tx: Tx,
  version: {
    workspace: string
    flow: string
    document: string
    layout: string | null
    hash: string
    author: { id: string; name: string }
    summary: string
  },
): Promise<VersionRow> {
  const rows = await sql<VersionRow>`
    with taken as (
      select template, nullif(version, 0) as version from flow_templates
      where workspace_id = ${version.workspace} and flow_id = ${version.flow}
    )
    insert into flow_versions (workspace_id, flow_id, number, document, layout, hash, author_id, author, summary,
      source, source_version, authors)
    select ${version.workspace}::uuid, ${version.flow}::uuid, greatest(max(number), 0) + 1, ${version.document}::jsonb,
      ${version.layout}::jsonb, ${version.hash}, ${version.author.id}::uuid, ${version.author.name}, ${version.summary},
      (select template from taken), (select version from taken), (
        select coalesce(array_agg(distinct hand), '{}') from draft_authors d, unnest(tieline_hands(d.workspace_id, array[d.user_id], d.since)) hand
        where d.workspace_id = ${version.workspace} and d.flow_id = ${version.flow}
      )
    from flow_versions where workspace_id = ${version.workspace} and flow_id = ${version.flow}
    returning number, hash, author, summary, created_at, source, source_version
  `.execute(tx)
  const [row] = rows.rows
  if (!row) throw new Error(`The version of flow ${version.flow} was not written.`)
  return row
}

/** Numbers of tried documents count the seconds since, so that one that was removed never lends its number to another. */
const TRIED_SINCE = '2026-01-01T00:00:00Z'

/**
 * Keeps a document that is to be tried, and answers its number, which is below 0; the same document has the same number.
 * Lock the flow first.
 */
export async function keepTried(
  tx: Tx,
  tried: {
    workspace: string
    flow: string
    document: string
    hash: string
    author: { id: string; name: string }
    summary: string
  },
): Promise<number> {
  const rows = await sql<{ number: number }>`
    with known as (
      select number from flow_versions
      where workspace_id = ${tried.workspace} and flow_id = ${tried.flow} and number < 0 and hash = ${tried.hash}
        and document = ${tried.document}::jsonb
      limit 1
    ), made as (
      insert into flow_versions (workspace_id, flow_id, number, document, hash, author_id, author, summary)
      select ${tried.workspace}::uuid, ${tried.flow}::uuid, least(min(number) - 1, -extract(epoch from now() - ${TRIED_SINCE}::timestamptz)::int), ${tried.document}::jsonb,
        ${tried.hash}, ${tried.author.id}::uuid, ${tried.author.name}, ${tried.summary}
      from flow_versions where workspace_id = ${tried.workspace} and flow_id = ${tried.flow}
        and not exists (select 1 from known)
      having not exists (select 1 from known)
      returning number
    )
    select number from known union all select number from made
  `.execute(tx)
  const [row] = rows.rows
  if (!row) throw new Error(`What was to be tried of flow ${tried.flow} was not written.`)
  return row.number
}

/** Of tried documents, for as long as somebody may look at what they did. */
const TRIED_DAYS = 30

/** Removes documents that were only tried, and their runs, which sent nothing. With the system login. */
export async function removeOldTried(db: Kysely<Database>): Promise<number> {
  const result = await sql`
    delete from flow_versions where number < 0 and created_at < now() - make_interval(days => ${TRIED_DAYS})
  `.execute(db)
  return Number(result.numAffectedRows ?? 0n)
}
