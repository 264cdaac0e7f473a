import { type Static, Type } from 'typebox'
import { Id, Nullable, strict, Timestamp } from './shared.ts'

/** `GET …/records?key=`: what happened to an invoice, a contact, an order. */
export const RecordQuery = Type.Object(
  {
    key: Type.String({
      minLength: 1,
      maxLength: 200,
      pattern: '\\S',
      description: 'A business key as a whole: an invoice number, an e-mail address, an id. Case does not matter.',
    }),
    before: Type.Optional(Timestamp),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
  },
  strict,
)

/** One thing that happened to it. */
export const RecordEvent = Type.Object(
  {
    at: Timestamp,
    /** read: a run had it. sent, reversed, rejected, unknown: an effect. exception, resolved: an exception. event: a hook told of it. */
    what: Type.Enum(['read', 'sent', 'reversed', 'rejected', 'unknown', 'exception', 'resolved', 'event']),
    /** The whole in a sentence. */
    sentence: Type.String(),
    flow: Nullable(Type.Object({ id: Id, name: Type.String() }, strict)),
    version: Nullable(Type.Integer()),
    run: Nullable(Id),
    batch: Nullable(Type.Integer()),
    node: Nullable(Type.String()),
    nodeName: Nullable(Type.String()),
    exception: Nullable(Id),
  },
  strict,
)
export type RecordEvent = Static<typeof RecordEvent>

/** Newest first. `next` is the `before` of the next page. */
export const RecordHistory = Type.Object(
  { key: Type.String(), items: Type.Array(RecordEvent), next: Nullable(Timestamp) },
  strict,
)
export type RecordHistory = Static<typeof RecordHistory>
