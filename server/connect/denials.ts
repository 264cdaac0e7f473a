import type { Kysely } from 'kysely'
import { appendAudit } from '../store/workspace/audit.ts'
import { inWorkspace } from '../store/database/database.ts'
import type { Database } from '../store/database/schema.ts'

/** One entry an hour for each connection and host: a run that fails on it every minute says nothing new. */
const AGAIN_MS = 60 * 60_000
/** Different pairs that are remembered; a flow that makes up addresses would fill memory. */
const MOST = 10_000

/**
 * `credential.host_denied`: something tried to send a connection's login to a host that is none of its own.
 * `egress.too_many_hosts`: a workspace knocked at more doors within a minute than it may.
 */
export type Denial = 'credential.host_denied' | 'egress.too_many_hosts'

/** Keeps in the audit log what was not let out. */
export type Denials = {
  note(what: Denial, workspace: string, connection: string, hostPort: string): void
  /** When all that was noted is in the log, or could not be written. */
  settled(): Promise<void>
}

export function createDenials(db: Kysely<Database>, now: () => number = () => performance.now()): Denials {
  const noted = new Map<string, number>()
  const writing = new Set<Promise<void>>()
  return {
    note(what, workspace, connection, hostPort) {
      // Of too many hosts one is enough, or the log would list what was scanned.
      const host = what === 'egress.too_many_hosts' ? '' : hostPort
      const key = `${what} ${workspace}/${connection}/${host}`
      const last = noted.get(key)
      if (last !== undefined && last > now() - AGAIN_MS) return
      if (noted.size >= MOST) noted.clear()
      noted.set(key, now())
      // The call is refused in any case: a log that cannot be reached must not turn it into another failure.
      const written = inWorkspace(db, workspace, (tx) =>
        appendAudit(tx, workspace, deed(what, connection, hostPort)),
      ).catch(() => void noted.delete(key))
      writing.add(written)
      void written.finally(() => writing.delete(written))
    },
    settled: async () => void (await Promise.all(writing)),
  }
}

const deed = (action: Denial, connection: string, hostPort: string) => ({
  action,
  actor: { kind: 'system' as const, id: null },
  who: { name: '', email: '', address: '' },
  subject: { connection },
  detail: { host: hostPort.slice(0, 260) },
  requestId: null,
})
