import type { Line, Order } from './store.ts'

export const netOf = (lines: readonly Line[]) => lines.reduce((sum, { price, quantity }) => sum + price * quantity, 0)

/** At the store's one rate, 20 %. */
export const taxOn = (net: number) => Math.round(net * 0.2)

/** What an order adds up to, in cents. */
export function amountsOf(order: Order) {
  const taxOf = (amount: number) => (order.taxFree ? 0 : taxOn(amount))
  const goods = netOf(order.lines)
  const shipping = order.shipping ?? 0
  const fees = (order.fees ?? []).reduce((sum, { cost }) => sum + cost, 0)
  const discount = order.coupon?.discount ?? 0
  const net = goods + shipping + fees - discount
  const tax = taxOf(goods) + taxOf(shipping) + taxOf(fees) - taxOf(discount)
  return { goods, goodsTax: taxOf(goods), shipping, shippingTax: taxOf(shipping), discount, net, tax, gross: net + tax }
}
