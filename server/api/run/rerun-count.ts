import type { Transaction } from 'kysely'
import type { RerunCount } from '../../contract/runs.ts'
import { placeOf, type RunRow, sumCalls, sumSteps } from '../../store/run/run-lists.ts'
import type { Database } from '../../store/database/schema.ts'

/** What carrying a run out again would take up: whole, or from a step on. */
export async function countRerun(
  tx: Transaction<Database>,
  workspace: string,
  earlier: RunRow,
  node: string | undefined,
  version: number,
): Promise<RerunCount> {
  const calls = await sumCalls(tx, workspace, earlier.id)
  const sent = calls.filter(({ state }) => state === 'answered').reduce((sum, { items }) => sum + Number(items), 0)
  if (node === undefined) {
    return { from: 'read', version, records: earlier.counts.read ?? 0, batches: earlier.batches, sent }
  }
  const steps = await sumSteps(tx, workspace, placeOf(earlier))
  const step = steps.find((one) => one.node_id === node)
  return {
    ...{ from: 'step', version, sent },
    records: step?.counts.in ?? 0,
    batches: Number(step?.batches ?? 0),
  }
}
