import { expect, test } from 'vitest'
import {
  type Book,
  dayFullAt,
  enter,
  HOLD_MS,
  newBook,
  type Report,
  TRUE_SPANS,
  usageOf,
} from '../../server/connect/book.ts'

const LIMIT = { concurrent: 5, perMinute: 60, perDay: 5000 }
const report = (more: Partial<Report>): Report => ({ process: 'a', ended: 0, held: 0, want: 0, spare: 0, ...more })
const tell = (book: Book, now: number, more: Partial<Report>) => enter(book, now, LIMIT, TRUE_SPANS, report(more))
const used = (book: Book, now: number) => usageOf(structuredClone(book), now, LIMIT, TRUE_SPANS).minute

test('the permits of a process that died free their places, and count as calls', () => {
  const book = newBook(0)
  expect(tell(book, 0, { want: 9 })).toEqual({ granted: 5, waitMs: 0, why: 'granted' })
  expect(tell(book, HOLD_MS - 1, { process: 'b', want: 1 })).toMatchObject({ granted: 0, why: 'at-once' })
  expect(tell(book, HOLD_MS, { process: 'b', want: 1 }).granted).toBe(1)
  expect(used(book, HOLD_MS)).toBe(6)
  // The dead one's calls ended at the latest when its time was up.
  expect(used(book, HOLD_MS + 60_000)).toBe(1)
})

test('the places of a process that is seen to be gone are free once the longest of its calls would have ended', () => {
  const dead = new Set<string>()
  const places = (own: string) => ({ own, isGone: (place: string) => dead.has(place) })
  // Through JSON each time, as it lies in the database.
  let book = newBook(0)
  const ask = (now: number, process: string, more: Partial<Report>) => {
    const given = enter(book, now, LIMIT, TRUE_SPANS, report({ process, ...more }), places(process))
    book = JSON.parse(JSON.stringify(book))
    return given
  }
  expect(ask(0, 'a', { want: 3, longest: 400 }).granted).toBe(3)
  expect(ask(0, 'c', { want: 2 }).granted).toBe(2)
  dead.add('a').add('c')
  // Seen at 1,000: a call of it had run for 1,000 at most since it was heard, and none before took longer than 400.
  expect(ask(1_000, 'b', { want: 1 }).why).toBe('at-once')
  expect(ask(3_099, 'b', { want: 1 }).why).toBe('at-once')
  expect(ask(3_100, 'b', { want: 5 }).granted).toBe(3)
  // Nobody knows how long a call of “c” takes: it is waited for as for one that cannot be seen.
  expect(ask(HOLD_MS - 1, 'b', { held: 3, want: 1 }).why).toBe('at-once')
  expect(ask(HOLD_MS, 'b', { held: 3, want: 5 }).granted).toBe(2)
  expect(used(book, HOLD_MS)).toBe(10)
})

test('a process that gives signs of life keeps its permits', () => {
  const book = newBook(0)
  tell(book, 0, { want: 5 })
  for (let now = 5_000; now <= 120_000; now += 5_000) tell(book, now, { held: 5 })
  expect(tell(book, 120_001, { process: 'b', want: 1 }).why).toBe('at-once')
})

test('more permits than wanted are given where there are plenty, and taken back', () => {
  const many = { perMinute: 1000 }
  const book = newBook(0)
  const ask = (process: string, more: Partial<Report>) =>
    enter(book, 0, many, TRUE_SPANS, report({ process, spare: 5, ...more }))
  expect(ask('a', { want: 2 }).granted).toBe(7)
  expect(ask('a', { held: 0, ended: 2 }).granted).toBe(0)
  expect(usageOf(book, 0, many, TRUE_SPANS).minute).toBe(2)
  // Not the last ones: others want some too.
  expect(ask('b', { want: 1, ended: 994 }).granted).toBe(1)
})

test('a clock that goes back makes nobody wait for it', () => {
  const book = newBook(10_000_000)
  tell(book, 10_000_000, { ended: 60, pauseMs: 1_000 })
  const { why, waitMs } = tell(book, 500, { want: 1 })
  expect(why).toBe('pause')
  expect(waitMs).toBe(1_000)
  expect(tell(book, 62_000, { want: 1 }).granted).toBe(1)
})

test('a process that reports twice is counted twice rather than not at all', () => {
  const book = newBook(0)
  tell(book, 0, { ended: 3 })
  tell(book, 1, { ended: 3 })
  expect(used(book, 1)).toBe(6)
})

test('never grants what a window of the remote could not hold, wherever it begins', () => {
  const book = newBook(0)
  const calls: { granted: number; ended: number }[] = []
  let running: number[] = []
  let state = 7
  const random = () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
  for (let now = 0; now < 600_000; now += 40) {
    const ended = running.filter(() => random() < 0.2)
    running = running.filter((call) => !ended.includes(call))
    for (const call of ended) calls[call]!.ended = now
    const { granted } = tell(book, now, { ended: ended.length, held: running.length, want: 5 - running.length })
    for (let one = 0; one < granted; one++) {
      running.push(calls.length)
      calls.push({ granted: now, ended: Number.POSITIVE_INFINITY })
    }
  }
  // As the remote may see it: a call arrives anywhere between its grant and its end.
  for (const arrival of [
    (call: (typeof calls)[0]) => call.granted,
    (call: (typeof calls)[0]) => Math.min(call.ended, 600_000),
  ]) {
    const times = calls.map(arrival).sort((a, b) => a - b)
    for (let first = 0; first + 60 < times.length; first++) {
      expect(times[first + 60]! - times[first]!).toBeGreaterThanOrEqual(60_000)
    }
  }
  expect(calls.length / 600).toBeGreaterThan(0.95)
})

test('when the calls of a day will be used up is told by those of the last hour, less what becomes free meanwhile', () => {
  const limit = { perDay: 5_000 }
  const hour = 3_600_000
  const day = 24 * hour
  const full = (book: Book, now: number) => dayFullAt(book, now, limit, TRUE_SPANS)
  expect(full(newBook(0), 0)).toBeUndefined()
  // 1,000 in the last hour: the other 4,000 are gone in four more.
  const fast: Book = { ...newBook(day), day: [[day - 1, 1_000]] }
  expect(full(fast, day)).toBe(day + 4 * hour)
  // 200 an hour, day in, day out: as many become free as are used.
  const steady: Book = { ...newBook(day), day: Array.from({ length: 24 }, (_, at) => [(at + 1) * hour, 200]) }
  expect(full(steady, day)).toBeUndefined()
  const spent: Book = { ...newBook(day), day: [[day - 5 * hour, 5_000]] }
  expect(full(spent, day)).toBe(day)
  expect(dayFullAt(fast, day, { perMinute: 60 }, TRUE_SPANS)).toBeUndefined()
})
