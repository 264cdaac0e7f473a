import { expect, test } from 'vitest'
import { setStage } from '../support/scene.ts'
import { namedPoints, openSweep } from './failpoints.ts'

const stage = setStage()

/** Which sixth of the points kills today: in six days each has had its turn. */
const today = Math.floor(Date.now() / 86_400_000) % 6

test('code that fails at any named point of the executor loses nothing and doubles nothing', {
  timeout: 720_000,
}, async ({ signal }) => {
  const sweep = await openSweep(stage, signal)
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
}, async ({ signal }) => {
  const sweep = await openSweep(stage, signal)
  const points = namedPoints()
  const due = points.filter((_, index) => index % 6 === today)
  expect(due.length).toBeGreaterThanOrEqual(Math.floor(points.length / 6))
  expect(due).not.toEqual([])
  const faults: string[] = []
  for (const [index, point] of due.entries()) {
    // Every other one dies the second time, if a run comes there twice.
    const hit = index % 2 === 1 && (await sweep.hits(point)) > 1 ? 2 : 1
    const wrong = (await sweep.run({ point, hit, how: 'kill' })) ?? ['nobody died there']
    faults.push(...wrong.map((fault) => `${point}, hit ${hit}: ${fault}`))
  }
  expect(faults).toEqual([])
})
