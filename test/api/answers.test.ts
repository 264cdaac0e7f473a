import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Flow } from '../../server/flow/document/flow.ts'
import { type Caller, type Installation, install, invoiceFlow, XERO_CONNECTION } from './installation.ts'

let it: Installation
let workspace: string
let owner: Caller
let at: string

beforeAll(async () => {
  it = await install()
  workspace = await it.workspace()
  owner = await it.member(workspace, 'owner')
  at = `/workspaces/${workspace}`
})
afterAll(() => it.close())

const FORM: Flow['form'] = [
  { name: 'minutes', type: 'integer', title: 'Every … minutes', default: 60, minimum: 1, maximum: 1440, client: true },
  { name: 'word', type: 'text', title: 'Word' },
]

function askingFlow(): Flow {
  const flow = invoiceFlow({ form: FORM })
  return {
    ...flow,
    nodes: flow.nodes.map((one) => {
      if (one.id === 'clock') return { ...one, settings: { mode: 'interval', everyMinutes: { $setting: 'minutes' } } }
      return one.id === 'shape' ? { ...one, settings: { expression: '{ "number": $settings.word }' } } : one
    }),
  }
}

async function published(document: Flow): Promise<string> {
  const flow = (await owner.call('POST', `${at}/flows`, document)).json().id as string
  const connection = (await owner.call('POST', `${at}/connections`, XERO_CONNECTION)).json().id
  await owner.call('PUT', `${at}/flows/${flow}/bindings`, { bindings: { ledger: connection } })
  const answer = await owner.call('POST', `${at}/flows/${flow}/publish`, { summary: 'First', revision: 1 })
  expect(answer.statusCode, answer.body).toBe(201)
  return `${at}/flows/${flow}`
}

test('a flow is answered before it runs, by those who may, and everybody sees who answered what', async () => {
  const flow = await published(askingFlow())
  const client = await it.member(workspace, 'client')

  const empty = (await owner.call('GET', `${flow}/answers`)).json()
  expect(empty).toMatchObject({ revision: 0, answers: {}, mayChange: ['minutes', 'word'], author: null })
  expect(empty.problems).toMatchObject([{ code: 'ANSWER_MISSING', field: 'word' }])
  for (const [path, body] of [
    ['switch', { on: true }],
    ['run', {}],
    ['dry-run', {}],
  ] as const) {
    const refused = await owner.call('POST', `${flow}/${path}`, body)
    expect([refused.statusCode, refused.json().code], path).toEqual([409, 'ANSWERS_MISSING'])
  }

  const wrong = await owner.call('PUT', `${flow}/answers`, { revision: 0, answers: { minutes: 0, wrod: 'x' } })
  expect(wrong.statusCode).toBe(422)
  expect(wrong.json().problems.map((one: { code: string; field: string }) => [one.code, one.field])).toEqual([
    ['ANSWER_INVALID', 'minutes'],
    ['ANSWER_UNKNOWN', 'wrod'],
  ])
  const first = await owner.call('PUT', `${flow}/answers`, { revision: 0, answers: { word: 'yes' } })
  expect(first.json()).toMatchObject({ revision: 1, problems: [], author: 'A owner' })
  const late = await owner.call('PUT', `${flow}/answers`, { revision: 0, answers: { word: 'no' } })
  expect([late.statusCode, late.json().code]).toEqual([412, 'OVERTAKEN'])

  // A client changes what is theirs and nothing else.
  expect((await client.call('GET', `${flow}/answers`)).json().mayChange).toEqual(['minutes'])
  const foreign = await client.call('PUT', `${flow}/answers`, { revision: 1, answers: { word: 'no' } })
  expect([foreign.statusCode, foreign.json().detail]).toEqual([
    403,
    expect.stringContaining('“Word” is for a consultant'),
  ])

  // The schedule follows the answer at once.
  expect((await owner.call('POST', `${flow}/switch`, { on: true })).statusCode).toBe(200)
  const due = async () => Date.parse((await owner.call('GET', flow)).json().nextDue) - Date.now()
  expect(await due()).toBeGreaterThan(50 * 60_000)
  const own = await client.call('PUT', `${flow}/answers`, { revision: 1, answers: { word: 'yes', minutes: 5 } })
  expect(own.json()).toMatchObject({ revision: 2 })
  expect(await due()).toBeLessThan(6 * 60_000)

  expect((await client.call('GET', `${flow}/answers/history`)).json().items).toMatchObject([
    { revision: 2, author: 'A client', changes: [{ name: 'minutes', title: 'Every … minutes', after: 5 }] },
    { revision: 1, author: 'A owner', changes: [{ name: 'word', after: 'yes' }] },
  ])

  const dry = await owner.call('POST', `${flow}/dry-run`, { window: { from: '2026-01-01', to: '2026-02-01' } })
  expect(dry.statusCode).toBe(202)
  expect(dry.json()).toMatchObject({ dry: true, state: 'queued', began: 'days from 2026-01-01 to before 2026-02-01' })
  // What was only tried is not the flow's last run.
  expect((await owner.call('GET', flow)).json().lastRun).toBeNull()
})

test('the policy is changed with a reason and a new version, and says what follows', async () => {
  const flow = await published({
    ...invoiceFlow(),
    nodes: invoiceFlow().nodes.map((one) =>
      one.id === 'shape' ? { ...one, settings: { expression: '$confirmed($) ? $' } } : one,
    ),
  })
  const page = (await owner.call('GET', `${at}/policy`)).json()
  expect(page.current).toMatchObject({ version: 0, rule: { basis: 'paid' } })
  expect(page.flows).toEqual([{ id: flow.split('/').at(-1), name: 'Paid invoices', enabled: false }])

  const rule = { ...page.current.rule, basis: 'authorised' }
  const tried = await owner.call('PUT', `${at}/policy`, { rule, version: 0, dry: true })
  expect(tried.json()).toMatchObject({ current: { version: 0 }, effect: expect.arrayContaining([expect.any(String)]) })
  expect((await owner.call('PUT', `${at}/policy`, { rule, version: 0 })).json().code).toBe('REASON_MISSING')
  const finance = await it.member(workspace, 'finance')
  const done = await finance.call('PUT', `${at}/policy`, { rule, version: 0, reason: 'Direct debit only' })
  expect(done.json().current).toMatchObject({ version: 1, author: 'A finance', reason: 'Direct debit only' })
  const late = await owner.call('PUT', `${at}/policy`, { rule: page.current.rule, version: 0, reason: 'Back' })
  expect([late.statusCode, late.json().code]).toEqual([412, 'OVERTAKEN'])
  const marketing = await it.member(workspace, 'marketing')
  const { versions } = (await marketing.call('GET', `${at}/policy`)).json()
  expect(versions.map((one: { version: number }) => one.version)).toEqual([1, 0])
  expect(versions[0].sentence).toContain('as soon as its invoice is approved')
  expect((await marketing.call('PUT', `${at}/policy`, { rule, version: 1 })).statusCode).toBe(403)
})
