import { sql } from 'kysely'
import type { RunClaim } from '../../run/journal/journal.ts'
import { TraceUnwritable } from '../../run/journal/trace-unwritable.ts'
import type { Statement } from '../database/one-trip.ts'

/** How long a run waits for somebody who has locked its trace, before it is put down. */
const LOCK_WAIT = '2s'

// 55P03, 57014: locked, or too slow. 42501: not allowed. 42P01, 3F000: gone. 55006, 25006: not to be written now.
const NOT_NOW = /^(55P03|57014|42501|42P01|3F000|55006|25006)$/

/**
 * Proves, in the transaction that writes down what is about to be sent, that the trace takes a row of this very run and
 * day in each of its tables: not locked, not without room, not refused, not forbidden. The rows leave again at once: what
 * was done is not known yet. They go last, so that the short patience is for them alone.
 */
export function tracePlace({ workspace, run, day, traceClass, epoch }: RunClaim, batch: number, node: string) {
  const place = sql`workspace_id = ${workspace} and run_id = ${run} and batch = ${batch} and node_id = ${node}
    and day = ${day}::date and trace_class = ${traceClass}`
  const key = sql`${workspace}::uuid, ${run}::uuid, ${batch}::int, ${node}::text, ${day}::date, ${traceClass}::text`
  return [
    sql`select set_config('lock_timeout', ${LOCK_WAIT}, true)`,
    sql`
      with step as (
        insert into steps (workspace_id, run_id, batch, node_id, day, trace_class, position, epoch, operation, started_at,
          waiting_ms, working_ms, calls, attempts, counts)
        values (${key}, 0, ${epoch}::int, '', now(), 0, 0, 0, 0, '{}')
      ), payload as (
        insert into payloads (workspace_id, run_id, batch, node_id, day, trace_class, kind, chunk, records, total, bytes, content)
        values (${key}, '', 0, 0, 0, 0, '')
      )
      insert into record_keys (workspace_id, run_id, batch, node_id, day, trace_class, hashes) values (${key}, '{}')
    `,
    sql`
      with step as (delete from steps where ${place}), payload as (delete from payloads where ${place} and kind = '')
      delete from record_keys where ${place}
    `,
  ].map((one): Statement => ({ compile: (by) => one.compile(by), failed: (error) => new TraceUnwritable(error) }))
}

/** A statement of the trace itself. One that fails because of what it holds is a bug, and stays one. */
export const ofTrace = (one: Statement): Statement => ({
  compile: (by) => one.compile(by),
  failed: (error) => (isNotNow(error) ? new TraceUnwritable(error) : undefined),
})

const isNotNow = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  (NOT_NOW.test(String(error.code)) || (error.code === '23514' && error.message.includes('no partition')))
