import { type Kysely, sql, type Transaction } from 'kysely'
import type { RunClaim } from '../../run/journal/journal.ts'
import type { Database } from '../database/schema.ts'

/**
 * Keeps what a check found of each document, and what they add up to, before its run ends and what it gathered goes away.
 * Nothing for a dry run that is no check. With the system login.
 * `node`: under which name they were gathered.
 */
export async function keepTotals(db: Kysely<Database>, claim: RunClaim, node: string): Promise<void> {
  const { workspace, run, epoch } = claim
  await db.transaction().execute(async (tx) => {
    const { rows } = await sql<{ flow: string; period: string }>`
      select flow_id as flow, period from period_checks where workspace_id = ${workspace} and run_id = ${run}
    `.execute(tx)
    const [check] = rows
    if (!check) return
    await lockMonth(tx, workspace, check.flow, check.period)
    // Looked at behind the lock: a worker that took the run over waits there before it can end it.
    const ours = await sql`
      select from runs where workspace_id = ${workspace} and id = ${run} and epoch = ${epoch} and state = 'running'
    `.execute(tx)
    if (ours.rows.length === 0) return
    // A worker that died between this and the run's end has written them already.
    await sql`
      delete from period_documents
      where workspace_id = ${workspace} and flow_id = ${check.flow} and run_id = ${run}
    `.execute(tx)
    await sql`
      with mine as materialized (
        select split_part(group_key, ' ', 1)::int as target_id, substr(group_key, strpos(group_key, ' ') + 1) as document,
          coalesce(state ->> 'name', '') as name, state -> 'wanted' as wanted, state -> 'standing' as standing,
          case
            when (state -> 'rows' ->> 'standing')::int = 0 then 'missing'
            when (state -> 'rows' ->> 'wanted')::int = 0 then 'extra'
            when (state ->> 'same')::boolean then 'agree'
            else 'different'
          end as state
        from run_folds
        where workspace_id = ${workspace} and run_id = ${run} and node_id = ${node}
          and ((state -> 'rows' ->> 'wanted')::int > 0 or (state -> 'rows' ->> 'standing')::int > 0)
      )
      insert into period_documents (workspace_id, flow_id, run_id, target_id, document, currency, name, source, ledger, state)
      select ${workspace}, ${check.flow}, ${run}, target_id, document, coalesce(s.currency, ''), name,
        trim_scale(coalesce((wanted ->> s.currency)::numeric, 0)), trim_scale(coalesce((standing ->> s.currency)::numeric, 0)),
        state
      -- Rows that are no money leave their document without a currency: it is there nevertheless.
      from mine left join lateral (
        select jsonb_object_keys(wanted) as currency union select jsonb_object_keys(standing)
      ) s on true
    `.execute(tx)
    await addUp(tx, { workspace, run, ...check })
    await removeUnsigned(tx, { workspace, run, ...check })
  })
}

type Check = { readonly workspace: string; readonly run: string; readonly flow: string; readonly period: string }

/** Sums, the hash of the documents, and how many of them are other than when the month was last signed. */
async function addUp(tx: Transaction<Database>, { workspace, run, flow, period }: Check): Promise<void> {
  await sql`
    with mine as materialized (
      select target_id, document, currency, source, ledger, state from period_documents
      where workspace_id = ${workspace} and flow_id = ${flow} and run_id = ${run}
    ),
    signed as (
      select kind = 'signed' and evidence is not null as counts, run_id from period_sign_offs
      where workspace_id = ${workspace} and flow_id = ${flow} and period = ${period} order by id desc limit 1
    ),
    was as (
      select d.target_id, d.document, d.currency, d.source, d.ledger from period_documents d join signed s on s.run_id = d.run_id
      where d.workspace_id = ${workspace} and d.flow_id = ${flow} and s.counts
    ),
    documents as (
      select
        count(distinct (target_id, document)) filter (where state = 'agree') as agree,
        count(distinct (target_id, document)) filter (where state = 'different') as different,
        count(distinct (target_id, document)) filter (where state = 'missing') as missing,
        count(distinct (target_id, document)) filter (where state = 'extra') as extra
      from mine
    ),
    sums as (select currency, sum(source) as source, sum(ledger) as ledger from mine group by currency)
    update period_checks set
      totals = jsonb_build_object(
        'documents', (select to_jsonb(documents) from documents),
        'sums', coalesce((
          select jsonb_agg(jsonb_build_object(
            'currency', currency,
            'source', trim_scale(source)::text,
            'ledger', trim_scale(ledger)::text,
            'difference', trim_scale(source - ledger)::text
          ) order by currency) from sums
        ), '[]')),
      evidence = sha256(convert_to(coalesce((
        select string_agg(jsonb_build_array(document, currency, source::text, ledger::text, state)::text, E'\n'
          order by document collate "C", currency collate "C", target_id)
        from mine
      ), ''), 'UTF8')),
      changed = case when exists (select 1 from signed where counts) then (
        select count(distinct (coalesce(t.target_id, m.target_id), coalesce(t.document, m.document)))
        from was t full join mine m using (target_id, document, currency)
        where (t.source, t.ledger) is distinct from (m.source, m.ledger)
      ) end
    where workspace_id = ${workspace} and run_id = ${run}
  `.execute(tx)
}

/** Documents of earlier checks that nobody signed: the newest one says all. */
async function removeUnsigned(tx: Transaction<Database>, { workspace, run, flow, period }: Check): Promise<void> {
  await sql`
    delete from period_documents d
    where d.workspace_id = ${workspace} and d.flow_id = ${flow} and d.run_id in (
      select run_id from period_checks c
      where c.workspace_id = ${workspace} and c.flow_id = ${flow} and c.period = ${period} and c.run_id <> ${run}
        and not exists (select 1 from period_sign_offs s where s.workspace_id = ${workspace} and s.run_id = c.run_id)
    )
  `.execute(tx)
}

/** One at a time: what is being signed does not go away meanwhile. Until the transaction ends. */
export async function lockMonth(
  tx: Transaction<Database>,
  workspace: string,
  flow: string,
  period: string,
): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`period/${workspace}/${flow}/${period}`}, 0))`.execute(tx)
}
