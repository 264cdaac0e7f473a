import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Flow, FlowNode } from '../../server/flow/document/flow.ts'
import { type Caller, type Installation, install, invoiceFlow, XERO_CONNECTION } from './installation.ts'

let it: Installation
let owner: Caller
let at: string
let connection: string

beforeAll(async () => {
  it = await install()
  const workspace = await it.workspace()
  owner = await it.member(workspace, 'owner')
  at = `/workspaces/${workspace}`
  connection = (await owner.call('POST', `${at}/connections`, XERO_CONNECTION)).json().id
})
afterAll(() => it.close())

const node = (id: string, operation: string, settings: FlowNode['settings'] = {}): FlowNode => ({
  id,
  operation,
  name: id,
  settings,
})
const edge = (from: string, to: string) => ({ id: `${from}-${to}`, from, port: 'out', to, input: 'in' })
const ENTRY = node('entry', 'entry', { title: 'Shapes', fields: [{ path: 'number', kind: 'text', required: true }] })

/** Called by others: shapes records and hands them back. */
const called = (expression = '$', change: Partial<Flow> = {}): Flow => ({
  ...invoiceFlow({ name: 'Shapes', slots: {} }),
  nodes: [ENTRY, node('shape', 'map', { expression }), node('back', 'leave')],
  edges: [edge('entry', 'shape'), edge('shape', 'back')],
  ...change,
})

const sub = (flow: string, version = 1, slots: object[] = []) => node('sub', 'sub-flow', { flow, version, slots })

function calling(call: FlowNode): Flow {
  const flow = invoiceFlow({ name: 'Calls' })
  return { ...flow, nodes: [...flow.nodes, call], edges: [...flow.edges, edge('shape', 'sub')] }
}

async function made(document: Flow): Promise<string> {
  const answer = await owner.call('POST', `${at}/flows`, document)
  expect(answer.statusCode, answer.body).toBe(201)
  const { id } = answer.json()
  if ('ledger' in document.slots) {
    await owner.call('PUT', `${at}/flows/${id}/bindings`, { bindings: { ledger: connection } })
  }
  return id
}

const publish = (flow: string, revision = 1) =>
  owner.call('POST', `${at}/flows/${flow}/publish`, { summary: 'Next', revision })

async function published(document: Flow): Promise<string> {
  const flow = await made(document)
  const answer = await publish(flow)
  expect(answer.statusCode, answer.body).toBe(201)
  return flow
}

const save = (flow: string, document: Flow, revision: number) =>
  owner.call('PUT', `${at}/flows/${flow}/draft`, document, { 'if-match': `"${revision}"` })

async function refused(document: Flow): Promise<readonly object[]> {
  const answer = await publish(await made(document))
  expect(answer.statusCode, answer.body).toBe(422)
  expect(answer.json().code).toBe('FLOW_HAS_ERRORS')
  return answer.json().problems.filter(({ severity }: { severity: string }) => severity === 'error')
}

test('a version holds what it calls as it was; a newer one is pointed out, and changes nothing by itself', async () => {
  const inner = await published(called('{ "a": number }'))
  const flow = await published(calling(sub(inner)))
  const first = (await owner.call('GET', `${at}/flows/${flow}/versions/1`)).json()
  expect(first.document.parts).toMatchObject([{ flow: inner, version: 1, name: 'Shapes', nodes: { length: 3 } }])
  expect((await owner.call('GET', `${at}/flows/${flow}`)).json().draft.changed).toBe(false)
  expect((await publish(flow)).json().code).toBe('UNCHANGED')

  await save(inner, called('{ "b": number }'), 1)
  expect((await publish(inner, 2)).statusCode).toBe(201)
  expect((await owner.call('GET', `${at}/flows/${flow}/versions/1`)).json()).toEqual(first)
  const { problems } = (await owner.call('POST', `${at}/flows/${flow}/validate`)).json()
  expect(problems).toMatchObject([{ code: 'SUBFLOW_OUTDATED', severity: 'warning', node: 'sub' }])

  await save(flow, calling(sub(inner, 2)), 1)
  expect((await publish(flow, 2)).json().version.hash).not.toBe(first.hash)
  // A version that becomes the draft again is looked up anew when it is published.
  const restored = await owner.call('POST', `${at}/flows/${flow}/versions/1/restore`)
  expect(restored.json().document.parts).toBeUndefined()
  expect((await publish(flow, restored.json().revision)).json().version.hash).toBe(first.hash)
})

test('parts that a file brings along are not believed', async () => {
  const inner = await published(called())
  const { nodes, edges, slots } = called('"forged"')
  const flow = await made({
    ...calling(sub(inner)),
    parts: [{ flow: inner, version: 1, name: 'F', nodes, edges, slots }],
  })
  expect((await owner.call('GET', `${at}/flows/${flow}/draft`)).json().document.parts).toBeUndefined()
  await publish(flow)
  expect((await owner.call('GET', `${at}/flows/${flow}/versions/1`)).body).not.toContain('forged')
})

test('a flow or a version that is not there is refused, also one of another workspace', async () => {
  const inner = await published(called())
  const unknown = [{ code: 'SUBFLOW_UNKNOWN', node: 'sub', field: 'flow' }]
  expect(await refused(calling(sub(inner, 2)))).toMatchObject(unknown)
  expect(await refused(calling(sub('nothing')))).toMatchObject(unknown)
  const other = await it.workspace('Other')
  const stranger = await it.member(other, 'owner')
  const theirs = (await stranger.call('POST', `/workspaces/${other}/flows`, called())).json().id
  const answer = await stranger.call('POST', `/workspaces/${other}/flows/${theirs}/publish`, {
    summary: 'A',
    revision: 1,
  })
  expect(answer.statusCode).toBe(201)
  expect(await refused(calling(sub(theirs)))).toMatchObject(unknown)
})

test('a flow that calls itself, or one that calls it, is refused', async () => {
  const inner = await published(called())
  const withCall = (flow: string) =>
    called('$', {
      nodes: [ENTRY, sub(flow), node('back', 'leave')],
      edges: [edge('entry', 'sub'), edge('sub', 'back')],
    })
  const cycle = { code: 'FLOW_HAS_ERRORS', problems: [{ code: 'SUBFLOW_CYCLE', node: 'sub' }] }
  const between = await published(withCall(inner))
  await save(inner, withCall(inner), 1)
  expect((await publish(inner, 2)).json()).toMatchObject(cycle)
  await save(inner, withCall(between), 2)
  expect((await publish(inner, 3)).json()).toMatchObject(cycle)
})

test('a flow that starts by itself is refused where it is called, and where it is published with an entry', async () => {
  const reading = await published(invoiceFlow())
  expect(await refused(calling(sub(reading)))).toMatchObject([{ code: 'SUBFLOW_UNFIT', node: 'sub' }])
  const both = called()
  expect(await refused({ ...both, nodes: [...both.nodes, node('start', 'manual')] })).toMatchObject([
    { code: 'SUBFLOW_STARTS', node: 'start' },
  ])
})

test('a slot that nothing stands for is refused', async () => {
  const books = { books: { connector: 'xero', title: 'Books' } }
  const find = { ...node('shape', 'xero.get-contacts', { key: 'number' }), slot: 'books' }
  const inner = await made(called('$', { slots: books, nodes: [ENTRY, find, node('back', 'leave')] }))
  await owner.call('PUT', `${at}/flows/${inner}/bindings`, { bindings: { books: connection } })
  expect((await publish(inner)).statusCode).toBe(201)
  expect(await refused(calling(sub(inner)))).toMatchObject([{ code: 'SLOT_MISSING', node: 'sub', field: 'slots' }])
  await published(calling(sub(inner, 1, [{ inner: 'books', outer: 'ledger' }])))
})

test('more than 500 nodes with all that is called are refused', async () => {
  const steps = Array.from({ length: 497 }, (_, index) => node(`m${index}`, 'map', { expression: '$' }))
  const inner = await published(
    called('$', { nodes: [ENTRY, ...steps], edges: steps.map(({ id }) => edge('entry', id)) }),
  )
  expect(await refused(calling(sub(inner)))).toMatchObject([{ code: 'TOO_MANY_NODES', node: 'sub' }])
})
