import { edge, flowOf, goodFlow, node } from './fixtures.ts'
import { type Flawed, join, withNodes } from './flawed-flow.ts'

// Nodes and edges that do not make a flow: ids, circles, ports, triggers, the order of reads.

export const FLAWED_GRAPHS: readonly Flawed[] = [
  {
    says: 'nodes beyond 500 are refused with the number',
    flow: flowOf(
      Array.from({ length: 501 }, (_, index) => node(`n${index}`, 'map')),
      [],
    ),
    finds: [{ code: 'TOO_MANY_NODES' }],
    words: /501 nodes and may have 500; split/,
  },
  {
    says: 'two nodes with one id',
    flow: { ...goodFlow(), nodes: [...goodFlow().nodes, node('start', 'manual')] },
    finds: [{ code: 'ID_DUPLICATE', node: 'start' }],
    words: /2 nodes have the id “start”/,
  },
  {
    says: 'two edges with one id',
    flow: { ...goodFlow(), edges: [...goodFlow().edges, { ...edge('rows.rejected save'), id: 'rows-out-save-in' }] },
    finds: [{ code: 'ID_DUPLICATE', edge: 'rows-out-save-in' }],
    words: /2 edges have the id/,
  },
  {
    says: 'a circle, with the names of its nodes',
    flow: withNodes([], ['rows.rejected rows', 'save rows']),
    finds: [{ code: 'CYCLE', node: 'rows' }],
    words: /“The rows” → “The rows”/,
  },
  {
    says: 'a longer circle',
    flow: withNodes([], ['save rows']),
    finds: [{ code: 'CYCLE', node: 'rows' }],
    words: /“The rows” → “The save” → “The rows”/,
  },
  {
    says: 'a branch that no trigger reaches, once',
    flow: withNodes(
      [node('lost', 'filter', { condition: 'x' }), node('lost2', 'map', { expression: '$' })],
      ['lost lost2'],
    ),
    finds: [{ code: 'NODE_UNREACHABLE', node: 'lost' }],
    words: /trigger to “The lost”, nor to the node after it/,
  },
  {
    says: 'a flow without a trigger',
    flow: { ...goodFlow(), nodes: goodFlow().nodes.slice(1), edges: goodFlow().edges.slice(1) },
    finds: [{ code: 'NO_TRIGGER' }],
    words: /Nothing starts this flow/,
  },
  {
    says: 'a flow that does nothing',
    flow: flowOf([node('start', 'manual')], [], { slots: {} }),
    finds: [{ code: 'FLOW_IDLE', severity: 'warning' }],
    words: /reads nothing and writes nothing/,
  },
  {
    says: 'an edge into a trigger',
    flow: withNodes([node('again', 'manual')], ['bills.done again']),
    finds: [{ code: 'TRIGGER_HAS_INPUT', node: 'again', edge: 'bills-done-again-in' }],
    words: /is a trigger and takes nothing in/,
  },
  {
    says: 'a trigger that is disabled',
    flow: withNodes([{ ...node('again', 'manual'), disabled: 'stop' }], ['again bills']),
    finds: [{ code: 'TRIGGER_DISABLED', node: 'again' }],
    words: /remove it, or switch the flow off/,
  },
  {
    says: 'a port that the node does not have',
    flow: withNodes([], ['rows.othr save']),
    finds: [{ code: 'PORT_UNKNOWN', node: 'rows', edge: 'rows-othr-save-in' }],
    words: /has no port “othr”/,
  },
  {
    says: 'a case of a route that is called like one of its own ports',
    flow: withNodes(
      [node('rows', 'route', { cases: [{ name: 'other', condition: 'x' }] })],
      ['rows.other save'],
      ['rows-out-save-in'],
    ),
    finds: [{ code: 'PORT_DUPLICATE', field: 'cases' }],
    words: /“other” is a port that the node has anyway/,
  },
  {
    says: 'two cases of a route with one name',
    flow: withNodes(
      [node('rows', 'route', { cases: ['x', 'y'].map((condition) => ({ name: 'a', condition })) })],
      ['rows.a save'],
      ['rows-out-save-in'],
    ),
    finds: [{ code: 'PORT_DUPLICATE', field: 'cases' }],
    words: /two ports are called “a”/,
  },
  {
    says: 'an input that the node does not have',
    flow: withNodes([], ['rows.rejected save:with']),
    finds: [{ code: 'INPUT_UNKNOWN', node: 'save' }],
    words: /no input “with”; lead the edge to “in”/,
  },
  {
    says: 'an edge to a node that is gone',
    flow: withNodes([], ['rows gone']),
    finds: [{ code: 'EDGE_NODE_MISSING', edge: 'rows-out-gone-in' }],
    words: /there is no node “gone”; remove the edge/,
  },
  {
    says: 'two edges that join the same',
    flow: { ...goodFlow(), edges: [...goodFlow().edges, { ...edge('rows save'), id: 'z' }] },
    finds: [{ code: 'EDGE_DUPLICATE', edge: 'z' }],
    words: /“rows-out-save-in” and “z” join the same port to the same input/,
  },
  {
    says: 'a trigger that leads to something other than a read',
    flow: withNodes([], ['start rows']),
    finds: [{ code: 'START_FEEDS_RECORDS', node: 'rows' }],
    words: /The trigger “The start” gives a start and no records/,
  },
  {
    says: 'a port “done” that leads to something other than a read',
    flow: withNodes([], ['bills.done rows']),
    finds: [{ code: 'START_FEEDS_RECORDS', node: 'rows' }],
    words: /The port “done” of “The bills”/,
  },
  {
    says: 'records that lead into a read',
    flow: withNodes([node('people', 'ledger.list-people')], ['rows people']),
    finds: [{ code: 'RECORDS_FEED_READ', node: 'people' }],
    words: /is a read and takes no records from “The rows”/,
  },
  {
    says: 'a join without its second input',
    flow: withNodes([join], ['rows join']),
    finds: [{ code: 'JOIN_INPUT_MISSING', node: 'join' }],
    words: /Nothing leads to the input “with”/,
  },
  {
    says: 'a join without its first input',
    flow: withNodes([join], ['rows join:with']),
    finds: [{ code: 'JOIN_INPUT_MISSING', node: 'join' }],
    words: /Nothing leads to the input “in”/,
  },
  {
    says: 'a join of a read with itself',
    flow: withNodes([join], ['rows join', 'bills join:with']),
    finds: [{ code: 'READ_ORDER', node: 'join' }],
    words: /needs all of “The bills” before its own first record; feed its “with” from a read of its own/,
  },
  {
    says: 'a join that needs first what is read later',
    flow: withNodes(
      [join, node('people', 'ledger.list-people')],
      ['rows join', 'bills.done people', 'people join:with'],
    ),
    finds: [{ code: 'READ_ORDER', node: 'join' }],
    words: /all of “The people” before “The bills”, but “The people” runs after “The bills”/,
  },
]
