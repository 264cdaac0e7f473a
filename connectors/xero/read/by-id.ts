import type { Context, DataRecord, Flaw } from '../../kit/connector.ts'
import { textOf } from '../../kit/fields.ts'
import { allSound } from '../../kit/shape.ts'
import { type Call, getList } from '../client/client.ts'

/** Ids of one call. 50 of them keep the address below 4 kB, percent-encoded. */
export const MAX_IDS = 50

export const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/**
 * One call for all keys. What is no id of Xero's is not asked for: it would spoil the call for its neighbours.
 * @throws StepError for a record that is not what it seems
 */
export async function findByIds(
  context: Context,
  keys: readonly string[],
  idField: string,
  flaw: (record: DataRecord) => Flaw | undefined,
  call: (ids: readonly string[]) => Call,
): Promise<ReadonlyMap<string, DataRecord>> {
  const ids = [...new Set(keys.map((key) => key.trim().toLowerCase()).filter((key) => GUID.test(key)))]
  if (ids.length === 0) return new Map()
  const { records } = await getList(context, call(ids))
  const byId = new Map(allSound(records, flaw).map((record) => [textOf(record[idField]).toLowerCase(), record]))
  return new Map(
    keys.flatMap((key) => {
      const found = byId.get(key.trim().toLowerCase())
      return found ? [[key, found] as const] : []
    }),
  )
}
