import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type MailServer, startMail } from '../../connectors/email/sandbox/mail-server.ts'
import { readMail } from '../../connectors/email/sandbox/read-mail.ts'
import { connectors } from '../../connectors/index.ts'
import { describeAutomations } from '../../server/api/switch/describe-automations.ts'
import { buildCatalog } from '../../server/catalog.ts'
import { mailBy } from '../../server/mail.ts'
import { newId } from '../../server/store/database/ids.ts'
import { insertMember } from '../../server/store/workspace/workspaces.ts'
import { weeklyLetters } from '../../server/weekly/task.ts'
import { type Caller, type Installation, install, publishedFlow } from '../api/installation.ts'

// 07:30 on a Monday in Berlin; weeks of other tests do not count, since everybody here is new.
const MONDAY = new Date('2026-11-30T06:30:00Z')
const URL = 'https://tieline.test'

let post: MailServer
let it: Installation
const catalog = buildCatalog()
const failures: object[] = []
let workspace: string
let owner: Caller
let client: Caller

beforeAll(async () => {
  post = await startMail()
  it = await install({ mail: mailBy(`smtp://127.0.0.1:${post.port}`, 'tieline@example.com'), mailLinks: URL })
})
afterAll(async () => {
  await it?.close()
  await post?.close()
})
beforeEach(async () => {
  await sql`update users set preferences = '{}'`.execute(it.database.owner.db)
  workspace = await it.workspace()
  owner = await it.member(workspace, 'owner')
  client = await it.member(workspace, 'client')
  post.received.length = 0
  post.calm()
  failures.length = 0
})

/** A worker of its own each time. */
const turn = (now = MONDAY, port = post.port, meanwhile?: () => Promise<unknown>) =>
  weeklyLetters({
    app: it.database.app.db,
    mail: mailBy(`smtp://127.0.0.1:${port}`, 'tieline@example.com'),
    url: URL,
    keys: it.keys,
    describe: async (tx, id, role) => {
      await meanwhile?.()
      return (await describeAutomations({ catalog, connectors }, tx, id, role)).items
    },
    log: { error: (fields) => failures.push(fields) },
  }).run(it.database.system.db, now)

async function ask(who: Caller, more: object = {}, on = true): Promise<void> {
  const body = { weekly: { workspaces: { [workspace]: on }, zone: 'Europe/Berlin' }, ...more }
  const answer = await who.call('PATCH', '/me/preferences', body)
  expect(answer.statusCode, answer.body).toBe(200)
}

const rows = async () =>
  (
    await sql<{ state: string; week: string }>`
      select state, week::text from weekly_letters where workspace_id = ${workspace} order by week
    `.execute(it.database.owner.db)
  ).rows
const recipients = () => post.received.flatMap(({ to }) => to)

/** A flow that is on, with a run of today. */
async function movedFlow(read: number, sent: number): Promise<string> {
  const { flow } = await publishedFlow(owner, workspace)
  await sql`update flows set enabled = true where id = ${flow}`.execute(it.database.owner.db)
  await sql`
    insert into runs (workspace_id, id, flow_id, version, cause, cause_node, state, counts, created_at, ended_at)
    values (${workspace}, ${newId()}, ${flow}, 1, 'schedule', 'start', 'succeeded', ${JSON.stringify({ read, sent })}::jsonb,
      now(), now())
  `.execute(it.database.owner.db)
  return flow
}

test('says what moved and what needs whom, each with its link, and nothing of records', async () => {
  const flow = await movedFlow(1412, 1)
  const words = 'The contact jane.doe@shop.example was refused.'
  await sql`update flows set paused_code = 'RECORD_REFUSED', paused_message = ${words} where id = ${flow}`.execute(
    it.database.owner.db,
  )
  await ask(client, { numbers: '1.234,5' })
  await turn()
  expect(failures).toEqual([])
  expect(recipients()).toEqual([client.email])
  const { headers, text } = readMail(post.received[0]!.raw)
  const seen = (await client.call('GET', `/workspaces/${workspace}/automations`)).json().items[0]
  expect(seen).toMatchObject({ health: 'needs-you', week: { read: 1412, sent: 1 } })
  expect(headers.subject).toBe('Nordwind: 1 of 1 automation needs you.')
  expect(text).toContain(`${seen.name}: Needs you. 1.412 records read, 1 item sent. ${seen.sentence}`)
  expect(text).toContain(`${seen.name}: It stopped itself.`)
  expect(text).toContain(`${URL}/w/${workspace}/home`)
  expect(text).toContain(`What else you get: ${URL}/w/${workspace}/account#weekly`)
  expect(text).toContain('Checked: the other systems have answered for every item that was sent.')
  expect(text).not.toContain('jane.doe')
})

test('is sent at once to whoever wants one now, and comes on Monday all the same', async () => {
  await movedFlow(12, 3)
  const now = () => client.call('POST', `/workspaces/${workspace}/weekly-letter`)
  expect((await now()).statusCode).toBe(204)
  expect(recipients()).toEqual([client.email])
  const { headers, text } = readMail(post.received[0]!.raw)
  expect(headers.subject).toBe('Nordwind: All is well: your automation is working.')
  expect(text).toContain('12 records read, 3 items sent.')
  expect(text).toContain(`Have it every Monday, or not: ${URL}/w/${workspace}/account#weekly`)
  expect(text).not.toContain('/letters/stop/')
  expect(await rows()).toEqual([])
  const { secret } = (await client.call('POST', `/workspaces/${workspace}/tokens`, { name: 'Robot' })).json()
  expect((await it.withToken(secret).call('POST', `/workspaces/${workspace}/weekly-letter`)).statusCode).toBe(403)
  post.arm({ at: 'rcpt', code: 550, text: 'Nobody of that name' })
  expect((await now()).json()).toMatchObject({ code: 'REMOTE_FAILED', status: 502 })
  post.calm()
  await ask(client)
  await turn()
  expect(recipients()).toEqual([client.email, client.email])
})

test('a week in which nothing moved is one line', async () => {
  const { flow } = await publishedFlow(owner, workspace)
  await sql`update flows set enabled = true where id = ${flow}`.execute(it.database.owner.db)
  await ask(client)
  await turn()
  const { text } = readMail(post.received[0]!.raw)
  expect(text).toContain('All is well: your automation is working. Nothing moved in the last seven days.')
  expect(text).not.toMatch(/records? read|needs you|Checked/)
})

test('says of how many items nobody knows whether they arrived', async () => {
  const flow = await movedFlow(2, 1)
  await sql`
    with target as (
      insert into targets (workspace_id, connection_id, operation) values (${workspace}, ${newId()}, 'emarsys.send-mail') returning id
    ), call as (
      insert into calls (workspace_id, id, target_id, run_id, epoch, batch, node_id, state, items)
      select ${workspace}, ${newId()}, t.id, r.id, 1, 0, 'mail', 'unknown', 2
      from target t, runs r where r.workspace_id = ${workspace} and r.flow_id = ${flow} returning id, target_id
    )
    insert into effects (workspace_id, target_id, document, part, kind, hash, call_id, position)
    select ${workspace}, target_id, 'd' || n, '', 's', '', id, n from call, generate_series(1, 2) n
  `.execute(it.database.owner.db)
  await ask(client)
  await turn()
  expect(failures).toEqual([])
  const { text } = readMail(post.received[0]!.raw)
  expect(text).toContain('Checked: of 2 items it is not known whether they arrived.')
})

test('of many workers one sends, once a week', async () => {
  await movedFlow(1, 1)
  await Promise.all([ask(client), ask(owner)])
  await Promise.all([turn(), turn(), turn(), turn()])
  await turn(new Date(MONDAY.getTime() + 3_600_000))
  expect(recipients().sort()).toEqual([client.email, owner.email].sort())
  await turn(new Date(MONDAY.getTime() + 7 * 86_400_000))
  expect(recipients()).toHaveLength(4)
  expect((await rows()).map(({ week }) => week)).toEqual(['2026-11-30', '2026-11-30', '2026-12-07', '2026-12-07'])
  expect(failures).toEqual([])
})

test('comes by the clock of the person: of the preferences, else of the browser where it was asked for', async () => {
  await ask(client, { zone: 'America/Los_Angeles' })
  await ask(owner)
  await turn()
  expect(recipients()).toEqual([owner.email])
  await turn(new Date('2026-11-30T15:00:00Z'))
  expect(recipients()).toEqual([owner.email, client.email])
})

test('nobody gets it who did not ask, left, cannot sign in, or whose workspace is being closed', async () => {
  const gone = await it.member(workspace, 'finance')
  const barred = await it.member(workspace, 'marketing')
  const stranger = await it.member(await it.workspace('Elsewhere'), 'owner')
  const switchedOff = await it.member(workspace, 'operator')
  await Promise.all([ask(gone), ask(barred), ask(stranger), ask(switchedOff)])
  await ask(switchedOff, {}, false)
  expect((await owner.call('DELETE', `/workspaces/${workspace}/members/${gone.id}`)).statusCode).toBe(204)
  await sql`update users set disabled_at = now() where id = ${barred.id}`.execute(it.database.owner.db)
  await turn()
  expect(post.received).toEqual([])

  await ask(client)
  await sql`update workspaces set closing_at = now(), delete_after = now() + interval '30 days' where id = ${workspace}`.execute(
    it.database.owner.db,
  )
  await turn()
  expect(post.received).toEqual([])
  expect(await rows()).toEqual([])
  await sql`update workspaces set closing_at = null, delete_after = null where id = ${workspace}`.execute(
    it.database.owner.db,
  )
  await turn()
  expect(recipients()).toEqual([client.email])
})

test('nobody gets it who is shut out, or stops it, while it is written', async () => {
  for (const change of [
    sql`update users set preferences = '{}' where id = ${client.id}`,
    sql`update users set disabled_at = now() where id = ${client.id}`,
  ]) {
    await ask(client)
    await turn(MONDAY, post.port, () => change.execute(it.database.owner.db))
  }
  expect(post.received).toEqual([])
  expect(await rows()).toEqual([])
})

test('its link stops this letter alone, signed in or not, and is refused when it is forged', async () => {
  const other = await it.workspace('Other')
  await insertMember(it.database.system.db, other, client.id, 'client')
  await ask(client)
  await ask(client, { weekly: { workspaces: { [other]: true }, zone: 'Europe/Berlin' } })
  await turn()
  const letter = readMail(post.received.find(({ raw }) => readMail(raw).headers.subject!.startsWith('Nordwind'))!.raw)
  const link = /^<(.+)>$/.exec(letter.headers['list-unsubscribe']!)![1]!
  expect(letter.headers['list-unsubscribe-post']).toBe('List-Unsubscribe=One-Click')
  expect(letter.text).toContain(`Stop it: ${link}`)
  const path = link.slice(URL.length)
  const token = path.split('/').at(-1)!
  const press = (path: string, type: string, payload: string) =>
    it.api.inject({ method: 'POST', url: path, headers: { 'content-type': type }, payload })
  const form = 'application/x-www-form-urlencoded'
  const preferences = async () => (await client.call('GET', '/me')).json().preferences.weekly
  const before = await preferences()

  // Opened, as programs do that look at mail; forged; for another workspace; saying something else.
  const opened = await it.api.inject({ url: path })
  expect([opened.statusCode, opened.headers.location]).toEqual([302, `/stop-letter#${token}`])
  const ids = (user: string, to: string) => Buffer.from(`${user}${to}`.replaceAll('-', ''), 'hex')
  const moved = Buffer.concat([ids(client.id, other), Buffer.from(token, 'base64url').subarray(32)]).toString(
    'base64url',
  )
  for (const forged of [moved, `${token}x`, token.replace(/^./, (first) => (first === 'A' ? 'B' : 'A')), 'x']) {
    const answer = await press(path.replace(token, forged), form, 'List-Unsubscribe=One-Click')
    expect([answer.statusCode, answer.json().code]).toEqual([404, 'NOT_FOUND'])
  }
  expect((await press(path, form, 'x=y')).json().code).toBe('REQUEST_INVALID')
  expect(await preferences()).toEqual(before)
  expect(before.workspaces).toEqual([workspace, other].sort())

  expect((await press(path, form, 'List-Unsubscribe=One-Click')).statusCode).toBe(204)
  expect(await preferences()).toEqual({
    ...{ zone: 'Europe/Berlin', workspaces: [other], stopped: { [workspace]: expect.stringMatching(/^20.*Z$/) } },
  })
  const parts = '--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n'
  expect((await press(path, 'multipart/form-data; boundary=b', parts)).statusCode).toBe(204)
  post.received.length = 0
  await turn(new Date(MONDAY.getTime() + 7 * 86_400_000))
  expect(post.received.map(({ raw }) => readMail(raw).headers.subject)).toEqual([expect.stringMatching(/^Other/)])
  await ask(client)
  expect((await preferences()).stopped).toEqual({})
})

test('is sent again only where no server can have taken it', async () => {
  await ask(client)
  // Nobody listens there.
  await turn(MONDAY, 1)
  expect(failures).toHaveLength(1)
  expect(await rows()).toEqual([])
  post.arm({ at: 'rcpt', code: 451, text: 'Later' })
  await turn()
  expect(await rows()).toEqual([])
  post.arm({ at: 'cut-after' })
  await turn()
  expect(failures).toHaveLength(3)
  expect(await rows()).toMatchObject([{ state: 'unknown' }])
  const arrived = post.received.length
  await turn()
  expect(post.received).toHaveLength(arrived)

  const other = await it.member(workspace, 'finance')
  await ask(other)
  post.arm({ at: 'rcpt', code: 550, text: 'Nobody of that name' })
  await turn()
  await turn()
  expect((await rows()).map(({ state }) => state).sort()).toEqual(['failed', 'unknown'])
  expect(recipients()).not.toContain(other.email)
})

test('a row that a process left when it died is not sent again', async () => {
  await ask(client)
  await sql`insert into weekly_letters (workspace_id, user_id, week) values (${workspace}, ${client.id}, '2026-11-30')`.execute(
    it.database.owner.db,
  )
  await turn()
  expect(post.received).toEqual([])
})

test('links of other letters lead to the same place, without a PUBLIC_URL too', async () => {
  const answer = await it.api.inject({
    ...{ method: 'POST', url: '/api/v1/password/forgotten', payload: { email: client.email } },
  })
  expect(answer.statusCode).toBe(202)
  await expect.poll(recipients).toEqual([client.email])
  expect(readMail(post.received[0]!.raw).text).toContain(`${URL}/password#`)
})

test('its zone is checked', async () => {
  const body = { weekly: { workspaces: { [workspace]: true }, zone: 'Mars/Olympus' } }
  expect((await client.call('PATCH', '/me/preferences', body)).json()).toMatchObject({
    code: 'REQUEST_INVALID',
    detail: expect.stringContaining('Mars/Olympus'),
  })
  expect((await client.call('GET', '/me')).json()).toMatchObject({ mail: true, preferences: {} })
})
