import { expect, test } from 'vitest'
import type { Flow } from '../../server/flow/document/flow.ts'
import { mergeFlows } from '../../server/flow/document/merge.ts'
import { sameFlow } from '../../server/flow/document/version.ts'
import { goodFlow } from './fixtures.ts'

const base = goodFlow()
const [first, second] = base.nodes
const change = (flow: Flow, id: string, fields: object): Flow => ({
  ...flow,
  nodes: flow.nodes.map((one) => (one.id === id ? { ...one, ...fields } : one)),
})

test('what only one side changed is taken, on either side, down to a single setting', () => {
  const mine = change(base, first!.id, { name: 'Mine' })
  const theirs = change({ ...base, description: 'Newer' }, first!.id, { settings: { ...first!.settings, extra: 1 } })
  const { flow, conflicts } = mergeFlows(base, mine, theirs)
  expect(conflicts).toEqual([])
  expect(flow.description).toBe('Newer')
  expect(flow.nodes.find(({ id }) => id === first!.id)).toEqual({
    ...first,
    name: 'Mine',
    settings: { ...first!.settings, extra: 1 },
  })
})

test('where both changed the same place, mine stays and is named', () => {
  const mine = change(base, first!.id, { name: 'Mine' })
  const theirs = change(base, first!.id, { name: 'Theirs' })
  const { flow, conflicts } = mergeFlows(base, mine, theirs)
  expect(flow.nodes.find(({ id }) => id === first!.id)?.name).toBe('Mine')
  expect(conflicts).toEqual([{ place: `nodes.${first!.id}.name`, mine: 'Mine', theirs: 'Theirs' }])
})

test('steps, edges and questions come and go with their side', () => {
  const added = { id: 'new', operation: 'map', name: 'New', settings: { expression: '$' } }
  const mine: Flow = { ...base, form: [{ name: 'mine', type: 'text', title: 'Mine' }] }
  const theirs: Flow = {
    ...base,
    nodes: [...base.nodes.filter(({ id }) => id !== second!.id), added],
    edges: base.edges.filter(({ from, to }) => from !== second!.id && to !== second!.id),
    form: [{ name: 'theirs', type: 'text', title: 'Theirs' }],
  }
  const { flow, conflicts } = mergeFlows(base, mine, theirs)
  expect(conflicts).toEqual([])
  expect(flow.nodes.map(({ id }) => id)).toContain('new')
  expect(flow.nodes.map(({ id }) => id)).not.toContain(second!.id)
  expect(flow.edges.some(({ from, to }) => from === second!.id || to === second!.id)).toBe(false)
  expect(flow.form?.map(({ name }) => name)).toEqual(['mine', 'theirs'])
  // A step that I changed and the template gave up stays mine, and is named.
  const kept = mergeFlows(base, change(base, second!.id, { name: 'Still needed' }), theirs)
  expect(kept.flow.nodes.map(({ id }) => id)).toContain(second!.id)
  expect(kept.conflicts).toMatchObject([{ place: `nodes.${second!.id}`, theirs: null }])
})

test('notes and groups of mine stay where they are', () => {
  const notes = [{ id: 'note', x: 0, y: 0, width: 200, height: 100, text: 'Ask Jana' }]
  const groups = [{ id: 'group', title: 'Reading', nodes: [first!.id] }]
  const mine: Flow = { ...base, layout: { nodes: {}, notes, groups } }
  const { flow } = mergeFlows(base, mine, { ...base, description: 'Newer' })
  expect(flow.layout).toMatchObject({ notes, groups })
})

test('a flow nobody changed becomes the new template', () => {
  const theirs = change({ ...base, description: 'Newer' }, first!.id, { note: 'Look here' })
  expect(sameFlow(mergeFlows(base, base, theirs).flow, theirs)).toBe(true)
})
