import { expect, test } from 'vitest'
import { basisOf, changedSince } from '../../server/flow/document/basis.ts'
import type { Flow } from '../../server/flow/document/flow.ts'
import { goodFlow } from './fixtures.ts'

const flow = goodFlow()
const last = flow.nodes.find(({ id }) => !flow.edges.some(({ from }) => from === id))!
const [before] = flow.edges.filter(({ to }) => to === last.id)
const first = flow.nodes.find(({ id }) => id === before!.from)!
const change = (id: string, fields: object): Flow => ({
  ...flow,
  nodes: flow.nodes.map((one) => (one.id === id ? { ...one, ...fields } : one)),
})
const basis = basisOf(flow, last.id)

test('records stay what they were while nothing that leads to the step is set otherwise', () => {
  const renamed = change(first.id, { name: 'Another name' })
  const aside = { ...renamed, nodes: [...renamed.nodes, { ...first, id: 'aside' }], layout: { nodes: {} } } as Flow
  expect(changedSince(basis, aside, last.id, 'in')).toEqual([])
  expect(changedSince(basis, aside, last.id, 'out')).toEqual([])
})

test('a setting, an account, an operation or a line on the way is named with its step', () => {
  for (const fields of [{ settings: { ...first.settings, more: 1 } }, { slot: 'other' }, { disabled: 'pass' }])
    expect(changedSince(basis, change(first.id, fields), last.id, 'in')).toEqual([first.name])
  const uncut = { ...flow, edges: flow.edges.filter((edge) => edge !== before) }
  expect(changedSince(basis, uncut, last.id, 'in')).toContain(last.name)
  const port = { ...flow, edges: flow.edges.map((edge) => (edge === before ? { ...edge, port: 'other' } : edge)) }
  expect(changedSince(basis, port, last.id, 'in')).toEqual([last.name])
})

test('how the step itself is set changes what leaves it, not what came to it', () => {
  const set = change(last.id, { settings: { ...last.settings, more: 1 } })
  expect(changedSince(basis, set, last.id, 'in')).toEqual([])
  expect(changedSince(basis, set, last.id, 'out')).toEqual([last.name])
  expect(changedSince(basis, change(last.id, { operation: 'filter' }), last.id, 'in')).toEqual([last.name])
})
