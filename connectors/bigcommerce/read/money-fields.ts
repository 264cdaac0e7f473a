/** Amounts of orders: text with four decimals. */
export const ORDER_MONEY = [
  'subtotal_ex_tax',
  'subtotal_inc_tax',
  'subtotal_tax',
  'total_ex_tax',
  'total_inc_tax',
  'total_tax',
  'base_shipping_cost',
  'shipping_cost_ex_tax',
  'shipping_cost_inc_tax',
  'discount_amount',
  'coupon_discount',
  'store_credit_amount',
  'gift_certificate_amount',
] as const

/** Amounts of the lines of an order. */
export const LINE_MONEY = [
  'base_price',
  'price_ex_tax',
  'price_inc_tax',
  'base_total',
  'total_ex_tax',
  'total_inc_tax',
  'total_tax',
  'refund_amount',
] as const
