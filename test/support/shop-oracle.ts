import type { Order, Refund, Store } from '../../connectors/bigcommerce/sandbox/store.ts'
import type { ManualJournal } from '../../connectors/xero/sandbox/model.ts'

// What the books and Emarsys should hold of a shop, worked out from what its sandbox keeps in cents. Shares no code with
// the product.

/** Cents by place: `2026-09-01 200 OUTPUT2 North`. */
export type Sums = { [place: string]: number }

const UNPAID = [1, 7, 12, 13]
const tax = (net: number) => Math.round(net * 0.2)

export const counts = ({ status, deleted, currency }: Order): boolean =>
  !deleted && ![0, 5, 6].includes(status) && !UNPAID.includes(status) && ['GBP', 'EUR'].includes(currency)

/** The store keeps pounds; 0.85 of the other currency are one of them. */
const inPounds = (amount: number, { currency }: Order) => (currency === 'GBP' ? amount : Math.round(amount / 0.85))

/** London is an hour ahead of UTC in summer, until 25 October 2026. */
export const londonDay = (at: number): string =>
  new Date(at + (at < Date.parse('2026-10-25T01:00:00Z') ? 3_600_000 : 0)).toISOString().slice(0, 10)

export const netOf = ({ lines, shipping = 0 }: Order): number =>
  lines.reduce((sum, { price, quantity }) => sum + price * quantity, shipping)

function grossOf(order: Order): { readonly goods: number; readonly shipping: number } {
  const goods = order.lines.reduce((sum, { price, quantity }) => sum + price * quantity, 0)
  const taxed = (net: number) => net + (order.taxFree ? 0 : tax(net))
  return { goods: taxed(goods), shipping: taxed(order.shipping ?? 0) }
}

const orderOf = (store: Store, { order }: Refund): Order => store.orders.get(order)!

/** Money that went back, and the tax in it. A refund of tax alone is for a person: nobody books it. */
const backs = (store: Store) =>
  store.refunds
    .filter((one) => !one.declined && one.total > one.tax && counts(orderOf(store, one)))
    .map((one) => {
      const total = one.total - (one.declinedPart ?? 0)
      return { of: one, total, tax: Math.round((one.tax * total) / one.total) }
    })

/** What each day is to have in the books. Regions by the country of the bill: DE is North, FR is South. */
export function expectedSums(store: Store): Sums {
  const sums: Sums = {}
  const add = (place: string, cents: number) => {
    sums[place] = (sums[place] ?? 0) + cents
    if (sums[place] === 0) delete sums[place]
  }
  const regionOf = ({ country }: Order) => ({ DE: 'North', FR: 'South' })[country] ?? ''
  for (const order of [...store.orders.values()].filter(counts)) {
    const day = londonDay(order.madeAt)
    const { goods, shipping } = grossOf(order)
    const total = inPounds(goods + shipping, order)
    const carriage = inPounds(shipping, order)
    const rate = order.taxFree ? 'ZERORATEDOUTPUT' : 'OUTPUT2'
    add(`${day} 825 NONE `, total)
    add(`${day} 200 ${rate} ${regionOf(order)}`, carriage - total)
    add(`${day} 260 ${rate} ${regionOf(order)}`, -carriage)
  }
  for (const { of: refund, total: given } of backs(store)) {
    const order = orderOf(store, refund)
    const total = inPounds(given, order)
    add(`${londonDay(refund.at)} 825 NONE `, -total)
    add(`${londonDay(refund.at)} 201 ${refund.tax > 0 ? 'OUTPUT2' : 'ZERORATEDOUTPUT'} ${regionOf(order)}`, total)
  }
  return sums
}

/** What journals book, by the day that their key names, whatever day they are dated. */
export function bookedSums(journals: readonly ManualJournal[]): Sums {
  const sums: Sums = {}
  for (const { narration, lines } of journals) {
    const day = /\[Web shop (\d{4}-\d{2}-\d{2})(?: v\d+)?\]$/.exec(narration)?.[1]
    for (const line of lines) {
      const option = (line.tracking[0] as { Option?: string } | undefined)?.Option ?? ''
      const place = `${day} ${line.account} ${line.taxType} ${option}`
      sums[place] = (sums[place] ?? 0) + line.amount
      if (sums[place] === 0) delete sums[place]
    }
  }
  return sums
}

/** Cents of revenue per day, net and in pounds, as Emarsys is to have them: refunds taken away on their own day. */
export function expectedRevenue(store: Store): Sums {
  const sums: Sums = {}
  const add = (day: string, cents: number) => {
    sums[day] = (sums[day] ?? 0) + cents
  }
  for (const order of [...store.orders.values()].filter(counts))
    add(londonDay(order.madeAt), inPounds(netOf(order), order))
  for (const { of, total, tax } of backs(store)) {
    add(londonDay(of.at), -inPounds(total - tax, orderOf(store, of)))
  }
  return sums
}
