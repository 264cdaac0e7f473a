import { expect, test } from 'vitest'
import { createPlans } from '../../server/worker/plans.ts'
import { CATALOG, goodFlow } from '../flow/fixtures.ts'

// A template on the flows of sixty clients is planned once, and never for somebody who answered otherwise.

const version = (workspace: string, number = 1) => ({ workspace, flow: `flow of ${workspace}`, version: number })
const document = () => structuredClone(goodFlow())

test('versions of one content share it and its plan, in whatever workspace', () => {
  const plans = createPlans(CATALOG)
  const one = plans.keep(version('one'), document())
  const other = plans.keep(version('other'), document())
  expect(other).toBe(one)
  expect(plans.flow(version('other'))).toBe(one)
  expect(plans.plan(one, {})).toBe(plans.plan(other, {}))
})

test('another content, or other answers, make another plan', () => {
  const plans = createPlans(CATALOG)
  const one = plans.keep(version('one'), document())
  const changed = plans.keep(version('one', 2), { ...document(), order: 'by-key' })
  expect(changed).not.toBe(one)
  expect(plans.plan(changed, {})).not.toBe(plans.plan(one, {}))
  const asked = [{ name: 'days', title: 'Days', type: 'number', default: 7 }]
  const flow = plans.keep(version('one', 3), { ...document(), form: asked })
  const three = plans.plan(flow, { answers: { days: 3 } })
  expect(three.plan.given?.settings).toEqual({ days: 3 })
  expect(plans.plan(flow, { answers: { days: 4 } }).plan.given?.settings).toEqual({ days: 4 })
  expect(plans.plan(flow, { answers: { days: 3 } })).toBe(three)
})

test('a version that was pushed out meets its plan again by its content', () => {
  const plans = createPlans(CATALOG)
  const first = plans.plan(plans.keep(version('first'), document()), {})
  for (let n = 0; n < 200; n++) plans.keep(version('first', n + 2), { ...document(), description: `${n}` })
  expect(plans.flow(version('first'))).toBeUndefined()
  const again = plans.keep(version('first'), document())
  expect(plans.plan(again, {})).toBe(first) // its plan was not pushed out: nothing else was planned
})
