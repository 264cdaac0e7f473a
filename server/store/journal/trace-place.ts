import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import type { RunClaim, SettledBatch } from '../../run/journal/journal.ts'
import { TraceUnwritable } from '../../run/journal/trace-unwritable.ts'
import { isDiskFull } from '../database/database-lost.ts'
import type { Statement } from '../database/one-trip.ts'

// 55P03, 57014: locked, or too slow. 42501: not allowed. 42P01, 3F000: gone. 55006, 25006: not to be written now.
const NOT_NOW = /^(55P03|57014|42501|42P01|3F000|55006|25006)$/

/** No chunk of a payload is larger. */
const LEAST_BYTES = 1 << 20

/**
 * For how many bytes there has to be room before anything more is sent; undefined as long as the disk took all that batches
 * of this process left. A single row finds its place in a page that is half empty, long after a disk is full.
 */
let wanted: { readonly bytes: number } | undefined

/**
 * Proves, in the transaction that writes down what is about to be sent, that the trace takes a row of this very run and
 * day in each of its tables: not locked, not without room, not refused, not forbidden. Nothing stays there: what was done
 * is not known yet. It goes last, since it has little patience with locks. Call `had` when that is committed.
 */
export function tracePlace(
  claim: RunClaim,
  batch: number,
  node: string,
): { readonly statements: readonly Statement[]; had(): void } {
  const { workspace, run, day, traceClass, epoch } = claim
  const row = sql`select tieline_trace_place(${workspace}, ${run}, ${batch}, ${node}, ${day}, ${traceClass}, ${epoch})`
  const asked = wanted
  return {
    statements: [...(asked ? room(claim, batch, node, asked.bytes) : []), row].map((one) => ({
      compile: (by) => one.compile(by),
      failed: (error) => new TraceUnwritable(error),
    })),
    had: () => {
      // What another batch found no room for meanwhile is still to be proved.
      if (wanted === asked) wanted = undefined
    },
  }
}

/** Takes so much room, and gives it back. */
const room = ({ workspace, run, day, traceClass }: RunClaim, batch: number, node: string, bytes: number) => [
  sql`savepoint room`,
  sql`
    insert into payloads (workspace_id, run_id, batch, day, trace_class, node_id, kind, chunk, records, total, bytes, content)
    values (${workspace}, ${run}, ${batch}, ${day}, ${traceClass}, ${node}, 'room', 0, 0, 0, 0, ${randomBytes(bytes)})
  `,
  sql`rollback to savepoint room`,
]

/** A statement of the trace itself. One that fails because of what it holds is a bug, and stays one. */
export const ofTrace = (one: Statement, { payloads }: Pick<SettledBatch, 'payloads'>): Statement => ({
  compile: (by) => one.compile(by),
  failed: (error) => {
    if (isDiskFull(error)) {
      const bytes = payloads.reduce((sum, { content }) => sum + content.length, 0)
      wanted = { bytes: Math.max(wanted?.bytes ?? 0, LEAST_BYTES, 2 * bytes) }
    }
    return isNotNow(error) ? new TraceUnwritable(error) : undefined
  },
})

const isNotNow = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  (NOT_NOW.test(String(error.code)) || (error.code === '23514' && error.message.includes('no partition')))
