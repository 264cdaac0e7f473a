import type { Kysely } from 'kysely'
import type { WorkerLog } from './carry-out.ts'
import type { Database, WorkerState } from '../store/database/schema.ts'
import { DatabaseError } from '../store/database/errors.ts'
import { followKey, type KeyParts } from './follow-key.ts'
import { leaveWorkers, migrationAhead, signOfLife, type WorkerSelf } from '../store/database/workers.ts'

export type HeartbeatParts = {
  /** Logged in as tieline_system. */
  readonly system: Kysely<Database>
  readonly self: WorkerSelf
  /** All migrations this code knows. */
  readonly migrations: readonly string[]
  /** Runs at work. */
  running(): number
  /** Called after each sign of life. */
  fit(): Promise<void>
  readonly keys: KeyParts
  /** Called once, when the database has gone past what this code, or this process's secret key, can read. */
  outdated(why: string): void
  readonly log: WorkerLog
}

export type Heartbeat = {
  /** Says from now on that the process is stopping. */
  stopping(): void
  stop(): Promise<void>
}

const BEAT_MS = 5_000

/**
 * Says every five seconds that this process is there, and looks whether a newer version of the product has come, or
 * another secret key.
 * @throws DatabaseError if the secret key is being replaced by one that this process does not have
 */
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
      await follow()
      const keys = parts.keys.keyring.held.map(({ fingerprint }) => fingerprint)
      await signOfLife(parts.system, parts.self, { running: parts.running(), state: state(), keys })
      await parts.fit()
    } catch (error) {
      parts.log.warn({ err: error }, 'could not say that this process is there')
    }
  }

  async function follow(): Promise<void> {
    if (fixed === 'outdated') return
    try {
      await followKey(parts.system, parts.keys)
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error
      fixed = 'outdated'
      parts.log.error(
        { err: error },
        'this process takes no more work: it lacks the secret key. Start it again with it',
      )
      parts.outdated(error.code)
    }
  }

  await beat()
  try {
    // Once more now that it is seen: whoever began to replace the key before has not counted with it.
    await followKey(parts.system, parts.keys)
  } catch (error) {
    await leaveWorkers(parts.system, parts.self.id)
    throw error
  }
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
