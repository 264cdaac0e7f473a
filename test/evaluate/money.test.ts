import Big from 'big.js'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { moneyAdd, moneyMul, moneyRound, moneyShare, moneySum } from '../../server/evaluate/money.ts'
import { type Evaluator, createEvaluator } from '../../server/evaluate/pool.ts'

let evaluator: Evaluator
beforeAll(() => {
  evaluator = createEvaluator({ children: 1 })
})
afterAll(() => evaluator.close())
const ask = (expression: string, record: object = {}) =>
  evaluator.preview({ workspace: 'w', expression, record: record as never, now: 0, seed: '' })

const cents = fc.integer({ min: -1_000_000_00, max: 1_000_000_00 }).map((whole) => whole / 100)

test('a sum of any amounts is the sum of their decimal texts', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          cents,
          fc.double({ noNaN: true, min: -1e9, max: 1e9 }).filter((amount) => amount === 0 || Math.abs(amount) > 1e-30),
        ),
      ),
      (amounts) => {
        const exact = amounts.reduce((sum, amount) => sum.plus(amount), new Big(0))
        expect(new Big(moneySum(amounts) as string).eq(exact)).toBe(true)
      },
    ),
  )
})

test('parts of a total add up to the total, to the last digit', () => {
  fc.assert(
    fc.property(
      cents,
      fc.array(fc.integer({ min: 1, max: 10_000 }), { minLength: 1, maxLength: 40 }),
      (total, weights) => {
        const parts = moneyShare(total, weights) as number[]
        expect(parts.length).toBe(weights.length)
        expect(moneySum(parts)).toBe(total === 0 ? 0 : total)
        const all = weights.reduce((sum, weight) => sum + weight, 0)
        parts.slice(0, -1).forEach((part, index) => {
          expect(Math.abs(part - (total * weights[index]!) / all)).toBeLessThan(0.0051)
        })
      },
    ),
  )
})

test('expressions add, multiply, round and share as a bookkeeper does', async () => {
  const cases: [string, unknown][] = [
    ['$moneySum([0.1, 0.2])', 0.3],
    ['$moneySum([0.1, 0.2, -0.3])', 0],
    ['$moneySum(5.05)', 5.05],
    ['$moneySum([])', 0],
    ['$moneySum(Missing)', undefined],
    ['$moneySum(["12.10", 0.05])', 12.15],
    ['$moneySum(["9007199254740993", 1])', '9007199254740994'],
    ['$moneyAdd(1.1, 2.2)', 3.3],
    ['$moneyAdd(1.1, Missing, 2.2)', 3.3],
    ['$moneyAdd(10, -9.99)', 0.01],
    ['$moneyMul(1.1, 1.1)', 1.21],
    ['$moneyMul(19.99, 3)', 59.97],
    ['$moneyMul(1.005, 100)', 100.5],
    ['$moneyMul(10.05, 0.2, 2)', 2.01],
    ['$moneyMul(0.333333, 3, 2)', 1],
    ['$moneyRound(1.005)', 1.01],
    ['$moneyRound(-1.005)', -1.01],
    ['$moneyRound(2.5, 0)', 3],
    ['$moneyRound(1.2345, 3)', 1.235],
    ['$moneyShare(10, [1, 1, 1])', [3.33, 3.33, 3.34]],
    ['$moneyShare(-10, [1, 1, 1])', [-3.33, -3.33, -3.34]],
    ['$moneyShare(100, [1, 2, 3], 0)', [17, 33, 50]],
    ['$moneyShare(0, [0, 0])', [0, 0]],
    ['$moneyShare(5, [3])', [5]],
    ['$moneyShare(Missing, [3])', undefined],
    ['[1.1, 2.2] ~> $moneySum', 3.3],
  ]
  for (const [expression, value] of cases)
    expect([expression, await ask(expression)]).toEqual([expression, { ok: true, value }])
})

test('what is no amount is refused, with the name of the function', async () => {
  for (const expression of [
    '$moneySum(["x"])',
    '$moneySum([null])',
    '$moneyAdd({}, 1)',
    '$moneyMul(true, 1)',
    '$moneyRound("1,5")',
    '$moneyRound(1, 1.5)',
    '$moneyShare(5, [0, 0])',
    '$moneyShare(5, ["a"])',
    '$moneyAdd("1e500", 1)',
    '$moneySum(5e-324)',
  ]) {
    const answer = await ask(expression)
    expect([expression, answer]).toEqual([
      expression,
      {
        ok: false,
        error: expect.objectContaining({
          code: 'EXPRESSION_FAILED',
          message: expect.stringMatching(/^\$money/),
          position: expect.any(Number),
        }),
      },
    ])
  }
})

test('the functions need no expression', () => {
  expect([moneyAdd(0.1, 0.2), moneyMul(3, 0.1), moneyRound(2.675)]).toEqual([0.3, 0.3, 2.68])
})
