import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { type EmarsysSandbox, startEmarsysSandbox } from '../../../connectors/emarsys/sandbox/server.ts'
import { pauseBefore } from '../../../connectors/emarsys/sandbox/webhook-node.ts'
import { bearerCaller, type Caller } from './sandbox-caller.ts'

// Work that takes its time, what comes of it, and what the account remembers of its mails.

let now: number
let sandbox: EmarsysSandbox
let call: Caller
beforeEach(async () => {
  now = Date.parse('2026-11-22T10:00:00Z')
  sandbox = await startEmarsysSandbox({ limits: 'off', tokenSeconds: 86_400, now: () => now })
  call = await bearerCaller(sandbox)
})
afterEach(() => sandbox.close())

const EXPORT = { distribution_method: 'local', contact_fields: [3], delimiter: ';' }
const post = (path: string, body: unknown) => call('POST', `/api/v3${path}`, body)
const get = (path: string) => call('GET', `/api/v3${path}`)
const idOf = ({ body }: { body: { data?: unknown } }) => (body.data as { id: number }).id
const refusal = ({ status, body }: { status: number; body: { replyCode?: unknown } }) => [status, body.replyCode]

test('work takes its time: 202 for a segment, busy for a second run, and results may be gone', async () => {
  sandbox.setQuirks({ workMs: 60_000, oldSummary: 'gone' })
  expect((await post('/filter/301/runs', {})).body.replyCode).toBe(0)
  expect(refusal(await post('/filter/301/runs', {}))).toEqual([423, 10003])
  expect(refusal(await get('/filter/302/contacts?limit=1'))).toEqual([202, 10001])
  expect((await get('/email/8810/responsesummary')).status).toBe(404)
  const page = await (await fetch(`${sandbox.url}/control`)).text()
  expect(page).toContain('Oddities')
  expect(page).toContain('&#34;workMs&#34;:3000')
})

test('an export goes through its states, and the same one cannot run twice', async () => {
  sandbox.setQuirks({ workMs: 100_000 })
  const id = idOf(await post('/export/filter', { ...EXPORT, filter: 301 }))
  const status = async () => ((await get(`/export/${id}`)).body.data as { status: string }).status
  expect(await status()).toBe('scheduled')
  expect(refusal(await post('/export/filter', { ...EXPORT, filter: 301 }))).toEqual([400, 4001])
  now += 60_000
  expect(await status()).toBe('in progress')
  expect(refusal(await get(`/export/${id}/data`))).toEqual([404, 4005])
  now += 35_000
  expect(await status()).toBe('ready')
  expect((await get(`/export/${id}/data`)).text).toBe('user_id;E-Mail\r\n')
  now += 5000
  expect(await status()).toBe('done')
  sandbox.setQuirks({ exportEnd: 'expired' })
  expect(refusal(await get(`/export/${id}/data`))).toEqual([410, 4003])
  sandbox.setQuirks({ exportEnd: 'error' })
  expect(await status()).toBe('error')
  expect(refusal(await get(`/export/${id}/data`))).toEqual([500, 4007])
  expect(refusal(await get('/export/1'))).toEqual([404, 4004])
})

/** Something that listens, and answers with the statuses given, then 200. */
async function listener(statuses: readonly number[]) {
  const heard: { headers: IncomingMessage['headers']; body: string }[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (part) => (body += part))
    request.on('end', () => {
      response.writeHead(statuses[heard.length] ?? 200).end()
      heard.push({ headers: request.headers, body })
    })
  }).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await vi.waitFor(() => expect(server.listening).toBe(true))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/done`, heard }
}

test('an export calls back with its status, and again up to five times while that fails', async () => {
  sandbox.setQuirks({ callbackPauseMs: 1 })
  const { url, heard } = await listener([500, 503])
  const id = idOf(await post('/export/filter', { ...EXPORT, filter: 301, notification_url: url }))
  await vi.waitFor(() => expect(sandbox.exports.get(id)?.callbacks).toEqual([500, 503, 200]))
  expect(JSON.parse(heard[2]!.body)).toEqual((await get(`/export/${id}`)).body)
  expect(heard[0]!.headers['content-type']).toBe('application/json')

  const deaf = await listener(Array(10).fill(500))
  const lost = idOf(await post('/export/filter', { ...EXPORT, filter: 302, notification_url: deaf.url }))
  await vi.waitFor(() => expect(sandbox.exports.get(lost)?.callbacks).toEqual(Array(6).fill(500)))
})

test('pauses of the webhook node grow from half a minute to ten', () => {
  const seconds = Array.from({ length: 11 }, (_, tries) => pauseBefore(tries) / 1000)
  expect(seconds).toEqual([0, 30, 60, 120, 240, 480, 600, 600, 600, 600, 600])
})

test('a segment holds whom its criteria say, and refuses those that say nothing', async () => {
  const ids = ['ada@a.example', 'ben@b.example', 'cy@a.example'].map((mail, at) =>
    String(sandbox.plantContact({ '3': mail, ...(at === 0 && { '1': 'Ada' }) })),
  )
  const one = (field: string, operator: string, value?: string) => ({ type: 'criterion', field, operator, value })
  const put = (contactCriteria: unknown) => call('PUT', '/api/v3/filter', { name: 'S', contactCriteria })
  const members = async (criteria: unknown) => {
    const answer = await get(`/filter/${idOf(await put(criteria))}/contacts`)
    return (answer.body.data as { contact_ids: string[] }).contact_ids
  }
  expect(await members(one('3', 'ends_with', '@a.example'))).toEqual([ids[0], ids[2]])
  expect(await members(one('1', 'empty'))).toEqual([ids[1], ids[2]])
  const both = [one('3', 'contains', 'a.example'), one('1', 'equals', 'Ada')]
  expect(await members({ type: 'and', children: both })).toEqual([ids[0]])
  expect(await members({ type: 'or', children: [...both, one('3', 'starts_with', 'ben')] })).toEqual(ids)
  for (const odd of [[], { type: 'xor' }, { type: 'and', children: [] }, one('4711', 'equals'), one('3', 'like', 'x')])
    expect(refusal(await put(odd))).toEqual([400, 1008])
})

test('the webhook node repeats what failed, under the same deduplication id, and sends copies', async () => {
  const { url, heard } = await listener([500, 429])
  const fire = async (more: object) => {
    const answer = await fetch(`${sandbox.url}/control/webhook-node`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        url,
        header: 'x-secret',
        token: 's',
        retryMs: 1,
        fields: { email: 'ada@example.com' },
        ...more,
      }),
    })
    return (await answer.json()) as { statuses: number[] }
  }
  expect(await fire({})).toEqual({ statuses: [500, 429, 200] })
  const bodies = heard.map(({ body }) => JSON.parse(body))
  expect(new Set(bodies.map((body) => body.deduplication_id)).size).toBe(1)
  expect(bodies[0]).toMatchObject({ email: 'ada@example.com', event_time: expect.any(String) })
  expect(heard[0]!.headers['x-secret']).toBe('s')
  expect(await fire({ copies: 2 })).toEqual({ statuses: [200, 200] })

  const deaf = await listener(Array(20).fill(500))
  expect((await fire({ url: deaf.url })).statuses).toEqual(Array(11).fill(500))
})

test('responses are asked once a minute, polled within two, and kept for two hours', async () => {
  const ada = sandbox.plantContact({ '3': 'ada@example.com' })
  const ben = sandbox.plantContact({ '3': 'ben@example.com' })
  sandbox.plantDelivery({ campaign: 8811, contact: ada, opened: true })
  sandbox.plantDelivery({ campaign: 8811, contact: ben, status: 'HARD_BOUNCED' })
  const answers: { [type: string]: unknown } = {}
  let query = 0
  for (const type of ['opened', 'not_opened', 'received', 'clicked', 'hard_bounced', 'soft_bounced']) {
    query = idOf(await post('/email/responses', { type, campaign_id: 8811 }))
    expect(refusal(await post('/email/responses', { type }))).toEqual([423, 6028])
    answers[type] = ((await get(`/email/${query}/responses`)).body.data as { contact_ids: string[] }).contact_ids
    now += 60_000
  }
  expect(answers).toEqual({
    opened: [String(ada)],
    not_opened: [],
    received: [String(ada)],
    clicked: [],
    hard_bounced: [String(ben)],
    soft_bounced: [],
  })
  expect((await get(`/email/${query}/responses`)).status).toBe(200)
  now += 2 * 3_600_000
  expect(refusal(await get(`/email/${query}/responses`))).toEqual([404, 6029])
  const late = idOf(await post('/email/responses', { type: 'opened' }))
  now += 121_000
  expect(refusal(await get(`/email/${late}/responses`))).toEqual([404, 6029])
  expect(refusal(await post('/email/responses', { type: 'danced' }))).toEqual([400, 6026])
  sandbox.setQuirks({ workMs: 30_000 })
  const slow = idOf(await post('/email/responses', { type: 'opened' }))
  expect(refusal(await get(`/email/${slow}/responses`))).toEqual([202, 10001])
})

test('responses and registrations are exported with what was asked about them', async () => {
  await post('/contact', { key_id: '3', '3': 'ada@example.com' })
  const ada = Number(sandbox.contacts.lookUp('3', 'ada@example.com')[0]?.id)
  sandbox.plantContact({ '3': 'planted@example.com' })
  sandbox.plantDelivery({ campaign: 8811, contact: ada, opened: true, clicked: true })
  const file = async (path: string, body: object) =>
    (await get(`/export/${idOf(await post(path, { ...EXPORT, ...body }))}/data`)).text
  const today = { time_range: ['2026-11-22', '2026-11-22'] }
  expect(await file('/contact/getregistrations', today)).toBe(`user_id;E-Mail\r\n${ada};ada@example.com\r\n`)
  expect(await file('/contact/getregistrations', { time_range: ['2026-11-21', '2026-11-21 23:59'] })).toBe(
    'user_id;E-Mail\r\n',
  )
  expect(await file('/email/getresponses', { ...today, sources: ['mail_open'], analysis_fields: [1, 12] })).toBe(
    `user_id;E-Mail;Campaign title;Campaign ID\r\n${ada};ada@example.com;Reminder of open invoices;8811\r\n`,
  )
  const bare = await file('/email/getresponses', { ...today, sources: ['mail_open'], add_field_names_header: 0 })
  expect(bare).toBe(`${ada};ada@example.com\r\n`)
  const elsewhere = { ...EXPORT, distribution_method: 'sftp', ftp_settings: { host: 'h' }, filter: 301 }
  const id = idOf(await post('/export/filter', elsewhere))
  expect(refusal(await get(`/export/${id}/data`))).toEqual([404, 4006])
  expect(refusal(await post('/export/filter', { ...elsewhere, ftp_settings: undefined }))).toEqual([400, 10001])
  expect(refusal(await post('/email/getresponses', { ...EXPORT, ...today, sources: ['fax'] }))).toEqual([400, 10001])
})

test('a history has the mails of thirty days, and its limits', async () => {
  const ada = sandbox.plantContact({ '3': 'ada@example.com' })
  sandbox.plantDelivery({ campaign: 8810, launch: 3, contact: ada, status: 'SOFT_BOUNCED' })
  sandbox.plantDelivery({ campaign: 8810, launch: 4, contact: ada, at: now - 31 * 86_400_000 })
  const history = (body: object) => post('/contact/getcontacthistory', body)
  expect((await history({ contacts: [ada] })).body.data).toEqual([
    {
      emailId: 8810,
      contactId: String(ada),
      launch_date: '2026-11-22 11:00:00',
      delivery_status: 'launched',
      bounce_status: 'soft',
    },
  ])
  expect((await history({ contacts: [ada], endDate: '2026-11-21' })).body.data).toEqual([])
  expect(refusal(await history({ contacts: [String(ada)] }))).toEqual([400, 10001])
  expect(refusal(await history({ startDate: '2026-11-21' }))).toEqual([400, 10001])
  expect(refusal(await history({ contacts: [ada], startDate: 'yesterday' }))).toEqual([400, 10001])
  expect(refusal(await history({ contacts: Array(1001).fill(ada) }))).toEqual([400, 10001])
})

test('nothing reaches an address on the block list, nor a second time a domain that is there', async () => {
  sandbox.plantContact({ '3': 'ada@blocked.example' })
  expect(refusal(await post('/blocklist', { domains: ['blocked.example'] }))).toEqual([200, 0])
  expect(refusal(await post('/blocklist', { domains: ['Blocked.example'] }))).toEqual([200, 15006])
  expect(refusal(await post('/blocklist', { emails: ['not an address'] }))).toEqual([200, 15005])
  expect(refusal(await post('/blocklist', { emails: Array(1001).fill('a@example.com') }))).toEqual([400, 1000])
  expect(refusal(await post('/event/204/trigger', { key_id: '3', external_id: 'ada@blocked.example' }))).toEqual([
    200, 0,
  ])
  expect(sandbox.mails()).toEqual([])
  await post('/email/8810/broadcast', { email: 'x@blocked.example' })
  expect(sandbox.broadcasts).toMatchObject([{ email: 'x@blocked.example', stopped: true }])
  expect(refusal(await post('/email/1/broadcast', { email: 'x@example.com' }))).toEqual([400, 6004])
  expect(refusal(await post('/email/8812/broadcast', { email: 'x@example.com' }))).toEqual([409, 6003])
  expect(refusal(await post('/email/8810/broadcast', { data: {} }))).toEqual([400, 10001])
})

test('a program is started by its entry, for a list or a contact', async () => {
  const ada = sandbox.plantContact({ '3': 'ada@example.com' })
  const path = '/ac/programs/entrypoints/entry-api/resources/12/runs'
  expect(refusal(await post(path, { contact_id: ada }))).toEqual([200, 0])
  expect(sandbox.ledger.at(-1)).toMatchObject({ kind: 'program.start', id: 1148, detail: { contacts: [ada] } })
  expect(refusal(await post(path, { contact_list_id: 1 }))).toEqual([400, 1008])
  expect(refusal(await post(path, { contact_id: 1 }))).toEqual([400, 2008])
  expect(refusal(await post(path, { other: 1 }))).toEqual([400, 10001])
  expect(refusal(await post('/ac/programs/entrypoints/entry-api/resources/13/runs', { contact_id: ada }))).toEqual([
    404, 9100,
  ])
})

test('a trigger may say what listens to its event', async () => {
  sandbox.plantContact({ '3': 'ada@example.com' })
  sandbox.setQuirks({ connectedTo: 'shown' })
  const ada = { key_id: '3', external_id: 'ada@example.com' }
  const listens = { email: [{ id: 8811 }], acProgram: [{ name: 'Dunning program' }], interactionsProgram: [] }
  expect((await post('/event/204/trigger', ada)).body.data).toEqual({ connectedTo: listens })
  expect((await post('/event/204/trigger', { key_id: '3', contacts: [ada] })).body.data).toMatchObject({
    ids: [expect.any(String)],
    connectedTo: listens,
  })
  expect(refusal(await post('/event/204/trigger', { ...ada, attachment: [{ filename: 'x' }] }))).toEqual([400, 5009])
})
