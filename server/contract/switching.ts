import { type Static, Type } from 'typebox'
import { Nullable, strict, Timestamp } from './shared.ts'

/** `POST …/flows/:flow/switch/preview`: what switching would do, before it is done. */
export const SwitchPreviewRequest = Type.Object({ on: Type.Boolean() }, strict)

export const SwitchPreview = Type.Object(
  {
    on: Type.Boolean(),
    /** Changes when the version, the switch or the place of a read does; give it back with the switch. */
    basis: Type.String(),
    /** Runs at work or in the queue: they finish, whichever way it is switched. */
    inProgress: Type.Integer(),
    /** Records that wait for a time, and events that were taken and not carried yet. They go on while the flow is on. */
    waiting: Type.Integer(),
    /** When it was last switched. */
    since: Nullable(Timestamp),
    /** Its database came out of a backup: what it sent after that is not known, and would be sent again. */
    restored: Type.Boolean(),
    /** What the reads would bring at the next run; asked of the other systems only when switching on. */
    reads: Type.Array(
      Type.Object(
        {
          node: Type.String(),
          name: Type.String(),
          connection: Type.String(),
          /** Null where the other system does not say, or could not be asked. */
          records: Nullable(Type.Integer()),
          /** Names of up to three of them; only numbers of documents, where the role may not see records. */
          sample: Type.Array(Type.String()),
          /** It has been read before, so what it would bring is what changed since. */
          before: Type.Boolean(),
          /** Why it could not be asked. */
          trouble: Nullable(Type.String()),
        },
        strict,
      ),
    ),
    /**
     * What the flow does in other systems: what begins when it is switched on, what stops when it is switched off. `most`
     * of the records above may come to it; null where a read does not say. None of a flow that cannot run.
     */
    writes: Type.Array(
      Type.Object(
        {
          node: Type.String(),
          name: Type.String(),
          title: Type.String(),
          connection: Nullable(Type.String()),
          /** It cannot be taken back, and people outside may notice it: a mail, a sales row. */
          lasting: Type.Boolean(),
          most: Nullable(Type.Integer()),
        },
        strict,
      ),
    ),
    /** Null: it can start from now. Else why it cannot. */
    notFromNow: Nullable(Type.String()),
  },
  strict,
)
export type SwitchPreview = Static<typeof SwitchPreview>
