import { type Static, Type } from 'typebox'
import {
  Counts,
  Decimal,
  ErrorText,
  Id,
  JsonObject,
  Nullable,
  PageQuery,
  SearchedPageOf,
  strict,
  Timestamp,
} from './shared.ts'

export const ExceptionState = Type.Enum(['open', 'retrying', 'resolved', 'dismissed'])
/** What things that went wrong for one reason have in common. */
export const Fault = Type.String({ pattern: '^[0-9a-f]{16}$' })
export const Desk = Type.Enum(['finance', 'marketing', 'technical'])

export const ExceptionView = Type.Object(
  {
    id: Id,
    flow: Type.Object({ id: Id, name: Type.String() }, strict),
    version: Type.Integer(),
    run: Id,
    batch: Type.Integer(),
    node: Type.String(),
    /** The node's name in the version that ran. */
    nodeName: Type.String(),
    code: Type.String(),
    message: Type.String(),
    /** The remote's own words. */
    remote: Nullable(Type.String()),
    businessKey: Nullable(Type.String()),
    desk: Desk,
    amount: Nullable(Decimal),
    currency: Nullable(Type.String()),
    state: ExceptionState,
    nextAction: Nullable(Type.String()),
    createdAt: Timestamp,
    resolvedAt: Nullable(Timestamp),
    resolvedBy: Nullable(Type.String()),
    resolution: Nullable(Type.String()),
    /** How often the same record came to the same end, and when it last did. */
    occurrences: Type.Integer(),
    lastAt: Timestamp,
    /** The run that tries it again, or did last. */
    retryRun: Nullable(Id),
    /** Somebody changed the record before trying again. */
    edited: Type.Boolean(),
    assignedTo: Nullable(Type.Object({ id: Id, name: Type.String() }, strict)),
    /** Put aside until then; null: not, or the time has come. */
    snoozedUntil: Nullable(Timestamp),
    actions: Type.Array(Type.Enum(['retry', 'edit', 'dismiss', 'settle'])),
  },
  strict,
)
export type ExceptionView = Static<typeof ExceptionView>

/** How long it has been there: up to a day, up to seven, longer. */
export const ExceptionAge = Type.Enum(['day', 'week', 'older'])
export type ExceptionAge = Static<typeof ExceptionAge>

export const ExceptionParams = Type.Object({ workspace: Id, exception: Id }, strict)
/** `GET …/exceptions`, newest first. */
export const ExceptionListQuery = Type.Object(
  {
    state: Type.Optional(ExceptionState),
    desk: Type.Optional(Desk),
    flow: Type.Optional(Id),
    run: Type.Optional(Id),
    code: Type.Optional(Type.String({ maxLength: 64 })),
    node: Type.Optional(Type.String({ maxLength: 64 })),
    /** Of the same words, as `GET …/now` and `GET …/exceptions/groups` name them. Those closed long ago have none. */
    fault: Type.Optional(Fault),
    assigned: Type.Optional(
      Type.Union([Id, Type.Literal('nobody'), Type.Literal('me')], { description: 'Who has it in hand.' }),
    ),
    age: Type.Optional(ExceptionAge),
    /** True: those put aside; false: those that are not. */
    aside: Type.Optional(Type.Boolean()),
    key: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'A business key, as a whole.' })),
    text: ErrorText,
    ...PageQuery,
  },
  strict,
)
export const ExceptionList = SearchedPageOf(ExceptionView)
export type ExceptionList = Static<typeof ExceptionList>

/** `GET …/exceptions/:exception`: with the record as it was. */
export const ExceptionDetail = Type.Object(
  {
    ...ExceptionView.properties,
    record: JsonObject,
    /** Values of the record stand as `[hidden]`: only names of fields, numbers of documents, states and times are shown. */
    masked: Type.Boolean(),
  },
  strict,
)
export type ExceptionDetail = Static<typeof ExceptionDetail>

/** `POST …/exceptions/:exception/reveal`: the record with its values; the audit log keeps why. */
export const RevealExceptionRequest = Type.Object(
  { reason: Type.String({ minLength: 1, maxLength: 500, pattern: '\\S' }) },
  strict,
)

/** `POST …/exceptions/:exception/dismiss` */
export const DismissRequest = Type.Object(
  { reason: Type.String({ minLength: 1, maxLength: 500, pattern: '\\S' }) },
  strict,
)
export type DismissRequest = Static<typeof DismissRequest>

/** Which exceptions are meant: some by id, or all open ones that fit a filter. */
export const ExceptionSelection = Type.Union([
  Type.Object({ ids: Type.Array(Id, { minItems: 1, maxItems: 1000, uniqueItems: true }) }, strict),
  Type.Object(
    {
      filter: Type.Object(
        {
          flow: Type.Optional(Id),
          run: Type.Optional(Id),
          desk: Type.Optional(Desk),
          code: Type.Optional(Type.String({ maxLength: 64 })),
          node: Type.Optional(Type.String({ maxLength: 64 })),
          fault: Type.Optional(Fault),
          /** Those that nobody has in hand. */
          assigned: Type.Optional(Type.Literal('nobody')),
        },
        strict,
      ),
    },
    strict,
  ),
])
export type ExceptionSelection = Static<typeof ExceptionSelection>

/** `POST …/exceptions/retry`: every exception at the node where it failed, in the order in which they came. */
export const RetryRequest = Type.Object(
  {
    select: ExceptionSelection,
    version: Type.Optional(Type.Enum(['same', 'live'])),
    /** Only counts: nothing is queued. */
    dry: Type.Optional(Type.Boolean({ default: false })),
  },
  strict,
)
export type RetryRequest = Static<typeof RetryRequest>

export const RetryAnswer = Type.Object(
  {
    /** Exceptions that are tried again, and those that cannot be, by the code that says why. */
    retried: Type.Integer(),
    left: Counts,
    runs: Type.Array(Type.Object({ run: Nullable(Id), flow: Id, exceptions: Type.Integer() }, strict)),
  },
  strict,
)
export type RetryAnswer = Static<typeof RetryAnswer>

/** `POST …/exceptions/:exception/retry`: with another record instead, where one is given. */
export const RetryOneRequest = Type.Object(
  { record: Type.Optional(JsonObject), version: Type.Optional(Type.Enum(['same', 'live'])) },
  strict,
)
export type RetryOneRequest = Static<typeof RetryOneRequest>

/** `POST …/exceptions/dismiss` */
export const DismissManyRequest = Type.Object(
  {
    select: ExceptionSelection,
    /** Not needed where it only counts. */
    reason: Type.Optional(Type.String({ minLength: 1, maxLength: 500, pattern: '\\S' })),
    /** Only counts those that are open. */
    dry: Type.Optional(Type.Boolean({ default: false })),
  },
  strict,
)
export type DismissManyRequest = Static<typeof DismissManyRequest>
export const DismissManyAnswer = Type.Object({ dismissed: Type.Integer() }, strict)
export type DismissManyAnswer = Static<typeof DismissManyAnswer>
