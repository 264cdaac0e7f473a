import type { Context, DataRecord } from '../../kit/connector.ts'
import { textOf } from '../../kit/fields.ts'
import { GUID } from './by-id.ts'
import { type Call, getList } from '../client/client.ts'
import { isAskable } from './filters.ts'

/** Keys of one `where`: each takes up to 200 characters of an address. */
const MAX_NAMED = 20
/** Names other than ids may fit several records. */
const PAGE_SIZE = 1000

export type Singles = {
  /** Fields of a record that a key may name. */
  readonly keyFields: readonly string[]
  readonly byIds: (ids: readonly string[]) => Call
  readonly byNames: (names: readonly string[]) => Call
}

/** Finds single records by id or by what people call them, in one call for ids and one for every twenty names. */
export async function findSingle(
  context: Context,
  keys: readonly string[],
  { keyFields, byIds, byNames }: Singles,
): Promise<ReadonlyMap<string, readonly DataRecord[]>> {
  const asked = [...new Set(keys.map((key) => key.trim().toLowerCase()))]
  const ids = asked.filter((key) => GUID.test(key))
  // What has no name but its id is not asked for by anything else.
  const named = keyFields.length > 1
  const names = asked.filter((key) => named && key !== '' && !GUID.test(key) && isAskable(key))
  const calls: Call[] = ids.length > 0 ? [byIds(ids)] : []
  for (let from = 0; from < names.length; from += MAX_NAMED) calls.push(byNames(names.slice(from, from + MAX_NAMED)))

  const byKey = new Map<string, DataRecord[]>()
  const met = new Map<string, DataRecord>()
  for (const call of calls) {
    const { records } = await getList(context, { ...call, query: { ...call.query, page: 1, pageSize: PAGE_SIZE } })
    for (const found of records) {
      const id = textOf(found[keyFields[0] ?? ''])
      // The same record by id and by name is one record.
      const record = met.get(id) ?? found
      met.set(id, record)
      for (const key of new Set(keyFields.map((field) => textOf(record[field]).trim().toLowerCase()))) {
        const list = byKey.get(key)
        if (!list) byKey.set(key, [record])
        else if (!list.includes(record)) list.push(record)
      }
    }
  }
  return new Map(
    keys.flatMap((key) => {
      const found = byKey.get(key.trim().toLowerCase())
      return found ? [[key, found] as const] : []
    }),
  )
}
