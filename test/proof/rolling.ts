import { setTimeout as sleep } from 'node:timers/promises'
import { openFleet } from '../support/fleet.ts'
import type { ProductProcess } from '../support/product-process.ts'
import { openShop, quiescent, type Tally, tally } from './orders.ts'
import { steadyOrders } from './steady-orders.ts'

export type RollingOptions = {
  readonly databaseUrl: string
  /** Of one process at a time: two with an API and three workers, in turn. */
  readonly restarts: number
  /** Orders that are sent every second, whatever comes back. */
  readonly perSecond: number
}

export type RollingFindings = {
  /** Of the processes that were asked to stop. */
  readonly exits: readonly (number | null)[]
  /** From the request to the end of the process, in milliseconds, ascending. */
  readonly stopMs: readonly number[]
  readonly acknowledged: number
  /** What an order that was refused was answered. */
  readonly refused: readonly string[]
  /** Orders sent that got no answer at all. */
  readonly unanswered: number
  /** Runs that an operator had to carry out again. */
  readonly failedRuns: number
  readonly tally: Tally
}

/** Each process is replaced by a new one while orders come in, one after the other, again and again, as a rolling deploy does it. */
export async function rolling({ databaseUrl, restarts, perSecond }: RollingOptions): Promise<RollingFindings> {
  const fleet = await openFleet({
    databaseUrl,
    xero: { contacts: 1, latencyMs: 10 },
    emarsys: { latencyMs: 10 },
    env: { DATABASE_CONNECTIONS: '8' },
  })
  try {
    const refused: string[] = []
    const shop = await openShop(fleet, 5, (answer) => refused.push(answer))
    const members: ProductProcess[] = [fleet.api, await fleet.start('api')]
    for (let n = 0; n < 3; n++) members.push(await fleet.start('worker'))
    /** Out of the proxy's list, so that nobody new is sent there. */
    let leaving: ProductProcess | undefined
    const doors = () => members.filter((one) => one.role === 'api' && one !== leaving).map((one) => one.url)
    const orders = steadyOrders(shop, perSecond, doors)
    await sleep(2_000)
    const exits: (number | null)[] = []
    const stopMs: number[] = []
    for (let n = 0; n < restarts; n++) {
      const place = n % members.length
      const old = members[place]!
      leaving = old
      await sleep(200)
      const asked = performance.now()
      exits.push(await old.stop())
      stopMs.push(performance.now() - asked)
      members[place] = await fleet.start(old.role)
      leaving = undefined
    }
    await orders.end()
    const failedRuns = await quiescent(fleet, shop.flow)
    const { acknowledged } = orders
    return {
      ...{ exits, refused, failedRuns, acknowledged: acknowledged.length },
      stopMs: stopMs.sort((a, b) => a - b),
      unanswered: orders.sent.length - acknowledged.length - refused.length,
      tally: await tally(fleet, acknowledged),
    }
  } finally {
    await fleet.close()
  }
}
