import { Type } from 'typebox'
import { type DataRecord, defineLookup } from '../../kit/connector.ts'
import { allSound } from '../../kit/shape.ts'
import { SCOPES } from '../client/client.ts'
import { DaySettings } from './days.ts'
import { MOST_OF_A_PAGE } from '../read/pages.ts'
import { ORDER_MONEY } from '../read/money-fields.ts'
import { entryFlaw } from '../read/shapes.ts'
import { readDay } from './whole-days.ts'

const permissions = [SCOPES.orders, SCOPES.transactions]
const DAY = /^\d{4}-\d{2}-\d{2}$/

export const getWholeDay = defineLookup({
  name: 'get-whole-day',
  title: 'Get all orders and refunds of a day',
  summary:
    'Finds everything that was ordered or refunded on a day, archived orders too, with a few calls for each day.',
  synonyms: ['sales per day', 'daily summary', 'takings'],
  settings: Type.Object(
    {
      zone: DaySettings.properties.zone,
      fields: Type.Array(Type.String({ title: 'Field', minLength: 1, maxLength: 100 }), {
        title: 'Fields to keep',
        description: 'Of orders, refunds and the orders of refunds; none: all. A day travels as one record.',
        uniqueItems: true,
        maxItems: 100,
        default: [],
      }),
    },
    { additionalProperties: false },
  ),
  permissions,
  moneyFields: [...ORDER_MONEY, 'total_amount'],
  maxBatch: 1,
  // Orders, archived ones, refunds; more for a day of more than a page, and for the orders of its refunds.
  calls: 3,
  async find(context, keys) {
    const found = new Map<string, DataRecord>()
    for (const day of keys.filter((key) => DAY.test(key))) {
      const of = { zone: context.settings.zone, startAt: '', pageSize: MOST_OF_A_PAGE, permissions }
      const records: DataRecord[] = []
      for await (const page of readDay(context, of, day)) {
        // A day comes whole or not at all.
        const sound = allSound(page.records, entryFlaw)
        records.push(...sound.map((record) => kept(record, context.settings.fields)))
      }
      found.set(day, { records })
    }
    return found
  },
})

/** By what a record is known stays in any case. */
const ALWAYS = ['kind', 'document', 'day', 'order']

function kept(record: DataRecord, fields: readonly string[]): DataRecord {
  if (fields.length === 0) return record
  const wanted = new Set([...ALWAYS, ...fields])
  const part = (whole: DataRecord) => Object.fromEntries(Object.entries(whole).filter(([name]) => wanted.has(name)))
  const order = record.order
  return typeof order === 'object' && order !== null ? { ...part(record), order: part({ ...order }) } : part(record)
}
