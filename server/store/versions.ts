import { sql, type Transaction } from 'kysely'
import type { Database } from './schema.ts'

type Tx = Transaction<Database>

export type VersionRow = {
  readonly number: number
  readonly hash: string
  readonly author: string
  readonly summary: string
  readonly created_at: Date
}

const SHOWN = ['number', 'hash', 'author', 'summary', 'created_at'] as const

export async function listVersions(tx: Tx, workspace: string, flow: string): Promise<VersionRow[]> {
  return tx
    .selectFrom('flow_versions')
    .select(SHOWN)
    .where('workspace_id', '=', workspace)
    .where('flow_id', '=', flow)
    .orderBy('number', 'desc')
    .execute()
}

/** `document` is without `layout`, as it is hashed. */
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

/** The next number of the flow. Lock the flow first: two at once would take the same. */
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
    insert into flow_versions (workspace_id, flow_id, number, document, layout, hash, author_id, author, summary)
    select ${version.workspace}::uuid, ${version.flow}::uuid, coalesce(max(number), 0) + 1, ${version.document}::jsonb,
      ${version.layout}::jsonb, ${version.hash}, ${version.author.id}::uuid, ${version.author.name}, ${version.summary}
    from flow_versions where workspace_id = ${version.workspace} and flow_id = ${version.flow}
    returning number, hash, author, summary, created_at
  `.execute(tx)
  const [row] = rows.rows
  if (!row) throw new Error(`The version of flow ${version.flow} was not written.`)
  return row
}
