import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ensureSetupLink, replaceSetupLink } from '../../server/api/people/set-up-link.ts'
import type { Api } from '../../server/api/http/parts.ts'
import { stopToken } from '../../server/weekly/stop-link.ts'
import { createKeyring } from '../../server/store/key/secrets.ts'
import { hashSecret, newSecret } from '../../server/api/http/sessions.ts'
import { insertPasswordLink } from '../../server/store/people/password-links.ts'
import {
  API,
  cookieOf,
  type Installation,
  install,
  invoiceFlow,
  PASSWORD,
  publishedFlow,
  signIn,
} from './installation.ts'

let it: Installation
beforeAll(async () => {
  it = await install()
})
afterAll(() => it.close())

const owner = (token: string, more: object = {}) => ({
  token,
  email: 'Ada@example.com',
  name: 'Ada',
  password: PASSWORD,
  workspace: 'Nordwind',
  ...more,
})
const setUp = (payload: object) =>
  it.api.inject({ method: 'POST', url: `${API}/setup`, payload, remoteAddress: '10.9.0.1' })
const tokenOf = (link: string | undefined) => link?.split('#')[1] ?? ''

describe('the set-up link', () => {
  const keys = createKeyring(Buffer.alloc(32, 5))

  test('alone lets somebody in, once: it makes the owner and the first workspace', async () => {
    expect((await it.api.inject(`${API}/setup`)).json()).toEqual({ done: false })
    expect((await it.api.inject(`${API}/me`)).statusCode).toBe(401)
    expect((await setUp(owner('a-token-that-nobody-made'))).json().code).toBe('SETUP_LINK_DEAD')

    const several = [1, 2, 3].map(() => ensureSetupLink(it.database.system.db, keys))
    const [first, ...others] = (await Promise.all(several)).map(tokenOf)
    expect(others).toEqual([first, first])
    const lost = tokenOf(await ensureSetupLink(it.database.system.db, keys))
    expect(lost).toBe(first)
    const token = tokenOf(await replaceSetupLink(it.database.system.db))
    expect((await setUp(owner(lost))).statusCode).toBe(410)

    const weak = await setUp(owner(token, { password: 'password12345' }))
    expect(weak.json()).toMatchObject({ status: 422, code: 'PASSWORD_WEAK' })
    expect((await setUp(owner(token, { password: 'short' }))).statusCode).toBe(400)

    const both = await Promise.all([setUp(owner(token)), setUp(owner(token, { email: 'eve@example.com' }))])
    expect(both.map((answer) => answer.statusCode).sort()).toEqual([201, 410])
    const made = both.find((answer) => answer.statusCode === 201)
    expect(made?.json().workspaces).toMatchObject([{ name: 'Nordwind', role: 'owner' }])

    expect((await setUp(owner(token))).statusCode).toBe(410)
    expect(await ensureSetupLink(it.database.system.db, keys)).toBeUndefined()
    expect((await it.api.inject(`${API}/setup`)).json()).toEqual({ done: true })
  })

  test('is stored as a hash only, and ends after its hours', async () => {
    const links = await it.database.owner.db.selectFrom('setup_links').selectAll().execute()
    expect(links.map(({ hash }) => hash.length)).toEqual([32])
    expect(links[0]?.used_at).not.toBeNull()
  })
})

describe('a session', () => {
  test('begins with the right password, in any spelling of the address, and ends by signing out', async () => {
    const workspace = await it.workspace()
    const { email } = await it.member(workspace, 'finance')
    const cookie = await signIn(it.api, email.toUpperCase(), PASSWORD)
    const me = await it.api.inject({ url: `${API}/me`, headers: { cookie } })
    expect(me.json()).toMatchObject({
      user: { email },
      via: 'session',
      workspaces: [{ id: workspace, role: 'finance' }],
    })

    const out = await it.api.inject({
      method: 'DELETE',
      url: `${API}/session`,
      headers: { cookie, 'sec-fetch-site': 'same-origin' },
    })
    expect(out.statusCode).toBe(204)
    expect((await it.api.inject({ url: `${API}/me`, headers: { cookie } })).statusCode).toBe(401)
  })

  test('does nothing for a page of somebody else that is still open in the same browser', async () => {
    const workspace = await it.workspace()
    const [first, second] = [await it.member(workspace, 'owner'), await it.member(workspace, 'owner')]
    const cookie = await signIn(it.api, second.email, PASSWORD)
    const made = (page: object) =>
      it.api.inject({
        ...{ method: 'POST', url: `${API}/workspaces/${workspace}/flows`, payload: invoiceFlow() },
        headers: { cookie, 'sec-fetch-site': 'same-origin', ...page },
      })
    const refused = await made({ 'x-tieline-person': first.id })
    expect(refused.json()).toMatchObject({
      status: 401,
      code: 'SIGN_IN_REQUIRED',
      detail: expect.stringContaining('Somebody else'),
    })
    expect((await second.call('GET', `/workspaces/${workspace}/flows`)).json().items).toEqual([])
    expect((await made({ 'x-tieline-person': second.id })).statusCode).toBe(201)
    expect((await made({})).statusCode).toBe(201)
  })

  test('streams and hands out nothing to a page of somebody else', async () => {
    const workspace = await it.workspace()
    const [first, second] = [await it.member(workspace, 'owner'), await it.member(workspace, 'owner')]
    const { flow } = await publishedFlow(second, workspace)
    const run = (await second.call('POST', `/workspaces/${workspace}/flows/${flow}/run`, {})).json().id
    await it.database.owner.db.updateTable('runs').set({ state: 'succeeded' }).where('id', '=', run).execute()
    const cookie = await signIn(it.api, second.email, PASSWORD)
    const asked = (what: string, person: string) =>
      it.api.inject({
        url: `${API}/workspaces/${workspace}/${what}?${person}`,
        headers: { cookie, 'sec-fetch-site': 'same-origin' },
      })
    const of = (...people: string[]) => people.map((one) => `x-tieline-person=${one}`).join('&')
    for (const what of [`runs/${run}/events`, 'audit/export', 'export']) {
      for (const person of [of(first.id), of(second.id, first.id), of('')]) {
        expect((await asked(what, person)).json()).toMatchObject({ code: 'SIGN_IN_REQUIRED' })
      }
      const { statusCode, body } = await asked(what, of(second.id))
      expect(statusCode, body).toBe(200)
    }
  })

  test('is kept as a hash: what a thief of the table finds opens nothing', async () => {
    const { email } = await it.member(await it.workspace(), 'operator')
    const cookie = await signIn(it.api, email, PASSWORD)
    const [name, secret = ''] = cookie.split('=')
    expect(Buffer.from(secret, 'base64url')).toHaveLength(32)
    const rows = await it.database.owner.db.selectFrom('sessions').selectAll().execute()
    const row = rows.find(({ hash }) => hash.equals(hashSecret(secret)))
    if (!row) throw new Error('the session is not in its table')
    for (const stolen of [row.hash.toString('hex'), row.hash.toString('base64'), row.hash.toString('base64url')]) {
      const answer = await it.api.inject({ url: `${API}/me`, headers: { cookie: `${name}=${stolen}` } })
      expect(answer.statusCode).toBe(401)
    }
  })

  test('is a new one at every sign-in, and the one the browser brought ends', async () => {
    const { email } = await it.member(await it.workspace(), 'operator')
    const before = await signIn(it.api, email, PASSWORD)
    const again = await it.api.inject({
      method: 'POST',
      url: `${API}/session`,
      headers: { cookie: before },
      payload: { email, password: PASSWORD },
      remoteAddress: '10.9.0.2',
    })
    expect(cookieOf(again)).not.toBe(before)
    expect((await it.api.inject({ url: `${API}/me`, headers: { cookie: before } })).statusCode).toBe(401)
  })

  test.each(['seen_at', 'expires_at'] as const)('ends when %s is too long ago', async (column) => {
    const { email } = await it.member(await it.workspace(), 'operator')
    const cookie = await signIn(it.api, email, PASSWORD)
    const hash = hashSecret(cookie.split('=')[1] ?? '')
    const longAgo = new Date(Date.now() - 31 * 60_000)
    await it.database.owner.db
      .updateTable('sessions')
      .set({ [column]: longAgo })
      .where('hash', '=', hash)
      .execute()
    expect((await it.api.inject({ url: `${API}/me`, headers: { cookie } })).statusCode).toBe(401)
  })

  test('ends for somebody who is disabled', async () => {
    const person = await it.member(await it.workspace(), 'operator')
    await it.database.owner.db
      .updateTable('users')
      .set({ disabled_at: new Date() })
      .where('id', '=', person.id)
      .execute()
    expect((await person.call('GET', '/me')).statusCode).toBe(401)
    await expect(signIn(it.api, person.email, PASSWORD)).rejects.toThrow('401')
  })

  test('travels in a cookie that scripts and other sites do not get', async () => {
    const { email } = await it.member(await it.workspace(), 'operator')
    const answer = await it.api.inject({
      method: 'POST',
      url: `${API}/session`,
      payload: { email, password: PASSWORD },
      remoteAddress: '10.9.0.3',
    })
    expect(answer.cookies[0]).toMatchObject({ name: 'tieline', httpOnly: true, sameSite: 'Lax', path: '/' })
  })

  test('changes nothing when another site sends the request', async () => {
    const workspace = await it.workspace()
    const { email } = await it.member(workspace, 'owner')
    const cookie = await signIn(it.api, email, PASSWORD)
    const attempt = (headers: Record<string, string>) =>
      it.api.inject({
        method: 'POST',
        url: `${API}/workspaces/${workspace}/tokens`,
        headers: { cookie, host: 'tieline.test', ...headers },
        payload: { name: 'Stolen' },
      })
    const foreign: Record<string, string>[] = [
      {},
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'https://evil.test' },
      { origin: 'null' },
      { origin: 'http://tieline.test', 'sec-fetch-site': 'cross-site' },
    ]
    for (const headers of foreign) {
      const answer = await attempt(headers)
      expect([answer.statusCode, answer.json().code]).toEqual([403, 'ORIGIN_REFUSED'])
    }
    expect((await attempt({ origin: 'http://tieline.test' })).statusCode).toBe(201)
    expect((await attempt({ 'sec-fetch-site': 'same-origin' })).statusCode).toBe(201)
  })

  test('reads, streams and exports nothing when another site asks; a token may be sent from anywhere', async () => {
    const workspace = await it.workspace()
    const owner = await it.member(workspace, 'owner')
    const cookie = await signIn(it.api, owner.email, PASSWORD)
    const at = `${API}/workspaces/${workspace}`
    const { secret } = (await owner.call('POST', `/workspaces/${workspace}/tokens`, { name: 'Reader' })).json()
    const nowhere = `${at}/runs/00000000-0000-4000-8000-000000000000`
    const asked = [`${at}/audit/export`, `${at}/flows`, `${nowhere}/events`, `${API}/me`]
    const ask = async (url: string, headers: Record<string, string>) =>
      (await it.api.inject({ url, headers: { host: 'tieline.test', ...headers } })).statusCode
    for (const url of asked) {
      const there = url.startsWith(nowhere) ? 404 : 200
      for (const headers of [
        { 'sec-fetch-site': 'cross-site' },
        { 'sec-fetch-site': 'same-site' },
        { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' },
        { origin: 'http://other.tieline.test' },
      ] as Record<string, string>[]) {
        expect([url, headers, await ask(url, { cookie, ...headers })]).toEqual([url, headers, 403])
        expect(await ask(url, { authorization: `Bearer ${secret}`, ...headers })).toBe(there)
      }
      for (const headers of [{}, { 'sec-fetch-site': 'same-origin' }, { 'sec-fetch-site': 'none' }] as Record<
        string,
        string
      >[]) {
        expect([url, headers, await ask(url, { cookie, ...headers })]).toEqual([url, headers, there])
      }
    }
  })
})

test('a thousand guesses from a thousand addresses get ten tries at an account', async () => {
  const { email } = await it.member(await it.workspace(), 'owner')
  const statuses: number[] = []
  for (let guess = 0; guess < 1000; guess++) {
    const answer = await it.api.inject({
      method: 'POST',
      url: `${API}/session`,
      payload: { email, password: `guess number ${guess}` },
      remoteAddress: `10.${100 + (guess >> 8)}.${guess & 255}.1`,
    })
    statuses.push(answer.statusCode)
  }
  expect(statuses.filter((status) => status === 401)).toHaveLength(10)
  expect(statuses.filter((status) => status === 429)).toHaveLength(990)
})

describe('while strangers guess at an account', () => {
  let from = 0
  const tries = (email: string, password: string, cookie?: string) =>
    it.api.inject({
      ...{ method: 'POST', url: `${API}/session`, payload: { email, password } },
      ...{ remoteAddress: `10.7.0.${++from}`, headers: cookie === undefined ? {} : { cookie } },
    })
  const knownOf = (answer: { cookies: { name: string; value: string }[] }) => {
    const known = answer.cookies.find(({ name }) => name === 'tieline-known')
    return `tieline-known=${known?.value}`
  }
  const lockOut = async (email: string) => {
    for (let guess = 0; guess < 10; guess++) expect((await tries(email, `guess ${guess}`)).statusCode).toBe(401)
    expect((await tries(email, PASSWORD)).statusCode).toBe(429)
  }

  test('the browser that its person has signed in with goes on, with ten tries of its own', async () => {
    const workspace = await it.workspace()
    const [{ email }, other] = [await it.member(workspace, 'owner'), await it.member(workspace, 'finance')]
    const first = await tries(email, PASSWORD)
    const known = knownOf(first)
    expect(first.headers['set-cookie']).toContainEqual(expect.stringMatching(/^tieline-known=.*HttpOnly; SameSite=Lax/))
    await lockOut(email)
    expect((await tries(email, PASSWORD, known)).statusCode).toBe(200)
    expect((await tries(email, PASSWORD)).statusCode).toBe(429) // its success gives nobody else a guess
    // For nobody else, and not made up.
    const made = ['tieline-known=', `${known}x`, known.replace(/.$/, (last) => (last === 'A' ? 'Q' : 'A'))]
    for (const cookie of [...made, knownOf(await tries(other.email, PASSWORD))]) {
      expect((await tries(email, PASSWORD, cookie)).statusCode).toBe(429)
    }
    // Two people share one browser.
    const both = knownOf(await tries(other.email, PASSWORD, known))
    expect((await tries(email, PASSWORD, both)).statusCode).toBe(200)
    for (let guess = 0; guess < 10; guess++) await tries(email, `guess ${guess}`, both)
    expect((await tries(email, PASSWORD, both)).statusCode).toBe(429)
    expect((await tries(other.email, PASSWORD, both)).statusCode).toBe(200)
  })

  test('its person, signed in, still shows who they are, and a new password lets them in', async () => {
    const person = await it.member(await it.workspace(), 'owner')
    await lockOut(person.email)
    expect((await person.call('POST', '/session/proof', { password: PASSWORD })).statusCode).toBe(204)
    const token = newSecret()
    await insertPasswordLink(it.database.system.db, {
      ...{ hash: hashSecret(token), user: person.id, madeBy: 'mail', minutes: 60 },
    })
    const payload = { token, password: 'six tall poplars in a row' }
    const set = await it.api.inject({ method: 'PUT', url: `${API}/password`, payload, remoteAddress: '10.7.1.1' })
    expect((await tries(person.email, payload.password)).statusCode).toBe(429)
    expect((await tries(person.email, payload.password, knownOf(set))).statusCode).toBe(200)
  })
})

test('one address gets twenty tries a minute, whoever it tries to be', async () => {
  const statuses: number[] = []
  for (let guess = 0; guess < 40; guess++) {
    const answer = await it.api.inject({
      method: 'POST',
      url: `${API}/session`,
      payload: { email: `nobody-${guess}@example.com`, password: 'guess' },
      remoteAddress: '10.8.0.1',
    })
    statuses.push(answer.statusCode)
    if (answer.statusCode === 429) {
      expect(answer.json().code).toBe('RATE_LIMITED')
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
    }
  }
  expect(statuses.filter((status) => status === 401)).toHaveLength(20)
})

test('an address that nobody has takes as long to be refused as a wrong password', async () => {
  const { email } = await it.member(await it.workspace(), 'owner')
  const times: { readonly known: number[]; readonly unknown: number[] } = { known: [], unknown: [] }
  for (let round = 0; round < 8; round++) {
    for (const [who, address] of [
      ['known', email],
      ['unknown', `nobody-at-all-${round}@example.com`],
    ] as const) {
      const since = performance.now()
      const answer = await it.api.inject({
        method: 'POST',
        url: `${API}/session`,
        payload: { email: address, password: 'a wrong password' },
        remoteAddress: `10.7.${round}.1`,
      })
      times[who].push(performance.now() - since)
      expect([who, answer.statusCode, answer.json().code]).toEqual([who, 401, 'SIGN_IN_REFUSED'])
    }
  }
  // The fastest of each, which little else has held up. Without a password to check it would be a twentieth.
  const [known, unknown] = [Math.min(...times.known), Math.min(...times.unknown)]
  expect(unknown).toBeGreaterThan(known * 0.5)
  expect(unknown).toBeLessThan(known * 2.5)
})

describe('where a request comes from', () => {
  const from = async (api: Api, remoteAddress: string, forwarded: string) => {
    const { email } = await it.member(await it.workspace(), 'owner')
    const cookie = cookieOf(
      await api.inject({
        method: 'POST',
        url: `${API}/session`,
        payload: { email, password: PASSWORD },
        remoteAddress,
        headers: { 'x-forwarded-for': forwarded, 'x-real-ip': forwarded, forwarded: `for=${forwarded}` },
      }),
    )
    const row = await it.database.owner.db
      .selectFrom('sessions')
      .select('address')
      .where('hash', '=', hashSecret(cookie.split('=')[1] ?? ''))
      .executeTakeFirstOrThrow()
    return row.address
  }

  test('is not what it says of itself, neither for limits nor for records', async () => {
    expect(await from(it.api, '10.6.0.1', '203.0.113.9')).toBe('10.6.0.1')
    const statuses: number[] = []
    for (let guess = 0; guess < 25; guess++) {
      const answer = await it.api.inject({
        method: 'POST',
        url: `${API}/session`,
        payload: { email: `somebody-${guess}@example.com`, password: 'guess' },
        remoteAddress: '10.6.0.2',
        headers: { 'x-forwarded-for': `203.0.113.${guess}` },
      })
      statuses.push(answer.statusCode)
    }
    expect(statuses.filter((status) => status === 429)).toHaveLength(5)
  })

  test('is what a proxy that was named says, and nothing that was said to the proxy', async () => {
    const behind = await install({ database: it.database, trustedProxies: ['10.6.1.1', '10.6.2.0/24'] })
    try {
      expect(await from(behind.api, '10.6.1.1', '198.51.100.66, 203.0.113.9')).toBe('203.0.113.9')
      expect(await from(behind.api, '10.6.1.1', '198.51.100.66, 203.0.113.9, 10.6.2.7')).toBe('203.0.113.9')
      expect(await from(behind.api, '10.6.3.1', '203.0.113.9')).toBe('10.6.3.1')
    } finally {
      await behind.close()
    }
  })
})

test('what opens one door opens no other', async () => {
  const workspace = await it.workspace()
  const boss = await it.member(workspace, 'owner')
  const member = await it.member(workspace, 'client')
  const tail = (link: string) => link.split('#')[1] ?? ''
  const made = async (path: string, body?: object) =>
    (await boss.call('POST', `/workspaces/${workspace}/${path}`, body)).json()
  const session = await signIn(it.api, member.email, PASSWORD)
  const invited = await made('invitations', { email: 'new@example.com', role: 'client' })
  const entered = await it.api.inject({
    ...{ method: 'POST', url: `${API}/session`, payload: { email: member.email, password: PASSWORD } },
    remoteAddress: '10.5.1.1',
  })
  const secrets = {
    session: session.split('=')[1] ?? '',
    // What only says that the browser was here before, and what only stops a letter.
    browser: entered.cookies.find(({ name }) => name === 'tieline-known')?.value ?? '',
    letter: stopToken(it.keys, member.id, workspace),
    token: (await made('tokens', { name: 'T' })).secret as string,
    invitation: tail(invited.link),
    password: tail((await made(`members/${member.id}/password-link`)).link),
  }
  let callers = 0
  const ask = (options: object) => {
    callers += 1
    return it.api.inject({ remoteAddress: `10.5.0.${callers}`, ...options })
  }
  const doors = {
    session: (secret: string) => ask({ url: `${API}/me`, headers: { cookie: `tieline=${secret}` } }),
    token: (secret: string) => ask({ url: `${API}/me`, headers: { authorization: `Bearer ${secret}` } }),
    invitation: (token: string) => ask({ method: 'POST', url: `${API}/invitations/look`, payload: { token } }),
    password: (token: string) =>
      ask({ method: 'PUT', url: `${API}/password`, payload: { token, password: 'nine blue whales at noon' } }),
    letter: (token: string) => ask({ method: 'POST', url: `${API}/letters/stop/${token}`, payload: {} }),
    setup: (token: string) =>
      ask({ method: 'POST', url: `${API}/setup`, payload: owner(token, { email: 'x@example.com' }) }),
  }
  const opened: string[] = []
  for (const [kind, secret] of Object.entries(secrets)) {
    expect([kind, secret.length > 20]).toEqual([kind, true])
    for (const [door, open] of Object.entries(doors)) {
      if (door === kind && kind === 'password') continue // it is used up below
      const { statusCode } = await open(secret)
      if (statusCode < 300) opened.push(`${kind} opens ${door}`)
      else expect([kind, door, [400, 401, 404, 410].includes(statusCode)]).toEqual([kind, door, true])
    }
  }
  expect(opened).toEqual([
    ...['session opens session', 'letter opens letter', 'token opens token', 'invitation opens invitation'],
  ])
  // Each is good for its own, all the same.
  expect((await doors.password(secrets.password)).statusCode).toBe(204)
})

describe('an API token', () => {
  test('acts as its maker in its workspace only, is shown once, and ends when revoked', async () => {
    const workspace = await it.workspace()
    const maker = await it.member(workspace, 'consultant')
    const made = await maker.call('POST', `/workspaces/${workspace}/tokens`, { name: 'Build', expiresInDays: 30 })
    const { secret, token } = made.json()
    expect(secret).toMatch(/^tl_[0-9a-f]{8}_/)
    const list = await maker.call('GET', `/workspaces/${workspace}/tokens`)
    expect(list.body).not.toContain(secret.slice(12))
    expect(list.json().items).toMatchObject([{ name: 'Build', prefix: secret.slice(0, 11) }])

    const program = it.withToken(secret)
    expect((await program.call('GET', '/me')).json()).toMatchObject({
      via: 'token',
      workspaces: [{ role: 'consultant' }],
    })
    expect((await program.call('GET', `/workspaces/${workspace}/flows`)).statusCode).toBe(200)

    const other = await it.workspace('Other')
    await it.database.owner.db
      .insertInto('members')
      .values({ workspace_id: other, user_id: maker.id, role: 'owner' })
      .execute()
    expect((await maker.call('GET', `/workspaces/${other}/flows`)).statusCode).toBe(200)
    expect((await program.call('GET', `/workspaces/${other}/flows`)).statusCode).toBe(404)
    expect((await program.call('POST', '/workspaces', { name: 'Mine' })).statusCode).toBe(403)

    await maker.call('DELETE', `/workspaces/${workspace}/tokens/${token.id}`)
    expect((await program.call('GET', '/me')).statusCode).toBe(401)
  })

  test('loses what its maker loses', async () => {
    const workspace = await it.workspace()
    const maker = await it.member(workspace, 'owner')
    await it.member(workspace, 'owner') // one has to stay
    const { secret } = (await maker.call('POST', `/workspaces/${workspace}/tokens`, { name: 'Build' })).json()
    await it.database.owner.db.updateTable('members').set({ role: 'auditor' }).where('user_id', '=', maker.id).execute()
    const refused = await it.withToken(secret).call('POST', `/workspaces/${workspace}/connections`, {})
    expect(refused.statusCode).toBe(403)
  })

  test('that is nearly right is no token', async () => {
    const workspace = await it.workspace()
    const maker = await it.member(workspace, 'owner')
    const { secret } = (await maker.call('POST', `/workspaces/${workspace}/tokens`, { name: 'Build' })).json()
    const last = secret.at(-5) === 'A' ? 'B' : 'A'
    for (const wrong of [
      `${secret.slice(0, -5)}${last}${secret.slice(-4)}`,
      secret.slice(0, -1),
      secret.slice(0, 11),
      '',
    ]) {
      expect((await it.withToken(wrong).call('GET', '/me')).statusCode).toBe(401)
    }
  })
})

test('on https the cookie is bound to the host, and only its own address may send changes', async () => {
  const secure = await install({ publicUrl: 'https://tieline.example.com' })
  try {
    const workspace = await secure.workspace()
    const { email } = await secure.member(workspace, 'owner')
    const cookie = await signIn(secure.api, email, PASSWORD)
    expect(cookie).toMatch(/^__Host-tieline=/)
    const attempt = (origin: string) =>
      secure.api.inject({
        method: 'POST',
        url: `${API}/workspaces/${workspace}/tokens`,
        headers: { cookie, origin, host: 'evil.test' },
        payload: { name: 'T' },
      })
    expect((await attempt('https://evil.test')).statusCode).toBe(403)
    expect((await attempt('https://tieline.example.com')).statusCode).toBe(201)
  } finally {
    await secure.close()
  }
})
