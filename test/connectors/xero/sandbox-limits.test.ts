import { afterEach, expect, test } from 'vitest'
import { FAULT_KINDS, type FaultKind } from '../../../connectors/xero/sandbox/faults.ts'
import type { XeroSandboxOptions } from '../../../connectors/xero/sandbox/server.ts'
import { appToken, type Caller, invoiceBody, startCaller, tokenRequest } from './sandbox-caller.ts'

const open: Caller[] = []

async function start(options: XeroSandboxOptions = {}, scope?: string): Promise<Caller> {
  const caller = await startCaller({ contacts: 20, invoices: 30, creditNotes: 6, ...options }, scope)
  open.push(caller)
  return caller
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((caller) => caller.sandbox.close()))
})

/** Runs the consent of a person and answers with the code's tokens. */
async function consent(
  { sandbox }: Caller,
  scope = 'offline_access accounting.invoices accounting.settings.read',
  waitMs = 0,
) {
  sandbox.setAutoApprove(true)
  const redirect = 'http://localhost:9/callback'
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: sandbox.clientId,
    redirect_uri: redirect,
    scope,
    state: 's',
  })
  const answer = await fetch(`${sandbox.url}/identity/connect/authorize?${query}`, { redirect: 'manual' })
  const back = new URL(answer.headers.get('location') ?? '')
  sandbox.advance(waitMs)
  const form = { grant_type: 'authorization_code', code: back.searchParams.get('code') ?? '', redirect_uri: redirect }
  return { form, state: back.searchParams.get('state'), tokens: await tokenRequest(sandbox, form) }
}

const refresh = (caller: Caller, token: string) =>
  tokenRequest(caller.sandbox, { grant_type: 'refresh_token', refresh_token: token })

test('the sixty-first call of a minute is refused with an empty 429, and the next minute is open again', async () => {
  const caller = await start({ limits: {} })
  for (let i = 0; i < 60; i++) expect((await caller.get('Organisation')).status).toBe(200)
  const refused = await caller.get('Organisation')
  expect([refused.status, refused.text, refused.headers.get('content-type')]).toEqual([429, '', null])
  expect(refused.headers.get('x-rate-limit-problem')).toBe('minute')
  expect(refused.headers.get('x-minlimit-remaining')).toBe('0')
  const wait = Number(refused.headers.get('retry-after'))
  expect(wait).toBeGreaterThan(0)
  caller.sandbox.advance(wait * 1000)
  const again = await caller.get('Organisation')
  expect([again.status, again.headers.get('x-minlimit-remaining')]).toEqual([200, '59'])
})

test('every answer counts down, a 404 and a 400 too', async () => {
  const caller = await start({ limits: {} })
  const left = async (path: string) => Number((await caller.get(path)).headers.get('x-daylimit-remaining'))
  expect([await left('Organisation'), await left('Invoices/nothing'), await left('Invoices?where=(')]).toEqual([
    4999, 4998, 4997,
  ])
})

test('the day ends for a whole day, the app limit for a minute', async () => {
  const caller = await start({ limits: { perDay: 1 } })
  await caller.get('Organisation')
  const day = await caller.get('Organisation')
  expect([day.status, day.headers.get('x-rate-limit-problem')]).toEqual([429, 'day'])
  const wait = Number(day.headers.get('retry-after'))
  expect(wait).toBeGreaterThan(60_000)
  // A second before its end it is still the same day; then it begins anew.
  caller.sandbox.advance((wait - 2) * 1000)
  // Tokens are shorter-lived than days.
  const login = { authorization: `Bearer ${await appToken(caller.sandbox)}` }
  expect((await caller.get('Organisation', login)).status).toBe(429)
  caller.sandbox.advance(2000)
  const next = await caller.get('Organisation', login)
  expect([next.status, next.headers.get('x-daylimit-remaining')]).toEqual([200, '0'])
  caller.sandbox.setLimits({ perDay: 5000, appPerMinute: 0 })
  expect((await caller.get('Organisation', login)).headers.get('x-rate-limit-problem')).toBe('appminute')
})

test('a sixth call at the same time is refused without Retry-After, and the five go through', async () => {
  const caller = await start({ limits: {}, latencyMs: 600 })
  const answers = await Promise.all(Array.from({ length: 6 }, () => caller.get('Organisation')))
  const refused = answers.filter((answer) => answer.status === 429)
  expect(
    refused.map((answer) => [answer.headers.get('x-rate-limit-problem'), answer.headers.get('retry-after')]),
  ).toEqual([['concurrent', null]])
  expect(answers.filter((answer) => answer.status === 200)).toHaveLength(5)
})

test('a listing over more records than allowed is refused as high volume', async () => {
  const caller = await start()
  Object.assign(caller.sandbox.state, { highVolume: 10 })
  const refused = await caller.get('Invoices?page=1')
  expect([refused.status, refused.json.ErrorNumber, refused.json.Type]).toEqual([400, 51, 'HighVolumeException'])
  const narrow = await caller.get('Invoices?page=1', { 'if-modified-since': '2026-11-19T00:00:00' })
  expect(narrow.status).toBe(200)
})

test('refresh tokens rotate; the old one works for thirty minutes more, then never again', async () => {
  const caller = await start()
  const { tokens, state } = await consent(caller)
  expect([tokens.expires_in, tokens.token_type, state]).toEqual([1800, 'Bearer', 's'])
  const second = await refresh(caller, tokens.refresh_token)
  expect(second.refresh_token).not.toBe(tokens.refresh_token)
  caller.sandbox.advance(29 * 60_000)
  expect((await refresh(caller, tokens.refresh_token)).status).toBe(200)
  caller.sandbox.advance(2 * 60_000)
  expect(await refresh(caller, tokens.refresh_token)).toEqual({ status: 400, error: 'invalid_grant' })
  caller.sandbox.advance(60 * 86_400_000)
  expect((await refresh(caller, second.refresh_token)).error).toBe('invalid_grant')
})

test('a code works once and for five minutes; a wrong secret is no client', async () => {
  const caller = await start()
  const { form } = await consent(caller)
  expect((await tokenRequest(caller.sandbox, form)).error).toBe('invalid_grant')
  const late = await consent(caller, undefined, 5 * 60_000 + 1000)
  expect(late.tokens.error).toBe('invalid_grant')
  const wrong = await fetch(`${caller.sandbox.url}/connect/token`, {
    method: 'POST',
    body: new URLSearchParams({ ...form, client_id: caller.sandbox.clientId, client_secret: 'guess' }),
  })
  expect(await wrong.json()).toEqual({ error: 'invalid_client' })
})

test('without auto-approve a person is asked, and may say no', async () => {
  const { sandbox } = await start()
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: sandbox.clientId,
    redirect_uri: 'http://localhost:9/callback',
    scope: 'accounting.contacts.read',
    state: '"><script>',
  })
  const page = await (await fetch(`${sandbox.url}/identity/connect/authorize?${query}`)).text()
  expect(page).toContain('Sandbox Trading Ltd')
  expect(page).not.toContain('"><script>')
  query.set('decision', 'deny')
  const answer = await fetch(`${sandbox.url}/identity/connect/authorize`, {
    method: 'POST',
    body: query,
    redirect: 'manual',
  })
  expect(new URL(answer.headers.get('location') ?? '').searchParams.get('error')).toBe('access_denied')
})

test('an expired token, a missing scope, a foreign tenant and a disconnect are told apart', async () => {
  const caller = await start({}, 'accounting.contacts.read accounting.invoices')
  const missing = await caller.call('PUT', 'Contacts', { Name: 'Not allowed' })
  expect([missing.status, missing.json.Detail]).toEqual([401, 'AuthorizationUnsuccessful'])
  expect(missing.headers.get('www-authenticate')).toContain('insufficent_scope')
  const foreign = await caller.get('Contacts', { 'xero-tenant-id': '22222222-2222-4222-8222-222222222222' })
  expect([foreign.status, foreign.json.Detail]).toEqual([403, 'AuthenticationUnsuccessful'])
  caller.sandbox.disconnect()
  expect((await caller.get('Contacts')).status).toBe(403)
  caller.sandbox.expireTokens()
  const expired = await caller.get('Contacts')
  expect([expired.status, expired.json.Title]).toEqual([401, 'Unauthorized'])
  expect(expired.json.Detail).toMatch(/^TokenExpired: token expired at \d\d\/\d\d\/\d{4} \d\d:\d\d:\d\d$/)
})

test('broad scopes open what the granular ones do, and a read scope does not write', async () => {
  const caller = await start({}, 'accounting.transactions')
  expect((await caller.get('Invoices?page=1')).status).toBe(200)
  expect((await caller.get('Payments?page=1')).status).toBe(200)
  expect((await caller.get('Contacts')).status).toBe(401)
})

test('an idempotency key replays refusals too, differs by request, and is forgotten after six minutes', async () => {
  const caller = await start()
  const contact = caller.sandbox.state.books.contacts.ordered.find((one) => one.status === 'ACTIVE')?.id ?? ''
  const put = (key: string, body: unknown) => caller.call('PUT', 'Invoices', body, { 'idempotency-key': key })
  const first = await put('a', invoiceBody(contact))
  expect((await put('a', invoiceBody(contact))).text).toBe(first.text)
  expect(caller.sandbox.ledger).toHaveLength(1)
  const other = await put('a', invoiceBody(contact, { Reference: 'else' }))
  expect([other.status, other.json.Message]).toEqual([400, 'Idempotency Key: a is used with a different request.'])
  const bad = await put('b', invoiceBody(contact, { LineItems: [] }))
  expect([bad.status, (await put('b', invoiceBody(contact, { LineItems: [] }))).text]).toEqual([400, bad.text])
  expect((await put('x'.repeat(129), invoiceBody(contact))).status).toBe(400)
  caller.sandbox.advance(6 * 60_000 + 1000)
  await put('a', invoiceBody(contact))
  expect(caller.sandbox.ledger).toHaveLength(2)
  // Limits are looked at first: a repeat costs, and may be refused.
  caller.sandbox.setLimits({ perMinute: 0 })
  expect((await put('a', invoiceBody(contact))).status).toBe(429)
})

test('If-Modified-Since is read in each spelling, and an MS date in it is refused', async () => {
  const caller = await start()
  const newest = caller.sandbox.state.books.invoices.ordered.at(-5)?.updated ?? 0
  const iso = new Date(newest).toISOString()
  const count = async (since: string) =>
    (await caller.get('Invoices', { 'if-modified-since': since })).json.Invoices.length
  const expected = caller.sandbox.state.books.invoices.ordered.filter(
    (one) => one.updated >= Math.floor(newest / 1000) * 1000,
  ).length
  for (const since of [
    iso,
    `${iso.slice(0, 19)}.999Z`,
    iso.slice(0, 19),
    `${iso.slice(0, 19)}Z`,
    new Date(newest).toUTCString(),
  ]) {
    expect(await count(since)).toBe(expected)
  }
  expect((await caller.get('Invoices', { 'if-modified-since': `/Date(${newest}+0000)/` })).status).toBe(400)
})

test('a payment moves its invoice to the end of the changes, and so does taking it back', async () => {
  const caller = await start()
  const { books } = caller.sandbox.state
  const invoice = books.invoices.ordered.find((one) => one.status === 'AUTHORISED')
  if (!invoice) throw new Error('The seeded books have no open invoice.')
  const last = async () => (await caller.get('Invoices?page=1&order=UpdatedDateUTC+DESC&pageSize=1')).json.Invoices[0]
  caller.sandbox.pay(invoice.id)
  expect(await last()).toMatchObject({ InvoiceID: invoice.id, Status: 'PAID', AmountDue: 0 })
  const other = books.invoices.ordered.find((one) => one.status === 'DRAFT')
  caller.sandbox.edit(other?.id ?? '')
  expect((await last()).InvoiceID).toBe(other?.id)
  caller.sandbox.unpay(invoice.id)
  expect(await last()).toMatchObject({ InvoiceID: invoice.id, Status: 'AUTHORISED' })
})

test('a parameter that nobody knows is ignored, as Xero does', async () => {
  const { get } = await start()
  const [plain, odd] = await Promise.all(['Invoices?page=1', 'Invoices?page=1&colour=red'].map((path) => get(path)))
  expect([odd!.status, odd!.json.Invoices]).toEqual([200, plain!.json.Invoices])
})

test('a page beyond the end is empty, and sizes out of range are clamped', async () => {
  const caller = await start()
  const beyond = (await caller.get('Invoices?page=9')).json
  expect([beyond.Invoices, beyond.pagination]).toEqual([[], { page: 9, pageSize: 100, pageCount: 1, itemCount: 30 }])
  expect((await caller.get('Invoices?page=0&pageSize=5000')).json.pagination).toEqual({
    page: 1,
    pageSize: 1000,
    pageCount: 1,
    itemCount: 30,
  })
  const unpaged = (await caller.get('Invoices?pageSize=7')).json
  expect([unpaged.Invoices.length, unpaged.pagination, unpaged.Invoices[0].LineItems]).toEqual([30, undefined, []])
})

/** What the caller sees of each fault, and whether the work was done all the same. */
const SEEN: Readonly<Record<FaultKind, { seen: number | 'lost' | 'unreadable'; done: boolean }>> = {
  '429-minute': { seen: 429, done: false },
  '429-concurrent': { seen: 429, done: false },
  '429-day': { seen: 429, done: false },
  '429-appminute': { seen: 429, done: false },
  '503-offline': { seen: 503, done: false },
  '503-maintenance': { seen: 503, done: false },
  '503-unavailable': { seen: 503, done: false },
  '500-before': { seen: 500, done: false },
  '500-after': { seen: 500, done: true },
  'html-200': { seen: 200, done: false },
  slow: { seen: 200, done: true },
  drip: { seen: 200, done: true },
  reset: { seen: 'lost', done: false },
  'reset-after': { seen: 'lost', done: true },
  'expired-token': { seen: 401, done: false },
  forbidden: { seen: 403, done: false },
  'malformed-json': { seen: 'unreadable', done: true },
}

test('each limit names its problem, each 503 says in plain text why', async () => {
  const caller = await start()
  const seen = async (kind: FaultKind) => {
    caller.sandbox.addFaults([{ kind, delayMs: 5000 }])
    const { headers, text } = await caller.get('Organisation')
    const names = ['x-rate-limit-problem', 'retry-after', 'content-type']
    return [...names.map((name) => headers.get(name)), text]
  }
  const plain = 'text/plain; charset=utf-8'
  const kinds = FAULT_KINDS.filter((kind) => /^(429|503)/.test(kind))
  expect(Object.fromEntries(await Promise.all(kinds.map(async (kind) => [kind, await seen(kind)])))).toEqual({
    '429-minute': ['minute', '5', null, ''],
    '429-concurrent': ['concurrent', null, null, ''],
    '429-day': ['day', '5', null, ''],
    '429-appminute': ['appminute', '5', null, ''],
    '503-offline': [null, null, plain, 'The Organisation is offline'],
    '503-maintenance': [null, null, plain, 'The Xero API is offline for maintenance'],
    '503-unavailable': [null, null, plain, 'The Xero API is temporarily unavailable'],
  })
})

test.each(FAULT_KINDS)('the fault %s hits one matching request and then is over', async (kind) => {
  const caller = await start()
  caller.sandbox.addFaults([{ kind, match: { method: 'PUT', pathPrefix: '/api.xro/2.0/Contacts' }, delayMs: 5 }])
  expect((await caller.get('Contacts')).status).toBe(200)
  const answer = await caller.call('PUT', 'Contacts', { Name: `Under ${kind}` }).catch(() => undefined)
  const readable = answer?.status !== 200 || kind === 'html-200' || answer.json !== undefined
  expect(answer === undefined ? 'lost' : readable ? answer.status : 'unreadable').toBe(SEEN[kind].seen)
  expect(caller.sandbox.ledger.length === 1).toBe(SEEN[kind].done)
  // Written down when the answer has left, which may be after it arrived.
  await expect.poll(() => caller.sandbox.requests.last.map((entry) => entry.fault)).toContain(kind)
  expect((await caller.call('PUT', 'Contacts', { Name: `After ${kind}` })).status).toBe(200)
})

test('a lost answer can be fetched again with the same idempotency key', async () => {
  const caller = await start()
  caller.sandbox.addFaults([{ kind: 'reset-after' }])
  const put = () => caller.call('PUT', 'Contacts', { Name: 'Once Only Ltd' }, { 'idempotency-key': 'once' })
  await expect(put()).rejects.toThrow()
  expect((await put()).json.Contacts[0].Name).toBe('Once Only Ltd')
  expect(caller.sandbox.ledger).toHaveLength(1)
})

test('the control page works over HTTP for this machine, and refuses pages of other sites', async () => {
  const { sandbox } = await start()
  const invoice = sandbox.state.books.invoices.ordered.find((one) => one.status === 'AUTHORISED')
  const control = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    fetch(`${sandbox.url}/control${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  expect(await (await control('GET', '')).text()).toContain('<h1>Xero sandbox</h1>')
  expect((await control('POST', `/invoices/${invoice?.id}/pay`)).status).toBe(200)
  const twice = await control('POST', `/invoices/${invoice?.id}/pay`)
  expect([twice.status, await twice.json()]).toEqual([
    409,
    { error: 'Payments can only be made against Authorised documents' },
  ])
  expect(await (await control('GET', `/documents/${invoice?.id}`)).json()).toMatchObject({ Status: 'PAID' })
  expect(await (await control('GET', '/ledger')).json()).toMatchObject([{ method: 'CONTROL', resource: 'Payments' }])
  expect(await (await control('POST', '/faults', { kind: 'slow', times: 2 })).json()).toMatchObject({
    faults: [{ left: 2 }],
  })
  expect((await control('POST', '/faults', { kind: 'sloth' })).status).toBe(409)
  expect(await (await control('DELETE', '/faults')).json()).toEqual({ faults: [] })
  const state = await (await control('POST', '/limits', { perMinute: 3 })).json()
  expect(state).toMatchObject({ limits: { perMinute: 3 } })
  const totals = await (await control('GET', '/totals')).json()
  expect(totals).toEqual(JSON.parse(JSON.stringify(sandbox.totals())))
  expect((await control('POST', '/tokens/expire', undefined, { origin: 'https://evil.example' })).status).toBe(403)
})

test('without an Accept of JSON the caller is told what it would get; an unknown path is a 404 in HTML', async () => {
  const caller = await start()
  const xml = await caller.get('Organisation', { accept: 'application/xml' })
  expect([xml.status, xml.text]).toEqual([406, expect.stringContaining('Accept: application/json')])
  const unknown = await caller.get('Unicorns')
  expect([unknown.status, unknown.headers.get('content-type')]).toEqual([404, 'text/html; charset=utf-8'])
  const method = await caller.call('DELETE', 'Invoices/INV-0001')
  expect([method.status, method.json.ErrorNumber]).toEqual([501, 20])
})
