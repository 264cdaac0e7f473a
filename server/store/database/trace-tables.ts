import type { Generated } from 'kysely'
import type { Counts, DefaultNow, Json, TraceClass } from './schema.ts'

/** What is kept of runs by class and day. Meanings: migrations/0010-traces.ts. */
export interface TraceTables {
  steps: {
    workspace_id: string
    run_id: string
    batch: number
    node_id: string
    day: string
    position: number
    epoch: number
    operation: string
    started_at: Date
    waiting_ms: number
    working_ms: number
    calls: number
    attempts: number
    counts: Json<Counts>
    error: Json<unknown> | null
    trace_class: Generated<TraceClass>
  }
  payloads: {
    workspace_id: string
    run_id: string
    batch: number
    node_id: string
    kind: string
    chunk: number
    day: string
    records: number
    total: number
    bytes: number
    content: Buffer
    trace_class: Generated<TraceClass>
  }
  record_keys: {
    workspace_id: string
    run_id: string
    batch: number
    node_id: string
    day: string
    at: DefaultNow
    /** As PostgreSQL writes an array of bigint. */
    hashes: string
    trace_class: Generated<TraceClass>
  }
  dropped_partitions: {
    name: string
    dropped_at: DefaultNow
    kept: string
    trace_class: TraceClass
    day: string
    rows: number
    bytes: number
    policy_days: number
  }
}
