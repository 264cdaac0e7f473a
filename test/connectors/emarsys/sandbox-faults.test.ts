import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type EmarsysSandbox, startEmarsysSandbox } from '../../../connectors/emarsys/sandbox/server.ts'
import { bearerCaller, type Caller, callerOf, getToken } from './sandbox-caller.ts'

let sandbox: EmarsysSandbox
let call: Caller
let anyone: Caller
beforeEach(async () => {
  sandbox = await startEmarsysSandbox()
  call = await bearerCaller(sandbox)
  anyone = callerOf(sandbox, {})
})
afterEach(() => sandbox.close())

const PATH = '/api/v3/contact/?create_if_not_exists=1'
const RECORDS = '/api/rds/v1/connections/shop/tables/open_invoices/records'
const write = (mail = 'ada@example.com') => call('PUT', PATH, { key_id: '3', contacts: [{ '3': mail }] })
const contactWrites = { method: 'PUT', pathPrefix: '/contact' }

test.each([
  ['202', 202, 10001],
  ['401', 401, 1],
  ['403', 403, null],
  ['423', 423, 10003],
  ['429', 429, 7003],
  ['500-before', 500, 1],
  ['503', 503, 1],
] as const)('fault %s answers and applies nothing, as often as told', async (kind, status, replyCode) => {
  sandbox.addFaults([{ match: contactWrites, kind, times: 2 }])
  for (let i = 0; i < 2; i++) {
    const answer = await write()
    expect([answer.status, answer.body.replyCode]).toEqual([status, replyCode])
    expect(answer.headers.get('retry-after')).toBeNull()
  }
  expect(sandbox.contacts.size).toBe(0)
  expect((await write()).status).toBe(200)
})

test.each(['202', '423'] as const)('fault %s hits the route it names, of any service', async (kind) => {
  const paths = ['/api/v2/filter/301/contacts', '/api/v3/email/?status=3', '/api/rtm/mail_events/opens', RECORDS]
  for (const path of paths) {
    sandbox.addFaults([{ match: { method: 'GET', pathPrefix: path.split('?')[0]! }, kind }])
    expect((await call('GET', '/api/v3/settings')).status).toBe(200)
    expect((await call('GET', path)).status).toBe(Number(kind))
  }
  expect(sandbox.faults()).toEqual([])
})

test('the relational service has a code of its own for too many calls', async () => {
  sandbox.addFaults([{ match: { pathPrefix: '/api/rds' }, kind: '429' }])
  const answer = await call('GET', RECORDS)
  expect([answer.status, answer.body.replyCode]).toEqual([429, 15011])
})

test('500-after applies the call and denies it', async () => {
  sandbox.addFaults([{ match: contactWrites, kind: '500-after' }])
  const answer = await write()
  expect([answer.status, answer.body.replyCode]).toEqual([500, 1])
  expect(sandbox.contacts.size).toBe(1)
})

test('a connection is cut before or after the call was applied', async () => {
  sandbox.addFaults([{ match: contactWrites, kind: 'reset-before' }])
  await expect(write()).rejects.toThrow('fetch failed')
  expect([sandbox.contacts.size, sandbox.faults()]).toEqual([0, []])
  sandbox.addFaults([{ match: contactWrites, kind: 'reset-after' }])
  await expect(write()).rejects.toThrow('fetch failed')
  expect([sandbox.contacts.size, sandbox.faults()]).toEqual([1, []])
})

test('answers can be a web page or broken JSON', async () => {
  sandbox.addFaults([
    { match: contactWrites, kind: 'html' },
    { match: contactWrites, kind: 'malformed-json' },
  ])
  const page = await write()
  expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
  expect(page.text).toMatch(/^<!DOCTYPE html>/)
  const broken = await write()
  expect(broken.text).toMatch(/^\{"replyCode":0/)
  expect(() => JSON.parse(broken.text)).toThrow()
})

test('a slow answer leaves the caller waiting although the call was applied', async () => {
  sandbox.addFaults([{ match: contactWrites, kind: 'slow', delayMs: 600_000 }])
  const impatient = new AbortController()
  const waiting = fetch(`${sandbox.url}${PATH}`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${await getToken(sandbox)}`, 'content-type': 'application/json' },
    body: JSON.stringify({ key_id: '3', contacts: [{ '3': 'ada@example.com' }] }),
    signal: impatient.signal,
  })
  waiting.catch(() => {})
  await vi.waitFor(() => expect(sandbox.contacts.size).toBe(1))
  impatient.abort()
  await expect(waiting).rejects.toThrow('aborted')
})

test('a call may be applied and never answered', async () => {
  sandbox.addFaults([{ match: contactWrites, kind: 'timeout' }])
  const impatient = new AbortController()
  const waiting = fetch(`${sandbox.url}${PATH}`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${await getToken(sandbox)}`, 'content-type': 'application/json' },
    body: JSON.stringify({ key_id: '3', contacts: [{ '3': 'ada@example.com' }] }),
    signal: impatient.signal,
  })
  waiting.catch(() => {})
  await vi.waitFor(() => expect(sandbox.contacts.size).toBe(1))
  impatient.abort()
  await expect(waiting).rejects.toThrow('aborted')
})

test('a dripping answer comes whole, in many pieces', async () => {
  await write()
  sandbox.addFaults([{ match: contactWrites, kind: 'drip', delayMs: 200 }])
  const answer = await fetch(`${sandbox.url}${PATH}`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${await getToken(sandbox)}`, 'content-type': 'application/json' },
    body: JSON.stringify({ key_id: '3', contacts: [{ '3': 'ada@example.com' }] }),
  })
  const pieces: string[] = []
  const decoder = new TextDecoder()
  for await (const piece of answer.body ?? []) pieces.push(decoder.decode(piece))
  expect(pieces.length).toBeGreaterThan(1)
  expect(JSON.parse(pieces.join('')).data).toEqual({ ids: [expect.any(String)] })
})

test('a partial fault fails the keys it names inside 200, or else the first record', async () => {
  sandbox.addFaults([
    { match: contactWrites, kind: 'partial', keys: ['b@example.com'], code: 2010, text: 'More contacts found' },
    { match: contactWrites, kind: 'partial' },
  ])
  const body = { key_id: '3', contacts: ['a', 'b', 'c'].map((name) => ({ '3': `${name}@example.com` })) }
  const named = await call('PUT', PATH, body)
  expect(named.body.data).toEqual({
    ids: [expect.any(Number), expect.any(Number)],
    errors: { 'b@example.com': { '2010': 'More contacts found' } },
  })
  const first = await call('PUT', PATH, body)
  expect(first.body.data).toMatchObject({ errors: { 'a@example.com': { '2007': expect.any(String) } } })
})

test('a fault can wait for a later call, and hits only its method and path', async () => {
  sandbox.addFaults([{ match: { method: 'PUT', pathPrefix: '/api/v3/contact' }, kind: '503', skip: 1 }])
  expect((await call('GET', '/api/v3/contact/query/?return=3&3=x')).status).toBe(200)
  expect([(await write()).status, (await write()).status, (await write()).status]).toEqual([200, 503, 200])
})

test('faults reach the token endpoint and sales uploads too', async () => {
  sandbox.addFaults([
    { match: { pathPrefix: '/oauth2' }, kind: '503' },
    { match: { pathPrefix: '/hapi' }, kind: 'reset-after' },
  ])
  expect((await fetch(`${sandbox.url}/oauth2/token`, { method: 'POST' })).status).toBe(503)
  sandbox.plantContact({ '9001': 'c' })
  const upload = fetch(`${sandbox.url}/hapi/merchant/${sandbox.merchantId}/sales-data/api`, {
    method: 'POST',
    headers: { authorization: `bearer ${sandbox.salesToken}`, 'content-type': 'text/csv' },
    body: `${sandbox.salesBook.columns.join()}\nA,1.00,O,2026-01-01,c,1,1.00,EUR,D,invoice\n`,
  })
  await expect(upload).rejects.toThrow('fetch failed')
  expect(sandbox.totals.all()).toBe('1.00')
})

test('the control API shows the state and pulls the same levers', async () => {
  await write()
  const state = async () => JSON.parse((await anyone('GET', '/control/state')).text)
  expect(await state()).toMatchObject({ contacts: 1, ledger: 1, perMinute: 1000, requests: { 'PUT /contact': 1 } })
  const ledger = JSON.parse((await anyone('GET', '/control/ledger')).text)
  expect(ledger).toMatchObject({ total: 1, next: null, entries: [{ seq: 1, kind: 'contact.create' }] })

  await anyone('POST', '/control/permissions', { off: ['contact.update'] })
  expect((await write()).status).toBe(403)
  await anyone('POST', '/control/permissions', { on: ['contact.update'] })
  await anyone('POST', '/control/faults', [{ match: contactWrites, kind: '503', times: 9 }])
  expect((await write()).status).toBe(503)
  expect((await state()).faults).toMatchObject([{ kind: '503', left: 8 }])
  await anyone('DELETE', '/control/faults')
  expect((await write()).status).toBe(200)
  await anyone('POST', '/control/limits', { perMinute: 1 })
  expect((await write()).status).toBe(429)
  await anyone('POST', '/control/limits', { perMinute: 'off' })
  await anyone('POST', '/control/tokens/revoke')
  expect((await write()).status).toBe(401)
})

test('the control API refuses levers that make no sense', async () => {
  const status = async (path: string, body: unknown) => (await anyone('POST', `/control/${path}`, body)).status
  expect(await status('faults', [{ match: {}, kind: 'explode' }])).toBe(400)
  expect(await status('faults', [{ match: {}, kind: '503' }, { kind: '503' }])).toBe(400)
  expect(await status('limits', { perMinute: -1 })).toBe(400)
  expect(await status('quirks', { colour: 'red' })).toBe(400)
  expect(sandbox.faults()).toEqual([])
})

test('the control page shows revenue and doubles, and text from outside cannot become markup', async () => {
  sandbox.plantContact({ '9001': 'c' })
  const row = '<script>alert(1)</script>,12.50,O,2026-01-01,c,1,12.50,EUR,D,invoice'
  await fetch(`${sandbox.url}/hapi/merchant/${sandbox.merchantId}/sales-data/api`, {
    method: 'POST',
    headers: { authorization: `bearer ${sandbox.salesToken}`, 'content-type': 'text/csv' },
    body: `${[sandbox.salesBook.columns.join(), row, row].join('\n')}\n`,
  })
  const page = await anyone('GET', '/control')
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
  expect(page.text).toContain('<td>Revenue as Emarsys would show it</td><td>25.00</td>')
  expect(page.text).toContain('<td>Sales rows accepted more than once</td><td>1</td>')
  expect(page.text).not.toContain('<script>alert')
  const sales = JSON.parse((await anyone('GET', '/control/sales')).text)
  expect(sales).toMatchObject({
    rows: 2,
    total: '25.00',
    perDay: { '2026-01-01': '25.00' },
    duplicates: [{ times: 2 }],
  })
})
