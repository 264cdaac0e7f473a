import { type Static, Type } from 'typebox'
import { Id, Nullable, strict, Timestamp } from './shared.ts'

/** `GET …/flows/:flow/waiting`: records that wait for a time, without what is in them. */
export const WaitingList = Type.Object(
  {
    count: Type.Integer(),
    /** When the first of them is due. Null: none waits. */
    nextDue: Nullable(Timestamp),
    /** The first 50 that are due. */
    items: Type.Array(
      Type.Object(
        {
          id: Id,
          node: Type.String(),
          /** Of the draft; null where that has no such node any more. */
          name: Nullable(Type.String()),
          /** The run that left it there. */
          run: Id,
          cameAt: Timestamp,
          dueAt: Timestamp,
          /** Later than `dueAt` when a run gave it back: not before then is it let out. */
          notBefore: Timestamp,
          /** The run that lets it out. Null: it waits. */
          goesOnIn: Nullable(Id),
        },
        strict,
      ),
    ),
  },
  strict,
)
export type WaitingList = Static<typeof WaitingList>

/** `POST …/flows/:flow/waiting/cancel`: they never go on. */
export const WaitingSelection = Type.Union([
  Type.Object({ ids: Type.Array(Id, { minItems: 1, maxItems: 1000 }) }, strict),
  Type.Object({ all: Type.Literal(true) }, strict),
])
export type WaitingSelection = Static<typeof WaitingSelection>

/** Those that a run has taken already are not among them. */
export const WaitingCancelled = Type.Object({ cancelled: Type.Integer() }, strict)
export type WaitingCancelled = Static<typeof WaitingCancelled>

/** `POST …/flows/:flow/waiting/release`: those that are due already, or that a run has taken, are not among them. */
export const WaitingReleased = Type.Object({ released: Type.Integer() }, strict)
export type WaitingReleased = Static<typeof WaitingReleased>
