import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { clock } from './simulated-world.ts'
import { simulate } from './simulation.ts'

// Waits take no time but the simulated one, and traces are compressed at once: nothing but the seed decides what comes
// after what.
vi.mock('node:timers/promises', async (original) => ({
  ...(await original<typeof import('node:timers/promises')>()),
  setTimeout: async (ms: number) => {
    clock.now += ms
  },
}))
vi.mock('node:zlib', async (original) => ({
  ...(await original<typeof import('node:zlib')>()),
  zstdCompress: (content: Buffer, _options: unknown, done: (error: null, packed: Buffer) => void) =>
    done(null, content),
}))

beforeEach(() => {
  vi.spyOn(performance, 'now').mockImplementation(() => clock.now)
})
afterEach(() => {
  vi.restoreAllMocks()
})

const SCHEDULES = 20_000

test('the same seed gives the same history', async () => {
  for (const seed of [1, 77, 4_711]) expect(await simulate(seed)).toEqual(await simulate(seed))
})

test(`${SCHEDULES} histories of deaths, stand-stills and lost answers lose nothing and double nothing`, {
  timeout: 300_000,
}, async () => {
  const first = Math.floor(Date.now() / 86_400_000) * SCHEDULES
  const wrong: string[] = []
  let died = 0
  for (let seed = first; seed < first + SCHEDULES && wrong.length < 5; seed++) {
    const { faults, history } = await simulate(seed)
    if (history.some((one) => one.endsWith(':dies'))) died += 1
    if (faults.length > 0) wrong.push(`seed ${seed}: ${faults.join('; ')}\n    ${history.join(' ')}`)
  }
  expect(wrong).toEqual([])
  expect(died).toBeGreaterThan(SCHEDULES / 10)
})
