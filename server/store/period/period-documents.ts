import { sql, type Transaction } from 'kysely'
import type { Database } from '../database/schema.ts'

type Tx = Transaction<Database>

export type DocumentState = 'agree' | 'different' | 'missing' | 'extra'

/** A document of a check, in one of its currencies. Amounts are exact decimals; an empty currency is the account's own. */
export type DocumentRow = {
  readonly target_id: number
  readonly document: string
  readonly currency: string
  readonly name: string
  readonly source: string
  readonly ledger: string
  readonly difference: string
  readonly state: DocumentState
}

/** After which row a page begins. */
export type DocumentPlace = Pick<DocumentRow, 'target_id' | 'document' | 'currency'>

export type CheckedRun = { readonly workspace: string; readonly flow: string; readonly run: string }

/** In the order of their key, which is that of the index: a page costs what it holds, however far on it is. */
export async function pageOfDocuments(
  tx: Tx,
  { workspace, flow, run }: CheckedRun,
  filter: { readonly off?: boolean | undefined; readonly currency?: string | undefined },
  after: DocumentPlace | undefined,
  limit: number,
): Promise<DocumentRow[]> {
  const { rows } = await sql<DocumentRow>`
    select target_id, document, currency, name, source, ledger, source - ledger as difference, state
    from period_documents
    where workspace_id = ${workspace} and flow_id = ${flow} and run_id = ${run}
      ${filter.off ? sql`and state <> 'agree'` : sql``}
      ${filter.currency === undefined ? sql`` : sql`and currency = ${filter.currency}`}
      ${after === undefined ? sql`` : sql`and (target_id, document, currency) > (${after.target_id}, ${after.document}, ${after.currency})`}
    order by target_id, document, currency limit ${limit}
  `.execute(tx)
  return rows
}

export type SumRow = {
  readonly currency: string
  readonly source: string
  readonly ledger: string
  readonly difference: string
}

/** What the documents of several checks add up to. One that more than one of them has counts as the newest check has it. */
export async function sumOfChecks(
  tx: Tx,
  workspace: string,
  checks: readonly { readonly flow: string; readonly run: string }[],
): Promise<SumRow[]> {
  const { rows } = await sql<SumRow>`
    with checks as (
      select flow_id, run_id from unnest(${checks.map(({ flow }) => flow)}::uuid[], ${checks.map(({ run }) => run)}::uuid[])
        as c (flow_id, run_id)
    ), ranked as (
      select d.currency, d.source, d.ledger,
        rank() over (partition by d.target_id, d.document order by d.run_id desc) as nth
      from checks c join period_documents d
        on d.workspace_id = ${workspace} and d.flow_id = c.flow_id and d.run_id = c.run_id
    )
    select currency, trim_scale(sum(source)) as source, trim_scale(sum(ledger)) as ledger,
      trim_scale(sum(source - ledger)) as difference
    from ranked where nth = 1 group by currency order by currency
  `.execute(tx)
  return rows
}

export type ChangedRow = DocumentPlace & {
  readonly name: string
  /** As signed; null: it was not there. */
  readonly source_then: string | null
  readonly ledger_then: string | null
  /** As the newest check has it; null: it is not there any more. */
  readonly source_now: string | null
  readonly ledger_now: string | null
}

/** Documents that a newer check has otherwise than the one that was signed, in the order of their key. */
export async function changedDocuments(
  tx: Tx,
  { workspace, flow, run }: CheckedRun,
  signed: string,
  after: DocumentPlace | undefined,
  limit: number,
): Promise<ChangedRow[]> {
  const side = (of: string) => sql`(
    select target_id, document, currency, name, source, ledger from period_documents
    where workspace_id = ${workspace} and flow_id = ${flow} and run_id = ${of}
      ${after === undefined ? sql`` : sql`and (target_id, document, currency) > (${after.target_id}, ${after.document}, ${after.currency})`}
  )`
  const { rows } = await sql<ChangedRow>`
    select target_id, document, currency, coalesce(nullif(found.name, ''), was.name, '') as name,
      was.source as source_then, was.ledger as ledger_then, found.source as source_now, found.ledger as ledger_now
    from ${side(signed)} was full join ${side(run)} found using (target_id, document, currency)
    where (was.source, was.ledger) is distinct from (found.source, found.ledger)
    order by target_id, document, currency limit ${limit}
  `.execute(tx)
  return rows
}

/** How many are listed at most: whoever wants more checks the month again. */
export const MOST_SENT = 1_000

/**
 * Documents of a signed check for which something was sent, or taken back, since it began: what the month amounts to is
 * another now, whether or not it was checked again. (Nobody signs while a run that moved something is at work, but one may
 * write down what it is about to send at the moment of the signature.) By each document's key in the ledger, so it costs
 * what the month holds.
 */
export async function sentSince(
  tx: Tx,
  { workspace, flow, run }: CheckedRun,
): Promise<{ target_id: number; document: string; name: string }[]> {
  const { rows } = await sql<{ target_id: number; document: string; name: string }>`
    with began as (
      select coalesce(started_at, created_at) as at from runs where workspace_id = ${workspace} and id = ${run}
    )
    select distinct target_id, document, name from period_documents d
    where workspace_id = ${workspace} and flow_id = ${flow} and run_id = ${run}
      and exists (
        select from runs r where r.workspace_id = ${workspace} and r.flow_id = ${flow} and r.moved and not r.dry
          and (r.ended_at is null or r.ended_at > (select at from began))
      )
      and exists (
        select from effects e join calls c on c.workspace_id = e.workspace_id and c.id = e.call_id
        where e.workspace_id = ${workspace} and e.target_id = d.target_id and e.document = d.document
          and coalesce(e.state, c.state) not in ('rejected', 'refused', 'intended') and c.created_at > (select at from began)
      )
    order by target_id, document limit ${MOST_SENT}
  `.execute(tx)
  return rows
}
