import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { openDatabase } from '../../server/store/database/database.ts'
import { openFleet } from '../support/fleet.ts'
import { contactsFlow } from '../support/flows.ts'
import type { ProductProcess } from '../support/product-process.ts'

export type RecoveryOptions = {
  readonly databaseUrl: string
  readonly kills: number
  readonly leaseSeconds: number
  /** Flows, each with one run at work all the time. */
  readonly flows: number
  readonly workers: number
  /** Workers dead at the same time, at most. The others have slots for all runs. */
  readonly atOnce: number
}

/** One kill. Seconds; of its runs the one that took longest. */
export type Recovered = {
  /** From the kill to the next batch that the run settled. */
  readonly total: number
  /** What the dead worker's lease had left. */
  readonly lease: number
  /** From the end of the lease to the claim. */
  readonly takeOver: number
  /** From the claim to the settled batch. */
  readonly resume: number
}

/** Every run settles a batch so often, and goes on for so long that no kill finds it ended. */
const PAGE_MS = 250
const PAGE = 2
/** Between two kills, a random part of it. */
const PAUSE_MS = 4_000
const LOOK_MS = 20

type Standing = { id: string; worker: string; epoch: number; batches: number; left: number }

/**
 * Kills workers whose runs are at work, at moments that have nothing to do with their claims or renewals. Their
 * connections share one budget of five calls at a time, so that places held by the dead count too.
 */
export async function recovery(options: RecoveryOptions): Promise<readonly Recovered[]> {
  const { kills, flows, workers: count, atOnce, leaseSeconds } = options
  const contacts = Math.ceil((kills * (leaseSeconds + PAUSE_MS / 1000 + 10) * 1000 * PAGE) / PAGE_MS / atOnce)
  const fleet = await openFleet({
    databaseUrl: options.databaseUrl,
    xero: { contacts, latencyMs: PAGE_MS },
    emarsys: { latencyMs: 50 },
    callsPerMinute: 100_000,
    env: { LEASE_SECONDS: String(leaseSeconds), WORKER_CONCURRENCY: String(flows) },
  })
  const database = openDatabase({ url: options.databaseUrl, max: 2 })
  const standing = async (): Promise<readonly Standing[]> =>
    (
      await sql<Standing>`
        select id, coalesce(worker, '') as worker, epoch, batches,
          coalesce(extract(epoch from lease_until - clock_timestamp()), 0)::float8 as left
        from runs where state = 'running'
      `.execute(database.db)
    ).rows
  const runsOf = (all: readonly Standing[], { pid }: ProductProcess) =>
    all.filter(({ worker }) => worker.includes(`/${pid}/`))
  try {
    const workers: ProductProcess[] = []
    for (let one = 0; one < count; one++) workers.push(await fleet.start('worker'))
    for (let one = 0; one < flows; one++) {
      const flow = await fleet.flow({ ...contactsFlow(PAGE), name: `Contacts ${one}` })
      await fleet.call('POST', `/flows/${flow}/run`, {})
    }
    await until(async () => (await standing()).filter(({ batches }) => batches > 0).length === flows)

    const recovered: Recovered[] = []
    const watching = new Set<Promise<void>>()
    for (let kill = 0; kill < kills; ) {
      await sleep(Math.random() * PAUSE_MS)
      if (watching.size >= atOnce) {
        await Promise.race(watching)
        continue
      }
      const now = await standing()
      const busy = workers.filter((worker) => runsOf(now, worker).length > 0)
      const worker = busy[Math.floor(Math.random() * busy.length)]
      if (!worker) continue
      kill += 1
      await worker.kill()
      const began = performance.now()
      const held = runsOf(await standing(), worker)
      const watch = Promise.all(held.map((run) => watchRun(standing, run, began)))
        .then((all) => {
          const slowest = all.sort((a, b) => b.total - a.total)[0]
          if (slowest) recovered.push(slowest)
        })
        .finally(() => watching.delete(watch))
      watching.add(watch)
      workers[workers.indexOf(worker)] = await fleet.start('worker')
    }
    await Promise.all(watching)
    return recovered.sort((a, b) => a.total - b.total)
  } finally {
    await database.close()
    await fleet.close()
  }
}

async function watchRun(
  standing: () => Promise<readonly Standing[]>,
  run: Standing,
  began: number,
): Promise<Recovered> {
  let claimed: number | undefined
  for (;;) {
    const now = (await standing()).find(({ id }) => id === run.id)
    const at = (performance.now() - began) / 1000
    if (now && now.epoch > run.epoch) claimed ??= at
    if (now && claimed !== undefined && now.batches > run.batches) {
      return { total: at, lease: run.left, takeOver: claimed - run.left, resume: at - claimed }
    }
    await sleep(LOOK_MS)
  }
}

async function until(what: () => Promise<boolean>): Promise<void> {
  while (!(await what())) await sleep(LOOK_MS)
}

/** The value below which so much of a sorted list lies. */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN
}
