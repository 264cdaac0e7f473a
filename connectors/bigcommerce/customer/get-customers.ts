import { Type } from 'typebox'
import { type DataRecord, defineLookup } from '../../kit/connector.ts'
import { textOf } from '../../kit/fields.ts'
import { allSound } from '../../kit/shape.ts'
import { getV3, SCOPES } from '../client/client.ts'
import { withInstants } from '../read/dates.ts'
import { customerFlaw } from '../read/shapes.ts'

const permissions = [SCOPES.customers]
/** Keys of one call: 50 e-mail addresses keep the address of the call below 4 kB. */
const MOST_KEYS = 50

export const getCustomers = defineLookup({
  name: 'get-customers',
  title: 'Get customers',
  summary: 'Finds customers of the shop by number or by e-mail address; guests are none.',
  synonyms: ['customer of an order', 'look up customer', 'e-mail'],
  settings: Type.Object(
    {
      by: Type.Union(
        [Type.Literal('id', { title: 'Customer number' }), Type.Literal('email', { title: 'E-mail address' })],
        { title: 'Known by', default: 'id' },
      ),
    },
    { additionalProperties: false },
  ),
  permissions,
  maxBatch: MOST_KEYS,
  async find(context, keys) {
    const { by } = context.settings
    // 0 stands for a guest; a comma would ask for two.
    const wanted = keys.filter((key) => (by === 'id' ? /^[1-9]\d{0,14}$/.test(key) : /^[^\s,]+@[^\s,]+$/.test(key)))
    if (wanted.length === 0) return new Map()
    const { records } = await getV3(context, {
      ...{ path: '/v3/customers', doing: 'get customers', permissions },
      query: { [`${by}:in`]: wanted.join(','), include: 'addresses', limit: 250 },
    })
    const sound = allSound(records.map(withInstants), customerFlaw)
    const known = new Map(sound.map((record) => [textOf(record[by]).toLowerCase(), record]))
    return new Map<string, DataRecord>(
      wanted.flatMap((key) => {
        const found = known.get(key.toLowerCase())
        return found ? [[key, found] as const] : []
      }),
    )
  },
})
