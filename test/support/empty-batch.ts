import type { SettledBatch } from '../../server/run/journal/journal.ts'

/** A run's first batch as it settles: one record read over a connection, and nothing sent. */
export const emptyBatch = (node: string, connection: string): SettledBatch => ({
  batch: 0,
  source: {
    node,
    cursor: { page: 1 },
    done: false,
    records: 1,
    incremental: { connection, seen: Buffer.alloc(0), held: false },
  },
  steps: [],
  payloads: [],
  memory: { contents: [], states: [], contributions: [], notices: [], waits: [], letOut: [] },
  exceptions: [],
  retried: [],
  passed: [],
  keys: [],
  answeredCalls: [],
  upserts: [],
  confirmed: [],
  folds: [],
  kept: [],
  counts: { read: 1 },
})
