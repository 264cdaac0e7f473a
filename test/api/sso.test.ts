import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { singleSignOn } from '../../server/proof/single-sign-on.ts'
import { type OidcPlace, openOidcPlace } from '../support/oidc-place.ts'
import { codeOf } from '../support/totp.ts'
import { API, type Caller, cookieOf, type Installation, install, PASSWORD, signIn } from './installation.ts'

const OURS = 'http://tieline.test'
const CALLBACK = `${OURS}${API}/session/sso/callback`
let place: OidcPlace
let it: Installation
let workspace: string
let owner: Caller

beforeAll(async () => {
  place = await openOidcPlace(CALLBACK)
  it = await install({ publicUrl: OURS, sso: singleSignOn({ ...place, name: 'Nordwind Login' }) })
  workspace = await it.workspace()
  owner = await it.member(workspace, 'owner')
})
afterAll(async () => {
  await it.close()
  await place.close()
})

let callers = 0
beforeEach(() => void callers++)
const from = () => ({ remoteAddress: `10.6.0.${++callers % 250}` })
const site = { 'sec-fetch-site': 'same-origin', origin: OURS }

/** Begins as a browser with these cookies does. */
async function begin(body: object, cookie = '') {
  const answer = await it.api.inject({
    method: 'POST',
    url: `${API}/session/sso`,
    payload: body,
    headers: { ...site, ...(cookie ? { cookie } : {}) },
    ...from(),
  })
  return { answer, url: answer.json().url as string, bound: answer.cookies[0] ? cookieOf(answer) : '' }
}
const back = (to: URL, cookie: string) =>
  it.api.inject({ url: `${to.pathname}${to.search}`, headers: { cookie, host: 'evil.test' }, ...from() })

/** The whole way of somebody with a browser. Answers where they end, and their session, if they have one. */
async function go(body: object, as: string, cookie = '') {
  const { url, bound, answer } = await begin(body, cookie)
  expect(answer.statusCode, answer.body).toBe(200)
  const landed = await back(await place.visit(url, as), [bound, cookie].filter(Boolean).join('; '))
  const session = landed.cookies.find(({ name, value }) => name === 'tieline' && value !== '')
  return { to: landed.headers.location, session: session && `${session.name}=${session.value}` }
}
const asked = (
  cookie: string | undefined,
  path: string,
  method: 'GET' | 'POST' | 'PUT' | 'DELETE' = 'GET',
  body?: object,
) =>
  it.api.inject({
    method,
    url: `${API}${path}`,
    headers: { ...site, cookie: cookie ?? '' },
    ...(body ? { payload: body } : {}),
    ...from(),
  })

/** A member whose account is tied to somebody at the place, and their session from there. */
async function linked(role: 'owner' | 'client' | 'consultant', inWorkspace = workspace) {
  const person = await it.member(inWorkspace, role)
  place.accounts.set(person.id, { email: person.email, email_verified: true })
  const session = await signIn(it.api, person.email, PASSWORD)
  const { session: by } = await go({ purpose: 'link' }, person.id, session)
  if (!by) throw new Error('the account was not linked')
  return { person, session: by }
}

describe('single sign-on', () => {
  test('is not there without the address of the product: none is taken from a request', async () => {
    const without = await install({ database: it.database, sso: singleSignOn({ ...place, name: 'Nordwind Login' }) })
    try {
      const answer = await without.api.inject({
        ...{ method: 'POST', url: `${API}/session/sso`, payload: { purpose: 'sign-in' } },
        headers: { host: 'evil.test:81', 'sec-fetch-site': 'same-origin' },
      })
      expect([answer.statusCode, answer.json().code]).toEqual([404, 'NOT_FOUND'])
    } finally {
      await without.close()
    }
  })

  test('says it on a page where the place sends a browser back with nothing that is known', async () => {
    const answer = await it.api.inject({
      url: `${API}/session/sso/callback?error=invalid_request`,
      headers: { accept: 'text/html,*/*;q=0.8', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' },
      ...from(),
    })
    expect([answer.statusCode, answer.headers.location]).toEqual([302, '/sign-in?sso=SSO_FAILED'])
  })

  test('is offered by its name, and begins with PKCE, state and nonce at one exact address', async () => {
    expect((await it.api.inject(`${API}/session/ways`)).json()).toEqual({ sso: 'Nordwind Login', mail: false })
    const { url, answer } = await begin({ purpose: 'sign-in' })
    const query = new URL(url).searchParams
    expect(Object.fromEntries(query)).toMatchObject({
      redirect_uri: CALLBACK,
      response_type: 'code',
      code_challenge_method: 'S256',
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
    })
    expect(answer.cookies[0]).toMatchObject({ httpOnly: true, sameSite: 'Lax', path: '/' })
    for (const to of ['//evil.test', '/\\evil.test', 'https://evil.test', 'javascript:alert(1)', '/a\n']) {
      expect((await begin({ purpose: 'sign-in', to })).answer.statusCode, to).toBe(400)
    }
  })

  test('lets in whose account is tied to it, and goes on where they were', async () => {
    const { person } = await linked('client')
    const came = await go({ purpose: 'sign-in', to: '/w/x/runs?state=failed' }, person.id)
    expect(came.to).toBe('/w/x/runs?state=failed')
    const me = (await asked(came.session, '/me')).json()
    expect(me).toMatchObject({ user: { id: person.id }, ways: { password: true, sso: true } })
  })

  test('shows that somebody is not whoever invited them; the password that one may know is changed after it', async () => {
    const email = 'invited@example.com'
    const { link } = (
      await owner.call('POST', `/workspaces/${workspace}/invitations`, { email, role: 'client' })
    ).json()
    const joined = await it.api.inject({
      ...{ method: 'POST', url: `${API}/invitations/accept`, ...from() },
      payload: { token: link.split('#')[1], name: 'Invited', password: PASSWORD },
    })
    const { id } = joined.json().user
    const hands = async () => {
      const { rows } = await sql<{ hands: string[] }>`
        select tieline_hands(${workspace}::uuid, array[${id}]::uuid[]) as hands
      `.execute(it.database.owner.db)
      return rows[0]!.hands.length
    }
    expect(await hands()).toBe(2)
    place.accounts.set(id, { email, email_verified: true })
    const { session } = await go({ purpose: 'link' }, id, cookieOf(joined))
    expect(await hands()).toBe(2) // whoever invited them may have set the password
    const change = { current: PASSWORD, next: 'six slow barges upstream' }
    expect((await asked(session, '/me/password', 'PUT', change)).statusCode).toBe(204)
    expect(await hands()).toBe(1)
  })

  test('takes over no account by its address, verified or not', async () => {
    const victim = await it.member(workspace, 'owner')
    place.accounts.set('verified', { email: victim.email.toUpperCase(), email_verified: true })
    place.accounts.set('unverified', { email: victim.email, email_verified: false })
    place.accounts.set('nobody', { email: 'nobody@example.com', email_verified: true })
    for (const [as, failure] of [
      ['verified', 'SSO_NOT_LINKED'],
      ['unverified', 'SSO_EMAIL_UNVERIFIED'],
      ['nobody', 'SSO_NOBODY'],
    ] as const) {
      expect(await go({ purpose: 'sign-in' }, as), as).toEqual({ to: `/sign-in?sso=${failure}`, session: undefined })
    }
    // Nor is it tied to whoever happens to be signed in, with another address or one that nobody vouches for.
    const mine = await signIn(it.api, owner.email, PASSWORD)
    expect((await go({ purpose: 'link' }, 'verified', mine)).to).toBe('/sign-in?sso=SSO_OTHER_ADDRESS')
    const theirs = await signIn(it.api, victim.email, PASSWORD)
    expect((await go({ purpose: 'link' }, 'unverified', theirs)).to).toBe('/sign-in?sso=SSO_EMAIL_UNVERIFIED')
    expect((await asked(theirs, '/me')).json().ways.sso).toBe(false)
    expect((await begin({ purpose: 'link' })).answer.json().code).toBe('SIGN_IN_REQUIRED')
  })

  test('refuses an answer that is used again, changed, late, or of another browser', async () => {
    const { person } = await linked('client')
    const away = async () => {
      const { url, bound } = await begin({ purpose: 'sign-in' })
      return { to: await place.visit(url, person.id), bound }
    }
    const [first, second, third, fourth] = [await away(), await away(), await away(), await away()]
    const failed = async (to: URL, cookie: string, failure: string) => {
      const answer = await back(to, cookie)
      expect(answer.headers.location).toBe(`/sign-in?sso=${failure}`)
      expect(answer.cookies.filter(({ name, value }) => name === 'tieline' && value)).toEqual([])
    }
    await failed(first.to, '', 'SSO_EXPIRED')
    await failed(first.to, second.bound, 'SSO_EXPIRED')
    expect((await back(first.to, first.bound)).headers.location).toBe('/')
    await failed(first.to, first.bound, 'SSO_EXPIRED')
    const changed = new URL(second.to)
    changed.searchParams.set('code', 'another-code-that-nobody-gave')
    await failed(changed, second.bound, 'SSO_FAILED')
    const swapped = new URL(third.to)
    swapped.searchParams.set('code', fourth.to.searchParams.get('code') ?? '')
    await failed(swapped, third.bound, 'SSO_FAILED') // its verifier and nonce are others
    await sql`update sso_states set expires_at = now()`.execute(it.database.owner.db)
    await failed(fourth.to, fourth.bound, 'SSO_EXPIRED')
  })

  test('says on the page where it began that it led to nothing; whoever is not signed in goes on there later', async () => {
    const mine = await signIn(it.api, owner.email, PASSWORD)
    place.accounts.set('else', { email: 'else@nordwind.example', email_verified: true })
    const account = `/w/${workspace}/account?tab=x`
    const failed = await go({ purpose: 'link', to: account }, 'else', mine)
    expect(failed).toEqual({ to: `${account}&sso=SSO_OTHER_ADDRESS`, session: undefined })
    // A page that is shut for who came by password: they are signed in.
    expect((await go({ purpose: 'sign-in', to: '/w/x/flows' }, 'else', mine)).to).toBe('/w/x/flows?sso=SSO_NOBODY')
    expect((await go({ purpose: 'sign-in', to: '/w/x/flows' }, 'else')).to).toBe(
      '/sign-in?sso=SSO_NOBODY&to=%2Fw%2Fx%2Fflows',
    )
  })

  test('tells what is wrong with the place, its clock or the settings apart, and no forged answer from another', async () => {
    place.accounts.set('kim', { email: 'kim@nordwind.example', email_verified: true })
    const sso = singleSignOn({ ...place, name: 'Nordwind Login' })
    const away = async (by = sso, at = place, fresh = false) => {
      const begun = await by.begin(CALLBACK, fresh)
      return { begun, answer: await at.visit(begun.url, 'kim') }
    }
    const why = (asked: Promise<unknown>) => expect(asked).rejects

    const { begun, answer } = await away()
    const forged = new URL(answer)
    forged.searchParams.set('code', 'another-code-that-nobody-gave')
    await why(sso.finish(forged, begun, false)).toMatchObject({ why: 'SSO_FAILED' })
    for (const [said, fault] of [
      ['access_denied', 'SSO_CANCELLED'],
      ['temporarily_unavailable', 'SSO_UNREACHABLE'],
      ['unauthorized_client', 'SSO_SETTINGS'],
      ['something_else', 'SSO_FAILED'],
    ]) {
      const no = new URL(answer)
      no.searchParams.delete('code')
      no.searchParams.set('error', said!)
      await why(sso.finish(no, begun, false)).toMatchObject({ why: fault })
    }

    const stranger = singleSignOn({ ...place, clientSecret: 'not the one', name: 'Nordwind Login' })
    const second = await away()
    await why(stranger.finish(second.answer, second.begun, false)).toMatchObject({ why: 'SSO_SETTINGS' })

    // Our clock is ahead by that much once the place has written its answer.
    const ahead = async (seconds: number, fresh: boolean) => {
      const third = await away(sso, place, fresh)
      const real = globalThis.fetch
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() })
      const spied = vi.spyOn(globalThis, 'fetch').mockImplementation(async (...args) => {
        const got = await real(...args)
        vi.setSystemTime(Date.now() + seconds * 1000)
        return got
      })
      return sso.finish(third.answer, third.begun, fresh).finally(() => {
        spied.mockRestore()
        vi.useRealTimers()
      })
    }
    expect((await ahead(25, false)).email).toBe('kim@nordwind.example')
    await why(ahead(700, false)).toMatchObject({ why: 'SSO_CLOCK' })
    await why(ahead(400, true)).toMatchObject({ why: 'SSO_NOT_ASKED' })

    const other = await openOidcPlace(CALLBACK)
    other.accounts.set('kim', { email: 'kim@nordwind.example', email_verified: true })
    const gone = singleSignOn({ ...other, name: 'Nordwind Login' })
    const fourth = await away(gone, other)
    await other.close()
    await why(gone.finish(fourth.answer, fourth.begun, false)).toMatchObject({ why: 'SSO_UNREACHABLE' })
    await why(singleSignOn({ ...other, name: 'Nordwind Login' }).begin(CALLBACK, false)).toMatchObject({
      why: 'SSO_UNREACHABLE',
    })
  })

  test('takes an invitation of the address that the place vouches for, without any password', async () => {
    const invite = async (email: string) =>
      new URL(
        (await owner.call('POST', `/workspaces/${workspace}/invitations`, { email, role: 'client' }, site)).json().link,
      ).hash.slice(1)
    const invitation = await invite('lars@nordwind.example')
    place.accounts.set('lars', { email: 'Lars@nordwind.example', email_verified: true, name: 'Lars Holm' })
    place.accounts.set('eve', { email: 'eve@nordwind.example', email_verified: true })
    place.accounts.set('sly', { email: 'lars@nordwind.example', email_verified: false })
    expect((await go({ purpose: 'join', invitation }, 'eve')).to).toBe('/join?sso=SSO_OTHER_ADDRESS')
    expect((await go({ purpose: 'join', invitation }, 'sly')).to).toBe('/join?sso=SSO_EMAIL_UNVERIFIED')
    const came = await go({ purpose: 'join', invitation }, 'lars')
    expect(came.to).toBe(`/w/${workspace}/flows`)
    const me = (await asked(came.session, '/me')).json()
    expect(me).toMatchObject({
      user: { name: 'Lars Holm' },
      ways: { password: false, sso: true },
      workspaces: [{ role: 'client' }],
    })
    await expect(signIn(it.api, 'lars@nordwind.example', PASSWORD)).rejects.toThrow('401')
    expect((await go({ purpose: 'join', invitation }, 'lars')).to).toBe('/join?sso=SSO_EXPIRED')
    expect((await asked(came.session, '/me/sso', 'DELETE')).json().code).toBe('LAST_WAY_IN')
    const known = await it.member(await it.workspace('Elsewhere'), 'owner')
    place.accounts.set('known', { email: known.email, email_verified: true })
    const taken = await go({ purpose: 'join', invitation: await invite(known.email) }, 'known')
    expect(taken).toEqual({ to: '/join?sso=SSO_NOT_LINKED', session: undefined })
  })

  test('shows once more who it is: the place asks again, and only the same person will do', async () => {
    const { person, session } = await linked('owner')
    const jar = new Map<string, string>()
    await place.visit((await begin({ purpose: 'sign-in' })).url, person.id, jar)
    await sql`update sessions set proved_at = now() - interval '1 hour' where user_id = ${person.id}`.execute(
      it.database.owner.db,
    )
    const dangerous = () => asked(session, `/workspaces/${workspace}/tokens`, 'POST', { name: 'T' })
    expect((await dangerous()).json().code).toBe('STEP_UP_REQUIRED')
    const { person: other } = await linked('client')
    expect((await go({ purpose: 'prove' }, other.id, session)).to).toBe('/sign-in?sso=SSO_OTHER_ADDRESS')
    expect((await dangerous()).json().code).toBe('STEP_UP_REQUIRED')
    const { url, bound } = await begin({ purpose: 'prove', to: '/proved' }, session)
    expect(new URL(url).searchParams.get('prompt')).toBe('login')
    expect((await back(await place.visit(url, person.id, jar), `${bound}; ${session}`)).headers.location).toBe(
      '/proved',
    )
    expect((await dangerous()).statusCode).toBe(201)
  })
})

test('who has a second factor here does nothing dangerous without it, however they came in', async () => {
  const { person } = await linked('client')
  const { secret } = (await person.call('POST', '/me/second-factor', undefined, site)).json()
  await person.call('PUT', '/me/second-factor', { code: codeOf(secret) }, site)
  const { session } = await go({ purpose: 'sign-in' }, person.id)
  expect((await asked(session, '/me/second-factor', 'DELETE')).json().code).toBe('STEP_UP_REQUIRED')
  expect((await begin({ purpose: 'prove' }, session)).answer.statusCode).toBe(400)
  await sql`update second_factors set last_step = 0`.execute(it.database.owner.db)
  expect((await asked(session, '/session/proof', 'POST', { code: codeOf(secret) })).statusCode).toBe(204)
  expect((await asked(session, '/me/second-factor', 'DELETE')).statusCode).toBe(204)
})

describe('a workspace that takes only single sign-on', () => {
  test('is closed to every other way in', async () => {
    const own = await it.workspace('SSO only')
    const path = (rest: string) => `/workspaces/${own}${rest}`
    const rule = { sso: true, secondFactor: false }
    const plain = await it.member(own, 'owner')
    const old = it.withToken((await plain.call('POST', path('/tokens'), { name: 'Old' }, site)).json().secret)
    // Nobody shuts themselves out.
    expect((await plain.call('PUT', path('/sign-in-rule'), rule, site)).json().code).toBe('RULE_NOT_MET')
    const { session } = await linked('owner', own)
    const link = (
      await asked(session, path('/invitations'), 'POST', { email: 'new@example.com', role: 'client' })
    ).json().link
    expect((await asked(session, path('/sign-in-rule'), 'PUT', rule)).statusCode).toBe(200)

    const refused = async (answer: Promise<{ json(): { code: string } }>, where: string) =>
      expect((await answer).json().code, where).toBe('SSO_REQUIRED')
    for (const [method, rest, body] of [
      ['GET', '/flows', undefined],
      ['POST', '/tokens', { name: 'T' }],
      ['PUT', '/sign-in-rule', { sso: false, secondFactor: false }],
    ] as const) {
      await refused(plain.call(method, path(rest), body, site), `session from before: ${rest}`)
      await refused(old.call(method, path(rest), body), `token from before: ${rest}`)
    }
    const again = await signIn(it.api, plain.email, PASSWORD)
    await refused(asked(again, path('/flows')), 'a new session by password')
    const token = new URL(link).hash.slice(1)
    expect((await asked(undefined, '/invitations/look', 'POST', { token })).json().sso).toBe(true)
    await refused(
      asked(undefined, '/invitations/accept', 'POST', { token, name: 'New', password: PASSWORD }),
      'an invitation',
    )
    await sql`insert into password_links (hash, user_id, made_by, expires_at)
      values (sha256('a link of twenty letters'), ${plain.id}, 'mail', now() + interval '1 hour')`.execute(
      it.database.owner.db,
    )
    const set = { token: 'a link of twenty letters', password: 'nine blue whales at noon' }
    expect((await asked(undefined, '/password', 'PUT', set)).statusCode).toBe(204)
    const anew = await signIn(it.api, plain.email, set.password)
    await refused(asked(anew, path('/flows')), 'a password set anew')
    expect((await asked(anew, '/me')).json().workspaces).toMatchObject([{ id: own, lacks: 'SSO_REQUIRED' }])

    expect((await asked(session, path('/flows'))).statusCode).toBe(200)
    const made = it.withToken((await asked(session, path('/tokens'), 'POST', { name: 'New' })).json().secret)
    expect((await made.call('GET', path('/flows'))).statusCode).toBe(200)
    // Who unties the account from the place is out, in the session that came from there too.
    expect((await asked(session, '/me/sso', 'DELETE')).statusCode).toBe(204)
    await refused(asked(session, path('/flows')), 'after untying')
  })
})
