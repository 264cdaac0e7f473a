import type { Context, Cursor, DataRecord, Page } from '../../kit/connector.ts'
import { type Call, getList } from '../client/client.ts'

/** Most records of one page of ours; Xero gives these lists in one piece. */
const PAGE_SIZE = 1000

/** Reads a list that Xero does not page, with one call. After a crash what was settled is left out. */
export async function* wholeList(
  context: Context,
  call: Call,
  from: Cursor | undefined,
  wanted: (record: DataRecord) => boolean = () => true,
): AsyncGenerator<Page> {
  if (from?.done === true) return
  const { records } = await getList(context, call)
  const chosen = records.filter(wanted)
  const start = typeof from?.at === 'number' ? from.at : 0
  for (let at = start; at < chosen.length || at === start; at += PAGE_SIZE) {
    const end = at + PAGE_SIZE
    yield { records: chosen.slice(at, end), cursor: end >= chosen.length ? { done: true } : { at: end } }
  }
}

export const isActive = ({ Status: status }: DataRecord): boolean => status === undefined || status === 'ACTIVE'
