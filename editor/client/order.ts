import type { FleetRow } from '../../server/contract/fleet.ts'
import type { FLEET_SORTS } from '../search.ts'

export type ClientSort = (typeof FLEET_SORTS)[number]

const GRAVEST: readonly FleetRow['state'][] = ['red', 'amber', 'green', 'off']

type Compare = (a: FleetRow, b: FleetRow) => number
const byName: Compare = (a, b) => a.name.localeCompare(b.name)

/** What one looks for comes first: A, the gravest, the most exceptions, the latest run. */
const FIRST: { readonly [by in ClientSort]: Compare } = {
  name: byName,
  state: (a, b) => GRAVEST.indexOf(a.state) - GRAVEST.indexOf(b.state),
  exceptions: (a, b) => b.exceptions - a.exceptions,
  last: (a, b) => (b.lastRunAt ?? '').localeCompare(a.lastRunAt ?? ''),
}
/** Whether the first order of a column goes up or down. */
const UP: { readonly [by in ClientSort]: boolean } = { name: true, state: true, exceptions: false, last: false }

/** In order of a column; the same is in the order of names. Without one they stay as they came: gravest first. */
export function inOrder(rows: readonly FleetRow[], by: ClientSort | undefined, turned: boolean): readonly FleetRow[] {
  if (by === undefined) return rows
  return [...rows].sort((a, b) => (turned ? -FIRST[by](a, b) : FIRST[by](a, b)) || byName(a, b))
}

export const orderOf = (by: ClientSort, turned: boolean): 'ascending' | 'descending' =>
  UP[by] !== turned ? 'ascending' : 'descending'
