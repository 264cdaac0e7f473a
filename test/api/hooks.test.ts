import { createHmac, randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { sql } from 'kysely'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { keyOfStore } from '../../connectors/bigcommerce/hook.ts'
import type { Flow } from '../../server/flow/document/flow.ts'
import { openContent } from '../../server/store/hook/inbox-content.ts'
import { queueForgottenEvents } from '../../server/store/run/hook-runs.ts'
import { removeOldEvents } from '../../server/store/hook/inbox-leftovers.ts'
import { TRACE_DAYS } from '../support/trace-days.ts'
import { type Caller, type Installation, install, invoiceFlow, XERO_CONNECTION } from './installation.ts'

const XERO_KEY = 'sandbox-webhook-key-1'
const SHOP_KEY = 'a-key-that-headers-are-derived-from'
let at: Installation
let owner: Caller
let workspace: string

beforeAll(async () => {
  at = await install({ xeroWebhookKey: XERO_KEY, bigcommerceWebhookKey: SHOP_KEY })
  workspace = await at.workspace()
  owner = await at.member(workspace, 'owner')
})
afterAll(() => at?.close())

const root = () => `/workspaces/${workspace}`

/** Events go straight to a map. */
function hookFlow(settings: object, name = 'Orders come in'): Flow {
  return invoiceFlow({
    name,
    slots: {},
    nodes: [
      { id: 'told', operation: 'hook', name: 'Order placed', settings: { ...settings } },
      { id: 'shape', operation: 'map', name: 'Shape', settings: { expression: '{ "order": order }' } },
    ],
    edges: [{ id: 'e1', from: 'told', port: 'out', to: 'shape', input: 'in' }],
  })
}

type Opened = { flow: string; hook: string; path: string; secret: string }

async function published(document: Flow): Promise<string> {
  const flow: string = (await owner.call('POST', `${root()}/flows`, document)).json().id
  const answer = await owner.call('POST', `${root()}/flows/${flow}/publish`, { summary: 'First', revision: 1 })
  expect(answer.json()).toMatchObject({ version: { number: 1 } })
  return flow
}

/** A flow with a hook, on, with a secret. */
async function openHook(settings: object = {}): Promise<Opened> {
  const flow = await published(hookFlow(settings))
  const [{ id, url }] = (await owner.call('GET', `${root()}/flows/${flow}/hooks`)).json().items
  const { secret } = (await owner.call('POST', `${root()}/flows/${flow}/hooks/${id}/secret`, {})).json()
  await owner.call('POST', `${root()}/flows/${flow}/switch`, { on: true })
  return { flow, hook: id, path: new URL(url).pathname, secret }
}

function signed(secret: string, body: string, id = randomBytes(8).toString('hex'), time = new Date()) {
  return {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(time.getTime() / 1000)),
    // The judge is the reference library of Standard Webhooks.
    'webhook-signature': new Webhook(secret).sign(id, time, body),
  }
}

const send = (path: string, headers: Record<string, string>, body: string | Buffer) =>
  at.api.inject({ method: 'POST', url: path, headers, payload: body })

async function rows(hook: string) {
  const found = await sql<{ key: string; repeats: number; run_id: string | null }>`
    select key, repeats, run_id from inbox where hook_id = ${hook} order by id
  `.execute(at.database.owner.db)
  return found.rows
}

async function runsOf(flow: string) {
  const found = await sql<{ id: string; state: string; cause: string; start: unknown }>`
    select id, state, cause, start from runs where flow_id = ${flow} order by id
  `.execute(at.database.owner.db)
  return found.rows
}

const until = async <T>(look: () => Promise<T | undefined>): Promise<T> => {
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

describe('an event that is signed', () => {
  test('is written down, acknowledged, and a run stands ready for it', async () => {
    const { flow, hook, path, secret } = await openHook()
    const body = JSON.stringify({ order: 'SO-1' })
    const answer = await send(path, signed(secret, body, 'evt-1'), body)
    expect(answer.statusCode).toBe(202)
    const { event, repeated } = answer.json()
    expect(repeated).toBe(false)
    const [run] = await until(async () => {
      const runs = await runsOf(flow)
      return runs.length > 0 ? runs : undefined
    })
    expect(run).toMatchObject({ state: 'queued', cause: 'hook', start: { kind: 'inbox' } })

    const events = (await owner.call('GET', `${root()}/flows/${flow}/hooks/${hook}/events`)).json()
    expect(events).toMatchObject({ items: [{ id: event, key: 'evt-1', repeats: 0, run: null }], next: null })
    const one = (await owner.call('GET', `${root()}/flows/${flow}/hooks/${hook}/events/${event}`)).json()
    expect(one.content).toEqual({ body: { order: 'SO-1' } })
    const kept = await sql<{ content: Buffer }>`select content from inbox where hook_id = ${hook}`.execute(
      at.database.owner.db,
    )
    expect(kept.rows[0]?.content.includes('SO-1')).toBe(false) // sealed
  })

  test('is refused without a trace when anything about it is wrong', async () => {
    const { flow, hook, path, secret } = await openHook()
    const body = '{"order": "SO-2", "sum": 10}'
    const good = signed(secret, body, 'evt-2')
    const flipped = Buffer.from(body)
    flipped[3]! ^= 1
    const minutes = (count: number) => new Date(Date.now() + count * 60_000)
    const attempts: [string, Record<string, string>, string | Buffer][] = [
      ['a flipped bit', good, flipped],
      ['written anew by another JSON writer', good, JSON.stringify(JSON.parse(body))],
      ['another key', signed(`whsec_${randomBytes(32).toString('base64')}`, body, 'evt-2'), body],
      ['another id', { ...good, 'webhook-id': 'evt-3' }, body],
      ['six minutes old', signed(secret, body, 'evt-2', minutes(-6)), body],
      ['from the future', signed(secret, body, 'evt-2', minutes(6)), body],
      ['another time', { ...good, 'webhook-timestamp': String(Number(good['webhook-timestamp']) + 1) }, body],
      ['no signature', { ...good, 'webhook-signature': '' }, body],
      ['another scheme', { ...good, 'webhook-signature': good['webhook-signature'].replace('v1,', 'v1a,') }, body],
      ['half a signature', { ...good, 'webhook-signature': good['webhook-signature'].slice(0, 20) }, body],
    ]
    for (const [what, headers, sent] of attempts) {
      const answer = await send(path, headers, sent)
      expect([what, answer.statusCode, answer.json().code]).toEqual([what, 401, 'SENDER_UNPROVEN'])
      expect(answer.body).not.toContain('SO-2')
    }
    expect(await rows(hook)).toEqual([])
    expect(await runsOf(flow)).toEqual([])
  })

  test('is taken with the old secret too while both are good, and with one of several signatures', async () => {
    const { flow, hook, path, secret } = await openHook()
    const renew = async (body: object) =>
      (await owner.call('POST', `${root()}/flows/${flow}/hooks/${hook}/secret`, body)).json().secret as string
    const second = await renew({ overlapHours: 1 })
    const both = signed(second, '{}', 'both')
    const wrong = new Webhook(`whsec_${randomBytes(32).toString('base64')}`).sign('both', new Date(), '{}')
    both['webhook-signature'] = `${wrong} ${both['webhook-signature']}`
    expect((await send(path, both, '{}')).statusCode).toBe(202)
    expect((await send(path, signed(secret, '{}', 'old'), '{}')).statusCode).toBe(202)

    await renew({ overlapHours: 0 })
    // Both secrets were in memory a moment ago.
    await until(async () =>
      (await send(path, signed(second, '{}', 'older'), '{}')).statusCode === 401 ? true : undefined,
    )
  })

  test('is one event and one run, however often it is sent', async () => {
    const { flow, hook, path, secret } = await openHook()
    const headers = signed(secret, '{"order":"SO-3"}', 'evt-3')
    const answers = await Promise.all(Array.from({ length: 1_000 }, () => send(path, headers, '{"order":"SO-3"}')))
    expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([202]))
    expect(new Set(answers.map((answer) => answer.json().event)).size).toBe(1)
    expect(answers.filter((answer) => !answer.json().repeated)).toHaveLength(1)
    expect(await rows(hook)).toMatchObject([{ key: 'evt-3', repeats: 999 }])
    await until(async () => ((await runsOf(flow)).length > 0 ? true : undefined))
    await queueForgottenEvents(at.database.system.db)
    expect(await runsOf(flow)).toHaveLength(1)
  })
})

describe('an event with a token', () => {
  test('is known by the token in its header, and by nothing else', async () => {
    const { path, secret, hook } = await openHook({ kind: 'token', header: 'X-Shop-Token' })
    const json = { 'content-type': 'application/json' }
    expect((await send(path, { ...json, 'x-shop-token': secret }, '{"order":1}')).statusCode).toBe(202)
    for (const headers of [
      {},
      { 'x-shop-token': '' },
      { 'x-shop-token': `${secret}x` },
      { 'x-tieline-token': secret },
    ]) {
      expect((await send(path, { ...json, ...(headers as object) }, '{"order":2}')).statusCode).toBe(401)
    }
    // Without an id of the sender's, the content is the id.
    expect((await send(path, { ...json, 'x-shop-token': secret }, '{"order":1}')).json().repeated).toBe(true)
    expect(await rows(hook)).toMatchObject([{ repeats: 1 }])
  })

  test('is known again by the field that holds its id, in a list one by one', async () => {
    const { path, secret, hook } = await openHook({ kind: 'token', idPath: 'meta.id' })
    const headers = { 'content-type': 'application/json', 'x-tieline-token': secret }
    const event = (id: string, try_: number) => ({ meta: { id }, try: try_ })
    await send(path, headers, JSON.stringify([event('a', 1), event('b', 1)]))
    const again = await send(path, headers, JSON.stringify([event('b', 2), event('c', 1)]))
    expect(again.json().repeated).toBe(false)
    expect((await rows(hook)).map(({ key, repeats }) => [key, repeats])).toEqual([
      ['a', 0],
      ['b', 1],
      ['c', 0],
    ])
  })

  test('with ids and amounts that a double cannot hold stays what was sent, and no two are one', async () => {
    const { path, secret, hook } = await openHook({ kind: 'token', idPath: 'id' })
    const headers = { 'content-type': 'application/json', 'x-tieline-token': secret }
    const order = (id: string) => `{"id":${id},"total":12345678901234567.89,"most":1e400,"paid":10.50}`
    await send(path, headers, `[${order('9007199254740992')},${order('9007199254740993')}]`)
    await send(path, headers, order('9007199254740994'))
    const again = await send(path, headers, order('9007199254740993'))
    expect(again.json().repeated).toBe(true)
    const kept = await at.database.owner.db
      .selectFrom('inbox')
      .selectAll()
      .where('hook_id', '=', hook)
      .orderBy('id')
      .execute()
    expect(kept.map(({ key }) => key)).toEqual(['9007199254740992', '9007199254740993', '9007199254740994'])
    for (const row of kept) {
      const { body } = openContent(at.keys, row.workspace_id, row.hook_id, row.id, row.content!)
      expect(body).toEqual({ id: row.key, total: '12345678901234567.89', most: '1e400', paid: 10.5 })
    }
  })
})

test('an event that comes again after a month, its content gone, is still the same; after ninety days it is forgotten', async () => {
  const { path, secret, hook, flow } = await openHook({ kind: 'token' })
  const headers = { 'content-type': 'application/json', 'x-tieline-token': secret }
  const body = '{"order":"SO-OLD"}'
  expect((await send(path, headers, body)).json().repeated).toBe(false)
  await until(async () => ((await runsOf(flow)).length > 0 ? true : undefined))
  const age = (days: number) =>
    sql`
      update inbox set run_id = (select id from runs where flow_id = ${flow} limit 1),
        id = tieline_first_id(now() - make_interval(days => ${days})) where hook_id = ${hook}
    `.execute(at.database.owner.db)
  await age(31)
  await removeOldEvents(at.database.system.db, TRACE_DAYS)
  const gone = await sql<{ gone: boolean }>`
    select content is null as gone from inbox where hook_id = ${hook}`.execute(at.database.owner.db)
  expect(gone.rows).toEqual([{ gone: true }])
  expect((await send(path, headers, body)).json().repeated).toBe(true)
  expect(await rows(hook)).toMatchObject([{ repeats: 1 }])
  await age(91)
  await removeOldEvents(at.database.system.db, TRACE_DAYS)
  expect(await rows(hook)).toEqual([])
})

describe('what is no event', () => {
  test('is answered alike wherever nothing is: unknown, off, without a secret, written otherwise', async () => {
    const { path, secret, flow } = await openHook()
    const fresh = await published(hookFlow({}))
    const [{ url }] = (await owner.call('GET', `${root()}/flows/${fresh}/hooks`)).json().items
    await owner.call('POST', `${root()}/flows/${fresh}/switch`, { on: true })
    const encoded = `/hooks/%${path.charCodeAt(7).toString(16)}${path.slice(8)}`
    const places = [
      `/hooks/${randomBytes(16).toString('base64url')}`,
      `/hooks/${flow}`,
      new URL(url).pathname,
      `${path}/`,
      encoded,
      path.toUpperCase(),
      `/hooks//${path.slice(7)}`,
    ]
    const body = '{"order":"SO-4"}'
    const answers = await Promise.all(places.map((place) => send(place, signed(secret, body), body)))
    const shown = answers.map((answer) => ({ ...answer.json(), requestId: '' }))
    for (const [index, answer] of shown.entries()) expect([places[index], answer]).toEqual([places[index], shown[0]])
    expect(shown[0]).toMatchObject({ status: 404, code: 'NOT_FOUND' })
    expect((await at.api.inject({ method: 'GET', url: path })).statusCode).toBe(404)

    await owner.call('POST', `${root()}/flows/${flow}/switch`, { on: false })
    await until(async () => ((await send(path, signed(secret, body), body)).statusCode === 404 ? true : undefined))
  })

  test('is turned away by type, size and form, and leaves nothing', async () => {
    const { path, secret, hook } = await openHook()
    const of = (body: string, type: string) => ({ ...signed(secret, body), 'content-type': type })
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data',
      'application/jsonx',
    ]) {
      expect([type, (await send(path, of('{}', type), '{}')).statusCode]).toEqual([type, 415])
    }
    const packed = { ...of('{}', 'application/json'), 'content-encoding': 'gzip' }
    const unpacked = await send(path, packed, gzipSync('{}'))
    expect([unpacked.statusCode, unpacked.json().code]).toEqual([415, 'BODY_PACKED'])
    const large = JSON.stringify({ order: 'x'.repeat(1_000_000) })
    expect((await send(path, of(large, 'application/json'), large)).statusCode).toBe(413)
    const malformed = ['{"order":', '[', '"\\ud800', '{"a":1,"a":2}', `${'['.repeat(100)}${']'.repeat(100)}`]
    for (const body of [...malformed, '{"__proto__":{"admin":true}}', '{"\\u005f_proto__":1}', '\uFEFF{}']) {
      const answer = await send(path, of(body, 'application/json'), body)
      expect([body, answer.statusCode, answer.json().code]).toEqual([body, 400, 'BODY_MALFORMED'])
    }
    const latin = Buffer.from('{"name":"J\xf6rg"}', 'latin1')
    const time = new Date()
    const mac = createHmac('sha256', Buffer.from(secret.slice(6), 'base64'))
      .update(`latin.${Math.floor(time.getTime() / 1000)}.`)
      .update(latin)
      .digest('base64')
    const headers = { ...signed(secret, '', 'latin', time), 'webhook-signature': `v1,${mac}` }
    expect((await send(path, headers, latin)).statusCode).toBe(400)
    expect(await rows(hook)).toEqual([])
  })

  test('does not get through with headers that stand twice or a length that is not true', async () => {
    const { path, secret, hook } = await openHook()
    await at.api.listen({ port: 0, host: '127.0.0.1' })
    const { port } = at.api.server.address() as AddressInfo // listens on TCP
    const raw = (lines: readonly string[], body: string) =>
      new Promise<string>((resolve, reject) => {
        const socket = connect(port, '127.0.0.1', () =>
          socket.write(`POST ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${lines.join('\r\n')}\r\n\r\n${body}`),
        )
        let answer = ''
        socket.on('data', (chunk) => {
          answer += chunk.toString()
        })
        socket.on('close', () => resolve(answer.split('\r\n')[0] ?? ''))
        socket.on('error', reject)
      })
    const body = '{"order":1}'
    const lines = (more: Record<string, string> = {}) =>
      Object.entries({ ...signed(secret, body, 'twice'), 'content-length': String(body.length), ...more }).map(
        ([name, value]) => `${name}: ${value}`,
      )
    expect(await raw([...lines(), 'webhook-id: other'], body)).toMatch(/ 401 /)
    expect(await raw([...lines(), `${lines().find((one) => one.startsWith('webhook-signature'))}`], body)).toMatch(
      / 401 /,
    )
    expect(await raw([...lines(), 'content-type: text/plain'], body)).toMatch(/ 415 /)
    expect(await raw(lines({ 'content-length': '5' }), body)).toMatch(/ 400 /)
    expect(await raw([...lines(), 'transfer-encoding: chunked'], body)).toMatch(/ 400 /)
    expect(await raw(lines({ 'content-type': 'application/json\ta' }), body)).toMatch(/ 415 /)
    expect(await rows(hook)).toEqual([])
    expect(await raw(lines(), body)).toMatch(/ 202 /)
  })
})

describe('who may see and set hooks', () => {
  test('secrets are for those who manage, contents for those who may see records', async () => {
    const { flow, hook, path, secret } = await openHook()
    const { event } = (await send(path, signed(secret, '{"order":5}'), '{"order":5}')).json()
    const base = `${root()}/flows/${flow}/hooks`
    const operator = await at.member(workspace, 'operator')
    const auditor = await at.member(workspace, 'auditor')
    const other = await at.member(await at.workspace('Other'), 'owner')
    expect((await operator.call('POST', `${base}/${hook}/secret`, {})).statusCode).toBe(403)
    expect((await auditor.call('GET', `${base}/${hook}/events`)).statusCode).toBe(200)
    expect((await auditor.call('GET', `${base}/${hook}/events/${event}`)).statusCode).toBe(403)
    expect((await other.call('GET', `${base}/${hook}/events`)).statusCode).toBe(404)
    const list = await owner.call('GET', base)
    expect(list.body).not.toContain(secret)
    expect(list.json().items[0]).toMatchObject({
      open: true,
      reason: null,
      secretEnds: secret.slice(-4),
      kind: 'signed',
    })
  })

  test('an address stays the same from version to version', async () => {
    const { flow, path } = await openHook()
    const changed = hookFlow({ collectMost: 5 })
    const { revision } = (await owner.call('GET', `${root()}/flows/${flow}/draft`)).json()
    const draft = await owner.call('PUT', `${root()}/flows/${flow}/draft`, changed, { 'if-match': `"${revision}"` })
    expect(draft.statusCode).toBe(200)
    await owner.call('POST', `${root()}/flows/${flow}/publish`, { summary: 'Fewer', revision: draft.json().revision })
    const { items } = (await owner.call('GET', `${root()}/flows/${flow}/hooks`)).json()
    expect(items.map(({ url }: { url: string }) => new URL(url).pathname)).toEqual([path])
  })

  test('a run that stands ready for events carries out what was published since; one that was asked for stays what it was', async () => {
    const { flow, path, secret } = await openHook()
    const tell = (id: string) => send(path, signed(secret, '{"order":1}', id), '{"order":1}')
    await tell('before')
    await until(async () => ((await runsOf(flow)).length > 0 ? true : undefined))
    const versions = async () => {
      const { rows: found } = await sql<{ cause: string; version: number }>`
        select cause, version from runs where flow_id = ${flow} order by id
      `.execute(at.database.owner.db)
      return found.map(({ cause, version }) => `${cause} ${version}`)
    }
    const publish = async (document: Flow) => {
      const { revision } = (await owner.call('GET', `${root()}/flows/${flow}/draft`)).json()
      const draft = await owner.call('PUT', `${root()}/flows/${flow}/draft`, document, { 'if-match': `"${revision}"` })
      const made = await owner.call('POST', `${root()}/flows/${flow}/publish`, {
        ...{ summary: 'Next', revision: draft.json().revision },
      })
      expect(made.json()).toMatchObject({ version: { number: expect.any(Number) } })
    }
    // As “Run now” of a version queues it.
    await sql`
      insert into runs (workspace_id, id, flow_id, version, cause, cause_node, reason)
      values (${workspace}, gen_random_uuid(), ${flow}, 1, 'manual', 'told', 'Waiting for a worker.')
    `.execute(at.database.owner.db)
    await publish(hookFlow({ collectMost: 5 }))
    await tell('after')
    await queueForgottenEvents(at.database.system.db)
    expect((await versions()).sort()).toEqual(['hook 2', 'manual 1'])
    // One that has begun goes on as it began.
    await sql`update runs set state = 'running', epoch = 1 where flow_id = ${flow} and cause = 'hook'`.execute(
      at.database.owner.db,
    )
    await publish(hookFlow({ collectMost: 7 }))
    expect((await versions()).sort()).toEqual(['hook 2', 'manual 1'])
  })
})

describe('what Xero tells', () => {
  const sign = (body: string, key = XERO_KEY) => createHmac('sha256', key).update(body).digest('base64')
  const tell = (body: string, signature = sign(body)) =>
    send('/hooks/xero', { 'content-type': 'application/json', 'x-xero-signature': signature }, body)
  const event = (tenantId: string, more: object = {}) => ({
    resourceUrl: 'https://api.xero.com/api.xro/2.0/Invoices/c0a8f3d2-77b1-4f6d-8f5c-2d9b6e1a4c01',
    resourceId: 'c0a8f3d2-77b1-4f6d-8f5c-2d9b6e1a4c01',
    eventDateUtc: '2026-11-21T02:14:09.310',
    eventType: 'Update',
    eventCategory: 'INVOICE',
    tenantId,
    tenantType: 'ORGANISATION',
    ...more,
  })
  const told = (events: readonly object[], first = 412) =>
    JSON.stringify({ events, firstEventSequence: first, lastEventSequence: first + events.length - 1, entropy: 'ZKQH' })

  const changeFlow = () =>
    invoiceFlow({
      nodes: [
        {
          id: 'told',
          operation: 'xero.on-change',
          name: 'Invoice changed',
          slot: 'ledger',
          settings: { resources: ['INVOICE'] },
        },
        {
          id: 'get',
          operation: 'xero.get-invoices',
          name: 'Get',
          slot: 'ledger',
          settings: { key: 'id', as: 'invoice' },
        },
        { id: 'read', operation: 'xero.list-invoices', name: 'Invoices', slot: 'ledger', settings: {} },
        { id: 'shape', operation: 'map', name: 'Shape', settings: { expression: '$' } },
      ],
      edges: [
        { id: 'e1', from: 'told', port: 'out', to: 'get', input: 'in' },
        { id: 'e2', from: 'told', port: 'out', to: 'read', input: 'in' },
        { id: 'e3', from: 'get', port: 'out', to: 'shape', input: 'in' },
        { id: 'e4', from: 'read', port: 'out', to: 'shape', input: 'in' },
      ],
    })

  async function onChange(tenant: string): Promise<{ flow: string; hook: string }> {
    const flow: string = (await owner.call('POST', `${root()}/flows`, changeFlow())).json().id
    const connection: string = (await owner.call('POST', `${root()}/connections`, XERO_CONNECTION)).json().id
    await sql`update connections set pinned = ${JSON.stringify({ tenantId: tenant })}::jsonb where id = ${connection}`.execute(
      at.database.owner.db,
    )
    await owner.call('PUT', `${root()}/flows/${flow}/bindings`, { bindings: { ledger: connection } })
    const answer = await owner.call('POST', `${root()}/flows/${flow}/publish`, { summary: 'First', revision: 1 })
    expect(answer.statusCode).toBe(201)
    await owner.call('POST', `${root()}/flows/${flow}/switch`, { on: true })
    const [{ id, url, open }] = (await owner.call('GET', `${root()}/flows/${flow}/hooks`)).json().items
    expect([new URL(url).pathname, open]).toEqual(['/hooks/xero', true])
    return { flow, hook: id }
  }

  test('its test of the address is answered as it wants: right 200, wrong 401, both empty', async () => {
    const body = '{"events":[],"firstEventSequence":0,"lastEventSequence":0,"entropy":"QWERTYUIOPASDFGHJKLZ"}'
    const right = await tell(body, 'B3sJ6/kuBEzGgcAYUQ1qhB7mUQ4zffFvul7uzLPPSb4=')
    const wrong = await tell(body, sign(body, 'another-key-of-16'))
    expect([right.statusCode, right.body, right.headers['set-cookie']]).toEqual([200, '', undefined])
    expect([wrong.statusCode, wrong.body]).toEqual([401, ''])
    expect((await tell(body, '')).statusCode).toBe(401)
  })

  test('goes to the flows of its organisation only, once, and by kind', async () => {
    const [tenant, otherTenant, stranger] = ['t-1', 't-2', 't-3'].map(
      (name) => `${name}-${randomBytes(4).toString('hex')}`,
    ) as [string, string, string]
    const mine = await onChange(tenant)
    const theirs = await onChange(otherTenant)
    const body = told([
      event(tenant),
      event(tenant, { eventCategory: 'CONTACT' }),
      event(stranger),
      event('', { tenantType: 'APPLICATION', eventCategory: 'SUBSCRIPTION' }),
    ])
    const answers = [await tell(body), await tell(body)]
    expect(answers.map(({ statusCode, body: text }) => [statusCode, text])).toEqual([
      [200, ''],
      [200, ''],
    ])
    expect(await rows(mine.hook)).toMatchObject([{ repeats: 1 }])
    expect(await rows(theirs.hook)).toEqual([])
    const base = `${root()}/flows/${mine.flow}/hooks`
    const { items } = (await owner.call('GET', `${base}/${mine.hook}/events`)).json()
    const { content } = (await owner.call('GET', `${base}/${mine.hook}/events/${items[0].id}`)).json()
    expect(content.body).toEqual({
      resource: 'INVOICE',
      id: 'c0a8f3d2-77b1-4f6d-8f5c-2d9b6e1a4c01',
      type: 'UPDATE',
      at: '2026-11-21T02:14:09.310Z',
      tenant,
    })
    expect((await owner.call('GET', base)).json().strays).toBe(2)
    // The same record once more, later.
    await tell(told([event(tenant, { eventDateUtc: '2026-11-21T03:00:00.000' })], 413))
    expect(await rows(mine.hook)).toHaveLength(2)
  })

  test('is answered within the five seconds that it waits, also where the database stands still', async () => {
    const { path, secret } = await openHook()
    await send(path, signed(secret, '{}'), '{}')
    const owned = at.database.owner.db
    await owned.transaction().execute(async (tx) => {
      await sql`lock table hooks, inbox in access exclusive mode`.execute(tx)
      const began = performance.now()
      const answers = await Promise.all([tell(told([event('t-1')])), send(path, signed(secret, '{}', 'later'), '{}')])
      expect(answers.map(({ statusCode, headers }) => [statusCode, headers['retry-after']])).toEqual([
        [503, '5'],
        [503, '5'],
      ])
      expect(performance.now() - began).toBeLessThan(5_000)
    })
  })

  test('has no address while the installation has no key', async () => {
    const bare = await install()
    try {
      const answer = await bare.api.inject({ method: 'POST', url: '/hooks/xero', payload: {} })
      expect(answer.json()).toMatchObject({ status: 404, detail: 'There is nothing here.' })
    } finally {
      await bare.close()
    }
  })
})

test('a hook that is flooded asks to wait, and the others do not notice', async () => {
  const slow = await install({ hooksPerSecond: 5 })
  try {
    const home = await slow.workspace()
    const by = await slow.member(home, 'owner')
    const open = async (name: string) => {
      const flow: string = (
        await by.call('POST', `/workspaces/${home}/flows`, hookFlow({ kind: 'token' }, name))
      ).json().id
      const base = `/workspaces/${home}/flows/${flow}`
      await by.call('POST', `${base}/publish`, { summary: 'First', revision: 1 })
      const [{ id, url }] = (await by.call('GET', `${base}/hooks`)).json().items
      const { secret } = (await by.call('POST', `${base}/hooks/${id}/secret`, {})).json()
      await by.call('POST', `${base}/switch`, { on: true })
      return (n: number, token: string = secret, remoteAddress = '127.0.0.1') =>
        slow.api.inject({
          ...{ method: 'POST', url: new URL(url).pathname, remoteAddress, payload: JSON.stringify({ n }) },
          headers: { 'content-type': 'application/json', 'x-tieline-token': token },
        })
    }
    const [flooded, other] = [await open('One'), await open('Two')]
    const answers = await Promise.all(Array.from({ length: 200 }, (_, n) => flooded(n)))
    const refused = answers.filter(({ statusCode }) => statusCode === 429)
    expect(refused.length).toBeGreaterThan(0)
    expect(refused[0]?.headers['retry-after']).toBe('1')
    // Of the other one a stranger knows the address, and no more.
    const forged = await Promise.all(Array.from({ length: 60 }, (_, n) => other(n, 'guessed', '203.0.113.9')))
    expect(new Set(forged.map(({ statusCode }) => statusCode))).toEqual(new Set([401, 429]))
    expect((await other(1)).statusCode).toBe(202)
    const taken = await sql<{ count: number }>`select count(*) as count from inbox`.execute(slow.database.owner.db)
    expect(taken.rows[0]?.count).toBe(200 - refused.length + 1)
  } finally {
    await slow.close()
  }
})

test('strangers who flood an address that everybody knows keep none of its events out', async () => {
  const slow = await install({ hooksPerSecond: 5, xeroWebhookKey: XERO_KEY })
  try {
    const payload = '{"events":[],"firstEventSequence":0,"lastEventSequence":0,"entropy":"QWERTYUIOPASDFGHJKLZ"}'
    const tell = (signature: string, remoteAddress: string) =>
      slow.api.inject({
        ...{ method: 'POST', url: '/hooks/xero', remoteAddress, payload },
        headers: { 'content-type': 'application/json', 'x-xero-signature': signature },
      })
    const forged = await Promise.all(Array.from({ length: 60 }, () => tell('AAAA', '203.0.113.9')))
    // Whoever has one address of IPv6 has the 2^64 beside it.
    const beside = await Promise.all(
      Array.from({ length: 60 }, (_, host) => tell('AAAA', `2001:db8:7::${(host + 1).toString(16)}`)),
    )
    for (const answers of [forged, beside]) {
      const statuses = answers.map(({ statusCode }) => statusCode)
      expect([statuses.includes(401), statuses.at(-1)]).toEqual([true, 429])
    }
    expect((await tell('AAAA', '2001:db8:7:1::1')).statusCode).toBe(401)
    expect((await tell('B3sJ6/kuBEzGgcAYUQ1qhB7mUQ4zffFvul7uzLPPSb4=', '198.51.100.7')).statusCode).toBe(200)
  } finally {
    await slow.close()
  }
})

test('what BigCommerce tells goes to the flows of its store, proven by the header of that store', async () => {
  const store = `s${randomBytes(4).toString('hex')}`
  const flow = (
    await owner.call('POST', `${root()}/flows`, {
      ...invoiceFlow({
        slots: { shop: { connector: 'bigcommerce', title: 'Shop' } },
        nodes: [
          { id: 'told', operation: 'bigcommerce.on-change', name: 'Order changed', slot: 'shop', settings: {} },
          { id: 'shape', operation: 'map', name: 'Shape', settings: { expression: '$' } },
        ],
        edges: [{ id: 'e1', from: 'told', port: 'out', to: 'shape', input: 'in' }],
      }),
    })
  ).json().id
  const shop = { connector: 'bigcommerce', name: 'Shop', login: 'token', settings: { storeHash: store } }
  const made = await owner.call('POST', `${root()}/connections`, { ...shop, secrets: { accessToken: 'token-of-it' } })
  await sql`update connections set pinned = ${JSON.stringify({ storeHash: store })}::jsonb where id = ${made.json().id}`.execute(
    at.database.owner.db,
  )
  await owner.call('PUT', `${root()}/flows/${flow}/bindings`, { bindings: { shop: made.json().id } })
  await owner.call('POST', `${root()}/flows/${flow}/publish`, { summary: 'First', revision: 1 })
  await owner.call('POST', `${root()}/flows/${flow}/switch`, { on: true })
  const [{ id: hook, url, open }] = (await owner.call('GET', `${root()}/flows/${flow}/hooks`)).json().items
  expect([new URL(url).pathname, open]).toEqual(['/hooks/bigcommerce', true])

  const told = (scope: string, producer = store) =>
    JSON.stringify({
      ...{ store_id: '100777', producer: `stores/${producer}`, scope: `store/${scope}`, created_at: 1_795_339_000 },
      ...{ data: { type: 'order', id: 318 }, hash: '5e1c' },
    })
  const tell = (body: string, header: string) =>
    send('/hooks/bigcommerce', { 'content-type': 'application/json', 'x-tieline-key': header }, body)
  const own = keyOfStore(SHOP_KEY, store)
  const changed = told('order/statusUpdated')
  const statuses = []
  for (const [body, header] of [
    [changed, own],
    [changed, own],
    [told('order/created'), own],
    // The header of one store does not speak for another.
    [told('order/statusUpdated', 'another'), own],
    [changed, 'guess'],
  ] as const) {
    statuses.push((await tell(body, header)).statusCode)
  }
  expect(statuses).toEqual([200, 200, 200, 401, 401])
  expect(await rows(hook)).toMatchObject([{ repeats: 1 }])
  const secret = await owner.call('POST', `${root()}/flows/${flow}/hooks/${hook}/secret`, {})
  expect(secret.json().detail).toContain('BIGCOMMERCE_WEBHOOK_KEY')
})
