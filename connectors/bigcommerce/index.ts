import { hostPort } from '../kit/address.ts'
import type { Connector } from '../kit/connector.ts'
import { countOf, textOf } from '../kit/fields.ts'
import { windowEndsMs } from './client/client.ts'
import { BigCommerceSettings, discover, test, token } from './client/connection.ts'
import { getCustomers } from './customer/get-customers.ts'
import { getOrderProducts } from './order/get-order-products.ts'
import { getOrders } from './order/get-orders.ts'
import { getProducts } from './product/get-products.ts'
import { getTransactions } from './order/get-transactions.ts'
import { hook } from './hook.ts'
import { listCustomers } from './customer/list-customers.ts'
import { listOrders } from './order/list-orders.ts'
import { listRefunds } from './order/list-refunds.ts'
import { listSubscribers } from './customer/list-subscribers.ts'
import { getWholeDay } from './day/get-whole-day.ts'
import { listChangedDays } from './day/list-changed-days.ts'
import { listWholeDays } from './day/list-whole-days.ts'
import { onChange } from './on-change.ts'

export const bigcommerce: Connector = {
  name: 'bigcommerce',
  title: 'BigCommerce',
  summary: 'Shop: orders, refunds, payments, customers.',
  settings: BigCommerceSettings,
  logins: [token],
  // The quota is the store's and all its apps share it; each answer says what is left.
  limits: (connection) => [
    {
      key: `${hostPort(textOf(connection.apiUrl))}/stores/${textOf(connection.storeHash)}`,
      perProcess: 5,
      perMinute: countOf(connection.callsPerMinute, 150),
      left: { minute: 'x-rate-limit-requests-left' },
      freeInMs: windowEndsMs,
    },
  ],
  hosts: (connection) => [hostPort(textOf(connection.apiUrl))],
  test,
  discover,
  hook,
  operations: [
    onChange,
    listOrders,
    listRefunds,
    listWholeDays,
    listChangedDays,
    listCustomers,
    listSubscribers,
    getOrders,
    getOrderProducts,
    getTransactions,
    getCustomers,
    getProducts,
    getWholeDay,
  ],
}
