import type { Kysely } from 'kysely'
import { sql } from 'kysely'
import type { RunClaim, SettledBatch } from '../../run/journal/journal.ts'
import { inWorkspace } from '../database/database.ts'
import { type OpenKey, settleExceptions } from '../exception/exception-writes.ts'
import { settleMemory } from './node-memory.ts'
import { ofTrace } from './trace-place.ts'
import { type Answers, inOneTrip, type Statement, together } from '../database/one-trip.ts'
import { keysLeft } from '../key/record-keys.ts'
import type { Database } from '../database/schema.ts'
import { blindBytes, type Keyring } from '../key/secrets.ts'

/** What somebody asked of the run meanwhile. */
export type Asked = { readonly cancel_requested: boolean; readonly pause_requested: boolean }

type Parts = { readonly db: Kysely<Database>; readonly keys: Keyring }

/** Answers what was asked for meanwhile. `opened` takes the keys of exceptions that it left open. */
export async function settleBatch(
  parts: Parts,
  claim: RunClaim,
  batch: SettledBatch,
  opened: OpenKey[],
): Promise<Asked> {
  const statements = [
    fence(claim, batch),
    ...cursorMoves(claim, batch),
    ...[...traceOf(claim, batch), ...keysLeft(parts.keys, claim, batch)].map((one) => ofTrace(one, batch)),
    ...confirmationsOf(parts.keys, claim, batch),
    ...stateOf(claim, batch),
  ] as const
  const asked = ([first]: Answers<typeof statements>): Asked => first.rows[0]!
  // What is met again has to be looked up first, and so has what nodes remember.
  const { exceptions, retried, passed, memory } = batch
  if ([exceptions, retried, passed, ...Object.values(memory)].every((list) => list.length === 0)) {
    return asked(await inOneTrip(parts.db, claim.workspace, statements))
  }
  return inWorkspace(parts.db, claim.workspace, async (tx) => {
    const answers = await together(tx, statements)
    opened.push(...(await settleExceptions(tx, parts.keys, claim, batch)))
    await settleMemory(tx, parts, claim, memory)
    return asked(answers)
  })
}

/**
 * Comes first: batch number and epoch must be the expected ones, else somebody else is ahead of us and the transaction
 * ends. The row lock it takes keeps a new claim away until this transaction has ended.
 */
function fence({ workspace, run, epoch }: RunClaim, { batch, counts }: SettledBatch) {
  return sql<Asked>`
    with held as (
      update runs set
        batches = ${batch + 1},
        attempts = 0,
        moved = moved or ${'sent' in counts || 'reversed' in counts},
        counts = (
          select coalesce(jsonb_object_agg(name, total), '{}') from (
            select name, sum(value::numeric) as total from (
              select * from jsonb_each_text(runs.counts)
              union all
              select * from jsonb_each_text(${JSON.stringify(counts)}::jsonb)
            ) both_counts (name, value) group by name
          ) sums
        )
      where workspace_id = ${workspace} and id = ${run} and epoch = ${epoch} and state = 'running' and batches = ${batch}
      returning cancel_requested, pause_requested
    )
    select cancel_requested, pause_requested from held
    union all
    select tieline_lost(), false where not exists (select 1 from held)
  `
}

function cursorMoves(claim: RunClaim, { source }: SettledBatch): readonly Statement[] {
  const cursor = source.cursor === undefined ? null : JSON.stringify(source.cursor)
  const held = source.incremental?.held ? source.incremental : undefined
  const ofRun = sql`
    insert into run_reads (workspace_id, run_id, node_id, cursor, done, records, connection_id, seen)
    values (${claim.workspace}, ${claim.run}, ${source.node}, ${cursor}::jsonb, ${source.done}, ${source.records},
      ${held?.connection ?? null}, ${held?.seen ?? null})
    on conflict (workspace_id, run_id, node_id) do update set
      cursor = coalesce(excluded.cursor, run_reads.cursor),
      connection_id = coalesce(excluded.connection_id, run_reads.connection_id),
      seen = coalesce(excluded.seen, run_reads.seen),
      done = excluded.done,
      records = run_reads.records + excluded.records
  `
  if (!source.incremental || held || cursor === null) return [ofRun]
  const ofFlow = sql`
    insert into cursors (workspace_id, flow_id, node_id, connection_id, cursor, seen, run_id)
    values (${claim.workspace}, ${claim.flow}, ${source.node}, ${source.incremental.connection}, ${cursor}::jsonb,
      ${source.incremental.seen}, ${claim.run})
    on conflict (workspace_id, flow_id, node_id, connection_id) do update set
      cursor = excluded.cursor, seen = excluded.seen, run_id = excluded.run_id, updated_at = now()
  `
  return [ofRun, ofFlow]
}

function traceOf(claim: RunClaim, { batch, steps, payloads }: SettledBatch): readonly Statement[] {
  const { workspace, run, epoch, day, traceClass } = claim
  const statements: Statement[] = []
  if (steps.length > 0) {
    statements.push(sql`
      insert into steps (workspace_id, run_id, batch, day, trace_class, epoch, node_id, position, operation, started_at,
        waiting_ms, working_ms, calls, attempts, counts, error)
      select ${workspace}::uuid, ${run}::uuid, ${batch}::int, ${day}::date, ${traceClass}::text, ${epoch}::int, r.*
      from unnest(${steps.map((step) => step.node)}::text[], ${steps.map((step) => step.position)}::int[],
        ${steps.map((step) => step.operation)}::text[], ${steps.map((step) => step.startedAt)}::timestamptz[],
        ${steps.map((step) => Math.round(step.waitingMs))}::int[], ${steps.map((step) => Math.round(step.workingMs))}::int[],
        ${steps.map((step) => step.calls)}::int[], ${steps.map((step) => step.attempts)}::int[],
        ${steps.map((step) => JSON.stringify(step.counts))}::jsonb[],
        ${steps.map((step) => (step.error ? JSON.stringify(step.error) : null))}::jsonb[]) as r
    `)
  }
  if (payloads.length > 0) {
    // Rows of values, not lists: only so the contents travel as bytes.
    const rows = payloads.map(
      ({ node, kind, chunk, records, total, bytes, content }) =>
        sql`(${workspace}::uuid, ${run}::uuid, ${batch}::int, ${day}::date, ${traceClass}, ${node}, ${kind},
          ${chunk}::int, ${records}::int, ${total}::int, ${bytes}::int, ${content}::bytea)`,
    )
    statements.push(sql`
      insert into payloads (workspace_id, run_id, batch, day, trace_class, node_id, kind, chunk, records, total, bytes, content)
      values ${sql.join(rows)}
    `)
  }
  return statements
}

function confirmationsOf(keys: Keyring, claim: RunClaim, batch: SettledBatch): readonly Statement[] {
  const statements: Statement[] = []
  if (batch.answeredCalls.length > 0) {
    statements.push(sql`
      update calls set state = answered.state, answered_at = now()
      from unnest(${batch.answeredCalls.map((call) => call.call)}::uuid[], ${batch.answeredCalls.map((call) => call.state)}::text[])
        as answered (id, state)
      where calls.workspace_id = ${claim.workspace} and calls.id = answered.id
    `)
  }
  if (batch.upserts.length > 0) {
    // Sorted, so that two runs that touch the same rows take their locks in one order.
    // A key that was sent twice in this batch: its last content counts.
    const last = new Map(batch.upserts.map((row) => [`${row.target} ${row.key}`, row]))
    const rows = [...last.values()].sort((a, b) => a.target - b.target || (a.key < b.key ? -1 : 1))
    statements.push(sql`
      insert into effects (workspace_id, target_id, document, part, kind, hash, call_id, position, state)
      select ${claim.workspace}::uuid, target, key, '', 's', hash, call, position, 'confirmed'
      from unnest(${rows.map((row) => row.target)}::int[], ${rows.map((row) => row.key)}::text[],
        ${rows.map((row) => row.hash)}::bytea[], ${rows.map((row) => row.call)}::uuid[],
        ${rows.map((row) => row.position)}::int[]) as r (target, key, hash, call, position)
      on conflict (workspace_id, target_id, document, part) do update set
        hash = excluded.hash, call_id = excluded.call_id, position = excluded.position, state = 'confirmed', message = null
    `)
  }
  if (batch.confirmed.length > 0) {
    const rows = [...Map.groupBy(batch.confirmed, ({ connection }) => connection)]
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([connection, confirmed]) => ({
        connection,
        hashes: hashesOf(keys, claim.workspace, connection, confirmed),
      }))
    statements.push(sql`
      insert into confirmed_keys (workspace_id, connection_id, hash)
      select ${claim.workspace}::uuid, connection, substring(hashes from at * ${HASH_BYTES}::int + 1 for ${HASH_BYTES}::int)
      from unnest(${rows.map((row) => row.connection)}::uuid[], ${rows.map((row) => row.hashes)}::bytea[]) as r (connection, hashes),
        generate_series(0, length(hashes) / ${HASH_BYTES}::int - 1) as at
      on conflict do nothing
    `)
  }
  return statements
}

const HASH_BYTES = 16

/** One after the other in one text of bytes: a list of thousands is dear to write and to read. In one order everywhere, for locks. */
function hashesOf(keys: Keyring, workspace: string, connection: string, confirmed: SettledBatch['confirmed']): Buffer {
  const hashes = confirmed.map(({ reference: { kind, key } }) =>
    blindBytes(keys, workspace, `${connection}\0${kind}\0${key}`),
  )
  return Buffer.from(hashes.sort().join(''), 'latin1')
}

function stateOf(claim: RunClaim, batch: SettledBatch): readonly Statement[] {
  const statements: Statement[] = batch.folds.map(
    (fold) => sql`
      insert into run_folds (workspace_id, run_id, node_id, group_key, seq, state)
      values (${claim.workspace}, ${claim.run}, ${fold.node}, ${fold.group}, ${fold.seq}, ${JSON.stringify(fold.state)}::jsonb)
      on conflict (workspace_id, run_id, node_id, group_key) do update set state = excluded.state
    `,
  )
  if (batch.kept.length > 0) {
    statements.push(sql`
      insert into run_sets (workspace_id, run_id, node_id, input, key, batch, position, record, amount)
      select ${claim.workspace}::uuid, ${claim.run}::uuid, node, input, key, ${batch.batch}::int, position, record, amount
      from unnest(${batch.kept.map((row) => row.node)}::text[], ${batch.kept.map((row) => row.input)}::text[],
        ${batch.kept.map((row) => row.key)}::text[], ${batch.kept.map((row) => row.position)}::int[],
        ${batch.kept.map((row) => JSON.stringify(row.record))}::jsonb[],
        ${batch.kept.map((row) => row.amount ?? null)}::numeric[]) as r (node, input, key, position, record, amount)
    `)
  }
  return statements
}
