import { setTimeout as sleep } from 'node:timers/promises'
import { orderNumbers, type Shop } from './orders.ts'

/** One order: when it was sent, and whether it was taken, as soon as that is known. */
export type Sent = { readonly at: number; readonly taken: boolean | undefined }

/** Orders that are on their way all the time. */
export type SteadyOrders = {
  /** Those that were acknowledged so far. */
  readonly acknowledged: readonly string[]
  /** All that were sent so far, in their order. */
  readonly sent: readonly Sent[]
  /** Sends no more, and waits until all are answered. */
  end(): Promise<void>
}

/** Sends so many orders every second, whatever comes back, through each of the `doors` in turn that are open just then. */
export function steadyOrders(shop: Shop, perSecond: number, doors: () => readonly string[]): SteadyOrders {
  const acknowledged: string[] = []
  const sent: { at: number; taken: boolean | undefined }[] = []
  const open = new Set<Promise<void>>()
  let selling = true
  const begun = performance.now()
  const sell = async () => {
    while (selling) {
      const due = Math.floor(((performance.now() - begun) / 1000) * perSecond)
      while (sent.length < due) {
        const number = sent.length
        const order: (typeof sent)[number] = { at: performance.now(), taken: undefined }
        sent.push(order)
        const through = doors()[number % doors().length]!
        const one = shop.send(orderNumbers(number, 1), { atOnce: 1, through }).then((taken) => {
          acknowledged.push(...taken)
          order.taken = taken.length > 0
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
    sent,
    end: () => {
      selling = false
      return done
    },
  }
}
