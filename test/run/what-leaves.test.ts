import { randomBytes, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTracing } from '../../server/telemetry/trace-runs.ts'
import { emptyDatabase } from '../support/database.ts'
import { type Fleet, openFleet, OWNER } from '../support/fleet.ts'
import { contactsFlow } from '../support/flows.ts'
import { type ReceivedSpan, type SpanReceiver, startSpanReceiver } from '../support/span-receiver.ts'

// What a running process says of itself: its traces, its log at its most talkative, its pages. Nothing secret is in it.

const LONG = { timeout: 180_000 }
/** Tells of every module of OpenTelemetry that a process loads. */
const WATCH_IMPORTS = `import { registerHooks } from 'node:module'
registerHooks({ resolve(name, context, next) {
  if (name.startsWith('@opentelemetry/')) process.stdout.write('LOADS ' + name + '\\n')
  return next(name, context)
} })`

const canaries: string[] = []
function canary(): string {
  const made = `canary-${randomBytes(12).toString('hex')}`
  canaries.push(made)
  return made
}

let database: Awaited<ReturnType<typeof emptyDatabase>>
let receiver: SpanReceiver
let fleet: Fleet

beforeAll(async () => {
  database = await emptyDatabase()
  receiver = await startSpanReceiver()
  fleet = await openFleet({
    databaseUrl: database.url,
    xero: { contacts: 10 },
    first: 'all',
    env: {
      LOG_LEVEL: 'trace',
      DATABASE_CONNECTIONS: '10',
      OTEL_EXPORTER_OTLP_ENDPOINT: `${receiver.url}/`,
      OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer%20${canary()}`,
      METRICS_TOKEN: canary(),
      XERO_WEBHOOK_KEY: canary(),
      BIGCOMMERCE_WEBHOOK_KEY: canary(),
      NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(WATCH_IMPORTS)}`,
    },
  })
  canaries.push(fleet.xero.clientSecret, fleet.emarsys.clientSecret, fleet.emarsys.salesToken, OWNER.password)
}, 360_000)
afterAll(async () => {
  await fleet?.close()
  await receiver?.close()
  await database?.drop()
})

type Shown = { id: string; state: string; code: string | null; batches: number; startedAt: string; endedAt: string }
async function run(flow: string): Promise<Shown> {
  const { id } = await fleet.call<{ id: string }>('POST', `/flows/${flow}/run`, {})
  for (;;) {
    const shown = await fleet.call<Shown>('GET', `/runs/${id}`)
    if (!['queued', 'running', 'waiting'].includes(shown.state)) return shown
    await sleep(50)
  }
}
/** All spans of a run, once its last one has come: a trace has the id of its run. */
async function spansOf({ id }: Shown): Promise<readonly ReceivedSpan[]> {
  const traceId = id.replaceAll('-', '')
  const mine = () => receiver.spans.filter((span) => span.traceId === traceId)
  await expect.poll(() => mine().some(({ name }) => name === 'run'), { timeout: 45_000 }).toBe(true)
  return mine()
}

test('a run is a trace: its batches, their steps, their calls, each as long as it took', LONG, async () => {
  const flow = await fleet.flow(contactsFlow(4))
  fleet.xero.state.faults.add([{ kind: '500-before', match: { pathPrefix: '/api.xro/2.0/Contacts' }, times: 1 }])
  const began = Date.now()
  const shown = await run(flow)
  expect(shown).toMatchObject({ state: 'succeeded', batches: 3 })
  const spans = await spansOf(shown)
  const called = (name: string) => spans.filter((span) => span.name === name)
  const parentOf = (span: ReceivedSpan) => spans.find(({ spanId }) => spanId === span.parentSpanId)

  const [root, ...others] = called('run')
  expect(others).toEqual([])
  expect(root!.parentSpanId).toBe(undefined)
  expect(root!.attributes).toMatchObject({
    'tieline.run': shown.id,
    'tieline.flow': flow,
    'tieline.workspace': fleet.workspace,
    'tieline.version': 1,
    'tieline.cause': 'manual',
    'tieline.outcome': 'ended',
  })
  const batches = called('batch')
  expect(batches.map(({ attributes }) => attributes['tieline.batch']).sort()).toEqual([0, 1, 2])
  for (const batch of batches) expect(parentOf(batch)).toBe(root)
  for (const name of ['xero.list-contacts', 'emarsys.upsert-contacts', 'settle']) {
    const steps = called(name)
    expect(new Set(steps.map(parentOf)), name).toEqual(new Set(batches))
    expect(steps, name).toHaveLength(3)
  }
  const read = called('xero.list-contacts').map(({ attributes }) => Number(attributes['tieline.count.out']))
  expect(read.reduce((sum, one) => sum + one)).toBe(10)

  const calls = spans.filter(({ kind }) => kind === 3)
  expect(new Set(calls.map((call) => parentOf(call)?.name))).toEqual(
    new Set(['xero.list-contacts', 'emarsys.upsert-contacts']),
  )
  const steps = await fleet.call<{ items: { calls: number; retries: number }[] }>('GET', `/runs/${shown.id}/steps`)
  expect(calls).toHaveLength(steps.items.reduce((sum, one) => sum + one.calls, 0))
  const failed = calls.filter(({ status }) => status === 2)
  expect(failed.map(({ attributes }) => [attributes['http.response.status_code'], attributes['error.type']])).toEqual([
    [500, '500'],
  ])
  expect(calls[0]!.attributes).toMatchObject({ 'http.request.method': calls[0]!.name, 'server.address': '127.0.0.1' })

  // Within what contains it, and within the time that really passed; clocks are read to the millisecond.
  for (const span of spans) {
    expect(span.to).toBeGreaterThanOrEqual(span.from)
    expect(span.from).toBeGreaterThan(began - 2)
    expect(span.to).toBeLessThan(Date.now() + 2)
    const parent = parentOf(span)
    if (parent) expect(span.from, `${span.name} in ${parent.name}`).toBeGreaterThanOrEqual(parent.from - 2)
    if (parent) expect(span.to, `${span.name} in ${parent.name}`).toBeLessThanOrEqual(parent.to + 2)
  }
  // The 500 was waited after: the first read is as long as its two calls and the wait between them.
  const first = called('xero.list-contacts').find(({ attributes }) => attributes['tieline.attempts'] === 2)!
  expect(first.to - first.from).toBeGreaterThanOrEqual(Number(first.attributes['tieline.waiting_ms']))
  expect(receiver.requests[0]).toMatchObject({ path: '/v1/traces' })
  expect(receiver.resources[0]).toMatchObject({ 'service.name': 'tieline' })
})

test('secrets stand in no log line, no page, no answer, no error of a run, and no trace', LONG, async () => {
  const said: string[] = []
  const ask = async (path: string, init: RequestInit = {}): Promise<string> => {
    const answer = await fetch(`${fleet.api.url}${path}`, { redirect: 'manual', ...init })
    const text = await answer.text()
    said.push(`${[...answer.headers].join('\n')}\n${text}`)
    return text
  }
  const json = { 'content-type': 'application/json', origin: fleet.api.url }

  // Connections whose secrets the other system refuses, and runs over them.
  const { url } = fleet.xero
  const wrong = await fleet.call<{ id: string }>('POST', '/connections', {
    ...{ connector: 'xero', name: 'Wrong', login: 'custom-connection' },
    settings: { identityUrl: url, loginUrl: url, apiUrl: url },
    secrets: { clientId: canary(), clientSecret: canary() },
  })
  const flow = await fleet.flow(contactsFlow(4))
  const bindings = { xero: wrong.id, emarsys: fleet.connections.emarsys }
  await fleet.call('PUT', `/flows/${flow}/bindings`, { bindings })
  const shown = await run(flow)
  expect(shown).toMatchObject({ state: 'failed', code: 'LOGIN_REFUSED' })
  said.push(JSON.stringify(shown), JSON.stringify(await fleet.call('GET', `/runs/${shown.id}/batches`)))
  const trace = await spansOf(shown)
  expect(trace).toMatchObject([{ name: 'run', status: 2, attributes: { 'error.type': 'LOGIN_REFUSED' } }])

  // Connections of every kind, tried out in vain; a refusal is looked at like an answer.
  const host = new URL(url).host
  for (const [connector, login, settings, secrets] of [
    ['emarsys', 'wsse', { apiUrl: url }, ['username', 'secret', 'salesToken']],
    ['emarsys', 'oauth-client', { apiUrl: url, tokenUrl: url }, ['clientId', 'clientSecret', 'salesToken']],
    ['bigcommerce', 'token', { apiUrl: url, storeHash: 'abc' }, ['accessToken']],
    ['chat', 'webhook', {}, ['url']],
    ['http', 'basic', { baseUrl: url }, ['username', 'password']],
    ['http', 'bearer', { baseUrl: url }, ['token']],
    ['email', 'password', { host, port: 25 }, ['username', 'password']],
    ['csv', 'password', { host, port: 22 }, ['username', 'password']],
  ] as const) {
    const body = {
      ...{ connector, login, settings, name: `${connector} ${login}` },
      secrets: Object.fromEntries(secrets.map((name) => [name, canary()])),
    }
    const tried = fleet
      .call<{ id: string }>('POST', '/connections', body)
      .then(({ id }) => fleet.call('POST', `/connections/${id}/test`))
    said.push(await tried.then(JSON.stringify, String))
  }

  // What nobody should have sent, and where it might be repeated.
  while (canaries.length < 50) {
    const [one, two] = [canary(), canary()]
    await ask('/api/v1/session', {
      method: 'POST',
      headers: json,
      body: JSON.stringify({ email: 'a@example.com', password: one }),
    })
    await ask('/api/v1/setup', { method: 'POST', headers: json, body: `{"token":"${two}","name":` })
    await ask(`/api/v1/oauth/callback?code=${canary()}&state=${canary()}`)
    await ask('/api/v1/me', { headers: { authorization: `Bearer ${canary()}`, cookie: `tieline=${canary()}` } })
    await ask('/api/v1/metrics', { headers: { authorization: `Bearer ${canary()}` } })
    await ask('/hooks/xero', { method: 'POST', headers: { ...json, 'x-xero-signature': canary() }, body: '{}' })
    await ask('/api/v1/password', {
      method: 'PUT',
      headers: json,
      body: JSON.stringify({ token: canary(), password: canary() }),
    })
  }
  for (const page of [
    '/',
    '/sign-in',
    `/w/${fleet.workspace}/runs`,
    '/docs',
    '/docs/json',
    '/nowhere.html',
    '/hooks/none',
  ]) {
    await ask(page)
  }
  expect(said.some((text) => text.includes('<!doctype html') || text.includes('<!DOCTYPE html'))).toBe(true)

  const log = fleet.api.said()
  // The log is there and is JSON; it is at its most talkative.
  const lines = log.split('\n').filter((line) => line.startsWith('{'))
  const messages = new Set(lines.map((line) => (JSON.parse(line) as { msg: string }).msg))
  expect([...messages]).toEqual(expect.arrayContaining(['answered', 'run ended', 'run failed']))
  const sent = receiver.requests.map(({ body }) => body).join('\n')
  const { rows } = await sql<{ reason: string }>`select reason from runs where reason is not null`.execute(
    database.owner.db,
  )
  const all = [...said, log, sent, ...rows.map(({ reason }) => reason)].join('\n')
  expect(canaries.length).toBeGreaterThanOrEqual(50)
  expect(canaries.filter((one) => all.includes(one) || all.includes(Buffer.from(one).toString('base64')))).toEqual([])
  // The check can fail: what is no secret is there; and the token went where it belongs.
  expect(all).toContain(fleet.workspace)
  expect(receiver.requests[0]?.headers).toMatchObject({ authorization: `Bearer ${canaries[0]}` })

  // Nor anything about a person: not even their names are in a trace.
  const people = fleet.xero.state.books.contacts.ordered.map(({ id }) => fleet.xero.document(id)!)
  const words = people.flatMap(({ Name, EmailAddress, ContactID }) => [Name, EmailAddress, ContactID].map(String))
  expect(words.filter((word) => word !== '' && sent.includes(word))).toEqual([])
})

test('without a collector nothing of it is loaded', LONG, async () => {
  const loads = /LOADS @opentelemetry/
  expect(fleet.api.said()).toMatch(loads)
  const without = await fleet.start('worker', { OTEL_EXPORTER_OTLP_ENDPOINT: '' })
  expect(await without.stop()).toBe(0)
  expect(without.said()).toContain('Ctrl-C stops it')
  expect(without.said()).not.toMatch(loads)
})

test('measures go where traces go, at the latest when a process stops', LONG, async () => {
  expect(await fleet.api.stop()).toBe(0)
  const last = receiver.requests.filter(({ path }) => path === '/v1/metrics').at(-1)
  expect(last?.headers).toMatchObject({ authorization: `Bearer ${canaries[0]}` })
  expect(receiver.measures).toContainEqual(
    expect.objectContaining({ name: 'tieline_runs', attributes: { state: 'running' }, value: 0 }),
  )
  expect(canaries.filter((one) => last!.body.includes(one))).toEqual([])
})

test('a collector that is away is said once, and holds nobody up', async () => {
  const warnings: string[] = []
  const tracing = startTracing({
    ...{ endpoint: 'http://127.0.0.1:9', headers: {}, serviceName: 'tieline', version: '1', instance: 'here' },
    warn: (message) => warnings.push(message),
  })
  const claim = { ...{ workspace: '', flow: '', version: 1, epoch: 1, attempts: 0 }, cause: 'manual' }
  const day = { day: '2026-11-28', traceClass: 'standard', fixedNow: new Date(), causeNode: 'start' } as const
  for (let turn = 0; turn < 3; turn++) {
    tracing
      .watch({ ...claim, ...day, run: randomUUID(), start: { kind: 'trigger' }, quiet: false })
      .ended({ outcome: 'ended' })
  }
  const before = performance.now()
  await tracing.close()
  // Three seconds at most, and what a busy machine adds.
  expect(performance.now() - before).toBeLessThan(5_000)
  expect(warnings).toEqual([expect.stringMatching(/^The collector of telemetry got nothing: /)])
})
