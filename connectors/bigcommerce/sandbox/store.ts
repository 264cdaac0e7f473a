import { createFaults, type Faults } from './faults.ts'
import { createQuota, type Quota } from './quota.ts'
import { seedStore } from './seed.ts'
import type { Spoilt } from './spoiling.ts'

/** An order as it is kept. Amounts in cents, times in milliseconds since 1970. */
export type Order = {
  readonly id: number
  readonly customer: number
  readonly email: string
  readonly firstName: string
  readonly lastName: string
  readonly country: string
  readonly currency: string
  readonly madeAt: number
  readonly optIn: boolean
  lines: readonly Line[]
  /** Before tax. */
  readonly shipping?: number
  /** Taken off the total, before tax. */
  readonly coupon?: { readonly code: string; readonly discount: number }
  /** Before tax. */
  readonly fees?: readonly { readonly name: string; readonly cost: number }[]
  /** `Credit Card` when absent. */
  readonly paymentMethod?: string
  readonly externalId?: string
  /** 1 when absent. */
  readonly channel?: number
  readonly taxFree?: boolean
  status: number
  changedAt: number
  deleted: boolean
  /** What the shop's own people wrote. */
  staffNotes: string
}

export type Line = {
  readonly id: number
  readonly product: number
  readonly quantity: number
  /** Of one, without tax. */
  readonly price: number
  refunded: number
}

export type Customer = {
  readonly id: number
  email: string
  firstName: string
  lastName: string
  readonly madeAt: number
  changedAt: number
}

export type Refund = {
  readonly id: number
  readonly order: number
  readonly at: number
  readonly reason: string
  /** None: a mere adjustment of the tax. */
  readonly line?: number
  readonly quantity: number
  readonly total: number
  readonly tax: number
  /** Its payment; it names the refund's transaction. */
  readonly transaction: number
  /** The gateway did not pay it out: no money went back. */
  readonly declined?: true
  /** Cents of a second payment that was declined: the rest went back. */
  readonly declinedPart?: number
  /** Paid back elsewhere, such as in cash. */
  readonly offline?: true
}

export type Transaction = {
  readonly id: number
  readonly order: number
  readonly event: 'purchase' | 'authorization' | 'capture' | 'refund' | 'void' | 'pending' | 'settled'
  readonly amount: number
  readonly at: number
  readonly test: boolean
  readonly status: 'ok' | 'error'
}

export type Product = { readonly id: number; readonly sku: string; readonly name: string; readonly price: number }

export type Subscriber = { readonly id: number; readonly email: string; readonly at: number }

/** To which kinds of cookies and scripts a customer has said yes or no. */
export type Consent = { readonly allow: readonly string[]; readonly deny: readonly string[]; readonly at: number }

export type Hook = {
  readonly id: number
  /** Whose token made it: nobody else sees it. */
  readonly client: string
  readonly madeAt: number
  scope: string
  destination: string
  headers: { readonly [name: string]: string }
  active: boolean
  changedAt: number
}

/** How events are delivered, for tests of who gets them. */
export type Delivery = {
  /** How often each is sent. */
  copies: number
  /** Two and two, the later one first. */
  swapped: boolean
  /** Of the real waits between tries, which come to two days. */
  pace: number
}

/** One store of BigCommerce, in memory. */
export type Store = {
  readonly hash: string
  readonly currency: string
  readonly token: string
  /** Client ids by token: that of the app, and that of another app. */
  readonly clients: ReadonlyMap<string, string>
  readonly clientSecret: string
  readonly orders: Map<number, Order>
  readonly customers: Map<number, Customer>
  readonly refunds: Refund[]
  readonly transactions: Transaction[]
  readonly products: readonly Product[]
  readonly subscribers: Subscriber[]
  readonly consents: Map<number, Consent>
  readonly hooks: Map<number, Hook>
  readonly delivery: Delivery
  /** Records that come otherwise than they should, by kind and id: `order 104`. */
  readonly spoilt: Map<string, Spoilt>
  readonly denied: Set<string>
  readonly faults: Faults
  readonly quota: Quota
  /** Calls by route. */
  readonly calls: Map<string, number>
  /** The next number of its kind; a number is used once, whatever was deleted. */
  nextId(kind: 'hook' | 'customer' | 'subscriber'): number
  /** Never the same second twice in a row for what people change, so that changes can be told apart. */
  now(): number
}

export type StoreOptions = {
  readonly seed?: number
  readonly orders?: number
  readonly customers?: number
  /** The store's own; EUR when absent. */
  readonly currency?: string
  /** Calls of a window; 'off' lifts it. 150 when absent, as on the Standard plan. */
  readonly quota?: number | 'off'
  /** Length of the window, in milliseconds; 30,000 when absent. */
  readonly windowMs?: number
  /** The clock of changes. */
  readonly now?: () => number
}

export function createStore(options: StoreOptions): Store {
  const clock = options.now ?? Date.now
  let last = 0
  const seeded = seedStore(options.seed ?? 1, options.orders ?? 120, options.customers ?? 40, options.currency)
  const ids = { hook: 1, customer: (options.customers ?? 40) + 1, subscriber: 5000 }
  return {
    hash: 'demohash',
    currency: options.currency ?? 'EUR',
    token: 'bigcommerce-sandbox-token',
    clients: new Map([
      ['bigcommerce-sandbox-token', 'sandboxclient1'],
      ['bigcommerce-sandbox-other-token', 'sandboxclient2'],
    ]),
    clientSecret: 'bigcommerce-sandbox-client-secret',
    ...seeded,
    consents: new Map(),
    hooks: new Map(),
    delivery: { copies: 1, swapped: false, pace: 1 / 20_000 },
    spoilt: new Map(),
    denied: new Set(),
    faults: createFaults(),
    quota: createQuota(options.quota ?? 150, options.windowMs ?? 30_000),
    calls: new Map(),
    nextId: (kind) => ids[kind]++,
    now() {
      last = Math.max(clock(), last + 1000)
      return last
    },
  }
}
