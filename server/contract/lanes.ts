import { type Static, Type } from 'typebox'
import { Id, Nullable, strict, Timestamp } from './shared.ts'

/** `GET …/lanes`: who works, and what waits in this workspace. */
export const Lanes = Type.Object(
  {
    workers: Type.Array(
      Type.Object(
        {
          id: Type.String(),
          host: Type.String(),
          role: Type.Enum(['all', 'api', 'worker']),
          version: Type.String(),
          startedAt: Timestamp,
          seenAt: Timestamp,
          /** `lost`: no sign of life; its runs are taken over. `outdated`: takes no more work, a newer version is there. */
          state: Type.Enum(['starting', 'working', 'idle', 'stopping', 'outdated', 'lost']),
          slots: Type.Integer(),
          /** Runs at work in it, of all workspaces. */
          running: Type.Integer(),
        },
        strict,
      ),
    ),
    lanes: Type.Array(
      Type.Object(
        {
          lane: Type.Enum(['live', 'bulk']),
          /** Runs that may be at work at the same time. */
          cap: Type.Integer(),
          running: Type.Integer(),
          queued: Type.Integer(),
          waiting: Type.Integer(),
          paused: Type.Integer(),
          oldestQueuedAt: Nullable(Timestamp),
          /** Why nothing of it moves, when nothing does. */
          reason: Nullable(Type.String()),
        },
        strict,
      ),
    ),
    /** Runs at work now. */
    running: Type.Array(
      Type.Object(
        {
          run: Id,
          flow: Type.Object({ id: Id, name: Type.String() }, strict),
          lane: Type.Enum(['live', 'bulk']),
          worker: Nullable(Type.String()),
          startedAt: Nullable(Timestamp),
          batches: Type.Integer(),
        },
        strict,
      ),
    ),
  },
  strict,
)
export type Lanes = Static<typeof Lanes>

export const LaneParams = Type.Object({ workspace: Id, lane: Type.Enum(['live', 'bulk']) }, strict)
/** `PATCH …/lanes/:lane` */
export const LanePatch = Type.Object({ cap: Type.Integer({ minimum: 1, maximum: 100 }) }, strict)
export type LanePatch = Static<typeof LanePatch>
