import { netOf, taxOn } from './amounts.ts'
import type { Customer, Line, Order, Product, Refund, Store, Subscriber, Transaction } from './store.ts'

const NAMES = ['Ada Moss', 'Ben Hale', 'Cy Ruiz', 'Dee Ito', 'Eli Park', 'Fay Lund', 'Gus Vale', 'Hua Lin']
/** In which currency shoppers of another country pay. */
const FOREIGN: { readonly [own: string]: string } = { GBP: 'EUR' }
const FIRST_DAY = Date.parse('2026-09-01T08:00:00Z')
const STATUSES = [11, 10, 10, 2, 11, 7, 10, 5, 0, 14, 4, 1]

/** mulberry32: repeatable, good enough for demo data. */
function randomOf(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) % below
  }
}

/** The same store for the same numbers: a quarter of its orders is from guests, all statuses occur, some are refunded. */
export function seedStore(
  seed: number,
  orders: number,
  customers: number,
  currency = 'EUR',
): Pick<Store, 'orders' | 'customers' | 'refunds' | 'transactions' | 'products' | 'subscribers'> {
  const random = randomOf(seed)
  const products: Product[] = Array.from({ length: 12 }, (_, at) => ({
    id: 500 + at,
    sku: `SKU-${at + 1}`,
    name: `Thing number ${at + 1}`,
    price: 500 + random(20_000),
  }))
  const people = Array.from({ length: customers }, (_, at): Customer => {
    const [firstName = '', lastName = ''] = NAMES[at % NAMES.length]!.split(' ')
    const madeAt = FIRST_DAY + at * 3_600_000
    const email = `${firstName.toLowerCase()}.${at + 1}@shop.example`
    return { id: at + 1, email, firstName, lastName, madeAt, changedAt: madeAt }
  })
  const refunds: Refund[] = []
  const transactions: Transaction[] = []
  const made = Array.from({ length: orders }, (_, at): Order => {
    const id = 100 + at
    const buyer = random(4) === 0 ? undefined : people[random(people.length || 1)]
    const madeAt = FIRST_DAY + at * 5_400_000
    const lines = Array.from({ length: 1 + random(3) }, (_, line): Line => {
      const product = products[random(products.length)]!
      return {
        ...{ id: id * 10 + line, product: product.id, quantity: 1 + random(3), price: product.price },
        refunded: 0,
      }
    })
    const status = STATUSES[random(STATUSES.length)]!
    const order: Order = {
      ...{ id, customer: buyer?.id ?? 0, email: buyer?.email ?? `guest.${id}@shop.example` },
      ...{ firstName: buyer?.firstName ?? 'Guest', lastName: buyer?.lastName ?? `No. ${id}` },
      // One in ten is in the shopper's own currency.
      ...{
        country: 'DE',
        currency: id % 10 === 0 ? (FOREIGN[currency] ?? 'GBP') : currency,
        madeAt,
        optIn: random(3) === 0,
        lines,
        status,
      },
      // Several orders of one second: imports and mass edits look so.
      ...{ changedAt: madeAt + (id % 7 === 0 ? 0 : 60_000), deleted: false, staffNotes: '' },
    }
    if (![0, 1, 5, 6, 7].includes(status)) pay(order, transactions)
    if ([4, 14].includes(status)) refund(order, refunds, transactions, order.changedAt)
    return order
  })
  return {
    products,
    refunds,
    transactions,
    customers: new Map(people.map((one) => [one.id, one])),
    orders: new Map(made.map((one) => [one.id, one])),
    subscribers: people
      .filter((_, at) => at % 2 === 0)
      .map(({ email, madeAt }, at): Subscriber => ({ id: 900 + at, email, at: madeAt })),
  }
}

function pay(order: Order, transactions: Transaction[]): void {
  const net = netOf(order.lines)
  const common = { order: order.id, event: 'purchase', amount: net + taxOn(net), at: order.madeAt } as const
  // A card that was refused first, here and there.
  if (order.id % 9 === 0) transactions.push({ ...common, id: transactions.length + 1, test: false, status: 'error' })
  transactions.push({ ...common, id: transactions.length + 1, test: false, status: 'ok' })
}

/** `declined`: no money went back. `partly`: of two payments one did not. `tax`: a mere adjustment of the tax, without items. `offline`: paid back elsewhere. */
export type RefundKind = 'declined' | 'partly' | 'tax' | 'offline'

/** Gives back one of the first line that still has something to give back. */
export function refund(
  order: Order,
  refunds: Refund[],
  transactions: Transaction[],
  at: number,
  kind?: RefundKind,
): Refund | undefined {
  const line = order.lines.find(({ refunded, quantity }) => refunded < quantity)
  if (!line) return undefined
  const tax = taxOn(line.price)
  const transaction = transactions.length + 1
  const made: Refund = {
    ...{
      id: refunds.length + 1,
      order: order.id,
      at,
      transaction,
      tax,
      total: kind === 'tax' ? tax : line.price + tax,
    },
    ...(kind === 'tax'
      ? { quantity: 0, reason: 'tax was wrong' }
      : { line: line.id, quantity: 1, reason: kind === 'declined' ? 'changed mind' : 'damaged' }),
    ...(kind === 'declined' ? { declined: true } : {}),
    ...(kind === 'partly' ? { declinedPart: Math.round((line.price + tax) / 3) } : {}),
    ...(kind === 'offline' ? { offline: true } : {}),
  }
  if (kind !== 'declined' && kind !== 'tax') line.refunded += 1
  refunds.push(made)
  const status = kind === 'declined' ? 'error' : 'ok'
  const moved = { order: order.id, event: 'refund', amount: made.total, at } as const
  transactions.push({ ...moved, id: transaction, test: false, status })
  return made
}
