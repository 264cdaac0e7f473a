import { describe, expect, test } from 'vitest'
import { statesOf, tallyOf } from '../../../editor/flow/chunks.ts'
import { howToSend } from '../../../editor/flow/hook-words.ts'
import { keysOf } from '../../../editor/flow/keys.ts'
import { sayWindowMistake } from '../../../editor/flow/window-mistake.ts'
import { isDay, moveDay, sayWindow } from '../../../editor/format/days.ts'
import { offsetOf, sayLocal, sayOffset } from '../../../editor/format/local-time.ts'
import { sayCountdown } from '../../../editor/format/time.ts'
import { backfillView } from '../support/durable-scene.ts'

describe('a window of days', () => {
  const today = '2026-11-22'

  test('is said with its last day, though the API names the day after', () => {
    expect(sayWindow('2024-01-01', '2024-02-01')).toBe('1 Jan 2024 to 31 Jan 2024')
    expect(sayWindow('2024-02-29', '2024-03-01')).toBe('29 Feb 2024')
  })

  test('moves over the ends of months and years', () => {
    expect(moveDay('2023-12-31', 1)).toBe('2024-01-01')
    expect(moveDay('2024-03-01', -1)).toBe('2024-02-29')
  })

  test('knows days that do not exist', () => {
    expect(isDay('2026-02-31')).toBe(false)
    expect(isDay('')).toBe(false)
  })

  test('is refused backwards, in the future and beyond ten years, and taken at the edges', () => {
    expect(sayWindowMistake('2026-11-02', '2026-11-01', today)).toBe('The last day is before the first one.')
    expect(sayWindowMistake('2026-11-01', '2026-11-23', today)).toBe('The last day is in the future.')
    expect(sayWindowMistake('2016-11-22', '2026-11-22', today)).toBe('At most 10 years at once.')
    expect(sayWindowMistake('2016-11-23', today, today)).toBeUndefined()
    expect(sayWindowMistake(today, today, today)).toBeUndefined()
  })
})

test('parts of a back-fill are counted by what became of them', () => {
  const { chunks } = backfillView(1)
  expect(tallyOf(chunks)).toEqual({ done: 5, open: 4 })
  expect(statesOf(chunks).map(({ state, count }) => `${state.word} ${count}`)).toEqual([
    'Succeeded 4',
    'Partly done 1',
    'Failed 1',
    'Running 1',
    'To come 3',
  ])
})

test('keys are taken one per line, each once, also from a column of a sheet', () => {
  expect(keysOf(' INV-1\r\nINV-2\t\n\nINV-1 \n')).toEqual(['INV-1', 'INV-2'])
})

test('a due time is said as the clock of its place shows it, with its distance from UTC', () => {
  expect(sayLocal('2027-03-28T06:00:00+01:00')).toBe('Sun 28 Mar 2027, 06:00')
  expect(sayLocal('2027-01-01T23:30:00.000Z')).toBe('Fri 1 Jan 2027, 23:30')
  expect(['Z', '+01:00', '-03:30', '+05:45'].map((zone) => sayOffset(offsetOf(`2027-01-01T06:00:00${zone}`)!))).toEqual(
    ['same as UTC', '1 hour ahead of UTC', '3 hours 30 minutes behind UTC', '5 hours 45 minutes ahead of UTC'],
  )
})

test('a countdown has seconds, and ends in words', () => {
  const now = new Date('2026-11-22T12:00:00Z')
  const in_ = (seconds: number): string => sayCountdown(new Date(now.getTime() + seconds * 1000), now)
  expect([in_(9), in_(1325), in_(3612), in_(0), in_(-5)]).toEqual([
    'in 0:09',
    'in 22:05',
    'in 1:00:12',
    'any moment now',
    'any moment now',
  ])
})

test('every kind of hook says how to send to it', () => {
  expect(howToSend({ kind: 'token', header: 'x-key' }).join(' ')).toContain('header x-key')
  expect(howToSend({ kind: 'signed', header: null }).join(' ')).toContain('webhook-signature')
  expect(howToSend({ kind: 'xero', header: null }).join(' ')).toContain('webhook key')
})
