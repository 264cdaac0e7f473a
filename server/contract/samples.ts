import { type Static, Type } from 'typebox'
import type { Basis } from '../flow/document/basis.ts'
import { SampleRecords } from './run-starts.ts'
import { Id, Nullable, strict, Timestamp } from './shared.ts'

/** Records that were given to a step, without the records themselves. */
export const SampleView = Type.Object(
  {
    node: Type.String(),
    /** `test`: of the last test of the step. `pinned`: kept by a person until they are unpinned. */
    kind: Type.Enum(['test', 'pinned']),
    records: Type.Integer(),
    /** The run they were taken from; null where they were written by hand. */
    run: Nullable(Id),
    author: Type.String(),
    at: Timestamp,
    /** The steps that lead to it, and itself, as they were set then; null where that was not kept. */
    basis: Nullable(Type.Unsafe<Basis>({ type: 'object', additionalProperties: true })),
  },
  strict,
)
export type SampleView = Static<typeof SampleView>

/** `GET …/flows/:flow/samples`, by step. */
export const SampleList = Type.Object({ items: Type.Array(SampleView) }, strict)
export type SampleList = Static<typeof SampleList>

export const SampleParams = Type.Object(
  { workspace: Id, flow: Id, node: Type.String({ minLength: 1, maxLength: 64 }) },
  strict,
)

/** `GET …/samples/:node`: what is pinned to the step. */
export const Sample = Type.Object({ ...SampleView.properties, inputs: SampleRecords }, strict)
export type Sample = Static<typeof Sample>

/** `PUT …/samples/:node` pins records to the step, in the place of those that were. */
export const PinRequest = Type.Object({ inputs: SampleRecords, run: Type.Optional(Id) }, strict)
export type PinRequest = Static<typeof PinRequest>
