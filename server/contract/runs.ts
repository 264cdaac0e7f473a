import { type Static, Type } from 'typebox'
import {
  Counts,
  ErrorText,
  Id,
  Json,
  JsonObject,
  MAX_PAGE,
  Nullable,
  PageOf,
  SearchedPageOf,
  PageQuery,
  strict,
  Timestamp,
} from './shared.ts'

const RUN_STATES = ['queued', 'running', 'waiting', 'paused', 'succeeded', 'partly', 'failed', 'cancelled'] as const
export const RunState = Type.Enum([...RUN_STATES])
export type RunState = Static<typeof RunState>
/** Of `failed,paused`, as the list of runs is asked for several. */
export const statesOf = (asked: string): readonly RunState[] =>
  RUN_STATES.filter((state) => asked.split(',').includes(state))

export const RunCause = Type.Enum(['manual', 'schedule', 'hook', 'retry', 'rerun', 'backfill', 'resync', 'waited'])
export type RunCause = Static<typeof RunCause>

export const RunParams = Type.Object({ workspace: Id, run: Id }, strict)

/**
 * `rerun` of a hook's run needs events that are still its own; `rerun-step` records that were read, and traces that were
 * kept whole and not dropped yet.
 */
export const RunAction = Type.Enum(['cancel', 'pause', 'resume', 'rerun', 'rerun-step', 'retry-exceptions'])
export type RunAction = Static<typeof RunAction>

export const RunView = Type.Object(
  {
    id: Id,
    flow: Type.Object({ id: Id, name: Type.String() }, strict),
    version: Type.Integer(),
    cause: RunCause,
    /** The trigger node that started it. */
    causeNode: Type.String(),
    /** `bulk` work goes behind what people wait for. */
    lane: Type.Enum(['live', 'bulk']),
    /** How it began, in words: “invoices of 2024-01-01 to 2024-02-01”, “3 exceptions again”. Null: at its trigger. */
    began: Nullable(Type.String()),
    /** Leaves out events and mails. */
    quiet: Type.Boolean(),
    /** Read and compared, sent nothing: counts say what would have been sent. */
    dry: Type.Boolean(),
    /** The answers to the flow's form that it went by; null where the flow asks nothing. */
    answers: Nullable(JsonObject),
    /** The policy that it went by; null where the flow asks for none. */
    policy: Nullable(Type.Object({ version: Type.Integer(), sentence: Type.String() }, strict)),
    /** The earlier run that this one carries out again. */
    rerunOf: Nullable(Id),
    backfill: Nullable(Id),
    /** Name of the person who asked, where one did. */
    requestedBy: Nullable(Type.String()),
    state: RunState,
    /** Why it is in this state, for people; for one that waits: for what. Never null while it waits. */
    reason: Nullable(Type.String()),
    /** Error code, when there is one. */
    code: Nullable(Type.String()),
    /** What a person should do now, when there is something. */
    nextAction: Nullable(Type.String()),
    /** Settled batches, and records by what became of them. */
    batches: Type.Integer(),
    counts: Counts,
    /** How often it was claimed since a batch last settled. */
    attempts: Type.Integer(),
    cancelRequested: Type.Boolean(),
    pauseRequested: Type.Boolean(),
    /** What may be done with it now. */
    actions: Type.Array(RunAction),
    createdAt: Timestamp,
    startedAt: Nullable(Timestamp),
    endedAt: Nullable(Timestamp),
    /** For `waiting`: when it goes on. */
    wakeAt: Nullable(Timestamp),
  },
  strict,
)
export type RunView = Static<typeof RunView>

/** `GET …/runs`, newest first. */
export const RunListQuery = Type.Object(
  {
    flow: Type.Optional(Id),
    version: Type.Optional(Type.Integer({ minimum: -2_147_483_648, maximum: 2_147_483_647 })),
    /** In one of these states, with commas between them: `failed,paused`. */
    state: Type.Optional(Type.String({ pattern: `^(${RUN_STATES.join('|')})(,(${RUN_STATES.join('|')}))*$` })),
    cause: Type.Optional(RunCause),
    backfill: Type.Optional(Id),
    /** Only dry runs, or none of them. */
    dry: Type.Optional(Type.Boolean()),
    /** Asked for at that time or later, and before that time. */
    from: Type.Optional(Timestamp),
    to: Type.Optional(Timestamp),
    /** Took so long or longer, and shorter; one that goes on counts as far as it has come. */
    minSeconds: Type.Optional(Type.Integer({ minimum: 0, maximum: 31_536_000 })),
    maxSeconds: Type.Optional(Type.Integer({ minimum: 1, maximum: 31_536_000 })),
    /** Had a record with this business key; of one that came again and again the last 1,000 times. */
    key: Type.Optional(Type.String({ minLength: 1, maxLength: 200, pattern: '\\S' })),
    /** Error code. */
    code: Type.Optional(Type.String({ pattern: '^[A-Z][A-Z0-9_]{0,63}$' })),
    /** Failed for the same reason, as `GET …/now` names it. */
    fault: Type.Optional(Type.String({ pattern: '^[0-9a-f]{16}$' })),
    text: ErrorText,
    /** Asked for by this person; `me`: by whoever asks now. */
    by: Type.Optional(Type.Union([Id, Type.Literal('me')])),
    ...PageQuery,
  },
  strict,
)
export const RunList = SearchedPageOf(RunView)
export type RunList = Static<typeof RunList>

const StepError = Type.Unsafe<{
  readonly code?: string
  readonly message?: string
  readonly [name: string]: unknown
} | null>({
  anyOf: [{ type: 'object', additionalProperties: true }, { type: 'null' }],
})

/** Says in a sentence what of the trace was dropped, if anything was. */
const TraceNote = Type.Optional(Nullable(Type.String()))

/** One node of a run, all its batches together. Times are sums in milliseconds. */
export const NodeSteps = Type.Object(
  {
    node: Type.String(),
    name: Type.String(),
    operation: Type.String(),
    position: Type.Integer(),
    batches: Type.Integer(),
    counts: Counts,
    calls: Type.Integer(),
    /** Attempts beyond the first. */
    retries: Type.Integer(),
    waitingMs: Type.Integer(),
    workingMs: Type.Integer(),
    startedAt: Timestamp,
    /** Batches in which the node failed as a whole. */
    failed: Type.Integer(),
    /** Something went into it, so that the run can be done again from here, where it offers `rerun-step`. */
    fed: Type.Boolean(),
  },
  strict,
)
export type NodeSteps = Static<typeof NodeSteps>

/** `GET …/runs/:run/steps`: in the order of the plan. */
export const NodeStepList = Type.Object({ items: Type.Array(NodeSteps), note: TraceNote }, strict)
export type NodeStepList = Static<typeof NodeStepList>

export const StepView = Type.Object(
  {
    batch: Type.Integer(),
    node: Type.String(),
    operation: Type.String(),
    position: Type.Integer(),
    startedAt: Timestamp,
    waitingMs: Type.Integer(),
    workingMs: Type.Integer(),
    calls: Type.Integer(),
    attempts: Type.Integer(),
    counts: Counts,
    error: StepError,
    /** What was kept of it: `in`, `in:with`, `out:<port>`, `call`, `http`. */
    payloads: Type.Array(Type.String()),
  },
  strict,
)
export type StepView = Static<typeof StepView>

/** `GET …/runs/:run/batches`: every step, by batch and position. `next` is the `after` of the next page. */
export const StepListQuery = Type.Object(
  {
    node: Type.Optional(Type.String({ maxLength: 64 })),
    after: Type.Optional(
      Type.String({ pattern: '^\\d{1,9}-\\d{1,9}$', description: 'The `next` of the page before.' }),
    ),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_PAGE, default: 50 })),
  },
  strict,
)
export const StepList = Type.Object({ ...PageOf(StepView).properties, note: TraceNote }, strict)
export type StepList = Static<typeof StepList>

/** `GET …/runs/:run/payload` */
export const PayloadQuery = Type.Object(
  {
    node: Type.String({ minLength: 1, maxLength: 64 }),
    batch: Type.Integer({ minimum: 0, maximum: 2_147_483_647 }),
    kind: Type.String({ pattern: '^(in|in:with|call|http|out:[a-z][a-z0-9-]{0,63})$' }),
    offset: Type.Optional(Type.Integer({ minimum: 0, maximum: 2_147_483_647, default: 0 })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 50 })),
  },
  strict,
)
/**
 * `POST …/payload/reveal`: the same with its values, for a reason that the audit log keeps. `contains`: only records in
 * which the text stands, in whatever field; case does not matter.
 */
export const RevealRequest = Type.Object(
  {
    ...PayloadQuery.properties,
    reason: Type.String({ minLength: 1, maxLength: 500, pattern: '\\S' }),
    contains: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  },
  strict,
)
export type RevealRequest = Static<typeof RevealRequest>
/** At most this many bytes of JSON text are answered at once. */
export const MAX_PAYLOAD_BYTES = 1_000_000
export const Payload = Type.Object(
  {
    records: Type.Array(Json),
    /** Values stand as `[hidden]`: only names of fields, numbers of documents, states and times are shown. */
    masked: Type.Boolean(),
    /** Place of the first of `records` among the kept ones. */
    offset: Type.Integer(),
    /** Records that were there, and that were kept of them (fewer where a flow keeps samples). */
    total: Type.Integer(),
    kept: Type.Integer(),
    /** The offset to go on with; null at the end. */
    next: Nullable(Type.Integer()),
    /** True when fewer than `limit` are given because of their size. */
    truncated: Type.Boolean(),
    /** Says in a sentence what is missing, if anything is. */
    note: Nullable(Type.String()),
  },
  strict,
)
export type Payload = Static<typeof Payload>

export const MAX_BATCHES = 1000
/** `GET …/runs/:run/waterfall` */
export const WaterfallQuery = Type.Object(
  {
    after: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 2_147_483_647,
        description: 'The last batch of the page before, in order of batches.',
      }),
    ),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_BATCHES, default: MAX_BATCHES })),
    only: Type.Optional(Type.Enum(['failed-or-retried'])),
    order: Type.Optional(Type.Enum(['batch', 'longest'], { default: 'batch' })),
  },
  strict,
)
export type WaterfallQuery = Static<typeof WaterfallQuery>
/** Each batch as a whole: when it began, how long it waited and worked. */
export const Waterfall = Type.Object(
  {
    batches: Type.Array(
      Type.Object(
        {
          batch: Type.Integer(),
          startedAt: Timestamp,
          waitingMs: Type.Integer(),
          workingMs: Type.Integer(),
          retries: Type.Integer(),
          failed: Type.Boolean(),
          /** The step that took longest, or the one that failed. */
          node: Type.String(),
        },
        strict,
      ),
    ),
    /** Whether there are others behind the last one. */
    more: Type.Boolean(),
  },
  strict,
)
export type Waterfall = Static<typeof Waterfall>

/** `GET …/runs/:run/effects`: what the run sent, by node, operation and state of the call. */
export const EffectSummary = Type.Object(
  {
    calls: Type.Array(
      Type.Object(
        {
          node: Type.String(),
          operation: Type.String(),
          connection: Type.Object({ id: Id, name: Type.String() }, strict),
          state: Type.Enum(['intended', 'sent', 'answered', 'refused', 'repeated', 'unknown']),
          calls: Type.Integer(),
          items: Type.Integer(),
        },
        strict,
      ),
    ),
    /** Effects whose state is not that of their call. */
    marked: Type.Array(
      Type.Object(
        {
          node: Type.String(),
          state: Type.Enum(['confirmed', 'rejected', 'unknown', 'reversed']),
          effects: Type.Integer(),
        },
        strict,
      ),
    ),
  },
  strict,
)
export type EffectSummary = Static<typeof EffectSummary>

/** Which runs are meant: some by id, or all that fit a filter and have not ended. */
export const RunSelection = Type.Union([
  Type.Object({ ids: Type.Array(Id, { minItems: 1, maxItems: 1000, uniqueItems: true }) }, strict),
  Type.Object(
    {
      filter: Type.Object(
        {
          flow: RunListQuery.properties.flow,
          state: RunListQuery.properties.state,
          cause: RunListQuery.properties.cause,
          backfill: RunListQuery.properties.backfill,
          code: RunListQuery.properties.code,
          dry: RunListQuery.properties.dry,
        },
        strict,
      ),
    },
    strict,
  ),
])
export type RunSelection = Static<typeof RunSelection>

/** `POST …/runs/cancel`, `POST …/runs/resume`: each as if it were asked for alone. */
export const ControlRunsRequest = Type.Object(
  {
    select: RunSelection,
    /** Only counts. */
    dry: Type.Optional(Type.Boolean({ default: false })),
  },
  strict,
)
export type ControlRunsRequest = Static<typeof ControlRunsRequest>
export const ControlRunsAnswer = Type.Object(
  {
    changed: Type.Integer(),
    /** Runs with which nothing is done, by the code that says why. */
    left: Counts,
    /** More fit: the oldest 10,000 are changed at once. */
    more: Type.Boolean(),
  },
  strict,
)
export type ControlRunsAnswer = Static<typeof ControlRunsAnswer>

/** `POST …/runs/:run/rerun`: carries a run out again. Without `node` as it began; with it, from that step with the data it had. */
export const RerunRequest = Type.Object(
  {
    node: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    /** The version that run had, or the live one. */
    version: Type.Optional(Type.Enum(['same', 'live'])),
    quiet: Type.Optional(Type.Boolean({ default: false })),
    /** Only counts; what would be refused is refused. */
    dry: Type.Optional(Type.Boolean({ default: false })),
  },
  strict,
)
export type RerunRequest = Static<typeof RerunRequest>

/** What carrying a run out again would take up. */
export const RerunCount = Type.Object(
  {
    /** `read`: reads again from where it began; `step`: feeds what came to the step; `exceptions`: those still open. */
    from: Type.Enum(['read', 'step', 'exceptions']),
    version: Type.Integer(),
    /** With `read`: as many as that run read; there may be more or fewer now. */
    records: Type.Integer(),
    batches: Type.Integer(),
    /** Items that run has sent: what is the same is not sent again. */
    sent: Type.Integer(),
  },
  strict,
)
export type RerunCount = Static<typeof RerunCount>
