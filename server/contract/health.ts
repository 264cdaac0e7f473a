import { type Static, Type } from 'typebox'
import { Nullable, strict } from './shared.ts'

/** `GET /health/live` and `GET /health/ready`: no details, anybody may ask. */
export const Alive = Type.Object({ ok: Type.Boolean() }, strict)
export type Alive = Static<typeof Alive>

/** `GET /health` */
export const Health = Type.Object(
  {
    version: Type.String(),
    database: Type.Object({ ok: Type.Boolean(), version: Type.String(), answerMs: Type.Number() }, strict),
    queue: Type.Object(
      {
        queued: Type.Integer(),
        running: Type.Integer(),
        waiting: Type.Integer(),
        /** Age of the oldest run that waits for a worker. */
        oldestQueuedSeconds: Nullable(Type.Number()),
        /** Processes that hold a run right now. */
        workers: Type.Integer(),
      },
      strict,
    ),
  },
  strict,
)
export type Health = Static<typeof Health>
