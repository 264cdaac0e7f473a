import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connectors } from '../../connectors/index.ts'
import { buildApp } from '../../server/app.ts'
import type { Connections } from '../../server/connect/connections.ts'
import { createConnections } from '../../server/connect/service.ts'
import { API, type Caller, type Installation, install, PASSWORD, signIn, XERO_CONNECTION } from './installation.ts'
import { TRACE_DAYS } from '../support/trace-days.ts'

// A system that is down, slow, or says no while somebody signs in there or tests the connection.

/** What the other system does with whatever it is asked next. */
type Answer = { readonly status: number; readonly body: string } | 'nothing' | 'cut'
let answer: Answer = 'nothing'
const remote = createServer((request, response) => {
  request.resume().on('end', () => {
    if (answer === 'nothing') return
    if (answer === 'cut') return void request.socket.destroy()
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body)
  })
})

let it: Installation
let workspace: string
let owner: Caller
let at: string
let connections: Connections

beforeAll(async () => {
  await new Promise<void>((resolve) => remote.listen(0, '127.0.0.1', resolve))
  it = await install()
  workspace = await it.workspace()
  owner = await it.member(workspace, 'owner')
  at = `/workspaces/${workspace}/connections`
  connections = createConnections({ db: it.database.app.db, keys: it.keys, connectors, egressAllow: [hostPort()] })
})
afterAll(async () => {
  await connections?.close()
  await it?.close()
  remote.closeAllConnections()
  await new Promise((resolve) => remote.close(resolve))
})

// It listens on TCP, so this is no pipe's name.
const hostPort = () => `127.0.0.1:${(remote.address() as AddressInfo).port}`

const app = (by: Partial<Connections>) =>
  buildApp({
    config: { publicUrl: undefined, sessionHours: 12, traceDays: TRACE_DAYS, logLevel: 'silent' },
    app: it.database.app.db,
    system: it.database.system.db,
    keys: it.keys,
    evaluator: { parse: async () => [], preview: async () => ({ ok: true, value: undefined }) },
    catalog: new Map(),
    connections: { ...connections, ...by },
  })

async function make(login: 'oauth-code' | 'custom-connection'): Promise<string> {
  const base = `http://${hostPort()}`
  const settings = { identityUrl: base, loginUrl: base, apiUrl: base }
  return (await owner.call('POST', at, { ...XERO_CONNECTION, login, settings })).json().id
}

/** Somebody who goes to the sign-in page and comes back with what it says. */
async function comingBack(api: Awaited<ReturnType<typeof app>>, id: string) {
  const headers = { cookie: await signIn(api, owner.email, PASSWORD), 'sec-fetch-site': 'same-origin' }
  return async (said: string) => {
    const begun = await api.inject({ method: 'POST', url: `${API}${at}/${id}/authorize`, headers })
    const state = new URL(begun.json().url).searchParams.get('state') ?? ''
    const back = await api.inject({
      url: `${API}/oauth/callback?state=${state}&${said}`,
      headers: { ...headers, 'sec-fetch-site': 'cross-site', accept: 'text/html' },
    })
    return `${back.statusCode} ${back.headers.location ?? back.body}`
  }
}

test('the way back from a sign-in that led to nothing has one of our reasons, and no words of anybody', async () => {
  const api = await app({})
  try {
    const id = await make('oauth-code')
    const back = await comingBack(api, id)
    const page = `302 /w/${workspace}/connections/${id}?error=`
    const words = 'error_description=Call+0900+123+and+tell+us+your+password'
    expect(await back(`error=access_denied&${words}`)).toBe(`${page}BROKEN_OFF`)
    expect(await back(`error=invalid_scope&${words}`)).toBe(`${page}NOT_GRANTED`)
    expect(await back(`error=temporarily_unavailable&${words}`)).toBe(`${page}NO_ANSWER`)
    expect(await back(`error=constructor&${words}`)).toBe(`${page}REFUSED`)
    expect(await back(words)).toBe(`${page}UNREADABLE`)

    const traded = async (what: Answer) => {
      answer = what
      return back('code=the-code')
    }
    const json = (status: number, body: object) => traded({ status, body: JSON.stringify(body) })
    expect(await json(400, { error: 'invalid_grant', error_description: 'Too late' })).toBe(`${page}REFUSED`)
    expect(await json(400, { error: 'invalid_scope' })).toBe(`${page}NOT_GRANTED`)
    expect(await json(503, {})).toBe(`${page}NO_ANSWER`)
    expect(await json(429, {})).toBe(`${page}NO_ANSWER`)
    expect(await traded('cut')).toBe(`${page}NO_ANSWER`)
    expect(await traded({ status: 200, body: '<h1>Down for repair</h1>' })).toBe(`${page}UNREADABLE`)
    expect((await owner.call('GET', `${at}/${id}`)).json()).toMatchObject({ signedIn: false, state: 'new' })
  } finally {
    await api.close()
  }
})

test('a system that does not answer in time is said to whoever waits, and is no fault of ours', async () => {
  /** Nobody waits half a minute here: what it ends with is the same. */
  const late = () =>
    new Promise<never>((_, reject) => {
      const signal = AbortSignal.timeout(1)
      signal.addEventListener('abort', () => reject(signal.reason))
    })
  const api = await app({ exchangeCode: late, accounts: late, choose: late, revoke: late })
  try {
    const id = await make('oauth-code')
    const back = await comingBack(api, id)
    expect(await back('code=the-code')).toBe(`302 /w/${workspace}/connections/${id}?error=NO_ANSWER`)

    const headers = { cookie: await signIn(api, owner.email, PASSWORD), 'sec-fetch-site': 'same-origin' }
    const call = async (method: 'GET' | 'PUT' | 'DELETE', path: string, payload?: object) => {
      const said = await api.inject({
        method,
        url: `${API}${at}/${id}${path}`,
        headers,
        ...(payload ? { payload } : {}),
      })
      return `${said.statusCode} ${said.json().code} ${said.json().detail}`
    }
    expect(await call('GET', '/accounts')).toMatch(/^502 REMOTE_FAILED There was no answer within 30 seconds/)
    expect(await call('PUT', '/accounts', { account: id })).toMatch(/^502 REMOTE_FAILED There was no answer within 30/)
    expect(await call('DELETE', '')).toMatch(/^502 REMOTE_FAILED .*nothing was changed: There was no answer within/)
    expect((await owner.call('GET', `${at}/${id}`)).statusCode).toBe(200)
  } finally {
    await api.close()
  }
})

test('a test that nobody answers takes the place of what an earlier one found', async () => {
  const id = await make('custom-connection')
  const earlier = [{ title: 'Organisation', ok: true, detail: 'Nord, EUR' }]
  await it.database.owner.db
    .updateTable('connections')
    .set({ state: 'ready', findings: JSON.stringify(earlier), tested_at: new Date('2026-01-01') })
    .where('id', '=', id)
    .execute()
  answer = 'nothing'
  const found = await connections.test(workspace, id, AbortSignal.timeout(300))
  expect(found).toEqual([{ title: 'Answer', ok: false, detail: 'There was no answer in time.' }])
  const shown = (await owner.call('GET', `${at}/${id}`)).json()
  expect(shown).toMatchObject({ findings: found, state: 'ready' })
  expect(Date.parse(shown.testedAt)).toBeGreaterThan(Date.parse('2026-06-01'))
})
