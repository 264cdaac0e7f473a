import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  API,
  type Caller,
  type Installation,
  install,
  invoiceFlow,
  PASSWORD,
  publishedFlow,
  XERO_CONNECTION,
} from './installation.ts'
import { oneOfEach } from './one-of-each.ts'

/*
 * Two or more people do something at the same moment, many times over: whatever comes of it is one of the orders in which
 * they could have come, each is told what became of it, and the audit log has what was done and nothing else.
 */

const ROUNDS = 2
const AT_ONCE = 'Somebody changed the same thing at the same moment. Try again.'

let it: Installation
let workspace: string
let [owner, other] = [] as unknown as [Caller, Caller]

beforeAll(async () => {
  it = await install()
  workspace = await it.workspace()
  ;[owner, other] = [await it.member(workspace, 'owner'), await it.member(workspace, 'owner')]
})
afterAll(() => it.close())

const at = (path: string) => `/workspaces/${workspace}${path}`
type Answer = Awaited<ReturnType<Caller['call']>>
/** All at once; none of them may fail in a way that nobody foresaw. Who is told to try again finds out what was first. */
async function atOnce(...asked: readonly (() => Promise<Answer>)[]): Promise<Answer[]> {
  const answers = await Promise.all(asked.map((ask) => ask()))
  for (const { statusCode, body } of answers) if (statusCode >= 500) expect(JSON.parse(body).detail).toBe(AT_ONCE)
  return answers
}
const done = (answers: readonly Answer[]) => answers.filter(({ statusCode }) => statusCode < 300).length
/** Entries of the audit log about one subject, newest first. */
async function entries(action: string, of: string): Promise<{ detail: Record<string, unknown> }[]> {
  const { items } = (await owner.call('GET', at(`/audit?action=${action}&limit=100`))).json()
  return items.filter((entry: { subject: object }) => JSON.stringify(entry.subject).includes(of))
}
async function times(round: (n: number) => Promise<void>): Promise<void> {
  for (let n = 0; n < ROUNDS; n++) await round(n)
}
const flowOf = async (id: string) => (await owner.call('GET', at(`/flows/${id}`))).json()
const draftOf = async (id: string) => (await owner.call('GET', at(`/flows/${id}/draft`))).json()
async function bound(): Promise<string> {
  const { flow } = await publishedFlow(owner, workspace)
  return flow
}
const renamed = (name: string) =>
  invoiceFlow({ nodes: invoiceFlow().nodes.map((node) => (node.id === 'shape' ? { ...node, name } : node)) })

test('two publish one draft: one of them does', () =>
  times(async (n) => {
    const flow = await bound()
    const { revision } = await draftOf(flow)
    await owner.call('PUT', at(`/flows/${flow}/draft`), renamed(`Round ${n}`), { 'if-match': `"${revision}"` })
    const ask = (by: Caller) => () =>
      by.call('POST', at(`/flows/${flow}/publish`), { summary: 'Now', revision: revision + 1 })
    const answers = await atOnce(ask(owner), ask(other), ask(owner), ask(other))
    expect(done(answers)).toBe(1)
    expect((await flowOf(flow)).liveVersion).toBe(2)
    expect(await entries('flow.publish', flow)).toHaveLength(2)
  }))

test('one publishes, one saves, one puts it into the archive', () =>
  times(async (n) => {
    const flow = await bound()
    const { revision } = await draftOf(flow)
    const save = await owner.call('PUT', at(`/flows/${flow}/draft`), renamed(`Before ${n}`), {
      'if-match': `"${revision}"`,
    })
    const now: number = save.json().revision
    const [published, saved, archived] = await atOnce(
      () => owner.call('POST', at(`/flows/${flow}/publish`), { summary: 'Now', revision: now }),
      () => other.call('PUT', at(`/flows/${flow}/draft`), renamed(`After ${n}`), { 'if-match': `"${now}"` }),
      () => other.call('PATCH', at(`/flows/${flow}`), { archived: true }),
    )
    // What is live is what was published, never what was saved meanwhile.
    const { liveVersion } = await flowOf(flow)
    expect(liveVersion).toBe(published!.statusCode === 201 ? 2 : 1)
    if (liveVersion === 2) {
      const version = (await owner.call('GET', at(`/flows/${flow}/versions/2`))).body
      expect(version).toContain(`Before ${n}`)
      expect(version).not.toContain(`After ${n}`)
    }
    expect(await entries('flow.publish', flow)).toHaveLength(liveVersion)
    expect([saved!.statusCode, archived!.statusCode].every((status) => status < 300 || status === 409)).toBe(true)
  }))

test('a flow is switched on and off ten times at once: its clock agrees with its switch', () =>
  times(async () => {
    const flow = await bound()
    const answers = await atOnce(
      ...Array.from(
        { length: 10 },
        (_, n) => () => (n % 3 ? owner : other).call('POST', at(`/flows/${flow}/switch`), { on: n % 2 === 0 }),
      ),
    )
    expect(done(answers)).toBe(10)
    const { enabled } = await flowOf(flow)
    const clocks = await it.database.owner.db
      .selectFrom('schedules')
      .select('node_id')
      .where('flow_id', '=', flow)
      .execute()
    expect(clocks).toHaveLength(enabled ? 1 : 0)
    expect(await entries('flow.switch', flow)).toHaveLength(10)
    await owner.call('POST', at(`/flows/${flow}/switch`), { on: false })
  }))

test('two back-fills of one window: one of them; two runs of the same keys: one', () =>
  times(async () => {
    const flow = await bound()
    const window = { from: '2026-01-01', to: '2026-01-31' }
    const answers = await atOnce(
      ...[owner, other, owner].map((by) => () => by.call('POST', at(`/flows/${flow}/backfill`), window)),
    )
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([202, 409, 409])
    expect((await owner.call('GET', at(`/flows/${flow}/backfills`))).json().items).toHaveLength(1)
    expect(await entries('backfill.start', flow)).toHaveLength(1)
    const resync = await atOnce(
      ...[owner, other, owner].map((by) => () => by.call('POST', at(`/flows/${flow}/resync`), { keys: ['INV-1'] })),
    )
    expect(done(resync)).toBe(1)
    // Cancelled by two at once: each run once.
    const { id } = answers.find(({ statusCode }) => statusCode === 202)!.json()
    const cancels = await atOnce(
      ...[owner, other].map((by) => () => by.call('POST', at(`/flows/${flow}/backfills/${id}/cancel`))),
    )
    expect(cancels.map(({ statusCode }) => statusCode).sort()).toEqual([202, 409])
  }))

test('a run is cancelled, paused and cancelled at once: it is cancelled, and each hears what came first', () =>
  times(async () => {
    const flow = await bound()
    const { id } = (await owner.call('POST', at(`/flows/${flow}/run`), {})).json()
    const run = at(`/runs/${id}`)
    const answers = await atOnce(
      () => owner.call('POST', `${run}/cancel`),
      () => other.call('POST', `${run}/pause`),
      () => other.call('POST', `${run}/cancel`),
      () => owner.call('POST', `${run}/resume`),
    )
    expect(done([answers[0]!, answers[2]!])).toBe(1)
    expect((await owner.call('GET', run)).json().state).toBe('cancelled')
    expect(await entries('run.cancel', id)).toHaveLength(1)
  }))

test('of an effect in doubt one says that it arrived and one that it did not: the first is believed', () =>
  times(async () => {
    const home = await it.workspace()
    const [first, second] = [await it.member(home, 'owner'), await it.member(home, 'operator')]
    const made = await publishedFlow(first, home)
    await first.call('POST', `/workspaces/${home}/flows/${made.flow}/run`, {})
    const { db } = it.database.owner
    await oneOfEach(db, first, { workspace: home, ...made })
    await sql`update runs set state = 'failed', ended_at = now() where workspace_id = ${home}`.execute(db)
    // So long ago that no answer can come any more.
    await sql`
      update calls set created_at = now() - interval '6 minutes', sent_at = now() - interval '6 minutes'
      where workspace_id = ${home}
    `.execute(db)
    const { items } = (await first.call('GET', `/workspaces/${home}/unknown-effects`)).json()
    const [{ call, position }] = items
    const settle = (by: Caller, verdict: string) => () =>
      by.call('POST', `/workspaces/${home}/unknown-effects/settle`, {
        ...{ effects: [{ call, position }], verdict, reason: 'Looked it up' },
      })
    const answers = await atOnce(settle(first, 'arrived'), settle(second, 'did-not-arrive'))
    expect(answers.map((answer) => answer.json().settled).sort()).toEqual([0, 1])
    expect(answers.map((answer) => answer.json().already).sort()).toEqual([0, 1])
    const { rows } = await sql<{ state: string }>`
      select state from effects where workspace_id = ${home} and call_id = ${call}
    `.execute(db)
    // What did not arrive is forgotten, so that it can be sent.
    expect(rows.map(({ state }) => state)).toEqual(answers[0]!.json().settled === 1 ? ['confirmed'] : [])

    // An exception is tried again by one and dismissed by another.
    const [exception] = (await first.call('GET', `/workspaces/${home}/exceptions`)).json().items
    const path = `/workspaces/${home}/exceptions/${exception.id}`
    const cared = await atOnce(
      () => first.call('POST', `${path}/retry`, {}),
      () => second.call('POST', `${path}/dismiss`, { reason: 'Not needed' }),
      () => second.call('POST', `${path}/retry`, {}),
    )
    expect(done(cared)).toBe(1)
    const { rows: left } = await sql<{ state: string }>`
      select state from exceptions where workspace_id = ${home} and id = ${exception.id}
    `.execute(db)
    const [{ state }] = left as [{ state: string }]
    expect(state).toBe(cared[1]!.statusCode === 200 ? 'dismissed' : 'retrying')
    const runs = await sql`select from runs where workspace_id = ${home} and cause = 'retry'`.execute(db)
    expect(runs.rows).toHaveLength(state === 'retrying' ? 1 : 0)
  }))

test('one invitation, and two to one new address, are each accepted twice at once', () =>
  times(async (n) => {
    const email = `new-${n}@example.com`
    const home = await it.workspace()
    const host = await it.member(home, 'owner')
    const invite = async (by: Caller, to: string) =>
      (await by.call('POST', `/workspaces/${to}/invitations`, { email, role: 'client' })).json().link.split('#')[1]
    const [here, there] = [await invite(owner, workspace), await invite(host, home)]
    let from = 0
    const accept = (token: string) => () =>
      it.api.inject({
        ...{ method: 'POST', url: `${API}/invitations/accept`, remoteAddress: `10.6.${n}.${++from}` },
        payload: { token, name: 'New', password: PASSWORD },
      })
    const answers = await atOnce(accept(here), accept(here), accept(there), accept(there))
    expect(done(answers)).toBe(1)
    const { db } = it.database.owner
    const { rows } = await sql`
      select from users u join members m on m.user_id = u.id where u.email = ${email}
    `.execute(db)
    expect(rows).toHaveLength(1)
  }))

test('the rule of two people is turned on while somebody publishes: once it is on, nothing goes live alone', () =>
  times(async (n) => {
    const home = await it.workspace()
    const [first, second] = [await it.member(home, 'owner'), await it.member(home, 'consultant')]
    const { flow } = await publishedFlow(second, home)
    const there = `/workspaces/${home}/flows/${flow}`
    await second.call('PUT', `${there}/draft`, renamed(`Alone ${n}`), { 'if-match': '"1"' })
    const { db } = it.database.owner
    const [on, published] = await atOnce(
      async () => {
        const answer = await first.call('PUT', `/workspaces/${home}/approval-rule`, { on: true })
        const { rows } = await sql<{ live_version: number }>`select live_version from flows where id = ${flow}`.execute(
          db,
        )
        ;(answer as { live?: number }).live = rows[0]!.live_version
        return answer
      },
      () => second.call('POST', `${there}/publish`, { summary: 'Quickly', revision: 2 }),
    )
    expect(on!.json().on).toBe(true)
    const live = (await first.call('GET', there)).json().liveVersion
    expect(live).toBe((on as { live?: number }).live)
    expect(published!.statusCode).toBe(live === 2 ? 201 : 409)
  }))

test('a request is approved by two, taken back, edited, and its approver taken out, all at once', () =>
  times(async (n) => {
    const home = await it.workspace()
    const [boss, asker, one, two] = [
      await it.member(home, 'owner'),
      await it.member(home, 'consultant'),
      await it.member(home, 'consultant'),
      await it.member(home, 'consultant'),
    ]
    const { flow } = await publishedFlow(asker, home)
    const path = (rest: string) => `/workspaces/${home}${rest}`
    await boss.call('PUT', path('/approval-rule'), { on: true })
    await asker.call('PUT', path(`/flows/${flow}/draft`), renamed(`Asked ${n}`), { 'if-match': '"1"' })
    const asked = (await asker.call('POST', path(`/flows/${flow}/approval`), { summary: 'New', revision: 2 })).json()
    const approve = (by: Caller) => () => by.call('POST', path(`/approvals/${asked.id}/approve`), { hash: asked.hash })
    const [first, second, edited, back, out] = await atOnce(
      ...[approve(one), approve(two)],
      () => asker.call('PUT', path(`/flows/${flow}/draft`), renamed(`Slipped in ${n}`), { 'if-match': '"2"' }),
      () => asker.call('POST', path(`/approvals/${asked.id}/refuse`), { reason: 'Not yet' }),
      () => boss.call('DELETE', path(`/members/${two.id}`)),
    )
    expect(done([first!, second!])).toBeLessThanOrEqual(1)
    expect([edited!.statusCode, out!.statusCode]).toEqual([200, 204])
    const { approval, before } = (await boss.call('GET', path(`/approvals/${asked.id}`))).json()
    const approved = done([first!, second!]) === 1
    expect(approval.state).toBe(approved ? 'approved' : 'void')
    expect(back!.statusCode).toBe(approved || approval.reason !== 'Not yet' ? 409 : 200)
    const { liveVersion } = (await boss.call('GET', path(`/flows/${flow}`))).json()
    expect(liveVersion).toBe(approved ? 2 : 1)
    expect(JSON.stringify(before)).not.toContain('Slipped in')
    // It was their last workspace: whatever they hold opens nothing.
    expect((await approve(two)()).statusCode).toBe(401)
  }))

test('a connection is removed while flows are bound to it, and used', () =>
  times(async (n) => {
    const { id } = (await owner.call('POST', at('/connections'), { ...XERO_CONNECTION, name: `Doomed ${n}` })).json()
    const flows = await Promise.all(
      [1, 2].map(async () => (await owner.call('POST', at('/flows'), invoiceFlow())).json().id as string),
    )
    const [removed, ...bindings] = await atOnce(
      () => owner.call('DELETE', at(`/connections/${id}?anyway=true`)),
      ...flows.map((flow) => () => other.call('PUT', at(`/flows/${flow}/bindings`), { bindings: { ledger: id } })),
    )
    const there = (await owner.call('GET', at(`/connections/${id}`))).statusCode === 200
    expect(removed!.statusCode).toBe(there ? 409 : 200)
    const bound = await sql`select from flow_bindings where connection_id = ${id}`.execute(it.database.owner.db)
    expect(bound.rows).toHaveLength(there ? done(bindings) : 0)
    expect(await entries('connection.delete', id)).toHaveLength(there ? 0 : 1)
  }))

test('API tokens are made beyond what one may have, all at once: no more than that, and each is in the list', async () => {
  const home = await it.workspace()
  const person = await it.member(home, 'owner')
  const path = `/workspaces/${home}/tokens`
  await sql`
    insert into api_tokens (workspace_id, id, prefix, hash, user_id, name, revoked_at)
    select ${home}, gen_random_uuid(), lpad(to_hex(n), 8, '0'), sha256(n::text::bytea), ${person.id}, 'Old',
      case when n > 98 then now() end
    from generate_series(1, 298) n
  `.execute(it.database.owner.db)
  const make = () => person.call('POST', path, { name: 'New' })
  const answers = await atOnce(make, make, make, make)
  expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([201, 201, 400, 400])
  const { items } = (await person.call('GET', path)).json()
  expect(items.filter(({ revokedAt }: { revokedAt: string | null }) => revokedAt === null)).toHaveLength(100)
})
