import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startPostgres } from '../../server/postgres/embedded.ts'
import { openFleet } from '../support/fleet.ts'
import { openShop, orderNumbers, quiescent, type Tally, tally } from './orders.ts'

export type RestartOptions = {
  readonly restarts: number
  /** Between two of them, at least: the next one waits until the one before is over, however long that takes. */
  readonly pauseMs: number
  /** Requests that are sent every second, whatever comes back. */
  readonly perSecond: number
}

export type RestartFindings = {
  readonly restarts: number
  readonly acknowledged: number
  readonly refused: number
  /** Processes of the product that ended. */
  readonly processesGone: number
  /** Milliseconds from each stop until a whole second passed in which nothing was refused any more, ascending. */
  readonly backMs: readonly number[]
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
      const acknowledged: string[] = []
      const sent: { at: number; ok: boolean }[] = []
      const open = new Set<Promise<void>>()
      let number = 0
      let selling = true
      const sell = async () => {
        const begun = performance.now()
        while (selling) {
          const due = Math.floor(((performance.now() - begun) / 1000) * options.perSecond)
          for (; number < due; number++) {
            const order = orderNumbers(number, 1)
            const at = performance.now()
            const one = shop.send(order, 1).then((taken) => {
              acknowledged.push(...taken)
              sent.push({ at, ok: taken.length > 0 })
              open.delete(one)
            })
            open.add(one)
          }
          await sleep(10)
        }
        await Promise.all(open)
      }
      const done = sell()
      await sleep(2_000)
      const stops: number[] = []
      for (let n = 0; n < options.restarts; n++) {
        const stop = performance.now()
        stops.push(stop)
        process.kill(server.pid, 'SIGQUIT')
        await sleep(options.pauseMs)
        // A server that is not back has no process to stop, and what is refused still belongs to this stop.
        while (!Number.isFinite(backAfter(stop, sent, performance.now()))) await sleep(50)
      }
      selling = false
      await done
      await quiescent(fleet, shop.flow)
      return {
        restarts: stops.length,
        acknowledged: acknowledged.length,
        refused: sent.filter(({ ok }) => !ok).length,
        processesGone: processes.filter((one) => !one.alive()).length,
        backMs: stops.map((stop) => backAfter(stop, sent, performance.now())).sort((a, b) => a - b),
        tally: await tally(fleet, acknowledged),
      }
    } finally {
      await fleet.close()
    }
  } finally {
    await server.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
}

/** Milliseconds to the begin of the first whole second, over by `now`, in which all that was sent was taken. */
function backAfter(stop: number, sent: readonly { readonly at: number; readonly ok: boolean }[], now: number): number {
  const after = sent.filter(({ at }) => at >= stop).sort((a, b) => a.at - b.at)
  for (const { at } of after) {
    if (at + 1000 > now) break
    const second = after.filter((one) => one.at >= at && one.at < at + 1000)
    if (second.every(({ ok }) => ok)) return at - stop
  }
  return Number.POSITIVE_INFINITY
}
