import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startXeroSandbox, type XeroSandbox } from '../../connectors/xero/sandbox/server.ts'
import { connectors } from '../../connectors/index.ts'
import { namesOf } from '../../server/api/switch/backlog.ts'
import { turnOnDue } from '../../server/api/switch/turn-on-due.ts'
import { buildCatalog } from '../../server/catalog.ts'
import { inWorkspace } from '../../server/store/database/database.ts'
import { mailFlow } from '../support/flows.ts'
import { sendMeasures } from '../../server/telemetry/send-measures.ts'
import { type ReceivedMeasure, startSpanReceiver } from '../support/span-receiver.ts'
import { type Caller, type Installation, install } from './installation.ts'

const METRICS = 'a-token-of-more-than-twenty-characters'

let ledger: XeroSandbox
let it: Installation
let workspace: string
let owner: Caller
let client: Caller
let at: string
let flow: string
let xero: string

beforeAll(async () => {
  ledger = await startXeroSandbox({ contacts: 45, invoices: 30, creditNotes: 5 })
  it = await install({ egressAllow: [new URL(ledger.url).host], metricsToken: METRICS })
  workspace = await it.workspace()
  owner = await it.member(workspace, 'owner')
  client = await it.member(workspace, 'client')
  at = `/workspaces/${workspace}`
  const made = async (connector: string, login: string, settings: object, secrets: object) =>
    (await owner.call('POST', `${at}/connections`, { connector, name: connector, login, settings, secrets })).json().id
  const settings = { identityUrl: ledger.url, loginUrl: ledger.url, apiUrl: ledger.url, callsPerDay: 1000 }
  const { clientId, clientSecret } = ledger
  xero = await made('xero', 'custom-connection', settings, { clientId, clientSecret })
  const emarsys = await made('emarsys', 'oauth-client', {}, { clientId: 'one', clientSecret: 'two' })
  flow = (await owner.call('POST', `${at}/flows`, mailFlow())).json().id
  await owner.call('PUT', `${at}/flows/${flow}/bindings`, { bindings: { xero, emarsys } })
  await owner.call('POST', `${at}/flows/${flow}/publish`, { summary: 'First', revision: 1 })
})
afterAll(async () => {
  await it?.close()
  await ledger?.close()
})

const preview = async (who: Caller, on: boolean) =>
  (await who.call('POST', `${at}/flows/${flow}/switch/preview`, { on })).json()
const toggle = (who: Caller, body: object) => who.call('POST', `${at}/flows/${flow}/switch`, body)
const cursors = () =>
  inWorkspace(it.database.app.db, workspace, (tx) =>
    tx.selectFrom('cursors').select(['node_id', 'cursor', 'run_id']).execute(),
  )
const automation = async (who: Caller) => (await who.call('GET', `${at}/automations`)).json().items?.[0]

test('before it is turned on, the backlog is counted over there, with what it may lead to', async () => {
  // Signing in and finding the organisation is not the preview's.
  await owner.call('POST', `${at}/connections/${xero}/test`)
  const before = ledger.requests.total
  const told = await preview(owner, true)
  expect(ledger.requests.total - before).toBe(1)
  expect(told).toMatchObject({
    on: true,
    inProgress: 0,
    waiting: 0,
    restored: false,
    notFromNow: null,
    reads: [
      {
        node: 'contacts',
        connection: 'xero',
        records: 45,
        before: false,
        sample: [expect.any(String), expect.any(String), expect.any(String)],
      },
    ],
    writes: [
      { node: 'send', lasting: false, most: 45 },
      { node: 'mail', lasting: true, most: 45, connection: 'emarsys' },
    ],
  })
  // Names of people are content, and a client has no right to it; the number of a document is none.
  expect((await preview(client, true)).reads).toEqual([{ ...told.reads[0], sample: [] }])
  const records = [
    { InvoiceNumber: 'INV-0192', Contact: { Name: 'Ada' } },
    { Name: 'Ada', email: 'ada@nordwind.example' },
  ]
  expect([namesOf(records, false), namesOf(records, true)]).toEqual([['INV-0192'], ['INV-0192', 'Ada']])
})

test('a system that cannot be asked is named with the reason, and nothing is promised of it', async () => {
  const far = 'http://127.0.0.1:9'
  const body = {
    ...{ connector: 'xero', name: 'Far ledger', login: 'custom-connection' },
    settings: { identityUrl: far, loginUrl: far, apiUrl: far },
    secrets: { clientId: 'one', clientSecret: 'two' },
  }
  const away = (await owner.call('POST', `${at}/connections`, body)).json().id
  await owner.call('PUT', `${at}/flows/${flow}/bindings`, { bindings: { xero: away } })
  expect(await preview(client, true)).toMatchObject({
    reads: [{ records: null, trouble: expect.stringContaining('127.0.0.1') }],
    notFromNow: 'Far ledger could not be asked where it stands now. Try again later.',
  })
  await owner.call('PUT', `${at}/flows/${flow}/bindings`, { bindings: { xero } })
})

test('from now: reads are set past what there is, by the clock over there, and the audit log has it', async () => {
  const { basis } = await preview(client, true)
  const done = await toggle(client, { on: true, backlog: 'from-now', basis })
  expect(done.statusCode, done.body).toBe(200)
  expect(done.json().enabled).toBe(true)
  const [cursor] = await cursors()
  expect(cursor).toMatchObject({ node_id: 'contacts', run_id: null, cursor: { page: 1, since: expect.any(String) } })
  const entry = (await owner.call('GET', `${at}/audit?action=flow.switch`)).json().items[0]
  expect(entry.detail).toEqual({
    on: true,
    backlog: 'from-now',
    skipped: [{ node: 'contacts', records: 45, from: null, to: cursor!.cursor }],
  })
  // Nothing is left of the backlog, and what was promised before does not hold any more.
  expect((await preview(owner, true)).reads).toMatchObject([{ records: 0, before: true }])
  expect((await toggle(client, { on: true, basis })).json().code).toBe('OVERTAKEN')
})

test('not from now while a run of it has not ended; turning off says that it finishes', async () => {
  await owner.call('POST', `${at}/flows/${flow}/run`, {})
  const off = await preview(client, false)
  expect(off).toMatchObject({ on: false, inProgress: 1, reads: [] })
  // What stops is named; nobody is asked how much.
  expect(off.writes).toMatchObject([
    { node: 'send', most: 0 },
    { node: 'mail', lasting: true, most: 0, connection: 'emarsys' },
  ])
  // The run goes on meanwhile, and its reads with it: that hinders nobody from turning it off.
  await inWorkspace(it.database.app.db, workspace, (tx) =>
    tx
      .updateTable('cursors')
      .set({ cursor: JSON.stringify({ page: 2, since: '2026-01-01T00:00:00' }) })
      .execute(),
  )
  expect((await toggle(client, { on: false, basis: off.basis })).json().enabled).toBe(false)
  const refused = await toggle(client, { on: true, backlog: 'from-now' })
  expect(refused.json()).toMatchObject({
    status: 409,
    code: 'NOT_FROM_NOW',
    detail: expect.stringContaining('has not ended'),
  })
  expect(await automation(client)).toMatchObject({ enabled: false, health: 'off' })
  expect((await toggle(client, { on: true })).statusCode).toBe(200)
})

test('a flow that is off turns on by itself at its time, or stays off and says why', async () => {
  const { db } = it.database.app
  const task = turnOnDue({
    ...{ app: db, catalog: buildCatalog(), connectors, keys: it.keys, connections: it.connections },
    log: { error: (fields) => expect.fail(String((fields as { err?: unknown }).err)) },
  })
  const passed = async (minutes: number) => {
    await inWorkspace(db, workspace, (tx) =>
      sql`update turn_ons set at = now() - make_interval(mins => ${minutes}) where workspace_id = ${workspace}`.execute(
        tx,
      ),
    )
    await task.run(it.database.system.db)
    return automation(client)
  }
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString()
  const yesterday = new Date(Date.now() - 86_400_000).toISOString()
  for (const wrong of [
    { on: false, again: { at: yesterday, backlog: 'missed-too' } },
    { on: true, again: { at: tomorrow, backlog: 'missed-too' } },
    { on: false, again: { at: tomorrow } },
  ])
    expect((await toggle(client, wrong)).json().code).toBe('REQUEST_INVALID')
  const again = { at: tomorrow, backlog: 'missed-too' }
  expect((await client.call('PUT', `${at}/flows/${flow}/turn-on`, again)).json().code).toBe('FLOW_IS_ON')

  expect((await toggle(client, { on: false, again })).json().turnOn).toMatchObject({ ...again, by: 'A client' })
  await task.run(it.database.system.db)
  expect(await automation(client)).toMatchObject({ enabled: false, health: 'off', turnOn: { settledAt: null } })
  expect(await passed(0)).toMatchObject({ enabled: true, turnOn: { settledAt: expect.any(String), refused: null } })
  const entry = (await owner.call('GET', `${at}/audit?action=flow.turn-on`)).json().items[0]
  expect(entry).toMatchObject({ actor: { kind: 'system' }, subject: { flow }, detail: { setBy: client.id } })
  const notice = (await client.call('GET', `${at}/notices`)).json().items[0]
  expect(notice).toMatchObject({ node: null, run: null, severity: 'info', flow: { id: flow } })

  // A run that has not ended is waited for, an hour long; then, and with a sign-in that has ended, it stays off.
  await toggle(client, { on: false })
  const fromThen = { at: tomorrow, backlog: 'from-now' }
  const set = () => client.call('PUT', `${at}/flows/${flow}/turn-on`, fromThen)
  await set()
  expect(await passed(30)).toMatchObject({ enabled: false, turnOn: { settledAt: null } })
  expect(await passed(61)).toMatchObject({
    ...{ enabled: false, health: 'needs-you', turnOn: { refused: expect.stringContaining('has not ended') } },
    needs: [{ kind: 'stayed-off', yours: true }],
  })
  const { groups } = (await owner.call('GET', `${at}/now`)).json()
  expect(groups).toContainEqual(expect.objectContaining({ kind: 'stopped', code: 'STAYED_OFF' }))
  const connection = (state: 'ready' | 'sign-in-needed') =>
    inWorkspace(db, workspace, (tx) => tx.updateTable('connections').set({ state }).where('id', '=', xero).execute())
  await set()
  await connection('sign-in-needed')
  expect(await passed(0)).toMatchObject({ turnOn: { refused: '“xero” has to be signed in to again first.' } })
  await connection('ready')
  expect((await client.call('GET', `${at}/notices?state=open`)).json().items[0].severity).toBe('warning')
  // Whoever set it has left since.
  const gone = await it.member(workspace, 'consultant')
  await gone.call('PUT', `${at}/flows/${flow}/turn-on`, again)
  expect((await owner.call('DELETE', `${at}/members/${gone.id}`)).statusCode).toBe(204)
  expect(await passed(0)).toMatchObject({
    ...{ enabled: false, turnOn: { refused: expect.stringContaining('may not switch flows here any more') } },
  })

  // Who switches it has seen it; who lets it be, too.
  expect((await toggle(client, { on: true })).json()).toMatchObject({ enabled: true, turnOn: null })
  await toggle(client, { on: false, again })
  expect((await client.call('DELETE', `${at}/flows/${flow}/turn-on`)).json().turnOn).toBeNull()
  await toggle(client, { on: true })
})

test('health in four words, and a report makes it the team’s', async () => {
  expect(await automation(client)).toMatchObject({
    sentence: expect.stringMatching(/then/),
    health: 'working',
    lastSync: null,
    week: { read: 0, sent: 0 },
    days: [0, 0, 0, 0, 0, 0, 0],
    needs: [],
  })
  // What was sent counts for the 24 hours in which its run was asked for; the oldest stand first.
  const asked = (hours: number, counts: { read?: number; sent?: number }) =>
    inWorkspace(it.database.app.db, workspace, (tx) =>
      tx
        .updateTable('runs')
        .set({ counts: JSON.stringify(counts), created_at: sql`now() - make_interval(hours => ${hours})` })
        .where('flow_id', '=', flow)
        .execute(),
    )
  await asked(49, { read: 5, sent: 3 })
  expect(await automation(client)).toMatchObject({ week: { read: 5, sent: 3 }, days: [0, 0, 0, 0, 3, 0, 0] })
  await asked(0, {})
  const words = 'Two customers got the welcome mail twice.'
  const made = await client.call('POST', `${at}/flows/${flow}/reports`, { words })
  expect(made.statusCode, made.body).toBe(201)
  expect(made.json()).toMatchObject({ words, by: 'A client', runs: [expect.any(String)], closedAt: null })
  expect(await automation(client)).toMatchObject({ health: 'on-it', reports: [{ words }] })
  const operator = await it.member(workspace, 'operator')
  expect((await operator.call('GET', `${at}/reports?state=open`)).json().items).toHaveLength(1)
  expect((await client.call('POST', `${at}/reports/${made.json().id}/answer`, { answer: 'No' })).statusCode).toBe(403)
  await operator.call('POST', `${at}/reports/${made.json().id}/answer`, { answer: 'Found it: fixed since noon.' })
  expect(await automation(client)).toMatchObject({
    health: 'working',
    reports: [{ answer: 'Found it: fixed since noon.' }],
  })

  await inWorkspace(it.database.app.db, workspace, (tx) =>
    tx.updateTable('connections').set({ state: 'sign-in-needed', pinned: '{}' }).where('id', '=', xero).execute(),
  )
  expect(await automation(client)).toMatchObject({
    health: 'on-it',
    needs: [{ kind: 'connection', yours: false, others: ['A owner'] }],
  })
  expect(await automation(owner)).toMatchObject({ health: 'needs-you', needs: [{ kind: 'connection', yours: true }] })

  // Whom it is to is known: whoever owns the account renews it. And before it ends, they are told.
  const change = (fields: object) =>
    inWorkspace(it.database.app.db, workspace, (tx) =>
      tx.updateTable('connections').set(fields).where('id', '=', xero).execute(),
    )
  await change({ pinned: JSON.stringify({ tenantId: 'known' }) })
  expect((await automation(client)).needs).toMatchObject([
    { kind: 'connection', yours: true, others: expect.any(Array) },
  ])
  const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)
  await change({ state: 'ready', valid_until: inDays(20) })
  expect((await automation(client)).needs).toEqual([])
  await change({ valid_until: inDays(5) })
  expect(await automation(client)).toMatchObject({ health: 'needs-you', needs: [{ kind: 'ending', yours: true }] })
  await change({ state: 'sign-in-needed', valid_until: null })
})

test('the fleet: workspaces where something has stopped come first, and only one’s own', async () => {
  const quiet = await it.workspace('Alpine Supply')
  await it.database.owner.db
    .insertInto('members')
    .values({ workspace_id: quiet, user_id: owner.id, role: 'operator' })
    .execute()
  await it.workspace('Somebody else')
  const { items } = (await owner.call('GET', '/fleet')).json()
  expect(items).toMatchObject([
    {
      workspace,
      state: 'red',
      sentence: '1 connection needs a sign-in.',
      flows: 1,
      on: 1,
      signIns: 1,
      runs: 1,
      role: 'owner',
    },
    { workspace: quiet, name: 'Alpine Supply', state: 'off', sentence: 'No flow is on.', role: 'operator' },
  ])
  const again = await it.database.owner.db
    .updateTable('runs')
    .set({ state: 'failed' })
    .where('workspace_id', '=', workspace)
    .execute()
  expect(again).toHaveLength(1)
  expect((await owner.call('GET', '/fleet')).json().items[0].sentence).toBe(
    '1 connection needs a sign-in, 1 flow has stopped.',
  )

  // Nothing is counted for a token that may not see it, nor where the workspace asks for another way of signing in.
  const made = async (scopes: string[]) => {
    const { secret } = (await owner.call('POST', `/workspaces/${workspace}/tokens`, { name: 'Some', scopes })).json()
    return (await it.withToken(secret).call('GET', '/fleet')).json().items
  }
  expect(await made(['runs.read'])).toEqual([])
  expect(await made(['runs.read', 'flows.read', 'exceptions.read'])).toMatchObject([{ workspace }])
  const ask = (sso: boolean) =>
    it.database.owner.db.updateTable('workspaces').set({ require_sso: sso }).where('id', '=', workspace).execute()
  await ask(true)
  expect((await owner.call('GET', '/fleet')).json().items).toMatchObject([{ workspace: quiet }])
  await ask(false)
})

test('measures for whoever has the token', async () => {
  const refused = await it.api.inject({ url: '/api/v1/metrics', headers: { authorization: 'Bearer another' } })
  expect(refused.statusCode).toBe(401)
  const { statusCode, headers, body } = await it.withToken(METRICS).call('GET', '/metrics')
  expect(statusCode).toBe(200)
  expect(headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/)
  expect(body).toContain('tieline_runs{state="queued"} 0\n')
  expect(body).toContain('tieline_runs_last_hour{state="failed"} 1\n')
  expect(body).toMatch(/tieline_http_requests_total\{route="\/api\/v1\/fleet",method="GET",status="2xx"\} 5\n/)
  // Every line is a comment or a sample.
  expect(body.split('\n').filter((line) => !/^(# .+|[a-z0-9_]+(\{[^}]*\})? [\d.e+-]+|)$/.test(line))).toEqual([])
  expect(body).not.toContain(workspace)
  // Where Prometheus looks by itself.
  expect((await it.api.inject('/metrics')).statusCode).toBe(401)
  const root = await it.api.inject({ url: '/metrics', headers: { authorization: `Bearer ${METRICS}` } })
  expect([root.statusCode, root.headers['content-type']]).toEqual([200, headers['content-type']])

  // A collector gets the same, without asking.
  const collector = await startSpanReceiver()
  const warn = (message: string) => expect.fail(message)
  const sending = sendMeasures(
    {
      endpoint: collector.url,
      headers: { 'x-key': 'k' },
      serviceName: 'tieline',
      version: '1',
      instance: 'here',
      warn,
    },
    () => it.api.measures(),
  )
  await sending.flush()
  const labelled = ({ name, attributes }: ReceivedMeasure) => {
    const labels = Object.entries(attributes).map(([label, text]) => `${label}="${text}"`)
    return `${name}${labels.length > 0 ? `{${labels.join()}}` : ''}`
  }
  const samples = body.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  const counted = /^tieline_http_/
  expect(collector.measures.map(labelled).filter((name) => !counted.test(name))).toEqual(
    samples.map((line) => line.slice(0, line.lastIndexOf(' '))).filter((name) => !counted.test(name)),
  )
  const of = (name: string) => collector.measures.filter((one) => labelled(one) === name)
  expect(of('tieline_runs_last_hour{state="failed"}')).toMatchObject([{ kind: 'gauge', value: 1 }])
  expect(of('tieline_http_requests_total{route="/api/v1/fleet",method="GET",status="2xx"}')).toMatchObject([
    { kind: 'sum', value: 5 },
  ])
  expect(collector.requests[0]).toMatchObject({ path: '/v1/metrics', headers: { 'x-key': 'k' } })
  await sending.close()
  await collector.close()
})
