import { type Kysely, sql, type Transaction } from 'kysely'
import type { DataRecord } from '../../../connectors/kit/connector.ts'
import type { Journal, RunClaim } from '../../run/journal/journal.ts'
import { LeaseLost, RunCancelled, RunPaused } from '../../run/journal/journal.ts'
import { inWorkspace } from '../database/database.ts'
import type { OpenKey } from '../exception/exception-writes.ts'
import { createFeed } from './feeds.ts'
import { readKeptPairs } from './kept-pairs.ts'
import { type LoadedRun, sourcesOf, standingReads } from './load-run.ts'
import { createNodeMemory } from './node-memory.ts'
import { inOneTrip } from '../database/one-trip.ts'
import { KnownKeys, loadOpenKeys } from '../exception/open-keys.ts'
import { type BegunCursor, beginning, beginningOf, begunAt, cursorFor } from './run-begin.ts'
import type { Database } from '../database/schema.ts'
import type { Keyring } from '../key/secrets.ts'
import { type Asked, settleBatch } from './settle-batch.ts'

export type JournalParts = {
  readonly db: Kysely<Database>
  readonly keys: Keyring
  readonly leaseSeconds: number
}

/** The journal in PostgreSQL, for one claim of one run. `loaded`: what the claim knows already, and need not ask again. */
export function createJournal(
  parts: JournalParts,
  claim: RunClaim,
  loaded?: Pick<LoadedRun, 'standing' | 'hasOpenKeys'>,
): Journal {
  const { workspace, run } = claim
  let known: Promise<KnownKeys> | undefined =
    loaded?.hasOpenKeys === false ? Promise.resolve(new KnownKeys()) : undefined
  let standing = loaded?.standing
  /** Where the flow's reads stood a moment ago. Forgotten with the first batch: a person may move them. */
  let begun: readonly BegunCursor[] = []
  const inTenant = <T>(work: (tx: Transaction<Database>) => Promise<T>) => inWorkspace(parts.db, workspace, work)

  return {
    standing: async () => {
      const now = standing ?? (await askStanding(parts.db, claim))
      standing = undefined
      stopIfAsked(run, now.asked)
      return now
    },

    begin: async (reads) => {
      const [{ rows }] = await inOneTrip(parts.db, workspace, [beginning(claim, reads)])
      begun = rows
    },
    cursor: async (node, connection) => {
      const one = begun.find(({ node_id, began_connection }) => node_id === node && began_connection === connection)
      if (one && claim.start.kind !== 'again') return begunAt(one)
      return inTenant((tx) => cursorFor(tx, claim, node, connection))
    },
    began: () => inTenant((tx) => beginningOf(tx, claim)),
    feed: createFeed(parts, claim),

    openKeys: () => {
      known ??= inTenant((tx) => loadOpenKeys(tx, claim))
      return known
    },

    settle: async (batch) => {
      const opened: OpenKey[] = []
      begun = []
      const asked = await settleBatch(parts, claim, batch, opened)
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

async function askStanding(db: Kysely<Database>, claim: RunClaim): Promise<NonNullable<LoadedRun['standing']>> {
  const { workspace, run, epoch } = claim
  const [runs, reads] = await inOneTrip(db, workspace, [
    sql<Asked & { batches: number }>`
      select batches, cancel_requested, pause_requested from runs
      where workspace_id = ${workspace} and id = ${run} and epoch = ${epoch}
    `,
    standingReads(claim),
  ])
  const row = runs.rows[0]
  if (!row) throw new LeaseLost(`Run ${run} was taken over.`)
  return { batch: row.batches, sources: sourcesOf(reads.rows), asked: row }
}

function stopIfAsked(run: string, asked: Asked): void {
  if (asked.cancel_requested) throw new RunCancelled(`Run ${run} was cancelled.`)
  if (asked.pause_requested) throw new RunPaused(`Run ${run} was put down.`)
}
