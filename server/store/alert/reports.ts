import { sql, type Transaction } from 'kysely'
import { newId } from '../database/ids.ts'
import type { Database } from '../database/schema.ts'

type Tx = Transaction<Database>

/** Runs that a report names at most. */
const MOST_RUNS = 20

export type ReportRow = {
  readonly id: string
  readonly flow_id: string
  readonly flow_name: string
  readonly words: string
  readonly from_at: Date
  readonly to_at: Date
  readonly run_ids: string[]
  readonly reported_by: string | null
  readonly created_at: Date
  readonly answer: string | null
  readonly answered_by: string | null
  readonly answered_at: Date | null
  readonly closed_at: Date | null
}

/** Keeps what somebody says of a flow, with the runs of the last hours. Undefined where there is no such flow. */
export async function insertReport(
  tx: Tx,
  report: { workspace: string; flow: string; words: string; hours: number; by: string },
): Promise<string | undefined> {
  const id = newId()
  const { rows } = await sql<{ id: string }>`
    insert into reports (workspace_id, id, flow_id, words, from_at, to_at, run_ids, reported_by)
    select f.workspace_id, ${id}::uuid, f.id, ${report.words}, now() - make_interval(hours => ${report.hours}), now(), array(
      select r.id from runs r where r.workspace_id = f.workspace_id and r.flow_id = f.id and not r.dry
        and r.created_at >= now() - make_interval(hours => ${report.hours})
      order by r.id desc limit ${MOST_RUNS}
    ), ${report.by}::uuid
    from flows f where f.workspace_id = ${report.workspace} and f.id = ${report.flow}
    returning id
  `.execute(tx)
  return rows[0]?.id
}

/** Newest first. */
export async function listReports(
  tx: Tx,
  workspace: string,
  filter: { state?: 'open' | 'closed' | undefined; flow?: string | undefined; report?: string | undefined },
): Promise<readonly ReportRow[]> {
  return tx
    .selectFrom('reports as r')
    .innerJoin('flows as f', (join) =>
      join.onRef('f.workspace_id', '=', 'r.workspace_id').onRef('f.id', '=', 'r.flow_id'),
    )
    .leftJoin('users as u', 'u.id', 'r.reported_by')
    .leftJoin('users as a', 'a.id', 'r.answered_by')
    .select(['r.id', 'r.flow_id', 'f.name as flow_name', 'r.words', 'r.from_at', 'r.to_at', 'r.run_ids'])
    .select([
      'u.name as reported_by',
      'r.created_at',
      'r.answer',
      'a.name as answered_by',
      'r.answered_at',
      'r.closed_at',
    ])
    .where('r.workspace_id', '=', workspace)
    .where((eb) =>
      eb.and([
        ...(filter.state ? [eb('r.closed_at', filter.state === 'open' ? 'is' : 'is not', null)] : []),
        ...(filter.flow ? [eb('r.flow_id', '=', filter.flow)] : []),
        ...(filter.report ? [eb('r.id', '=', filter.report)] : []),
      ]),
    )
    .orderBy('r.id', 'desc')
    .limit(200)
    .execute()
}

export async function answerReport(
  tx: Tx,
  workspace: string,
  report: string,
  { answer, by, close }: { answer: string; by: string; close: boolean },
): Promise<void> {
  await sql`
    update reports set answer = ${answer}, answered_by = ${by}, answered_at = now(),
      closed_at = case when ${close} then coalesce(closed_at, now()) end
    where workspace_id = ${workspace} and id = ${report}
  `.execute(tx)
}
