import { expect, test } from 'vitest'
import { StepError } from '../../connectors/kit/errors.ts'
import { createBudget, type Release } from '../../server/connect/budget.ts'
import { rejection } from '../connectors/support/remote.ts'

const signal = new AbortController().signal
/** How Xero says what is left. */
const left = { minute: 'x-minlimit-remaining', day: 'x-daylimit-remaining' }

test('never lets more calls run at once than allowed, and hands each freed place on', async () => {
  const budget = createBudget({ concurrent: 3, perMinute: 1000 })
  let running = 0
  let most = 0
  await Promise.all(
    Array.from({ length: 20 }, async () => {
      const release = await budget.take(signal)
      running += 1
      most = Math.max(most, running)
      await new Promise(setImmediate)
      running -= 1
      release()
      release()
    }),
  )
  expect(most).toBe(3)
})

test('holds the minute in every stretch of a minute: a call counts until a minute after it ended', async () => {
  const minuteMs = 200
  const budget = createBudget({ concurrent: 5, perMinute: 10 }, { spans: { minuteMs } })
  const calls: { started: number; ended: number }[] = []
  await Promise.all(
    Array.from({ length: 30 }, async () => {
      const release = await budget.take(signal)
      const started = performance.now()
      await new Promise((resolve) => setTimeout(resolve, 5))
      // Noted before the place is given back, so that the note is never later than the book's.
      calls.push({ started, ended: performance.now() })
      release()
    }),
  )
  for (const call of calls) {
    const before = calls.filter((other) => other.started <= call.started && other.ended > call.started - minuteMs)
    expect(before.length).toBeLessThanOrEqual(10)
  }
})

test('asks for patience instead of waiting longer than a worker should', async () => {
  const budget = createBudget({ concurrent: 5, perMinute: 2 }, { longestWaitMs: 1000 })
  for (let call = 0; call < 2; call++) (await budget.take(signal))()
  const error = await rejection(budget.take(signal))
  expect(error).toBeInstanceOf(StepError)
  expect(error).toMatchObject({ code: 'RATE_LIMITED', dialled: 'no' })
  expect((error as StepError).retryAfterMs).toBeGreaterThan(50_000)
})

test('the patient wait for the next minute, those who come meanwhile without patience are not held up', async () => {
  const minuteMs = 400
  const budget = createBudget({ concurrent: 5, perMinute: 2 }, { spans: { minuteMs }, longestWaitMs: 50 })
  for (let call = 0; call < 2; call++) (await budget.take(signal))()
  const before = performance.now()
  const patient = [budget.take(signal, true), budget.take(signal, true), budget.take(signal, true)]
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(await rejection(budget.take(signal))).toMatchObject({ code: 'RATE_LIMITED', putDown: true })
  expect(performance.now() - before).toBeLessThan(minuteMs / 2)
  for (const one of await Promise.all(patient.slice(0, 2))) one()
  ;(await patient[2]!)()
  expect(performance.now() - before).toBeGreaterThan(minuteMs)
})

test('nobody has the patience for a day', async () => {
  const budget = createBudget({ concurrent: 5, perDay: 2 }, { spans: { minuteMs: 50 }, longestWaitMs: 10 })
  for (let call = 0; call < 2; call++) (await budget.take(signal))()
  expect(await rejection(budget.take(signal, true))).toMatchObject({ code: 'RATE_LIMITED', putDown: true })
})

test('believes the remote when it counts more than we do', async () => {
  const budget = createBudget({ concurrent: 5, perMinute: 60, perDay: 5000, left }, { longestWaitMs: 1000 })
  ;(await budget.take(signal))()
  budget.observe({ status: 200, headers: { 'x-minlimit-remaining': '2', 'x-daylimit-remaining': '900' } })
  const taken: Release[] = [await budget.take(signal), await budget.take(signal)]
  expect(await rejection(budget.take(signal))).toMatchObject({ code: 'RATE_LIMITED' })
  for (const release of taken) release()
})

test('does not shrink by its own calls being counted twice', async () => {
  const budget = createBudget({ concurrent: 5, perMinute: 60, left }, { longestWaitMs: 0 })
  for (let call = 0; call < 60; call++) {
    const release = await budget.take(signal)
    budget.observe({ status: 200, headers: { 'x-minlimit-remaining': String(59 - call) } })
    release()
  }
  expect(await rejection(budget.take(signal))).toMatchObject({ code: 'RATE_LIMITED' })
})

test('a 429 stops all, for as long as the remote says', async () => {
  const budget = createBudget({ concurrent: 5, perMinute: 60, left }, { longestWaitMs: 1000 })
  ;(await budget.take(signal))()
  budget.observe({ status: 429, headers: { 'retry-after': '26' } })
  const error = await rejection(budget.take(signal))
  expect((error as StepError).retryAfterMs).toBeGreaterThan(20_000)
  expect((error as StepError).retryAfterMs).toBeLessThanOrEqual(26_000)
})

test('reads the reset time of a remote that sends no Retry-After by the remote’s own clock', async () => {
  const budget = createBudget({ concurrent: 5, perMinute: 60, left }, { longestWaitMs: 1000 })
  const remoteClock = Date.parse('2001-01-01T00:00:00Z')
  budget.observe({
    status: 429,
    headers: { date: new Date(remoteClock).toUTCString(), 'x-ratelimit-reset': String(remoteClock / 1000 + 40) },
  })
  const error = await rejection(budget.take(signal))
  expect((error as StepError).retryAfterMs).toBeGreaterThan(35_000)
  expect((error as StepError).retryAfterMs).toBeLessThanOrEqual(40_000)
})

test('whoever stops waiting leaves with his own reason, and the others move up', async () => {
  const budget = createBudget({ concurrent: 1, perMinute: 60 })
  const release = await budget.take(signal)
  const stop = new AbortController()
  const given = rejection(budget.take(stop.signal))
  const next = budget.take(signal)
  const reason = new Error('stopped by hand')
  stop.abort(reason)
  expect(await given).toBe(reason)
  release()
  ;(await next)()
  expect(await rejection(budget.take(stop.signal))).toBe(reason)
})

test('a refusal that says when to come back is believed: no longer, and no shorter', async () => {
  const budget = createBudget({ concurrent: 5, perMinute: 60, left }, { longestWaitMs: 1000 })
  ;(await budget.take(signal))()
  budget.observe({ status: 429, headers: { 'x-minlimit-remaining': '0', 'retry-after': '20' } })
  const { retryAfterMs } = (await rejection(budget.take(signal))) as StepError
  expect(retryAfterMs).toBeGreaterThan(19_000)
  expect(retryAfterMs).toBeLessThanOrEqual(20_000)
})

test('believes the remote also where the plan has room for millions of calls', async () => {
  const budget = createBudget({ concurrent: 5, perMinute: 1_000_000, perDay: 100_000_000, left })
  const release = await budget.take(signal)
  budget.observe({ status: 200, headers: { 'x-minlimit-remaining': '3', 'x-daylimit-remaining': '9000' } })
  release()
  for (let call = 0; call < 3; call++) (await budget.take(signal))()
  expect(await rejection(budget.take(signal))).toMatchObject({ code: 'RATE_LIMITED' })
})
