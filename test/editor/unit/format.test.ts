import { expect, test } from 'vitest'
import { sayEnd } from '../../../editor/connection/ends.ts'
import { beginOf, today } from '../../../editor/format/days.ts'
import { dateFormatter } from '../../../editor/format/formatters.ts'
import { sayLocal } from '../../../editor/format/local-time.ts'
import { countOf, sayAmount, sayBytes, sayCount } from '../../../editor/format/number.ts'
import { prefer } from '../../../editor/format/preferred.ts'
import { sayDay, sayExactly, sayLength, sayWhen, sayZone } from '../../../editor/format/time.ts'
import { visible } from '../../../editor/format/visible.ts'
import { dayOf } from '../../../editor/record/days.ts'

test('money is written from its decimal text and never through a float', () => {
  expect(sayAmount('1234.5')).toBe('1,234.50')
  expect(sayAmount('123456789012345678.91')).toBe('123,456,789,012,345,678.91')
  expect(sayAmount('0.005')).toBe('0.005')
  expect(sayAmount('0007')).toBe('7.00')
})

test('a negative amount has a true minus, and zero has none', () => {
  expect(sayAmount('-312480')).toBe('−312,480.00')
  expect(sayAmount('-0.00')).toBe('0.00')
})

test('text that is no amount is shown as it came', () => {
  expect(sayAmount('n/a')).toBe('n/a')
  expect(sayAmount('1e21')).toBe('1e21')
})

test('counts are grouped and worded by number', () => {
  expect(sayCount(1_284_000)).toBe('1,284,000')
  expect(countOf(1, 'record')).toBe('1 record')
  expect(countOf(0, 'batch', 'batches')).toBe('0 batches')
})

const place = { language: 'en-GB', zone: 'Europe/Berlin' }
const now = new Date('2026-11-22T10:00:00Z')
const at = (text: string): string => sayWhen(new Date(text), now, place)

test('a moment is said as a colleague would say it', () => {
  expect(at('2026-11-22T09:59:40Z')).toBe('just now')
  expect(at('2026-11-22T09:58:00Z')).toBe('2 min ago')
  expect(at('2026-11-22T10:04:00Z')).toBe('in 4 min')
  expect(at('2026-11-22T06:41:00Z')).toBe('today 07:41')
  expect(at('2026-11-21T13:02:00Z')).toBe('yesterday 14:02')
  expect(at('2026-11-23T05:00:00Z')).toBe('tomorrow 06:00')
  expect(at('2026-10-12T08:00:00Z')).toBe('12 Oct 10:00')
  expect(at('2025-10-12T08:00:00Z')).toBe('12 Oct 2025 10:00')
})

test('the day is that of the zone, not that of Greenwich', () => {
  expect(sayWhen(new Date('2026-11-21T23:30:00Z'), now, place)).toBe('today 00:30')
})

test('a day on which clocks change is one day all the same', () => {
  // Sunday 25 October 2026 has 25 hours in Berlin, Sunday 29 March 23.
  const late = new Date('2026-10-25T22:30:00Z')
  expect(sayWhen(new Date('2026-10-24T10:00:00Z'), late, place)).toBe('yesterday 12:00')
  const early = new Date('2026-10-24T22:30:00Z')
  expect(sayWhen(new Date('2026-10-26T10:00:00Z'), early, place)).toBe('tomorrow 11:00')
  expect(sayWhen(new Date('2026-03-30T10:00:00Z'), new Date('2026-03-28T22:30:00Z'), place)).toBe('30 Mar 12:00')
})

test('the year that is left out is the one of the zone', () => {
  const auckland = { ...place, zone: 'Pacific/Auckland' }
  expect(sayWhen(new Date('2026-12-31T12:00:00Z'), new Date('2027-01-05T12:00:00Z'), auckland)).toBe('1 Jan 01:00')
  expect(sayWhen(new Date('2026-12-31T10:00:00Z'), new Date('2027-01-05T12:00:00Z'), auckland)).toBe(
    '31 Dec 2026 23:00',
  )
})

test('days begin and are counted where the person is', () => {
  try {
    prefer({ zone: 'Pacific/Auckland' })
    const at = new Date('2026-11-28T12:30:00Z')
    expect(today(at)).toBe('2026-11-29')
    expect(beginOf('2026-11-29').toISOString()).toBe('2026-11-28T11:00:00.000Z')
    expect(sayEnd('2026-12-04', at)).toBe('Its sign-in ends on 4 Dec 2026, in 5 days')
    expect(sayEnd('2026-11-29', at)).toBe('Today is the last day of its sign-in')
    // The day is over here, in UTC it is not.
    expect(sayEnd('2026-11-28', at)).toBe('Today is the last day of its sign-in')
    expect(sayEnd('2026-11-27', at)).toBe('Its sign-in ended on 27 Nov 2026')
    prefer({ zone: 'America/Los_Angeles' })
    expect(today(at)).toBe('2026-11-28')
    expect(beginOf('2026-11-28').toISOString()).toBe('2026-11-28T08:00:00.000Z')
    expect(sayEnd('2026-12-04', at)).toBe('Its sign-in ends on 4 Dec 2026, in 6 days')
    expect(sayEnd('2026-11-29', at)).toBe('Its sign-in ends on 29 Nov 2026, tomorrow')
    // Midnight that a zone leaves out is the moment at which its clock goes on.
    prefer({ zone: 'Africa/Cairo' })
    expect(beginOf('2026-04-24').toISOString()).toBe('2026-04-23T22:00:00.000Z')
  } finally {
    prefer({})
  }
})

test('a clock of the server that is ahead by seconds makes nothing come from the future', () => {
  expect(at('2026-11-22T10:00:05Z')).toBe('just now')
})

test('the exact moment names its zone', () => {
  expect(sayExactly(new Date('2026-07-01T10:00:00Z'), place)).toMatch(/^Wed,? 1 Jul 2026.*12:00:00 UTC\+02:00$/)
  // The hour that comes twice is told apart; so are zones without a difference.
  expect(sayExactly(new Date('2026-10-25T01:30:00Z'), place)).toMatch(/02:30:00 UTC\+01:00$/)
  expect(sayExactly(new Date('2026-01-01T10:00:00Z'), { ...place, zone: 'Europe/London' })).toMatch(/UTC\+00:00$/)
  expect(sayZone(new Date('2026-07-01T10:00:00Z'), { ...place, zone: 'America/St_Johns' })).toBe(
    'America/St_Johns, UTC-02:30',
  )
  expect(sayZone(new Date('2026-07-01T10:00:00Z'), { ...place, zone: 'Asia/Kolkata' })).toBe('Asia/Kolkata, UTC+05:30')
})

test('lengths of time are short and never round up to a full unit', () => {
  expect(sayLength(840)).toBe('840 ms')
  expect(sayLength(3_240)).toBe('3.2 s')
  expect(sayLength(59_990)).toBe('59 s')
  expect(sayLength(125_000)).toBe('2 min 5 s')
  expect(sayLength(4_320_000)).toBe('1 h 12 min')
})

test('nothing hides in a text that somebody has to decide on', () => {
  expect(visible('pay\u202Edna\u200B\u00AD 1\tx\ny')).toBe('pay[U+202E]dna[U+200B][U+00AD] 1\tx\ny')
})

test('numbers and days are written as the person prefers, the zone included', () => {
  const moment = new Date('2026-10-12T22:30:05Z')
  try {
    prefer({ numbers: '1.234,5', dates: '28.11.2026', clock: '24', zone: 'Europe/Berlin' })
    expect(sayAmount('-1234567.5')).toBe('−1.234.567,50')
    expect(sayCount(20_000)).toBe('20.000')
    expect(sayWhen(moment, now)).toBe('13.10.2026 00:30')
    expect(sayExactly(moment)).toBe('Tue 13.10.2026, 00:30:05 UTC+02:00')
    expect(dayOf(moment.toISOString())).toBe('Tuesday 13.10.2026')
    expect(today(moment)).toBe('2026-10-13')
    expect(sayBytes(1_234_567)).toBe('1,2 MB')
    expect(sayLength(3_240)).toBe('3,2 s')
    expect(sayLocal('2027-03-28T06:00:00+01:00')).toBe('Sun 28.03.2027, 06:00')
    prefer({ numbers: '1 234,5', dates: '2026-11-28', clock: '12', zone: 'America/New_York' })
    expect(sayAmount('1234.5')).toBe('1\u00a0234,50')
    expect(sayWhen(moment, now)).toBe('2026-10-12 06:30 pm')
    expect(sayDay('2026-10-01')).toBe('2026-10-01')
    expect(dayOf(moment.toISOString())).toBe('Monday 2026-10-12')
    expect(today(moment)).toBe('2026-10-12')
    expect(sayLocal('2027-01-01T23:30:00.000Z')).toBe('Fri 2027-01-01, 11:30 pm')
  } finally {
    prefer({})
  }
})

test('a formatter is made once for all moments of a page, and another one for each way to write them', () => {
  const [utc, berlin] = ['UTC', 'Europe/Berlin'].map((timeZone) =>
    dateFormatter('en-GB', { timeZone, hour: '2-digit' }),
  )
  expect(dateFormatter('en-GB', { timeZone: 'UTC', hour: '2-digit' })).toBe(utc)
  expect(dateFormatter('en-US', { timeZone: 'UTC', hour: '2-digit' })).not.toBe(utc)
  const noon = new Date('2026-11-22T12:00:00Z')
  expect([utc, berlin].map((one) => one?.format(noon))).toEqual(['12', '13'])
})
