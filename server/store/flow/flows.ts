import { sql, type Transaction } from 'kysely'
import type { Database, RunState } from '../database/schema.ts'

type Tx = Transaction<Database>

export type FlowRow = {
  readonly id: string
  readonly name: string
  readonly tags: string[]
  readonly created_at: Date
  readonly archived_at: Date | null
  readonly live_version: number | null
  readonly draft_revision: number
  readonly draft_at: Date
  readonly draft_by: string | null
  readonly enabled: boolean
  readonly switched_at: Date | null
  readonly paused_code: string | null
  readonly paused_message: string | null
  readonly run_id: string | null
  readonly run_state: RunState | null
  readonly run_reason: string | null
  readonly run_created_at: Date | null
  readonly run_ended_at: Date | null
  readonly next_due: Date | null
  /** When it turns on by itself, and what became of that; times as JSON has them. */
  readonly turn_on: {
    readonly at: string
    readonly backlog: 'missed-too' | 'from-now'
    readonly by: string | null
    readonly settled: string | null
    readonly refused: string | null
  } | null
  /** Both documents when they are not the same JSON, so that the caller can tell whether the difference matters. */
  readonly draft: unknown
  readonly live: unknown
}

/** All flows of a workspace, or one. Newest last run and nearest due time come with each. */
export async function listFlows(
  tx: Tx,
  workspace: string,
  which: { readonly flow: string } | { readonly archived: boolean },
): Promise<FlowRow[]> {
  const only =
    'flow' in which
      ? sql`f.id = ${which.flow}`
      : which.archived
        ? sql`f.archived_at is not null`
        : sql`f.archived_at is null`
  const rows = await sql<FlowRow>`
    select f.id, f.name, f.tags, f.created_at, f.archived_at, f.live_version, f.draft_revision, f.draft_at, u.name as draft_by,
      f.enabled, f.switched_at, f.paused_code, f.paused_message,
      r.id as run_id, r.state as run_state, r.reason as run_reason, r.created_at as run_created_at, r.ended_at as run_ended_at,
      case when f.enabled and f.paused_code is null then (
        select min(s.next_due) from schedules s where s.workspace_id = f.workspace_id and s.flow_id = f.id
      ) end as next_due,
      (
        select jsonb_build_object('at', t.at, 'backlog', t.backlog, 'by', by.name, 'settled', t.settled_at, 'refused', t.refused)
        from turn_ons t left join users by on by.id = t.set_by
        where t.workspace_id = f.workspace_id and t.flow_id = f.id
      ) as turn_on,
      case when (f.draft - 'layout') is distinct from v.document then f.draft end as draft,
      case when (f.draft - 'layout') is distinct from v.document then v.document end as live
    from flows f
    left join users u on u.id = f.draft_by
    left join flow_versions v on v.workspace_id = f.workspace_id and v.flow_id = f.id and v.number = f.live_version
    left join lateral (
      select id, state, reason, created_at, ended_at from runs
      where runs.workspace_id = f.workspace_id and runs.flow_id = f.id and not runs.dry order by id desc limit 1
    ) r on true
    where f.workspace_id = ${workspace} and ${only}
    order by lower(f.name), f.id
  `.execute(tx)
  return rows.rows
}

/** Flows that are not archived, with the document of their live version. */
export async function listLive(
  tx: Tx,
  workspace: string,
): Promise<readonly { id: string; name: string; enabled: boolean; document: unknown }[]> {
  return tx
    .selectFrom('flows as f')
    .innerJoin('flow_versions as v', (join) =>
      join
        .onRef('v.workspace_id', '=', 'f.workspace_id')
        .onRef('v.flow_id', '=', 'f.id')
        .onRef('v.number', '=', 'f.live_version'),
    )
    .select(['f.id', 'f.name', 'f.enabled', 'v.document'])
    .where('f.workspace_id', '=', workspace)
    .where('f.archived_at', 'is', null)
    .orderBy('f.name')
    .execute()
}

export async function insertFlow(
  tx: Tx,
  flow: { workspace: string; id: string; name: string; draft: string; by: string },
): Promise<void> {
  await tx
    .insertInto('flows')
    .values({ workspace_id: flow.workspace, id: flow.id, name: flow.name, draft: flow.draft, draft_by: flow.by })
    .execute()
}

export type DraftRow = {
  readonly draft: unknown
  readonly draft_revision: number
  readonly draft_at: Date
  readonly draft_by: string | null
  readonly live_version: number | null
  readonly enabled: boolean
  readonly archived_at: Date | null
}

export async function findDraft(tx: Tx, workspace: string, flow: string): Promise<DraftRow | undefined> {
  return tx
    .selectFrom('flows as f')
    .leftJoin('users as u', 'u.id', 'f.draft_by')
    .select([
      'f.draft',
      'f.draft_revision',
      'f.draft_at',
      'u.name as draft_by',
      'f.live_version',
      'f.enabled',
      'f.archived_at',
    ])
    .where('f.workspace_id', '=', workspace)
    .where('f.id', '=', flow)
    .executeTakeFirst()
}

/** Holds a flow still until the transaction ends: publishing, switching and archiving wait for each other. */
export async function lockFlow(
  tx: Tx,
  workspace: string,
  flow: string,
): Promise<
  { draft_revision: number; live_version: number | null; enabled: boolean; archived_at: Date | null } | undefined
> {
  return tx
    .selectFrom('flows')
    .select(['draft_revision', 'live_version', 'enabled', 'archived_at'])
    .where('workspace_id', '=', workspace)
    .where('id', '=', flow)
    .forUpdate()
    .executeTakeFirst()
}

/** Keeps a draft if nobody has saved another since `revision`; without one, whatever is there. Answers the new revision. */
export async function saveDraft(
  tx: Tx,
  draft: { workspace: string; flow: string; name: string; document: string; by: string; revision?: number },
): Promise<number | undefined> {
  const rows = await sql<{ draft_revision: number }>`
    update flows set draft = ${draft.document}::jsonb, name = ${draft.name}, draft_revision = draft_revision + 1,
      draft_by = ${draft.by}, draft_at = now()
    where workspace_id = ${draft.workspace} and id = ${draft.flow}
      and draft_revision = coalesce(${draft.revision ?? null}::int, draft_revision)
    returning draft_revision
  `.execute(tx)
  return rows.rows[0]?.draft_revision
}

/** The name stands in the draft too, so the draft gets a new revision. */
export async function renameFlow(tx: Tx, workspace: string, flow: string, name: string, by: string): Promise<void> {
  await sql`
    update flows set name = ${name}, draft = jsonb_set(draft, '{name}', to_jsonb(${name}::text)),
      draft_revision = draft_revision + 1, draft_by = ${by}, draft_at = now()
    where workspace_id = ${workspace} and id = ${flow} and name <> ${name}
  `.execute(tx)
}

/** Spaces at the ends are cut, the same word is kept once. */
export async function setTags(tx: Tx, workspace: string, flow: string, tags: readonly string[]): Promise<void> {
  const words = [...new Set(tags.map((tag) => tag.trim()))].sort((a, b) => a.localeCompare(b, 'en'))
  await tx
    .updateTable('flows')
    .set({ tags: words })
    .where('workspace_id', '=', workspace)
    .where('id', '=', flow)
    .execute()
}

export async function setArchived(tx: Tx, workspace: string, flow: string, archived: boolean): Promise<void> {
  await sql`
    update flows set archived_at = case when ${archived} then coalesce(archived_at, now()) end
    where workspace_id = ${workspace} and id = ${flow}
  `.execute(tx)
}

/** On: clears a pause. Off: keeps what the runtime said. */
export async function setEnabled(tx: Tx, workspace: string, flow: string, on: boolean, by: string): Promise<void> {
  await sql`
    update flows set enabled = ${on}, switched_at = now(), switched_by = ${by},
      paused_code = case when ${on} then null else paused_code end,
      paused_message = case when ${on} then null else paused_message end
    where workspace_id = ${workspace} and id = ${flow}
  `.execute(tx)
}

export async function setLiveVersion(tx: Tx, workspace: string, flow: string, number: number): Promise<void> {
  await tx
    .updateTable('flows')
    .set({ live_version: number })
    .where('workspace_id', '=', workspace)
    .where('id', '=', flow)
    .execute()
}
