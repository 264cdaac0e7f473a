import { sql, type Transaction } from 'kysely'
import type { DataRecord } from '../../../connectors/kit/connector.ts'
import type { KeptPair } from '../../run/journal/kept.ts'
import type { Database } from '../database/schema.ts'

type Tx = Transaction<Database>
type Place = { readonly workspace: string; readonly run: string; readonly node: string }
type Row = { readonly key: string; readonly input: string; readonly record: DataRecord }
type Side = { count: number; records: DataRecord[]; sum?: string }

/** Records of one key and side that are shown. */
const SHOWN = 10

/** Both sides of a comparison, key by key, without ever holding more than `limit` records. */
export async function readKeptPairs(
  tx: Tx,
  place: Place,
  after: string | undefined,
  limit: number,
): Promise<readonly KeptPair[]> {
  // Rows have just been written and nothing was counted yet: without this the planner may read and sort all of them for
  // each page.
  await sql`select set_config('enable_bitmapscan', 'off', true), set_config('enable_sort', 'off', true)`.execute(tx)
  const { rows } = await sql<Row>`
    select key, input, record from run_sets
    where workspace_id = ${place.workspace} and run_id = ${place.run} and node_id = ${place.node}
      and (${after ?? null}::text is null or key > ${after ?? null}::text)
    order by workspace_id, run_id, node_id, key, batch, position limit ${limit}
  `.execute(tx)
  const groups = [...Map.groupBy(rows, ({ key }) => key)]
  // The last key may go on after the page; it comes with the next one, unless it fills the page by itself.
  if (rows.length === limit && groups.length > 1) groups.pop()
  const cut = rows.length === limit && groups.length === 1
  const pairs: KeptPair[] = []
  for (const [key, found] of groups) {
    const sides = { left: sideOf(found, 'left'), right: sideOf(found, 'right') }
    if (cut || sides.left.count > SHOWN || sides.right.count > SHOWN) await countWhole(tx, place, key, sides)
    pairs.push({ key, ...sides })
  }
  return pairs
}

function sideOf(rows: readonly Row[], side: 'left' | 'right'): Side {
  const own = rows.filter(({ input }) => input === side)
  return { count: own.length, records: own.slice(0, SHOWN).map(({ record }) => record) }
}

/** Of a key with very many records: how many there are, and what they add up to. */
async function countWhole(tx: Tx, place: Place, key: string, sides: { left: Side; right: Side }): Promise<void> {
  const { rows } = await sql<{ input: 'left' | 'right'; count: number; sum: string | null }>`
    select input, count(*)::int as count, sum(amount)::text as sum from run_sets
    where workspace_id = ${place.workspace} and run_id = ${place.run} and node_id = ${place.node} and key = ${key}
    group by input
  `.execute(tx)
  for (const { input, count, sum } of rows) Object.assign(sides[input], { count, sum: sum ?? '0' })
}
