import { sql, type Transaction } from 'kysely'
import type { Database, RunState } from '../database/schema.ts'

type Tx = Transaction<Database>

/** Amounts are exact decimals. An empty currency is the account's own. */
export type PeriodTotals = {
  /** By what stands on the two sides: the same, other rows, only the source has it, only the ledger has it. */
  readonly documents: {
    readonly agree: number
    readonly different: number
    readonly missing: number
    readonly extra: number
  }
  readonly sums: readonly {
    readonly currency: string
    readonly source: string
    readonly ledger: string
    readonly difference: string
  }[]
}

export type CheckRow = {
  readonly flow_id: string
  readonly run_id: string
  readonly version: number
  readonly state: RunState
  readonly reason: string | null
  /** Records that are on neither side, because they could not come through. */
  readonly set_aside: number
  readonly totals: PeriodTotals | null
  /** SHA-256 over its documents in hex; null: a check of before they were kept. */
  readonly evidence: string | null
  /** Documents that are other than when the month was last signed; null: it was not. */
  readonly changed: number | null
  readonly created_at: Date
  readonly ended_at: Date | null
  readonly by: string | null
  /** Something was sent since it began, or another version runs by now. */
  readonly old: boolean
}

/** Of each flow the newest check of a period that came to an end with totals, and one that came after it, newest first. */
export async function listChecks(tx: Tx, workspace: string, period: string, flow?: string): Promise<CheckRow[]> {
  const { rows } = await sql<CheckRow>`
    with checks as (
      select c.flow_id, c.run_id, c.totals, encode(c.evidence, 'hex') as evidence, c.changed, r.version, r.state, r.reason, r.counts, r.created_at, r.started_at, r.ended_at,
        r.requested_by,
        row_number() over (partition by c.flow_id order by c.run_id desc) as nth,
        row_number() over (partition by c.flow_id, c.totals is not null order by c.run_id desc) as nth_of_kind
      from period_checks c join runs r on r.workspace_id = c.workspace_id and r.id = c.run_id
      where c.workspace_id = ${workspace} and c.period = ${period}
        and c.flow_id = coalesce(${flow ?? null}::uuid, c.flow_id)
    )
    select c.flow_id, c.run_id, c.version, c.state, c.reason, c.totals, c.evidence, c.changed, c.created_at,
      c.ended_at, u.name as by, coalesce((c.counts ->> 'rejected')::int, 0) as set_aside,
      c.version is distinct from f.live_version or exists (
        select 1 from runs s
        where s.workspace_id = ${workspace} and s.flow_id = c.flow_id and s.moved and not s.dry
          and (s.ended_at is null or s.ended_at > coalesce(c.started_at, c.created_at))
      ) as old
    from checks c
    join flows f on f.workspace_id = ${workspace} and f.id = c.flow_id
    left join users u on u.id = c.requested_by
    where c.nth = 1 or (c.totals is not null and c.nth_of_kind = 1)
    order by c.run_id desc
  `.execute(tx)
  return rows
}

export async function insertCheck(
  tx: Tx,
  check: { readonly workspace: string; readonly flow: string; readonly period: string; readonly run: string },
): Promise<void> {
  await sql`
    insert into period_checks (workspace_id, run_id, flow_id, period)
    values (${check.workspace}, ${check.run}, ${check.flow}, ${check.period})
  `.execute(tx)
}

/** Whether the day before `to` is over everywhere on earth (UTC-12), by the database's clock. */
export async function isOver(tx: Tx, to: string): Promise<boolean> {
  const { rows } = await sql<{ over: boolean }>`
    select ((now() at time zone 'UTC') - interval '12 hours')::date >= ${to}::date as over
  `.execute(tx)
  return rows[0]!.over
}
