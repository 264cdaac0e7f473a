import { amountsOf, taxOn } from './amounts.ts'
import type { Customer, Order, Product, Refund, Store, Subscriber, Transaction } from './store.ts'

/** How V2 writes money: text with four decimals. */
export const money = (cents: number): string => (cents / 100).toFixed(4)
/** V3 writes numbers. */
const number = (cents: number): number => cents / 100
/** V2 writes times after RFC 2822, V3 after RFC 3339. */
export const rfc2822 = (at: number): string => new Date(at).toUTCString().replace('GMT', '+0000')
export const rfc3339 = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`

export const STATUS_NAMES: { readonly [status: number]: string } = {
  ...{ 0: 'Incomplete', 1: 'Pending', 2: 'Shipped', 3: 'Partially Shipped', 4: 'Refunded', 5: 'Cancelled' },
  ...{ 6: 'Declined', 7: 'Awaiting Payment', 8: 'Awaiting Pickup', 9: 'Awaiting Shipment', 10: 'Completed' },
  ...{ 11: 'Awaiting Fulfillment', 12: 'Manual Verification Required', 13: 'Disputed', 14: 'Partially Refunded' },
}

const paymentStatus = ({ status }: Order): string =>
  ({ 0: '', 1: 'pending', 4: 'refunded', 5: 'void', 6: 'declined', 7: 'pending', 14: 'partially refunded' })[status] ??
  'captured'

/** Units of a foreign currency for one of the store's own. */
const RATE = 0.85

export function wireOrder({ currency }: Pick<Store, 'currency'>, order: Order): { readonly [field: string]: unknown } {
  const { goods, goodsTax, shipping, shippingTax, discount, net, tax, gross } = amountsOf(order)
  return {
    id: order.id,
    customer_id: order.customer,
    date_created: rfc2822(order.madeAt),
    date_modified: rfc2822(order.changedAt),
    date_shipped: '',
    status_id: order.status,
    status: STATUS_NAMES[order.status],
    custom_status: STATUS_NAMES[order.status],
    subtotal_ex_tax: money(goods),
    subtotal_inc_tax: money(goods + goodsTax),
    subtotal_tax: money(goodsTax),
    shipping_cost_ex_tax: money(shipping),
    shipping_cost_inc_tax: money(shipping + shippingTax),
    total_ex_tax: money(net),
    total_inc_tax: money(gross),
    total_tax: money(tax),
    items_total: order.lines.reduce((sum, { quantity }) => sum + quantity, 0),
    payment_method: order.paymentMethod ?? 'Credit Card',
    payment_status: paymentStatus(order),
    // Documented to be so, whatever was refunded.
    refunded_amount: money(0),
    discount_amount: money(0),
    coupon_discount: money(discount),
    currency_code: order.currency,
    default_currency_code: order.currency,
    store_default_currency_code: currency,
    store_default_to_transactional_exchange_rate: (order.currency === currency ? 1 : RATE).toFixed(10),
    is_deleted: order.deleted,
    is_email_opt_in: order.optIn,
    staff_notes: order.staffNotes,
    channel_id: order.channel ?? 1,
    cart_id: cartOf(order),
    external_order_id: order.externalId ?? '',
    billing_address: {
      first_name: order.firstName,
      last_name: order.lastName,
      company: '',
      city: 'Berlin',
      country_iso2: order.country,
      email: order.email,
    },
  }
}

export const cartOf = ({ id }: Order): string => `ca470000-0000-4000-8000-${String(id).padStart(12, '0')}`

export const wireLines = (store: Store, order: Order) =>
  order.lines.map((line) => {
    const { price, quantity } = line
    const product = store.products.find(({ id }) => id === line.product)
    return {
      id: line.id,
      order_id: order.id,
      product_id: line.product,
      variant_id: line.product + 1000,
      name: product?.name ?? '',
      sku: product?.sku ?? '',
      quantity,
      price_ex_tax: money(price),
      price_inc_tax: money(price + taxOn(price)),
      total_ex_tax: money(price * quantity),
      total_inc_tax: money(price * quantity + taxOn(price * quantity)),
      total_tax: money(taxOn(price * quantity)),
      is_refunded: line.refunded >= quantity,
      quantity_refunded: line.refunded,
      refund_amount: money(line.refunded * (price + taxOn(price))),
      applied_discounts: [],
    }
  })

export const wireRefund = (refund: Refund) => ({
  id: refund.id,
  order_id: refund.order,
  user_id: 1,
  created: rfc3339(refund.at),
  reason: refund.reason,
  total_amount: number(refund.total),
  total_tax: number(refund.tax),
  items:
    refund.line === undefined
      ? []
      : [
          {
            ...{ item_type: 'PRODUCT', item_id: refund.line, quantity: refund.quantity },
            requested_amount: number(refund.total),
          },
        ],
  payments: [
    payment(refund, refund.total - (refund.declinedPart ?? 0), refund.declined ?? false),
    ...(refund.declinedPart === undefined ? [] : [payment(refund, refund.declinedPart, true)]),
  ],
})

const payment = (refund: Refund, amount: number, declined: boolean) => ({
  ...{ provider_id: refund.offline ? 'custom' : 'braintree', amount: number(amount) },
  ...{ offline: refund.offline ?? false, is_declined: declined },
  declined_message: declined ? 'Insufficient funds' : null,
})

export const wireTransaction = (one: Transaction, order: Order | undefined) => ({
  id: one.id,
  order_id: String(one.order),
  event: one.event,
  method: 'credit_card',
  amount: number(one.amount),
  currency: order?.currency ?? 'EUR',
  gateway: 'braintree',
  gateway_transaction_id: `gw-${one.id}`,
  date_created: rfc3339(one.at),
  test: one.test,
  status: one.status,
  reference_transaction_id: null,
})

export const wireCustomer = (customer: Customer, addresses: boolean) => ({
  id: customer.id,
  email: customer.email,
  first_name: customer.firstName,
  last_name: customer.lastName,
  company: '',
  phone: '',
  notes: '',
  customer_group_id: 0,
  date_created: rfc3339(customer.madeAt),
  date_modified: rfc3339(customer.changedAt),
  ...(addresses ? { addresses: [{ id: customer.id + 70, city: 'Berlin', country_code: 'DE' }] } : {}),
})

export const wireSubscriber = ({ id, email, at }: Subscriber) => ({
  ...{ id, email, first_name: '', last_name: '', source: 'storefront', order_id: null, channel_id: 1 },
  ...{ date_created: rfc3339(at), date_modified: rfc3339(at) },
})

export const wireProduct = ({ id, sku, name, price }: Product) => ({
  ...{ id, sku, name, price: number(price), type: 'physical', is_visible: true },
  ...{ date_created: rfc3339(Date.parse('2026-08-01')), date_modified: rfc3339(Date.parse('2026-08-01')) },
})
