import { sql } from 'kysely'
import type { Lane } from '../database/schema.ts'

/** Runs of a workspace that may be at work at the same time, by lane, until somebody says otherwise. */
export const LANE_CAPS: { readonly [L in Lane]: number } = { live: 8, bulk: 2 }

export const LANES: readonly Lane[] = ['live', 'bulk']

/** The cap of a lane that has no row yet, in SQL. `column` names the lane. */
export const usualCap = (column: string) =>
  sql<number>`case ${sql.raw(column)} when 'live' then ${LANE_CAPS.live}::int else ${LANE_CAPS.bulk}::int end`
