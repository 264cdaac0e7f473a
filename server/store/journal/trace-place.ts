import { sql } from 'kysely'
import type { RunClaim } from '../../run/journal/journal.ts'
import { TraceUnwritable } from '../../run/journal/trace-unwritable.ts'
import type { Statement } from '../database/one-trip.ts'

// 55P03, 57014: locked, or too slow. 42501: not allowed. 42P01, 3F000: gone. 55006, 25006: not to be written now.
const NOT_NOW = /^(55P03|57014|42501|42P01|3F000|55006|25006)$/

/**
 * Proves, in the transaction that writes down what is about to be sent, that the trace takes a row of this very run and
 * day in each of its tables: not locked, not without room, not refused, not forbidden. Nothing stays there: what was done
 * is not known yet. It goes last, since it has little patience with locks.
 */
export function tracePlace(
  { workspace, run, day, traceClass, epoch }: RunClaim,
  batch: number,
  node: string,
): Statement {
  const one = sql`select tieline_trace_place(${workspace}, ${run}, ${batch}, ${node}, ${day}, ${traceClass}, ${epoch})`
  return { compile: (by) => one.compile(by), failed: (error) => new TraceUnwritable(error) }
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
