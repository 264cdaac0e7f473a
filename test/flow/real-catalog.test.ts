import { readFileSync } from 'node:fs'
import { afterAll, expect, test } from 'vitest'
import { loadTemplates } from '../../server/api/flow/templates.ts'
import { buildCatalog } from '../../server/catalog.ts'
import { createEvaluator } from '../../server/evaluate/pool.ts'
import type { Flow } from '../../server/flow/document/flow.ts'
import { sampleAnswer } from '../../server/flow/document/form.ts'
import { validate } from '../../server/flow/check/validate.ts'

// The product's own catalog, and expressions parsed by the children that evaluate them.

const evaluator = createEvaluator({ children: 1 })
const catalog = buildCatalog()
const problemsOf = (flow: Flow) => validate(flow, { catalog, parse: (texts) => evaluator.parse([...texts]) })
const SINCE = { since: '2026-01-01' }
afterAll(() => evaluator.close())

/** By hand → invoices → one write with the settings. */
function flowInto(operation: string, settings: { [name: string]: unknown }): Flow {
  return {
    format: 1,
    name: 'Trial',
    description: '',
    capture: 'full',
    slots: { xero: { connector: 'xero', title: 'Xero' }, emarsys: { connector: 'emarsys', title: 'Emarsys' } },
    nodes: [
      { id: 'start', operation: 'manual', name: 'Start', settings: {} },
      { id: 'read', operation: 'xero.list-invoices', name: 'Read', slot: 'xero', settings: {} },
      { id: 'write', operation, name: 'Write', slot: 'emarsys', settings },
    ],
    edges: [
      { id: 'a', from: 'start', port: 'out', to: 'read', input: 'in' },
      { id: 'b', from: 'read', port: 'out', to: 'write', input: 'in' },
    ],
  }
}
const codes = async (flow: Flow) => (await problemsOf(flow)).map(({ code, node, field }) => `${code} ${node} ${field}`)

const SECTIONS = [
  ...['What moves', 'Why', 'What has to be there', 'What it asks'],
  ...['What it takes care of', 'Who owns which exception', 'How to check it'],
]
const DESKS = { finance: 'Finance', marketing: 'Marketing', technical: 'Operations' }

test.each([...loadTemplates().values()])(
  'the template $key $id has no problem, and a page for operators',
  async (template) => {
    expect(await problemsOf(template.flow)).toEqual([])
    // Steps that are tried with samples are there, and every box has its place in the picture.
    const ids = template.flow.nodes.map(({ id }) => id)
    expect(template.samples.filter(({ node }) => !ids.includes(node))).toEqual([])
    expect(Object.keys(template.flow.layout?.nodes ?? {}).sort()).toEqual([...ids].sort())
    const page = readFileSync(new URL(`../../docs/flows/${template.id}.md`, import.meta.url), 'utf8')
    expect(page.startsWith(`# ${template.key} ${template.title}\n`)).toBe(true)
    expect([...page.matchAll(/^## (.*)$/gm)].map(([, head]) => head)).toEqual(expect.arrayContaining(SECTIONS))
    // Each question with who may answer it, and each desk with what it owns, in the template's own words.
    for (const { title, client } of template.flow.form ?? []) {
      const rows = page.split('\n').filter((line) => line.startsWith(`| ${title} | `))
      expect(rows, title).toEqual([expect.stringMatching(client ? / \| client \|$/ : / \| consultant \|$/)])
    }
    for (const { desk, owns } of template.desks) expect(page).toContain(`| ${DESKS[desk]} | ${owns} |`)
  },
)

/** What settings a step's samples are tried with: its one expression. */
const expressionOf = ({ settings }: Flow['nodes'][number]): string =>
  String(settings.expression ?? settings.condition ?? settings.record)

test.each([...loadTemplates().values()])('the samples of $key $id give what it says', async ({ flow, samples }) => {
  expect(samples.length).toBeGreaterThan(1)
  const answers = (flow.form ?? []).map((field) => [field.name, sampleAnswer(field)])
  // Samples know one day: that of the books they were made of.
  const settings = { ...Object.fromEntries(answers), ...(flow.form?.some(({ name }) => name === 'since') ? SINCE : {}) }
  for (const { node, title, record, gives } of samples) {
    const expression = expressionOf(flow.nodes.find(({ id }) => id === node)!)
    const now = Date.UTC(2026, 11, 2, 12)
    const tried = await evaluator.preview({ workspace: 'w', expression, record, now, seed: 's', given: { settings } })
    expect(tried, title).toEqual({ ok: true, value: gives })
  }
})

test('a write that names no contact field has no key', async () => {
  expect(await codes(flowInto('emarsys.upsert-contacts', { record: '{ "3": Contact.EmailAddress }' }))).toContain(
    'WRITE_WITHOUT_KEY write keyField',
  )
})

test('an event without a key of its own is refused, with one it is not', async () => {
  const event = (record: string) => flowInto('emarsys.trigger-event', { eventId: '204', keyField: '3', record })
  expect(await codes(event('{ "contact": Contact.EmailAddress }'))).toEqual(['WRITE_WITHOUT_KEY write record'])
  expect(await codes(event('{ "contact": Contact.EmailAddress, "key": InvoiceNumber }'))).toEqual([])
})

test('the opt-in is refused without a consent event, and taken with one', async () => {
  const contacts = (consentEvent: boolean) =>
    flowInto('emarsys.upsert-contacts', { keyField: '3', consentEvent, record: '{ "3": Reference, "31": "1" }' })
  expect(await codes(contacts(false))).toEqual(['GUARDED_KEY write record'])
  expect(await codes(contacts(true))).toEqual([])
})

test('an expression that does not parse is named with its place and a hint', async () => {
  const [problem] = await problemsOf(flowInto('emarsys.upsert-contacts', { keyField: '3', record: '{ "3": (1 + }' }))
  expect(problem).toMatchObject({ code: 'EXPRESSION_INVALID', node: 'write', field: 'record', severity: 'error' })
  expect(problem?.position).toBeGreaterThan(6)
})

test('reading paid invoices alone is warned about: what is voided later would never be seen', async () => {
  const flow = flowInto('emarsys.upsert-contacts', { keyField: '3', record: '{ "3": Reference }' })
  const read = flow.nodes[1]!
  expect(
    await codes({ ...flow, nodes: [flow.nodes[0]!, { ...read, settings: { statuses: ['PAID'] } }, flow.nodes[2]!] }),
  ).toEqual(['ONLY_VALUES read statuses'])
})

test('adding up money with $sum is warned about, and the decimal way is named', async () => {
  const [problem] = await problemsOf(
    flowInto('emarsys.upsert-contacts', {
      keyField: '3',
      record: '{ "3": Reference, "9": $sum(LineItems.LineAmount) }',
    }),
  )
  expect(problem).toMatchObject({ severity: 'warning', node: 'write' })
  expect(problem?.message).toContain('$moneySum')
})
