import { describe, expect, test } from 'vitest'
import { nextDue } from '../../server/schedule/schedule.ts'
import { distinctZones, judgeZone, transitionsOf, type Verdict } from '../support/dst.ts'

const next = (cron: string, zone: string, after: string) =>
  nextDue({ mode: 'wall-clock', cron, zone }, new Date(after)).toISOString()

describe('a time that the clock leaves out comes once, at the end of the gap', () => {
  test.each([
    ['Pacific/Auckland', '30 2 * * *', '2026-09-26T12:00:00Z', '2026-09-26T14:00:00.000Z', '2026-09-27T13:30:00.000Z'],
    ['Australia/Sydney', '30 2 * * *', '2026-10-03T12:00:00Z', '2026-10-03T16:00:00.000Z', '2026-10-04T15:30:00.000Z'],
    [
      'Australia/Lord_Howe',
      '15 2 * * *',
      '2026-10-03T12:00:00Z',
      '2026-10-03T15:30:00.000Z',
      '2026-10-04T15:15:00.000Z',
    ],
    ['Africa/Cairo', '30 0 * * *', '2026-04-23T12:00:00Z', '2026-04-23T22:00:00.000Z', '2026-04-24T21:30:00.000Z'],
    ['Antarctica/Troll', '30 1 * * *', '2026-03-28T12:00:00Z', '2026-03-29T01:00:00.000Z', '2026-03-29T23:30:00.000Z'],
    ['Europe/London', '30 1 * * *', '2026-03-28T12:00:00Z', '2026-03-29T01:00:00.000Z', '2026-03-30T00:30:00.000Z'],
    ['America/Godthab', '30 23 * * *', '2024-03-30T12:00:00Z', '2024-03-31T01:00:00.000Z', '2024-04-01T00:30:00.000Z'],
  ])('%s %s', (zone, cron, after, first, second) => {
    expect(next(cron, zone, after)).toBe(first)
    expect(next(cron, zone, first)).toBe(second)
  })
})

describe('a time that the clock shows twice comes once', () => {
  test.each([
    ['Pacific/Auckland', '30 2 * * *', '2026-04-04T12:00:00Z', '2026-04-04T13:30:00.000Z', '2026-04-05T14:30:00.000Z'],
    ['Australia/Sydney', '30 2 * * *', '2026-04-04T12:00:00Z', '2026-04-04T15:30:00.000Z', '2026-04-05T16:30:00.000Z'],
    [
      'Australia/Lord_Howe',
      '45 1 * * *',
      '2026-04-04T12:00:00Z',
      '2026-04-04T14:45:00.000Z',
      '2026-04-05T15:15:00.000Z',
    ],
    ['Africa/Cairo', '30 23 * * *', '2026-10-29T12:00:00Z', '2026-10-29T20:30:00.000Z', '2026-10-30T21:30:00.000Z'],
    ['Antarctica/Troll', '30 1 * * *', '2026-10-24T12:00:00Z', '2026-10-24T23:30:00.000Z', '2026-10-26T01:30:00.000Z'],
  ])('%s %s', (zone, cron, after, first, second) => {
    expect(next(cron, zone, after)).toBe(first)
    expect(next(cron, zone, first)).toBe(second)
  })

  test('also when somebody asks in the second of the two hours', () => {
    expect(next('30 1 * * *', 'Europe/London', '2026-10-25T01:10:00Z')).toBe('2026-10-26T01:30:00.000Z')
  })
})

test('São Paulo has given up summer time: every day has 24 hours', () => {
  expect(transitionsOf('America/Sao_Paulo')).toEqual([])
  expect(next('30 0 * * *', 'America/Sao_Paulo', '2026-10-31T12:00:00Z')).toBe('2026-11-01T03:30:00.000Z')
})

const judgeAll = (): Verdict => {
  const total: Verdict = { due: 0, missed: 0, doubled: 0 }
  for (const [zone, { transitions }] of distinctZones()) {
    const verdict = judgeZone(zone, transitions)
    total.due += verdict.due
    total.missed += verdict.missed
    total.doubled += verdict.doubled
    if (verdict.first) total.first ??= verdict.first
  }
  return total
}

test('no change of any zone’s clock from 2020 to 2035 makes a time come twice, or not at all', () => {
  const { due, ...wrong } = judgeAll()
  expect(wrong).toEqual({ missed: 0, doubled: 0 })
  expect(due).toBeGreaterThan(5_000)
})

test('the comparison sees a schedule that leaves the skipped hour out', () => {
  const skipping: typeof nextDue = (settings, after) => {
    const due = nextDue(settings, after)
    // A cron that lets what is not on the clock pass.
    const { cron, zone } = settings as { cron: string; zone: string }
    const [minute, hour] = cron.split(' ').map(Number)
    const shown = new Intl.DateTimeFormat('en-GB', { timeZone: zone, timeStyle: 'short' }).format(due)
    return shown === `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`
      ? due
      : nextDue(settings, due)
  }
  expect(judgeZone('Europe/London', transitionsOf('Europe/London'), { next: skipping }).missed).toBeGreaterThan(10)
})
