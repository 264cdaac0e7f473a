import { createFaults, type Faults } from './faults.ts'
import { createQuota, type Quota } from './quota.ts'
import { seedStore } from './seed.ts'

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
  readonly line: number
  readonly quantity: number
  readonly total: number
  readonly tax: number
}

export type Transaction = {
  readonly id: number
  readonly order: number
  readonly event: 'purchase' | 'refund'
  readonly amount: number
  readonly at: number
  readonly test: boolean
  readonly status: 'ok' | 'error'
}

export type Product = { readonly id: number; readonly sku: string; readonly name: string; readonly price: number }

export type Subscriber = { readonly id: number; readonly email: string; readonly at: number }

export type Hook = {
  readonly id: number
  readonly scope: string
  readonly destination: string
  readonly headers: { readonly [name: string]: string }
  active: boolean
}

/** One store of BigCommerce, in memory. */
export type Store = {
  readonly hash: string
  readonly currency: string
  readonly token: string
  readonly clientSecret: string
  readonly orders: Map<number, Order>
  readonly customers: Map<number, Customer>
  readonly refunds: Refund[]
  readonly transactions: Transaction[]
  readonly products: readonly Product[]
  readonly subscribers: readonly Subscriber[]
  readonly hooks: Map<number, Hook>
  readonly denied: Set<string>
  readonly faults: Faults
  readonly quota: Quota
  /** Calls by route. */
  readonly calls: Map<string, number>
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

export const TAX = 0.2

export function createStore(options: StoreOptions): Store {
  const clock = options.now ?? Date.now
  let last = 0
  return {
    hash: 'demohash',
    currency: options.currency ?? 'EUR',
    token: 'bigcommerce-sandbox-token',
    clientSecret: 'bigcommerce-sandbox-client-secret',
    ...seedStore(options.seed ?? 1, options.orders ?? 120, options.customers ?? 40, options.currency),
    hooks: new Map(),
    denied: new Set(),
    faults: createFaults(),
    quota: createQuota(options.quota ?? 150, options.windowMs ?? 30_000),
    calls: new Map(),
    now() {
      last = Math.max(clock(), last + 1000)
      return last
    },
  }
}
