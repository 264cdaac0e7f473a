import { expect, test } from 'vitest'
import { setStage } from '../support/scene.ts'
import { type Case, namedPoints, openSweep } from './failpoints.ts'

const stage = setStage()

/** Which sixth of the points kills today: in six days each has had its turn. */
const today = Math.floor(Date.now() / 86_400_000) % 6

test('code that fails at any named point of the executor loses nothing and doubles nothing', {
  timeout: 720_000,
}, async () => {
  const sweep = await openSweep(stage)
  const faults: string[] = []
  let thrown = 0
  for (const point of namedPoints()) {
    for (const hit of [1, 2]) {
      const wrong = await sweep.run({ point, hit, how: 'throw' })
      if (!wrong) continue
      thrown += 1
      faults.push(...wrong.map((one) => `${point}, hit ${hit}: ${one}`))
    }
  }
  expect(faults).toEqual([])
  expect(namedPoints().filter((point) => !sweep.met.has(point))).toEqual([])
  // Each that a run meets has failed once, and some a second time.
  expect(thrown).toBeGreaterThan(namedPoints().length)
})

test('a process that dies at a named point is replaced, and nothing is lost or doubled', {
  timeout: 720_000,
}, async () => {
  const sweep = await openSweep(stage)
  const faults: string[] = []
  let killed = 0
  for (const [index, point] of namedPoints().entries()) {
    if (index % 6 !== today) continue
    const one: Case = { point, hit: 1 + (Math.floor(index / 6) % 2), how: 'kill' }
    const wrong = await sweep.run(one)
    if (!wrong) continue
    killed += 1
    faults.push(...wrong.map((fault) => `${point}, hit ${one.hit}: ${fault}`))
  }
  expect(faults).toEqual([])
  expect(killed).toBeGreaterThan(0)
})
