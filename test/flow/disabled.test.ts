import { describe, expect, test } from 'vitest'
import { withoutDisabled } from '../../server/flow/plan/disabled.ts'
import type { Flow } from '../../server/flow/document/flow.ts'
import { NATIVE_OPERATIONS } from '../../server/flow/catalog/native.ts'
import { planFlow } from '../../server/flow/plan/plan.ts'
import { checkFlow } from '../../server/flow/check/validate.ts'
import { flowHash } from '../../server/flow/document/version.ts'
import { flowOf, node } from '../support/flows.ts'

const read = { ...NATIVE_OPERATIONS[3]!, id: 'read', kind: 'read' as const, ports: ['out', 'rejected', 'done'] }
const catalog = new Map([...NATIVE_OPERATIONS, { ...read, settings: {} }].map((info) => [info.id, info]))
const flow = flowOf(
  [
    node('read', 'read'),
    node('a', 'map', { expression: '$' }),
    node('b', 'filter', { condition: 'true' }),
    node('c', 'map', { expression: '$' }),
  ],
  ['start read', 'read a', 'a b', 'b c', 'b.other c'],
)
const disabled = (how: 'pass' | 'stop', ...ids: string[]): Flow => ({
  ...flow,
  nodes: flow.nodes.map((one) => (ids.includes(one.id) ? { ...one, disabled: how } : one)),
})
const lines = (of: Flow) => of.edges.map((edge) => `${edge.from}.${edge.port}>${edge.to}`).sort()

describe('a disabled node', () => {
  test('that passes leads its records on by its main port, other ports carry nothing', () => {
    expect(lines(withoutDisabled(disabled('pass', 'b'), catalog))).toEqual(['a.out>c', 'read.out>a', 'start.out>read'])
    expect(lines(withoutDisabled(disabled('pass', 'a', 'b'), catalog))).toEqual(['read.out>c', 'start.out>read'])
  })

  test('that stops ends the way, and what nothing reaches any more takes no part', () => {
    const left = withoutDisabled(disabled('stop', 'b'), catalog)
    expect(left.nodes.map(({ id }) => id)).toEqual(['start', 'read', 'a'])
    expect([...planFlow(disabled('stop', 'b'), catalog).nodes.keys()].sort()).toEqual(['a', 'read', 'start'])
  })

  test('that reads does so whatever it says', () => {
    expect(withoutDisabled(disabled('pass', 'read'), catalog).nodes.map(({ id }) => id)).toEqual(['start'])
  })

  test('may be unfinished, but a trigger may not be disabled', () => {
    const unfinished = {
      ...disabled('pass', 'a'),
      nodes: disabled('pass', 'a').nodes.map((one) => (one.id === 'a' ? { ...one, settings: {} } : one)),
    }
    expect(checkFlow(unfinished, { catalog })).toEqual([])
    expect(
      checkFlow(
        { ...unfinished, nodes: flow.nodes.map((one) => (one.id === 'a' ? { ...one, settings: {} } : one)) },
        { catalog },
      ),
    ).toMatchObject([{ code: 'SETTING_MISSING', node: 'a' }])
    expect(checkFlow(disabled('stop', 'start'), { catalog })).toMatchObject([{ code: 'TRIGGER_DISABLED' }])
  })

  test('makes another version', async () => {
    expect(await flowHash(disabled('pass', 'b'))).not.toBe(await flowHash(flow))
  })
})
