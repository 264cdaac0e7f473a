import { type Static, Type } from 'typebox'
import { Id, Nullable, strict, Timestamp } from './shared.ts'

/**
 * `POST …/erasures`: blanks what is kept of the content of a person’s records: in traces, exceptions, events. One call
 * does at most 50 runs; `left` says how many more there are: ask again until it is 0.
 */
export const ErasureRequest = Type.Object(
  {
    /** All names of the person: e-mail addresses, ids in either system, numbers of their documents. */
    keys: Type.Array(Type.String({ minLength: 3, maxLength: 200, pattern: '\\S' }), {
      minItems: 1,
      maxItems: 50,
      uniqueItems: true,
    }),
    reason: Type.String({ minLength: 1, maxLength: 500, pattern: '\\S' }),
    /** Changes nothing: counts what the first call would blank, and the runs that there are. */
    dry: Type.Optional(Type.Boolean({ default: false })),
  },
  strict,
)
export type ErasureRequest = Static<typeof ErasureRequest>

export const ErasureAnswer = Type.Object(
  {
    runs: Type.Integer(),
    records: Type.Integer(),
    exceptions: Type.Integer(),
    events: Type.Integer(),
    left: Type.Integer(),
    /** Runs of the workspace that have begun and not ended: what they have read may yet be kept. Ask again after them. */
    atWork: Type.Integer(),
  },
  strict,
)
export type ErasureAnswer = Static<typeof ErasureAnswer>

/** What was blanked once: for whom is not kept. A person may take several of these, one for each call. */
const ErasureView = Type.Object(
  {
    id: Id,
    at: Timestamp,
    reason: Type.String(),
    /** Null: somebody who left. */
    by: Nullable(Type.String()),
    runs: Type.Integer(),
    records: Type.Integer(),
    exceptions: Type.Integer(),
    events: Type.Integer(),
  },
  strict,
)
export type ErasureView = Static<typeof ErasureView>

/** `GET …/erasures`: newest first, the last 200. */
export const ErasureList = Type.Object({ items: Type.Array(ErasureView) }, strict)
export type ErasureList = Static<typeof ErasureList>
