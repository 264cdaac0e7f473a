import { expect, test } from 'vitest'
import { dueAt } from '../../server/alert/quiet.ts'
import { missing } from '../../server/alert/sentence.ts'

const words = {
  thing: (operation: string) => ({ 'shop.list-orders': 'orders', 'xero.list-invoices': 'invoices' })[operation],
  target: (operation: string) => ({ 'emarsys.send-sales': 'Emarsys' })[operation],
}
const flow = (operations: readonly string[], since: string | null) => ({
  ...{ id: 'f', name: 'Sales', since: since === null ? null : new Date(since) },
  document: { nodes: operations.map((operation) => ({ operation })) },
})
const NOW = new Date('2026-11-28T08:00:00Z')

test.each([
  [['shop.list-orders', 'emarsys.send-sales'], '2026-11-28T05:10:00Z', 'Orders since 06:10 are not in Emarsys.'],
  [['shop.list-orders', 'emarsys.send-sales'], '2026-11-27T05:10:00Z', 'Orders since 27 Nov 06:10 are not in Emarsys.'],
  [['shop.list-orders', 'xero.list-invoices', 'emarsys.send-sales'], null, 'Orders and invoices are not in Emarsys.'],
  [['map'], '2026-11-28T05:10:00Z', '“Sales” has not come through since 06:10.'],
])('%j since %s: %s', (operations, since, sentence) => {
  expect(missing(flow(operations, since), words, 'Europe/Berlin', NOW)).toBe(sentence)
})

const rule = (from: string, to: string, digestMinutes = 0) => ({
  quiet: { from, to },
  digestMinutes,
  zone: 'Europe/Berlin',
})

test.each([
  ['in the evening, till the morning', rule('22:00', '07:00'), '2026-11-28T22:30:00Z', '2026-11-29T06:00:00Z'],
  ['after midnight, till the morning', rule('22:00', '07:00'), '2026-11-29T01:00:00Z', '2026-11-29T06:00:00Z'],
  ['at its end it is over', rule('22:00', '07:00'), '2026-11-29T06:00:00Z', '2026-11-29T06:00:00Z'],
  ['at noon', rule('12:00', '13:00'), '2026-11-28T11:15:00Z', '2026-11-28T12:00:00Z'],
  ['not at all', rule('00:00', '00:00'), '2026-11-28T11:15:00Z', '2026-11-28T11:15:00Z'],
  ['the night in which the clock goes back', rule('22:00', '07:00'), '2026-10-24T21:00:00Z', '2026-10-25T06:00:00Z'],
  ['with a digest of an hour', rule('12:00', '12:00', 60), '2026-11-28T11:15:00Z', '2026-11-28T12:00:00Z'],
])('quiet hours: %s', (_, given, now, due) => {
  expect(dueAt(given, new Date(now)).toISOString()).toBe(new Date(due).toISOString())
})
