import { type Kysely, sql, type Transaction } from 'kysely'
import { newId } from '../database/ids.ts'
import type { Database, Role } from '../database/schema.ts'

type Tx = Transaction<Database>

/** A flow as the source of others, as `flow_templates` names it. */
export const sourceOf = (workspace: string, flow: string): string => `flow:${workspace}:${flow}`

const SOURCE = /^flow:([0-9a-f-]{36}):([0-9a-f-]{36})$/

/** The flow that `flow_templates` names; undefined for a prebuilt one. */
export function flowOfSource(source: string): { readonly workspace: string; readonly flow: string } | undefined {
  const [, workspace, flow] = SOURCE.exec(source) ?? []
  return workspace === undefined || flow === undefined ? undefined : { workspace, flow }
}

export type ClientRow = {
  readonly workspace: string
  readonly name: string
  readonly flow: string
  readonly version: number
  /** Of the person who asks; null where they are no member. */
  readonly role: Role | null
  readonly closing: boolean
}

/** Flows in all workspaces that were made of one, with the role of a person there: with the system login. */
export async function findClients(db: Kysely<Database>, source: string, person: string): Promise<ClientRow[]> {
  const { rows } = await sql<ClientRow>`
    select t.workspace_id as workspace, w.name, t.flow_id as flow, t.version, m.role,
      w.closing_at is not null as closing
    from flow_templates t
    join workspaces w on w.id = t.workspace_id
    left join members m on m.workspace_id = t.workspace_id and m.user_id = ${person}
    where t.template = ${source}
    order by lower(w.name), w.id, t.flow_id
  `.execute(db)
  return rows
}

export type PushRow = {
  readonly number: number
  readonly source: string
  readonly source_name: string
  readonly version: number
  readonly before_number: number
  readonly before_version: number
  readonly before_document: unknown
  readonly author: string
  readonly at: Date
  readonly rolled_back_at: Date | null
}

/** In the client's workspace: the last push to a flow. */
export async function lastPush(tx: Tx, workspace: string, flow: string): Promise<PushRow | undefined> {
  return tx
    .selectFrom('flow_pushes')
    .select([
      'number',
      'source',
      'source_name',
      'version',
      'before_number',
      'before_version',
      'before_document',
      'author',
      'at',
      'rolled_back_at',
    ])
    .where('workspace_id', '=', workspace)
    .where('flow_id', '=', flow)
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst()
}

export async function insertPush(
  tx: Tx,
  push: Omit<PushRow, 'at' | 'rolled_back_at' | 'before_document' | 'author'> & {
    readonly workspace: string
    readonly flow: string
    readonly before_document: string
    readonly author: { readonly id: string; readonly name: string }
  },
): Promise<void> {
  const { workspace, flow, author, ...rest } = push
  await tx
    .insertInto('flow_pushes')
    .values({ workspace_id: workspace, flow_id: flow, ...rest, author_id: author.id, author: author.name })
    .execute()
}

export async function markRolledBack(tx: Tx, workspace: string, flow: string, number: number): Promise<void> {
  await tx
    .updateTable('flow_pushes')
    .set({ rolled_back_at: sql<Date>`now()` })
    .where('workspace_id', '=', workspace)
    .where('flow_id', '=', flow)
    .where('number', '=', number)
    .execute()
}

export type ClientPushRow = {
  readonly id: string
  readonly kind: 'add' | 'adopt' | 'release' | 'push' | 'roll-back'
  readonly version: number | null
  readonly author: string
  readonly at: Date
  readonly results: unknown
}

/** In the workspace of the flow that is pushed: what became of a push. */
export async function insertClientPush(
  tx: Tx,
  push: {
    readonly workspace: string
    readonly flow: string
    readonly kind: ClientPushRow['kind']
    readonly version: number | null
    readonly author: { readonly id: string; readonly name: string }
    readonly results: readonly object[]
  },
): Promise<void> {
  await tx
    .insertInto('client_pushes')
    .values({
      workspace_id: push.workspace,
      flow_id: push.flow,
      id: newId(),
      kind: push.kind,
      version: push.version,
      author_id: push.author.id,
      author: push.author.name,
      results: JSON.stringify(push.results),
    })
    .execute()
}

/** The last 50, newest first. */
export async function listClientPushes(tx: Tx, workspace: string, flow: string): Promise<ClientPushRow[]> {
  return tx
    .selectFrom('client_pushes')
    .select(['id', 'kind', 'version', 'author', 'at', 'results'])
    .where('workspace_id', '=', workspace)
    .where('flow_id', '=', flow)
    .orderBy('id', 'desc')
    .limit(50)
    .execute()
}
