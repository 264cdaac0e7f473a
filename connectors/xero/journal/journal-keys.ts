import type { Context, DataRecord } from '../../kit/connector.ts'
import { textOf } from '../../kit/fields.ts'
import { getList } from '../client/client.ts'

// A manual journal has no reference in Xero. Its key stands in the narration, in square brackets; what is posted for the
// same key later has its version beside it: [sales 2026-11-10], [sales 2026-11-10 v2].

/** Pages of a thousand that are looked through: more than anybody books in the days in question. */
const MOST_PAGES = 10
/** Room for a version behind the key. */
export const VERSION_ROOM = 8

export const mark = (key: string, version = 1): string => (version > 1 ? `[${key} v${version}]` : `[${key}]`)

/** Whether the narration bears the key, of whatever version. */
export const bears = (narration: string, key: string): boolean =>
  narration.includes(`[${key}]`) || narration.includes(`[${key} v`)

/** Journals with their lines that the filter finds, drafts too, deleted ones not. `more`: there were too many to see all. */
export async function journalsWhere(
  context: Context,
  { where, doing, permissions }: { where: string; doing: string; permissions: readonly string[] },
): Promise<{ readonly journals: readonly DataRecord[]; readonly more: boolean }> {
  const found: DataRecord[] = []
  let more = false
  for (let page = 1; page <= MOST_PAGES; page++) {
    const { records, pagination } = await getList(context, {
      ...{ path: '/ManualJournals', list: 'ManualJournals', doing, permissions },
      query: { ...(where === '' ? {} : { where }), page, pageSize: 1000 },
    })
    found.push(...records)
    more = records.length > 0 && page < (pagination?.pageCount ?? page)
    if (!more) break
  }
  return { journals: found.filter(({ Status: status }) => textOf(status) !== 'DELETED'), more }
}
