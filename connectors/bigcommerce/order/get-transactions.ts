import { Type } from 'typebox'
import { type DataRecord, defineLookup } from '../../kit/connector.ts'
import { allSound } from '../../kit/shape.ts'
import { getV3, SCOPES } from '../client/client.ts'
import { withInstants } from '../read/dates.ts'
import { noneIfUnknown } from './get-order-products.ts'
import { transactionFlaw } from '../read/shapes.ts'

const permissions = [SCOPES.orders, SCOPES.transactions]

export const getTransactions = defineLookup({
  name: 'get-transactions',
  title: 'Get the payments of an order',
  summary: 'Finds what was paid, captured and refunded for an order, by its number; one call for each.',
  synonyms: ['payments', 'transactions', 'captures', 'gateway'],
  settings: Type.Object(
    {
      tests: Type.Boolean({
        title: 'Tests and failures too',
        description: 'Without them only what moved money.',
        default: false,
      }),
    },
    { additionalProperties: false },
  ),
  permissions,
  moneyFields: ['amount'],
  maxBatch: 1,
  async find(context, keys) {
    const found = new Map<string, DataRecord>()
    for (const key of keys.filter((one) => /^\d{1,15}$/.test(one))) {
      const { records } = await getV3(context, {
        ...{ path: `/v3/orders/${key}/transactions`, doing: `get the payments of order ${key}`, permissions },
      }).catch(noneIfUnknown)
      const moved = allSound(records, transactionFlaw).filter(
        ({ test, status }) => context.settings.tests || (test !== true && status !== 'error'),
      )
      if (moved.length > 0) found.set(key, { transactions: moved.map(withInstants) })
    }
    return found
  },
})
