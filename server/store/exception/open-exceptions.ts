import { sql, type Transaction } from 'kysely'
import { ageOf, type ExceptionAge } from './exception-ages.ts'
import type { Database, Desk } from '../database/schema.ts'

/** Sums are decimal text, as the database adds them. */
type Money = { readonly currency: string | null; readonly amount: string; readonly count: number }

export type OpenSums = {
  readonly open: number
  readonly snoozed: number
  /** Those that `person` has in hand. */
  readonly mine: number
  readonly oldest: Date | null
  readonly money: readonly Money[]
  /** Of one flow where one is asked for, the youngest first. */
  readonly ages: readonly { readonly age: ExceptionAge; readonly count: number; readonly money: readonly Money[] }[]
}

/** All that are open, put aside or not, with the money at stake. One pass over the index of what is open (exceptions_causes). */
export async function sumOpen(
  tx: Transaction<Database>,
  workspace: string,
  person: string,
  { desk, flow }: { readonly desk?: Desk | undefined; readonly flow?: string | undefined },
): Promise<OpenSums> {
  const moneyOf = sql`coalesce(
    jsonb_agg(jsonb_build_object('currency', currency, 'amount', amount::text, 'count', priced) order by currency)
      filter (where priced > 0), '[]')`
  const { rows } = await sql<OpenSums>`
    with sums as materialized (
      select currency, ${ageOf(sql.ref('created_at'))} as age, ${flow === undefined ? sql`true` : sql`flow_id = ${flow}`} as asked,
        count(*) as open, count(*) filter (where snoozed_until > now()) as snoozed,
        count(*) filter (where assigned_to = ${person}) as mine, min(created_at) as oldest, max(created_at) as newest,
        sum(amount) as amount, count(amount) as priced
      from exceptions where workspace_id = ${workspace} and state = 'open'
        ${desk === undefined ? sql`` : sql`and desk = ${desk}`}
      group by 1, 2, 3
    ), by_currency as (
      select currency, sum(amount) as amount, sum(priced)::int as priced from sums group by currency
    ), by_age as (
      select age, sum(open)::int as count, max(newest) as newest, ${moneyOf} as money from (
        select age, currency, sum(open) as open, max(newest) as newest, sum(amount) as amount, sum(priced)::int as priced
        from sums where asked group by age, currency
      ) aged group by age
    )
    select coalesce(sum(open), 0)::int as open, coalesce(sum(snoozed), 0)::int as snoozed,
      coalesce(sum(mine), 0)::int as mine, min(oldest) as oldest, (select ${moneyOf} from by_currency) as money, (
        select coalesce(jsonb_agg(jsonb_build_object('age', age, 'count', count, 'money', money) order by newest desc), '[]')
        from by_age
      ) as ages
    from sums
  `.execute(tx)
  return rows[0]!
}
