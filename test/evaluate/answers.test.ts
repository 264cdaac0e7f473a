import jsonata from 'jsonata'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Evaluator, createEvaluator } from '../../server/evaluate/pool.ts'
import { CORPUS, RECORD } from './corpus.ts'

let evaluator: Evaluator
beforeAll(() => {
  evaluator = createEvaluator({ children: 1 })
})
afterAll(() => evaluator.close())

const NOW = Date.UTC(2026, 1, 28, 12)

const ask = async (expression: string, record: object = RECORD) =>
  evaluator.preview({ workspace: 'w', expression, record: record as never, now: NOW, seed: 's' })

/** What the untouched library says, as JSON shows it; `refused` for any error. */
const bare = async (expression: string, record: object): Promise<unknown> => {
  try {
    const value: unknown = await jsonata(expression).evaluate(structuredClone(record))
    if (typeof value === 'function') return 'refused'
    return value === undefined ? undefined : JSON.parse(JSON.stringify(value))
  } catch {
    return 'refused'
  }
}

test('the corpus is large enough to mean something', () => {
  expect(new Set(CORPUS).size).toBe(CORPUS.length)
  expect(CORPUS.length).toBeGreaterThan(300)
})

test('a child answers as the untouched jsonata 2.2.2 does', async () => {
  const different: unknown[] = []
  for (const expression of CORPUS) {
    const ours = await ask(expression)
    const answer = ours.ok ? ours.value : 'refused'
    const theirs = await bare(expression, RECORD)
    if (JSON.stringify(answer) !== JSON.stringify(theirs)) different.push({ expression, ours, theirs })
  }
  expect(different).toEqual([])
})

test('an expression leaves the record as it was', async () => {
  const program = (condition: string) => ({
    roots: [0],
    exits: 1,
    steps: [
      { kind: 'filter', id: 'f', condition, ports: { out: { steps: [1] } } } as const,
      { kind: 'map', id: 'm', expression: '$', ports: { out: { steps: [], exit: 0 } } } as const,
    ],
  })
  for (const condition of [
    '$count(Empty{"a": 1}) >= 0 or true',
    '($x := Empty; $x{"a": $}; true)',
    '$exists($sort(Numbers))',
    '($append(Numbers, 1); true)',
  ]) {
    const { exits } = await evaluator.run({
      workspace: 'w',
      program: program(condition),
      records: [RECORD],
      now: NOW,
      seed: 's',
    })
    expect(exits[0]?.records).toEqual([RECORD])
  }
})

// docs/expressions.md lists these under “Where answers differ”.
test('regular expressions run on RE2: no look-around, no back-references', async () => {
  for (const expression of [
    '$match("aa", /(a)\\1/)',
    '$contains("ab", /a(?=b)/)',
    '$contains("ab", /(?<!x)b/)',
    `$contains("a", /${'a'.repeat(1001)}/)`,
  ]) {
    expect(await ask(expression)).toMatchObject({ ok: false, error: { code: 'EXPRESSION_FAILED' } })
  }
})

test('there is no $eval', async () => {
  expect(await ask('$eval("1+1")')).toMatchObject({ ok: false, error: { message: expect.stringContaining('$eval') } })
  expect(await ask('$map(["1"], $eval)')).toMatchObject({ ok: false })
})

test('the clock stands still for a run, as the run says', async () => {
  expect(await ask('[$now(), $millis(), $now("[Y0001]"), $now("[H01]:[m01]", "+0200")]')).toEqual({
    ok: true,
    value: ['2026-02-28T12:00:00.000Z', NOW, '2026', '14:00'],
  })
})

test('chance follows from the seed', async () => {
  const first = await ask('[$random(), $random(), $shuffle([1..20])]')
  expect(await ask('[$random(), $random(), $shuffle([1..20])]')).toEqual(first)
  const other = await evaluator.preview({
    workspace: 'w',
    expression: '[$random(), $random(), $shuffle([1..20])]',
    record: {},
    now: NOW,
    seed: 'other',
  })
  expect(other).not.toEqual(first)
  expect(first).toMatchObject({ ok: true, value: expect.arrayContaining([20]) })
  const shuffled = await ask('$sort($shuffle([1..20]))')
  expect(shuffled).toMatchObject({ ok: true, value: Array.from({ length: 20 }, (_, index) => index + 1) })
})

test('elements of a constructor are worked out one after the other', async () => {
  // The untouched library starts them all at once, so that the second does not see the first's variable yet.
  expect(await ask('[$x := 5, $x]')).toEqual({ ok: true, value: [5, 5] })
  expect(await ask('{"a": $x := 5, "b": $x}')).toEqual({ ok: true, value: { a: 5, b: 5 } })
})

test('functions that grow are capped, and say so', async () => {
  for (const expression of [
    '$pad("a", 2000000)',
    '$join([1..300000].("xxxxx"))',
    '$replace($pad("", 999999, "a"), "a", "bb")',
    '$split($pad("", 999999, "a"), "")',
    '$sort([1..200000])',
    '[1..2000000]',
    '($a := [1..900000]; $append($a, $a))',
    '$zip([1..90000], [1..90000])',
    '$distinct([1..20000])',
  ]) {
    expect([expression, await ask(expression)]).toEqual([
      expression,
      { ok: false, error: expect.objectContaining({ code: 'EXPRESSION_FAILED' }) },
    ])
  }
})

test('a function is no answer', async () => {
  for (const expression of [
    '$sum',
    'function($x) {$x}',
    '{"a": $sum}',
    '[$sum, 1]',
    '{"a": {"b": [function() {1}]}}',
    '/a/',
    '{"r": /a/}',
    '/b+/("abbc")',
  ]) {
    expect([expression, await ask(expression)]).toEqual([
      expression,
      { ok: false, error: expect.objectContaining({ message: expect.stringContaining('function') }) },
    ])
  }
})
