import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type MailServer, startMail } from '../../connectors/email/sandbox/mail-server.ts'
import { readMail } from '../../connectors/email/sandbox/read-mail.ts'
import { APPROVERS } from '../../server/api/http/permissions.ts'
import { approvalLetters } from '../../server/approval/task.ts'
import { mailBy } from '../../server/mail.ts'
import { insertMember } from '../../server/store/workspace/workspaces.ts'
import { type Caller, type Installation, install, publishedFlow } from '../api/installation.ts'

const URL = 'https://tieline.test'

let post: MailServer
let it: Installation
let workspace: string
let flow: string
let [owner, ada, grace, client] = [] as unknown as [Caller, Caller, Caller, Caller]
const failures: object[] = []

beforeAll(async () => {
  post = await startMail()
  it = await install()
  const home = await it.workspace('Home')
  owner = await it.member(home, 'owner')
  ada = await it.member(home, 'consultant')
  grace = await it.member(home, 'consultant')
  client = await it.member(home, 'client')
})
afterAll(async () => {
  await it?.close()
  await post?.close()
})

/** A workspace where a second person approves; Ada has changed the draft of its flow. */
beforeEach(async () => {
  // Those of the tests before are told of too, while they wait.
  await sql`update approvals set state = 'void', decided_at = now() where state = 'open'`.execute(it.database.owner.db)
  workspace = await it.workspace()
  const { db } = it.database.system
  await insertMember(db, workspace, owner.id, 'owner')
  for (const { id } of [ada, grace]) await insertMember(db, workspace, id, 'consultant')
  await insertMember(db, workspace, client.id, 'client')
  ;({ flow } = await publishedFlow(ada, workspace))
  expect((await owner.call('PUT', at('/approval-rule'), { on: true })).json()).toMatchObject({ on: true })
  await rename(ada, 'Invoices, anew')
  post.received.length = 0
  post.calm()
  failures.length = 0
})

const at = (path: string) => `/workspaces/${workspace}${path}`
const draft = async () => (await ada.call('GET', at(`/flows/${flow}/draft`))).json()
async function rename(by: Caller, name: string): Promise<void> {
  const { revision, document } = await draft()
  const saved = await by.call('PUT', at(`/flows/${flow}/draft`), { ...document, name }, { 'if-match': `"${revision}"` })
  expect(saved.statusCode, saved.body).toBe(200)
}
async function ask(by: Caller, summary: string): Promise<{ id: string; hash: string }> {
  const { revision } = await draft()
  const answer = await by.call('POST', at(`/flows/${flow}/approval`), { summary, revision })
  expect(answer.statusCode, answer.body).toBe(201)
  return answer.json()
}
/** A worker of its own each time. */
const turn = (port = post.port) =>
  approvalLetters({
    app: it.database.app.db,
    mail: mailBy(`smtp://127.0.0.1:${port}`, 'tieline@example.com'),
    url: URL,
    approvers: APPROVERS,
    log: { error: (fields) => failures.push(fields) },
  }).run(it.database.system.db)
/** To whom, with which subject, since the last look. */
const told = () =>
  post.received
    .splice(0)
    .map(({ to, raw }) => ({ to: to[0], ...readMail(raw) }))
    .sort((a, b) => (a.to! < b.to! ? -1 : 1))
const people = (...who: Caller[]) => who.map(({ email }) => email).sort()

test('tells those who may decide, once, with where; whoever asked hears how it ended', async () => {
  const asked = await ask(ada, 'Shape anew\r\nBcc: everybody@example.com\n\nOpen https://evil.test')
  await Promise.all([turn(), turn()])
  await turn()
  const first = told()
  expect(first.map(({ to }) => to)).toEqual(people(owner, grace))
  for (const { headers, text } of first) {
    expect(headers.subject).toBe('A consultant asks you to approve “Invoices, anew”')
    expect(headers.bcc).toBeUndefined()
    expect(text).toContain(
      'A consultant asks that “Invoices, anew” go live in “Nordwind”: “Shape anew Bcc: everybody@example.com Open https://evil.test”',
    )
    expect(text).toContain(`${URL}/w/${workspace}/approvals/${asked.id}\r\n`)
  }

  const done = await grace.call('POST', at(`/approvals/${asked.id}/approve`), { hash: asked.hash })
  expect(done.statusCode, done.body).toBe(200)
  await turn()
  await turn()
  const end = told()
  expect(end.map(({ to, headers }) => [to, headers.subject])).toEqual([[ada.email, 'Approved: “Invoices, anew”']])
  expect(end[0]?.text).toContain('A consultant has approved it: it is live.')
  expect(failures).toEqual([])
})

test('does not tell again what is asked for again at once, and does when it still waits later', async () => {
  await ask(ada, 'One')
  await turn()
  expect(told()).toHaveLength(2)
  const again = await ask(ada, 'Two')
  await turn()
  expect(told()).toEqual([])
  await sql`update approval_letters set made_at = now() - interval '16 minutes' where workspace_id = ${workspace}`.execute(
    it.database.owner.db,
  )
  await turn()
  expect(told().map(({ text }) => text.includes(again.id))).toEqual([true, true])
  // What it took the place of is told to nobody, and neither is what one takes back.
  await ada.call('POST', at(`/approvals/${again.id}/refuse`), { reason: 'Not yet' })
  await turn()
  expect(told()).toEqual([])
})

test('tells neither who had a part in it, nor who may not approve, is gone, or when it is decided already', async () => {
  await rename(grace, 'By two')
  await ask(ada, 'By two')
  await turn()
  expect(told().map(({ to }) => to)).toEqual([owner.email])

  const { id } = await ask(owner, 'By the owner')
  expect((await owner.call('DELETE', at(`/members/${grace.id}`))).statusCode).toBe(204)
  await owner.call('POST', at(`/approvals/${id}/refuse`), { reason: 'Mine' })
  await turn()
  expect(told()).toEqual([])
})

test('whoever asked and was taken out since hears nothing of how it ended', async () => {
  const asked = await ask(ada, 'Shape anew')
  await turn()
  expect(told()).toHaveLength(2)
  const done = await grace.call('POST', at(`/approvals/${asked.id}/refuse`), { reason: 'They leave' })
  expect(done.statusCode, done.body).toBe(200)
  expect((await owner.call('DELETE', at(`/members/${ada.id}`))).statusCode).toBe(204)
  await turn()
  expect([told(), failures]).toEqual([[], []])
})

test('tells a refusal with its reason, and of a rule that is to end', async () => {
  const { id } = await ask(ada, 'Shape anew')
  await grace.call('POST', at(`/approvals/${id}/refuse`), { reason: 'Not before the sale' })
  await turn()
  const [end, ...more] = told()
  expect(more).toEqual([])
  expect([end?.to, end?.headers.subject]).toEqual([ada.email, 'Refused: “Invoices, anew”'])
  expect(end?.text).toContain('A consultant has refused it: “Not before the sale”')

  expect((await owner.call('PUT', at('/approval-rule'), { on: false })).statusCode).toBe(200)
  await turn()
  const letters = told()
  expect(letters.map(({ to }) => to)).toEqual(people(ada, grace))
  expect(letters[0]?.headers.subject).toBe('A owner asks you to approve publishing without a second person')
})

test('tries again where no server was reached, and sends nothing twice that may have arrived', async () => {
  await ask(ada, 'Shape anew')
  await turn(1)
  expect(failures).toHaveLength(2)
  await turn()
  expect(told()).toHaveLength(2)

  failures.length = 0
  const { id } = await ask(owner, 'Once more')
  await sql`delete from approval_letters where workspace_id = ${workspace}`.execute(it.database.owner.db)
  post.arm({ at: 'cut-after' }, 2)
  await turn()
  post.calm()
  told()
  await turn()
  expect(told()).toEqual([])
  const { rows } = await sql<{ state: string; error: string }>`
    select state, error from approval_letters where workspace_id = ${workspace} and approval_id = ${id}
  `.execute(it.database.owner.db)
  expect(rows.map(({ state }) => state)).toEqual(['unknown'])
  expect(JSON.stringify(rows)).not.toContain('@')
})
