import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { startPostgres } from '../../server/postgres/embedded.ts'
import { openDatabase } from '../../server/store/database/database.ts'
import { openFleet } from '../support/fleet.ts'
import { openShop, quiescent, type Tally, tally } from './orders.ts'
import { type Sent, steadyOrders } from './steady-orders.ts'

export type RestartOptions = {
  readonly restarts: number
  /** Between two of them, at least: the next one waits until the one before is over, however long that takes. */
  readonly pauseMs: number
  /** Requests that are sent every second, whatever comes back. */
  readonly perSecond: number
}

export type RestartFindings = {
  /** Stops after which another server process was there. */
  readonly restarts: number
  readonly acknowledged: number
  readonly refused: number
  /** Processes of the product that ended. */
  readonly processesGone: number
  /** Milliseconds from each stop to the begin of the first whole second at the full rate of which nothing was refused, ascending. */
  readonly backMs: readonly number[]
  /** The same from the moment when the database took connections again: what is left is the product's own. */
  readonly lateMs: readonly number[]
  readonly tally: Tally
}

/** The database server is stopped at once, without a checkpoint, again and again, while orders keep coming. */
export async function restarts(options: RestartOptions): Promise<RestartFindings> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tieline-restarts-'))
  const quiet = { info() {}, warn() {}, error() {} }
  const server = await startPostgres({ dataDir, log: quiet })
  try {
    const fleet = await openFleet({ databaseUrl: server.url, xero: { contacts: 1 } })
    try {
      const shop = await openShop(fleet, 100)
      const processes = [fleet.api, await fleet.start('worker'), await fleet.start('worker')]
      const orders = steadyOrders(shop, options.perSecond, () => [fleet.api.url])
      await sleep(2_000)
      const backMs: number[] = []
      const lateMs: number[] = []
      for (let n = 0; n < options.restarts; n++) {
        const before = await startOf(server.url)
        const stop = performance.now()
        process.kill(server.pid, 'SIGQUIT')
        while ([before, undefined].includes(await startOf(server.url))) await sleep(20)
        const up = performance.now()
        await sleep(options.pauseMs)
        // A server that is not back has no process to stop, and what is refused still belongs to this stop.
        let back: number | undefined
        while (back === undefined) {
          await sleep(50)
          back = backAfter(stop, orders.sent, options.perSecond)
        }
        backMs.push(back - stop)
        lateMs.push(Math.max(0, back - up))
      }
      await orders.end()
      await quiescent(fleet, shop.flow)
      return {
        restarts: backMs.length,
        acknowledged: orders.acknowledged.length,
        refused: orders.sent.filter(({ taken }) => !taken).length,
        processesGone: processes.filter((one) => !one.alive()).length,
        backMs: backMs.sort((a, b) => a - b),
        lateMs: lateMs.sort((a, b) => a - b),
        tally: await tally(fleet, orders.acknowledged),
      }
    } finally {
      await fleet.close()
    }
  } finally {
    await server.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
}

/** When the database server was started, in its own words; undefined while it takes no connections. */
async function startOf(url: string): Promise<string | undefined> {
  const database = openDatabase({ url, max: 1 })
  try {
    const { rows } = await sql<{ at: string }>`select pg_postmaster_start_time()::text as at`.execute(database.db)
    return rows[0]?.at
  } catch {
    return undefined
  } finally {
    await database.close()
  }
}

/**
 * The begin of the first whole second after a stop in which nearly as many requests were sent as were to be, and all of
 * them were taken. Undefined as long as there was none.
 */
function backAfter(stop: number, sent: readonly Sent[], perSecond: number): number | undefined {
  const after = sent.filter(({ at }) => at >= stop)
  for (const [first, { at }] of after.entries()) {
    const end = after.findIndex((one) => one.at >= at + 1000)
    if (end === -1) return undefined
    const second = after.slice(first, end)
    if (second.length >= perSecond * 0.9 && second.every(({ taken }) => taken)) return at
  }
  return undefined
}
