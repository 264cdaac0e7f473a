import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Contribution, RunningState } from '../../server/run/journal/running-memory.ts'
import { given, type RunningValues, shown, takeIn } from '../../server/run/node/running-state.ts'
import { inWorkspace } from '../../server/store/database/database.ts'
import { findRemembered, forgetKey } from '../../server/store/journal/forget-node.ts'
import { node } from '../support/flows.ts'
import { givenFlow } from '../support/given.ts'
import { setStage } from '../support/scene.ts'

const stage = setStage()
const VALUES: RunningValues = [
  { name: 'spent', fn: 'sum', path: 'total' },
  { name: 'orders', fn: 'count' },
  { name: 'largest', fn: 'max', path: 'total' },
  { name: 'least', fn: 'min', path: 'total' },
  { name: 'begun', fn: 'first', path: 'day' },
  { name: 'newest', fn: 'last', path: 'day' },
]

const opened = async (more: Record<string, unknown> = {}) => {
  const scene = await stage.open({ contacts: 1, invoices: 0, creditNotes: 0 })
  const settings = { key: ['who'], contribution: ['id'], values: VALUES, as: 'so', ...more }
  return { scene, ...(await givenFlow(stage, scene, [node('value', 'running-value', settings)], ['given value'])) }
}

test('adds up over runs to the cent; what comes again counts once, corrected it counts as it is now', async () => {
  const { run, scene, flow } = await opened({ takeBack: 'void' })
  const first = await run([
    { who: 'a', id: 1, total: 0.1, day: '2026-11-01' },
    { who: 'a', id: 2, total: 0.2, day: '2026-11-02' },
    { who: 'b', id: 1, total: 5, day: '2026-11-03' },
    { who: 'a', total: 1 },
    { who: 'a', id: 9, total: 'much' },
  ])
  expect(first.state).toBe('partly')
  expect((await first.left('value', 'out')).map(({ so }) => so)).toEqual([
    { spent: 0.1, orders: 1, largest: 0.1, least: 0.1, begun: '2026-11-01', newest: '2026-11-01' },
    { spent: 0.3, orders: 2, largest: 0.2, least: 0.1, begun: '2026-11-01', newest: '2026-11-02' },
    { spent: 5, orders: 1, largest: 5, least: 5, begun: '2026-11-03', newest: '2026-11-03' },
  ])
  const second = await run([
    // Read again.
    { who: 'a', id: 1, total: 0.1, day: '2026-11-01' },
    // Corrected: no longer the largest; then taken back.
    { who: 'a', id: 2, total: 0.05, day: '2026-11-02' },
    { who: 'b', id: 1, total: 5, day: '2026-11-03', void: true },
  ])
  expect(await second.counts('value')).toMatchObject({ unchanged: 1, replaced: 1, 'taken-back': 1, added: 0 })
  expect((await second.left('value', 'out')).map(({ so }) => so)).toEqual([
    { spent: 0.3, orders: 2, largest: 0.2, least: 0.1, begun: '2026-11-01', newest: '2026-11-02' },
    { spent: 0.15, orders: 2, largest: 0.1, least: 0.05, begun: '2026-11-01', newest: '2026-11-02' },
    { spent: 0, orders: 0, largest: null, least: null, begun: null, newest: null },
  ])

  const { keys, id: workspace } = scene.workspace
  const ask = (key: string) =>
    inWorkspace(stage.database.app.db, workspace, (tx) =>
      findRemembered(tx, keys, { workspace, flow, node: 'value' }, key),
    )
  expect((await ask('a'))?.state?.cells).toMatchObject({ 'sum total': { count: 2, value: '0.15' } })
  const at = { workspace, flow, node: 'value' }
  expect(await inWorkspace(stage.database.app.db, workspace, (tx) => forgetKey(tx, keys, at, 'a'))).toBe(true)
  expect(await ask('a')).toBeUndefined()
  const anew = await run([{ who: 'a', id: 1, total: 7, day: '2026-11-01' }])
  expect((await anew.left('value', 'out'))[0]?.so).toMatchObject({ spent: 7, orders: 1 })
})

test('an older version never replaces a newer one, and old data only adds', async () => {
  const versioned = await opened({ version: 'at' })
  await versioned.run([{ who: 'a', id: 1, total: 3, at: 9 }])
  const older = await versioned.run([{ who: 'a', id: 1, total: 2, at: 8 }])
  expect(await older.counts('value')).toMatchObject({ older: 1 })
  expect((await older.left('value', 'out'))[0]?.so).toMatchObject({ spent: 3 })
  // 10 is newer than 9, though not as a text.
  expect(
    (await (await versioned.run([{ who: 'a', id: 1, total: 4, at: 10 }])).left('value', 'out'))[0]?.so,
  ).toMatchObject({ spent: 4 })
})

test('any course of contributions ends with what those that stand add up to', async () => {
  const steps = fc.array(
    fc.record({
      id: fc.nat(4),
      total: fc.option(fc.integer({ min: -3, max: 3 }), { nil: undefined }),
      gone: fc.boolean(),
    }),
    { maxLength: 25 },
  )
  await fc.assert(
    fc.asyncProperty(steps, async (course) => {
      const standing = new Map<number, Contribution>()
      let state: RunningState = { next: 0, cells: {} }
      for (const { id, total, gone } of course) {
        const before = standing.get(id)
        const seq = before?.seq ?? state.next
        const record = total === undefined ? {} : { total, day: `day ${total}` }
        const next: Contribution = {
          seq,
          version: undefined,
          takenBack: gone,
          cells: gone ? {} : given(VALUES, record),
        }
        const others = async function* () {
          for (const [other, one] of standing) if (other !== id) yield one
        }
        state = { ...(await takeIn(VALUES, state, before, next, others)), next: Math.max(state.next, seq + 1) }
        standing.set(id, next)
      }
      const counted = [...standing.values()].sort((a, b) => a.seq - b.seq)
      const of = (name: string) => counted.flatMap(({ cells }) => (cells[name] === undefined ? [] : [cells[name]]))
      const totals = of('max total').map(Number)
      expect(shown(VALUES, state)).toEqual({
        spent: of('sum total').reduce((sum: number, one) => sum + Number(one), 0),
        orders: of('count ').length,
        largest: totals.length === 0 ? null : Math.max(...totals),
        least: totals.length === 0 ? null : Math.min(...totals),
        begun: of('first day')[0] ?? null,
        newest: of('last day').at(-1) ?? null,
      })
    }),
    { numRuns: 300 },
  )
})
