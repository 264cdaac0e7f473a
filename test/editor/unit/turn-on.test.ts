import { expect, test } from 'vitest'
import { instantAt, localAt, tomorrowMorning } from '../../../editor/automation/turn-on.ts'

test('a wall-clock time is the instant at which the chosen zone shows it, and back', () => {
  const at = (local: string, zone: string) => new Date(instantAt(local, zone)!).toISOString()
  expect(at('2026-11-30T08:00', 'Europe/Berlin')).toBe('2026-11-30T07:00:00.000Z')
  expect(at('2026-11-30T08:00', 'Asia/Tokyo')).toBe('2026-11-29T23:00:00.000Z')
  // The clock leaves this hour out: it is the end of the gap.
  expect(at('2026-03-29T02:30', 'Europe/Berlin')).toBe('2026-03-29T01:00:00.000Z')
  expect(localAt(Date.parse('2026-11-29T23:00:00Z'), 'Asia/Tokyo')).toBe('2026-11-30T08:00')
  expect(['', '2026-11-30', 'soon', '2026-13-40T08:00'].map((text) => instantAt(text, 'UTC'))).toEqual(
    Array(4).fill(undefined),
  )
  // Already tomorrow there.
  expect(tomorrowMorning(Date.parse('2026-11-28T20:00:00Z'), 'Asia/Tokyo')).toBe('2026-11-30T08:00')
})
