import { expect, test } from 'vitest'
import { dueWeek } from '../../server/weekly/week.ts'

test.each([
  ['UTC', '2026-11-30T06:59:59Z', undefined],
  ['UTC', '2026-11-30T07:00:00Z', '2026-11-30'],
  ['UTC', '2026-12-01T06:59:59Z', '2026-11-30'],
  ['UTC', '2026-12-01T07:00:00Z', undefined],
  ['UTC', '2026-11-29T12:00:00Z', undefined],
  // Monday there, Sunday here; and the other way round.
  ['Pacific/Auckland', '2026-11-29T17:59:59Z', undefined],
  ['Pacific/Auckland', '2026-11-29T18:00:00Z', '2026-11-30'],
  ['America/Los_Angeles', '2026-11-30T14:59:59Z', undefined],
  ['America/Los_Angeles', '2026-11-30T15:00:00Z', '2026-11-30'],
  ['America/Los_Angeles', '2026-12-01T14:59:59Z', '2026-11-30'],
  ['Asia/Kathmandu', '2026-11-30T01:15:00Z', '2026-11-30'],
  ['Asia/Kathmandu', '2026-11-30T01:14:59Z', undefined],
  // The Mondays after the clocks went forward and back: seven stays seven.
  ['Europe/Berlin', '2026-03-30T05:00:00Z', '2026-03-30'],
  ['Europe/Berlin', '2026-03-30T04:59:59Z', undefined],
  ['Europe/Berlin', '2026-10-26T06:00:00Z', '2026-10-26'],
  ['Europe/Berlin', '2026-10-26T05:59:59Z', undefined],
  ['UTC', '2027-01-04T08:00:00Z', '2027-01-04'],
])('%s at %s: %s', (zone, at, week) => {
  expect(dueWeek(zone, new Date(at))).toBe(week)
})
