import fc from 'fast-check'
import type { Flow, FlowEdge, FlowNode } from '../../server/flow/document/flow.ts'
import { portsOf } from '../../server/flow/catalog/ports.ts'
import { CATALOG, flowOf, node } from './fixtures.ts'

/** Operations with settings that suit them. */
const SUITABLE: readonly [string, Record<string, unknown>][] = [
  ['map', { expression: '{ "3": Email }' }],
  ['filter', { condition: 'Total > 0' }],
  ['route', { cases: ['a', 'b'].map((name) => ({ name, condition: name })) }],
  ['split', { path: 'Lines' }],
  ['summarise', { values: [{ name: 'n', fn: 'count' }] }],
  ['join', { key: 'a', withKey: 'b' }],
  ['ledger.find-person', { key: 'Contact.ContactID' }],
  ['mailer.save-people', { key: '3' }],
]

const portsAt = ({ operation, settings }: FlowNode) => {
  const info = CATALOG.get(operation)
  return info ? portsOf({ settings }, info) : []
}

/**
 * Flows without errors: each node after the reads is fed by earlier ones. A join takes its `with` from a read of its
 * own, since a read may not be joined with itself.
 */
export const goodFlows: fc.Arbitrary<Flow> = fc
  .array(
    fc.record({
      kind: fc.nat(SUITABLE.length - 1),
      feeders: fc.array(fc.record({ node: fc.nat(), port: fc.nat() }), { minLength: 1, maxLength: 3 }),
      id: fc.nat(999),
    }),
    { maxLength: 14 },
  )
  .map((drawn) => {
    const sources = [node('main', 'ledger.list-bills')]
    const nodes = [node('start', 'manual'), ...sources]
    const edges: FlowEdge[] = []
    const draw = (from: string, port: string, to: string, input = 'in') => {
      const same = edges.some(
        (edge) => edge.from === from && edge.port === port && edge.to === to && edge.input === input,
      )
      if (!same) edges.push({ id: `e${edges.length}`, from, port, to, input })
    }
    draw('start', 'out', 'main')
    for (const [index, { kind, feeders, id }] of drawn.entries()) {
      const [operation, settings] = SUITABLE[kind] ?? ['map', {}]
      const added = node(`n${id}-${index}`, operation, settings)
      nodes.push(added)
      for (const feeder of feeders) {
        const source = sources[feeder.node % sources.length]
        const ports = source ? portsAt(source).filter((port) => port !== 'done') : []
        draw(source?.id ?? '', ports[feeder.port % ports.length] ?? 'out', added.id)
      }
      if (operation === 'join') {
        const side = node(`side${index}`, 'ledger.list-people')
        nodes.push(side)
        draw('start', 'out', side.id)
        draw(side.id, 'out', added.id, 'with')
      }
      sources.push(added)
    }
    return flowOf(nodes, [], { edges })
  })

const OPERATIONS = [...CATALOG.keys(), 'toString', 'nothing']
const NAMES = fc.constantFrom('a', 'b', 'c', 'd', 'toString', 'gone')
const PORTS = fc.constantFrom('out', 'done', 'rejected', 'other', 'a', 'x')

/** Whatever the schema of a flow allows: circles, edges to nowhere, wrong ports, settings of any kind. */
export const anyFlow: fc.Arbitrary<Flow> = fc
  .record({
    nodes: fc.array(
      fc.record({
        id: NAMES,
        operation: fc.constantFrom(...OPERATIONS),
        slot: fc.option(fc.constantFrom('books', 'mail', 'valueOf'), { nil: undefined }),
        settings: fc.oneof(
          fc.constantFrom(...SUITABLE.map(([, settings]) => settings)),
          fc.dictionary(
            fc.constantFrom('expression', 'cases', 'values', 'by', 'mode', 'key', '__proto__'),
            fc.jsonValue(),
          ),
        ),
      }),
      { maxLength: 8 },
    ),
    edges: fc.array(
      fc.record({ id: NAMES, from: NAMES, port: PORTS, to: NAMES, input: fc.constantFrom('in', 'with', 'x') }),
      { maxLength: 12 },
    ),
  })
  .map(({ nodes, edges }) =>
    flowOf(
      nodes.map(({ slot, ...rest }) => ({ ...rest, name: `The ${rest.id}`, ...(slot === undefined ? {} : { slot }) })),
      [],
      { edges },
    ),
  )

/** The same flow with nodes, edges and the fields of nodes in another order, and other ids of edges. */
export const shuffled = (flow: Flow): fc.Arbitrary<Flow> =>
  fc
    .tuple(
      fc.shuffledSubarray(flow.nodes, { minLength: flow.nodes.length }),
      fc.shuffledSubarray(flow.edges, { minLength: flow.edges.length }),
    )
    .map(([nodes, edges]) => ({
      ...flow,
      nodes: nodes.map(({ settings, ...rest }) => ({ settings, ...rest })),
      edges: edges.map((edge, index) => ({ ...edge, id: `other${index}` })),
    }))
