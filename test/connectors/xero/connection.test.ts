import { afterEach, expect, test } from 'vitest'
import type { Context } from '../../../connectors/kit/connector.ts'
import type { StepError } from '../../../connectors/kit/errors.ts'
import { failedFinding } from '../../../connectors/kit/failed-finding.ts'
import { xeroError } from '../../../connectors/xero/client/client.ts'
import { xero } from '../../../connectors/xero/index.ts'
import type { XeroSandboxOptions } from '../../../connectors/xero/sandbox/server.ts'
import { createBudget } from '../../../server/connect/budget.ts'
import { createEgressAgent } from '../../../server/connect/egress.ts'
import { createHttp } from '../../../server/connect/http.ts'
import { openXero, operationOf, settingsOf, xeroAccount } from '../support/accounts.ts'
import { collect, rejection } from '../support/remote.ts'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

const signal = new AbortController().signal

async function account(options: XeroSandboxOptions = {}, connection: object = {}, login = 'custom-connection') {
  const sandbox = await xeroAccount({ contacts: 12, invoices: 20, creditNotes: 2, autoApprove: true, ...options })
  const opened = openXero(sandbox, { connection: { ...connection }, login })
  closing.push(sandbox.close, opened.close)
  return { sandbox, opened, context: opened.context<unknown>({}) }
}

test('a custom connection finds its organisation and its currency by itself, and pins both', async () => {
  const { sandbox, context } = await account({}, { tenantId: '' })
  const found = await xero.discover?.(context)
  expect(found?.settings).toMatchObject({
    tenantId: sandbox.tenantId,
    baseCurrency: expect.stringMatching(/^[A-Z]{3}$/),
  })
  expect(found?.settings.organisation).toBeTruthy()
  expect(found?.pinned).toEqual({ tenantId: sandbox.tenantId, baseCurrency: found?.settings.baseCurrency })
})

test('a login that does not reach the wanted organisation is told so', async () => {
  const { context } = await account({}, { tenantId: '00000000-0000-4000-8000-000000000000' })
  expect(await rejection(Promise.resolve(xero.discover?.(context)))).toMatchObject({ code: 'TENANT_GONE' })
})

test('the connection test tells which permissions work and which are missing', async () => {
  const whole = await account()
  expect((await xero.test(whole.context)).map((finding) => finding.ok)).toEqual([true, true, true, true])

  const narrow = await account({}, { scopes: ['accounting.contacts.read'] })
  const findings = await xero.test(narrow.context)
  expect(findings.map((finding) => [finding.title, finding.ok])).toEqual([
    ['Organisation', false],
    ['Contacts', true],
    ['Invoices', false],
    ['Credit notes', false],
  ])
  expect(findings[2]?.detail).toContain('accounting.invoices.read')
  // A new token would not have helped, so none was asked for.
  expect(narrow.opened.logins()).toBe(1)
})

test('a login that Xero refuses is said in plain words; what came back stands apart', async () => {
  const { sandbox } = await account()
  const wrong = openXero(sandbox, { secrets: { clientSecret: 'not-the-right-one' } })
  closing.push(wrong.close)
  const [finding] = await xero.test(wrong.context({}) as Context)
  expect(finding).toMatchObject({ title: 'Organisation', ok: false, refused: true })
  expect(finding?.detail).toMatch(/does not accept this login.*Sign in again, or enter the keys anew\.$/)
  expect(finding?.detail).not.toMatch(/HTTP|invalid_client|[{}"]/)
  expect(finding?.said).toContain('invalid_client')
})

test('a refusal without Xero’s usual shape shows none of its JSON in the words', async () => {
  const answer = { status: 401, headers: {}, text: '{"Title":"Unauthorized","Status":401,"Instance":"ab-1"}' }
  const finding = failedFinding('Invoices', xeroError(answer, 'list invoices', []))
  expect(finding.detail).not.toMatch(/[{}"]|401/)
  expect(finding.said).toContain('"Title":"Unauthorized"')
})

test('a disconnected organisation pauses, and a refused client is not tried again', async () => {
  const { sandbox, opened } = await account()
  const organisation = operationOf(xero, 'get-organisation', 'read')
  const read = () => collect(organisation.read(opened.context(settingsOf(organisation)) as Context<never>, undefined))
  await read()
  sandbox.state.connection = undefined
  expect(await rejection(read())).toMatchObject({ code: 'TENANT_GONE', reaction: 'pause' })

  const wrong = openXero(sandbox, { secrets: { clientSecret: 'not-the-right-one' } })
  closing.push(wrong.close)
  const error = await rejection(collect(organisation.read(wrong.context({}) as Context<never>, undefined)))
  expect(error).toMatchObject({ code: 'LOGIN_REFUSED', reaction: 'pause' })
  expect((error as StepError).message).not.toContain('not-the-right-one')
})

test('an organisation that is offline is asked again in five minutes', async () => {
  const { sandbox, opened } = await account()
  sandbox.state.faults.add([{ kind: '503-offline', match: { pathPrefix: '/api.xro' } }])
  const organisation = operationOf(xero, 'get-organisation', 'read')
  const error = await rejection(collect(organisation.read(opened.context({}) as Context<never>, undefined)))
  expect(error).toMatchObject({ code: 'REMOTE_DOWN', reaction: 'retry', retryAfterMs: 300_000 })
})

test('the code flow: consent, exchange, refresh with a new refresh token each time', async () => {
  const { sandbox } = await account({}, {}, 'oauth-code')
  const kind = xero.logins.find((login) => login.name === 'oauth-code')!
  const connection = { identityUrl: sandbox.url, loginUrl: sandbox.url, apiUrl: sandbox.url }
  const secrets = { clientId: sandbox.clientId, clientSecret: sandbox.clientSecret }
  const redirectUri = 'http://localhost:3000/api/v1/connections/callback'
  const address = kind.authorize?.url({ connection, secrets, redirectUri, state: 'st&te=1', scopes: [] }) ?? ''
  const asked = new URL(address).searchParams
  expect(asked.get('scope')?.split(' ')).toEqual(
    expect.arrayContaining([
      'offline_access',
      'accounting.contacts.read',
      'accounting.invoices.read',
      'accounting.settings.read',
    ]),
  )
  expect(address).not.toContain(sandbox.clientSecret)
  const consent = await fetch(address, { redirect: 'manual' })
  const back = new URL(consent.headers.get('location') ?? '')
  expect(back.searchParams.get('state')).toBe('st&te=1')

  const hosts = xero.hosts(connection)
  const agent = createEgressAgent({ allow: new Set(hosts) })
  closing.push(() => agent.destroy())
  const http = createHttp({
    agent,
    hosts,
    allow: new Set(hosts),
    budget: createBudget(xero.limits(connection, { credential: sandbox.clientId })[0]!),
    signal,
  })
  const context = { http, connection, secrets, signal, now: Date.now() }
  const code = back.searchParams.get('code') ?? ''
  const first = (await kind.authorize?.exchange({ ...context, tokens: undefined, code, redirectUri }))!
  expect(first.refresh).toBeTruthy()
  expect(first.expiresAt - context.now).toBe(1_800_000)
  expect(await rejection(kind.authorize!.exchange({ ...context, tokens: undefined, code, redirectUri }))).toMatchObject(
    {
      code: 'LOGIN_REFUSED',
    },
  )

  const second = (await kind.login?.({ ...context, tokens: first }))!
  expect(second.refresh).not.toBe(first.refresh)
  const opened = openXero(sandbox, { login: 'oauth-code', tokens: second })
  closing.push(opened.close)
  expect((await xero.discover?.(opened.context<unknown>({})))?.pinned.tenantId).toBe(sandbox.tenantId)

  expect(await rejection(kind.login!({ ...context, tokens: undefined }))).toMatchObject({ code: 'LOGIN_REFUSED' })
})

test('a token is shown to the API only', () => {
  const kind = xero.logins[0]!
  const connection = { identityUrl: 'https://identity.example', apiUrl: 'https://api.example' }
  const tokens = { access: 'secret-token', expiresAt: 0 }
  const apply = (url: string) => kind.apply({ method: 'GET', url }, { connection, secrets: {}, tokens, now: 0 }).headers
  expect(apply('https://api.example/api.xro/2.0/Invoices')).toEqual({ authorization: 'Bearer secret-token' })
  for (const url of [
    'https://identity.example/connect/token',
    'https://api.example.evil/',
    'https://api.example:444/',
  ]) {
    expect(apply(url)).toBeUndefined()
  }
})

test('stays inside a minute limit that others use too, and says when to come back', async () => {
  const sandbox = await xeroAccount({ contacts: 12, invoices: 20, creditNotes: 2, limits: { perMinute: 6 } })
  const opened = openXero(sandbox, {
    budget: createBudget(
      xero.limits({ apiUrl: sandbox.url, tenantId: sandbox.tenantId }, { credential: sandbox.clientId })[0]!,
      { longestWaitMs: 1000 },
    ),
  })
  closing.push(sandbox.close, opened.close)
  const organisation = operationOf(xero, 'get-organisation', 'read')
  const read = () => collect(organisation.read(opened.context({}) as Context<never>, undefined))
  for (let call = 0; call < 6; call++) await read()
  const error = await rejection(read())
  expect(error).toMatchObject({ code: 'RATE_LIMITED', dialled: 'no' })
  // Our book stopped us, not a 429.
  expect(opened.exchanges.every((exchange) => exchange.status === 200)).toBe(true)
})

test('looks up what it is asked for, in the spelling it was asked, and leaves out what is no id', async () => {
  const { sandbox, opened } = await account()
  const lookup = operationOf(xero, 'get-contacts', 'lookup')
  const contact = sandbox.state.books.contacts.ordered[0]!
  const keys = [contact.id.toUpperCase(), 'not an id', '00000000-0000-4000-8000-000000000000', '") OR 1==1']
  const found = await lookup.find(opened.context(settingsOf(lookup)) as Context<never>, keys)
  expect([...found.keys()]).toEqual([contact.id.toUpperCase()])
  expect(found.get(contact.id.toUpperCase())?.EmailAddress).toBe(contact.email)
  expect((await lookup.find(opened.context(settingsOf(lookup)) as Context<never>, ['x'])).size).toBe(0)
  expect(opened.exchanges).toHaveLength(1)
})

test('gives an invoice with its lines, days as days and money as numbers', async () => {
  const { opened } = await account()
  const list = operationOf(xero, 'list-invoices', 'read')
  const [page] = await collect(list.read(opened.context(settingsOf(list)) as Context<never>, undefined))
  const invoice = page?.records[0] as { [field: string]: unknown }
  expect(invoice.Date).toMatch(/^\d{4}-\d{2}-\d{2}$/)
  expect(invoice.UpdatedDateUTC).toMatch(/^\d{4}-\d{2}-\d{2}T.*Z$/)
  expect(invoice).not.toHaveProperty('DateString')
  expect(typeof invoice.SubTotal).toBe('number')
  expect(invoice.LineItems).toEqual(
    expect.arrayContaining([expect.objectContaining({ LineAmount: expect.any(Number) })]),
  )
})
