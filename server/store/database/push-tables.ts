import type { ColumnType } from 'kysely'
import type { DefaultNow, Json } from './schema.ts'

/** What is tried, and what is pushed to clients: migrations/0027-trials-and-pushes.ts. */
export type PushTables = {
  samples: {
    workspace_id: string
    id: string
    flow_id: string
    node_id: string
    kind: SampleKind
    records: number
    content: Buffer
    run_id: string | null
    author: string
    at: DefaultNow
    basis: Json<unknown> | null
  }
  flow_pushes: {
    workspace_id: string
    flow_id: string
    number: number
    source: string
    source_name: string
    version: number
    before_number: number
    before_version: number
    before_document: Json<unknown>
    author_id: string
    author: string
    at: DefaultNow
    rolled_back_at: ColumnType<Date | null, Date | null | undefined>
  }
  client_pushes: {
    workspace_id: string
    flow_id: string
    id: string
    kind: 'add' | 'adopt' | 'release' | 'push' | 'roll-back'
    version: number | null
    author_id: string
    author: string
    at: DefaultNow
    results: Json<unknown>
  }
}

/** Of the last test, or pinned to a step by a person. */
export type SampleKind = 'test' | 'pinned'
