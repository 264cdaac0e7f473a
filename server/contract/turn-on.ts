import { type Static, Type } from 'typebox'
import { Nullable, strict, Timestamp } from './shared.ts'

/** What becomes of what changed while a flow was off: it is carried too, or left out for good. */
export const Backlog = Type.Enum(['missed-too', 'from-now'])

/** `PUT …/turn-on`: a flow that is off turns on by itself, a year ahead at most. */
export const TurnOnRequest = Type.Object({ at: Timestamp, backlog: Backlog }, strict)
export type TurnOnRequest = Static<typeof TurnOnRequest>

export const TurnOnView = Type.Object(
  {
    at: Timestamp,
    backlog: Backlog,
    /** Who set it. */
    by: Nullable(Type.String()),
    /** When it happened, or did not; null: its time has not come. */
    settledAt: Nullable(Timestamp),
    /** Why the flow stayed off. */
    refused: Nullable(Type.String()),
  },
  strict,
)
export type TurnOnView = Static<typeof TurnOnView>
