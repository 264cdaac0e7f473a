import { expect, test } from 'vitest'
import { withRange } from '../../../editor/parts/marks.ts'
import { sayNext } from '../../../editor/words.ts'
import { sayInUse, sayLanes } from '../../../editor/worker/say-lanes.ts'
import { RunState } from '../../../server/contract/runs.ts'
import { durableScene, emptyDurable } from '../support/durable-scene.ts'
import { runView } from '../support/scene.ts'

test('the page of workers begins with the whole in a sentence', () => {
  const { lanes } = durableScene()
  // Of four processes one only serves pages and one is lost.
  const waits = lanes.lanes.map((lane) => ({ ...lane, oldestQueuedAt: '2026-11-22T11:59:56.500Z' }))
  const now = new Date('2026-11-22T12:00:00Z')
  expect(sayLanes({ ...lanes, lanes: waits }, now)).toBe('2 workers, 2 runs at work, nothing waits longer than 4 s.')
  expect(sayLanes(emptyDurable().lanes, now)).toBe('No worker is running, nothing at work, nothing waits for its turn.')
})

test('what a worker has in hand beside its slots is said apart', () => {
  const worker = { role: 'worker', slots: 4 } as const
  expect(sayInUse({ ...worker, running: 3 })).toBe('3 of 4')
  expect(sayInUse({ ...worker, running: 6 })).toBe('4 of 4, 2 beside')
  expect(sayInUse({ ...worker, role: 'api', running: 0 })).toBe('—')
})

test('holding Shift marks or unmarks all between the last row and this one', () => {
  const all = ['a', 'b', 'c', 'd']
  expect([...withRange(new Set(['a']), all, 'a', 'c')]).toEqual(['a', 'b', 'c'])
  expect([...withRange(new Set(all), all, 'd', 'b')]).toEqual(['a'])
  expect([...withRange(new Set(), all, undefined, 'b')]).toEqual(['b'])
  // The row marked last is on another page by now.
  expect([...withRange(new Set(), all, 'gone', 'b')]).toEqual(['b'])
})

test('every state in which a run stands still says what can be done next', () => {
  const still = RunState.enum.filter((state) => !['queued', 'running', 'waiting'].includes(state))
  for (const state of still) expect(sayNext(runView(1, { state, nextAction: null })), state).toMatch(/\w+.*\.$/)
})
