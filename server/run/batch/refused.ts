import type { DataRecord } from '../../../connectors/kit/connector.ts'
import type { Evaluated, Program } from '../../evaluate/program.ts'
import type { Rejected } from './batch.ts'

// Which of a step's records did not go through it: of the others a later success may be told.

export const refusedOf = (rejected: readonly Rejected[]): ReadonlySet<DataRecord> =>
  new Set(rejected.map(({ record }) => record))

/**
 * Of a group of pure nodes that was one trip to the evaluator, by the records that entered it. At the first node: those it
 * rejected. At a later one also those of which nothing left the group by a way that leads through it: whether they came so
 * far, nobody outside the evaluator knows.
 */
export function refusedAt(
  { steps }: Program,
  index: number,
  { exits, steps: results }: Evaluated,
  records: readonly DataRecord[],
): ReadonlySet<DataRecord> {
  const rejected = new Set(results[index]?.rejections.map(({ origin }) => origin))
  if (index === 0) return recordsAt(records, (origin) => rejected.has(origin))
  const through = new Set<number>()
  const around = reachedWithout(steps, index)
  for (const [at, { ports }] of steps.entries()) {
    if (around.has(at)) continue
    for (const { exit } of Object.values(ports)) {
      if (exit !== undefined) for (const origin of exits[exit]?.origins ?? []) through.add(origin)
    }
  }
  return recordsAt(records, (origin) => rejected.has(origin) || !through.has(origin))
}

const recordsAt = (records: readonly DataRecord[], is: (origin: number) => boolean): ReadonlySet<DataRecord> =>
  new Set(records.filter((_, origin) => is(origin)))

/** Steps that a record can come to by a way that leaves one of them out. */
function reachedWithout(steps: Program['steps'], left: number): ReadonlySet<number> {
  const reached = new Set<number>(left === 0 ? [] : [0])
  for (const at of reached) {
    for (const { steps: next } of Object.values(steps[at]?.ports ?? {})) {
      for (const one of next) if (one !== left) reached.add(one)
    }
  }
  return reached
}
