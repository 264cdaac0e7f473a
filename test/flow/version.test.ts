import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Flow } from '../../server/flow/document/flow.ts'
import { canonicalFlow, flowHash, sameFlow, summarizeChanges } from '../../server/flow/document/version.ts'
import { edge, goodFlow, node } from './fixtures.ts'
import { goodFlows, shuffled } from './random-flows.ts'

const moved: Flow['layout'] = { nodes: { rows: { x: 10, y: 20 } } }
const NOTHING = {
  flow: [],
  nodes: { added: [], removed: [], changed: [] },
  edges: { added: [], removed: [] },
  moved: [],
}

/** The good flow with one node replaced. */
const withNode = (changed: Flow['nodes'][number]): Flow => ({
  ...goodFlow(),
  nodes: goodFlow().nodes.map((one) => (one.id === changed.id ? changed : one)),
})

describe('the hash of a flow', () => {
  test('is the SHA-256 of its canonical text', async () => {
    const expected = createHash('sha256').update(canonicalFlow(goodFlow())).digest('hex')
    expect(await flowHash(goodFlow())).toBe(expected)
  })

  test('has not changed since format 1 was written: stored hashes must stay true', async () => {
    expect(await flowHash(goodFlow())).toBe('2642c55a18099dd1260e552f3031b9136de45cbb4d2ba1e34c13ec45d181e1b4')
  })

  test('stays when boxes are moved, and when nodes, edges and fields stand in another order', async () => {
    const hash = await flowHash(goodFlow())
    expect(await flowHash({ ...goodFlow(), layout: moved })).toBe(hash)
    await fc.assert(
      fc.asyncProperty(
        goodFlows.chain((flow) => fc.tuple(fc.constant(flow), shuffled(flow))),
        async ([flow, other]) => {
          expect(await flowHash(other)).toBe(await flowHash(flow))
        },
      ),
    )
  })

  test.each<[string, Flow]>([
    ['name', { ...goodFlow(), name: 'Another' }],
    ['capture', { ...goodFlow(), capture: 'sample' }],
    ['slot', { ...goodFlow(), slots: {} }],
    ['node', { ...goodFlow(), nodes: goodFlow().nodes.slice(1) }],
    ['setting', withNode(node('rows', 'map', { expression: '$ ' }))],
    ['edge', { ...goodFlow(), edges: goodFlow().edges.slice(1) }],
    ['port of an edge', { ...goodFlow(), edges: [...goodFlow().edges.slice(0, 2), edge('rows.rejected save')] }],
  ])('changes with a %s', async (_, flow) => {
    expect(await flowHash(flow)).not.toBe(await flowHash(goodFlow()))
    expect(sameFlow(flow, goodFlow())).toBe(false)
  })

  test('sees the order of lists inside settings, which may mean something', () => {
    const cases = ['a', 'b'].map((name) => ({ name, condition: name }))
    const one = withNode(node('rows', 'route', { cases }))
    expect(sameFlow(one, withNode(node('rows', 'route', { cases: cases.toReversed() })))).toBe(false)
  })
})

describe('the changes between two flows', () => {
  test('are none between a flow and itself', () => {
    expect(summarizeChanges(goodFlow(), goodFlow())).toEqual(NOTHING)
  })

  test('name moved boxes apart', () => {
    const before = { ...goodFlow(), layout: { nodes: { rows: { x: 0, y: 0 }, save: { x: 1, y: 1 } } } }
    const after = { ...goodFlow(), layout: { nodes: { rows: { x: 10, y: 20 }, save: { x: 1, y: 1 } } } }
    expect(summarizeChanges(before, after)).toEqual({ ...NOTHING, moved: ['rows'] })
  })

  test('name fields of a node with what stood there and what stands there', () => {
    const before = withNode(node('rows', 'route', { cases: [{ name: 'a', condition: 'x' }], match: 'all' }))
    const cases = [
      { name: 'a', condition: 'y' },
      { name: 'b', condition: 'z' },
    ]
    const after = withNode({ ...node('rows', 'route', { cases }), name: 'Rows', note: 'why' })
    expect(summarizeChanges(before, after).nodes).toEqual({
      added: [],
      removed: [],
      changed: [
        {
          id: 'rows',
          name: 'Rows',
          fields: [
            { field: 'name', before: 'The rows', after: 'Rows' },
            { field: 'note', after: 'why' },
            { field: 'settings.cases.0.condition', before: 'x', after: 'y' },
            { field: 'settings.cases.1', after: { name: 'b', condition: 'z' } },
            { field: 'settings.match', before: 'all' },
          ],
        },
      ],
    })
  })

  test('name nodes and edges that came and went', () => {
    const extra = node('extra', 'filter', { condition: 'x' })
    const after = {
      ...goodFlow(),
      nodes: [...goodFlow().nodes.filter(({ id }) => id !== 'rows'), extra],
      edges: [edge('start bills'), edge('bills extra'), edge('extra save')],
    }
    const changes = summarizeChanges(goodFlow(), after)
    expect(changes.nodes).toEqual({
      added: [extra],
      removed: [node('rows', 'map', { expression: '{ "3": Email }' })],
      changed: [],
    })
    expect(changes.edges).toEqual({
      added: [edge('bills extra'), edge('extra save')],
      removed: [edge('bills rows'), edge('rows save')],
    })
  })

  test('leave out an edge that was drawn again between the same ends', () => {
    const edges = goodFlow().edges.map((one) => ({ ...one, id: `${one.id}-again` }))
    expect(summarizeChanges(goodFlow(), { ...goodFlow(), edges })).toEqual(NOTHING)
  })

  test('name what changed about the flow itself', () => {
    const after: Flow = {
      ...goodFlow(),
      name: 'Another',
      slots: { ...goodFlow().slots, mail: { connector: 'mailer', title: 'Post' } },
    }
    expect(summarizeChanges(goodFlow(), after).flow).toEqual([
      { field: 'name', before: 'A flow', after: 'Another' },
      { field: 'slots.mail.title', before: 'Mail', after: 'Post' },
    ])
  })

  test('are none exactly when the flows are the same, and turn around with them', () => {
    fc.assert(
      fc.property(
        goodFlows.chain((flow) => fc.tuple(fc.constant(flow), fc.oneof(goodFlows, shuffled(flow)))),
        ([a, b]) => {
          const { flow, nodes, edges } = summarizeChanges(a, b)
          const count = [flow, nodes.added, nodes.removed, nodes.changed, edges.added, edges.removed].flat().length
          expect(count === 0).toBe(sameFlow(a, b))
          const back = summarizeChanges(b, a)
          expect([back.nodes.added, back.nodes.removed, back.edges.added]).toEqual([
            nodes.removed,
            nodes.added,
            edges.removed,
          ])
        },
      ),
    )
  })
})
