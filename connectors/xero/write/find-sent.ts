import type { Context, DataRecord, WriteItem } from '../../kit/connector.ts'
import { textOf } from '../../kit/fields.ts'
import { type Call, getList } from '../client/client.ts'
import { KEYS_PER_LOOK } from './document-payload.ts'
import { allOf, anyText } from '../read/filters.ts'

type Look = {
  readonly call: Call
  /** Text field by which what was sent is known. */
  readonly keyField: string
  /** What else must hold. */
  readonly where?: string
  isLike(found: DataRecord, sent: DataRecord): boolean
}

/** Looks for what was sent by the text it is known by. What is there but looks otherwise is unclear. */
export async function probeByText(
  context: Context,
  items: readonly WriteItem[],
  { call, keyField, where, isLike }: Look,
) {
  const keys = [...new Set(items.map(({ value }) => textOf(value[keyField])))]
  const found: DataRecord[] = []
  for (let from = 0; from < keys.length; from += KEYS_PER_LOOK) {
    const { records } = await getList(context, {
      ...call,
      query: {
        where: allOf(where, anyText(keyField, keys.slice(from, from + KEYS_PER_LOOK))),
        page: 1,
        pageSize: 1000,
      },
    })
    found.push(...records)
  }
  const byKey = Map.groupBy(found, (record) => textOf(record[keyField]).toLowerCase())
  return items.map(({ value }) => {
    const same = byKey.get(textOf(value[keyField]).toLowerCase()) ?? []
    if (same.length === 0) return 'absent'
    return same.some((record) => isLike(record, value)) ? 'arrived' : 'unclear'
  })
}
