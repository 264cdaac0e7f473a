import * as openid from 'openid-client'
import { afterEach, expect, test } from 'vitest'
import wsse, { UsernameToken } from 'wsse'
import {
  type EmarsysSandbox,
  type SandboxOptions,
  startEmarsysSandbox,
} from '../../../connectors/emarsys/sandbox/server.ts'
import { wsseDigest } from '../../../connectors/emarsys/sandbox/wsse.ts'
import { bearerCaller, callerOf } from './sandbox-caller.ts'

let sandbox: EmarsysSandbox
const start = async (options: SandboxOptions = {}): Promise<EmarsysSandbox> => {
  sandbox = await startEmarsysSandbox(options)
  return sandbox
}
afterEach(() => sandbox.close())

const NONCE = '00112233445566778899aabbccddeeff'

const wsseHeader = (secret: string, created = new Date().toISOString().replace(/\.\d+Z/, 'Z')): string =>
  new UsernameToken({
    username: sandbox.wsseUser,
    password: secret,
    created,
    nonce: NONCE,
    sha1encoding: 'hex',
  }).toString()

const withWsse = (header: string) => callerOf(sandbox, { 'x-wsse': header })

const oauthClient = (secret: string): openid.Configuration => {
  const config = new openid.Configuration(
    { issuer: sandbox.url, token_endpoint: `${sandbox.url}/oauth2/token` },
    sandbox.clientId,
    undefined,
    openid.ClientSecretBasic(secret),
  )
  openid.allowInsecureRequests(config)
  return config
}

test('an independent OAuth client gets a token that opens both prefixes', async () => {
  await start({ clientSecret: 'a secret: with+odd/letters%', tokenSeconds: 120 })
  const tokens = await openid.clientCredentialsGrant(oauthClient(sandbox.clientSecret))

  expect(tokens.token_type).toBe('bearer')
  expect(tokens.expires_in).toBe(120)
  expect(tokens.access_token.split('.')).toHaveLength(3)
  const call = callerOf(sandbox, { authorization: `Bearer ${tokens.access_token}` })
  for (const prefix of ['/api/v3', '/api/v2']) {
    const answer = await call('GET', `${prefix}/settings`)
    expect(answer.status).toBe(200)
    expect(answer.body).toMatchObject({ replyCode: 0, replyText: 'OK', data: { timezone: 'Europe/Vienna' } })
  }
})

test('an independent OAuth client with a wrong secret is challenged', async () => {
  await start()
  await expect(openid.clientCredentialsGrant(oauthClient('wrong'))).rejects.toMatchObject({ status: 401 })
})

test('the token endpoint takes no secret from the form and no other grant', async () => {
  await start()
  const post = (body: string, headers: { [name: string]: string } = {}) =>
    fetch(`${sandbox.url}/oauth2/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body,
    })
  const inForm = `grant_type=client_credentials&client_id=${sandbox.clientId}&client_secret=${sandbox.clientSecret}`
  const refused = await post(inForm)
  expect([refused.status, await refused.json()]).toEqual([401, { error: 'invalid_client' }])
  const basic = { authorization: `Basic ${btoa(`${sandbox.clientId}:${sandbox.clientSecret}`)}` }
  const password = await post('grant_type=password', basic)
  expect([password.status, await password.json()]).toEqual([400, { error: 'unsupported_grant_type' }])
})

test('a token ends with its time, and at once when tokens are revoked', async () => {
  let now = Date.parse('2026-11-22T10:00:00Z')
  await start({ tokenSeconds: 60, now: () => now })
  const first = await bearerCaller(sandbox)
  now += 59_000
  expect((await first('GET', '/api/v3/settings')).status).toBe(200)
  now += 1_000
  const late = await first('GET', '/api/v3/settings')
  expect([late.status, late.body]).toEqual([401, { replyCode: 1, replyText: 'Unauthorized', data: '' }])

  const second = await bearerCaller(sandbox)
  expect((await second('GET', '/api/v3/settings')).status).toBe(200)
  expect(sandbox.revokeTokens()).toBeGreaterThan(0)
  expect((await second('GET', '/api/v3/settings')).status).toBe(401)
})

test('the digest is base64 of the hex text', () => {
  const digest = wsseDigest(NONCE, '2026-11-22T10:00:00Z', 'demo-secret')
  expect(digest).toBe('MDMyYjAxNGNhYTdiYzdjOTc5MmI1ZTY2YTJkM2QzYjAxMDRjNGJhZQ==')
  const independent = new UsernameToken({
    username: 'x',
    password: 'demo-secret',
    created: '2026-11-22T10:00:00Z',
    nonce: NONCE,
    sha1encoding: 'hex',
  })
  expect(independent.getPasswordDigest()).toBe(digest)
})

test('the header of the wsse package is taken on v2 with hex digests, and refused as the package makes it by default', async () => {
  await start()
  expect((await withWsse(wsseHeader(sandbox.wsseSecret))('GET', '/api/v2/settings')).status).toBe(200)

  const usual = wsse({ username: sandbox.wsseUser, password: sandbox.wsseSecret }).toString()
  const refused = await withWsse(usual)('GET', '/api/v2/settings')
  expect([refused.status, refused.body.replyCode]).toEqual([401, 1])
  expect((await withWsse(wsseHeader('wrong'))('GET', '/api/v2/settings')).status).toBe(401)
  expect((await withWsse(wsseHeader(sandbox.wsseSecret))('GET', '/api/v3/settings')).status).toBe(401)
})

test('WSSE parts may come in any order and letter case', async () => {
  await start()
  const created = new Date().toISOString()
  const digest = wsseDigest(NONCE, created, sandbox.wsseSecret)
  const header = `UsernameToken Created="${created}", nonce="${NONCE}", passwordDigest="${digest}", Username="${sandbox.wsseUser}"`
  expect((await withWsse(header)('GET', '/api/v2/settings')).status).toBe(200)
  expect((await callerOf(sandbox, { wsse: header })('GET', '/api/v2/settings')).status).toBe(200)
})

test('WSSE clocks may differ by five minutes, in every spelling of the zone', async () => {
  await start({ now: () => Date.parse('2026-11-22T10:00:00Z') })
  const statusAt = async (created: string): Promise<number> =>
    (await withWsse(wsseHeader(sandbox.wsseSecret, created))('GET', '/api/v2/settings')).status
  expect(await statusAt('2026-11-22T09:55:00Z')).toBe(200)
  expect(await statusAt('2026-11-22T11:05:00.000+0100')).toBe(200)
  expect(await statusAt('2026-11-22T10:05:00+00:00')).toBe(200)
  expect(await statusAt('2026-11-22T09:54:59Z')).toBe(401)
  expect(await statusAt('2026-11-22T10:05:01Z')).toBe(401)
  expect(await statusAt('yesterday')).toBe(401)
  // Without a zone it is Vienna's time: an hour ahead of UTC in winter.
  expect(await statusAt('2026-11-22T11:00:00')).toBe(200)
  expect(await statusAt('2026-11-22T10:00:00')).toBe(401)
  sandbox.setQuirks({ clockSkewMs: 1000 })
  expect(await statusAt('2026-11-22T09:59:59Z')).toBe(200)
  expect(await statusAt('2026-11-22T09:59:58Z')).toBe(401)
})

test('a nonce may come twice, unless the account is told to refuse that', async () => {
  await start()
  const status = async (header: string) => (await withWsse(header)('GET', '/api/v2/settings')).status
  const header = wsseHeader(sandbox.wsseSecret)
  expect([await status(header), await status(header)]).toEqual([200, 200])
  sandbox.setQuirks({ nonceReplay: 'refused' })
  expect([await status(header), await status(header)]).toEqual([200, 401])
  const created = new Date().toISOString()
  const nonce = 'FFEEDDCCBBAA99887766554433221100'
  const digest = wsseDigest(nonce, created, sandbox.wsseSecret)
  const other = `UsernameToken Username="${sandbox.wsseUser}", PasswordDigest="${digest}", Nonce="${nonce}", Created="${created}"`
  expect([await status(other), await status(other)]).toEqual([200, 401])
})

test('a permission that is switched off answers 403 without a code, to that credential only', async () => {
  await start()
  sandbox.setPermissions({ off: ['contact.update'] })
  const call = await bearerCaller(sandbox)
  const body = { key_id: '3', '3': 'ada@example.com' }
  const refused = await call('PUT', '/api/v3/contact/?create_if_not_exists=1', body)
  expect([refused.status, refused.body.replyCode, refused.body.data]).toEqual([403, null, ''])
  expect(sandbox.contacts.size).toBe(0)
  expect((await call('POST', '/api/v3/contact', body)).status).toBe(200)
  expect((await withWsse(wsseHeader(sandbox.wsseSecret))('PUT', '/api/v2/contact', body)).status).toBe(200)

  sandbox.setPermissions({ on: ['contact.update'] })
  expect((await call('PUT', '/api/v3/contact/', body)).status).toBe(200)
})

test('every answer counts down the minute, and past it comes 429 with 7003 and no Retry-After', async () => {
  let now = Date.parse('2026-11-22T10:00:30Z')
  await start({ limits: { perMinute: 2 }, now: () => now })
  const call = await bearerCaller(sandbox)
  const reset = String(Date.parse('2026-11-22T10:01:00Z') / 1000)
  const first = await call('GET', '/api/v3/settings')
  expect(first.headers.get('x-ratelimit-limit')).toBe('2')
  expect(first.headers.get('x-ratelimit-remaining')).toBe('1')
  expect(first.headers.get('x-ratelimit-reset')).toBe(reset)
  expect((await call('GET', '/api/v3/field')).status).toBe(200)
  const over = await call('GET', '/api/v3/settings')
  expect([over.status, over.body.replyCode]).toEqual([429, 7003])
  expect(over.headers.get('retry-after')).toBeNull()
  expect(over.headers.get('x-ratelimit-remaining')).toBe('0')

  now += 30_000
  expect((await call('GET', '/api/v3/settings')).status).toBe(200)
})

test('the health check asks for no login', async () => {
  await start()
  expect((await fetch(`${sandbox.url}/healthcheck`)).status).toBe(200)
})
