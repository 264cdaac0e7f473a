import { expect, test } from 'vitest'
import { prefer } from '../../../editor/format/preferred.ts'
import { askedRuns } from '../../../editor/run/asked-runs.ts'
import { compareSteps } from '../../../editor/run/compare-steps.ts'
import { nextError } from '../../../editor/run/use-run-keys.ts'
import { runs } from '../../../editor/search.ts'
import type { NodeSteps } from '../../../server/contract/runs.ts'

const step = (node: string, change: Partial<NodeSteps> = {}): NodeSteps => ({
  ...{ node, name: node.toUpperCase(), operation: 'map', position: 0, batches: 1, counts: { in: 10, out: 10 } },
  ...{ calls: 0, retries: 0, waitingMs: 0, workingMs: 5, startedAt: '2026-11-28T06:00:00Z', failed: 0, fed: true },
  ...change,
})

test('an address becomes what the server is asked; the last day is in it, and what makes no sense is left out', () => {
  const now = new Date('2026-11-28T06:00:00Z')
  expect(askedRuns(runs({ since: 'day', state: 'failed' }), now)).toEqual({
    state: 'failed',
    from: '2026-11-27T06:00:00.000Z',
  })
  expect(askedRuns(runs({ from: '2026-11-01', to: '2026-11-30', longer: '60', dry: 'none' }), now)).toEqual({
    from: new Date(2026, 10, 1).toISOString(),
    to: new Date(2026, 11, 1).toISOString(),
    minSeconds: 60,
    dry: false,
  })
  try {
    prefer({ zone: 'Pacific/Auckland' })
    expect(askedRuns(runs({ from: '2026-11-01', to: '2026-11-30' }), now)).toEqual({
      from: '2026-10-31T11:00:00.000Z',
      to: '2026-11-30T11:00:00.000Z',
    })
  } finally {
    prefer({})
  }
  // Several states at once, each once, in their own order; what is no state is left out.
  expect(askedRuns(runs({ state: 'failed,paused,lost,failed' }), now)).toEqual({ state: 'paused,failed' })
  expect(askedRuns(runs({ since: 'ever', from: '28 Nov', to: '2026-13-01', longer: 'long', key: 1920 }), now)).toEqual({
    key: '1920',
  })
})

test('steps of two runs stand side by side, also those that only one of them has', () => {
  const [read, gone] = compareSteps(
    [step('read', { counts: { in: 10, out: 10 } }), step('gone')],
    [step('read', { counts: { in: 12, out: 9, rejected: 3 } })],
  )
  expect(read).toMatchObject({
    counts: { in: { before: 10, now: 12 }, out: { before: 10, now: 9 }, rejected: { before: 0, now: 3 } },
    workingMs: { before: 5, now: 5 },
  })
  expect(gone).toMatchObject({ name: 'GONE', calls: { before: 0, now: undefined } })
})

test('the next error comes after the open step, and the first one after the last', () => {
  const steps = [step('a'), step('b', { counts: { rejected: 2 } }), step('c'), step('d', { failed: 1 })]
  expect(nextError(steps, undefined)).toBe('b')
  expect(nextError(steps, 'b')).toBe('d')
  expect(nextError(steps, 'd')).toBe('b')
  expect(nextError([step('a')], undefined)).toBeUndefined()
})
