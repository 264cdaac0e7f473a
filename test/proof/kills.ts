import { setTimeout as sleep } from 'node:timers/promises'
import { openFleet } from '../support/fleet.ts'
import type { ProductProcess } from '../support/product-process.ts'
import { numbers } from './simulated-world.ts'
import { openShop, orderNumbers, quiescent, type Tally, tally } from './orders.ts'

export type KillOptions = {
  readonly databaseUrl: string
  readonly workers: number
  readonly orders: number
  /** Orders of one run. */
  readonly most: number
  readonly kills: number
  /** Between two kills, in milliseconds: at least, at most. */
  readonly pause: readonly [number, number]
  readonly leaseSeconds: number
  readonly seed: number
}

export type KillFindings = {
  readonly kills: number
  readonly acknowledged: number
  /** Runs that the operator had to carry out again: poisoned ones. */
  readonly carriedOutAgain: number
  readonly tally: Tally
}

/** Workers die at random, one at a time, until so many have died; each is replaced at once. Orders keep coming. */
export async function kills(options: KillOptions): Promise<KillFindings> {
  const random = numbers(options.seed)
  const fleet = await openFleet({
    databaseUrl: options.databaseUrl,
    xero: { contacts: 1, latencyMs: 15 },
    emarsys: { latencyMs: 15 },
    env: { LEASE_SECONDS: String(options.leaseSeconds) },
  })
  try {
    const shop = await openShop(fleet, options.most)
    const workers: ProductProcess[] = []
    for (let n = 0; n < options.workers; n++) workers.push(await fleet.start('worker'))
    // Signed in once, so that a run has something to be killed at.
    const acknowledged = await shop.send(['ORDER-FIRST'])
    await quiescent(fleet, shop.flow)
    misbehave(fleet, options.orders)
    let dead = 0
    const murder = async () => {
      while (dead < options.kills) {
        await sleep(options.pause[0] + random() * (options.pause[1] - options.pause[0]))
        const victim = Math.floor(random() * workers.length)
        await workers[victim]!.kill()
        dead += 1
        workers[victim] = await fleet.start('worker')
      }
    }
    const sell = async () => {
      // Spread over the whole time: each slice waits until its share of the kills has happened.
      const slice = Math.max(1, Math.ceil(options.orders / 40))
      for (let from = 0; from < options.orders; from += slice) {
        while (dead < options.kills && dead / options.kills < (from / options.orders) * 0.9) await sleep(20)
        acknowledged.push(...(await shop.send(orderNumbers(from, Math.min(slice, options.orders - from)))))
      }
    }
    await Promise.all([murder(), sell()])
    const carriedOutAgain = await quiescent(fleet, shop.flow)
    return { kills: dead, acknowledged: acknowledged.length, carriedOutAgain, tally: await tally(fleet, acknowledged) }
  } finally {
    await fleet.close()
  }
}

/** Both remotes fail now and then, some of the times after they did what was asked. */
function misbehave({ xero, emarsys }: Awaited<ReturnType<typeof openFleet>>, orders: number): void {
  const times = Math.max(1, Math.floor(orders / 200))
  for (let n = 0; n < times; n++) {
    emarsys.addFaults([
      { match: { method: 'PUT', pathPrefix: '/contact' }, kind: 'reset-after', skip: 12 * (n + 1) },
      { match: { pathPrefix: '/event/' }, kind: '500-after', skip: 12 * (n + 1) },
      { match: { pathPrefix: '/event/' }, kind: '503', skip: 9 * (n + 1) },
    ])
    xero.state.faults.add([
      { match: { method: 'PUT', pathPrefix: '/api.xro/2.0/Invoices' }, kind: 'reset-after', skip: 12 * (n + 1) },
      { match: { method: 'POST', pathPrefix: '/api.xro/2.0/Invoices' }, kind: 'reset-after', skip: 12 * (n + 1) },
      { match: { pathPrefix: '/api.xro/2.0/Invoices' }, kind: '429-minute', skip: 9 * (n + 1) },
    ])
  }
}
