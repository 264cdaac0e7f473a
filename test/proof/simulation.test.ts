import { expect, test } from 'vitest'
import { simulate } from './simulation.ts'

const SCHEDULES = 20_000

test('the same seed gives the same history', async () => {
  for (const seed of [1, 77, 4_711]) expect(await simulate(seed)).toEqual(await simulate(seed))
})

test(`${SCHEDULES} histories of deaths, stand-stills and lost answers lose nothing and double nothing`, {
  timeout: 900_000,
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
