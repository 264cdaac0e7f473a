import { describe, expect, test } from 'vitest'
import type { Flow, FlowNode, FlowPart } from '../../server/flow/document/flow.ts'
import { planFlow } from '../../server/flow/plan/plan.ts'
import { inlined } from '../../server/flow/document/sub-flow.ts'
import { checkFlow } from '../../server/flow/check/validate.ts'
import { flowHash, sameFlow, summarizeChanges, withoutParts } from '../../server/flow/document/version.ts'
import { CATALOG, edge, flowOf, goodFlow, node } from './fixtures.ts'

const CONTRACT = { title: 'Saves people', fields: [{ path: 'Email', kind: 'text', required: true }], others: 'allow' }

const part = (flow: string, nodes: FlowNode[], edges: string[], more: Partial<FlowPart> = {}): FlowPart => ({
  flow,
  version: 1,
  name: `Flow ${flow}`,
  slots: { post: { connector: 'mailer', title: 'Mail' } },
  nodes,
  edges: edges.map(edge),
  ...more,
})

const entry = node('in', 'entry', CONTRACT)
const leave = node('back', 'leave')
/** Makes people, saves them by its own slot `post`, and hands them back. */
const saving = (more: Partial<FlowPart> = {}) =>
  part(
    's',
    [
      entry,
      node('rows', 'map', { expression: '$' }),
      { ...node('save', 'mailer.save-people', { key: '3' }), slot: 'post' },
      leave,
    ],
    ['in rows', 'rows save', 'save back'],
    more,
  )

const SLOTS = [{ inner: 'post', outer: 'mail' }]
const call = (id: string, flow: string, slots: object[] = SLOTS) => node(id, 'sub-flow', { flow, version: 1, slots })

/** Bills, then the call, then a map and where the contract sends what it refuses. */
const calling = (parts: FlowPart[], nodes: FlowNode[] = [call('call', 's')], more: Partial<Flow> = {}): Flow =>
  flowOf(
    [
      node('start', 'manual'),
      node('bills', 'ledger.list-bills'),
      ...nodes,
      node('after', 'map', { expression: '$' }),
      node('bad', 'map', { expression: '$' }),
    ],
    ['start bills', 'bills call', 'call after', 'call.rejected bad'],
    { parts, ...more },
  )

const joins = (flow: Flow) => flow.edges.map(({ from, port, to, input }) => `${from}.${port} ${to}:${input}`).sort()
const codes = (flow: Flow, self?: string) =>
  checkFlow(flow, { catalog: CATALOG, ...(self === undefined ? {} : { self }) }).map(
    ({ code, node: at }) => `${code} ${at}`,
  )

describe('a called flow', () => {
  test('stands in the place of the call: contract first, slots and names of the caller, “out” where it hands back', () => {
    const flow = calling([saving()])
    expect(checkFlow(flow, { catalog: CATALOG })).toEqual([])
    const whole = inlined(flow)
    expect(whole.parts).toBeUndefined()
    expect(whole.nodes.filter(({ id }) => id.startsWith('call'))).toMatchObject([
      {
        id: 'call--in',
        operation: 'validate',
        name: 'The call › The in',
        settings: { fields: CONTRACT.fields, others: 'allow' },
      },
      { id: 'call--rows', operation: 'map', name: 'The call › The rows' },
      { id: 'call--save', slot: 'mail', name: 'The call › The save' },
    ])
    expect(joins(whole)).toEqual([
      'bills.out call--in:in',
      'call--in.out call--rows:in',
      'call--in.rejected bad:in',
      'call--rows.out call--save:in',
      'call--save.out after:in',
      'start.out bills:in',
    ])
    const plan = planFlow(flow, CATALOG)
    expect([...plan.nodes.keys()]).toEqual([...planFlow(whole, CATALOG).nodes.keys()])
    // Pure steps of both flows make one trip.
    expect(plan.nodes.get('call--rows')?.group).toBe(plan.nodes.get('call--in')?.group)
    expect(inlined(whole)).toBe(whole)
  })

  test('may call another, twice over, and each call has nodes of its own', () => {
    const outer = part(
      'o',
      [entry, call('deep', 's', [{ inner: 'post', outer: 'post' }]), leave],
      ['in deep', 'deep back'],
    )
    const flow = calling([outer, saving()], [call('call', 'o'), call('call2', 'o')])
    flow.edges.push(edge('bills call2'))
    expect(codes(flow)).toEqual([])
    const whole = inlined(flow)
    expect(whole.nodes.find(({ id }) => id === 'call--deep--save')).toMatchObject({
      slot: 'mail',
      name: 'The call › The deep › The save',
    })
    expect(whole.nodes.some(({ id }) => id === 'call2--deep--save')).toBe(true)
    expect(joins(whole)).toContain('call--deep--save.out after:in')
    expect(joins(whole)).toContain('call--in.out call--deep--in:in')
  })

  test('that hands back at once passes records on; two calls in a row are joined', () => {
    const pass = part('p', [entry, leave], ['in back'])
    const flow = calling([pass], [call('call', 'p', []), call('next', 'p', [])])
    flow.edges = ['start bills', 'bills call', 'call next', 'next after', 'call.rejected bad'].map(edge)
    expect(codes(flow)).toEqual(['SLOT_UNUSED undefined'])
    expect(joins(inlined(flow))).toContain('call--in.out next--in:in')
    expect(joins(inlined(flow))).toContain('next--in.out after:in')
  })

  test('is not looked for where the call is disabled', () => {
    const flow = calling([], [{ ...call('call', 'gone'), disabled: 'pass' }])
    expect(codes(flow)).toEqual(['SLOT_UNUSED undefined'])
    const { nodes } = planFlow(flow, CATALOG)
    expect(nodes.get('bills')?.ports.get('out')).toEqual([{ node: 'after', input: 'in' }])
  })
})

describe('a call is refused', () => {
  const many = (id: string, count: number) => {
    const steps = Array.from({ length: count }, (_, index) => node(`m${index}`, 'map', { expression: '$' }))
    return part(
      id,
      [entry, ...steps],
      steps.map(({ id: to }) => `in ${to}`),
    )
  }
  const cases: readonly [string, Flow, readonly string[], string?][] = [
    ['of an unknown version', calling([saving({ version: 2 })]), ['SUBFLOW_UNKNOWN call']],
    ['that leads to itself', calling([saving()]), ['SUBFLOW_CYCLE call'], 's'],
    [
      'in a circle through another',
      calling([part('s', [entry, call('deep', 'me', [])], ['in deep']), part('me', [entry], [])]),
      ['SUBFLOW_CYCLE call'],
      'me',
    ],
    [
      'of a flow that starts by itself',
      calling([saving({ nodes: [...saving().nodes, node('t', 'manual')] })]),
      ['SUBFLOW_STARTS call'],
    ],
    [
      'of a flow that reads',
      calling([part('s', [entry, { ...node('r', 'ledger.list-bills'), slot: 'post' }], ['in r'])]),
      ['SUBFLOW_STARTS call'],
    ],
    ['of a flow without an entry', calling([part('s', [leave], [])]), ['SUBFLOW_UNFIT call']],
    ['of a flow that keeps another order', calling([saving({ order: 'by-key' })]), ['SUBFLOW_UNFIT call']],
    ['without a slot', calling([saving()], [call('call', 's', [])]), ['SLOT_MISSING call']],
    [
      'with a slot that is not there',
      calling([saving()], [call('call', 's', [{ inner: 'post', outer: 'none' }])]),
      ['SLOT_UNKNOWN call'],
    ],
    [
      'with a slot of another connector',
      calling([saving()], [call('call', 's', [{ inner: 'post', outer: 'books' }])]),
      ['SLOT_OTHER_CONNECTOR call'],
    ],
    [
      'with an id that is there',
      calling([saving()], [call('call', 's'), node('call--rows', 'map', { expression: '$' })]),
      ['NODE_UNREACHABLE call--rows'],
    ],
    [
      'with an id that becomes too long',
      calling([part('s', [{ ...entry, id: 'i'.repeat(62) }], [])]),
      ['SUBFLOW_UNFIT call'],
    ],
  ]
  test.each(cases)('%s', (_, flow, expected, self) => {
    const errors = codes(flow, self).filter((code) => !code.startsWith('SLOT_UNUSED'))
    expect(errors).toEqual(expected)
    if (self === undefined) expect(() => planFlow(flow, CATALOG)).toThrow('cannot be planned')
  })

  test('at 501 nodes with all that is called, and not at 500', () => {
    // start, bills, after, bad, the entry: 5.
    expect(codes(calling([many('s', 495)])).filter((code) => code.startsWith('TOO'))).toEqual([])
    expect(codes(calling([many('s', 496)]))).toContain('TOO_MANY_NODES call')
    // Each level doubles the one below: it ends at the first that is too many.
    const levels = Array.from({ length: 40 }, (_, level) =>
      part(`l${level}`, [entry, call('a', `l${level + 1}`, []), call('b', `l${level + 1}`, [])], ['in a', 'in b']),
    )
    const doubling = [...levels, part('l40', [entry], [])]
    expect(codes(calling(doubling, [call('call', 'l0', [])]))).toContain('TOO_MANY_NODES call')
  })

  test('where two nodes would have one id', () => {
    const flow = calling([saving()], [call('call', 's'), node('call--rows', 'map', { expression: '$' })])
    flow.edges.push(edge('bills call--rows'))
    expect(codes(flow)).toContain('ID_DUPLICATE call--rows')
  })
})

test('without its parts a draft has no problem with a call, and no plan', () => {
  const { parts: _, ...draft } = calling([saving()])
  expect(codes(draft)).toEqual([])
  expect(() => planFlow(draft, CATALOG)).toThrow('no version 1 of a flow “s”')
})

test('a newer version is pointed out, and the pinned one stays', () => {
  const problems = checkFlow(calling([saving()]), { catalog: CATALOG, live: new Map([['s', 3]]) })
  expect(problems).toMatchObject([{ code: 'SUBFLOW_OUTDATED', severity: 'warning', node: 'call', field: 'version' }])
})

test('a flow that others call begins at its entry alone', () => {
  const own = (nodes: FlowNode[], edges: string[]) => codes(flowOf(nodes, edges, { slots: {} }))
  expect(own([entry, leave], ['in back'])).toEqual([])
  expect(own([entry, { ...entry, id: 'in2' }, leave], ['in back', 'in2 back'])).toEqual(['SUBFLOW_UNFIT in2'])
  expect(own([entry, leave, node('start', 'manual')], ['in back'])).toEqual(['SUBFLOW_STARTS start'])
  const flow = goodFlow()
  expect(codes({ ...flow, nodes: [...flow.nodes, leave], edges: [...flow.edges, edge('save back')] })).toEqual([
    'SUBFLOW_UNFIT back',
  ])
})

test('the hash covers what is called; a draft is compared without it', async () => {
  const [one, other] = [calling([saving()]), calling([saving({ nodes: [entry, leave] })])]
  expect(await flowHash(one)).not.toBe(await flowHash(other))
  expect(sameFlow(one, withoutParts(one))).toBe(true)
  expect(summarizeChanges(one, withoutParts(one))).toEqual(summarizeChanges(one, one))
})
