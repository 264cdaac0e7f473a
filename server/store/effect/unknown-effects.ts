import { type RawBuilder, sql, type Transaction } from 'kysely'
import { IN_DOUBT } from '../exception/in-doubt.ts'
import {
  ANSWER_DUE_MS,
  confirmEffects,
  forgetEffects,
  LOOKED_FOR,
  reopenExceptions,
  resolveExceptions,
} from './doubts.ts'
import { newId } from '../database/ids.ts'
import type { Database } from '../database/schema.ts'

type Tx = Transaction<Database>

export type UnknownRow = {
  readonly call_id: string
  readonly position: number
  readonly target_id: number
  readonly operation: string
  readonly connection_id: string
  readonly connection_name: string
  readonly flow_id: string
  readonly flow_name: string
  readonly run_id: string
  readonly node_id: string
  readonly document: string
  readonly part: string
  readonly kind: 's' | 'r'
  readonly reverses: string | null
  readonly message: string | null
  readonly sent_at: Date | null
  readonly probed_at: Date | null
  readonly content: Buffer | null
  /** Money that its exception says is at stake; null where that does not say, or there is none. */
  readonly amount: string | null
  readonly currency: string | null
}

const unknowns = (workspace: string) => sql`
  select e.call_id, e.position, e.target_id, t.operation, t.connection_id, coalesce(n.name, '') as connection_name,
    r.flow_id, coalesce(f.name, '') as flow_name, c.run_id, c.node_id, e.document, e.part, e.kind, e.reverses,
    coalesce(e.message, c.message) as message, c.sent_at, c.probed_at, c.content, c.created_at
  from calls c
  join effects e on e.workspace_id = c.workspace_id and e.call_id = c.id
  join targets t on t.workspace_id = c.workspace_id and t.id = c.target_id
  join runs r on r.workspace_id = c.workspace_id and r.id = c.run_id
  left join flows f on f.workspace_id = r.workspace_id and f.id = r.flow_id
  left join connections n on n.workspace_id = t.workspace_id and n.id = t.connection_id
  where c.workspace_id = ${workspace} and ${IN_DOUBT}
    and c.id in (
      select id from calls where workspace_id = ${workspace} and state in ('unknown', 'sent')
      union all
      select call_id from effects where workspace_id = ${workspace} and state = 'unknown'
    )`

/** Newest call first, after `after`; the effects of one call in their order. */
export async function listUnknowns(
  tx: Tx,
  workspace: string,
  filter: {
    readonly flow?: string | undefined
    readonly run?: string | undefined
    readonly connection?: string | undefined
    readonly after?: { readonly call: string; readonly position: number } | undefined
    readonly limit: number
  },
): Promise<readonly UnknownRow[]> {
  const { flow, run, connection, after } = filter
  const page = sql`
    ${unknowns(workspace)}
      ${flow ? sql`and r.flow_id = ${flow}` : sql``}
      ${run ? sql`and c.run_id = ${run}` : sql``}
      ${connection ? sql`and t.connection_id = ${connection}` : sql``}
      ${
        after
          ? sql`and (
              (c.created_at, c.id) < (select created_at, id from calls where workspace_id = ${workspace} and id = ${after.call})
              or (c.id = ${after.call} and e.position > ${after.position}))`
          : sql``
      }
    order by c.created_at desc, c.id desc, e.position
    limit ${filter.limit}`
  const { rows } = await sql<UnknownRow>`
    select one.*, x.amount, x.currency ${withStake(workspace, page)}
    order by one.created_at desc, one.call_id desc, one.position
  `.execute(tx)
  return rows
}

/** SQL: these effects in doubt, each with its exception `x`. */
const withStake = (workspace: string, effects: RawBuilder<unknown>) => sql`
  from (${effects}) as one
  left join lateral (
    select amount, currency from exceptions
    where workspace_id = ${workspace} and effect_target = one.target_id and effect_document = one.document
      and state in ('open', 'retrying')
    order by id desc limit 1
  ) x on true`

/** How many there are, counted up to `most`. */
export async function countUnknowns(tx: Tx, workspace: string, most: number): Promise<number> {
  const { rows } = await sql<{ found: number }>`
    select count(*)::int as found from (${unknowns(workspace)} limit ${most}) as doubts
  `.execute(tx)
  return rows[0]?.found ?? 0
}

/** SQL: effects in doubt as a workspace's export has them, with the key to look for in the other system. */
export const exportedDoubts = (workspace: string) => sql`
  select call_id, position, operation, connection_id, connection_name, flow_id, run_id, node_id, document, part, kind,
    reverses, sent_at
  from (${unknowns(workspace)}) as one`

/** SQL: effects in doubt by operation and connection. */
export const countDoubts = (workspace: string) => sql`
  select operation, connection_name as connection, count(*)::int as effects from (${unknowns(workspace)}) as one
  group by operation, connection_name`

/** With its content, sealed. */
export async function findUnknown(
  tx: Tx,
  workspace: string,
  call: string,
  position: number,
): Promise<UnknownRow | undefined> {
  const meant = sql`${unknowns(workspace)} and c.id = ${call} and e.position = ${position}`
  const { rows } = await sql<UnknownRow>`
    select one.*, x.amount, x.currency ${withStake(workspace, meant)}
  `.execute(tx)
  return rows[0]
}

export type Settlement = {
  readonly workspace: string
  readonly effects: readonly { readonly call: string; readonly position?: number | undefined }[]
  readonly verdict: 'arrived' | 'did-not-arrive'
  readonly reason: string
  readonly by: string
}

export type Settled = {
  readonly settled: number
  /** Effects that were not in doubt any more. */
  readonly already: number
  readonly resolved: number
  /** Exceptions whose records may be tried again now. */
  readonly retryable: readonly string[]
}

type Doubt = {
  readonly call_id: string
  readonly position: number
  readonly target_id: number
  readonly document: string
  readonly part: string
  readonly kind: 's' | 'r'
  readonly reverses: string | null
}

/** What is said not to have arrived may still do so, or is being looked for: whoever said it has to ask again. */
export class EffectsUnderWay extends Error {
  override name = 'EffectsUnderWay'
  readonly effects: number
  /** When the last of their answers cannot come any more; undefined: they are being looked for. */
  readonly answersDueMs: number | undefined

  constructor(effects: number, answersDueMs: number | undefined) {
    super(`${effects} effects are under way`)
    this.effects = effects
    this.answersDueMs = answersDueMs
  }
}

/**
 * What a person found in the other system. Effects are locked: of two who settle at once, the second comes too late, and
 * so does who begins to look for them. @throws EffectsUnderWay: what may be sent again has to be out of the way.
 */
export async function settleUnknowns(tx: Tx, settlement: Settlement): Promise<Settled> {
  const { workspace, effects, verdict, reason, by } = settlement
  const asked = effects.map((one) => ({ call: one.call, position: one.position ?? null }))
  const { rows: named } = await sql<Doubt>`
    select e.call_id, e.position, e.target_id, e.document, e.part, e.kind, e.reverses
    from effects e
    where e.workspace_id = ${workspace} and exists (
      select 1 from unnest(${asked.map((one) => one.call)}::uuid[], ${asked.map((one) => one.position)}::int[]) as a (call, position)
      where a.call = e.call_id and (a.position is null or a.position = e.position)
    )
    order by e.target_id, e.document, e.part for update
  `.execute(tx)
  // Asked after the lock was had: whoever held it may have settled them.
  const { rows: doubtful } = await sql<InDoubt>`
    select e.call_id, e.position, ${LOOKED_FOR} as looked_for, ${ANSWER_DUE_MS} as answer_due_ms from effects e
    join calls c on c.workspace_id = e.workspace_id and c.id = e.call_id
    join runs r on r.workspace_id = c.workspace_id and r.id = c.run_id
    where e.workspace_id = ${workspace} and e.call_id = any(${named.map((row) => row.call_id)}::uuid[]) and ${IN_DOUBT}
  `.execute(tx)
  const open = new Set(doubtful.map((row) => `${row.call_id} ${row.position}`))
  const chosen = named.filter((row) => open.has(`${row.call_id} ${row.position}`))
  if (verdict === 'did-not-arrive') refuseUnderWay(chosen, doubtful)
  // Those that were forgotten meanwhile are not there at all.
  const gone = asked.filter(
    (one) => !named.some((row) => row.call_id === one.call && (one.position ?? row.position) === row.position),
  )
  await writeDown(tx, settlement, chosen)
  let resolved = 0
  const retryable: string[] = []
  for (const [target, rows] of Map.groupBy(chosen, (row) => row.target_id)) {
    const documents = rows.map((row) => row.document)
    if (verdict === 'arrived') {
      await confirmEffects(tx, workspace, target, rows)
      resolved += await resolveExceptions(tx, workspace, target, documents, reason, by)
    } else {
      await forgetEffects(tx, workspace, target, rows)
      const said = 'A person looked, and it did not arrive.'
      const reopened = await reopenExceptions(tx, workspace, target, documents, said, by)
      resolved += reopened.resolved
      retryable.push(...reopened.open)
    }
  }
  return { settled: chosen.length, already: named.length - chosen.length + gone.length, resolved, retryable }
}

type InDoubt = {
  readonly call_id: string
  readonly position: number
  readonly looked_for: boolean
  readonly answer_due_ms: number | null
}

function refuseUnderWay(chosen: readonly Doubt[], doubtful: readonly InDoubt[]): void {
  const names = new Set(chosen.map((row) => `${row.call_id} ${row.position}`))
  const underWay = doubtful.filter(
    (row) => names.has(`${row.call_id} ${row.position}`) && (row.looked_for || row.answer_due_ms !== null),
  )
  if (underWay.length === 0) return
  const due = Math.max(...underWay.map((row) => row.answer_due_ms ?? 0))
  throw new EffectsUnderWay(underWay.length, due > 0 ? due : undefined)
}

async function writeDown(
  tx: Tx,
  { workspace, verdict, reason, by }: Settlement,
  rows: readonly Doubt[],
): Promise<void> {
  if (rows.length === 0) return
  await sql`
    insert into settlements (workspace_id, id, call_id, position, target_id, document, part, verdict, reason, settled_by)
    select ${workspace}::uuid, id, call, position, target, document, part, ${verdict}, ${reason}, ${by}::uuid
    from unnest(${rows.map(() => newId())}::uuid[], ${rows.map((row) => row.call_id)}::uuid[],
      ${rows.map((row) => row.position)}::int[], ${rows.map((row) => row.target_id)}::int[],
      ${rows.map((row) => row.document)}::text[], ${rows.map((row) => row.part)}::text[])
      as r (id, call, position, target, document, part)
  `.execute(tx)
}
