import { type Static, Type } from 'typebox'
import { Id, JsonObject, Nullable, strict, Timestamp } from './shared.ts'

/** A calendar day, YYYY-MM-DD. */
export const Day = Type.String({ format: 'date' })

/** `POST …/flows/:flow/backfill`: reads a window of days again, in chunks that run one after the other in the bulk lane. */
export const BackfillRequest = Type.Object(
  {
    /** First day, and the day after the last one; at most ten years, none of it in the future. */
    from: Day,
    to: Day,
    chunk: Type.Optional(Type.Enum(['day', 'week', 'month', 'whole'])),
    /** Leaves out events and mails. */
    quiet: Type.Optional(Type.Boolean({ default: true })),
    /** The trigger to begin at; without it the first. */
    node: Type.Optional(Type.String({ maxLength: 64 })),
    /** Only says what would happen. */
    dry: Type.Optional(Type.Boolean({ default: false })),
  },
  strict,
)
export type BackfillRequest = Static<typeof BackfillRequest>

export const BackfillView = Type.Object(
  {
    id: Nullable(Id),
    flow: Id,
    from: Day,
    to: Day,
    quiet: Type.Boolean(),
    /** The reads that take part, and by which date. */
    reads: Type.Array(Type.Object({ node: Type.String(), name: Type.String(), by: Type.String() }, strict)),
    /** Chunks by state of their run. */
    chunks: Type.Array(Type.Object({ from: Day, to: Day, run: Nullable(Id), state: Nullable(Type.String()) }, strict)),
    createdAt: Nullable(Timestamp),
    by: Nullable(Type.String()),
  },
  strict,
)
export type BackfillView = Static<typeof BackfillView>
export const BackfillParams = Type.Object({ workspace: Id, flow: Id, backfill: Id }, strict)
/** `GET …/flows/:flow/backfills`, newest first. */
export const BackfillList = Type.Object({ items: Type.Array(BackfillView) }, strict)
export type BackfillList = Static<typeof BackfillList>

/** Records by the input of the step that they enter; at most 200 in all. */
export const SampleRecords = Type.Record(
  Type.String({ pattern: '^[a-z][a-z0-9-]{0,63}$' }),
  Type.Array(JsonObject, { maxItems: 200 }),
  { ...strict, minProperties: 1, maxProperties: 4 },
)

/** `POST …/flows/:flow/dry-run`: the run's counts and its trace say what would have been sent. */
export const DryRunRequest = Type.Object(
  {
    node: Type.Optional(Type.String({ maxLength: 64 })),
    /** Without it, each read begins where the flow's next run would. */
    window: Type.Optional(Type.Object({ from: Day, to: Day }, strict)),
    /** The draft as it was saved last, or the version that runs. */
    of: Type.Optional(Type.Enum(['live', 'draft'], { default: 'live' })),
    /** Only up to this step; what comes after it is left out. */
    step: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    /** Of each read its first page alone, from its beginning, whatever runs have read before. */
    firstPage: Type.Optional(Type.Boolean({ default: false })),
    /** Only the step itself, with these records, or with those that are pinned to it. Nothing is read. */
    records: Type.Optional(SampleRecords),
    pinned: Type.Optional(Type.Boolean({ default: false })),
  },
  strict,
)
export type DryRunRequest = Static<typeof DryRunRequest>

/** `POST …/flows/:flow/resync`: reads single records by business key and carries them through the flow. */
export const ResyncRequest = Type.Object(
  {
    keys: Type.Array(Type.String({ minLength: 1, maxLength: 200, pattern: '\\S' }), {
      minItems: 1,
      maxItems: 50,
      uniqueItems: true,
    }),
    /** The read that knows them; without it the only one that can find single records. */
    node: Type.Optional(Type.String({ maxLength: 64 })),
    quiet: Type.Optional(Type.Boolean({ default: false })),
  },
  strict,
)
export type ResyncRequest = Static<typeof ResyncRequest>

/** `POST …/flows/:flow/forecast`: what a run would cost, asked with at most one call for each read. */
export const ForecastRequest = Type.Object(
  {
    window: Type.Optional(Type.Object({ from: Day, to: Day }, strict)),
    node: Type.Optional(Type.String({ maxLength: 64 })),
  },
  strict,
)
export type ForecastRequest = Static<typeof ForecastRequest>
export const Forecast = Type.Object(
  {
    /** “212 calls, done by 06:40, 38 % of today’s budget” */
    sentence: Type.String(),
    reads: Type.Array(
      Type.Object(
        {
          node: Type.String(),
          name: Type.String(),
          records: Nullable(Type.Integer()),
          calls: Nullable(Type.Integer()),
        },
        strict,
      ),
    ),
    connections: Type.Array(
      Type.Object(
        {
          id: Id,
          name: Type.String(),
          calls: Type.Integer(),
          /** Of the remote's limits; null where it has none. */
          perMinute: Nullable(Type.Integer()),
          perDay: Nullable(Type.Integer()),
          /** Used of the last 24 hours' allowance before this run. */
          usedToday: Nullable(Type.Integer()),
          /** Share of a day's allowance that the run would take, 0 to 1 and beyond. */
          shareOfDay: Nullable(Type.Number()),
        },
        strict,
      ),
    ),
    /** Null when a read does not say how much it has. */
    doneBy: Nullable(Timestamp),
    /** What the estimate rests on, in sentences. */
    assumptions: Type.Array(Type.String()),
  },
  strict,
)
export type Forecast = Static<typeof Forecast>

/** `GET …/flows/:flow/schedule`: the next due times of each schedule trigger. */
export const NextDueList = Type.Object(
  {
    items: Type.Array(
      Type.Object(
        {
          node: Type.String(),
          name: Type.String(),
          /** In words: “every day at 06:00, Europe/London”. */
          words: Type.String(),
          zone: Nullable(Type.String()),
          /** The next five, also of a flow that is off. `local` is the same with the offset of its zone. */
          due: Type.Array(Type.Object({ at: Timestamp, local: Timestamp }, strict)),
          /** What was left out, where something was. */
          note: Type.Optional(Nullable(Type.String())),
        },
        strict,
      ),
    ),
  },
  strict,
)
export type NextDueList = Static<typeof NextDueList>
