import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { insertMember } from '../../server/store/workspace/workspaces.ts'
import {
  API,
  type Caller,
  cookieOf,
  type Installation,
  install,
  invoiceFlow,
  PASSWORD,
  signIn,
} from './installation.ts'

/** Of each of forty sequences. */
const ACTS = 64

let it: Installation
let workspace: string
let owner: Caller

beforeAll(async () => {
  it = await install()
  workspace = await it.workspace()
  owner = await it.member(workspace, 'owner')
})
afterAll(() => it.close())

const at = (path: string) => `/workspaces/${workspace}${path}`
let callers = 0
function asNobody(path: string, payload: object, cookie?: string) {
  callers += 1
  return it.api.inject({
    method: 'POST',
    url: `${API}${path}`,
    payload,
    remoteAddress: `10.8.0.${callers}`,
    ...(cookie ? { headers: { cookie, 'sec-fetch-site': 'same-origin' } } : {}),
  })
}

async function invite(by: Caller, email: string, role: string): Promise<string> {
  const answer = await by.call('POST', at('/invitations'), { email, role })
  expect(answer.statusCode, answer.body).toBe(201)
  return new URL(answer.json().link).hash.slice(1)
}

describe('an invitation', () => {
  test('makes somebody new a member, once, with the role and address it was made for', async () => {
    const token = await invite(owner, 'grace@example.com', 'client')
    expect((await asNobody('/invitations/look', { token })).json()).toEqual({
      workspace: 'Nordwind',
      email: 'grace@example.com',
      role: 'client',
      sso: false,
    })
    const tampered = await asNobody('/invitations/accept', { token, name: 'Grace', password: PASSWORD, role: 'owner' })
    expect(tampered.json()).toMatchObject({ status: 400, code: 'REQUEST_INVALID' })
    expect((await asNobody('/invitations/accept', { token })).json().code).toBe('REQUEST_INVALID')

    const accept = () => asNobody('/invitations/accept', { token, name: 'Grace', password: PASSWORD })
    const both = await Promise.all([accept(), accept()])
    expect(both.map(({ statusCode }) => statusCode).sort()).toEqual([201, 410])
    const made = both.find(({ statusCode }) => statusCode === 201)!
    // Known from then on: whoever guesses at the account does not shut this browser out.
    expect(made.cookies.map(({ name }) => name)).toContain('tieline-known')
    expect(made.json()).toMatchObject({
      user: { email: 'grace@example.com' },
      workspaces: [{ id: workspace, role: 'client' }],
    })
    const me = await it.api.inject({ url: `${API}/me`, headers: { cookie: cookieOf(made) } })
    expect(me.json().user.name).toBe('Grace')
    expect((await asNobody('/invitations/look', { token })).statusCode).toBe(410)

    const entries = (await owner.call('GET', at('/audit?action=invitation.accept'))).json().items
    expect(entries).toMatchObject([{ actor: { email: 'grace@example.com' }, detail: { role: 'client' } }])
  })

  test('to somebody with an account asks them to sign in: the link alone opens nothing', async () => {
    const elsewhere = await it.workspace('Elsewhere')
    const known = await it.member(elsewhere, 'finance')
    const token = await invite(owner, known.email, 'finance')
    const blind = await asNobody('/invitations/accept', { token, name: 'Eve', password: PASSWORD })
    expect(blind.json()).toMatchObject({ status: 409, code: 'INVITATION_OF_OTHER' })
    const other = await signIn(it.api, owner.email, PASSWORD)
    expect((await asNobody('/invitations/accept', { token }, other)).json().code).toBe('REQUEST_INVALID')

    const accepted = await asNobody('/invitations/accept', { token }, await signIn(it.api, known.email, PASSWORD))
    expect(accepted.json().workspaces).toHaveLength(2)
    expect((await known.call('GET', at('/flows'))).statusCode).toBe(200)
    expect(
      (await owner.call('POST', at('/invitations'), { email: known.email.toUpperCase(), role: 'client' })).json().code,
    ).toBe('ALREADY_MEMBER')
  })

  test('does not tell whoever made it whether the address has an account, but by what stays to be seen', async () => {
    const there = await it.member(await it.workspace('Far away'), 'finance')
    const [ofSomebody, ofNobody] = [
      await invite(owner, there.email, 'client'),
      await invite(owner, 'no@example.com', 'client'),
    ]
    const say = async (token: string, path: string, more: object) => {
      const answer = await asNobody(`/invitations/${path}`, { token, ...more })
      const { requestId: _, ...said } = answer.json()
      return JSON.stringify([answer.statusCode, said, answer.cookies.length])
        .replaceAll(there.email, '…')
        .replaceAll('no@example.com', '…')
    }
    const entries = async () =>
      (await owner.call('GET', at('/audit?action=invitation.accept-refused'))).json().items as { actor: object }[]
    const before = await entries()
    const probes: [string, object][] = [
      ['look', {}],
      ['accept', {}],
      ['accept', { name: 'Eve' }],
      ['accept', { name: 'Eve', password: 'short' }],
      ['accept', { name: 'Eve', password: 'passwordpassword' }],
    ]
    for (const [path, more] of probes) expect(await say(ofSomebody, path, more)).toBe(await say(ofNobody, path, more))
    expect(await entries()).toEqual(before)
    const tried = await asNobody('/invitations/accept', { token: ofSomebody, name: 'Eve', password: PASSWORD })
    expect(tried.json().code).toBe('INVITATION_OF_OTHER')
    const after = await entries()
    expect(after).toHaveLength(before.length + 1)
    expect(after).toContainEqual(
      expect.objectContaining({
        actor: expect.objectContaining({ kind: 'nobody', email: '' }),
        subject: { invitation: expect.any(String) },
      }),
    )
    // Their own session takes it as before.
    const session = await signIn(it.api, there.email, PASSWORD)
    expect((await asNobody('/invitations/accept', { token: ofSomebody }, session)).statusCode).toBe(201)
  })

  test('ends when it is taken back, replaced or too old, and is stored as a hash only', async () => {
    const first = await invite(owner, 'late@example.com', 'auditor')
    const second = await invite(owner, 'Late@example.com', 'auditor')
    expect((await asNobody('/invitations/look', { token: first })).json().code).toBe('INVITATION_DEAD')
    const listed = (await owner.call('GET', at('/invitations'))).json().items
    expect(listed.filter(({ email }: { email: string }) => email === 'Late@example.com')).toHaveLength(1)
    await owner.call('DELETE', at(`/invitations/${listed[0].id}`))
    expect(
      (await asNobody('/invitations/accept', { token: second, name: 'Late', password: PASSWORD })).statusCode,
    ).toBe(410)
    expect((await owner.call('DELETE', at(`/invitations/${listed[0].id}`))).statusCode).toBe(404)

    const old = await invite(owner, 'old@example.com', 'client')
    await sql`update invitations set expires_at = now() where email = 'old@example.com'`.execute(it.database.owner.db)
    expect((await asNobody('/invitations/look', { token: old })).statusCode).toBe(410)
    const rows = await it.database.owner.db.selectFrom('invitations').select('hash').execute()
    expect(rows.every(({ hash }) => hash.length === 32)).toBe(true)
  })

  test('is made by those who may, and gives nobody more than they may give', async () => {
    const consultant = await it.member(workspace, 'consultant')
    const give = (role: string) => consultant.call('POST', at('/invitations'), { email: `${role}@example.com`, role })
    expect((await give('client')).statusCode).toBe(201)
    for (const role of ['owner', 'consultant']) expect((await give(role)).json().code, role).toBe('NOT_ALLOWED')
    const operator = await it.member(workspace, 'operator')
    expect(
      (await operator.call('POST', at('/invitations'), { email: 'x@example.com', role: 'client' })).statusCode,
    ).toBe(403)
  })

  test('of another workspace is not seen here', async () => {
    const other = await it.workspace('Other')
    const stranger = await it.member(other, 'owner')
    await invite(owner, 'mine@example.com', 'client')
    const [mine] = (await owner.call('GET', at('/invitations'))).json().items
    expect((await stranger.call('GET', `/workspaces/${other}/invitations`)).json().items).toEqual([])
    expect((await stranger.call('DELETE', `/workspaces/${other}/invitations/${mine.id}`)).statusCode).toBe(404)
    expect((await stranger.call('GET', `/workspaces/${other}/members`)).json().items).toHaveLength(1)
    expect((await stranger.call('DELETE', `/workspaces/${other}/members/${owner.id}`)).statusCode).toBe(404)
  })
})

describe('a member', () => {
  test('is given another role or taken out by an owner, with effect on the next request', async () => {
    const someone = await it.member(workspace, 'operator')
    const token = (await someone.call('POST', at('/tokens'), { name: 'Script' })).json().secret
    expect((await someone.call('PATCH', at(`/members/${someone.id}`), { role: 'owner' })).statusCode).toBe(403)
    const changed = await owner.call('PATCH', at(`/members/${someone.id}`), { role: 'auditor' })
    expect(changed.json()).toMatchObject({ user: someone.id, role: 'auditor' })
    expect((await someone.call('GET', at('/audit'))).statusCode).toBe(200)

    expect((await owner.call('DELETE', at(`/members/${someone.id}`))).statusCode).toBe(204)
    expect((await someone.call('GET', at('/flows'))).statusCode).toBe(401)
    expect((await it.withToken(token).call('GET', at('/flows'))).statusCode).toBe(401)
    expect((await owner.call('DELETE', at(`/members/${someone.id}`))).statusCode).toBe(404)
  })

  test('who leaves holds nothing any more; of the last workspace every session ends', async () => {
    const own = await it.workspace('Leaving')
    const path = (rest: string) => `/workspaces/${own}${rest}`
    const boss = await it.member(own, 'owner')
    const someone = await it.member(own, 'consultant')
    const token = (await someone.call('POST', path('/tokens'), { name: 'Nightly' })).json().secret
    const link = (
      await someone.call('POST', path('/invitations'), { email: 'friend@example.com', role: 'client' })
    ).json().link
    const flow = (await someone.call('POST', path('/flows'), invoiceFlow())).json().id
    const lost = await it.member(own, 'finance')
    expect((await someone.call('DELETE', path(`/members/${lost.id}/sessions`))).statusCode).toBe(403)
    expect((await boss.call('DELETE', path(`/members/${lost.id}/sessions`))).statusCode).toBe(204)
    expect((await lost.call('GET', '/me')).statusCode).toBe(401)
    const [signedOut] = (await boss.call('GET', path('/audit?action=member.sign-out'))).json().items
    expect(signedOut).toMatchObject({ subject: { user: lost.id }, detail: { sessions: 1 } })
    const stranger = await it.member(await it.workspace('Elsewhere'), 'owner')
    expect((await boss.call('DELETE', path(`/members/${stranger.id}/sessions`))).statusCode).toBe(404)
    // Who is also in a workspace of others is not signed out there by an owner of this one.
    await it.database.owner.db
      .insertInto('members')
      .values({ workspace_id: own, user_id: stranger.id, role: 'client' })
      .execute()
    expect((await boss.call('DELETE', path(`/members/${stranger.id}/sessions`))).json().code).toBe('NOT_ALLOWED')
    const holdings = (await boss.call('GET', path(`/members/${someone.id}/holdings`))).json()
    expect(holdings).toMatchObject({ tokens: [{ name: 'Nightly' }], invitations: 1, drafts: [{ id: flow }] })
    expect((await boss.call('DELETE', path(`/members/${someone.id}`))).statusCode).toBe(204)
    expect((await it.withToken(token).call('GET', path('/flows'))).statusCode).toBe(401)
    expect((await asNobody('/invitations/look', { token: new URL(link).hash.slice(1) })).statusCode).toBe(410)
    expect((await someone.call('GET', '/me')).statusCode).toBe(401)
    const [entry] = (await boss.call('GET', path('/audit?action=member.remove'))).json().items
    expect(entry.detail).toEqual({ held: { tokens: 1, approvals: 0, invitations: 1, exceptions: 0, alertRules: 0 } })
    expect((await boss.call('GET', path(`/members/${someone.id}/holdings`))).statusCode).toBe(404)
  })

  test('who is the last owner stays one, also when two owners remove each other at once', async () => {
    const own = await it.workspace('Two owners')
    const [first, second] = [await it.member(own, 'owner'), await it.member(own, 'owner')]
    const path = (user: string) => `/workspaces/${own}/members/${user}`
    const both = await Promise.all([
      first.call('DELETE', path(second.id)),
      second.call('PATCH', path(first.id), { role: 'client' }),
    ])
    // Whoever comes second is an owner no more, or would leave nobody.
    expect(both.filter(({ statusCode }) => statusCode < 300)).toHaveLength(1)
    const left = await it.database.owner.db
      .selectFrom('members')
      .select('user_id')
      .where('workspace_id', '=', own)
      .where('role', '=', 'owner')
      .execute()
    expect(left).toHaveLength(1)
    // Not by luck: with two transactions open, the second waits for the first, and is refused then.
    const third = await it.workspace('Two more')
    const [one, two] = [await it.member(third, 'owner'), await it.member(third, 'owner')]
    const { db } = it.database.owner
    const leave = (tx: typeof db, { id }: Caller) => tx.deleteFrom('members').where('user_id', '=', id).execute()
    const ended = { is: false }
    let gone: Promise<unknown> | undefined
    await db.transaction().execute(async (tx) => {
      await leave(tx, one)
      gone = leave(db, two).finally(() => {
        ended.is = true
      })
      gone.catch(() => undefined)
      for (let waits = false; !waits && !ended.is; ) {
        await sql`select pg_stat_clear_snapshot()`.execute(tx) // else it sees what it saw first
        const { rows } = await sql`select from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock'`.execute(tx)
        waits = rows.length > 0
      }
    })
    await expect(gone).rejects.toMatchObject({ constraint: 'members_owner' })
    const last = left[0]!.user_id === first.id ? first : second
    for (const answer of [
      await last.call('DELETE', path(last.id)),
      await last.call('PATCH', path(last.id), { role: 'client' }),
    ]) {
      expect(answer.json()).toMatchObject({ status: 409, code: 'LAST_OWNER' })
    }
  })
})

test('no sequence of what people may do makes somebody an owner without an owner', async () => {
  const own = await it.workspace('Climbers')
  const outside = await it.workspace('Outside')
  const first = await it.member(own, 'owner')
  const roles = ['consultant', 'operator', 'finance', 'client', 'auditor'] as const
  const inside = await Promise.all(roles.map((role) => it.member(own, role)))
  // Owners elsewhere, who come in by what the others make for them.
  const strangers = await Promise.all([1, 2, 3].map(() => it.member(outside, 'owner')))
  const cookies = new Map(
    await Promise.all(strangers.map(async ({ id, email }) => [id, await signIn(it.api, email, PASSWORD)] as const)),
  )
  const path = (rest: string) => `/workspaces/${own}${rest}`
  const members = async (): Promise<{ user: string; role: string }[]> =>
    (await first.call('GET', path('/members'))).json().items
  const pick = <T>(of: readonly T[], random: number): T => of[random % of.length]!
  let joined = 0
  let done = 0
  const act = async ([who, what, whom, role]: readonly [number, number, number, number]) => {
    const climbers = [...inside, ...strangers]
    const [by, target] = [pick(climbers, who), pick([first, ...climbers], whom)]
    const wanted = pick(['owner', ...roles], role)
    const ways = [
      () => by.call('PATCH', path(`/members/${target.id}`), { role: wanted }),
      () => by.call('DELETE', path(`/members/${target.id}`)),
      () => by.call('POST', path('/invitations'), { email: target.email, role: wanted }),
      () => by.call('POST', path(`/members/${target.id}/password-link`)),
      () => by.call('PUT', path('/sign-in-rule'), { sso: false, secondFactor: false }),
      () => by.call('PUT', path('/approval-rule'), { on: false }),
      () => by.call('DELETE', path(`/members/${first.id}/sessions`)),
      () => by.call('POST', path('/closing'), { name: 'Climbers' }),
    ]
    const answer = await pick(ways, what)()
    done += 1
    if (answer.statusCode >= 300) return
    // Only an invitation that gives less than an owner has may succeed. Whom it is for takes it up at once.
    const { invitation, link } = answer.json()
    expect(invitation.role).not.toBe('owner')
    const cookie = cookies.get(target.id)
    if (cookie === undefined) return
    const [, token] = link.split('#')
    const taken = await asNobody('/invitations/accept', { token }, cookie)
    if (taken.statusCode === 201) joined += 1
  }
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(), fc.nat(), fc.nat(), fc.nat()), { minLength: ACTS, maxLength: ACTS }),
      async (steps) => {
        // Several at once, as people are.
        for (let at = 0; at < steps.length; at += 8) await Promise.all(steps.slice(at, at + 8).map(act))
        const now = await members()
        expect(now.filter(({ role }) => role === 'owner')).toMatchObject([{ user: first.id }])
        for (const { user } of now) if (cookies.has(user)) await first.call('DELETE', path(`/members/${user}`))
      },
    ),
    { numRuns: 40 },
  )
  expect(done).toBe(40 * ACTS)
  expect(joined).toBeGreaterThan(0)
})

describe('oneself', () => {
  test('sees where one is signed in, and can end it', async () => {
    const someone = await it.member(workspace, 'finance')
    const other = await signIn(it.api, someone.email, PASSWORD)
    const { items } = (await someone.call('GET', '/me/sessions')).json()
    expect(items).toHaveLength(2)
    const foreign = items.find(({ current }: { current: boolean }) => !current)
    expect((await owner.call('DELETE', `/me/sessions/${foreign.id}`)).statusCode).toBe(404)
    expect((await someone.call('DELETE', `/me/sessions/${foreign.id}`)).statusCode).toBe(204)
    expect((await it.api.inject({ url: `${API}/me`, headers: { cookie: other } })).statusCode).toBe(401)
    await signIn(it.api, someone.email, PASSWORD)
    await someone.call('DELETE', '/me/sessions')
    expect((await someone.call('GET', '/me/sessions')).json().items).toMatchObject([{ current: true }])
  })

  test('changes the password with the present one; other sessions end, and copies of this one’s cookie', async () => {
    const someone = await it.member(workspace, 'marketing')
    const other = await signIn(it.api, someone.email, PASSWORD)
    const change = (current: string, next: string) => someone.call('PUT', '/me/password', { current, next })
    expect((await change('not this one', 'nine blue whales at noon')).json().code).toBe('PASSWORD_WRONG')
    expect((await change(PASSWORD, 'password12345')).json().code).toBe('PASSWORD_WEAK')
    const changed = await change(PASSWORD, 'nine blue whales at noon')
    expect(changed.statusCode).toBe(204)
    expect((await it.api.inject({ url: `${API}/me`, headers: { cookie: other } })).statusCode).toBe(401)
    // Nor does a copy of this browser's cookie go on: the browser has another one.
    expect((await someone.call('GET', '/me')).statusCode).toBe(401)
    const [{ name, value } = { name: '', value: '' }] = changed.cookies
    const here = await it.api.inject({ url: `${API}/me/sessions`, headers: { cookie: `${name}=${value}` } })
    expect(here.json().items).toMatchObject([{ current: true }])
    await expect(signIn(it.api, someone.email, PASSWORD)).rejects.toThrow('401')
    await signIn(it.api, someone.email, 'nine blue whales at noon')
  })

  test('has preferences that follow to every browser', async () => {
    const someone = await it.member(workspace, 'finance')
    const wanted = {
      numbers: '1.234,5',
      dates: '28.11.2026',
      clock: '24',
      zone: 'Europe/Berlin',
      theme: 'dark',
      density: 'compact',
    }
    const change = (body: object) => someone.call('PATCH', '/me/preferences', body)
    expect((await change(wanted)).json()).toEqual(wanted)
    expect((await someone.call('GET', '/me')).json().preferences).toEqual(wanted)
    for (const wrong of [{ zone: 'Middle/Earth' }, { zone: '+05:30' }, { numbers: '1' }, { role: 'owner' }, {}]) {
      expect((await change(wrong)).json().code).toBe('REQUEST_INVALID')
    }

    // Two tabs at the same moment, of which neither knows what the other wants.
    const elsewhere = await it.workspace()
    await insertMember(it.database.system.db, elsewhere, someone.id, 'finance')
    const weekly = (id: string, on: boolean) => change({ weekly: { workspaces: { [id]: on }, zone: 'Europe/Berlin' } })
    await Promise.all([
      ...[change({ theme: 'light' }), change({ density: null }), change({ dates: null, clock: '12' })],
      ...[weekly(workspace, true), weekly(elsewhere, true), weekly(await it.workspace(), true)],
    ])
    const { dates, density, ...left } = wanted
    const both = { weekly: { workspaces: [workspace, elsewhere].sort(), zone: 'Europe/Berlin' } }
    const now = { ...left, theme: 'light', clock: '12' }
    expect((await someone.call('GET', '/me')).json().preferences).toEqual({ ...now, ...both })
    await weekly(elsewhere, false)
    expect((await someone.call('GET', '/me')).json().preferences.weekly.workspaces).toEqual([workspace])
  })

  test('ties a token to addresses: from elsewhere there is no such token', async () => {
    const from = (token: string, remoteAddress: string, headers: object = {}) =>
      it.api.inject({
        url: `${API}${at('/flows')}`,
        remoteAddress,
        headers: { authorization: `Bearer ${token}`, ...headers },
      })
    const make = (addresses: unknown) => owner.call('POST', at('/tokens'), { name: 'Tied', addresses })
    for (const wrong of [['203.0.113.0/33'], ['0.0.0.0/0'], ['host.example'], ['::1/129'], ['1.2.3.4/'], []]) {
      const answer = await make(wrong)
      expect([answer.statusCode, answer.json().code], String(wrong)).toEqual([400, 'REQUEST_INVALID'])
    }
    const made = await make(['203.0.113.0/24', ' 2001:db8::/32 '])
    const { token, secret } = made.json()
    expect(token.addresses).toEqual(['203.0.113.0/24', '2001:db8::/32'])
    const nobody = (await from(`tl_00000000_${'x'.repeat(43)}`, '203.0.113.9')).json()
    for (const [address, status] of [
      ...[
        ['203.0.113.9', 200],
        ['::ffff:203.0.113.9', 200],
        ['2001:db8:1::2', 200],
      ],
      ...[
        ['203.0.114.9', 401],
        ['::1', 401],
        ['127.0.0.1', 401],
      ],
    ] as const) {
      const answer = await from(secret, address as string)
      expect([address, answer.statusCode]).toEqual([address, status])
      if (status === 401) expect({ ...answer.json(), requestId: nobody.requestId }).toEqual(nobody)
    }
    // Nobody says for themselves where they come from: no proxy is trusted here.
    expect((await from(secret, '198.51.100.1', { 'x-forwarded-for': '203.0.113.9' })).statusCode).toBe(401)

    const change = (addresses: unknown, by = owner) => by.call('PATCH', at(`/tokens/${token.id}`), { addresses })
    expect((await change(['198.51.100.1'])).json().addresses).toEqual(['198.51.100.1'])
    expect((await from(secret, '203.0.113.9')).statusCode).toBe(401)
    expect((await from(secret, '198.51.100.1')).statusCode).toBe(200)
    expect((await change(['x'])).json().problems).toMatchObject([{ field: 'body.addresses.0' }])
    expect((await change(null, await it.member(workspace, 'owner'))).statusCode).toBe(404)
    expect((await change(null)).json().addresses).toBeNull()
    expect((await from(secret, '203.0.113.9')).statusCode).toBe(200)
    const log = (await owner.call('GET', at('/audit?action=token.change'))).json().items
    expect(log.map(({ detail }: { detail: object }) => detail)).toEqual([
      { addresses: null },
      { addresses: ['198.51.100.1'] },
    ])
  })

  test('is a person: an API token may do none of it', async () => {
    const secret = (await owner.call('POST', at('/tokens'), { name: 'Script' })).json().secret
    for (const [method, path, body] of [
      ['GET', '/me/sessions', undefined],
      ['DELETE', '/me/sessions', undefined],
      ['PUT', '/me/password', { current: PASSWORD, next: 'nine blue whales at noon' }],
    ] as const) {
      expect((await it.withToken(secret).call(method, path, body)).json().code, path).toBe('NOT_ALLOWED')
    }
  })
})
