import { refund } from './seed.ts'
import type { Order, Refund, Store } from './store.ts'
import type { Telling } from './telling.ts'

/** What people of the shop and shoppers could do. */
export type Control = {
  setStatus(order: number, status: number): void
  /** Now, or at another time in milliseconds since 1970. */
  refundOrder(order: number, at?: number): Refund | undefined
  /** A new order of a guest, finished or not. */
  placeOrder(more?: Partial<Omit<Order, 'id'>>): Order
  /** Other lines from now on. */
  editOrder(order: number, lines: Order['lines']): void
  archiveOrder(order: number): void
  renameCustomer(customer: number, lastName: string): void
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
    refundOrder(id, at) {
      const order = orderOf(id)
      const made = refund(order, store.refunds, store.transactions, at ?? store.now())
      if (!made) return undefined
      setStatus(id, order.lines.every(({ refunded, quantity }) => refunded >= quantity) ? 4 : 14)
      telling.tell('store/order/refund/created', { type: 'order', id, refund: { refund_id: made.id } })
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
  }
}
