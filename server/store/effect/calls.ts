import { sql, type Transaction } from 'kysely'
import type { LedgerRow, LedgerState, NewCall, NewEffect, RunClaim } from '../../run/journal/journal.ts'
import { type Statement, together } from '../database/one-trip.ts'
import { sealContent } from './ledger-content.ts'
import type { CallState, Database, EffectState } from '../database/schema.ts'
import type { Keyring } from '../key/secrets.ts'
import { sentLater } from './data-age.ts'

type Tx = Transaction<Database>
type WithEffects = { readonly call: NewCall; readonly effects: readonly NewEffect[] }

/** Calls of a run that nobody closed: see Ledger.recover. */
export async function recoverCalls(
  tx: Tx,
  { workspace, run, epoch }: RunClaim,
  afterLoss: (node: string) => 'unknown' | 'repeated' | 'ask',
): Promise<readonly string[]> {
  const left = await sql<{ id: string; node_id: string; state: CallState }>`
    select id, node_id, state from calls
    where workspace_id = ${workspace} and run_id = ${run} and epoch <= ${epoch} and state in ('intended', 'sent')
  `.execute(tx)
  const forgotten = left.rows.filter((call) => call.state === 'intended').map((call) => call.id)
  if (forgotten.length > 0) {
    // Never dialled: the next walk decides anew what to send.
    await sql`
      delete from effects where workspace_id = ${workspace} and call_id = any(${forgotten}::uuid[]) and state is null
    `.execute(tx)
    await sql`delete from calls where workspace_id = ${workspace} and id = any(${forgotten}::uuid[])`.execute(tx)
  }
  const ask: string[] = []
  for (const call of left.rows.filter((one) => one.state === 'sent')) {
    const state = afterLoss(call.node_id)
    if (state === 'ask') {
      ask.push(call.id)
      continue
    }
    const message =
      state === 'unknown'
        ? 'The worker died between sending and hearing the answer. It may have arrived.'
        : 'The worker died before the answer was kept. The same data is sent again.'
    await sql`
      update calls set state = ${state}, message = ${message} where workspace_id = ${workspace} and id = ${call.id}
    `.execute(tx)
  }
  return ask
}

/**
 * Effects of documents, each with the state that follows from its call and its run. `dataFrom`: when what the run brings
 * was read, where an earlier run read it.
 */
export async function findEffects(
  tx: Tx,
  claim: RunClaim,
  target: number,
  documents: readonly string[],
  dataFrom?: Date,
): Promise<LedgerRow[]> {
  const { workspace, run, epoch } = claim
  const rows = await sql<{
    document: string
    part: string
    kind: 's' | 'r'
    reverses: string | null
    hash: Buffer
    call_id: string
    position: number
    state: EffectState | null
    call_state: CallState | null
    ours: boolean | null
    live: boolean
    newer: boolean
  }>`
    select e.document, e.part, e.kind, e.reverses, e.hash, e.call_id, e.position, e.state,
      c.state as call_state, c.run_id = ${run} and c.epoch = ${epoch} as ours,
      case when e.state is null and c.state in ('intended', 'sent') then exists (
        select 1 from runs r where r.workspace_id = c.workspace_id and r.id = c.run_id
          and r.state in ('queued', 'running', 'waiting', 'paused')) else false end as live,
      ${dataFrom === undefined ? sql`false` : sentLater(claim, dataFrom)} as newer
    from effects e
    left join calls c on c.workspace_id = e.workspace_id and c.id = e.call_id
    where e.workspace_id = ${workspace} and e.target_id = ${target} and e.document = any(${documents as string[]})
  `.execute(tx)
  return rows.rows.map((row) => ({
    document: row.document,
    part: row.part,
    kind: row.kind,
    reverses: row.reverses ?? undefined,
    hash: row.hash,
    call: row.call_id,
    position: row.position,
    state: row.state ?? stateByCall(row.call_state, row.live),
    ours: row.ours ?? false,
    ...(row.newer ? { newer: true } : {}),
  }))
}

/** `live`: the run of an open call may still close it. */
function stateByCall(state: CallState | null, live: boolean): LedgerState {
  switch (state) {
    case 'answered':
      return 'confirmed'
    case 'refused':
      return 'rejected'
    case 'intended':
      // Never dialled, and nobody will.
      return live ? state : 'rejected'
    case 'sent':
      return live ? state : 'unknown'
    // An effect whose call is gone cannot be told to have arrived or not.
    case 'unknown':
    case 'repeated':
    case null:
      return 'unknown'
    default:
      return state satisfies never
  }
}

/** A call and its effects. @throws KeyTaken when one of the effects is there already. */
export function insertions(keys: Keyring, claim: RunClaim, { call, effects }: WithEffects): readonly Statement[] {
  const bare = bareCall(keys, claim, call)
  if (effects.length === 0) return [bare]
  return [
    bare,
    sql`
      with inserted as (
        insert into effects (workspace_id, target_id, document, part, kind, reverses, hash, call_id, position)
        select ${claim.workspace}::uuid, ${call.target}::int, document, part, kind, reverses, hash, ${call.id}::uuid, position
        from unnest(${effects.map((e) => e.document)}::text[], ${effects.map((e) => e.part)}::text[],
          ${effects.map((e) => e.kind)}::text[], ${effects.map((e) => e.reverses ?? null)}::text[],
          ${effects.map((e) => e.hash)}::bytea[], ${effects.map((e) => e.position)}::int[])
          as r (document, part, kind, reverses, hash, position)
        on conflict do nothing
        returning 1
      ) select tieline_taken() where (select count(*) from inserted) <> ${effects.length}::int
    `,
  ]
}

function bareCall(keys: Keyring, { workspace, run, epoch }: RunClaim, call: NewCall): Statement {
  const content = call.values ? sealContent(keys, workspace, call.id, call.values) : null
  return sql`
    insert into calls (workspace_id, id, target_id, run_id, epoch, batch, node_id, state, items, content, sent_at, generation)
    values (${workspace}, ${call.id}, ${call.target}, ${run}, ${epoch}, ${call.batch}, ${call.node},
      ${call.state}, ${call.items}, ${content}, ${call.state === 'sent' ? sql`now()` : sql`null`}, ${call.generation ?? null})
  `
}

/** A call that was refused as a whole: its effects move to the calls that follow it. */
export async function replaceCall(
  tx: Tx,
  keys: Keyring,
  claim: RunClaim,
  refused: string,
  message: string,
  by: readonly WithEffects[],
): Promise<void> {
  const { workspace } = claim
  // What it sent stands with the calls that follow; once is enough.
  await sql`
    update calls set state = 'refused', message = ${message}, answered_at = now(), content = null
    where workspace_id = ${workspace} and id = ${refused}
  `.execute(tx)
  for (const { call, effects } of by) {
    await together(tx, [bareCall(keys, claim, call)])
    await sql`
      update effects e set call_id = ${call.id}, position = r.position
      from unnest(${effects.map((one) => one.document)}::text[], ${effects.map((one) => one.part)}::text[],
        ${effects.map((one) => one.position)}::int[]) as r (document, part, position)
      where e.workspace_id = ${workspace} and e.target_id = ${call.target} and e.document = r.document and e.part = r.part
    `.execute(tx)
  }
}
