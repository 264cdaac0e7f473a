import { type Static, Type } from 'typebox'
import { strict } from './shared.ts'

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
    /** Only counts the runs. */
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
  },
  strict,
)
export type ErasureAnswer = Static<typeof ErasureAnswer>
