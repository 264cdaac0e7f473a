import { describe, expect, test } from 'vitest'
import { checkCron, nextDue } from '../../server/schedule/schedule.ts'
import { scheduleWords } from '../../server/flow/catalog/schedule-words.ts'

const next = (settings: object, after: string) => nextDue(settings, new Date(after)).toISOString()
const daily = { mode: 'wall-clock', cron: '30 1 * * *', zone: 'Europe/London' }

describe('the next due time', () => {
  test('of an interval counts from the last', () => {
    expect(next({ mode: 'interval', everyMinutes: 15 }, '2026-03-29T00:50:00Z')).toBe('2026-03-29T01:05:00.000Z')
  })

  test('by the wall clock follows the zone through the year', () => {
    const six = { mode: 'wall-clock', cron: '0 6 * * *', zone: 'Europe/London' }
    expect(next(six, '2026-01-10T12:00:00Z')).toBe('2026-01-11T06:00:00.000Z')
    expect(next(six, '2026-07-10T12:00:00Z')).toBe('2026-07-11T05:00:00.000Z')
    expect(next({ ...six, zone: 'Asia/Kolkata' }, '2026-07-10T12:00:00Z')).toBe('2026-07-11T00:30:00.000Z')
  })

  test('that summer time skips comes in that hour, once', () => {
    const skipped = next(daily, '2026-03-28T12:00:00Z')
    expect(skipped).toBe('2026-03-29T01:00:00.000Z')
    expect(next(daily, skipped)).toBe('2026-03-30T00:30:00.000Z')
  })

  test('that winter time repeats comes once', () => {
    const first = next(daily, '2026-10-24T12:00:00Z')
    expect(first).toBe('2026-10-25T00:30:00.000Z')
    expect(next(daily, first)).toBe('2026-10-26T01:30:00.000Z')
  })

  test('is after the given one, never at it', () => {
    expect(next({ mode: 'wall-clock', cron: '0 6 * * *', zone: 'UTC' }, '2026-01-10T06:00:00Z')).toBe(
      '2026-01-11T06:00:00.000Z',
    )
  })
})

test('an interval keeps its phase however late somebody looks', () => {
  const every = { mode: 'interval', everyMinutes: 15 }
  const due = nextDue(every, new Date('2026-01-10T12:07:31Z'), new Date('2026-01-10T09:00:00Z'))
  expect(due.toISOString()).toBe('2026-01-10T12:15:00.000Z')
})

test('cron texts are judged in words', () => {
  expect(checkCron('0 6 * * 1-5', 'Europe/London')).toBeUndefined()
  expect(checkCron('0 6 * *', 'UTC')).toMatchObject({ never: false, says: expect.stringContaining('five parts') })
  expect(checkCron('* * * * * *', 'UTC')).toMatchObject({ says: expect.stringContaining('five parts') })
  expect(checkCron('61 * * * *', 'UTC')).toMatchObject({ never: false, says: expect.stringContaining('61') })
  expect(checkCron('0 6 30 2 *', 'UTC')).toMatchObject({ never: true })
})

test.each([
  [{ mode: 'interval', everyMinutes: 15 }, 'every 15 minutes'],
  [{ mode: 'interval', everyMinutes: 120 }, 'every 2 hours'],
  [{ mode: 'wall-clock', cron: '0 6 * * *', zone: 'Europe/London' }, 'every day at 06:00, Europe/London'],
  [{ mode: 'wall-clock', cron: '5 18 * * 1-5', zone: 'UTC' }, 'Monday to Friday at 18:05, UTC'],
  [{ mode: 'wall-clock', cron: '0 7 * * 0', zone: 'UTC' }, 'every Sunday at 07:00, UTC'],
  [{ mode: 'wall-clock', cron: '0 6 1 * *', zone: 'UTC' }, 'on day 1 of every month at 06:00, UTC'],
  [{ mode: 'wall-clock', cron: '*/10 * * * *', zone: 'UTC' }, 'every 10 minutes by the clock, UTC'],
  [
    { mode: 'wall-clock', cron: '*/5 8-18 * 1 2', zone: 'UTC' },
    'at minute */5, hour 8-18, day *, month 1, weekday 2, UTC',
  ],
] as const)('%o in words: %s', (settings, words) => expect(scheduleWords(settings)).toBe(words))
