import { type Expression, type SqlBool, sql, type Transaction } from 'kysely'
import { releaseHeld } from './held.ts'
import { newId } from '../database/ids.ts'
import { ageOf, type ExceptionAge } from './exception-ages.ts'
import { choose, type Selection } from './retries.ts'
import type { Database, Desk, ExceptionState } from '../database/schema.ts'

type Tx = Transaction<Database>

const exceptions = (tx: Tx, workspace: string) =>
  tx
    .selectFrom('exceptions as e')
    .innerJoin('flows as f', (join) =>
      join.onRef('f.workspace_id', '=', 'e.workspace_id').onRef('f.id', '=', 'e.flow_id'),
    )
    .leftJoin('users as u', 'u.id', 'e.resolved_by')
    .leftJoin('users as a', 'a.id', 'e.assigned_to')
    .select([
      'e.id',
      'e.flow_id',
      'f.name as flow_name',
      'e.version',
      'e.run_id',
      'e.batch',
      'e.node_id',
      'e.code',
      'e.message',
      'e.remote',
      'e.business_key',
      'e.desk',
      'e.amount',
      'e.currency',
      'e.state',
      'e.created_at',
      'e.resolved_at',
      'u.name as resolved_by',
      'e.resolution',
      'e.occurrences',
      'e.last_at',
      'e.retry_run',
      'e.edit_id',
      'e.held_behind',
      'e.assigned_to',
      'a.name as assigned_name',
      'e.snoozed_until',
      nodeName,
    ])
    .where('e.workspace_id', '=', workspace)

/** As the version that ran calls it; a step of a called flow has the name of the step that calls it. */
const nodeName = sql<string>`coalesce((
  select n ->> 'name' from flow_versions v, jsonb_array_elements(v.document -> 'nodes') n
  where v.workspace_id = e.workspace_id and v.flow_id = e.flow_id and v.number = e.version
    and (n ->> 'id' = e.node_id or n ->> 'operation' = 'sub-flow' and starts_with(e.node_id, n ->> 'id' || '--'))
  order by length(n ->> 'id') desc limit 1
), e.node_id)`.as('node_name')

export type ExceptionRow = Awaited<ReturnType<typeof listExceptions>>[number]

export type ExceptionFilter = {
  readonly state?: ExceptionState | undefined
  readonly desk?: Desk | undefined
  readonly flow?: string | undefined
  readonly run?: string | undefined
  readonly code?: string | undefined
  readonly node?: string | undefined
  readonly fault?: string | undefined
  /** One of these. */
  readonly faults?: readonly string[] | undefined
  readonly ids?: readonly string[] | undefined
  readonly key?: string | undefined
  /** A person’s id, or those that nobody has. */
  readonly assigned?: string | undefined
  readonly aside?: boolean | undefined
  readonly age?: ExceptionAge | undefined
  /** Older than this one. */
  readonly cursor?: string | undefined
}

/** Of exceptions called `e`. */
export function exceptionConditions(filter: ExceptionFilter): Expression<SqlBool>[] {
  const is = (column: string, value: string | undefined) =>
    value === undefined ? [] : [sql<SqlBool>`${sql.ref(`e.${column}`)} = ${value}`]
  return [
    ...is('state', filter.state),
    ...is('desk', filter.desk),
    ...is('flow_id', filter.flow),
    ...is('run_id', filter.run),
    ...is('code', filter.code),
    ...is('node_id', filter.node),
    ...is('fault', filter.fault),
    ...is('business_key', filter.key),
    ...(filter.faults === undefined ? [] : [sql<SqlBool>`e.fault = any(${[...filter.faults]}::text[])`]),
    ...(filter.ids === undefined ? [] : [sql<SqlBool>`e.id = any(${[...filter.ids]}::uuid[])`]),
    ...(filter.assigned === 'nobody' ? [sql<SqlBool>`e.assigned_to is null`] : is('assigned_to', filter.assigned)),
    ...(filter.aside === undefined
      ? []
      : [
          filter.aside
            ? sql<SqlBool>`e.snoozed_until > now()`
            : sql<SqlBool>`(e.snoozed_until is null or e.snoozed_until <= now())`,
        ]),
    ...(filter.age === undefined ? [] : [sql<SqlBool>`${ageOf(sql.ref('e.created_at'))} = ${filter.age}`]),
    ...(filter.cursor === undefined ? [] : [sql<SqlBool>`e.id < ${filter.cursor}`]),
  ]
}

/** Newest first, after `cursor`. Without the records. The page is found first, in an index (exceptions_listed). */
export async function listExceptions(tx: Tx, workspace: string, filter: ExceptionFilter & { limit: number }) {
  const page = tx
    .selectFrom('exceptions as e')
    .select('e.id')
    .where('e.workspace_id', '=', workspace)
    .where((eb) => eb.and(exceptionConditions(filter)))
    .orderBy('e.id', 'desc')
    .limit(filter.limit)
    .as('page')
  return exceptions(tx, workspace).innerJoin(page, 'page.id', 'e.id').orderBy('e.id', 'desc').execute()
}

/** With its record, sealed for the place that `exceptionPlace` names. */
export async function findException(tx: Tx, workspace: string, id: string) {
  return exceptions(tx, workspace).select('e.record').where('e.id', '=', id).executeTakeFirst()
}

/**
 * Keeps another record, which counts instead of the one that came until a newer one comes. Earlier edits and the
 * original stay, each with who made it and when. @param sealOf seals the record for its place.
 */
export async function editException(
  tx: Tx,
  workspace: string,
  id: string,
  by: string,
  sealOf: (edit: string) => Buffer,
): Promise<void> {
  const edit = newId()
  await tx
    .insertInto('exception_edits')
    .values({ workspace_id: workspace, exception_id: id, id: edit, record: sealOf(edit), edited_by: by })
    .execute()
  await tx
    .updateTable('exceptions')
    .set({ edit_id: edit })
    .where('workspace_id', '=', workspace)
    .where('id', '=', id)
    .execute()
}

const openOnes = async (tx: Tx, workspace: string, select: Selection) =>
  (await choose(tx, workspace, select)).filter(({ state }) => state === 'open')

/** How many of them would be closed. */
export const countDismissed = async (tx: Tx, workspace: string, select: Selection): Promise<number> =>
  (await openOnes(tx, workspace, select)).length

/** Closes those that are open, and lets go of what waits behind them. Answers how many. */
export async function dismissExceptions(
  tx: Tx,
  workspace: string,
  select: Selection,
  by: string,
  reason: string,
): Promise<number> {
  const open = await openOnes(tx, workspace, select)
  if (open.length === 0) return 0
  const { rows } = await sql<{ flow_id: string; node_id: string; match_key: string | null }>`
    update exceptions set state = 'dismissed', resolved_at = now(), resolved_by = ${by}, resolution = ${reason}
    where workspace_id = ${workspace} and id = any(${open.map(({ id }) => id)}::uuid[])
    returning flow_id, node_id, match_key
  `.execute(tx)
  for (const [flow, closed] of Map.groupBy(rows, (row) => row.flow_id)) await releaseHeld(tx, workspace, flow, closed)
  return rows.length
}
