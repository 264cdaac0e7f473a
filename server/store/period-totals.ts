import { type Kysely, sql } from 'kysely'
import type { RunClaim } from '../run/journal.ts'
import type { Database } from './schema.ts'

/**
 * Adds up what a check's documents amount to, before its run ends and what it gathered goes away. Nothing for a dry run
 * that is no check. With the system login.
 * `node`: under which name they were gathered.
 */
export async function keepTotals(db: Kysely<Database>, claim: RunClaim, node: string): Promise<void> {
  const { workspace, run, epoch } = claim
  await sql`
    with mine as materialized (
      select state, (state -> 'rows' ->> 'wanted')::int as wanted, (state -> 'rows' ->> 'standing')::int as standing,
        (state ->> 'same')::boolean as same
      from run_folds where workspace_id = ${workspace} and run_id = ${run} and node_id = ${node}
    ),
    amounts as (
      select currency, amount::numeric as source, 0::numeric as ledger from mine, jsonb_each_text(state -> 'wanted') as s (currency, amount)
      union all
      select currency, 0, amount::numeric from mine, jsonb_each_text(state -> 'standing') as s (currency, amount)
    ),
    sums as (
      select currency, sum(source) as source, sum(ledger) as ledger from amounts group by currency
    ),
    documents as (
      select
        count(*) filter (where wanted > 0 and standing > 0 and same) as agree,
        count(*) filter (where wanted > 0 and standing > 0 and not same) as different,
        count(*) filter (where wanted > 0 and standing = 0) as missing,
        count(*) filter (where wanted = 0 and standing > 0) as extra
      from mine
    )
    update period_checks set totals = jsonb_build_object(
      'documents', (select to_jsonb(documents) from documents),
      'sums', coalesce((
        select jsonb_agg(jsonb_build_object(
          'currency', currency,
          'source', trim_scale(source)::text,
          'ledger', trim_scale(ledger)::text,
          'difference', trim_scale(source - ledger)::text
        ) order by currency) from sums
      ), '[]'))
    where workspace_id = ${workspace} and run_id = ${run}
      and exists (
        select 1 from runs where workspace_id = ${workspace} and id = ${run} and epoch = ${epoch} and state = 'running'
      )
  `.execute(db)
}
