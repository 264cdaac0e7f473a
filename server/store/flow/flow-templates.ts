import { sql, type Transaction } from 'kysely'
import type { Database } from '../database/schema.ts'

type Tx = Transaction<Database>

export type TakenTemplate = {
  readonly template: string
  /** 0 as long as none was taken. */
  readonly version: number
  readonly document: unknown
  /** Of the flow it was made of, when it was taken; null for prebuilt ones. */
  readonly name: string | null
}

/** Of which template a flow was made, and the document as it was taken. */
export async function findTaken(tx: Tx, workspace: string, flow: string): Promise<TakenTemplate | undefined> {
  return tx
    .selectFrom('flow_templates')
    .select(['template', 'version', 'document', 'name'])
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
    readonly name?: string
  },
): Promise<void> {
  const { workspace, flow, template, version, document, name = null } = taken
  await sql`
    insert into flow_templates (workspace_id, flow_id, template, version, document, name)
    values (${workspace}, ${flow}, ${template}, ${version}, ${document}::jsonb, ${name})
    on conflict (workspace_id, flow_id) do update set
      template = excluded.template, version = excluded.version, document = excluded.document, name = excluded.name,
      taken_at = now()
  `.execute(tx)
}

/** The flow stays as it is, and is made of nothing any more. */
export async function forgetTaken(tx: Tx, workspace: string, flow: string): Promise<void> {
  await tx.deleteFrom('flow_templates').where('workspace_id', '=', workspace).where('flow_id', '=', flow).execute()
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
