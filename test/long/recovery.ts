import { percentile, recovery } from '../proof/recovery.ts'
import { testDatabase } from '../support/database.ts'

export const title = 'kill to next settled batch, lease 15 s'

export async function run() {
  const database = await testDatabase()
  const seconds = await recovery({ databaseUrl: database.url, kills: 60, leaseSeconds: 15 })
  await database.drop()
  const [p50, p99] = [percentile(seconds, 0.5), percentile(seconds, 0.99)]
  return {
    figure: `${seconds.length} kills: p50 ${p50.toFixed(1)} s, p99 ${p99.toFixed(1)} s`,
    ok: seconds.length >= 50 && p50 <= 14 && p99 <= 20,
  }
}
