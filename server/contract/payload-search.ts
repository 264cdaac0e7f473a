import { type Static, Type } from 'typebox'
import { Nullable, strict } from './shared.ts'

/** A place in the trace of a run, as the answer before gave it. */
const Cursor = Type.String({
  maxLength: 200,
  pattern: '^\\d{1,9}\\.\\d{1,9}\\.\\d{1,9}\\.[a-z][a-z0-9:-]{0,67}\\..{1,64}$',
  description: 'The `next` of the answer before.',
})
const Text = Type.String({ minLength: 1, maxLength: 200, pattern: '\\S' })

/** `GET …/runs/:run/search`: case does not matter. */
export const PayloadSearchQuery = Type.Object(
  {
    q: Text,
    cursor: Type.Optional(Cursor),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50, description: 'Most hits.' })),
  },
  strict,
)

/** `POST …/runs/:run/search/reveal`: the same in hidden values too, for a reason that the audit log keeps. */
export const PayloadSearchReveal = Type.Object(
  { ...PayloadSearchQuery.properties, reason: Type.String({ minLength: 1, maxLength: 500, pattern: '\\S' }) },
  strict,
)
export type PayloadSearchReveal = Static<typeof PayloadSearchReveal>

/** A record, an item of a write or an HTTP exchange that holds the text. */
export const PayloadHit = Type.Object(
  {
    batch: Type.Integer(),
    node: Type.String(),
    /** As in `GET …/payload`: `in`, `out:<port>`, `call`, `http`. */
    kind: Type.String(),
    /** Its place among the records kept there: the `offset` to open it with. */
    place: Type.Integer(),
    /** The business key it is known by, where it has one that may be seen. */
    key: Nullable(Type.String()),
    /** The first field that holds the text, such as `Contact.Name` or `lines[2].note`. */
    field: Type.String(),
    /** The text in its value, or in its name where `inName`, with what stands around it. */
    excerpt: Type.Object({ before: Type.String(), match: Type.String(), after: Type.String() }, strict),
    inName: Type.Boolean(),
  },
  strict,
)
export type PayloadHit = Static<typeof PayloadHit>

/** Each answer looks through 8 MB of records at most, so one without hits is no reason to stop: `next` goes on. */
export const PayloadSearch = Type.Object(
  {
    hits: Type.Array(PayloadHit),
    /** The `cursor` to go on with; null when all was looked through. */
    next: Nullable(Type.String()),
    /** Settled batches of the run: how many were looked through so far, of how many there are. */
    batches: Type.Object({ looked: Type.Integer(), of: Type.Integer() }, strict),
    /** Of this answer: records looked at, and those beside them that were never kept. */
    records: Type.Object({ looked: Type.Integer(), missing: Type.Integer() }, strict),
    /** True: only what is shown to everybody was searched. */
    masked: Type.Boolean(),
  },
  strict,
)
export type PayloadSearch = Static<typeof PayloadSearch>
