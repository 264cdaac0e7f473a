import type { ColumnType, Generated, GeneratedAlways } from 'kysely'
import type { RunStart } from '../../run/journal/run-start.ts'
import type { AnswerTables, RunSaid } from './answer-tables.ts'
import type { AuditTables } from './audit-tables.ts'
import type { DeskTables } from './desk-tables.ts'
import type { HookTables } from './hook-tables.ts'
import type { PeopleTables } from './people-tables.ts'
import type { PushTables } from './push-tables.ts'
import type { TraceTables } from './trace-tables.ts'

// Row types of all tables, as they come back from the database. Meanings: migrations/0001-ground-floor.ts.

export type Json<T> = ColumnType<T, string, string>
export type DefaultNow = ColumnType<Date, Date | undefined, Date>

export type Role = 'owner' | 'consultant' | 'operator' | 'finance' | 'marketing' | 'client' | 'auditor'
/** `off`: turned off because nothing used it, whatever it was before. */
export type ConnectionStanding = 'new' | 'ready' | 'sign-in-needed' | 'off'
export type RunState = 'queued' | 'running' | 'waiting' | 'paused' | 'succeeded' | 'partly' | 'failed' | 'cancelled'
export type RunCause = 'manual' | 'schedule' | 'hook' | 'retry' | 'rerun' | 'backfill' | 'resync' | 'waited'
/** `live`: what people and remotes wait for. `bulk`: back-fills and other work that may take its time. */
export type Lane = 'live' | 'bulk'
export type WorkerRole = 'all' | 'api' | 'worker'
export type WorkerState = 'starting' | 'working' | 'idle' | 'stopping' | 'outdated'
export type CallState = 'intended' | 'sent' | 'answered' | 'refused' | 'repeated' | 'unknown'
export type EffectState = 'confirmed' | 'rejected' | 'unknown' | 'reversed'
export type ExceptionState = 'open' | 'retrying' | 'resolved' | 'dismissed'
/** What became of a due time: a run, or why there was none. */
export type FiringOutcome = 'started' | 'off' | 'paused' | 'overlap' | 'missed' | 'too-many'
/** How long traces are kept: days by class are a setting of the installation. */
export type TraceClass = 'short' | 'standard' | 'long'
export type Desk = 'finance' | 'marketing' | 'technical'

/** Counts of one step or one run: records by port, and what became of the rest. They add up; see server/README.md. */
export type Counts = { readonly [name: string]: number }

export interface Database
  extends TraceTables,
    AnswerTables,
    AuditTables,
    PeopleTables,
    PushTables,
    DeskTables,
    HookTables {
  installation: { name: string; value: Json<unknown> }
  budgets: { key: Buffer; book: Json<unknown> | null; used_at: DefaultNow }
  lanes: { workspace_id: string; lane: Lane; max_running: number }
  housekeeping_turns: {
    task: string
    every_seconds: number
    began_at: Date
    took_ms: number
    good_at: Date | null
    error: string | null
    failing_since: Date | null
  }
  workers: {
    id: string
    host: string
    pid: number
    role: WorkerRole
    version: string
    schema: string
    started_at: DefaultNow
    seen_at: DefaultNow
    slots: number
    running: number
    state: WorkerState
    keys: string[]
    connections: Generated<number>
    connections_wanted: Generated<number>
  }
  workspaces: {
    id: string
    name: string
    created_at: DefaultNow
    trace_class: Generated<TraceClass>
    require_sso: Generated<boolean>
    require_second_factor: Generated<boolean>
    second_person: Generated<boolean>
    closing_at: Date | Generated<null>
    closing_by: string | Generated<null>
    delete_after: Date | Generated<null>
    closing_flows: string[] | Generated<null>
    deleting_at: Date | Generated<null>
  }
  connections: {
    workspace_id: string
    id: string
    connector: string
    name: string
    login: string
    settings: Json<{ [field: string]: unknown }>
    pinned: Json<{ [field: string]: string }> | Generated<never>
    secrets: Buffer
    tokens: Buffer | null
    tokens_expire_at: Date | null
    valid_until: string | Generated<null>
    used_on: string | Generated<null>
    off_since: Date | Generated<null>
    off_announced_at: Date | Generated<null>
    kept_at: Date | Generated<null>
    token_generation: Generated<number>
    token_claim_until: Date | null
    state: Generated<'new' | 'ready' | 'sign-in-needed'>
    state_message: string | null
    findings: Json<unknown> | null
    tested_at: Date | null
    /** Runs that may use it at the same time; null: no cap but the lanes'. */
    max_runs: Generated<number | null>
    created_at: DefaultNow
    updated_at: DefaultNow
  }
  oauth_states: {
    workspace_id: string
    hash: Buffer
    connection_id: string
    session_hash: Buffer
    redirect_uri: string
    expires_at: Date
  }
  flows: {
    workspace_id: string
    id: string
    name: string
    draft: Json<unknown>
    draft_revision: Generated<number>
    draft_by: string | null
    draft_at: DefaultNow
    live_version: number | null
    enabled: Generated<boolean>
    switched_at: Date | null
    switched_by: string | null
    paused_code: string | null
    paused_message: string | null
    created_at: DefaultNow
    archived_at: Date | null
    tags: Generated<string[]>
  }
  flow_versions: {
    workspace_id: string
    flow_id: string
    number: number
    document: Json<unknown>
    layout: Json<unknown> | null
    hash: string
    author_id: string
    author: string
    summary: string
    source: string | null
    source_version: number | null
    created_at: DefaultNow
    authors: Generated<string[]>
  }
  draft_authors: { workspace_id: string; flow_id: string; user_id: string; since: DefaultNow }
  flow_bindings: { workspace_id: string; flow_id: string; slot: string; connection_id: string }
  schedules: {
    workspace_id: string
    flow_id: string
    node_id: string
    settings: Json<unknown>
    next_due: Date
    /** What the schedule left out, for people. */
    note: Generated<string | null>
  }
  firings: {
    workspace_id: string
    flow_id: string
    node_id: string
    due: Date
    run_id: string | null
    outcome: Generated<FiringOutcome>
    fired_at: DefaultNow
  }
  runs: {
    workspace_id: string
    id: string
    flow_id: string
    version: number
    cause: RunCause
    cause_node: string
    lane: Generated<Lane>
    /** Within a flow the lower number goes first. */
    priority: Generated<number>
    start: Json<RunStart> | Generated<never>
    quiet: Generated<boolean>
    /** Reads and compares, sends nothing. */
    dry: Generated<boolean>
    /** Something left, or came back, under its name. */
    moved: Generated<boolean>
    said: Json<RunSaid> | Generated<null>
    pause_requested: Generated<boolean>
    rerun_of: Generated<string | null>
    backfill_id: Generated<string | null>
    requested_by: string | null
    state: Generated<RunState>
    reason: string | null
    code: string | null
    epoch: Generated<number>
    attempts: Generated<number>
    worker: string | null
    lease_until: Date | null
    wake_at: Date | null
    cancel_requested: Generated<boolean>
    day: Generated<string>
    /** Of its workspace when it began; with the day it names the partitions of its trace. */
    trace_class: Generated<TraceClass>
    fixed_now: DefaultNow
    batches: Generated<number>
    counts: Json<Counts> | Generated<never>
    created_at: DefaultNow
    started_at: Date | null
    ended_at: Date | null
    /** From its start to its end. */
    took_ms: GeneratedAlways<number | null>
    /** What runs that failed at this node have in common, by code and reason; the database sets it. */
    fault: Generated<string | null>
    failed_node: Generated<string | null>
  }
  run_reads: {
    workspace_id: string
    run_id: string
    node_id: string
    cursor: Json<unknown> | null
    done: Generated<boolean>
    records: Generated<number>
    /** Both of an incremental read whose cursor waits for the end of the run. */
    connection_id: string | null
    seen: Buffer | null
    /** Where the read stood when the run began. */
    began_connection: Generated<string | null>
    began_cursor: Json<unknown> | null
    began_seen: Generated<Buffer | null>
  }
  /** Where a slot of its flow was bound otherwise meanwhile: the connection that a run goes on with. */
  run_bindings: {
    workspace_id: string
    run_id: string
    slot: string
    connection_id: string
  }
  backfills: {
    workspace_id: string
    id: string
    flow_id: string
    version: number
    /** Days as YYYY-MM-DD. */
    from_day: string
    to_day: string
    quiet: boolean
    reads: Json<unknown>
    requested_by: string | null
    created_at: DefaultNow
  }
  run_folds: {
    workspace_id: string
    run_id: string
    node_id: string
    group_key: string
    seq: number
    state: Json<unknown>
  }
  run_sets: {
    workspace_id: string
    run_id: string
    node_id: string
    key: string
    batch: number
    position: number
    record: Json<unknown>
    /** Over which input it came: `with` of a join, `left` or `right` of a comparison. */
    input: string
    amount: string | null
  }
  cursors: {
    workspace_id: string
    flow_id: string
    node_id: string
    connection_id: string
    cursor: Json<unknown>
    seen: Generated<Buffer>
    /** The run that moved it last; null: a person did, starting from now. */
    run_id: string | null
    updated_at: DefaultNow
  }
  targets: { workspace_id: string; id: Generated<number>; connection_id: string; operation: string }
  calls: {
    workspace_id: string
    id: string
    target_id: number
    run_id: string
    epoch: number
    batch: number
    node_id: string
    state: CallState
    items: number
    content: Buffer | null
    message: string | null
    created_at: DefaultNow
    sent_at: Date | null
    answered_at: Date | null
    /** Number of the login token it was sent with; of keyed operations. */
    generation: number | null
    /** How often it was looked for after a lost answer, and when it last was. */
    repeated_at: Generated<Date | null>
    probes: Generated<number>
    probed_at: Date | null
    /** The claim that is looking for it at this moment, as long as it holds its run. */
    looked_for_by: Generated<string | null>
    looked_for_epoch: Generated<number | null>
  }
  effects: {
    workspace_id: string
    target_id: number
    document: string
    part: string
    kind: 's' | 'r'
    reverses: string | null
    hash: Buffer
    call_id: string
    position: number
    state: EffectState | null
    message: string | null
    /** Part of the effect that undid it. */
    reversed_by: string | null
  }
  /** What persons said of effects in doubt. Only ever added to. */
  settlements: {
    workspace_id: string
    id: string
    call_id: string
    position: number
    target_id: number
    document: string
    part: string
    verdict: 'arrived' | 'did-not-arrive'
    reason: string
    settled_by: string
    settled_at: DefaultNow
  }
  confirmed_keys: { workspace_id: string; connection_id: string; hash: Buffer; at: DefaultNow }
  exception_edits: {
    workspace_id: string
    exception_id: string
    id: string
    record: Buffer
    edited_by: string
    edited_at: DefaultNow
  }
  exceptions: {
    workspace_id: string
    id: string
    flow_id: string
    version: number
    run_id: string
    batch: number
    node_id: string
    position: number
    code: string
    message: string
    remote: string | null
    business_key: string | null
    desk: Desk
    amount: string | null
    currency: string | null
    record: Buffer
    state: Generated<ExceptionState>
    created_at: DefaultNow
    resolved_at: Date | null
    resolved_by: string | null
    resolution: string | null
    identity: Generated<string | null>
    ordinal: Generated<number>
    match_key: Generated<string | null>
    occurrences: Generated<number>
    last_at: DefaultNow
    /** When the record was read: one that is tried again is as old as it was. */
    record_at: DefaultNow
    retry_run: Generated<string | null>
    retried_by: Generated<string | null>
    edit_id: Generated<string | null>
    held_behind: Generated<string | null>
    assigned_to: Generated<string | null>
    snoozed_until: Generated<Date | null>
    /** The ledger's name of what it is about, where that is an effect. */
    effect_target: number | null
    effect_document: string | null
    fault: Generated<string | null> // as of runs
  }
}
