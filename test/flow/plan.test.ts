import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Flow } from '../../server/flow/document/flow.ts'
import { fuse } from '../../server/flow/plan/fuse.ts'
import { type Plan, PlanError, planFlow } from '../../server/flow/plan/plan.ts'
import { validate } from '../../server/flow/check/validate.ts'
import { CATALOG, edge, flowOf, goodFlow, node, parse } from './fixtures.ts'
import { anyFlow, goodFlows, shuffled } from './random-flows.ts'

const SETTINGS = {
  map: { expression: '$' },
  filter: { condition: 'x' },
  route: { match: 'first', cases: [{ name: 'a', condition: 'x' }] },
  split: { path: 'Lines' },
  join: { key: 'a', withKey: 'b' },
  summarise: { values: [{ name: 'n', fn: 'count' }] },
}
const pure = (id: string, operation: keyof typeof SETTINGS = 'map') => node(id, operation, SETTINGS[operation])
const bills = (id = 'bills') => node(id, 'ledger.list-bills')
const people = (id = 'people') => node(id, 'ledger.list-people')
const plan = (flow: Flow) => planFlow(flow, CATALOG)
const readIds = (flow: Flow) => plan(flow).reads.map(({ node }) => node.id)
/** Nodes of each group. */
const groupsOf = (flow: Flow) => fuse(plan(flow)).map(({ nodes }) => nodes.join(' '))

/** A plan as plain data, so that two can be compared with their orders. */
const plain = ({ triggers, reads, nodes }: Plan) => {
  const flat = [...nodes].map(([id, { ports, ...rest }]) => ({ id, ...rest, ports: [...ports] }))
  return { triggers: triggers.map(({ node }) => node.id), reads: reads.map(({ node }) => node.id), nodes: flat }
}

describe('a plan', () => {
  test('lists nodes so that each comes after those that feed it, ties by id', () => {
    const flow = flowOf(
      [pure('z'), pure('b'), pure('a'), pure('end'), bills(), node('start', 'manual')],
      ['start bills', 'bills z', 'bills b', 'z a', 'a end', 'b end'],
    )
    expect([...plan(flow).nodes.keys()]).toEqual(['start', 'bills', 'b', 'z', 'a', 'end'])
    expect([...plan(flow).nodes.values()].map(({ order }) => order)).toEqual([0, 1, 2, 3, 4, 5])
  })

  test('says where each port leads, also when nowhere', () => {
    const { ports } = plan(goodFlow()).nodes.get('bills') ?? {}
    expect([...(ports ?? [])]).toEqual([
      ['out', [{ node: 'rows', input: 'in' }]],
      ['done', []],
      ['rejected', []],
    ])
  })

  test('fills in the defaults of settings', () => {
    expect(plan(goodFlow()).nodes.get('save')?.node.settings).toEqual({ key: '3', record: '$' })
    expect(plan(goodFlow()).nodes.get('bills')?.node.settings).toEqual({ statuses: [] })
  })

  test('runs reads by id when nothing else orders them', () => {
    expect(readIds(flowOf([node('s', 'manual'), people('b'), bills('a')], ['s a', 's b']))).toEqual(['a', 'b'])
  })

  test('runs a read after the one whose end starts it', () => {
    expect(readIds(flowOf([node('s', 'manual'), people('a'), bills('b')], ['s b', 'b.done a']))).toEqual(['b', 'a'])
  })

  test('runs what a join looks into before what is joined, however far away they are', () => {
    const flow = flowOf(
      [node('s', 'manual'), bills('a'), people('b'), pure('m'), pure('n', 'split'), pure('j', 'join')],
      ['s a', 's b', 'a m', 'm j', 'b n', 'n j:with'],
    )
    expect(readIds(flow)).toEqual(['b', 'a'])
  })

  test('names the triggers', () => {
    const flow = flowOf(
      [node('z', 'manual'), node('y', 'schedule', { mode: 'interval', everyMinutes: 5 }), bills()],
      ['z bills', 'y bills'],
    )
    expect(plan(flow).triggers.map(({ node }) => node.id)).toEqual(['y', 'z'])
  })

  test('is refused with the problems that validate finds', () => {
    const flow = { ...goodFlow(), edges: [...goodFlow().edges, edge('save rows')] }
    expect(() => plan(flow)).toThrow('The flow cannot be planned: Records would go in a circle')
    try {
      plan(flow)
    } catch (error) {
      expect(error).toMatchObject({ name: 'PlanError', problems: [{ code: 'CYCLE', node: 'rows' }] })
    }
  })

  test('is made in spite of warnings', () => {
    const flow = { ...goodFlow(), slots: { ...goodFlow().slots, spare: { connector: 'mailer', title: 'Spare' } } }
    expect(plan(flow).nodes.size).toBe(4)
  })
})

describe('fused groups', () => {
  const chain = (nodes: Parameters<typeof flowOf>[0], edges: string[]) =>
    flowOf([node('s', 'manual'), bills(), ...nodes], ['s bills', ...edges])

  test('take a chain of pure nodes in one trip', () => {
    const flow = chain(
      [pure('a'), pure('b', 'filter'), pure('c', 'route'), pure('d', 'split')],
      ['bills a', 'a b', 'b c', 'c.a d', 'c.other d'],
    )
    const [group] = fuse(plan(flow))
    expect(group).toEqual({
      id: 'a',
      nodes: ['a', 'b', 'c', 'd'],
      exits: [],
      program: {
        roots: [0],
        exits: 0,
        steps: [
          { kind: 'map', id: 'a', expression: '$', ports: { out: { steps: [1] } } },
          { kind: 'filter', id: 'b', condition: 'x', ports: { out: { steps: [2] } } },
          {
            kind: 'route',
            id: 'c',
            match: 'first',
            cases: [{ name: 'a', condition: 'x' }],
            ports: { a: { steps: [3] }, other: { steps: [3] } },
          },
          { kind: 'split', id: 'd', path: 'Lines', keep: [], ports: {} },
        ],
      },
    })
    expect([...plan(flow).nodes.values()].map((planned) => planned.group)).toEqual([
      undefined,
      undefined,
      'a',
      'a',
      'a',
      'a',
    ])
  })

  test('keep a diamond together', () => {
    expect(
      groupsOf(
        chain(
          ['a', 'b', 'c', 'd'].map((id) => pure(id)),
          ['bills a', 'a b', 'a c', 'b d', 'c d'],
        ),
      ),
    ).toEqual(['a b c d'])
  })

  test('begin anew at a node that is fed from two places', () => {
    const flow = flowOf(
      [node('s', 'manual'), bills(), people(), pure('a'), pure('b'), pure('c'), pure('d')],
      ['s bills', 's people', 'bills a', 'people b', 'a c', 'b c', 'c d'],
    )
    expect(groupsOf(flow)).toEqual(['a', 'b', 'c d'])
  })

  test('begin anew at a node that is fed from inside and outside', () => {
    expect(groupsOf(chain([pure('a'), pure('b')], ['bills a', 'a b', 'bills b']))).toEqual(['a', 'b'])
  })

  test('never take in a summary or a join, nor reach across one', () => {
    const flow = chain([pure('a'), pure('b', 'summarise'), pure('c')], ['bills a', 'a b', 'b c'])
    expect(groupsOf(flow)).toEqual(['a', 'c'])
    expect(plan(flow).nodes.get('b')?.group).toBeUndefined()
  })

  test('number their exits, and may lead on inside and outside by one port', () => {
    const flow = chain(
      [pure('a'), pure('b'), node('save', 'mailer.save-people', { key: '3' })],
      ['bills a', 'a b', 'a save', 'a.rejected save', 'b save'],
    )
    const [group] = fuse(plan(flow))
    const targets = [{ node: 'save', input: 'in' }]
    expect(group?.exits).toEqual([
      { node: 'a', port: 'out', targets },
      { node: 'a', port: 'rejected', targets },
      { node: 'b', port: 'out', targets },
    ])
    expect(group?.program.steps.map(({ ports }) => ports)).toEqual([
      { out: { steps: [1], exit: 0 }, rejected: { steps: [], exit: 1 } },
      { out: { steps: [], exit: 2 } },
    ])
  })
})

describe('over random flows', () => {
  test('the plan does not depend on the order of nodes, edges and fields', () => {
    fc.assert(
      fc.property(
        goodFlows.chain((flow) => fc.tuple(fc.constant(flow), shuffled(flow))),
        ([flow, other]) => {
          expect(plain(plan(other))).toEqual(plain(plan(flow)))
          expect(fuse(plan(other))).toEqual(fuse(plan(flow)))
        },
      ),
    )
  })

  test('each node comes after those that feed it', () => {
    fc.assert(
      fc.property(goodFlows, (flow) => {
        const { nodes } = plan(flow)
        expect(nodes.size).toBe(flow.nodes.length)
        for (const { from, to } of flow.edges) expect(nodes.get(from)?.order).toBeLessThan(nodes.get(to)?.order ?? -1)
      }),
    )
  })

  test('fused programs keep every edge, have one entry, and lead forward only', () => {
    fc.assert(
      fc.property(goodFlows, (flow) => {
        const planned = plan(flow)
        const groups = fuse(planned)
        const kept = groups.flatMap(({ nodes, program, exits }) =>
          program.steps.flatMap(({ id, ports }, place) =>
            Object.entries(ports).flatMap(([port, { steps, exit }]) => {
              expect(steps.every((step) => step > place)).toBe(true)
              const outside = exit === undefined ? [] : (exits[exit]?.targets ?? [])
              if (exit !== undefined) expect(exits[exit]).toMatchObject({ node: id, port })
              return [
                ...steps.map((step) => `${id}.${port} ${nodes[step]}:in`),
                ...outside.map((target) => `${id}.${port} ${target.node}:${target.input}`),
              ]
            }),
          ),
        )
        const members = new Map(groups.flatMap(({ id, nodes }) => nodes.map((member) => [member, id])))
        const drawn = flow.edges.filter(({ from }) => members.has(from))
        expect(kept.sort()).toEqual(drawn.map(({ from, port, to, input }) => `${from}.${port} ${to}:${input}`).sort())

        for (const { from, to } of flow.edges) {
          const group = members.get(to)
          if (group !== undefined && members.get(from) !== group) expect(to).toBe(group)
        }
        const pureOnes = [...planned.nodes.values()].filter(({ node }) =>
          /^(map|filter|route|split)$/.test(node.operation),
        )
        expect([...members.keys()].sort()).toEqual(pureOnes.map(({ node }) => node.id).sort())
      }),
    )
  })

  test('groups are as large as they can be: no entry is fed by one single group', () => {
    fc.assert(
      fc.property(goodFlows, (flow) => {
        const { nodes } = plan(flow)
        for (const [id, { group }] of nodes) {
          if (group !== id) continue
          const feeders = flow.edges.filter(({ to }) => to === id).map(({ from }) => nodes.get(from)?.group)
          expect(feeders.includes(undefined) || new Set(feeders).size > 1).toBe(true)
        }
      }),
    )
  })

  test('any graph at all is planned or refused with a PlanError, exactly as validate says', async () => {
    const outcomes = { planned: 0, refused: 0 }
    await fc.assert(
      fc.asyncProperty(fc.oneof(anyFlow, goodFlows), async (flow) => {
        const problems = await validate(flow, { catalog: CATALOG, parse })
        const errors = problems.filter(({ severity, code }) => severity === 'error' && code !== 'EXPRESSION_INVALID')
        try {
          fuse(plan(flow))
          outcomes.planned++
          expect(errors.filter(({ code }) => code !== 'GUARDED_KEY')).toEqual([])
        } catch (error) {
          if (!(error instanceof PlanError)) throw error
          outcomes.refused++
          expect(error.problems).toEqual(errors.filter(({ code }) => code !== 'GUARDED_KEY'))
        }
      }),
      { numRuns: 300 },
    )
    expect(outcomes.planned).toBeGreaterThan(20)
    expect(outcomes.refused).toBeGreaterThan(20)
  })
})

test('a flow of 500 nodes is validated and planned', async ({ annotate }) => {
  const nodes = Array.from({ length: 496 }, (_, index) => pure(`n${index}`, index % 2 ? 'filter' : 'map'))
  const edges = nodes
    .slice(1)
    .flatMap((_, index) => [
      `n${index} n${index + 1}`,
      ...(index + 7 < nodes.length ? [`n${index}.rejected n${index + 7}`] : []),
    ])
  const flow = flowOf(
    [node('s', 'manual'), bills(), people(), node('save', 'mailer.save-people', { key: '3' }), ...nodes],
    ['s bills', 's people', 'bills n0', 'people save', 'n495 save', ...edges],
  )
  const start = performance.now()
  expect(await validate(flow, { catalog: CATALOG, parse })).toEqual([])
  const validated = performance.now()
  expect(fuse(plan(flow)).map(({ nodes }) => nodes.length)).toEqual([496])
  const planned = performance.now()
  await annotate(`validated in ${Math.round(validated - start)} ms, planned in ${Math.round(planned - validated)} ms`)
})
