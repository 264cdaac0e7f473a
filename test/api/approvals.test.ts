import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { hashSecret, newSecret } from '../../server/api/sessions.ts'
import { decideApproval } from '../../server/store/approvals.ts'
import { inWorkspace } from '../../server/store/database.ts'
import { insertPasswordLink } from '../../server/store/password-links.ts'
import { insertMember } from '../../server/store/workspaces.ts'
import {
  API,
  type Caller,
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
  it = await install()
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
  expect((await owner.call('PUT', at('/approval-rule'), { on: true })).json()).toEqual({ on: true, approvers: 3 })
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
    await edit(ada, 'Slipped in')
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
