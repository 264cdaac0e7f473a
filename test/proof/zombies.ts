import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { openDatabase } from '../../server/store/database/database.ts'
import { openFleet } from '../support/fleet.ts'
import type { ProductProcess } from '../support/product-process.ts'
import { openShop, orderNumbers, quiescent, type Tally, tally } from './orders.ts'

export type ZombieOptions = {
  readonly databaseUrl: string
  readonly cycles: number
  /** Orders of one cycle. */
  readonly orders: number
  readonly most: number
  readonly leaseSeconds: number
}

export type ZombieFindings = {
  /** Cycles in which a frozen worker's run was taken over before it woke. */
  readonly takenOver: number
  /** Those in which the other one was still at the very batch: nothing but the fence kept the woken one from writing. */
  readonly atWork: number
  readonly cycles: number
  /** Rows that a woken worker could write for a run that another one held by then. */
  readonly accepted: number
  readonly acknowledged: number
  readonly tally: Tally
}

type Held = { readonly id: string; readonly epoch: number; readonly batches: number; readonly state: string }

const CONTACTS = { method: 'PUT', pathPrefix: '/contact' }

/** Workers are frozen in the middle of a run for three leases, and wake when another one has taken it over. */
export async function zombies(options: ZombieOptions): Promise<ZombieFindings> {
  const fleet = await openFleet({
    databaseUrl: options.databaseUrl,
    xero: { contacts: 1, latencyMs: 20 },
    emarsys: { latencyMs: 20 },
    env: { LEASE_SECONDS: String(options.leaseSeconds) },
  })
  const database = openDatabase({ url: options.databaseUrl, max: 2 })
  /** Runs that a worker holds, by the number of its process. */
  const heldBy = async (pid: number): Promise<readonly Held[]> =>
    (
      await sql<Held>`select id, epoch, batches, state from runs where state = 'running' and worker like ${`%/${pid}/%`}`.execute(
        database.db,
      )
    ).rows
  const standing = async (ids: readonly string[]): Promise<readonly Held[]> =>
    (
      await sql<Held>`select id, epoch, batches, state from runs where id = any(${ids as string[]}::uuid[])`.execute(
        database.db,
      )
    ).rows
  try {
    const shop = await openShop(fleet, options.most)
    const workers: ProductProcess[] = [await fleet.start('worker'), await fleet.start('worker')]
    const acknowledged: string[] = []
    const woken: { run: Held; at: Date }[] = []
    let takenOver = 0
    let atWork = 0
    for (let cycle = 0; cycle < options.cycles; cycle++) {
      const selling = shop.send(orderNumbers(cycle * options.orders, options.orders))
      let frozen: { worker: ProductProcess; runs: readonly Held[] } | undefined
      for (let tries = 0; !frozen && tries < 400; tries++) {
        for (const worker of workers) {
          if ((await heldBy(worker.pid)).length === 0) continue
          worker.freeze()
          // Asked again: what it held may have ended before it stood still.
          const runs = await heldBy(worker.pid)
          if (runs.length > 0) frozen = { worker, runs }
          else worker.thaw()
          // Whoever takes it over comes no further than to its first call before the frozen one wakes.
          if (frozen)
            fleet.emarsys.addFaults([
              { match: CONTACTS, kind: 'slow', delayMs: options.leaseSeconds * 3_500, times: 1 },
            ])
          break
        }
        await sleep(5)
      }
      acknowledged.push(...(await selling))
      if (!frozen) continue
      const { worker, runs } = frozen
      const stolenOf = (later: readonly Held[]) =>
        later.filter((now) => runs.some((then) => then.id === now.id && now.epoch > then.epoch))
      let later = runs
      const threeLeases = sleep(options.leaseSeconds * 3_000)
      while (later.some((now) => now.state === 'running' && !stolenOf([now]).length)) {
        await sleep(20)
        later = await standing(runs.map(({ id }) => id))
      }
      await threeLeases
      later = await standing(runs.map(({ id }) => id))
      const { rows } = await sql<{ now: Date }>`select clock_timestamp() as now`.execute(database.db)
      const stolen = stolenOf(later)
      if (stolen.length > 0) takenOver += 1
      if (
        stolen.some((now) =>
          runs.some((then) => then.id === now.id && now.batches === then.batches && now.state === 'running'),
        )
      )
        atWork += 1
      for (const run of stolen) woken.push({ run, at: rows[0]!.now })
      worker.thaw()
    }
    await quiescent(fleet, shop.flow)
    let accepted = 0
    for (const { run, at } of woken) {
      const { rows } = await sql<{ rows: number }>`
        select (select count(*) from steps where run_id = ${run.id} and epoch < ${run.epoch} and batch >= ${run.batches})
          + (select count(*) from calls where run_id = ${run.id} and epoch < ${run.epoch} and created_at > ${at}) as rows
      `.execute(database.db)
      accepted += rows[0]!.rows
    }
    return {
      ...{ takenOver, atWork, cycles: options.cycles, accepted, acknowledged: acknowledged.length },
      tally: await tally(fleet, acknowledged),
    }
  } finally {
    await database.close()
    await fleet.close()
  }
}
