import { amountsOf } from './amounts.ts'
import { type RefundKind, refund } from './seed.ts'
import type { Spoilt } from './spoiling.ts'
import type { Delivery, Order, Refund, Store, Transaction } from './store.ts'
import type { Telling } from './telling.ts'

/** What people of the shop and shoppers could do. */
export type Control = {
  setStatus(order: number, status: number): void
  /** Now, or at another time in milliseconds since 1970. */
  refundOrder(order: number, at?: number, kind?: RefundKind): Refund | undefined
  /** A payment of the whole order, or another movement of it: a test, a failure, an authorization. */
  payOrder(order: number, more?: Partial<Pick<Transaction, 'event' | 'status' | 'test' | 'amount'>>): Transaction
  /** A new order of a guest, finished or not. */
  placeOrder(more?: Partial<Omit<Order, 'id'>>): Order
  /** Other lines from now on. */
  editOrder(order: number, lines: Order['lines']): void
  archiveOrder(order: number): void
  renameCustomer(customer: number, lastName: string): void
  /** Somebody wants the newsletter, customer or not; or no longer. */
  subscribe(email: string, wanted: boolean): void
  /** How events are delivered from now on. */
  setDelivery(delivery: Partial<Delivery>): void
  /** From now on the record (`order 104`) comes so; without `how`, as it stands in the store. */
  spoil(record: string, how?: Spoilt): void
}

export class ControlRefused extends Error {}

export function createControl(store: Store, telling: Telling): Control {
  const orderOf = (id: number): Order => {
    const order = store.orders.get(id)
    if (!order) throw new ControlRefused(`There is no order ${id}.`)
    return order
  }

  function setStatus(id: number, status: number): void {
    const order = orderOf(id)
    if (status < 0 || status > 14 || !Number.isInteger(status)) throw new ControlRefused('A status is 0 to 14.')
    const before = order.status
    order.status = status
    order.changedAt = store.now()
    telling.tell('store/order/statusUpdated', {
      ...{ type: 'order', id, status: { previous_status_id: before, new_status_id: status } },
    })
    telling.tell('store/order/updated', { type: 'order', id })
  }

  return {
    setStatus,
    refundOrder(id, at, kind) {
      const order = orderOf(id)
      const made = refund(order, store.refunds, store.transactions, at ?? store.now(), kind)
      if (!made) return undefined
      if (!made.declined) setStatus(id, order.lines.every(({ refunded, quantity }) => refunded >= quantity) ? 4 : 14)
      telling.tell('store/order/refund/created', { type: 'order', id, refund: { refund_id: made.id } })
      return made
    },
    payOrder(id, more = {}) {
      const order = orderOf(id)
      const made: Transaction = {
        ...{ id: store.transactions.length + 1, order: id, event: 'purchase', amount: amountsOf(order).gross },
        ...{ at: store.now(), test: false, status: 'ok', ...more },
      }
      store.transactions.push(made)
      telling.tell('store/order/transaction/created', { type: 'order', id, transaction_id: made.id })
      return made
    },
    placeOrder(more = {}) {
      const id = Math.max(99, ...store.orders.keys()) + 1
      const at = store.now()
      const product = store.products[id % store.products.length]!
      const order: Order = {
        ...{ id, customer: 0, email: `guest.${id}@shop.example`, firstName: 'Guest', lastName: `No. ${id}` },
        ...{
          country: 'DE',
          currency: store.currency,
          madeAt: at,
          changedAt: at,
          optIn: false,
          deleted: false,
          staffNotes: '',
        },
        ...{ status: 0, lines: [{ id: id * 10, product: product.id, quantity: 1, price: product.price, refunded: 0 }] },
        ...more,
      }
      store.orders.set(id, order)
      telling.tell('store/order/created', { type: 'order', id })
      return order
    },
    editOrder(id, lines) {
      const order = orderOf(id)
      order.lines = lines
      order.changedAt = store.now()
      telling.tell('store/order/updated', { type: 'order', id })
    },
    archiveOrder(id) {
      const order = orderOf(id)
      order.deleted = true
      order.changedAt = store.now()
      telling.tell('store/order/archived', { type: 'order', id })
    },
    renameCustomer(id, lastName) {
      const customer = store.customers.get(id)
      if (!customer) throw new ControlRefused(`There is no customer ${id}.`)
      customer.lastName = lastName
      customer.changedAt = store.now()
      telling.tell('store/customer/updated', { type: 'customer', id })
    },
    subscribe(email, wanted) {
      const at = store.subscribers.findIndex((one) => one.email === email)
      if (wanted === at >= 0)
        throw new ControlRefused(`${email} is ${wanted ? 'subscribed already' : 'not subscribed'}.`)
      const one = wanted
        ? { id: store.nextId('subscriber'), email, at: store.now() }
        : store.subscribers.splice(at, 1)[0]!
      if (wanted) store.subscribers.push(one)
      telling.tell(`store/subscriber/${wanted ? 'created' : 'deleted'}`, { type: 'subscriber', id: one.id })
    },
    setDelivery: (delivery) => void Object.assign(store.delivery, delivery),
    spoil: (record, how) => void (how ? store.spoilt.set(record, how) : store.spoilt.delete(record)),
  }
}
