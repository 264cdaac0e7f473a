import type { ColumnType, Generated } from 'kysely'
import type { DefaultNow } from './schema.ts'

/** What people tell each other about flows and their exceptions. Meanings: migrations/0029-from-now-and-reports.ts. */
export interface DeskTables {
  reports: {
    workspace_id: string
    id: string
    flow_id: string
    words: string
    from_at: Date
    to_at: Date
    run_ids: string[]
    reported_by: string
    created_at: DefaultNow
    answer: string | null
    answered_by: string | null
    answered_at: Date | null
    closed_at: Date | null
  }
  /** Meanings: migrations/0030-exception-care.ts. */
  exception_notes: {
    workspace_id: string
    exception_id: string
    id: string
    kind: 'comment' | 'assign' | 'snooze'
    words: string | null
    assigned_to: string | null
    until: Date | null
    made_by: string
    made_at: DefaultNow
  }
  /** Meanings: migrations/0046-cause-owners.ts. */
  fault_owners: { workspace_id: string; fault: string; owner_id: string; taken_by: string; taken_at: DefaultNow }
  /** Meanings: migrations/0056-turn-on-again.ts. */
  turn_ons: {
    workspace_id: string
    flow_id: string
    at: Date
    backlog: 'missed-too' | 'from-now'
    set_by: string
    set_at: DefaultNow
    settled_at: Date | null
    refused: string | null
  }
  /** Meaning: migrations/0067-clock-jumps.ts. */
  clock_jumps: { id: Generated<number>; jumped_from: Date; jumped_to: Date }
  product_versions: { version: string; first_at: DefaultNow }
  /** Meanings: migrations/0032-erasures.ts and 0044-erasures-kept.ts. */
  erasures: {
    workspace_id: string
    id: string
    reason: string
    records: number
    exceptions: number
    events: number
    runs: number
    ordered_by: string
    at: DefaultNow
    hashes: ColumnType<readonly string[] | null, never, never>
  }
}
