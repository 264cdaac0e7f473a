import { amountsOf, taxOn } from './amounts.ts'
import type { Order } from './store.ts'
import { money, rfc2822 } from './wire.ts'

// Lists below an order (reference/orders.v2). What has nothing in it is answered without a body.

const addressOf = ({ firstName, lastName, country, email }: Order) => ({
  ...{ first_name: firstName, last_name: lastName, company: '', street_1: 'Hauptstr. 1', street_2: '', city: 'Berlin' },
  ...{ state: 'Berlin', zip: '10115', country: 'Germany', country_iso2: country, phone: '', email },
})

/** One for each order; digital goods have none, but this store sells none. */
export const wireAddresses = (order: Order) => [
  {
    ...{ id: order.id + 40_000, order_id: order.id, ...addressOf(order), items_total: order.lines.length },
    ...{ items_shipped: isShipped(order) ? order.lines.length : 0, shipping_method: 'Flat rate' },
    ...{
      base_cost: money(order.shipping ?? 0),
      cost_ex_tax: money(order.shipping ?? 0),
      shipping_zone_name: 'Germany',
    },
  },
]

export const wireCoupons = ({ id, coupon }: Order) =>
  coupon
    ? [
        {
          ...{ id: id + 50_000, coupon_id: 1, order_id: id, code: coupon.code, type: 2 },
          ...{ amount: money(coupon.discount), discount: coupon.discount / 100 },
        },
      ]
    : []

/** One for each line, and one for the shipping. An order that is free of tax has none. */
export function wireTaxes(order: Order) {
  if (order.taxFree) return []
  const { shippingTax } = amountsOf(order)
  const common = {
    ...{ order_id: order.id, order_address_id: order.id + 40_000, tax_rate_id: 1, tax_class_id: 0 },
    ...{ name: 'VAT', class: 'Default tax class', rate: '20.0000', priority: 0 },
  }
  const items = order.lines.map(({ id, price, quantity }) => {
    const amount = money(taxOn(price * quantity))
    return { id, ...common, priority_amount: amount, line_amount: amount, order_product_id: id, line_item_type: 'item' }
  })
  if (shippingTax === 0) return items
  const amount = money(shippingTax)
  const shipping = { priority_amount: amount, line_amount: amount, order_product_id: null, line_item_type: 'shipping' }
  return [...items, { id: order.id, ...common, ...shipping }]
}

export const wireFees = ({ id, fees = [], taxFree }: Order) =>
  fees.map(({ name, cost }, at) => {
    const tax = taxFree ? 0 : taxOn(cost)
    return {
      ...{ id: id * 10 + at, type: 'custom_fee', name, display_name_customer: name, display_name_merchant: name },
      ...{ cost_ex_tax: money(cost), cost_tax: money(tax), cost_inc_tax: money(cost + tax), tax_class_id: null },
      source: 'API',
    }
  })

const isShipped = ({ status }: Order) => [2, 3, 10].includes(status)

/** A partly shipped order has sent its first line. */
export function wireShipments(order: Order) {
  if (!isShipped(order)) return []
  const sent = order.status === 3 ? order.lines.slice(0, 1) : order.lines
  return [
    {
      ...{
        id: order.id + 60_000,
        order_id: order.id,
        customer_id: order.customer,
        order_address_id: order.id + 40_000,
      },
      ...{ date_created: rfc2822(order.changedAt), tracking_number: `TRK${order.id}`, shipping_method: 'Flat rate' },
      ...{ shipping_provider: '', tracking_carrier: '', comments: '' },
      ...{ billing_address: addressOf(order), shipping_address: addressOf(order) },
      items: sent.map(({ id, product, quantity }) => ({ order_product_id: id, product_id: product, quantity })),
    },
  ]
}
