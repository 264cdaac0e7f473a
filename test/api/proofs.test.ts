import { execFile } from 'node:child_process'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import decode from 'qr/decode.js'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { matchingStep, totpCode } from '../../server/proof/totp.ts'
import { mailBy } from '../../server/mail.ts'
import { type MailServer, startMail } from '../../connectors/email/sandbox/mail-server.ts'
import { readMail } from '../../connectors/email/sandbox/read-mail.ts'
import { codeOf } from '../support/totp.ts'
import { API, type Caller, cookieOf, type Installation, install, PASSWORD, signIn } from './installation.ts'
import { CHILD_ENV } from '../support/child-env.ts'

const RECOVER = fileURLToPath(new URL('../../server/commands/recover.ts', import.meta.url))
let it: Installation
let workspace: string

beforeAll(async () => {
  it = await install()
  workspace = await it.workspace()
  await it.member(workspace, 'owner')
})
afterAll(() => it.close())

let callers = 0
/** From a new address each time, so that only the limit per account is seen. */
function signingIn(payload: object) {
  callers += 1
  return it.api.inject({
    method: 'POST',
    url: `${API}/session`,
    payload,
    remoteAddress: `10.7.${callers >> 8}.${callers & 255}`,
  })
}

/** Codes work once, and one of each half minute: earlier ones are forgotten, as if time had passed. */
const later = (user: string) =>
  sql`update second_factors set last_step = 0 where user_id = ${user}`.execute(it.database.owner.db)
const stale = (user: string) =>
  sql`update sessions set proved_at = now() - interval '16 minutes' where user_id = ${user}`.execute(
    it.database.owner.db,
  )

/** `code`: the one that it was confirmed with. */
async function enrol(person: Caller): Promise<{ secret: string; code: string; codes: string[] }> {
  const { secret } = (await person.call('POST', '/me/second-factor')).json()
  const code = codeOf(secret)
  const confirmed = await person.call('PUT', '/me/second-factor', { code })
  expect(confirmed.statusCode, confirmed.body).toBe(200)
  return { secret, code, codes: confirmed.json().codes }
}

describe('the codes of an authenticator app', () => {
  // RFC 6238, appendix B, the last six of its eight digits.
  test.each([
    [59, '287082'],
    [1111111109, '081804'],
    [1111111111, '050471'],
    [1234567890, '005924'],
    [2000000000, '279037'],
    [20000000000, '353130'],
  ])('are those of the RFC at second %i', (second, code) => {
    expect(totpCode(Buffer.from('12345678901234567890'), Math.floor(second / 30))).toBe(code)
  })

  test('are taken half a minute early or late, and no more', () => {
    const secret = Buffer.from('12345678901234567890')
    const steps = [-2, -1, 0, 1, 2].map((away) => matchingStep(secret, totpCode(secret, 1000 + away), 1000 * 30_000))
    expect(steps).toEqual([undefined, 999, 1000, 1001, undefined])
    for (const wrong of ['', '12345', '1234567', 'abcdef']) expect(matchingStep(secret, wrong, 0)).toBeUndefined()
  })
})

describe('a second factor', () => {
  test('is shown as a picture that an app can read, and counts once a first code came back', async () => {
    const person = await it.member(workspace, 'finance')
    const offer = (await person.call('POST', '/me/second-factor')).json()
    expect(decode(draw(offer.qr))).toBe(offer.address)
    expect(offer.address).toContain(`secret=${offer.secret}`)
    await signIn(it.api, person.email, PASSWORD) // not asked for a code yet
    expect((await person.call('PUT', '/me/second-factor', { code: '000000' })).json().code).toBe('SECOND_FACTOR_WRONG')

    const other = await signIn(it.api, person.email, PASSWORD)
    const confirmed = await person.call('PUT', '/me/second-factor', { code: codeOf(offer.secret) })
    expect(confirmed.json().codes).toHaveLength(10)
    expect((await it.api.inject({ url: `${API}/me`, headers: { cookie: other } })).statusCode).toBe(401)
    expect((await person.call('GET', '/me')).json().ways).toEqual({ password: true, secondFactor: true, sso: false })
    expect((await person.call('POST', '/me/second-factor')).json().code).toBe('SECOND_FACTOR_ON')

    const rows = await it.database.owner.db
      .selectFrom('second_factors')
      .selectAll()
      .where('user_id', '=', person.id)
      .execute()
    expect(JSON.stringify(rows)).not.toContain(offer.secret)
  })

  test('is asked for at sign-in, and no code is taken twice', async () => {
    const person = await it.member(workspace, 'finance')
    const { secret, code: first } = await enrol(person)
    const asked = await signingIn({ email: person.email, password: PASSWORD })
    expect(asked.json()).toMatchObject({ status: 401, code: 'SECOND_FACTOR_ASKED' })
    expect(asked.cookies).toEqual([])
    // The one that confirmed it was a code too. That very one: by now a new half minute may have begun.
    const replayed = await signingIn({ email: person.email, password: PASSWORD, code: first })
    expect(replayed.json()).toMatchObject({ status: 403, code: 'SECOND_FACTOR_WRONG' })
    await later(person.id)
    const code = codeOf(secret)
    const both = await Promise.all([1, 2].map(() => signingIn({ email: person.email, password: PASSWORD, code })))
    expect(both.map(({ statusCode }) => statusCode).sort()).toEqual([200, 403])
    await later(person.id)
    const wrongPassword = await signingIn({ email: person.email, password: 'another one', code: codeOf(secret) })
    expect(wrongPassword.json().code).toBe('SIGN_IN_REFUSED')
  })

  test('has ten tries with the password, wherever they come from', async () => {
    const person = await it.member(workspace, 'finance')
    await enrol(person)
    const answers: string[] = []
    for (let guess = 0; guess < 14; guess++) {
      const answer = await signingIn({
        email: person.email,
        password: PASSWORD,
        ...(guess % 2 ? { code: '000000' } : {}),
      })
      answers.push(answer.json().code)
    }
    expect(answers.slice(10)).toEqual(Array(4).fill('RATE_LIMITED'))
    // Somebody signed in has ten more, and no more by another session.
    const proofs: string[] = []
    for (let guess = 0; guess < 12; guess++) {
      proofs.push((await person.call('POST', '/session/proof', { code: '000000' })).json().code)
    }
    expect(proofs).toEqual([...Array(10).fill('SECOND_FACTOR_WRONG'), ...Array(2).fill('RATE_LIMITED')])
  })

  test('has recovery codes that work once each, kept as hashes', async () => {
    const person = await it.member(workspace, 'finance')
    const { codes } = await enrol(person)
    const use = (code: string) => signingIn({ email: person.email, password: PASSWORD, code })
    expect((await use(codes[0]!.toUpperCase().replaceAll('-', ' '))).statusCode).toBe(200)
    expect((await use(codes[0]!)).json().code).toBe('SECOND_FACTOR_WRONG')
    expect((await person.call('GET', '/me/second-factor')).json().recoveryCodes).toBe(9)
    const renewed = await person.call('POST', '/me/second-factor/recovery-codes')
    expect((await use(codes[1]!)).json().code).toBe('SECOND_FACTOR_WRONG')
    expect((await use(renewed.json().codes[1])).statusCode).toBe(200)
    const rows = await it.database.owner.db.selectFrom('recovery_codes').select('hash').execute()
    expect(rows.every(({ hash }) => hash.length === 16)).toBe(true)
  })

  test('is turned off only by somebody who has just shown who they are', async () => {
    const person = await it.member(workspace, 'finance')
    const { secret } = await enrol(person)
    await stale(person.id)
    expect((await person.call('DELETE', '/me/second-factor')).json().code).toBe('STEP_UP_REQUIRED')
    expect((await person.call('POST', '/me/second-factor/recovery-codes')).json().code).toBe('STEP_UP_REQUIRED')
    // The password is not enough any more.
    expect((await person.call('POST', '/session/proof', { password: PASSWORD })).json().code).toBe('REQUEST_INVALID')
    await later(person.id)
    expect((await person.call('POST', '/session/proof', { code: codeOf(secret) })).statusCode).toBe(204)
    expect((await person.call('DELETE', '/me/second-factor')).statusCode).toBe(204)
    await signIn(it.api, person.email, PASSWORD)
  })
})

describe('a dangerous act', () => {
  test('asks for a proof of the last quarter of an hour, and then does what was asked', async () => {
    const own = await it.workspace('Step up')
    const [owner, other] = [await it.member(own, 'owner'), await it.member(own, 'client')]
    const acts = [
      ['PATCH', `/workspaces/${own}/members/${other.id}`, { role: 'auditor' }],
      ['POST', `/workspaces/${own}/tokens`, { name: 'Build' }],
      // Whoever has only the cookie would come in by themselves, for good.
      ['POST', `/workspaces/${own}/invitations`, { email: 'thief@example.com', role: 'owner' }],
      ['PUT', `/workspaces/${own}/sign-in-rule`, { sso: false, secondFactor: false }],
      ['DELETE', `/workspaces/${own}/members/${other.id}`, undefined],
    ] as const
    await stale(owner.id)
    for (const [method, path, body] of acts) {
      expect((await owner.call(method, path, body)).json(), path).toMatchObject({
        status: 403,
        code: 'STEP_UP_REQUIRED',
      })
    }
    expect((await owner.call('POST', '/session/proof', { password: 'not mine' })).json().code).toBe('PASSWORD_WRONG')
    expect((await owner.call('POST', '/session/proof', { password: PASSWORD })).statusCode).toBe(204)
    for (const [method, path, body] of acts) {
      expect((await owner.call(method, path, body)).statusCode, path).toBeLessThan(300)
    }
  })

  test('is not done with a cookie alone by whoever was given a higher role', async () => {
    const own = await it.workspace('Raised')
    const [owner, other] = [await it.member(own, 'owner'), await it.member(own, 'operator')]
    await stale(other.id)
    const at = `/workspaces/${own}`
    const body = { email: 'thief@example.com', role: 'owner' }
    expect((await other.call('POST', `${at}/invitations`, body)).json().code).toBe('NOT_ALLOWED')
    expect((await owner.call('PATCH', `${at}/members/${other.id}`, { role: 'owner' })).statusCode).toBe(200)
    // The same cookie as before: what is not dangerous is open to it at once.
    expect((await other.call('GET', `${at}/closing`)).statusCode).toBe(200)
    for (const [method, path, sent] of [
      ['POST', '/invitations', body],
      ['PATCH', `/members/${owner.id}`, { role: 'client' }],
      ['POST', `/members/${owner.id}/password-link`, undefined],
      ['POST', '/tokens', { name: 'Mine' }],
      ['POST', '/closing', { name: 'Raised' }],
    ] as const)
      expect((await other.call(method, `${at}${path}`, sent)).json().code, path).toBe('STEP_UP_REQUIRED')
  })

  test('is never done by an API token', async () => {
    const own = await it.workspace('Tokens')
    const [owner, other] = [await it.member(own, 'owner'), await it.member(own, 'client')]
    const { secret } = (await owner.call('POST', `/workspaces/${own}/tokens`, { name: 'Build' })).json()
    const token = it.withToken(secret)
    for (const [method, path, body] of [
      ['DELETE', `/workspaces/${own}/members/${other.id}`, undefined],
      ['POST', `/workspaces/${own}/tokens`, { name: 'Another' }],
      ['POST', `/workspaces/${own}/invitations`, { email: 'thief@example.com', role: 'owner' }],
      ['POST', `/workspaces/${own}/invitations`, { email: 'thief@example.com', role: 'client' }],
      ['PUT', `/workspaces/${own}/sign-in-rule`, { sso: false, secondFactor: false }],
      ['DELETE', `/workspaces/${own}/connections/${other.id}`, undefined],
      ['POST', `/workspaces/${own}/suppressions/${other.id}/lift`, { reason: 'Signed up again' }],
      ['POST', `/workspaces/${own}/erasures`, { keys: ['jane@example.com'], reason: 'Asked for it' }],
    ] as const) {
      expect((await token.call(method, path, body)).json().code, path).toBe('STEP_UP_REQUIRED')
    }
  })
})

describe('a workspace that asks for a second factor', () => {
  test('lets nobody in without: no session from before, no token, nobody by an invitation', async () => {
    const own = await it.workspace('Strict')
    const path = (rest: string) => `/workspaces/${own}${rest}`
    const [owner, plain] = [await it.member(own, 'owner'), await it.member(own, 'consultant')]
    const before = it.withToken((await plain.call('POST', path('/tokens'), { name: 'Old' })).json().secret)
    const rule = { sso: false, secondFactor: true }
    expect((await owner.call('PUT', path('/sign-in-rule'), rule)).json().code).toBe('RULE_NOT_MET')
    expect((await plain.call('PUT', path('/sign-in-rule'), rule)).json().code).toBe('NOT_ALLOWED')
    await enrol(owner)
    expect((await owner.call('PUT', path('/sign-in-rule'), rule)).statusCode).toBe(200)
    const link = (
      await owner.call('POST', path('/invitations'), { email: 'new@strict.example', role: 'client' })
    ).json().link
    expect((await owner.call('GET', path('/flows'))).statusCode).toBe(200)

    for (const who of [plain, before]) {
      for (const [method, route, body] of [
        ['GET', '/flows', undefined],
        ['POST', '/flows', {}],
        ['POST', '/tokens', { name: 'New' }],
        ['PUT', '/sign-in-rule', { sso: false, secondFactor: false }],
      ] as const) {
        expect((await who.call(method, path(route), body)).json().code, route).toBe('SECOND_FACTOR_NEEDED')
      }
    }
    callers += 1
    const joined = await it.api.inject({
      method: 'POST',
      url: `${API}/invitations/accept`,
      payload: { token: new URL(link).hash.slice(1), name: 'New', password: PASSWORD },
      remoteAddress: `10.7.0.${callers}`,
    })
    expect(joined.json().workspaces).toMatchObject([{ id: own, lacks: 'SECOND_FACTOR_NEEDED' }])
    const seen = await it.api.inject({ url: `${API}${path('/flows')}`, headers: { cookie: cookieOf(joined) } })
    expect(seen.json().code).toBe('SECOND_FACTOR_NEEDED')

    // Signing in by password again does not help; setting the factor up does.
    const again = await signIn(it.api, plain.email, PASSWORD)
    const still = await it.api.inject({ url: `${API}${path('/flows')}`, headers: { cookie: again } })
    expect(still.json().code).toBe('SECOND_FACTOR_NEEDED')
    await enrol(plain)
    expect((await plain.call('GET', path('/flows'))).statusCode).toBe(200)
    expect((await before.call('GET', path('/flows'))).json().code).toBe('SECOND_FACTOR_NEEDED')
    const after = it.withToken((await plain.call('POST', path('/tokens'), { name: 'New' })).json().secret)
    expect((await after.call('GET', path('/flows'))).statusCode).toBe(200)

    // Who turns it off is out again, in every session.
    await plain.call('DELETE', '/me/second-factor')
    expect((await plain.call('GET', path('/flows'))).json().code).toBe('SECOND_FACTOR_NEEDED')
    const entries = (await owner.call('GET', path('/audit?action=workspace.change-sign-in-rule'))).json().items
    expect(entries).toMatchObject([{ detail: { secondFactor: true, before: { secondFactor: false } } }])
  })
})

describe('a forgotten password', () => {
  let server: MailServer
  let posted: Installation
  beforeAll(async () => {
    server = await startMail({ login: { user: 'tieline', password: 'p@ss/word' } })
    const mail = mailBy(`smtp://tieline:p%40ss%2Fword@127.0.0.1:${server.port}`, 'tieline@example.com')
    posted = await install({ publicUrl: 'https://tieline.example.com', mail })
  })
  afterAll(async () => {
    await posted.close()
    await server.close()
  })
  const forget = (email: string) => {
    callers += 1
    return posted.api.inject({
      method: 'POST',
      url: `${API}/password/forgotten`,
      payload: { email },
      headers: { host: 'evil.test', 'x-forwarded-host': 'evil.test' },
      remoteAddress: `10.6.1.${callers & 255}`,
    })
  }
  const set = (token: string, password: string) =>
    posted.api.inject({ method: 'PUT', url: `${API}/password`, payload: { token, password } })

  test('is set anew by a link that works once, at our own address; every session ends and the second factor stays', async () => {
    const person = await posted.member(await posted.workspace(), 'client')
    const answers = [await forget(person.email.toUpperCase()), await forget('nobody@example.com')]
    expect(answers.map(({ statusCode, body }) => [statusCode, body])).toEqual(
      [202, 202].map((status) => [status, 'null']),
    )
    await expect.poll(() => server.received.length).toBe(1)
    const db = posted.database.owner.db
    const age = (minutes: number) =>
      sql`update password_links set created_at = now() - make_interval(mins => ${minutes})`
    await age(6).execute(db)
    await forget(person.email)
    await expect.poll(() => server.received.length).toBe(2)
    const letters = server.received.map(({ raw }) => readMail(raw))
    expect(server.received[0]).toMatchObject({ from: 'tieline@example.com', to: [person.email], user: 'tieline' })
    const links = letters.map(({ text }) => new URL(/https?:\/\/\S+/.exec(text)![0]))
    expect(links.map(({ origin, pathname }) => origin + pathname)).toEqual(
      Array(2).fill('https://tieline.example.com/password'),
    )
    const [old, token] = links.map(({ hash }) => hash.slice(1)) as [string, string]
    expect((await set(old, 'nine blue whales at noon')).json().code).toBe('PASSWORD_LINK_DEAD')
    expect((await set(token, 'password12345')).json().code).toBe('PASSWORD_WEAK')
    const both = await Promise.all([set(token, 'nine blue whales at noon'), set(token, 'ten blue whales at noon')])
    expect(both.map(({ statusCode }) => statusCode).sort()).toEqual([204, 410])
    expect((await person.call('GET', '/me')).statusCode).toBe(401)
    await expect(signIn(posted.api, person.email, PASSWORD)).rejects.toThrow('401')
    const rows = await posted.database.owner.db.selectFrom('password_links').select('hash').execute()
    expect(rows.every(({ hash }) => hash.length === 32)).toBe(true)
    const entries = await posted.database.owner.db.selectFrom('audit_entries').select('action').execute()
    expect(entries.map(({ action }) => action)).toEqual(
      expect.arrayContaining(['person.forgot-password', 'person.reset-password']),
    )
  })

  test('and an invitation comes by the same post, at our own address', async () => {
    const home = await posted.workspace('Nord\n\nwind')
    const by = await posted.member(home, 'owner')
    server.received.splice(0)
    const body = { email: 'lars@example.com', role: 'client' }
    const made = await by.call('POST', `/workspaces/${home}/invitations`, body, { host: 'evil.test' })
    expect(made.json()).toMatchObject({ sent: true })
    const { to, raw } = server.received[0]!
    expect(to).toEqual(['lars@example.com'])
    const link = `https://tieline.example.com/join#${made.json().link.split('#')[1]}`
    expect(readMail(raw).text.split(/\r?\n/)).toContain(link)
    expect(readMail(raw).text).toContain('A owner invites you to the workspace “Nord wind”')
    // Nobody is flooded in our name: the link is shown, and no further e-mail goes.
    const sent = []
    for (let round = 0; round < 3; round++)
      sent.push(
        (await by.call('POST', `/workspaces/${home}/invitations`, { ...body, email: 'LARS@example.com' })).json().sent,
      )
    expect([sent, server.received.length]).toEqual([[true, true, false], 3])
  })

  test('is asked for by a stranger, again and again: one e-mail in five minutes, and no link that was made ends by it', async () => {
    const home = await posted.workspace()
    const [boss, person] = [await posted.member(home, 'owner'), await posted.member(home, 'client')]
    const { link } = (await boss.call('POST', `/workspaces/${home}/members/${person.id}/password-link`)).json()
    server.received.splice(0)
    const probe = await posted.member(home, 'client')
    for (let round = 0; round < 5; round++) await forget(person.email)
    await forget(probe.email) // its letter comes after those
    await expect.poll(() => server.received.map(({ to }) => to[0])).toEqual([person.email, probe.email])
    const [sent] = server.received.map(({ raw }) => /#(\S+)/.exec(readMail(raw).text)![1]!)
    expect((await set(new URL(link).hash.slice(1), 'nine blue whales at noon')).statusCode).toBe(204)
    // Once one is used, the others are dead: they may be what it was set anew for.
    expect((await set(sent!, 'ten blue whales at noon')).json().code).toBe('PASSWORD_LINK_DEAD')
  })

  test('or one that others guess at: the person hears of it once, a stranger never', async () => {
    const person = await posted.member(await posted.workspace(), 'client')
    server.received.splice(0)
    const guess = (email: string) => {
      callers += 1
      const remoteAddress = `10.5.${callers >> 8}.${callers & 255}`
      return posted.api.inject({
        method: 'POST',
        url: `${API}/session`,
        payload: { email, password: 'guess' },
        remoteAddress,
      })
    }
    for (const email of ['nobody@example.com', person.email]) {
      const statuses = []
      for (let round = 0; round < 13; round++) statuses.push((await guess(email)).statusCode)
      expect(statuses).toEqual([...Array(10).fill(401), ...Array(3).fill(429)])
    }
    await expect.poll(() => server.received.length).toBe(1)
    expect(server.received[0]?.to).toEqual([person.email])
  })

  test('is no way for the owner of one workspace into another: a link only for people who are all theirs', async () => {
    const [mine, other] = [await it.workspace('Mine'), await it.workspace('Not mine')]
    const [boss, member] = [await it.member(mine, 'owner'), await it.member(mine, 'client')]
    const make = () => boss.call('POST', `/workspaces/${mine}/members/${member.id}/password-link`)
    expect((await make()).json().link).toMatch(/\/password#[\w-]{43}$/)
    await it.database.owner.db
      .insertInto('members')
      .values({ workspace_id: other, user_id: member.id, role: 'client' })
      .execute()
    expect((await make()).json().code).toBe('NOT_ALLOWED')
    const elsewhere = await it.member(other, 'client')
    expect((await boss.call('POST', `/workspaces/${mine}/members/${elsewhere.id}/password-link`)).statusCode).toBe(404)
    callers += 1
    const asked = await it.api.inject({
      method: 'POST',
      url: `${API}/password/forgotten`,
      payload: { email: boss.email },
      remoteAddress: '10.6.2.1',
    })
    expect(asked.json().detail).toContain('Ask an owner')
  })

  test('of the last owner is recovered on the command line, with the phone lost and the workspace shut', async () => {
    const own = await it.workspace('Shut')
    const last = await it.member(own, 'owner')
    await enrol(last)
    await last.call('PUT', `/workspaces/${own}/sign-in-rule`, { sso: false, secondFactor: true })
    const recover = (...args: string[]) =>
      promisify(execFile)(process.execPath, [RECOVER, ...args], {
        env: {
          ...CHILD_ENV,
          DATABASE_URL: it.database.url,
          PUBLIC_URL: 'https://tieline.example.com',
          DATA_DIR: tmpdir(),
        },
      })
    const [nobody, plain] = await Promise.allSettled([recover('nobody@example.com'), recover(last.email)])
    expect(nobody).toMatchObject({ reason: { message: expect.stringContaining('There is nobody') } })
    // A password alone would not help: that is said before somebody tries.
    expect(plain).toMatchObject({
      value: {
        stdout: expect.stringContaining(
          '“Shut” takes only people with a second factor; a password alone does not open it (with --lift-rules it asks for nothing more).',
        ),
      },
    })
    const { stdout } = await recover(last.email, '--without-second-factor', '--lift-rules', '--vouch')
    expect(stdout).toContain('“Shut” asks for nothing')
    expect(stdout).not.toContain('takes only')
    const token = /https:\/\/tieline\.example\.com\/password#(\S+)/.exec(stdout)?.[1]
    const payload = { token, password: 'nine blue whales at noon' }
    expect((await it.api.inject({ method: 'PUT', url: `${API}/password`, payload })).statusCode).toBe(204)
    const cookie = await signIn(it.api, last.email, payload.password)
    const entries = await it.api.inject({ url: `${API}/workspaces/${own}/audit`, headers: { cookie } })
    const actor = { kind: 'system', id: 'npm run recover' }
    expect(entries.json().items.slice(0, 2)).toMatchObject([
      { action: 'person.vouch', actor, subject: { user: last.id } },
      { action: 'workspace.change-sign-in-rule', actor },
    ])
    const { rows } = await sql`select proven_by from users where id = ${last.id}`.execute(it.database.owner.db)
    expect(rows).toEqual([{ proven_by: 'command' }])
  })
})

test('a token does what it was made for, and nothing else: every route', async () => {
  const own = await it.workspace('Scopes')
  const owner = await it.member(own, 'owner')
  const made = await owner.call('POST', `/workspaces/${own}/tokens`, { name: 'Reader', scopes: ['runs.read'] })
  expect(made.json().token.scopes).toEqual(['runs.read'])
  const token = it.withToken(made.json().secret)
  const { paths } = (await it.api.inject('/docs/json')).json() as {
    paths: Record<string, Record<string, { description?: string }>>
  }
  let open = 0
  for (const [path, methods] of Object.entries(paths)) {
    if (!path.includes('{workspace}')) continue
    for (const [method, { description = '' }] of Object.entries(methods)) {
      const url = path
        .replace(API, '')
        .replace('{workspace}', own)
        .replace(/\{\w+\}/g, '1')
      // The document's methods are those of HTTP in small letters.
      const answer = await token.call(method.toUpperCase() as 'GET', url)
      const where = `${method} ${path}`
      if (description.startsWith('Permission: `runs.read`')) {
        expect(answer.json().code, where).not.toBe('NOT_ALLOWED')
        open += 1
      } else expect([answer.statusCode, answer.json().code], where).toEqual([403, 'NOT_ALLOWED'])
    }
  }
  expect(open).toBeGreaterThan(5)
  for (const [method, path] of [
    ['POST', '/workspaces'],
    ['DELETE', '/me/second-factor'],
    ['POST', '/session/proof'],
  ] as const) {
    expect((await token.call(method, path, {})).json().code, path).toBe('NOT_ALLOWED')
  }
})

/** The picture as a camera sees it: eight pixels to a module. */
function draw({ size, path }: { size: number; path: string }) {
  const side = size * 8
  const data = new Uint8Array(side * side * 4).fill(255)
  for (const [, x, y, width] of path.matchAll(/M(\d+) (\d+)h(\d+)/g)) {
    for (let row = Number(y) * 8; row < (Number(y) + 1) * 8; row++) {
      for (let column = Number(x) * 8; column < (Number(x) + Number(width)) * 8; column++) {
        data.set([0, 0, 0, 255], (row * side + column) * 4)
      }
    }
  }
  return { width: side, height: side, data }
}
