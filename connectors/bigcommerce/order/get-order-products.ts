import { Type } from 'typebox'
import { type DataRecord, defineLookup } from '../../kit/connector.ts'
import { allSound } from '../../kit/shape.ts'
import { getV2, SCOPES } from '../client/client.ts'
import { LINE_MONEY } from '../read/money-fields.ts'
import { MOST_OF_A_PAGE } from '../read/pages.ts'
import { lineFlaw } from '../read/shapes.ts'

const permissions = [SCOPES.orders]

export const getOrderProducts = defineLookup({
  name: 'get-order-products',
  title: 'Get the lines of an order',
  summary: 'Finds what was bought with an order, by the number of the order; one call for each.',
  synonyms: ['order lines', 'line items', 'products of an order'],
  settings: Type.Object({}, { additionalProperties: false }),
  permissions,
  moneyFields: LINE_MONEY,
  maxBatch: 1,
  async find(context, keys) {
    const found = new Map<string, DataRecord>()
    for (const key of keys) {
      const lines = await linesOf(context, key)
      if (lines.length > 0) found.set(key, { products: lines })
    }
    return found
  },
})

/** A second call is made only for an order with more than 250 lines. */
async function linesOf(context: Parameters<typeof getV2>[0], order: string): Promise<readonly DataRecord[]> {
  if (!/^\d{1,15}$/.test(order)) return []
  const lines: DataRecord[] = []
  for (let page = 1; ; page++) {
    const { records } = await getV2(context, {
      ...{ path: `/v2/orders/${order}/products`, doing: `get the lines of order ${order}`, permissions },
      query: { page, limit: MOST_OF_A_PAGE },
    }).catch(noneIfUnknown)
    lines.push(...allSound(records, lineFlaw))
    if (records.length < MOST_OF_A_PAGE) return lines
  }
}

/** An order that is not there has no lines. */
export function noneIfUnknown(error: unknown): { readonly records: readonly DataRecord[] } {
  if (error instanceof Error && 'code' in error && error.code === 'NOT_FOUND') return { records: [] }
  throw error
}
