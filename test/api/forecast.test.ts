import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startXeroSandbox, type XeroSandbox } from '../../connectors/xero/sandbox/server.ts'
import { forecast } from '../../server/api/switch/forecast.ts'
import type { Flow } from '../../server/flow/document/flow.ts'
import { contactsFlow, flowOf, node } from '../support/flows.ts'
import { type Caller, type Installation, install } from './installation.ts'

let ledger: XeroSandbox
let it: Installation
let workspace: string
let owner: Caller
let at: string

beforeAll(async () => {
  ledger = await startXeroSandbox({ contacts: 45, invoices: 30, creditNotes: 5 })
  it = await install({ egressAllow: [new URL(ledger.url).host] })
  workspace = await it.workspace()
  owner = await it.member(workspace, 'owner')
  at = `/workspaces/${workspace}`
})
afterAll(async () => {
  await it?.close()
  await ledger?.close()
})

async function connect(connector: string, login: string, settings: object, secrets: object): Promise<string> {
  const made = await owner.call('POST', `${at}/connections`, { connector, name: connector, login, settings, secrets })
  return made.json().id
}

async function publish(flow: Flow, bindings: { readonly [slot: string]: string }): Promise<string> {
  const { id } = (await owner.call('POST', `${at}/flows`, flow)).json()
  await owner.call('PUT', `${at}/flows/${id}/bindings`, { bindings })
  const published = await owner.call('POST', `${at}/flows/${id}/publish`, { summary: 'First', revision: 1 })
  expect(published.statusCode, published.body).toBeLessThan(300)
  return id
}

const sandbox = () => ({ identityUrl: ledger.url, loginUrl: ledger.url, apiUrl: ledger.url, callsPerDay: 1000 })
const secrets = () => ({ clientId: ledger.clientId, clientSecret: ledger.clientSecret })

test('a forecast asks once for each read, and says calls, time and share of the day', async () => {
  const xero = await connect('xero', 'custom-connection', sandbox(), secrets())
  const emarsys = await connect('emarsys', 'oauth-client', {}, { clientId: 'one', clientSecret: 'two' })
  // Signing in and finding the organisation is not the forecast's.
  await owner.call('POST', `${at}/connections/${xero}/test`)
  const flow = await publish(contactsFlow(10), { xero, emarsys })
  const before = ledger.requests.total
  const answer = await owner.call('POST', `${at}/flows/${flow}/forecast`, {})
  expect(answer.statusCode, answer.body).toBe(200)
  expect(ledger.requests.total - before).toBe(1)
  const told = answer.json()
  expect(told.reads).toEqual([{ node: 'contacts', name: 'contacts', records: 45, calls: 5 }])
  expect(told.connections).toEqual([
    expect.objectContaining({ id: xero, calls: 5, perMinute: 60, perDay: 1000, shareOfDay: 0.005 }),
    expect.objectContaining({ id: emarsys, calls: 5, perMinute: 1000, perDay: null, shareOfDay: null }),
  ])
  expect(told.sentence).toMatch(/^10 calls, done by \d\d:\d\d UTC.*, less than 1 % of today’s budget\.$/)
  expect(told.doneBy).toEqual(expect.any(String))

  const shown = (await owner.call('GET', `${at}/connections/${xero}`)).json()
  // What the test and the forecast called.
  expect(shown.budget).toMatchObject({ perMinute: 60, perDay: 1000, pausedUntil: null })
  await expect
    .poll(async () => (await owner.call('GET', `${at}/connections/${xero}`)).json().budget.usedDay)
    .toBe(Number(ledger.status().admitted))
})

test('a read that cannot say beforehand leaves the time open', async () => {
  const xero = await connect('xero', 'custom-connection', sandbox(), secrets())
  const flow = await publish(
    flowOf(
      [node('org', 'xero.get-organisation'), node('rename', 'map', { expression: '{ "n": Name }' })],
      ['start org', 'org rename'],
    ),
    { xero },
  )
  const told = (await owner.call('POST', `${at}/flows/${flow}/forecast`, {})).json()
  expect(told).toMatchObject({
    sentence: 'At least 1 call; how many more, “org” cannot say beforehand.',
    reads: [{ node: 'org', records: null, calls: null }],
    doneBy: null,
  })
})

test('a window is asked for as it would be read', async () => {
  const xero = await connect('xero', 'custom-connection', sandbox(), secrets())
  const flow = await publish(
    flowOf(
      [node('invoices', 'xero.list-invoices', { pageSize: 10 }), node('same', 'map', { expression: '$' })],
      ['start invoices', 'invoices same'],
    ),
    { xero },
  )
  const ask = async (body: object) => (await owner.call('POST', `${at}/flows/${flow}/forecast`, body)).json().reads[0]
  const all = await ask({})
  const none = await ask({ window: { from: '1999-01-01', to: '1999-02-01' } })
  const ever = await ask({ window: { from: '1999-01-01', to: '2099-01-01' } })
  expect(all.records).toBeGreaterThan(0)
  expect(none).toMatchObject({ records: 0, calls: 1 })
  expect(ever).toEqual(all)
})

describe('the time', () => {
  const NOW = new Date('2026-03-01T06:00:00Z')
  const allowance = { id: 'x', name: 'Xero', perMinute: 60, perDay: 1000, usedMinute: 0, usedDay: 0 }
  const read = (calls: number) => [{ node: 'r', name: 'R', connection: 'x', cost: { records: calls * 100, calls } }]
  const told = (calls: number, used: Partial<typeof allowance> = {}) =>
    forecast(NOW, read(calls), [], [{ ...allowance, ...used }])

  test('follows from the calls where the minute has room', () => {
    expect(told(40)).toMatchObject({
      sentence: '40 calls, done by 06:00 UTC, 4 % of today’s budget.',
      doneBy: '2026-03-01T06:00:20.000Z',
    })
  })

  test('follows from the allowance where it has not, what is used now included', () => {
    expect(told(380).sentence).toBe('380 calls, done by 06:06 UTC, 38 % of today’s budget.')
    expect(told(40, { usedMinute: 50 }).doneBy).toBe('2026-03-01T06:01:00.000Z')
  })

  test('runs into the next day where the day does not last, and says so', () => {
    const { sentence, assumptions } = told(400, { usedDay: 800 })
    expect(sentence).toBe('400 calls, done by 06:00 UTC on 2026-03-02, 40 % of today’s budget.')
    expect(assumptions.at(-1)).toBe(
      'The day’s allowance of “Xero” does not last: the run rests until calls are free again.',
    )
  })
})
