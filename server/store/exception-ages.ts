import { type RawBuilder, sql, type Transaction } from 'kysely'
import type { Database, Desk } from './schema.ts'

export type ExceptionAge = 'day' | 'week' | 'older'

/** How long something has been there: up to a day, up to seven, longer. */
export const ageOf = (since: RawBuilder<unknown>) => sql<ExceptionAge>`case
  when ${since} > now() - interval '1 day' then 'day' when ${since} > now() - interval '7 days' then 'week' else 'older' end`

export type AgeRow = {
  readonly age: ExceptionAge
  readonly count: number
  readonly money: { readonly currency: string | null; readonly amount: string; readonly count: number }[]
}

/** All that are open, the youngest first. One pass over the index of what is open (exceptions_causes). */
export async function openByAge(
  tx: Transaction<Database>,
  workspace: string,
  { desk, flow }: { readonly desk?: Desk | undefined; readonly flow?: string | undefined },
): Promise<AgeRow[]> {
  const { rows } = await sql<AgeRow>`
    with sums as (
      select ${ageOf(sql.ref('created_at'))} as age, currency, count(*) as count, sum(amount) as amount,
        count(amount) as priced, max(created_at) as newest
      from exceptions where workspace_id = ${workspace} and state = 'open'
        ${desk === undefined ? sql`` : sql`and desk = ${desk}`}
        ${flow === undefined ? sql`` : sql`and flow_id = ${flow}`}
      group by 1, 2
    )
    select age, sum(count)::int as count,
      coalesce(jsonb_agg(jsonb_build_object('currency', currency, 'amount', amount::text, 'count', priced) order by currency)
        filter (where priced > 0), '[]') as money
    from sums group by age order by max(newest) desc
  `.execute(tx)
  return rows
}
