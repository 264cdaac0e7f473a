import { type Static, Type } from 'typebox'
import { Id, Nullable, strict, Timestamp } from './shared.ts'

/** `GET …/flows/:flow/memory`: what the nodes of a flow remember from run to run. Contents are hashes; none is shown. */
export const NodeMemoryList = Type.Object(
  {
    items: Type.Array(
      Type.Object(
        {
          node: Type.String(),
          /** Of the draft; null where that has no such node any more. */
          name: Nullable(Type.String()),
          /** Keys that are remembered. */
          keys: Type.Integer(),
          /** When the last one settled. */
          at: Timestamp,
        },
        strict,
      ),
    ),
  },
  strict,
)
export type NodeMemoryList = Static<typeof NodeMemoryList>

export const NodeParams = Type.Object(
  { workspace: Id, flow: Id, node: Type.String({ minLength: 1, maxLength: 64 }) },
  strict,
)

/** `DELETE …/flows/:flow/memory/:node`: the node takes all records for new again. */
export const Forgotten = Type.Object({ keys: Type.Integer() }, strict)
export type Forgotten = Static<typeof Forgotten>
