import { describe, expect, test } from 'vitest'
import type { Flow } from '../../server/flow/document/flow.ts'
import { PROBLEM_CODES } from '../../server/flow/schema/problem.ts'
import { type Checks, validate } from '../../server/flow/check/validate.ts'
import { CATALOG, goodFlow, node, parse } from './fixtures.ts'
import { FLAWED_EXPRESSIONS } from './flawed-expressions.ts'
import { join, save, withNodes } from './flawed-flow.ts'
import { FLAWED_GRAPHS } from './flawed-graph.ts'
import { FLAWED_SETTINGS } from './flawed-settings.ts'
import { FLAWED_WRITES } from './flawed-writes.ts'

const problemsOf = (flow: Flow, checks: Partial<Checks> = {}) => validate(flow, { catalog: CATALOG, parse, ...checks })

const CASES = [...FLAWED_GRAPHS, ...FLAWED_SETTINGS, ...FLAWED_WRITES, ...FLAWED_EXPRESSIONS]

test('a good flow has no problems', async () => {
  expect(await problemsOf(goodFlow(), { bindings: { books: 'c1', mail: 'c2' } })).toEqual([])
})

describe('validate finds', () => {
  test.each(CASES)('$says', async ({ flow, checks, finds, words }) => {
    const problems = await problemsOf(flow, checks)
    expect(problems).toMatchObject(finds.map((problem) => ({ severity: 'error', ...problem })))
    expect(problems).toHaveLength(finds.length)
    expect(problems.map(({ message }) => message).join('\n')).toMatch(words)
  })
})

/** Codes of documents that cannot be read; read.test.ts has their cases. */
const OF_READING = [
  'FLOW_TOO_LARGE',
  'TOO_DEEP',
  'JSON_MALFORMED',
  'KEY_FORBIDDEN',
  'FORMAT_UNKNOWN',
  'FORMAT_TOO_NEW',
  'FIELD_MISSING',
  'FIELD_UNKNOWN',
  'FIELD_INVALID',
]

/** Their cases stand in sub-flow.test.ts. */
const OF_CALLS = ['SUBFLOW_UNKNOWN', 'SUBFLOW_CYCLE', 'SUBFLOW_STARTS', 'SUBFLOW_UNFIT', 'SUBFLOW_OUTDATED']

test('every code of the table has a case', () => {
  const tried = new Set(CASES.flatMap(({ finds }) => finds.map(({ code }) => code)))
  expect([...tried, ...OF_READING, ...OF_CALLS].sort()).toEqual(Object.keys(PROBLEM_CODES).sort())
})

describe('validate lets pass', () => {
  test.each([
    [
      'a map with a field 31 that the write does not pass on',
      {
        ...save({ key: '3', record: '{ "3": Email }' }),
        nodes: [
          ...save({ key: '3', record: '{ "3": Email }' }).nodes.filter(({ id }) => id !== 'rows'),
          node('rows', 'map', { expression: '{ "31": 1 }' }),
        ],
      },
    ],
    ['the opt-in field with a consent event', save({ key: '3', consent: true, record: '{ "31": 1 }' })],
    [
      'a paid filter that lets more through',
      withNodes([node('bills', 'ledger.list-bills', { statuses: ['PAID', 'VOIDED'] })]),
    ],
    ['a sum of what is not money', withNodes([node('rows', 'map', { expression: '$sum(Lines.Weight)' })])],
    [
      'a sum of money by the decimal function',
      withNodes([node('rows', 'map', { expression: '$moneySum(Lines.LineAmount)' })]),
    ],
    ['several triggers', withNodes([node('also', 'schedule', { mode: 'interval', everyMinutes: 5 })], ['also bills'])],
    [
      'a read that starts after another',
      withNodes([node('people', 'ledger.list-people')], ['bills.done people', 'people save']),
    ],
    [
      'a join of two reads',
      withNodes([join, node('people', 'ledger.list-people')], ['rows join', 'start people', 'people join:with']),
    ],
  ])('%s', async (_, flow) => {
    expect(await problemsOf(flow)).toEqual([])
  })
})

test('money on both sides of an operator is one problem', async () => {
  const flow = withNodes([node('rows', 'map', { expression: 'Total * LineAmount' })])
  const risks = ['Total', 'LineAmount'].map((path) => ({ position: 6, name: '*', path }))
  const facts = { objectKeys: [], functions: [], moneyRisks: risks }
  const problems = await validate(flow, {
    catalog: CATALOG,
    parse: async (texts) =>
      texts.map((text) => ({ ok: true, facts: text.includes('*') ? facts : { ...facts, moneyRisks: [] } })),
  })
  expect(problems).toMatchObject([{ code: 'MONEY_FLOAT', position: 6, message: expect.stringContaining('* on Total') }])
})

test('the parser is asked once, for each text once', async () => {
  const asked: (readonly string[])[] = []
  const flow = withNodes(
    [node('b', 'map', { expression: 'same' }), node('c', 'filter', { condition: 'same' })],
    ['rows b', 'b c'],
  )
  await validate(flow, {
    catalog: CATALOG,
    parse: (texts) => {
      asked.push(texts)
      return parse(texts)
    },
  })
  expect(asked).toEqual([['same', '{ "3": Email }', '$']])
})

test('a parser that leaves out an answer is not believed', async () => {
  await expect(validate(goodFlow(), { catalog: CATALOG, parse: async () => [] })).rejects.toThrow('0 of 2 expressions')
})

test('the problems stand in one order whatever the order of nodes and edges', async () => {
  const nodes = CASES.flatMap(({ flow }, index) =>
    flow.nodes.slice(0, 8).map((one) => ({ ...one, id: `${one.id}${index}` })),
  )
  const edges = CASES.flatMap(({ flow }, index) =>
    flow.edges.map((one) => ({
      ...one,
      id: `${one.id}${index}`,
      from: `${one.from}${index}`,
      to: `${one.to}${index}`,
    })),
  )
  const flow = { ...goodFlow(), nodes, edges }
  const straight = await problemsOf(flow)
  expect(straight.length).toBeGreaterThan(40)
  expect(await problemsOf({ ...flow, nodes: nodes.toReversed(), edges: edges.toReversed() })).toEqual(straight)
  expect(straight.map(({ severity }) => severity)).toEqual(straight.map(({ severity }) => severity).sort())
})
