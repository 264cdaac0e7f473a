import { sql, type Transaction } from 'kysely'
import type { Database } from './schema.ts'

type Tx = Transaction<Database>

export type TakenTemplate = { readonly template: string; readonly version: number; readonly document: unknown }

/** Of which template a flow was made, and the document as it was taken. */
export async function findTaken(tx: Tx, workspace: string, flow: string): Promise<TakenTemplate | undefined> {
  return tx
    .selectFrom('flow_templates')
    .select(['template', 'version', 'document'])
    .where('workspace_id', '=', workspace)
    .where('flow_id', '=', flow)
    .executeTakeFirst()
}

export async function setTaken(
  tx: Tx,
  taken: {
    readonly workspace: string
    readonly flow: string
    readonly template: string
    readonly version: number
    readonly document: string
  },
): Promise<void> {
  await sql`
    insert into flow_templates (workspace_id, flow_id, template, version, document)
    values (${taken.workspace}, ${taken.flow}, ${taken.template}, ${taken.version}, ${taken.document}::jsonb)
    on conflict (workspace_id, flow_id) do update set
      version = excluded.version, document = excluded.document, taken_at = now()
  `.execute(tx)
}

/** Flows that are not archived, by template. */
export async function countTaken(tx: Tx, workspace: string): Promise<ReadonlyMap<string, number>> {
  const rows = await sql<{ template: string; flows: number }>`
    select t.template, count(*)::int as flows from flow_templates t
    join flows f on f.workspace_id = t.workspace_id and f.id = t.flow_id
    where t.workspace_id = ${workspace} and f.archived_at is null group by t.template
  `.execute(tx)
  return new Map(rows.rows.map(({ template, flows }) => [template, flows]))
}
