import { type Kysely, sql, type Transaction } from 'kysely'
import type { DataRecord } from '../../connectors/kit/connector.ts'
import type { Journal, RunClaim, SettledBatch, SourceStanding, Standing } from '../run/journal.ts'
import { LeaseLost, RunCancelled, RunPaused } from '../run/journal.ts'
import { inWorkspace } from './database.ts'
import { type OpenKey, settleExceptions } from './exception-writes.ts'
import { createFeed } from './feeds.ts'
import { readKeptPairs } from './kept-pairs.ts'
import { createNodeMemory, settleMemory } from './node-memory.ts'
import { type KnownKeys, loadOpenKeys } from './open-keys.ts'
import { writeKeys } from './record-keys.ts'
import { beginningOf, cursorFor, keepBeginning } from './run-begin.ts'
import type { Database, TraceClass } from './schema.ts'
import { blindIndex, type Keyring } from './secrets.ts'

export type JournalParts = {
  readonly db: Kysely<Database>
  readonly keys: Keyring
  readonly leaseSeconds: number
}

/** The journal in PostgreSQL, for one claim of one run. */
export function createJournal(parts: JournalParts, claim: RunClaim): Journal {
  const { workspace, run } = claim
  let known: Promise<KnownKeys> | undefined
  const inTenant = <T>(work: (tx: Transaction<Database>) => Promise<T>) => inWorkspace(parts.db, workspace, work)

  return {
    standing: () =>
      inTenant(async (tx): Promise<Standing> => {
        const row = await tx
          .selectFrom('runs')
          .select(['batches', 'cancel_requested', 'pause_requested'])
          .where('workspace_id', '=', workspace)
          .where('id', '=', run)
          .where('epoch', '=', claim.epoch)
          .executeTakeFirst()
        if (!row) throw new LeaseLost(`Run ${run} was taken over.`)
        stopIfAsked(run, row)
        const reads = await tx
          .selectFrom('run_reads')
          .select(['node_id', 'cursor', 'done', 'seen'])
          .where('workspace_id', '=', workspace)
          .where('run_id', '=', run)
          .execute()
        const sources = new Map<string, SourceStanding>(
          reads.map((read) => [
            read.node_id,
            {
              cursor: (read.cursor as SourceStanding['cursor'] | null) ?? undefined,
              done: read.done,
              ...(read.seen ? { seen: read.seen } : {}),
            },
          ]),
        )
        return { batch: row.batches, sources }
      }),

    begin: (reads) => inTenant((tx) => keepBeginning(tx, claim, reads)),
    cursor: (node, connection) => inTenant((tx) => cursorFor(tx, claim, node, connection)),
    began: () => inTenant((tx) => beginningOf(tx, claim)),
    feed: createFeed(parts, claim),

    openKeys: () => {
      known ??= inTenant((tx) => loadOpenKeys(tx, claim))
      return known
    },

    settle: async (batch) => {
      const opened: OpenKey[] = []
      const asked = await inTenant((tx) => settleBatch(tx, parts, claim, batch, opened))
      const keys = await known
      for (const { node, key } of batch.passed) keys?.remove(node, key)
      keys?.add(opened)
      stopIfAsked(run, asked)
    },

    releaseCursors: () =>
      inTenant(async (tx) => {
        const held = await sql`
          select 1 from runs where workspace_id = ${workspace} and id = ${run} and epoch = ${claim.epoch} and state = 'running' for share
        `.execute(tx)
        if (held.rows.length === 0) throw new LeaseLost(`Run ${run} was taken over before its cursors moved.`)
        await sql`
          insert into cursors (workspace_id, flow_id, node_id, connection_id, cursor, seen, run_id)
          select workspace_id, ${claim.flow}::uuid, node_id, connection_id, cursor, seen, run_id from run_reads
          where workspace_id = ${workspace} and run_id = ${run} and seen is not null and cursor is not null
          on conflict (workspace_id, flow_id, node_id, connection_id) do update set
            cursor = excluded.cursor, seen = excluded.seen, run_id = excluded.run_id, updated_at = now()
        `.execute(tx)
      }),

    groups: (node, keys) =>
      inTenant(async (tx) => {
        const rows = await sql<{ group_key: string; seq: string; state: unknown }>`
          select group_key, seq, state from run_folds
          where workspace_id = ${workspace} and run_id = ${run} and node_id = ${node} and group_key = any(${keys as string[]})
        `.execute(tx)
        return new Map(rows.rows.map((row) => [row.group_key, { seq: Number(row.seq), state: row.state }]))
      }),

    groupsAfter: (node, seq, limit) =>
      inTenant(async (tx) => {
        const rows = await tx
          .selectFrom('run_folds')
          .select(['group_key', 'seq', 'state'])
          .where('workspace_id', '=', workspace)
          .where('run_id', '=', run)
          .where('node_id', '=', node)
          .where('seq', '>', seq)
          .orderBy('seq')
          .limit(limit)
          .execute()
        return rows.map((row) => ({ group: row.group_key, seq: Number(row.seq), state: row.state }))
      }),

    kept: (node, keys) =>
      inTenant(async (tx) => {
        const rows = await sql<{ key: string; record: DataRecord }>`
          select key, record from run_sets
          where workspace_id = ${workspace} and run_id = ${run} and node_id = ${node} and key = any(${keys as string[]})
          order by key, batch, position
        `.execute(tx)
        const found = new Map<string, DataRecord[]>()
        for (const row of rows.rows) {
          const list = found.get(row.key)
          if (list) list.push(row.record)
          else found.set(row.key, [row.record])
        }
        return found
      }),
    keptPairs: (node, key, limit) => inTenant((tx) => readKeptPairs(tx, { workspace, run, node }, key, limit)),
    memory: createNodeMemory(parts, claim),
  }
}

type Asked = { readonly cancel_requested: boolean; readonly pause_requested: boolean }

function stopIfAsked(run: string, asked: Asked): void {
  if (asked.cancel_requested) throw new RunCancelled(`Run ${run} was cancelled.`)
  if (asked.pause_requested) throw new RunPaused(`Run ${run} was put down.`)
}

/** Answers what was asked for meanwhile. `opened` takes the keys of exceptions that it left open. */
async function settleBatch(
  tx: Transaction<Database>,
  parts: JournalParts,
  claim: RunClaim,
  batch: SettledBatch,
  opened: OpenKey[],
): Promise<Asked> {
  const { workspace, run } = claim
  // First the fence: batch number and epoch must be the expected ones, else somebody else is ahead of us. The row lock
  // it takes keeps a new claim away until this transaction ends.
  const fenced = await sql<{
    cancel_requested: boolean
    pause_requested: boolean
    counts: { [name: string]: number }
    trace_class: TraceClass
  }>`
    update runs set
      batches = ${batch.batch + 1},
      attempts = 0
    where workspace_id = ${workspace} and id = ${run} and epoch = ${claim.epoch} and state = 'running'
      and batches = ${batch.batch}
    returning cancel_requested, pause_requested, counts, trace_class
  `.execute(tx)
  const row = fenced.rows[0]
  if (!row) throw new LeaseLost(`Run ${run} was taken over before batch ${batch.batch} settled.`)

  const counts = { ...row.counts }
  for (const [name, count] of Object.entries(batch.counts)) counts[name] = (counts[name] ?? 0) + count
  await sql`update runs set counts = ${JSON.stringify(counts)}::jsonb where workspace_id = ${workspace} and id = ${run}`.execute(
    tx,
  )

  await moveCursor(tx, claim, batch)
  await writeTrace(tx, claim, row.trace_class, batch)
  await writeKeys(tx, parts.keys, claim, row.trace_class, batch)
  opened.push(...(await settleExceptions(tx, parts.keys, claim, batch)))
  await writeConfirmations(tx, parts.keys, claim, batch)
  await writeState(tx, claim, batch)
  await settleMemory(tx, parts, claim, batch.memory)
  return row
}

async function moveCursor(tx: Transaction<Database>, claim: RunClaim, batch: SettledBatch): Promise<void> {
  const { source } = batch
  const cursor = source.cursor === undefined ? null : JSON.stringify(source.cursor)
  const held = source.incremental?.held ? source.incremental : undefined
  await sql`
    insert into run_reads (workspace_id, run_id, node_id, cursor, done, records, connection_id, seen)
    values (${claim.workspace}, ${claim.run}, ${source.node}, ${cursor}::jsonb, ${source.done}, ${source.records},
      ${held?.connection ?? null}, ${held?.seen ?? null})
    on conflict (workspace_id, run_id, node_id) do update set
      cursor = coalesce(excluded.cursor, run_reads.cursor),
      connection_id = coalesce(excluded.connection_id, run_reads.connection_id),
      seen = coalesce(excluded.seen, run_reads.seen),
      done = excluded.done,
      records = run_reads.records + excluded.records
  `.execute(tx)
  if (!source.incremental || held || cursor === null) return
  await sql`
    insert into cursors (workspace_id, flow_id, node_id, connection_id, cursor, seen, run_id)
    values (${claim.workspace}, ${claim.flow}, ${source.node}, ${source.incremental.connection}, ${cursor}::jsonb,
      ${source.incremental.seen}, ${claim.run})
    on conflict (workspace_id, flow_id, node_id, connection_id) do update set
      cursor = excluded.cursor, seen = excluded.seen, run_id = excluded.run_id, updated_at = now()
  `.execute(tx)
}

async function writeTrace(
  tx: Transaction<Database>,
  claim: RunClaim,
  traceClass: TraceClass,
  batch: SettledBatch,
): Promise<void> {
  const place = {
    workspace_id: claim.workspace,
    run_id: claim.run,
    batch: batch.batch,
    day: claim.day,
    trace_class: traceClass,
  }
  if (batch.steps.length > 0) {
    await tx
      .insertInto('steps')
      .values(
        batch.steps.map((step) => ({
          ...place,
          node_id: step.node,
          position: step.position,
          epoch: claim.epoch,
          operation: step.operation,
          started_at: step.startedAt,
          waiting_ms: Math.round(step.waitingMs),
          working_ms: Math.round(step.workingMs),
          calls: step.calls,
          attempts: step.attempts,
          counts: JSON.stringify(step.counts),
          error: step.error ? JSON.stringify(step.error) : null,
        })),
      )
      .execute()
  }
  if (batch.payloads.length > 0) {
    await tx
      .insertInto('payloads')
      .values(
        batch.payloads.map((payload) => ({
          ...place,
          node_id: payload.node,
          kind: payload.kind,
          chunk: payload.chunk,
          records: payload.records,
          total: payload.total,
          bytes: payload.bytes,
          content: payload.content,
        })),
      )
      .execute()
  }
}

async function writeConfirmations(
  tx: Transaction<Database>,
  keys: Keyring,
  claim: RunClaim,
  batch: SettledBatch,
): Promise<void> {
  if (batch.answeredCalls.length > 0) {
    await sql`
      update calls set state = answered.state, answered_at = now()
      from unnest(${batch.answeredCalls.map((call) => call.call)}::uuid[], ${batch.answeredCalls.map((call) => call.state)}::text[])
        as answered (id, state)
      where calls.workspace_id = ${claim.workspace} and calls.id = answered.id
    `.execute(tx)
  }
  if (batch.upserts.length > 0) {
    // Sorted, so that two runs that touch the same rows take their locks in one order.
    // A key that was sent twice in this batch: its last content counts.
    const last = new Map(batch.upserts.map((row) => [`${row.target} ${row.key}`, row]))
    const rows = [...last.values()].sort((a, b) => a.target - b.target || (a.key < b.key ? -1 : 1))
    await sql`
      insert into effects (workspace_id, target_id, document, part, kind, hash, call_id, position, state)
      select ${claim.workspace}::uuid, target, key, '', 's', hash, call, position, 'confirmed'
      from unnest(${rows.map((row) => row.target)}::int[], ${rows.map((row) => row.key)}::text[],
        ${rows.map((row) => row.hash)}::bytea[], ${rows.map((row) => row.call)}::uuid[],
        ${rows.map((row) => row.position)}::int[]) as r (target, key, hash, call, position)
      on conflict (workspace_id, target_id, document, part) do update set
        hash = excluded.hash, call_id = excluded.call_id, position = excluded.position, state = 'confirmed', message = null
    `.execute(tx)
  }
  if (batch.confirmed.length > 0) {
    const rows = batch.confirmed
      .map(({ connection, reference }) => ({
        connection,
        hash: blindIndex(keys, claim.workspace, `${connection}\0${reference.kind}\0${reference.key}`),
      }))
      .sort((a, b) => (a.connection < b.connection ? -1 : a.connection > b.connection ? 1 : a.hash.compare(b.hash)))
    await sql`
      insert into confirmed_keys (workspace_id, connection_id, hash)
      select ${claim.workspace}::uuid, connection, hash
      from unnest(${rows.map((row) => row.connection)}::uuid[], ${rows.map((row) => row.hash)}::bytea[]) as r (connection, hash)
      on conflict do nothing
    `.execute(tx)
  }
}

async function writeState(tx: Transaction<Database>, claim: RunClaim, batch: SettledBatch): Promise<void> {
  for (const fold of batch.folds) {
    await sql`
      insert into run_folds (workspace_id, run_id, node_id, group_key, seq, state)
      values (${claim.workspace}, ${claim.run}, ${fold.node}, ${fold.group}, ${fold.seq}, ${JSON.stringify(fold.state)}::jsonb)
      on conflict (workspace_id, run_id, node_id, group_key) do update set state = excluded.state
    `.execute(tx)
  }
  if (batch.kept.length > 0) {
    await sql`
      insert into run_sets (workspace_id, run_id, node_id, input, key, batch, position, record, amount)
      select ${claim.workspace}::uuid, ${claim.run}::uuid, node, input, key, ${batch.batch}::int, position, record, amount
      from unnest(${batch.kept.map((row) => row.node)}::text[], ${batch.kept.map((row) => row.input)}::text[],
        ${batch.kept.map((row) => row.key)}::text[], ${batch.kept.map((row) => row.position)}::int[],
        ${batch.kept.map((row) => JSON.stringify(row.record))}::jsonb[],
        ${batch.kept.map((row) => row.amount ?? null)}::numeric[]) as r (node, input, key, position, record, amount)
    `.execute(tx)
  }
}
