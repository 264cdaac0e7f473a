import type { Kysely } from 'kysely'
import type { WorkerLog } from './carry-out.ts'
import type { Database, WorkerState } from '../store/schema.ts'
import { leaveWorkers, migrationAhead, signOfLife, type WorkerSelf } from '../store/workers.ts'

export type HeartbeatParts = {
  /** Logged in as tieline_system. */
  readonly system: Kysely<Database>
  readonly self: WorkerSelf
  /** All migrations this code knows. */
  readonly migrations: readonly string[]
  /** Runs at work. */
  running(): number
  /** Called once, when the database has gone past what this code knows. */
  outdated(schema: string): void
  readonly log: WorkerLog
}

export type Heartbeat = {
  /** Says from now on that the process is stopping. */
  stopping(): void
  stop(): Promise<void>
}

const BEAT_MS = 5_000

/** Says every five seconds that this process is there, and looks whether a newer version of the product has come. */
export async function startHeartbeat(parts: HeartbeatParts): Promise<Heartbeat> {
  let fixed: 'stopping' | 'outdated' | undefined
  const state = (): WorkerState => fixed ?? (parts.running() > 0 ? 'working' : 'idle')

  async function beat(): Promise<void> {
    try {
      if (fixed !== 'outdated') {
        const ahead = await migrationAhead(parts.system, parts.migrations)
        if (ahead !== undefined) {
          fixed = 'outdated'
          parts.log.warn(
            { schema: ahead },
            'a newer version of the product has changed the database; this process takes no more work. Start the newer version in its place.',
          )
          parts.outdated(ahead)
        }
      }
      await signOfLife(parts.system, parts.self, { running: parts.running(), state: state() })
    } catch (error) {
      parts.log.warn({ err: error }, 'could not say that this process is there')
    }
  }

  await beat()
  let busy: Promise<void> | undefined
  const look = () => {
    busy ??= beat().finally(() => {
      busy = undefined
    })
  }
  const timer = setInterval(look, BEAT_MS)
  return {
    stopping: () => {
      fixed ??= 'stopping'
      look()
    },
    stop: async () => {
      clearInterval(timer)
      await busy
      await leaveWorkers(parts.system, parts.self.id)
    },
  }
}
