import { expect, test } from 'vitest'
import { dayAfter, dayBegins, dayIn, instantOf } from '../../../connectors/kit/zoned-day.ts'

const at = (text: string) => Date.parse(text)
const begins = (day: string, zone: string) => new Date(dayBegins(day, zone)).toISOString()

test.each([
  ['2026-06-01', 'Europe/London', '2026-05-31T23:00:00.000Z'],
  ['2026-12-01', 'Europe/London', '2026-12-01T00:00:00.000Z'],
  // The nights in which the clock changes, and those after.
  ['2026-03-29', 'Europe/London', '2026-03-29T00:00:00.000Z'],
  ['2026-03-30', 'Europe/London', '2026-03-29T23:00:00.000Z'],
  ['2026-10-25', 'Europe/London', '2026-10-24T23:00:00.000Z'],
  ['2026-10-26', 'Europe/London', '2026-10-26T00:00:00.000Z'],
  // Far east and far west.
  ['2026-11-03', 'Pacific/Kiritimati', '2026-11-02T10:00:00.000Z'],
  ['2026-11-03', 'America/Los_Angeles', '2026-11-03T08:00:00.000Z'],
  // Midnight is left out: the day begins at one.
  ['2026-04-24', 'Africa/Cairo', '2026-04-23T22:00:00.000Z'],
  ['2026-09-06', 'America/Santiago', '2026-09-06T04:00:00.000Z'],
])('%s in %s begins at %s', (day, zone, instant) => {
  expect(begins(day, zone)).toBe(instant)
  expect(dayIn(at(instant), zone)).toBe(day)
  expect(dayIn(at(instant) - 1, zone)).toBe(dayAfter(day, -1))
})

test.each([
  ['2026-11-22 11:00:00', '2026-11-22T10:00:00.000Z'],
  ['2026-07-22 11:00:00', '2026-07-22T09:00:00.000Z'],
  // The hour that is left out in spring, and the one that comes twice in autumn.
  ['2026-03-29 01:59:59', '2026-03-29T00:59:59.000Z'],
  ['2026-03-29 03:00:00', '2026-03-29T01:00:00.000Z'],
  ['2026-10-25 02:30:00', '2026-10-25T00:30:00.000Z'],
  ['2026-10-25 03:00:00', '2026-10-25T02:00:00.000Z'],
])('%s on the clocks of Vienna is %s', (shown, instant) => {
  expect(new Date(instantOf(shown, 'Europe/Vienna')!).toISOString()).toBe(instant)
})

test('what is no time on a clock is none', () => {
  for (const text of ['', '2026-11-22', '2026-11-22T11:00:00Z', '2026-13-01 00:00:00'])
    expect(instantOf(text, 'Europe/Vienna')).toBeUndefined()
})

test('a zone that nobody knows is named', () => {
  expect(() => dayIn(0, 'Europe/Lundun')).toThrow('“Europe/Lundun” is no time zone')
})
