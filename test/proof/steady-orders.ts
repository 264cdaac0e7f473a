import { setTimeout as sleep } from 'node:timers/promises'
import { orderNumbers, type Shop } from './orders.ts'

/** Orders that are on their way all the time. */
export type SteadyOrders = {
  /** Those that were acknowledged so far. */
  readonly acknowledged: readonly string[]
  /** How many were sent so far. */
  sent(): number
  /** Sends no more, and waits until all are answered. */
  end(): Promise<void>
}

/** Sends so many orders every second, whatever comes back, through each of the `doors` in turn that are open just then. */
export function steadyOrders(shop: Shop, perSecond: number, doors: () => readonly string[]): SteadyOrders {
  const acknowledged: string[] = []
  const open = new Set<Promise<void>>()
  let number = 0
  let selling = true
  const begun = performance.now()
  const sell = async () => {
    while (selling) {
      const due = Math.floor(((performance.now() - begun) / 1000) * perSecond)
      for (; number < due; number++) {
        const through = doors()[number % doors().length]!
        const one = shop.send(orderNumbers(number, 1), { atOnce: 1, through }).then((taken) => {
          acknowledged.push(...taken)
          open.delete(one)
        })
        open.add(one)
      }
      await sleep(10)
    }
    await Promise.all(open)
  }
  const done = sell()
  return {
    acknowledged,
    sent: () => number,
    end: () => {
      selling = false
      return done
    },
  }
}
