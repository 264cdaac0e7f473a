import { Type } from 'typebox'
import { defineLookup } from '../../kit/connector.ts'
import { textOf } from '../../kit/fields.ts'
import { getV3, SCOPES } from '../client/client.ts'
import { withInstants } from '../read/dates.ts'

const permissions = [SCOPES.products]
const MOST_KEYS = 50

export const getProducts = defineLookup({
  name: 'get-products',
  title: 'Get products',
  summary: 'Finds products of the catalogue by number or by SKU.',
  synonyms: ['catalogue', 'items', 'sku'],
  settings: Type.Object(
    {
      by: Type.Union([Type.Literal('id', { title: 'Product number' }), Type.Literal('sku', { title: 'SKU' })], {
        title: 'Known by',
        default: 'id',
      }),
    },
    { additionalProperties: false },
  ),
  permissions,
  maxBatch: MOST_KEYS,
  async find(context, keys) {
    const { by } = context.settings
    // A comma would ask for two.
    const wanted = keys.filter((key) => (by === 'id' ? /^[1-9]\d{0,14}$/.test(key) : key !== '' && !key.includes(',')))
    if (wanted.length === 0) return new Map()
    const { records } = await getV3(context, {
      ...{ path: '/v3/catalog/products', doing: 'get products', permissions },
      query: { [`${by}:in`]: wanted.join(','), limit: 250 },
    })
    const known = new Map(records.map((record) => [textOf(record[by]).toLowerCase(), withInstants(record)]))
    return new Map(
      wanted.flatMap((key) => {
        const found = known.get(key.toLowerCase())
        return found ? [[key, found] as const] : []
      }),
    )
  },
})
