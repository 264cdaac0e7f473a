import { Type } from 'typebox'
import { type Context, type DataRecord, defineLookup } from '../../kit/connector.ts'
import { StepError } from '../../kit/errors.ts'
import { fieldsOf } from '../../kit/fields.ts'
import { allSound } from '../../kit/shape.ts'
import { get, SCOPES } from '../client/client.ts'
import { withInstants } from '../read/dates.ts'
import { ORDER_MONEY } from '../read/money-fields.ts'
import { orderFlaw } from '../read/shapes.ts'

const permissions = [SCOPES.orders]

export const getOrders = defineLookup({
  name: 'get-orders',
  title: 'Get orders',
  summary: 'Finds an order as it is now, by its number; one call for each. For orders that an event or a refund names.',
  synonyms: ['look up order', 'order of a refund', 'order by number'],
  settings: Type.Object({}, { additionalProperties: false }),
  permissions,
  moneyFields: ORDER_MONEY,
  maxBatch: 1,
  async find(context, keys) {
    const found = new Map<string, DataRecord>()
    for (const key of keys) {
      const order = await orderOf(context, key)
      if (!order) continue
      allSound([order], orderFlaw)
      found.set(key, order)
    }
    return found
  },
})

/** The order of a number as it is there, archived or not; undefined for none, and for what is no number. */
export async function orderOf(context: Context, number: string): Promise<DataRecord | undefined> {
  const id = number.trim()
  if (!/^\d{1,15}$/.test(id)) return undefined
  try {
    const body = await get(context, { path: `/v2/orders/${id}`, doing: `read order ${id}`, permissions })
    return body === null ? undefined : withInstants(fieldsOf(body))
  } catch (error) {
    if (error instanceof StepError && error.code === 'NOT_FOUND') return undefined
    throw error
  }
}
