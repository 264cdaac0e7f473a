import type { DataRecord, Flaw } from '../../kit/connector.ts'
import { flawIn } from '../../kit/shape.ts'

// What BigCommerce says its records are (reference/orders.v2, orders.v3, customers.v3), with times already as instants.

const STATUSES = Array.from({ length: 15 }, (_, status) => status)

export const orderFlaw = flawIn({
  what: 'order',
  names: ['id'],
  times: ['date_created', 'date_modified'],
  numbers: ['customer_id'],
  decimals: [
    'subtotal_ex_tax',
    'subtotal_inc_tax',
    'shipping_cost_ex_tax',
    'shipping_cost_inc_tax',
    'total_ex_tax',
    'total_inc_tax',
    'total_tax',
  ],
  objects: ['billing_address'],
  values: { status_id: STATUSES },
  // What the shopper pays in.
  currency: 'default_currency_code',
})

export const refundFlaw = flawIn({
  what: 'refund',
  names: ['id'],
  times: ['created'],
  numbers: ['order_id'],
  decimals: ['total_amount', 'total_tax'],
  lists: ['items', 'payments'],
})

export const customerFlaw = flawIn({
  what: 'customer',
  names: ['id', 'email'],
  times: ['date_created', 'date_modified'],
  texts: ['email'],
  maybeLists: ['addresses'],
})

export const subscriberFlaw = flawIn({ what: 'subscriber', names: ['id', 'email'], texts: ['email'] })

export const lineFlaw = flawIn({
  what: 'line',
  names: ['id', 'name'],
  numbers: ['product_id', 'quantity'],
  decimals: ['price_ex_tax', 'price_inc_tax', 'total_ex_tax', 'total_inc_tax', 'total_tax'],
})

export const transactionFlaw = flawIn({
  what: 'transaction',
  names: ['id'],
  decimals: ['amount'],
  values: {
    event: ['purchase', 'authorization', 'capture', 'refund', 'void', 'pending', 'settled'],
    status: ['ok', 'error'],
  },
})

/** Of whole days, where orders, refunds with their order, and names of days come together. */
export function entryFlaw(record: DataRecord): Flaw | undefined {
  if (record.kind === 'order') return orderFlaw(record)
  return record.kind === 'refund' ? ofRefund(record) : undefined
}

/** A refund may be of an order that is not there any more. */
const ofRefund = (record: DataRecord) =>
  refundFlaw(record) ??
  (typeof record.order === 'object' && record.order !== null ? orderFlaw({ ...record.order }) : undefined)
