import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { openDatabase } from '../../server/store/database.ts'
import { openFleet } from '../support/fleet.ts'
import type { ProductProcess } from '../support/product-process.ts'
import { openShop, orderNumbers, quiescent } from './orders.ts'

export type RecoveryOptions = {
  readonly databaseUrl: string
  readonly kills: number
  readonly leaseSeconds: number
}

/** Seconds from a kill to the next batch that the dead worker's run settled, in ascending order. */
export async function recovery(options: RecoveryOptions): Promise<readonly number[]> {
  const fleet = await openFleet({
    databaseUrl: options.databaseUrl,
    xero: { contacts: 1, latencyMs: 50 },
    emarsys: { latencyMs: 50 },
    env: { LEASE_SECONDS: String(options.leaseSeconds) },
  })
  const database = openDatabase({ url: options.databaseUrl, max: 1 })
  const standing = async (where: ReturnType<typeof sql>) =>
    (
      await sql<{
        id: string
        batches: number
        state: string
      }>`select id, batches, state from runs where ${where}`.execute(database.db)
    ).rows
  try {
    const shop = await openShop(fleet, 100)
    const workers: ProductProcess[] = [await fleet.start('worker'), await fleet.start('worker')]
    const seconds: number[] = []
    for (let kill = 0; kill < options.kills; kill++) {
      await shop.send(orderNumbers(kill * 100, 100))
      for (;;) {
        const found = await Promise.all(
          workers.map(async (worker, index) => ({
            index,
            runs: await standing(sql`state = 'running' and worker like ${`%/${worker.pid}/%`}`),
          })),
        )
        const busy = found.find(({ runs }) => runs.length > 0)
        if (!busy) {
          await sleep(5)
          continue
        }
        // Anywhere between two renewals of the lease.
        await sleep((options.leaseSeconds * 1000 * (kill % 7)) / 21)
        const held = await standing(sql`state = 'running' and worker like ${`%/${workers[busy.index]!.pid}/%`}`)
        if (held.length === 0) break
        const before = performance.now()
        await workers[busy.index]!.kill()
        const [run] = await standing(sql`id = ${held[0]!.id}`)
        for (;;) {
          const [now] = await standing(sql`id = ${run!.id}`)
          if (now!.batches > run!.batches || !['running', 'queued', 'waiting'].includes(now!.state)) break
          await sleep(20)
        }
        seconds.push((performance.now() - before) / 1000)
        workers[busy.index] = await fleet.start('worker')
        break
      }
      await quiescent(fleet, shop.flow)
    }
    return seconds.sort((a, b) => a - b)
  } finally {
    await database.close()
    await fleet.close()
  }
}

/** The value below which so much of a sorted list lies. */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN
}
