import { fairness } from '../proof/fairness.ts'
import { percentile } from '../proof/recovery.ts'
import { testDatabase } from '../support/database.ts'

export const title = 'one workspace queues 100,000 runs, 99 others one each'

export async function run() {
  const database = await testDatabase()
  const { waited, busyMeanwhile } = await fairness({ databaseUrl: database.url, runs: 100_000, others: 99, workers: 2 })
  await database.drop()
  const p95 = percentile(waited, 0.95)
  return {
    figure: `p95 of the others' wait ${p95.toFixed(2)} s, longest ${(waited.at(-1) ?? Number.NaN).toFixed(2)} s; the busy one ended ${busyMeanwhile} runs meanwhile`,
    ok: waited.length === 99 && p95 <= 2,
  }
}
