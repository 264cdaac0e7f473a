import { expect, test } from 'vitest'
import { answered } from '../../server/flow/document/answers.ts'
import type { Flow } from '../../server/flow/document/flow.ts'
import { checkAnswers, type Form, formSchema, settledAnswers } from '../../server/flow/document/form.ts'
import { planFlow } from '../../server/flow/plan/plan.ts'
import { readFlow } from '../../server/flow/document/read.ts'
import { validate } from '../../server/flow/check/validate.ts'
import { CATALOG, goodFlow, node, parse } from './fixtures.ts'

const FORM: Form = [
  { name: 'grace', type: 'days', title: 'Days of grace', default: 7, maximum: 60, client: true },
  { name: 'mode', type: 'choice', title: 'Mode', choices: [{ value: 'daily', title: 'Each day' }] },
  { name: 'vips', type: 'list', title: 'Very good customers', optional: true },
  { name: 'statuses', type: 'list', title: 'Statuses', default: ['PAID', 'VOIDED'] },
]

const asking = (form: Form, settings: Record<string, unknown>): Flow => {
  const good = goodFlow()
  const read = good.nodes.find(({ operation }) => operation === 'ledger.list-bills')!
  return { ...good, form, nodes: good.nodes.map((one) => (one === read ? { ...one, settings } : one)) }
}
const problemsOf = async (flow: Flow, answers?: Record<string, unknown>) =>
  (await validate(flow, { catalog: CATALOG, parse, ...(answers ? { answers } : {}) })).map(
    ({ code, field, message }) => [code, field, message] as const,
  )

test('a form is part of the document, and its questions are a JSON Schema', () => {
  const read = readFlow(JSON.stringify(asking(FORM, {})))
  expect(read).toMatchObject({ ok: true, flow: { form: FORM } })
  expect(formSchema(FORM)).toMatchObject({
    required: ['mode'],
    properties: { grace: { type: 'integer', minimum: 0, maximum: 60, default: 7 }, vips: { type: 'array' } },
  })
})

test('a setting may be an answer, if it is one that the setting takes', async () => {
  const flow = asking(FORM, { statuses: { $setting: 'statuses' } })
  expect(await problemsOf(flow)).toEqual([])
  const [problem] = await problemsOf(asking(FORM, { statuses: { $setting: 'grace' } }))
  expect(problem).toMatchObject(['SETTING_INVALID', 'statuses', expect.stringContaining('must be a list')])
})

test('a plan has the answers in place of the questions, and what expressions see', () => {
  const flow = asking(FORM, { statuses: { $setting: 'statuses' }, pageSize: 5 })
  const answers = { mode: 'daily', statuses: ['DRAFT'] }
  const plan = planFlow(flow, CATALOG, { answers })
  expect(plan.reads.map(({ node: { settings } }) => settings)).toContainEqual({ statuses: ['DRAFT'], pageSize: 5 })
  expect(plan.given).toEqual({ settings: { grace: 7, ...answers } })
  expect(planFlow(goodFlow(), CATALOG).given).toBeUndefined()
})

test('an optional question without an answer leaves its setting out', () => {
  const flow = asking(FORM, { statuses: { $setting: 'vips' }, pageSize: 5 })
  const settings = answered(flow, {}).nodes.map((one) => one.settings)
  expect(settings).toContainEqual({ pageSize: 5 })
})

test('a name that the form does not have is the one problem, with the name that was meant', async () => {
  expect(await problemsOf(asking(FORM, { statuses: { $setting: 'status' } }))).toEqual([
    ['FORM_FIELD_UNKNOWN', 'statuses', expect.stringContaining('did you mean “statuses”?')],
  ])
  const good = goodFlow()
  const flow = { ...good, form: FORM, nodes: [...good.nodes.filter(({ id }) => id !== 'x'), node('x', 'map', {})] }
  expect((await problemsOf(flow)).map(([code]) => code)).not.toContain('FORM_FIELD_UNKNOWN')
})

test('a question that makes no sense is named', async () => {
  const form: Form = [
    { name: 'a', type: 'choice', title: 'Which' },
    { name: 'b', type: 'days', title: 'How long', default: 'long' },
    { name: 'b', type: 'text', title: 'Again' },
  ]
  expect((await problemsOf(asking(form, {}))).map(([code, field]) => `${code} ${field}`)).toEqual([
    'FORM_INVALID form.0.choices',
    'FORM_INVALID form.1.default',
    'FORM_INVALID form.2.name',
  ])
})

test('answers are judged one by one: missing, of the wrong kind, out of range, unknown', async () => {
  const problems = await problemsOf(asking(FORM, {}), { grace: 90, vips: 'Ada', graze: 1 })
  expect(problems.map(([code, field]) => `${code} ${field}`).sort()).toEqual([
    'ANSWER_INVALID grace',
    'ANSWER_INVALID vips',
    'ANSWER_MISSING mode',
    'ANSWER_UNKNOWN graze',
  ])
  expect(problems.find(([code]) => code === 'ANSWER_UNKNOWN')?.[2]).toContain('did you mean “grace”?')
  expect(checkAnswers(FORM, { grace: 3 }, true)).toEqual([])
  expect(settledAnswers(FORM, { mode: 'daily', other: 1 })).toEqual({
    grace: 7,
    mode: 'daily',
    statuses: ['PAID', 'VOIDED'],
  })
})
