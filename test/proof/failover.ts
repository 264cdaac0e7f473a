import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openCutLine } from '../support/cut-line.ts'
import { openFleet } from '../support/fleet.ts'
import { startLeader } from '../support/standby.ts'
import { openShop, quiescent, type Tally, tally } from './orders.ts'
import { steadyOrders } from './steady-orders.ts'

export type FailoverOptions = {
  readonly promotions: number
  /** Of selling before each. */
  readonly pauseMs: number
  readonly perSecond: number
}

export type FailoverFindings = {
  readonly promotions: number
  readonly acknowledged: number
  readonly refused: number
  /** Processes of the product that ended. */
  readonly processesGone: number
  /** Milliseconds from when the new server could be reached to the next event that was taken, ascending. */
  readonly backMs: readonly number[]
  readonly failedRuns: number
  readonly tally: Tally
}

/**
 * The database server is ended at once under load, again and again; each time its synchronous standby takes over, behind
 * the one address that the product knows, and gets a standby of its own.
 */
export async function failover(options: FailoverOptions): Promise<FailoverFindings> {
  const root = await mkdtemp(join(tmpdir(), 'tieline-failover-'))
  const line = await openCutLine()
  const open: (() => Promise<void>)[] = [() => rm(root, { recursive: true, force: true }), () => line.close()]
  try {
    let leader = await startLeader(root)
    open.push(() => leader.stop())
    line.to(leader.port)
    const fleet = await openFleet({ databaseUrl: leader.url(line.port), xero: { contacts: 1 } })
    open.push(() => fleet.close())
    const shop = await openShop(fleet, 100)
    const processes = [fleet.api, await fleet.start('worker'), await fleet.start('worker')]
    const orders = steadyOrders(shop, options.perSecond, () => [fleet.api.url])
    const backMs: number[] = []
    for (let n = 0; n < options.promotions; n++) {
      const standby = await leader.follow()
      open.push(() => standby.stop())
      const { length } = orders.acknowledged
      await sleep(options.pauseMs)
      if (orders.acknowledged.length === length) throw new Error('nothing was taken before the server was ended')
      await leader.kill()
      line.cut()
      leader = await standby.promote()
      line.to(leader.port)
      line.mend()
      const up = performance.now()
      const taken = orders.acknowledged.length
      while (orders.acknowledged.length === taken) await sleep(10)
      backMs.push(performance.now() - up)
    }
    await sleep(options.pauseMs)
    await orders.end()
    const failedRuns = await quiescent(fleet, shop.flow)
    return {
      promotions: backMs.length,
      acknowledged: orders.acknowledged.length,
      refused: orders.sent.length - orders.acknowledged.length,
      processesGone: processes.filter((one) => !one.alive()).length,
      backMs: backMs.sort((a, b) => a - b),
      failedRuns,
      tally: await tally(fleet, orders.acknowledged),
    }
  } finally {
    for (const close of open.reverse()) await close()
  }
}
