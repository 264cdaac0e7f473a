import type { ServerResponse } from 'node:http'
import { Value } from 'typebox/value'
import { afterEach, describe, expect, test } from 'vitest'
import { apiKey, basic, bearer, none, oauthClient } from '../../../connectors/http/connection.ts'
import { getByKey } from '../../../connectors/http/get-by-key.ts'
import { getRecords } from '../../../connectors/http/get-records.ts'
import { http } from '../../../connectors/http/index.ts'
import { putRequest, sendRequest } from '../../../connectors/http/writes.ts'
import type { Context, DataRecord, LoginKind, Operation, Page } from '../../../connectors/kit/connector.ts'
import type { StepError } from '../../../connectors/kit/errors.ts'
import { settingsOf } from '../support/accounts.ts'
import { type Opened, openConnection } from '../support/open.ts'
import { type Answering, type Remote, startRemote } from '../support/remote.ts'

const things = Array.from({ length: 25 }, (_, index) => ({ id: index + 1 }))
const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close()
})

function say(response: ServerResponse, body: unknown, status = 200, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(typeof body === 'string' ? body : JSON.stringify(body))
}

async function remoteThat(answer: Answering): Promise<Remote> {
  const remote = await startRemote(answer)
  open.push(remote)
  return remote
}

function opened(
  remote: Remote,
  login: LoginKind = none,
  secrets: Record<string, string> = {},
  connection: Record<string, unknown> = {},
): Opened {
  const one = openConnection({ connector: http, login, secrets, connection: { baseUrl: remote.url, ...connection } })
  open.push(one)
  return one
}

const context = (at: Opened, operation: Operation, set: Record<string, unknown>) =>
  at.context(settingsOf(operation, set)) as Context<never>

async function readAll(at: Opened, set: Record<string, unknown>, from?: Page['cursor']): Promise<Page[]> {
  if (getRecords.kind !== 'read') throw new Error('not a read')
  const pages: Page[] = []
  for await (const page of getRecords.read(context(at, getRecords, set), from)) pages.push(page)
  return pages
}

const failed = async (work: Promise<unknown>): Promise<StepError> =>
  work.then(
    () => {
      throw new Error('it did not fail')
    },
    (error: StepError) => error,
  )

const recordsIn = (pages: readonly Page[]) => pages.flatMap((page) => page.records)

describe('every way of paging reads the whole list, once, and goes on from any cursor', () => {
  const list: Answering = ({ url }, response) => {
    const size = Number(url.searchParams.get('limit') ?? 10)
    const slice = (from: number) => things.slice(from, from + size)

    if (url.pathname === '/all') return say(response, things)
    if (url.pathname === '/pages')
      return say(response, { data: { items: slice((Number(url.searchParams.get('page')) - 1) * size) } })
    if (url.pathname === '/skips') return say(response, slice(Number(url.searchParams.get('skip'))))
    const from = Number(url.searchParams.get('after') ?? 0)
    const more = from + size < things.length
    if (url.pathname === '/cursors') {
      return say(response, { items: slice(from), meta: { next: more ? String(from + size) : null } })
    }
    if (url.pathname === '/addresses') {
      return say(response, { items: slice(from), next: more ? `/addresses?after=${from + size}&limit=${size}` : '' })
    }
    const link = `</links?after=${from + size}&limit=${size}>; rel="next"`
    return say(response, slice(from), 200, more ? { link: `</links>; rel="first", ${link}` } : {})
  }
  const ways: readonly (readonly [string, Record<string, unknown>])[] = [
    ['none', { path: '/all' }],
    ['page', { path: '/pages', recordsPath: 'data.items', sizeParameter: 'limit', pageSize: 10 }],
    ['offset', { path: '/skips', parameter: 'skip', sizeParameter: 'limit', pageSize: 10 }],
    ['cursor', { path: '/cursors', recordsPath: 'items', parameter: 'after', nextPath: 'meta.next' }],
    ['next-address', { path: '/addresses', recordsPath: 'items', nextPath: 'next' }],
    ['link-header', { path: '/links' }],
  ]
  test.each(ways)('%s', async (paging, set) => {
    const at = opened(await remoteThat(list))
    const pages = await readAll(at, { ...set, paging })
    expect(recordsIn(pages)).toEqual(things)
    expect(pages.length).toBe(paging === 'none' ? 1 : 3)
    // From where the first page ended come the others, and from where the last one ended comes nothing.
    const rest = await readAll(at, { ...set, paging }, pages[0]!.cursor)
    expect(recordsIn(rest)).toEqual(paging === 'none' ? [] : things.slice(10))
    expect(recordsIn(await readAll(at, { ...set, paging }, pages.at(-1)!.cursor))).toEqual([])
  })

  test('without a page size the end is a page without records', async () => {
    const at = opened(await remoteThat(list))
    expect(recordsIn(await readAll(at, { path: '/pages', recordsPath: 'data.items', paging: 'page' }))).toEqual(things)
  })

  test('a system whose next page is the same page is stopped, not asked for ever', async () => {
    const remote = await remoteThat((_, response) => say(response, { items: things, next: '/same' }))
    const error = await failed(
      readAll(opened(remote), { path: '/', recordsPath: 'items', paging: 'next-address', nextPath: 'next' }),
    )
    expect(error.code).toBe('REPLY_UNREADABLE')
    expect(remote.received.length).toBe(2)
  })

  test('a next address on another host gets no call and no login', async () => {
    const other = await remoteThat((_, response) => say(response, []))
    const remote = await remoteThat((_, response) => say(response, { items: things, next: `${other.url}/more` }))
    const at = opened(remote, bearer, { token: 'for-the-first-host-only' })
    const error = await failed(
      readAll(at, { path: '/', recordsPath: 'items', paging: 'next-address', nextPath: 'next' }),
    )
    expect(error.code).toBe('EGRESS_BLOCKED')
    expect(other.received).toEqual([])
  })
})

test('a long answer leaves in parts of a thousand, and a run goes on in the middle of one', async () => {
  const many = Array.from({ length: 2_345 }, (_, id) => ({ id }))
  const at = opened(await remoteThat((_, response) => say(response, many)))
  const pages = await readAll(at, { path: '/' })
  expect(pages.map((page) => page.records.length)).toEqual([1000, 1000, 345])
  expect(recordsIn(await readAll(at, { path: '/' }, pages[0]!.cursor))).toEqual(many.slice(1000))
})

test('what is no object becomes a record, and what is no list is an error that says where', async () => {
  const at = opened(
    await remoteThat(({ url }, response) =>
      say(response, url.pathname === '/odd' ? ['a', 1, [2], { b: 3 }] : { data: { a: 1 } }),
    ),
  )
  expect(recordsIn(await readAll(at, { path: '/odd' }))).toEqual([
    { value: 'a' },
    { value: 1 },
    { value: [2] },
    { b: 3 },
  ])
  expect((await failed(readAll(at, { path: '/', recordsPath: 'data' }))).message).toContain(
    '“data” of its answer is no list',
  )
  expect((await failed(readAll(at, { path: '/', recordsPath: 'items' }))).message).toContain('there is no “items”')
})

test('a key stays one piece of the path, and one that nobody knows is unmatched', async () => {
  if (getByKey.kind !== 'lookup') throw new Error('not a look-up')
  const remote = await remoteThat(({ url }, response) =>
    decodeURIComponent(url.pathname) === '/things/a/b?c'
      ? say(response, { data: { id: 'a/b?c' } })
      : say(response, 'no', 404),
  )
  const at = opened(remote)
  const find = (key: string) =>
    getByKey.kind === 'lookup'
      ? getByKey.find(context(at, getByKey, { path: '/things/{key}', recordPath: 'data' }), [key])
      : Promise.reject(new Error('not a look-up'))
  expect(await find('a/b?c')).toEqual(new Map([['a/b?c', { id: 'a/b?c' }]]))
  expect(await find('../secrets')).toEqual(new Map())
  expect(remote.received.at(-1)!.url.pathname).toBe('/things/..%2Fsecrets')
  expect((await failed(find('..'))).code).toBe('INVALID_INPUT')
  expect(remote.received.length).toBe(2)
})

describe('writes', () => {
  const item = (value: DataRecord) => [{ key: String(value.key), value }]
  const write = (operation: Operation, at: Opened, set: Record<string, unknown>, value: DataRecord) => {
    if (operation.kind !== 'write') throw new Error('not a write')
    return operation.write(
      context(at, operation, set),
      item(operation.prepare(settingsOf(operation, set) as never, value)),
      {
        id: 'call-1',
      },
    )
  }

  test('a body goes as JSON to the path that the payload fills', async () => {
    const remote = await remoteThat((_, response) => say(response, '', 204))
    const at = opened(remote)
    const payload = { key: 'k', parameters: { id: 7 }, body: { note: 'Zoë' } }
    expect(await write(sendRequest, at, { path: '/orders/{id}/notes' }, payload)).toEqual([{ status: 'confirmed' }])
    expect(await write(putRequest, at, { path: '/orders/{id}' }, payload)).toEqual([{ status: 'confirmed' }])
    expect(remote.received.map(({ method, url, body }) => `${method} ${url.pathname} ${body}`)).toEqual([
      'POST /orders/7/notes {"note":"Zoë"}',
      'PUT /orders/7 {"note":"Zoë"}',
    ])
  })

  test('a success that is no JSON has been taken; what a status means is said by its class', async () => {
    let status = 200
    const at = opened(await remoteThat((_, response) => say(response, 'thank you', status)))
    const post = () => write(sendRequest, at, { path: '/' }, { key: 'k' })
    expect(await post()).toEqual([{ status: 'confirmed' }])
    const codes: string[] = []
    for (status of [400, 401, 403, 404, 409, 422, 429, 500, 503, 302]) codes.push((await failed(post())).code)
    expect(codes).toEqual([
      'RECORD_REFUSED',
      'LOGIN_REFUSED',
      'PERMISSION_MISSING',
      'NOT_FOUND',
      'RECORD_REFUSED',
      'RECORD_REFUSED',
      'RATE_LIMITED',
      'REMOTE_DOWN',
      'REMOTE_DOWN',
      'CONFIG_INVALID',
    ])
    status = 500
    expect((await failed(post())).dialled).toBe('maybe')
    status = 422
    expect((await failed(post())).dialled).toBe('no')
  })

  test('a payload that lacks what the path needs is refused before anything is sent', async () => {
    const remote = await remoteThat((_, response) => say(response, {}))
    const at = opened(remote)
    const error = await failed((async () => write(sendRequest, at, { path: '/orders/{id}' }, { key: 'k' }))())
    expect(error.code).toBe('INVALID_INPUT')
    expect(error.message).toContain('“id”')
    expect(remote.received).toEqual([])
  })
})

test('what is no text or number cannot become part of an address', async () => {
  const remote = await remoteThat((_, response) => say(response, {}))
  const at = opened(remote)
  for (const id of [{ path: '/etc/passwd' }, ['..', 'x'], true, null]) {
    const payload = { key: 'k', parameters: { id } }
    if (putRequest.kind !== 'write') throw new Error('not a write')
    const { prepare, payload: shape } = putRequest
    expect(Value.Check(shape, payload)).toBe(false)
    expect(() => prepare({ path: '/orders/{id}' } as never, payload)).toThrow('needs “id”')
  }
  expect((await failed(readAll(at, { path: '/', recordsPath: 'a' }))).code).toBe('REPLY_UNREADABLE')
  expect(remote.received.map(({ url }) => url.pathname)).toEqual(['/'])
})

describe('logins', () => {
  const seen = async (login: LoginKind, secrets: Record<string, string>, connection = {}) => {
    const remote = await remoteThat(({ url }, response) =>
      say(response, url.pathname === '/token' ? { access_token: 'fresh', expires_in: 3600 } : []),
    )
    const at = opened(remote, login, secrets, { tokenUrl: `${remote.url}/token`, ...connection })
    expect(await http.test(at.context({}))).toEqual([{ title: 'Sign-in', ok: true, detail: '/ answers' }])
    return remote.received.at(-1)!.headers
  }
  test('each adds what it says', async () => {
    expect((await seen(none, {})).authorization).toBeUndefined()
    expect((await seen(basic, { user: 'ada', password: 'pä:ss' })).authorization).toBe(
      `Basic ${Buffer.from('ada:pä:ss').toString('base64')}`,
    )
    expect((await seen(bearer, { token: 't-1' })).authorization).toBe('Bearer t-1')
    expect((await seen(apiKey, { key: 'k-1' }, { keyHeader: 'X-Shop-Key' }))['x-shop-key']).toBe('k-1')
    expect((await seen(oauthClient, { clientId: 'id', clientSecret: 's' })).authorization).toBe('Bearer fresh')
  })

  test('a test that is refused says so, with the status', async () => {
    const at = opened(await remoteThat((_, response) => say(response, { error: 'who?' }, 401)))
    expect(await http.test(at.context({}))).toMatchObject([
      { ok: false, detail: expect.stringContaining('Sign in again'), said: expect.stringContaining('HTTP 401') },
    ])
  })
})
