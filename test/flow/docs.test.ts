import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { buildCatalog } from '../../server/catalog.ts'
import { checkFlow } from '../../server/flow/check/validate.ts'
import { FORM_TYPES } from '../../server/flow/document/form.ts'
import type { Flow, FlowNode } from '../../server/flow/document/flow.ts'
import { readFlow } from '../../server/flow/document/read.ts'
import { PROBLEM_CODES } from '../../server/flow/schema/problem.ts'

const DOCS = new URL('../../docs/', import.meta.url)
const catalog = buildCatalog()
const read = (page: string) => readFileSync(new URL(page, DOCS), 'utf8')

/** Examples of a page: one value, or one on each line. `…` in the place of what is left out is put in. */
const examplesOf = (page: string): unknown[] =>
  [...read(page).matchAll(/```json\n([\s\S]*?)```/g)].flatMap(([, text = '']) => {
    const whole = text.trim()
    const texts = whole.split('\n').every((line) => line.startsWith('{') && line.endsWith('}'))
      ? whole.split('\n')
      : [whole]
    return texts.map((one) => JSON.parse(one) as unknown)
  })

const isNode = (value: unknown): value is Pick<FlowNode, 'operation' | 'settings'> =>
  typeof value === 'object' && value !== null && 'operation' in value && 'settings' in value
const holds = (value: unknown, field: string): value is { readonly [field: string]: unknown } =>
  typeof value === 'object' && value !== null && field in value

const flowOf = (nodes: readonly unknown[]): string =>
  JSON.stringify({ format: 1, name: 'Example', slots: {}, nodes, edges: [] })

/** What is wrong with the steps themselves: an example is no whole flow. */
function faultsOf(nodes: readonly unknown[]) {
  const result = readFlow(flowOf(nodes))
  if (!result.ok) return result.problems
  return checkFlow(result.flow as Flow, { catalog }).filter(({ code }) => !ABOUT_THE_WHOLE.has(code))
}
const ABOUT_THE_WHOLE = new Set([
  'NO_TRIGGER',
  'FLOW_IDLE',
  'NODE_UNREACHABLE',
  'JOIN_INPUT_MISSING',
  'SUBFLOW_UNKNOWN',
  'SLOT_MISSING',
])

test('the page lists every problem code with its meaning, and no other', () => {
  const listed = [...read('flow-format.md').matchAll(/^\| `([A-Z_]+)` \| (.*) \|$/gm)].map(([, code, meaning]) => [
    code,
    meaning,
  ])
  expect(listed).toEqual(Object.entries(PROBLEM_CODES))
})

test('the example of the page is a flow without an error', () => {
  const [example] = examplesOf('flow-format.md')
  const result = readFlow(JSON.stringify(example))
  expect(result).toMatchObject({ ok: true, flow: { nodes: [{ id: 'n1' }, {}, {}, {}] } })
  if (result.ok) expect(checkFlow(result.flow, { catalog }).filter(({ severity }) => severity === 'error')).toEqual([])
})

/** Kinds as the page names them, of the operations that stand for them. */
const KINDS: { readonly [kind: string]: readonly string[] } = {
  trigger: ['manual', 'schedule', 'hook'],
  read: ['xero.list-invoices'],
  'look-up': ['xero.get-contacts'],
  write: ['emarsys.upsert-contacts'],
  'changed only': ['changed-only'],
  'running value': ['running-value'],
}
const named = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? '')

test('the page names inputs and ports of every kind of step as the catalog has them', () => {
  const rows = read('flow-format.md')
    .split('## Ports')[1]!
    .split('\n\n')[1]!
    .split('\n')
    .slice(2)
    .map((row) => row.split('|').map((cell) => cell.trim()))
  const seen = rows.flatMap(([, kinds = '', inputs = '', ports = '']) =>
    kinds.split(', ').flatMap((kind) =>
      (KINDS[kind] ?? [kind]).map((id) => {
        const info = catalog.get(id)
        expect(info, `${kind}: ${id}`).toBeDefined()
        // “from a trigger, or `done` of another read” is no input.
        expect(info?.inputs, `inputs of ${id}`).toEqual(named(inputs.split(':')[0] ?? ''))
        const written = named(ports.split(';')[0] ?? '')
        const more = named(ports.split(';')[1] ?? '').slice(0, 1)
        expect([...(info?.ports ?? [])].sort(), `ports of ${id}`).toEqual([...written, ...more].sort())
        return id
      }),
    ),
  )
  const own = [...catalog.values()].filter(({ id }) => !id.includes('.')).map(({ id }) => id)
  expect(own.filter((id) => !seen.includes(id))).toEqual([])
})

describe('examples of steps', () => {
  const pages = readdirSync(DOCS).filter((page) => page.endsWith('.md'))
  const examples = pages.flatMap((page) =>
    examplesOf(page).flatMap((example) => {
      if (isNode(example)) return [{ page, nodes: [{ id: 'n1', name: 'Example', ...example }] }]
      if (holds(example, 'nodes') && !holds(example, 'format')) return [{ page, nodes: example['nodes'] as unknown[] }]
      return []
    }),
  )
  test('stand in the page of the engine’s own nodes, one for each that has settings worth one', () => {
    expect(examples.filter(({ page }) => page === 'nodes.md').length).toBeGreaterThan(10)
  })
  test.each(examples.map(({ page, nodes }) => [page, nodes] as const))('%s: %j', (_page, nodes) => {
    expect(faultsOf(nodes)).toEqual([])
  })
  test('are found wanting where a setting is none', () => {
    const wrong = { id: 'n1', name: 'Example', operation: 'stop', settings: { as: 'failed', sentense: "'x'" } }
    expect(faultsOf([wrong]).map(({ code }) => code)).toContain('SETTING_UNKNOWN')
  })
})

test('the form of the page is one, and every kind of question that there is stands in its table', () => {
  const [example] = examplesOf('forms.md')
  const document = { format: 1, name: 'Example', slots: {}, nodes: [], edges: [], ...(example as object) }
  const result = readFlow(JSON.stringify(document))
  expect(result).toMatchObject({ ok: true, flow: { form: [{ name: 'graceDays' }, { name: 'journal' }] } })
  if (result.ok) expect(checkFlow(result.flow, { catalog }).map(({ code }) => code)).not.toContain('FORM_INVALID')
  const types = /^\| `type` \| (.*) \|$/m.exec(read('forms.md'))?.[1] ?? ''
  expect(named(types).filter((one) => one !== 'choices')).toEqual([...FORM_TYPES])
})
