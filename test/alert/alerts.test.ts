import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { xero } from '../../connectors/xero/index.ts'
import { connectors } from '../../connectors/index.ts'
import { oldAlerts, watchAlerts } from '../../server/alert/task.ts'
import type { Connections } from '../../server/connect/connections.ts'
import { createBudgets } from '../../server/connect/budgets.ts'
import { createConnections } from '../../server/connect/service.ts'
import { newId } from '../../server/store/database/ids.ts'
import { type MailServer, startMail } from '../../connectors/email/sandbox/mail-server.ts'
import { readMail } from '../../connectors/email/sandbox/read-mail.ts'
import { type Remote, startRemote } from '../connectors/support/remote.ts'
import { type Caller, type Installation, install, publishedFlow } from '../api/installation.ts'

const MINUTE = 60_000
let it: Installation
let mail: MailServer
let chat: Remote
/** The status that the channel answers with. */
let chatSays = 200
let connections: Connections
let look: (now?: Date) => Promise<void>
const failures: unknown[] = []

let workspace: string
let owner: Caller
let flow: string
let mailbox: string
let channel: string

beforeAll(async () => {
  mail = await startMail()
  chat = await startRemote((_, response) => response.writeHead(chatSays, { location: '/elsewhere' }).end('ok'))
  it = await install()
  connections = createConnections({
    db: it.database.app.db,
    keys: it.keys,
    connectors,
    egressAllow: [`127.0.0.1:${mail.port}`, chat.host],
  })
  const operations = new Map(
    connectors.flatMap(({ name, operations: all }) => all.map((one) => [`${name}.${one.name}`, one] as const)),
  )
  const task = watchAlerts({
    ...{ app: it.database.app.db, keys: it.keys, connectors, connections, url: 'https://tieline.test' },
    operation: (id) => operations.get(id as `${string}.${string}`)!,
    log: { error: (fields) => failures.push(fields) },
  })
  look = (now) => task.run(it.database.system.db, now)
})
afterAll(async () => {
  await connections.close()
  await it.close()
  await mail.close()
  await chat.close()
})

beforeEach(async () => {
  mail.received.length = 0
  chat.received.length = 0
  chatSays = 200
  mail.calm()
  // Rules of other tests would be looked at too.
  await sql`delete from alert_rules`.execute(it.database.owner.db)
  workspace = await it.workspace()
  owner = await it.member(workspace, 'owner')
  flow = (await publishedFlow(owner, workspace)).flow
  await sql`update flows set enabled = true, switched_at = now() - interval '10 days' where id = ${flow}`.execute(
    it.database.owner.db,
  )
  const make = async (body: object) => (await owner.call('POST', at('/connections'), body)).json().id as string
  const settings = { host: '127.0.0.1', port: mail.port, security: 'none', from: 'alerts@tieline.example' }
  mailbox = await make({ connector: 'email', name: 'Our mail', login: 'none', settings, secrets: {} })
  channel = await make({
    ...{ connector: 'chat', name: 'Channel', login: 'webhook', secrets: { url: `${chat.url}/hook/T000` } },
    settings: { kind: 'plain', address: chat.url },
  })
  failures.length = 0
})

const at = (path: string) => `/workspaces/${workspace}${path}`
const ADA = 'ada@client.example'

async function rule(watch: object, more: object = {}) {
  const body = {
    ...{ name: 'Watch', watch, recipients: [{ connection: mailbox, address: ADA }], digestMinutes: 0, enabled: true },
    zone: 'Europe/Berlin',
    ...more,
  }
  const answer = await owner.call('POST', at('/alert-rules'), body)
  expect(answer.statusCode, answer.body).toBe(201)
  return { id: answer.json().id as string, body }
}

/** A run of the flow that has ended, so many minutes ago. */
async function ended(
  state: string,
  minutesAgo: number,
  more: { code?: string; reason?: string; read?: number; of?: string } = {},
) {
  await sql`
    insert into runs (workspace_id, id, flow_id, version, cause, cause_node, state, code, reason, counts, created_at, ended_at)
    values (${workspace}, ${newId()}, ${more.of ?? flow}, 1, 'schedule', 'start', ${state}, ${more.code ?? null},
      ${more.reason ?? null}, ${JSON.stringify(more.read === undefined ? {} : { read: more.read })}::jsonb,
      now() - make_interval(mins => ${minutesAgo + 1}), now() - make_interval(mins => ${minutesAgo}))
  `.execute(it.database.owner.db)
}

const alerts = async (state = 'open') => (await owner.call('GET', at(`/alerts?state=${state}`))).json().items
const messages = async () => (await owner.call('GET', at('/alert-messages'))).json().items
const subjects = () => mail.received.map(({ raw }) => readMail(raw).headers.subject)
const later = (minutes: number) => new Date(Date.now() + minutes * MINUTE)
/** As if so many minutes had passed for what is waiting to be sent. */
const pass = (minutes: number) =>
  sql`update alert_messages set due_at = due_at - make_interval(mins => ${minutes}) where state = 'waiting'`.execute(
    it.database.owner.db,
  )

test('a failure is told once, in words of the business, and its end is told to who was told', async () => {
  await rule({ kind: 'failure' }, { recipients: [{ connection: mailbox, address: ADA }, { connection: channel }] })
  await ended('succeeded', 60)
  await look()
  expect(await alerts()).toEqual([])

  await ended('failed', 5, { code: 'REMOTE_DOWN', reason: 'Xero answered 503 at call 17.' })
  await look()
  await ended('failed', 1, { code: 'REMOTE_DOWN', reason: 'Xero answered 503 at call 4.' })
  await look()
  await look()
  expect(mail.received).toHaveLength(1)
  expect(chat.received).toHaveLength(1)
  const { headers, text } = readMail(mail.received[0]!.raw)
  expect(headers.subject).toMatch(/^Invoices since (\d{1,2} \w+ )?\d{2}:\d{2} have not been looked at\.$/)
  expect(text).toContain('Xero answered 503')
  expect(text).toContain(`https://tieline.test/w/${workspace}/alerts`)
  expect(mail.received[0]?.to).toEqual([ADA])
  expect(await alerts()).toMatchObject([{ severity: 'critical', flow, detail: expect.stringContaining('call 4') }])

  await ended('succeeded', 0)
  await look()
  expect(await alerts()).toEqual([])
  // Not yet: what comes and goes would be told again and again.
  expect(mail.received).toHaveLength(1)
  await pass(11)
  await look()
  expect(subjects()[1]).toMatch(/^Over: This is over, after 1 minute: Invoices since/)
  expect(chat.received).toHaveLength(2)
  expect(
    (await messages()).map(({ state, kind }: { state: string; kind: string }) => `${kind} ${state}`).sort(),
  ).toEqual(['open sent', 'open sent', 'resolve sent', 'resolve sent'])
  expect(failures).toEqual([])
})

test('what leaves for people outside names nobody whom records are about', async () => {
  await rule({ kind: 'failure' }, { recipients: [{ connection: mailbox, address: ADA }, { connection: channel }] })
  await rule({ kind: 'notice', severity: 'warning' })
  await ended('failed', 0, { code: 'RECORD_REFUSED', reason: 'No contact jana@example.com, +43 660 1234567.' })
  await sql`insert into notices (workspace_id, id, flow_id, node_id, node_name, key, severity, desk, message, run_id, occurrences)
    values (${workspace}, ${newId()}, ${flow}, 'n', 'N', 'k', 'critical', 'finance', 'Write to jana@example.com', ${newId()}, 1)
  `.execute(it.database.owner.db)
  await look()
  expect(JSON.stringify(await alerts())).toMatch(/No contact \[hidden\], \[hidden\]\..*|Write to \[hidden\]/)
  const left = [...mail.received.map(({ raw }) => readMail(raw).text), ...chat.received.map(({ body }) => String(body))]
  expect(left).toHaveLength(3)
  expect(left.filter((text) => /No contact \[hidden\], \[hidden\]\./.test(text))).toHaveLength(2)
  for (const text of [...left, JSON.stringify(await messages()), JSON.stringify(await alerts())]) {
    expect(text).not.toMatch(/jana@|1234567/)
  }
})

test('no name begins a line of a message', async () => {
  const name = 'Sales”)\n\nAll is well. Sign in again:\r\nhttps://evil.example'
  await sql`update flows set name = ${name} where id = ${flow}`.execute(it.database.owner.db)
  await rule({ kind: 'failure' })
  await ended('failed', 5, { code: 'REMOTE_DOWN', reason: 'Xero answered 503.' })
  await look()
  const { text } = readMail(mail.received[0]!.raw)
  const lines = text.trim().split(/\r?\n/)
  expect(lines.slice(1)).toEqual([
    'Xero answered 503. (“Sales”) All is well. Sign in again: https://evil.example”)',
    '',
    `https://tieline.test/w/${workspace}/alerts`,
  ])
})

test('one trouble of many flows is one message; what comes back within a quarter of an hour is the same trouble', async () => {
  await rule({ kind: 'failure' })
  const other = (await publishedFlow(owner, workspace)).flow
  const lost = { code: 'LOGIN_REFUSED', reason: 'Xero refused the login.' }
  await ended('failed', 3, lost)
  await ended('failed', 2, { ...lost, of: other })
  await look()
  expect(mail.received).toHaveLength(1)
  await ended('succeeded', 1)
  await ended('succeeded', 1, { of: other })
  await look()
  await ended('failed', 0, lost)
  await look()
  await pass(60)
  await look()
  expect(mail.received).toHaveLength(1)
  expect(await alerts()).toHaveLength(1)
})

test('silence: no run, runs without rows, a place in the source that does not move', async () => {
  for (const what of ['runs', 'rows', 'progress'])
    await rule({ kind: 'silence', of: what, minutes: 60 }, { recipients: [], flow })
  await ended('succeeded', 200, { read: 5 })
  const place = (minutes: number) =>
    sql`insert into cursors (workspace_id, flow_id, node_id, connection_id, cursor, run_id, updated_at)
      values (${workspace}, ${flow}, 'read', ${mailbox}, '{}', ${newId()}, now() - make_interval(mins => ${minutes}))
      on conflict (workspace_id, flow_id, node_id, connection_id) do update set updated_at = excluded.updated_at
    `.execute(it.database.owner.db)
  await place(200)
  const said = async () => (await alerts()).map(({ detail }: { detail: string }) => detail.replace(/^“.*” /, '')).sort()
  await look()
  expect(await said()).toEqual(['has not run for 1 hour.'])
  await ended('succeeded', 1, { read: 0 })
  await look()
  expect(await said()).toEqual([
    'has run and found no row for 1 hour.',
    'has run and its place in the source has not moved for 1 hour.',
  ])
  const nothing = 'No new invoices have been found for 1 hour.'
  expect((await alerts()).map(({ sentence }: { sentence: string }) => sentence)).toEqual([nothing, nothing])
  // That it does not run meanwhile is no end of it.
  await sql`update runs set created_at = created_at - interval '90 minutes', ended_at = ended_at - interval '90 minutes'
    where flow_id = ${flow} and state = 'succeeded'`.execute(it.database.owner.db)
  await look()
  expect((await said()).slice(0, 2)).toEqual(['has not run for 1 hour.', 'has run and found no row for 1 hour.'])
  await ended('succeeded', 0, { read: 3 })
  await place(0)
  await look()
  expect(await said()).toEqual([])
  expect(await alerts('resolved')).toHaveLength(3)
  expect(mail.received).toEqual([])
})

test('of all flows those are silent that have lost their rhythm', async () => {
  await rule({ kind: 'silence', of: 'runs', minutes: 60 })
  const found = async () => (await alerts()).length
  // Runs of a hook: it is not late, whatever the time.
  for (const hours of [400, 300, 100]) await ended('succeeded', hours * 60)
  await look()
  expect(await found()).toBe(0)
  const due = (minutes: number) =>
    sql`insert into schedules (workspace_id, flow_id, node_id, settings, next_due)
      values (${workspace}, ${flow}, 'start', '{}', now() + make_interval(mins => ${minutes}))
      on conflict (workspace_id, flow_id, node_id) do update set next_due = excluded.next_due`.execute(
      it.database.owner.db,
    )
  await due(60)
  await look()
  // 100 hours since the last one; between those before there were up to 200.
  expect(await found()).toBe(0)
  await due(-10)
  await look()
  expect(await found()).toBe(1)
  await due(60)
  await look()
  expect(await found()).toBe(0)
  await sql`update runs set created_at = created_at - interval '320 hours' where flow_id = ${flow}`.execute(
    it.database.owner.db,
  )
  await look()
  expect(await found()).toBe(1)
})

test('exceptions with what is at stake, what ends soon, and what a flow says itself', async () => {
  await rule({ kind: 'exceptions', atLeast: 2, desk: 'finance' })
  await rule({ kind: 'expiry', days: 90 }, { recipients: [] })
  await rule({ kind: 'notice', severity: 'warning' }, { recipients: [] })
  const set = (desk: string, amount: string) =>
    sql`
    insert into exceptions (workspace_id, id, flow_id, version, run_id, batch, node_id, position, code, message, desk, amount,
      currency, record)
    values (${workspace}, ${newId()}, ${flow}, 1, ${newId()}, 0, 'read', 0, 'PERIOD_LOCKED', 'm', ${desk}, ${amount}, 'AUD', '')
  `.execute(it.database.owner.db)
  await set('finance', '0.10')
  await set('technical', '5')
  await look()
  expect(await alerts()).toEqual([])
  await set('finance', '0.20')
  const wsse = { connector: 'emarsys', name: 'Old Emarsys', login: 'wsse', settings: {} }
  const made = await owner.call('POST', at('/connections'), {
    ...wsse,
    secrets: { username: 'u', secret: 'wsse-secret' },
  })
  expect(made.statusCode, made.body).toBe(201)
  await owner.call('POST', at('/tokens'), { name: 'Nightly', expiresInDays: 10 })
  await sql`insert into notices (workspace_id, id, flow_id, node_id, node_name, key, severity, desk, message, run_id, occurrences)
    values (${workspace}, ${newId()}, ${flow}, 'n', 'N', 'k', 'info', 'finance', 'Nothing much', ${newId()}, 1),
      (${workspace}, ${newId()}, ${flow}, 'n', 'N', 'l', 'critical', 'finance', 'No orders since Monday', ${newId()}, 1)
  `.execute(it.database.owner.db)
  await look()
  const found = (await alerts()).map(
    ({ sentence, detail }: { sentence: string; detail: string }) => `${sentence} ${detail}`,
  )
  expect(found.sort()).toEqual([
    expect.stringMatching(/^After 31 Dec “Old Emarsys” cannot sign in\. /),
    'No orders since Monday Said by the flow itself.',
    expect.stringMatching(/wait for Finance\. 2 open, 0\.30 AUD at stake: the period is locked in the ledger\.$/),
    expect.stringMatching(/^Whatever uses the API token “Nightly” is refused from \d+ \w+ on\./),
  ])
  expect(mail.received).toHaveLength(1)
  expect(failures).toEqual([])
})

test('a day’s calls that run out, before they have', async () => {
  await rule({ kind: 'budget', percent: 80 })
  const settings = { callsPerDay: 10, tenantId: 'a-tenant' }
  const login = { login: 'custom-connection', secrets: { clientId: 'app-of-the-day', clientSecret: 'its-secret' } }
  const made = await owner.call('POST', at('/connections'), { ...login, connector: 'xero', name: 'Ledger', settings })
  const { id } = made.json()
  await owner.call('PUT', at(`/flows/${flow}/bindings`), { bindings: { ledger: id } })
  const budgets = createBudgets({ db: it.database.app.db, keys: it.keys })
  const limits = xero
    .limits(made.json().settings, { credential: 'app-of-the-day' })
    .map((limit) => ({ ...limit, key: `xero/${limit.key}` }))
  const call = async () => (await budgets.of(limits).take(AbortSignal.timeout(15_000)))(true)
  try {
    for (let made = 0; made < 7; made += 1) await call()
    await look()
    expect(await alerts()).toEqual([])
    await call()
    await look()
    await look()
    expect(await alerts()).toMatchObject([{ connection: id, severity: 'warning', detail: '8 of 10 calls.' }])
    expect(subjects()).toEqual([expect.stringMatching(/^“Ledger” has used 80 % of its daily calls; without calls “/)])
    // Graver, it is told once more.
    await call()
    await call()
    await look()
    await look()
    expect(await alerts()).toMatchObject([{ severity: 'critical', detail: '10 of 10 calls.' }])
    expect(subjects().slice(1)).toEqual([expect.stringMatching(/^“Ledger” has no calls left today: “.*” waits\.$/)])
  } finally {
    await budgets.close()
  }
})

test('quiet hours hold messages back and drop what has passed; a digest makes one of many; nobody taking it on is told further', async () => {
  const boss = 'boss@client.example'
  const escalate = { afterMinutes: 30, recipients: [{ connection: mailbox, address: boss }] }
  const now = new Date()
  const clock = (minutes: number) => new Date(now.getTime() + minutes * MINUTE).toISOString().slice(11, 16)
  const { id } = await rule({ kind: 'failure' }, { zone: 'UTC', escalate, quiet: { from: clock(-30), to: clock(120) } })
  await ended('failed', 1, { code: 'REMOTE_DOWN', reason: 'down' })
  await look()
  await ended('succeeded', 0)
  await look()
  await pass(600)
  await look()
  expect(mail.received).toEqual([])
  expect((await messages()).map(({ state }: { state: string }) => state)).toEqual(['dropped'])

  const { body } = await rule({ kind: 'failure' }, { name: 'Digest', digestMinutes: 60, escalate })
  await owner.call('DELETE', at(`/alert-rules/${id}`))
  const other = (await publishedFlow(owner, workspace)).flow
  await ended('failed', 0, { code: 'LOGIN_REFUSED', reason: 'one' })
  await ended('failed', 0, { code: 'REMOTE_DOWN', reason: 'two', of: other })
  await look()
  expect(mail.received).toEqual([])
  await pass(61)
  await look()
  expect(subjects()).toEqual(['2 messages of “Digest”'])

  // One is taken on, the other is not.
  const [first] = await alerts()
  const taken = await owner.call('POST', at(`/alerts/${first.id}/acknowledge`))
  expect(taken.json()).toMatchObject({ acknowledgedBy: 'A owner' })
  await look(later(31))
  await pass(120)
  await look(later(32))
  await look(later(90))
  await pass(120)
  await look()
  expect(mail.received.map(({ to }) => to[0])).toEqual([ADA, boss])
  expect(subjects()[1]).toMatch(/^Still open: Nobody has taken this on for 31 minutes\./)
  expect(body.name).toBe('Digest')
})

test('an end falls into quiet hours too, and is none where nobody looks any more', async () => {
  const clock = (minutes: number) => later(minutes).toISOString().slice(11, 16)
  const { id, body } = await rule({ kind: 'failure' }, { zone: 'UTC', quiet: { from: clock(5), to: clock(65) } })
  await ended('failed', 0, { code: 'REMOTE_DOWN', reason: 'down' })
  await look()
  await ended('succeeded', 0)
  await look()
  const [end] = await messages()
  expect(end).toMatchObject({ kind: 'resolve', state: 'waiting' })
  expect(Date.parse(end.dueAt)).toBeGreaterThan(later(60).getTime())

  await rule({ kind: 'silence', of: 'runs', minutes: 5 }, { flow, name: 'Silent' })
  await sql`update runs set created_at = created_at - interval '1 hour' where flow_id = ${flow}`.execute(
    it.database.owner.db,
  )
  await look()
  await sql`update flows set enabled = false where id = ${flow}`.execute(it.database.owner.db)
  await look()
  expect((await messages())[0].text).toMatch(/^Not watched any more, since “.*” was switched off: Invoices since/)
  // While something else is wrong with the flow, nobody is told that it is over.
  await sql`update alert_messages set due_at = now() + interval '1 hour' where state = 'waiting'`.execute(
    it.database.owner.db,
  )
  await ended('failed', 0, { code: 'LOGIN_REFUSED', reason: 'other' })
  await look()
  const kinds = async () => (await messages()).map((one: { kind: string; state: string }) => `${one.kind} ${one.state}`)
  expect((await kinds()).filter((one: string) => one === 'resolve waiting')).toHaveLength(1)
  expect(await kinds()).toContain('resolve dropped')
  // A rule that watches for something else says nothing of what it had found.
  await ended('failed', 0, { code: 'REMOTE_DOWN', reason: 'down' })
  await look()
  const told = (await messages()).length
  await owner.call('PUT', at(`/alert-rules/${id}`), { ...body, watch: { kind: 'expiry', days: 1 } })
  await look()
  expect([await alerts(), (await messages()).length]).toEqual([[], told])
})

test('what a channel does, and who did not hear of it is something to look after', async () => {
  const { id } = await rule({ kind: 'failure' }, { recipients: [{ connection: channel }] })
  const undelivered = async () =>
    (await owner.call('GET', at('/now'))).json().groups.filter(({ kind }: { kind: string }) => kind === 'message')
  await ended('failed', 0, { code: 'REMOTE_DOWN', reason: 'Xero is down.' })
  chatSays = 500
  await look()
  expect((await messages())[0]).toMatchObject({ state: 'waiting', error: expect.stringContaining('HTTP 500') })
  chatSays = 302
  await pass(60)
  await look()
  expect((await messages())[0]).toMatchObject({ state: 'failed', error: expect.stringContaining('is not followed') })
  expect(await undelivered()).toMatchObject([
    {
      tone: 'amber',
      count: 1,
      connection: channel,
      message: expect.stringMatching(/^Alerts over “Channel” did not arrive/),
    },
  ])
  chatSays = 200
  await owner.call('POST', at(`/alert-rules/${id}/test`))
  await look()
  expect(await undelivered()).toEqual([])
  // Nobody takes the channel away from under the rule.
  for (const [method, path] of [
    ['DELETE', ''],
    ['POST', '/disconnect'],
  ] as const) {
    const answer = await owner.call(method, at(`/connections/${channel}${path}`))
    expect([answer.statusCode, answer.json().detail]).toEqual([409, expect.stringMatching(/^These rules .*“Watch”/)])
  }
  // The same message by the same key; the title is not said again below it.
  const [first, second] = chat.received.map(({ body }) => JSON.parse(body))
  expect(second).toEqual(first)
  expect(first).toMatchObject({
    title: expect.stringMatching(/^Invoices have not been looked at\.$/),
    text: expect.stringMatching(/^Xero is down\./),
    link: `https://tieline.test/w/${workspace}/alerts`,
  })
})

test('what the mail server does: later again, no, or nobody knows – never twice', async () => {
  const { id, body } = await rule({ kind: 'failure' })
  const trial = async () => {
    const answer = await owner.call('POST', at(`/alert-rules/${id}/test`))
    expect(answer.json()).toEqual({ messages: 1 })
    await look()
    return (await messages())[0]
  }
  // A test beside a real message is one of its own.
  await ended('failed', 0, { code: 'REMOTE_DOWN', reason: 'down' })
  await trial()
  expect(subjects().sort()).toEqual([expect.stringMatching(/^Invoices/), expect.stringMatching(/^Test: /)])
  await ended('succeeded', 0)
  await look()
  await sql`delete from alert_messages`.execute(it.database.owner.db)
  mail.received.length = 0

  mail.arm({ at: 'rcpt', code: 451, text: '4.3.0 Try again' })
  expect(await trial()).toMatchObject({ state: 'waiting', error: expect.stringContaining('451') })
  await pass(60)
  await look()
  expect((await messages())[0]).toMatchObject({ state: 'sent', address: ADA, over: 'Our mail', kind: 'test' })
  mail.arm({ at: 'rcpt', code: 550, text: '5.1.1 No such user' })
  expect(await trial()).toMatchObject({ state: 'failed', error: expect.stringContaining('No such user') })
  mail.arm({ at: 'cut-after' })
  expect(await trial()).toMatchObject({ state: 'unknown' })
  await pass(600)
  await look()
  expect(mail.received).toHaveLength(2)
  // A process that died with a message in hand.
  await sql`update alert_messages set state = 'sending', due_at = now() - interval '1 hour' where state = 'sent'`.execute(
    it.database.owner.db,
  )
  await look()
  expect(mail.received).toHaveLength(2)

  // What is over goes after 90 days, what is not stays.
  const count = async () => (await messages()).length
  expect(await count()).toBe(3)
  await sql`update alert_messages set settled_at = now() - interval '91 days' where state = 'failed'`.execute(
    it.database.owner.db,
  )
  await oldAlerts(it.database.app.db).run(it.database.system.db)
  expect(await count()).toBe(2)

  const refused = async (more: object) => {
    const answer = await owner.call('PUT', at(`/alert-rules/${id}`), { ...body, ...more })
    return [answer.statusCode, answer.json().problems?.[0]?.field]
  }
  expect(await refused({ zone: 'Nowhere/Town' })).toEqual([400, 'body.zone'])
  expect(await refused({ zone: '+05:30' })).toEqual([400, 'body.zone'])
  expect(await refused({ recipients: [{ connection: mailbox }] })).toEqual([400, 'body.recipients.0.address'])
  expect(await refused({ recipients: [{ connection: newId() }] })).toEqual([400, 'body.recipients.0.connection'])
  expect(await refused({ recipients: [{ connection: mailbox, address: 'a@b.c\r\nBcc: e@e.e' }] })).toEqual([
    400,
    'body.recipients.0.address',
  ])
  expect(await refused({ flow: newId() })).toEqual([404, undefined])
  expect(await refused({ enabled: false })).toEqual([200, undefined])

  // What is read can be sent back; who is named twice is told once.
  const twice = { recipients: [...body.recipients, { connection: mailbox, address: ADA.toUpperCase() }] }
  expect(await refused({ ...twice, escalate: null, quiet: null, flow: null })).toEqual([200, undefined])
  const [read] = (await owner.call('GET', at('/alert-rules'))).json().items
  expect(read).toMatchObject({ flow: null, recipients: [{ address: ADA.toUpperCase() }] })
  const copied = await owner.call('POST', at('/alert-rules'), { ...read, name: 'A copy' })
  expect([copied.statusCode, copied.json()]).toEqual([
    201,
    { ...read, name: 'A copy', id: expect.not.stringMatching(read.id), changedAt: expect.any(String) },
  ])

  // Another workspace sees and changes none of it.
  const eve = await it.member(await it.workspace(), 'owner')
  expect((await eve.call('GET', at('/alert-rules'))).statusCode).toBe(404)
  expect((await eve.call('PUT', at(`/alert-rules/${id}`), body)).statusCode).toBe(404)
})

test('nobody is written to who has left the workspace, nor by what was to come later; the others are', async () => {
  const grace = await it.member(workspace, 'consultant')
  const to = (address: string) => ({ connection: mailbox, address })
  const { id: shared } = await rule(
    { kind: 'failure' },
    {
      name: 'Shared',
      recipients: [to(grace.email.toUpperCase()), to(ADA)],
      escalate: { afterMinutes: 30, recipients: [to(grace.email)] },
      digestMinutes: 60,
    },
  )
  const { id: alone } = await rule({ kind: 'expiry', days: 14 }, { name: 'Alone', recipients: [to(grace.email)] })
  const named = (await publishedFlow(owner, workspace)).flow
  await sql`
    insert into flow_answers (workspace_id, flow_id, revision, answers, author_id, author)
    values (${workspace}, ${named}, 1, ${JSON.stringify({ to: grace.email })}::jsonb, ${owner.id}, 'A owner')
  `.execute(it.database.owner.db)
  await sql`update flows set enabled = false where id = ${named}`.execute(it.database.owner.db)
  await sql`
    insert into turn_ons (workspace_id, flow_id, at, backlog, set_by)
    values (${workspace}, ${named}, now() + interval '1 day', 'missed-too', ${grace.id})
  `.execute(it.database.owner.db)
  await ended('failed', 1, { code: 'REMOTE_DOWN', reason: 'Xero answered 503.' })
  await look()
  const waiting = async () =>
    (await owner.call('GET', at('/alert-messages')))
      .json()
      .items.map((one: { state: string; address: string }) => [one.address, one.state])
  expect((await waiting()).sort()).toEqual([
    [grace.email.toUpperCase(), 'waiting'],
    [ADA, 'waiting'],
  ])

  const held = (await owner.call('GET', at(`/members/${grace.id}/holdings`))).json()
  expect(held).toMatchObject({
    alertRules: [
      { id: alone, name: 'Alone', alone: true },
      { id: shared, name: 'Shared', alone: false },
    ],
    turnOns: [{ id: named }],
    mentions: [{ id: named }],
  })
  expect((await owner.call('DELETE', at(`/members/${grace.id}`))).statusCode).toBe(204)
  const left = (await owner.call('GET', at('/alert-rules'))).json().items
  expect(left).toMatchObject([
    { name: 'Alone', recipients: [], escalate: null },
    { name: 'Shared', recipients: [to(ADA)], escalate: null },
  ])
  expect((await waiting()).sort()).toEqual([
    [grace.email.toUpperCase(), 'dropped'],
    [ADA, 'waiting'],
  ])
  // As the form sends it.
  const { open, changedAt, changedBy, id, ...body } = left[1]
  expect((await owner.call('PUT', at(`/alert-rules/${id}`), body)).statusCode).toBe(200)
})
