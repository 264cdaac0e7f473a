import { afterAll, expect, test } from 'vitest'
import { buildCatalog } from '../../server/catalog.ts'
import { createEvaluator } from '../../server/evaluate/pool.ts'
import { fuse } from '../../server/flow/plan/fuse.ts'
import { planFlow } from '../../server/flow/plan/plan.ts'
import { validate } from '../../server/flow/check/validate.ts'
import { flowOf, node } from '../support/flows.ts'

// As the evaluator carries it out, in its own process.

const evaluator = createEvaluator({ children: 1 })
afterAll(() => evaluator.close())
const catalog = buildCatalog()
type Rule = { readonly path: string; readonly [setting: string]: unknown }

const flowWith = (fields: readonly Rule[], others = 'allow') =>
  flowOf(
    [
      node('one', 'xero.get-organisation'),
      node('good', 'validate', { fields, others }),
      node('after', 'map', { expression: '$' }),
    ],
    ['start one', 'one good', 'good after'],
  )

/** What is said of each record; nothing of those that go through. */
async function said(fields: readonly Rule[], records: readonly object[], others?: string) {
  const [group] = fuse(planFlow(flowWith(fields, others), catalog))
  const { steps } = await evaluator.run({
    workspace: 'w',
    program: group!.program,
    records: records as readonly { readonly [field: string]: unknown }[],
    now: 0,
    seed: 's',
  })
  const messages = new Map(steps[0]!.rejections.map(({ origin, code, message }) => [origin, `${code}: ${message}`]))
  return records.map((_, index) => messages.get(index) ?? '')
}

test('each field that is wrong is named, with what it must be', async () => {
  const fields: Rule[] = [
    { path: 'who.mail', pattern: '^[^@/]+@[^@/]+$', most: 12 },
    { path: 'total', kind: 'number', least: 0, most: 10.5 },
    { path: 'state', oneOf: ['OPEN', 'PAID'] },
    { path: 'lines.n', kind: 'whole', required: false },
    { path: 'day', kind: 'date', required: false },
    { path: 'at', kind: 'time', required: false },
    { path: 'yes', kind: 'yes-no', required: false },
  ]
  const good = { who: { mail: 'a@example.co' }, total: 10.5, state: 'PAID' }
  expect(
    await said(fields, [
      good,
      {
        ...good,
        lines: [{ n: 1 }, {}, { n: 2 }],
        day: '2028-02-29',
        at: '2026-11-02T10:00:00+01:00',
        yes: false,
        more: 1,
      },
      { ...good, total: '12345678901234567.25' },
      {},
      { who: { mail: 'a@example.com' }, total: '5', state: 'open', lines: [{ n: 1 }, { n: 1.5 }] },
      { who: { mail: 'nobody' }, total: -1, state: null, day: '2026-02-29', at: '2026-11-02', yes: 'yes' },
    ]),
  ).toEqual([
    '',
    '',
    'INVALID_INPUT: “total” must be at most 10.5.',
    'INVALID_INPUT: “who.mail” is missing; “total” is missing; “state” is missing.',
    'INVALID_INPUT: “who.mail” must be at most 12 characters; “total” must be a number; “state” must be one of OPEN, PAID; “lines.n” must be a whole number, not a number (no. 2).',
    'INVALID_INPUT: “who.mail” does not match its pattern; “total” must be at least 0; “state” is missing; “day” must be a date, YYYY-MM-DD; “at” must be a date with a time of day, ISO 8601; “yes” must be true or false.',
  ])
})

test('fields that are not listed are refused where that is asked for', async () => {
  expect(await said([{ path: 'a.b' }], [{ a: { b: 'x', c: 1 } }, { a: { b: 'x' }, z: 1 }], 'refuse')).toEqual([
    '',
    'INVALID_INPUT: “z” is not listed.',
  ])
})

test('a pattern that would take for ever is none, and one that cannot be used is named before it is published', async () => {
  const slow = await said([{ path: 'a', pattern: '^(a+)+$' }], [{ a: `${'a'.repeat(50_000)}b` }])
  expect(slow).toEqual(['INVALID_INPUT: “a” does not match its pattern.'])
  const problems = await validate(
    flowWith([
      { path: 'a', pattern: '(?=b)' },
      { path: 'b', pattern: 'x/y' },
      { path: 'c', pattern: '(' },
    ]),
    {
      catalog,
      parse: (texts) => evaluator.parse([...texts]),
    },
  )
  expect(problems.map(({ code, node: at, field }) => `${code} ${at} ${field}`)).toEqual([
    'EXPRESSION_INVALID good fields.0.pattern',
    'EXPRESSION_INVALID good fields.2.pattern',
  ])
})
