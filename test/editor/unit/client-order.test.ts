import { expect, test } from 'vitest'
import { inOrder, orderOf } from '../../../editor/client/order.ts'
import type { FleetRow } from '../../../server/contract/fleet.ts'

const row = (name: string, state: FleetRow['state'], exceptions: number, lastRunAt: string | null): FleetRow => ({
  ...{ workspace: name, name, role: 'operator', state, sentence: '', flows: 1, on: 1, stopped: 0, signIns: 0 },
  ...{ exceptions, reports: 0, runs: 0, failed: 0, queueSeconds: null, lastRunAt },
})
const rows = [
  row('Ostwind', 'green', 3, '2026-11-28T10:00:00Z'),
  row('Abel', 'red', 0, null),
  row('Nord', 'amber', 3, '2026-11-28T12:00:00Z'),
]

test.each([
  [undefined, ['Ostwind', 'Abel', 'Nord'], ['Ostwind', 'Abel', 'Nord'], undefined],
  ['name', ['Abel', 'Nord', 'Ostwind'], ['Ostwind', 'Nord', 'Abel'], 'ascending'],
  ['state', ['Abel', 'Nord', 'Ostwind'], ['Ostwind', 'Nord', 'Abel'], 'ascending'],
  ['exceptions', ['Nord', 'Ostwind', 'Abel'], ['Abel', 'Nord', 'Ostwind'], 'descending'],
  ['last', ['Nord', 'Ostwind', 'Abel'], ['Abel', 'Ostwind', 'Nord'], 'descending'],
] as const)('clients by %s, and turned around', (by, first, turned, order) => {
  expect(inOrder(rows, by, false).map(({ name }) => name)).toEqual(first)
  expect(inOrder(rows, by, true).map(({ name }) => name)).toEqual(turned)
  if (by) expect([orderOf(by, false), orderOf(by, true) === orderOf(by, false)]).toEqual([order, false])
})
