import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { openDatabase } from '../../server/store/database/database.ts'
import { openFleet } from '../support/fleet.ts'
import { flowOf, node } from '../support/flows.ts'
import { settableClock } from '../support/settable-clock.ts'
import { openShop, quiescent, type Tally, tally } from './orders.ts'
import { steadyOrders } from './steady-orders.ts'

export type ClockOptions = {
  /** Of an empty database. */
  readonly databaseUrl: string
  /** Seconds, forward and back, one after the other. In the end the clock is as far ahead as it ever was. */
  readonly jumps: readonly number[]
  readonly pauseMs: number
  readonly perSecond: number
}

export type ClockFindings = {
  readonly acknowledged: number
  readonly refused: number
  /** Orders that were acknowledged after each jump. */
  readonly takenAfter: readonly number[]
  /** Milliseconds from each jump until an order that was sent after it had its invoice; no longer than that is waited for. */
  readonly bookedMs: readonly number[]
  readonly processesGone: number
  readonly failedRuns: number
  /** Due times of a schedule of every minute: fired, twice, and missing between the first and the last. */
  readonly schedule: { readonly fired: number; readonly twice: number; readonly missing: number }
  readonly tally: Tally
}

/** Which order an invoice is for, as orders are numbered; NaN: none. */
const orderAt = (number: string) => Number(/^ORDER-(\d+)$/.exec(number)?.[1])

/** How long an invoice is waited for after a jump, in milliseconds. */
export const LONGEST_MS = 60_000

/** The database's clock jumps under load, while orders come and a schedule is due every minute. */
export async function clockJumps(options: ClockOptions): Promise<ClockFindings> {
  const clock = await settableClock(options.databaseUrl)
  const database = openDatabase({ url: options.databaseUrl, max: 1 })
  try {
    const fleet = await openFleet({
      databaseUrl: options.databaseUrl,
      xero: { contacts: 1 },
      env: { LEASE_SECONDS: '5' },
    })
    try {
      await clock.forFunctions()
      const ticks = flowOf(
        [
          node('clock', 'schedule', { mode: 'interval', everyMinutes: 1, missed: 'all', overlap: 'queue' }),
          node('people', 'xero.list-contacts', { pageSize: 10 }),
        ],
        ['start people', 'clock people'],
        { name: 'Every minute' },
      )
      const ticking = await fleet.flow(ticks)
      const shop = await openShop(fleet, 20)
      const processes = [fleet.api, await fleet.start('worker'), await fleet.start('worker')]
      const orders = steadyOrders(shop, options.perSecond, () => [fleet.api.url])
      const [takenAfter, bookedMs]: [number[], number[]] = [[], []]
      const { invoices } = fleet.xero.state.books
      await sleep(options.pauseMs)
      for (const seconds of options.jumps) {
        const before = { taken: orders.acknowledged.length, sent: orders.sent.length }
        await clock.jump(seconds)
        const jumped = performance.now()
        const pause = sleep(options.pauseMs)
        const isBooked = () => invoices.ordered.some(({ number }) => orderAt(number) >= before.sent)
        while (!isBooked() && performance.now() - jumped < LONGEST_MS) await sleep(50)
        bookedMs.push(performance.now() - jumped)
        await pause
        takenAfter.push(orders.acknowledged.length - before.taken)
      }
      await orders.end()
      const failedRuns = await quiescent(fleet, shop.flow)
      // In one statement: meanwhile it may be due again.
      const { rows } = await sql<{ due: Date; runs: number }>`
        select due, (select count(*)::int from runs where flow_id = ${ticking} and cause = 'schedule') as runs
        from firings where workspace_id = ${fleet.workspace} and flow_id = ${ticking} order by due
      `.execute(database.db)
      const minutes = rows.map(({ due }) => Math.round(due.getTime() / 60_000))
      return {
        acknowledged: orders.acknowledged.length,
        refused: orders.sent.length - orders.acknowledged.length,
        ...{ takenAfter, bookedMs },
        processesGone: processes.filter((one) => !one.alive()).length,
        failedRuns,
        schedule: {
          fired: rows.length,
          twice: (rows[0]?.runs ?? 0) - rows.length,
          missing: rows.length === 0 ? 0 : minutes.at(-1)! - minutes[0]! + 1 - new Set(minutes).size,
        },
        tally: await tally(fleet, orders.acknowledged),
      }
    } finally {
      await fleet.close()
    }
  } finally {
    await database.close()
    await clock.close()
  }
}
