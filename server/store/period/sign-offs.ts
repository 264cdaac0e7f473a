import { sql, type Transaction } from 'kysely'
import { newId } from '../database/ids.ts'
import type { PeriodTotals } from './periods.ts'
import type { Database } from '../database/schema.ts'

type Tx = Transaction<Database>

/** A sign-off of a month of a flow, or that it was taken back: then `note` says why, and the figures are those it takes back. */
export type SignOffRow = {
  readonly id: string
  readonly flow_id: string
  readonly flow_name: string
  readonly period: string
  readonly kind: 'signed' | 'reopened'
  readonly run_id: string
  readonly totals: PeriodTotals
  /** SHA-256 over the documents in hex; null: signed before they were kept. */
  readonly evidence: string | null
  readonly set_aside: number
  readonly note: string | null
  readonly by: string | null
  readonly signed_at: Date
}

const COLUMNS = sql`s.id, s.flow_id, f.name as flow_name, s.period, s.kind, s.run_id, s.totals,
  encode(s.evidence, 'hex') as evidence, s.set_aside, s.note, u.name as by, s.signed_at`
const TABLES = sql`period_sign_offs s
  join flows f on f.workspace_id = s.workspace_id and f.id = s.flow_id left join users u on u.id = s.signed_by`

/** Of each flow the last of a period: the month is signed off if it says so. */
export async function lastSignOffs(tx: Tx, workspace: string, period: string, flow?: string): Promise<SignOffRow[]> {
  const { rows } = await sql<SignOffRow>`
    select distinct on (s.flow_id) ${COLUMNS} from ${TABLES}
    where s.workspace_id = ${workspace} and s.period = ${period} and s.flow_id = coalesce(${flow ?? null}::uuid, s.flow_id)
    order by s.flow_id, s.id desc
  `.execute(tx)
  return rows
}

export type ListedSignOff = SignOffRow & {
  /** No later one stands beside it. */
  readonly last: boolean
  /** The newest check of the month with totals, and how many documents it found other than they were signed. */
  readonly check_run: string | null
  readonly changed: number | null
}

/** Newest first, after `cursor`. */
export async function listSignOffs(
  tx: Tx,
  workspace: string,
  filter: {
    readonly period?: string | undefined
    readonly flow?: string | undefined
    readonly run?: string | undefined
    readonly cursor?: string | undefined
    readonly limit: number
  },
): Promise<ListedSignOff[]> {
  const { rows } = await sql<ListedSignOff>`
    with listed as (
      select ${COLUMNS} from ${TABLES}
      where s.workspace_id = ${workspace}
        ${filter.period === undefined ? sql`` : sql`and s.period = ${filter.period}`}
        ${filter.flow === undefined ? sql`` : sql`and s.flow_id = ${filter.flow}`}
        ${filter.run === undefined ? sql`` : sql`and s.run_id = ${filter.run} and s.kind = 'signed'`}
        ${filter.cursor === undefined ? sql`` : sql`and s.id < ${filter.cursor}`}
      order by s.id desc limit ${filter.limit}
    )
    select l.*, c.run_id as check_run, c.changed,
      not exists (
        select from period_sign_offs t
        where t.workspace_id = ${workspace} and t.flow_id = l.flow_id and t.period = l.period and t.id > l.id
      ) as last
    from listed l left join lateral (
      select run_id, changed from period_checks
      where workspace_id = ${workspace} and flow_id = l.flow_id and period = l.period and totals is not null
      order by run_id desc limit 1
    ) c on true
    order by l.id desc
  `.execute(tx)
  return rows
}

/** Adds one. What it signs must be looked up behind `lockMonth`, or it may go away meanwhile. */
export async function insertSignOff(
  tx: Tx,
  signOff: {
    readonly workspace: string
    readonly flow: string
    readonly period: string
    readonly kind: SignOffRow['kind']
    readonly of: Pick<SignOffRow, 'run_id' | 'evidence' | 'set_aside'> & { readonly totals: PeriodTotals | null }
    readonly note: string | null
    readonly by: string
  },
): Promise<void> {
  const { workspace, flow, period, kind, of, note, by } = signOff
  await sql`
    insert into period_sign_offs (workspace_id, id, flow_id, period, kind, run_id, totals, evidence, set_aside, note, signed_by)
    values (${workspace}, ${newId()}, ${flow}, ${period}, ${kind}, ${of.run_id}, ${JSON.stringify(of.totals)}::jsonb,
      decode(${of.evidence}, 'hex'), ${of.set_aside}, ${note}, ${by})
  `.execute(tx)
}
