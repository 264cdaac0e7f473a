import { sql, type Transaction } from 'kysely'
import { ABSENT_AFTER_MS } from '../../run/journal/absent-after.ts'
import type { DoubtfulCall, Probed, RunClaim } from '../../run/journal/journal.ts'
import { surelySince } from '../database/clock-jumps.ts'
import { FIRST_PLACE, NOTHING_IN_DOUBT } from '../exception/in-doubt.ts'
import { releaseHeld } from '../exception/held.ts'
import { openContent } from './ledger-content.ts'
import type { Database } from '../database/schema.ts'
import type { Keyring } from '../key/secrets.ts'

type Tx = Transaction<Database>

type DoubtRow = {
  id: string
  node_id: string
  batch: number
  target_id: number
  quiet_ms: number
  generation: number | null
  probes: number
  probed_ms: number | null
  message: string | null
  content: Buffer | null
  document: string
  part: string
  kind: 's' | 'r'
  reverses: string | null
  position: number
}

/** SQL: for so many milliseconds call `c` has been quiet at least. */
const QUIET_MS = surelySince(sql`coalesce(c.repeated_at, c.sent_at, c.created_at)`)

/** SQL: for so many milliseconds more the answer of call `c` may still come to whoever sent it; null: it cannot. */
export const ANSWER_DUE_MS = sql<number | null>`
  case when c.answered_at is null and ${QUIET_MS} < ${ABSENT_AFTER_MS}::int then ${ABSENT_AFTER_MS}::int - ${QUIET_MS} end`

/** SQL: call `c` is being looked for by a claim that holds its run. */
export const LOOKED_FOR = sql<boolean>`exists (
  select 1 from runs l where l.workspace_id = c.workspace_id and l.id = c.looked_for_by and l.epoch = c.looked_for_epoch
    and l.state = 'running' and l.lease_until > clock_timestamp()
)`

/** Effects of these calls that are in doubt, or were sent by a call that is still open. */
export async function listDoubts(
  tx: Tx,
  keys: Keyring,
  workspace: string,
  calls: readonly string[],
): Promise<readonly DoubtfulCall[]> {
  const { rows } = await sql<DoubtRow>`
    select c.id, c.node_id, c.batch, c.target_id, c.generation, c.probes, c.message, c.content,
      ${QUIET_MS} as quiet_ms,
      extract(epoch from clock_timestamp() - c.probed_at)::float8 * 1000 as probed_ms,
      e.document, e.part, e.kind, e.reverses, e.position
    from calls c
    join effects e on e.workspace_id = c.workspace_id and e.call_id = c.id
    where c.workspace_id = ${workspace} and c.id = any(${calls as string[]}::uuid[])
      and (e.state = 'unknown' or (e.state is null and c.state in ('unknown', 'sent')))
    order by c.sent_at, c.id, e.position
  `.execute(tx)
  return [...Map.groupBy(rows, (row) => row.id)].map(([id, effects]) => {
    const call = effects[0]!
    const values = openContent(keys, workspace, id, call.content)
    return {
      id,
      node: call.node_id,
      batch: call.batch,
      target: call.target_id,
      quietMs: call.quiet_ms,
      generation: call.generation ?? undefined,
      probes: call.probes,
      probedMsAgo: call.probed_ms ?? undefined,
      message: call.message ?? undefined,
      effects: effects.map((row) => ({
        document: row.document,
        part: row.part,
        kind: row.kind,
        reverses: row.reverses ?? undefined,
        position: row.position,
        value: values[row.position] ?? {},
      })),
    }
  })
}

/** Calls to a target with effects in doubt, those that were looked for longest ago first. */
export async function openDoubts(tx: Tx, workspace: string, target: number, limit: number): Promise<string[]> {
  // In two halves, so that each finds its own index.
  const { rows } = await sql<{ id: string }>`
    select c.id from calls c
    where c.workspace_id = ${workspace} and c.target_id = ${target} and c.id in (
      select o.id from calls o
      join runs r on r.workspace_id = o.workspace_id and r.id = o.run_id
      where o.workspace_id = ${workspace} and o.target_id = ${target} and o.state in ('unknown', 'sent')
        and (o.state = 'unknown' or r.state not in ('queued', 'running', 'waiting', 'paused'))
        and exists (
          select 1 from effects e where e.workspace_id = o.workspace_id and e.call_id = o.id
            and (e.state is null or e.state = 'unknown')
        )
      union all
      select e.call_id from effects e
      where e.workspace_id = ${workspace} and e.target_id = ${target} and e.state = 'unknown'
    )
    order by c.probed_at nulls first, c.sent_at limit ${limit}
  `.execute(tx)
  return rows.map((row) => row.id)
}

/** See Ledger.looking. The call's effects are locked first: a person may be settling them. */
export async function beginLook(tx: Tx, { workspace, run, epoch }: RunClaim, call: DoubtfulCall): Promise<boolean> {
  const open = await stillInDoubt(tx, workspace, call)
  if (open.size === 0) return false
  const begun = await sql`
    update calls c set looked_for_by = ${run}, looked_for_epoch = ${epoch}
    where c.workspace_id = ${workspace} and c.id = ${call.id} and not ${LOOKED_FOR}
  `.execute(tx)
  return Number(begun.numAffectedRows) === 1
}

/** Writes down what looking for a call gave, its effects locked first: a person may be settling them. */
export async function keepFound(
  tx: Tx,
  workspace: string,
  call: DoubtfulCall,
  probed: readonly Probed[],
): Promise<void> {
  const open = await stillInDoubt(tx, workspace, call)
  if (open.size === 0) return
  const verdict = (one: DoubtfulCall['effects'][number], at: number) =>
    open.has(one.position) ? probed[at] : undefined
  const arrived = call.effects.filter((one, at) => verdict(one, at) === 'arrived')
  const absent = call.effects.filter((one, at) => verdict(one, at) === 'absent')
  const clear = arrived.length + absent.length === open.size
  const message = clear
    ? `Nobody heard the answer. Looked for afterwards: ${arrived.length} arrived, ${absent.length} did not.`
    : (call.message ?? 'Nobody heard the answer. It may have arrived.')
  await sql`
    update calls set probes = probes + 1, probed_at = now(), looked_for_by = null, looked_for_epoch = null, message = ${message},
      state = ${clear ? (arrived.length > 0 ? 'answered' : 'refused') : 'unknown'},
      answered_at = ${clear ? sql`now()` : sql`answered_at`}
    where workspace_id = ${workspace} and id = ${call.id}
  `.execute(tx)
  await confirmEffects(
    tx,
    workspace,
    call.target,
    arrived.map((one) => ({ ...one, reverses: one.reverses ?? null })),
  )
  await forgetEffects(tx, workspace, call.target, absent)
  await resolveExceptions(tx, workspace, call.target, documentsOf(arrived), 'Found in the other system.')
  await reopenExceptions(tx, workspace, call.target, documentsOf(absent), 'It was looked for, and it did not arrive.')
}

/** Positions of a call's effects that nobody has settled since they were looked at, locked. */
async function stillInDoubt(tx: Tx, workspace: string, call: DoubtfulCall): Promise<ReadonlySet<number>> {
  const { rows } = await sql<{ position: number }>`
    select e.position from effects e join calls c on c.workspace_id = e.workspace_id and c.id = e.call_id
    where e.workspace_id = ${workspace} and e.call_id = ${call.id}
      and (e.state = 'unknown' or (e.state is null and c.state in ('unknown', 'sent')))
    order by e.document, e.part for update of e, c
  `.execute(tx)
  return new Set(rows.map((row) => row.position))
}

const documentsOf = (effects: readonly { readonly document: string }[]) => effects.map((one) => one.document)

/** Effects in doubt that did arrive. Those that undo others mark them. */
export async function confirmEffects(
  tx: Tx,
  workspace: string,
  target: number,
  effects: readonly { document: string; part: string; kind: 's' | 'r'; reverses: string | null }[],
): Promise<void> {
  await sql`
    update effects e set state = 'confirmed', message = null
    from unnest(${effects.map((one) => one.document)}::text[], ${effects.map((one) => one.part)}::text[]) as r (document, part)
    where e.workspace_id = ${workspace} and e.target_id = ${target} and e.document = r.document and e.part = r.part
  `.execute(tx)
  const reversals = effects.filter((one) => one.kind === 'r')
  if (reversals.length === 0) return
  await sql`
    update effects e set state = 'reversed', reversed_by = r.part
    from unnest(${reversals.map((one) => one.document)}::text[], ${reversals.map((one) => one.part)}::text[],
      ${reversals.map((one) => one.reverses)}::text[]) as r (document, part, reverses)
    where e.workspace_id = ${workspace} and e.target_id = ${target} and e.document = r.document and e.part = r.reverses
  `.execute(tx)
}

/** Effects in doubt that did not arrive: they can be sent anew. */
export async function forgetEffects(
  tx: Tx,
  workspace: string,
  target: number,
  effects: readonly { readonly document: string; readonly part: string }[],
): Promise<void> {
  if (effects.length === 0) return
  await sql`
    delete from effects e
    using unnest(${effects.map((one) => one.document)}::text[], ${effects.map((one) => one.part)}::text[]) as r (document, part)
    where e.workspace_id = ${workspace} and e.target_id = ${target} and e.document = r.document and e.part = r.part
  `.execute(tx)
}

/** Closes the exceptions about documents of which no effect is in doubt any more. Answers how many. */
export async function resolveExceptions(
  tx: Tx,
  workspace: string,
  target: number,
  documents: readonly string[],
  resolution: string,
  by: string | null = null,
): Promise<number> {
  if (documents.length === 0) return 0
  const closed = await sql<Closed>`
    update exceptions x set state = 'resolved', resolved_at = now(), resolved_by = ${by}, resolution = ${resolution}
    where ${aboutClear(workspace, target, documents)}
    returning flow_id, node_id, match_key
  `.execute(tx)
  return letGo(tx, workspace, closed.rows)
}

type Closed = { readonly flow_id: string; readonly node_id: string; readonly match_key: string | null }

/** What waits behind closed exceptions, in flows that keep order, goes on. */
async function letGo(tx: Tx, workspace: string, closed: readonly Closed[]): Promise<number> {
  for (const [flow, rows] of Map.groupBy(closed, (row) => row.flow_id)) await releaseHeld(tx, workspace, flow, rows)
  return closed.length
}

/**
 * Exceptions about documents that did not arrive are like any other from now on: their records can be tried again. Those
 * that hold no record but what was sent are resolved: their record comes again with the next run. Answers the former.
 */
export async function reopenExceptions(
  tx: Tx,
  workspace: string,
  target: number,
  documents: readonly string[],
  message: string,
  by: string | null = null,
): Promise<{ readonly open: readonly string[]; readonly resolved: number }> {
  if (documents.length === 0) return { open: [], resolved: 0 }
  const closed = await sql<Closed>`
    update exceptions x set state = 'resolved', resolved_at = now(), resolved_by = ${by}, resolution = ${message}
    where ${aboutClear(workspace, target, documents)} and x.position >= ${FIRST_PLACE}
    returning flow_id, node_id, match_key
  `.execute(tx)
  const open = await sql<{ id: string }>`
    update exceptions x set code = 'CONNECTION_LOST', message = ${`${message} Try it again.`}
    where ${aboutClear(workspace, target, documents)}
    returning id
  `.execute(tx)
  return { open: open.rows.map((row) => row.id), resolved: await letGo(tx, workspace, closed.rows) }
}

const aboutClear = (workspace: string, target: number, documents: readonly string[]) => sql`
  x.workspace_id = ${workspace} and x.effect_target = ${target}
  and x.effect_document = any(${[...new Set(documents)]}::text[]) and x.code = 'OUTCOME_UNKNOWN' and x.state = 'open'
  and ${NOTHING_IN_DOUBT}`

/** Calls of a run with effects in doubt that no open exception names. */
export async function unnamedCalls(tx: Tx, workspace: string, run: string): Promise<readonly DoubtPlace[]> {
  const { rows } = await sql<DoubtPlace>`
    select c.id, e.document from calls c
    join effects e on e.workspace_id = c.workspace_id and e.call_id = c.id
    where c.workspace_id = ${workspace} and c.run_id = ${run} and c.state in ('unknown', 'answered')
      and (e.state = 'unknown' or (e.state is null and c.state = 'unknown'))
      and not exists (
        select 1 from exceptions x
        where x.workspace_id = e.workspace_id and x.effect_target = e.target_id and x.effect_document = e.document
          and x.state in ('open', 'retrying')
      )
  `.execute(tx)
  return rows
}

export type DoubtPlace = { readonly id: string; readonly document: string }
