import { percentile, type Recovered, recovery } from '../proof/recovery.ts'
import { testDatabase } from '../support/database.ts'

export const title = 'kill to next settled batch, lease 15 s'

/** 60 kills of workers that carry out long runs, at random moments, two dead at a time at most. */
export async function run() {
  const database = await testDatabase()
  const found = await recovery({
    databaseUrl: database.url,
    ...{ kills: 60, leaseSeconds: 15, flows: 4, workers: 4, atOnce: 2 },
  })
  await database.drop()
  const part = (which: keyof Recovered, share: number) =>
    percentile(
      found.map((one) => one[which]).sort((a, b) => a - b),
      share,
    )
  const both = (which: keyof Recovered, digits: number) =>
    `${part(which, 0.5).toFixed(digits)} s (p99 ${part(which, 0.99).toFixed(digits)} s)`
  return {
    figure:
      `${found.length} kills: p50 ${part('total', 0.5).toFixed(1)} s, p99 ${part('total', 0.99).toFixed(1)} s; ` +
      `of it the rest of the lease ${both('lease', 1)}, the take-over ${both('takeOver', 2)}, the first batch ${both('resume', 2)}`,
    ok: found.length >= 55 && part('total', 0.5) <= 14 && part('total', 0.99) <= 20,
  }
}
