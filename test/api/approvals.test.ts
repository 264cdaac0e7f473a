import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { hashSecret, newSecret } from '../../server/api/http/sessions.ts'
import { decideApproval } from '../../server/store/flow/approvals.ts'
import { inWorkspace } from '../../server/store/database/database.ts'
import { insertPasswordLink } from '../../server/store/people/password-links.ts'
import { insertMember } from '../../server/store/workspace/workspaces.ts'
import {
  API,
  type Caller,
  cookieOf,
  type Installation,
  install,
  invoiceFlow,
  PASSWORD,
  publishedFlow,
  signIn,
  XERO_CONNECTION,
} from './installation.ts'

let it: Installation
let workspace: string
let [ada, grace, owner, client] = [] as unknown as [Caller, Caller, Caller, Caller]
let flow: string
let connection: string

beforeAll(async () => {
  it = await install({ peopleDomains: ['agency.example'], mail: { send: async () => {} } })
  const home = await it.workspace('Home')
  owner = await it.member(home, 'owner')
  ada = await it.member(home, 'consultant')
  grace = await it.member(home, 'consultant')
  client = await it.member(home, 'client')
})
afterAll(() => it.close())

/** A workspace with the rule on and a flow that went live before it; Ada has changed its draft. */
beforeEach(async () => {
  workspace = await it.workspace()
  const { db } = it.database.system
  await insertMember(db, workspace, owner.id, 'owner')
  for (const { id } of [ada, grace]) await insertMember(db, workspace, id, 'consultant')
  await insertMember(db, workspace, client.id, 'client')
  ;({ flow, connection } = await publishedFlow(ada, workspace))
  expect((await owner.call('PUT', at('/approval-rule'), { on: true })).json()).toMatchObject({ on: true, approvers: 3 })
  await edit(ada, 'Shape anew')
})

const at = (path: string) => `/workspaces/${workspace}${path}`
const changed = (name: string) =>
  invoiceFlow({ nodes: invoiceFlow().nodes.map((node) => (node.id === 'shape' ? { ...node, name } : node)) })
async function edit(by: Caller, name: string): Promise<number> {
  const { revision } = (await by.call('GET', at(`/flows/${flow}/draft`))).json()
  const saved = await by.call('PUT', at(`/flows/${flow}/draft`), changed(name), { 'if-match': `"${revision}"` })
  expect(saved.statusCode, saved.body).toBe(200)
  return saved.json().revision
}
const revision = async () => (await ada.call('GET', at(`/flows/${flow}/draft`))).json().revision as number
async function ask(by: Caller, more: object = {}) {
  const answer = await by.call('POST', at(`/flows/${flow}/approval`), {
    summary: 'New',
    revision: await revision(),
    ...more,
  })
  expect(answer.statusCode, answer.body).toBe(201)
  return answer.json() as { id: string; hash: string; mayDecide: boolean }
}
const approve = (by: Pick<Caller, 'call'>, { id, hash }: { id: string; hash: string }) =>
  by.call('POST', at(`/approvals/${id}/approve`), { hash })
const live = async () => (await ada.call('GET', at(`/flows/${flow}`))).json().liveVersion

describe('what goes live', () => {
  test('is approved by somebody who had no part in it, exactly as it was asked for', async () => {
    const asked = await ask(ada)
    expect(asked.mayDecide).toBe(false)
    expect(await live()).toBe(1)
    const seen = (await grace.call('GET', at(`/approvals/${asked.id}`))).json()
    expect(seen).toMatchObject({ approval: { mayDecide: true, hash: asked.hash }, connections: [] })
    expect(JSON.stringify(seen.after)).toContain('Shape anew')
    expect(JSON.stringify(seen.before)).not.toContain('Shape anew')
    expect((await approve(ada, asked)).json()).toMatchObject({ status: 403, code: 'SAME_PERSON' })
    expect((await approve(client, asked)).json().code).toBe('NOT_ALLOWED')
    expect((await approve(grace, { ...asked, hash: 'another' })).json().code).toBe('OVERTAKEN')

    const both = await Promise.all([approve(grace, asked), approve(owner, asked)])
    expect(both.map(({ statusCode }) => statusCode).sort()).toEqual([200, 409])
    expect(await live()).toBe(2)
    const { items } = (await ada.call('GET', at(`/flows/${flow}/versions`))).json()
    expect(items[0]).toMatchObject({ number: 2, hash: asked.hash, author: 'A consultant' })
    expect((await approve(grace, asked)).json().code).toBe('APPROVAL_CLOSED')
    // Whoever looks later sees what was approved, not that live equals live.
    const later = (await client.call('GET', at(`/approvals/${asked.id}`))).json()
    expect([later.before, later.after]).toEqual([seen.before, seen.after])
    const entries = (await owner.call('GET', at('/audit?action=approval.approve'))).json().items
    expect(entries).toMatchObject([{ subject: { approval: asked.id, flow }, detail: { hash: asked.hash, version: 2 } }])
  })

  test('is not approved by anybody who edited it, even if somebody else asks', async () => {
    await edit(grace, 'By Grace too')
    const asked = await ask(owner)
    for (const author of [ada, grace]) expect((await approve(author, asked)).json().code).toBe('SAME_PERSON')
    expect(await live()).toBe(1)
    const refused = await grace.call('POST', at(`/approvals/${asked.id}/refuse`), { reason: 'Not like this' })
    expect(refused.json()).toMatchObject({ state: 'refused', reason: 'Not like this' })
  })

  test('loses its approval to any edit in between', async () => {
    const asked = await ask(ada)
    const overtaken = async () => (await grace.call('GET', at(`/approvals/${asked.id}`))).json().overtaken
    expect(await overtaken()).toBe(false)
    await edit(ada, 'Slipped in')
    expect(await overtaken()).toBe(true)
    expect((await approve(grace, asked)).json()).toMatchObject({ status: 409, code: 'APPROVAL_VOID' })
    await edit(ada, 'Shape anew') // back again does not bring it back
    expect((await approve(grace, asked)).json().code).toBe('APPROVAL_CLOSED')
    expect(await live()).toBe(1)
    const again = await ask(ada)
    await ask(ada) // a later request takes its place
    expect((await approve(grace, again)).json().code).toBe('APPROVAL_CLOSED')
  })

  test('has the connections that were approved, whatever is bound meanwhile', async () => {
    const other = (await ada.call('POST', at('/connections'), { ...XERO_CONNECTION, name: 'Another company' })).json()
      .id
    const bind = (to: string) => ada.call('PUT', at(`/flows/${flow}/bindings`), { bindings: { ledger: to } })
    expect((await bind(other)).json()).toMatchObject({ status: 409, code: 'APPROVAL_NEEDED' })
    const asked = await ask(ada, { bindings: { ledger: other } })
    const { connections } = (await grace.call('GET', at(`/approvals/${asked.id}`))).json()
    expect(connections).toEqual([{ slot: 'ledger', before: XERO_CONNECTION.name, after: 'Another company' }])
    await approve(grace, asked)
    const bound = async () => (await ada.call('GET', at(`/flows/${flow}/bindings`))).json().items[0].connection.id
    expect(await bound()).toBe(other)
    // Connections alone are a change too.
    const back = await ask(ada, { bindings: { ledger: connection } })
    expect((await approve(grace, back)).statusCode).toBe(200)
    expect([await bound(), await live()]).toEqual([connection, 2])
  })
})

describe('who set the password of another by a link, and may know it', () => {
  const NEXT = 'nine slow barges upstream'
  /** The owner makes a link for Grace and uses it: she is who they say they are. */
  async function takenOver(): Promise<Pick<Caller, 'call'>> {
    const { link } = (await owner.call('POST', at(`/members/${grace.id}/password-link`))).json()
    return withNewPassword(link.split('#')[1], NEXT)
  }
  async function withNewPassword(token: string, password: string): Promise<Pick<Caller, 'call'>> {
    const set = await it.api.inject({ method: 'PUT', url: `${API}/password`, payload: { token, password } })
    expect(set.statusCode, set.body).toBe(204)
    return it.withCookie(await signIn(it.api, grace.email, password))
  }
  const byMail = async (password: string) => {
    const token = newSecret()
    await insertPasswordLink(it.database.system.db, {
      ...{ hash: hashSecret(token), user: grace.id, madeBy: 'mail', minutes: 60 },
    })
    return withNewPassword(token, password)
  }
  afterEach(async () => {
    grace = { ...grace, ...(await byMail(PASSWORD)) }
  })

  test('does not approve with it what they asked for; who sets a new one themselves does', async () => {
    await edit(owner, 'By the owner')
    const asked = await ask(owner)
    const asGrace = await takenOver()
    expect((await asGrace.call('GET', at(`/approvals/${asked.id}`))).json().approval.mayDecide).toBe(false)
    expect((await asGrace.call('GET', at('/approvals'))).json().items[0].mayDecide).toBe(false)
    expect((await approve(asGrace, asked)).json()).toMatchObject({ status: 403, code: 'SAME_PERSON' })
    // Changed by somebody who knew it, it is still nobody's own.
    const change = { current: NEXT, next: `${NEXT} again` }
    expect((await asGrace.call('PUT', '/me/password', change)).statusCode).toBe(204)
    const again = it.withCookie(await signIn(it.api, grace.email, change.next))
    expect((await approve(again, asked)).json().code).toBe('SAME_PERSON')
    const slipped = inWorkspace(it.database.app.db, workspace, (tx) =>
      decideApproval(tx, workspace, asked.id, 'approved', { id: grace.id, name: 'Grace' }, null),
    )
    await expect(slipped).rejects.toMatchObject({ constraint: 'approvals_second_person' })
    expect(await live()).toBe(1)
    expect((await approve(await byMail(`${NEXT} at last`), asked)).statusCode).toBe(200)
    expect(await live()).toBe(2)
  })

  test('does not approve what was asked for with it, not even once the password is another', async () => {
    const asGrace = await takenOver()
    const asked = (
      await asGrace.call('POST', at(`/flows/${flow}/approval`), {
        ...{ summary: 'As Grace', revision: await revision() },
      })
    ).json()
    expect((await approve(owner, asked)).json().code).toBe('SAME_PERSON')
    await byMail(PASSWORD)
    expect((await approve(owner, asked)).json().code).toBe('SAME_PERSON')
    expect(await live()).toBe(1)
  })
})

describe('who joined by a link that somebody handed over', () => {
  let [invited, callers] = [0, 0]
  type New = Caller & { readonly cookie: string }
  /** Somebody new, by a link that is shown to whoever invites; made a consultant afterwards, so that they may approve. */
  async function joined(by: Pick<Caller, 'call'>, address?: string, there = workspace): Promise<New> {
    const email = address ?? `new-${++invited}@agency.example`
    const { link } = (await by.call('POST', `/workspaces/${there}/invitations`, { email, role: 'client' })).json()
    const answer = await it.api.inject({
      ...{ method: 'POST', url: `${API}/invitations/accept`, remoteAddress: `10.9.0.${++callers}` },
      payload: { token: link.split('#')[1], name: `New ${invited}`, password: PASSWORD },
    })
    expect(answer.statusCode, answer.body).toBe(201)
    const { id } = answer.json().user
    if (there === workspace) await owner.call('PATCH', at(`/members/${id}`), { role: 'consultant' })
    const cookie = cookieOf(answer)
    return { id, email, cookie, ...it.withCookie(cookie) }
  }
  /** Sets their password by a link of an e-mail, or of whoever runs the installation, who vouches for them. */
  async function shows(one: New, madeBy: 'mail' | 'command'): Promise<Pick<Caller, 'call'>> {
    const token = newSecret()
    const link = { hash: hashSecret(token), user: one.id, madeBy, vouches: madeBy === 'command', minutes: 60 }
    await insertPasswordLink(it.database.system.db, link)
    const set = await it.api.inject({ method: 'PUT', url: `${API}/password`, payload: { token, password: PASSWORD } })
    expect(set.statusCode, set.body).toBe(204)
    return it.withCookie(await signIn(it.api, one.email, PASSWORD))
  }
  const why = async (by: Pick<Caller, 'call'>, id: string) =>
    (await by.call('GET', at(`/approvals/${id}`))).json().approval as { mayDecide: boolean; why: string | null }
  const refused = async (by: Pick<Caller, 'call'>, asked: { id: string; hash: string }) =>
    expect((await approve(by, asked)).json()).toMatchObject({ status: 403, code: 'SAME_PERSON' })

  test('counts as whoever handed it over, and whoever these are, until they show that they are not', async () => {
    const first = await joined(owner)
    const second = await joined(first)
    const sister = await joined(owner)
    await edit(owner, 'By the owner')
    const asked = await ask(owner)
    for (const one of [first, second, sister]) await refused(one, asked)
    const said = await why(second, asked.id)
    expect(said.mayDecide).toBe(false)
    expect(said.why).toContain('New 2 joined by a link that New 1 handed over')
    expect(said.why).toContain('New 1 joined by a link that A owner handed over')
    expect(said.why).toContain('npm run recover -- EMAIL --vouch')
    expect((await why(grace, asked.id)).mayDecide).toBe(true)
    const slipped = inWorkspace(it.database.app.db, workspace, (tx) =>
      decideApproval(tx, workspace, asked.id, 'approved', { id: second.id, name: 'New 2' }, null),
    )
    await expect(slipped).rejects.toMatchObject({ constraint: 'approvals_second_person' })
    // Two who joined by links of one person may both be that one; and that one does not approve what they ask for.
    await edit(first, 'By the first')
    const theirs = await ask(first)
    for (const one of [owner, second, sister]) await refused(one, theirs)
    const { people } = (await owner.call('GET', at('/approval-rule'))).json()
    const forWhom = (id: string) => people.find((one: { id: string }) => one.id === id)
    expect(forWhom(second.id).for.sort()).toEqual([ada.id, grace.id].sort())
    expect(forWhom(second.id).why).toContain('Forgotten password')
    expect(forWhom(ada.id)).toMatchObject({ why: null })
    expect(forWhom(ada.id).for).toHaveLength(5)
    // Nor is the rule ended that way.
    expect((await owner.call('PUT', at('/approval-rule'), { on: false })).statusCode).toBe(200)
    const end = (await first.call('GET', at('/approvals')))
      .json()
      .items.find((one: { kind: string }) => one.kind === 'rule')
    expect(end).toMatchObject({ state: 'open', mayDecide: false })
    await refused(sister, end)
    expect(await live()).toBe(1)
  })

  test('is a person of their own by an e-mail to a domain of people, or once whoever runs the installation vouches', async () => {
    const [mailed, known, sub, stranger] = [
      await joined(owner),
      await joined(owner),
      await joined(owner, 'owner+2@agency.example'),
      await joined(owner, 'owner@elsewhere.example'),
    ]
    const { secret } = (await mailed.call('POST', at('/tokens'), { name: 'Made before' })).json()
    const byThem = await ask(mailed)
    await edit(owner, 'By the owner')
    const asked = await ask(owner)
    for (const one of [sub, stranger]) await refused(await shows(one, 'mail'), asked)
    const [own, vouched] = [await shows(mailed, 'mail'), await shows(known, 'command')]
    // Whoever knew the first password may hold what was made with it.
    expect((await it.withToken(secret).call('GET', at('/flows'))).statusCode).toBe(401)
    for (const one of [own, vouched]) expect((await why(one, asked.id)).mayDecide).toBe(true)
    expect((await approve(own, asked)).statusCode).toBe(200)
    expect(await live()).toBe(2)
    // What was asked for as them before may have been the owner.
    expect((await approve(owner, byThem)).json().code).toBe('APPROVAL_CLOSED')
    await edit(owner, 'By the owner again')
    expect((await approve(vouched, await ask(owner))).statusCode).toBe(200)
  })

  test('and what they drew before they showed it may be by whoever invited them', async () => {
    const one = await joined(owner)
    await edit(one, 'Drawn as somebody else')
    await shows(one, 'command')
    await refused(owner, await ask(grace))
  })

  test('counts as whoever handed it over also with an account that they had', async () => {
    const elsewhere = await it.workspace('Elsewhere')
    const host = await it.member(elsewhere, 'owner')
    const one = await joined(host, undefined, elsewhere)
    const { link } = (await owner.call('POST', at('/invitations'), { email: one.email, role: 'consultant' })).json()
    const token = link.split('#')[1]
    expect((await one.call('POST', '/invitations/accept', { token })).statusCode).toBe(201)
    await edit(owner, 'By the owner')
    const asked = await ask(owner)
    await refused(one, asked)
    expect((await why(one, asked.id)).why).toContain('joined by a link that A owner handed over')
  })
  test('is told of before the rule is turned on: it is not, where nobody could approve', async () => {
    workspace = await it.workspace('Two of them')
    await insertMember(it.database.system.db, workspace, owner.id, 'owner')
    const one = await joined(owner)
    const on = () => owner.call('PUT', at('/approval-rule'), { on: true })
    const answer = (await on()).json()
    expect(answer).toMatchObject({ status: 409, code: 'APPROVER_MISSING' })
    expect(answer.detail).toContain('joined by a link that A owner handed over')
    await shows(one, 'command')
    expect((await on()).json().on).toBe(true)
  })
})

describe('who had a part in a draft', () => {
  test('is whoever began it, renamed it or tried it too, however much was saved since', async () => {
    const begun = (await ada.call('POST', at('/flows'), invoiceFlow())).json().id
    await grace.call('PUT', at(`/flows/${begun}/bindings`), { bindings: { ledger: connection } })
    expect((await grace.call('PATCH', at(`/flows/${begun}`), { name: 'Renamed' })).statusCode).toBe(200)
    // A dry run keeps what was tried, as a version that is none.
    expect((await grace.call('POST', at(`/flows/${begun}/dry-run`), { of: 'draft' })).statusCode).toBe(202)
    await sql`delete from draft_sessions where flow_id = ${begun}`.execute(it.database.owner.db)
    const revision = (await grace.call('GET', at(`/flows/${begun}/draft`))).json().revision
    const asked = (await owner.call('POST', at(`/flows/${begun}/approval`), { summary: 'First', revision })).json()
    for (const one of [ada, grace]) expect((await approve(one, asked)).json().code).toBe('SAME_PERSON')
    expect((await why(ada, asked.id)).why).toContain('had a part in it')
  })
  const why = async (by: Caller, id: string) => (await by.call('GET', at(`/approvals/${id}`))).json().approval
})

describe('with the rule on there is no path around it', () => {
  test('publishing, going back, a template, and a token that approves', async () => {
    const refused = async (answer: Promise<{ json(): { code: string } }>, code = 'APPROVAL_NEEDED') =>
      expect((await answer).json().code).toBe(code)
    await refused(ada.call('POST', at(`/flows/${flow}/publish`), { summary: 'Now', revision: await revision() }))
    await refused(owner.call('POST', at(`/flows/${flow}/publish`), { summary: 'Now', revision: await revision() }))
    expect((await approve(grace, await ask(ada))).statusCode).toBe(200)
    await ada.call('POST', at(`/flows/${flow}/versions/1/restore`))
    await refused(ada.call('POST', at(`/flows/${flow}/publish`), { summary: 'Back', revision: await revision() }))
    const fresh = (await ada.call('POST', at('/flows'), invoiceFlow())).json().id
    await ada.call('PUT', at(`/flows/${fresh}/bindings`), { bindings: { ledger: connection } })
    await refused(ada.call('POST', at(`/flows/${fresh}/publish`), { summary: 'First', revision: 1 }))
    const token = (await grace.call('POST', at('/tokens'), { name: 'Robot' })).json().secret
    await refused(approve(it.withToken(token), await ask(ada)), 'STEP_UP_REQUIRED')
    for (const forbidden of ['approvedBy', 'state', 'authors', 'decidedBy', 'workspaceId']) {
      await refused(
        ada.call('POST', at(`/flows/${flow}/approval`), { summary: 'x', revision: 1, [forbidden]: grace.id }),
        'REQUEST_INVALID',
      )
    }
  })

  test('in the database itself: whatever the product forgets is refused there', async () => {
    const tried = (statement: ReturnType<typeof sql>) =>
      inWorkspace(it.database.app.db, workspace, async (tx) => {
        await statement.execute(tx)
      })
    const asked = await ask(ada)
    const copy = sql`insert into flow_versions (workspace_id, flow_id, number, document, hash, author_id, author, summary)
      select workspace_id, flow_id, 9, document, hash, author_id, author, summary from flow_versions where flow_id = ${flow}`
    await expect(tried(copy)).rejects.toMatchObject({ constraint: 'second_person' })
    await expect(tried(sql`update flow_versions set document = '{}' where flow_id = ${flow}`)).rejects.toThrow(
      'a version is not changed',
    )
    await expect(tried(sql`delete from flow_bindings where flow_id = ${flow}`)).rejects.toMatchObject({
      constraint: 'second_person',
    })
    await expect(tried(sql`update workspaces set second_person = false where id = ${workspace}`)).rejects.toMatchObject(
      {
        constraint: 'second_person',
      },
    )
    await expect(
      tried(
        sql`update approvals set state = 'approved', decided_by = ${ada.id}, decided_at = now() where id = ${asked.id}`,
      ),
    ).rejects.toMatchObject({ constraint: 'approvals_second_person' })
    await expect(tried(sql`update approvals set document = '{}' where id = ${asked.id}`)).rejects.toThrow('not changed')
    await approve(grace, asked)
    // An approval that was used is none for the next transaction, and going back to an earlier version needs one.
    await expect(
      inWorkspace(it.database.app.db, workspace, async (tx) => {
        await sql`select set_config('tieline.approval', ${asked.id}, true)`.execute(tx)
        await sql`update flows set live_version = 1 where id = ${flow}`.execute(tx)
      }),
    ).rejects.toMatchObject({ constraint: 'second_person' })
    await expect(
      tried(sql`update approvals set state = 'open', decided_at = null where id = ${asked.id}`),
    ).rejects.toThrow('not changed')
  })

  test('it ends only when a second person agrees', async () => {
    const off = await owner.call('PUT', at('/approval-rule'), { on: false })
    expect(off.json().on).toBe(true)
    const [asked] = (await grace.call('GET', at('/approvals'))).json().items
    expect(asked).toMatchObject({ kind: 'rule', state: 'open', mayDecide: true, flow: null })
    expect((await approve(owner, asked)).json().code).toBe('SAME_PERSON')
    expect((await approve(grace, asked)).statusCode).toBe(200)
    expect((await ada.call('GET', at('/approval-rule'))).json().on).toBe(false)
    expect(
      (await ada.call('POST', at(`/flows/${flow}/publish`), { summary: 'Now', revision: await revision() })).statusCode,
    ).toBe(201)
  })

  test('what waited when it ended waits still, until it goes live otherwise: then nobody approved it', async () => {
    const waits = await ask(ada)
    await owner.call('PUT', at('/approval-rule'), { on: false })
    const { items } = (await grace.call('GET', at('/approvals'))).json()
    const end = items.find(({ kind }: { kind: string }) => kind === 'rule')
    expect((await approve(grace, end)).statusCode).toBe(200)
    const rule = async () => (await ada.call('GET', at('/approval-rule'))).json()
    expect(await rule()).toMatchObject({ on: false, open: 1 })
    await ada.call('POST', at(`/flows/${flow}/publish`), { summary: 'Alone', revision: await revision() })
    const seen = (await grace.call('GET', at(`/approvals/${waits.id}`))).json()
    expect(seen.approval).toMatchObject({ state: 'void', decidedBy: null, reason: 'Version 2 went live meanwhile.' })
    expect((await approve(grace, waits)).json().code).toBe('APPROVAL_CLOSED')
    expect(await rule()).toMatchObject({ on: false, open: 0 })
  })

  test('it begins only where there is a second person, and another workspace sees nothing of it', async () => {
    const asked = await ask(ada)
    const lonely = await it.workspace('Alone')
    const boss = await it.member(lonely, 'owner')
    expect((await boss.call('PUT', `/workspaces/${lonely}/approval-rule`, { on: true })).json().code).toBe(
      'APPROVER_MISSING',
    )
    expect((await boss.call('GET', `/workspaces/${lonely}/approvals`)).json().items).toEqual([])
    for (const [method, rest, body] of [
      ['GET', '', undefined],
      ['POST', '/approve', { hash: asked.hash }],
      ['POST', '/refuse', { reason: 'no' }],
    ] as const) {
      expect((await boss.call(method, `/workspaces/${lonely}/approvals/${asked.id}${rest}`, body)).statusCode).toBe(404)
    }
  })
})
