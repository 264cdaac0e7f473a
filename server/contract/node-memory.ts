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

/**
 * One key of a node: the texts of its fields, in the order in which the node's settings name them. In the body, because a
 * key may be a person's address.
 */
export const NodeKey = Type.Object(
  { key: Type.Array(Type.String({ minLength: 1, maxLength: 1000 }), { minItems: 1, maxItems: 5 }) },
  strict,
)
export type NodeKey = Static<typeof NodeKey>

/** `POST …/flows/:flow/memory/:node/look-up`; null: the node knows no such key. */
export const KeyMemory = Type.Object(
  {
    found: Nullable(
      Type.Object(
        {
          /** When it settled last. */
          at: Timestamp,
          /** The run in which it did; null for running values. */
          run: Nullable(Id),
          /** Running values by what is taken of which field (`sum total`), or the function alone; empty for a node that remembers contents only. Sums are decimal texts. */
          values: Type.Array(
            Type.Object({ name: Type.String(), value: Nullable(Type.String()), contributions: Type.Integer() }, strict),
          ),
        },
        strict,
      ),
    ),
  },
  strict,
)
export type KeyMemory = Static<typeof KeyMemory>
