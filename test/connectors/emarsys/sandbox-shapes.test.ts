import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { type EmarsysSandbox, startEmarsysSandbox } from '../../../connectors/emarsys/sandbox/server.ts'
import { type Answer, bearerCaller, type Caller } from './sandbox-caller.ts'

// Every shape of a request that Emarsys documents, or that clients in use send, is understood; under both prefixes.

let sandbox: EmarsysSandbox
let call: Caller
let listId: string
let uid: string

beforeAll(async () => {
  sandbox = await startEmarsysSandbox({ limits: 'off' })
  call = await bearerCaller(sandbox)
})
afterAll(() => sandbox.close())

type Shape = { readonly method: string; readonly path: string; readonly body?: unknown }
const get = (path: string): Shape => ({ method: 'GET', path })
const post = (path: string, body: unknown): Shape => ({ method: 'POST', path, body })
const put = (path: string, body: unknown): Shape => ({ method: 'PUT', path, body })

const ADA = { key_id: '3', external_ids: ['ada@example.com'] }
const EXPORT = { distribution_method: 'local', contact_fields: [3, 31], delimiter: ';', add_field_names_header: 1 }

/** In an order in which each finds what it needs. */
const shapes = (): readonly Shape[] => [
  get('/settings'),
  post('/contact', { key_id: '3', '3': 'solo@example.com', '1': 'Solo' }),
  post('/contact', { key_id: '3', contacts: [{ '3': 'one@example.com' }], contact_list_id: Number(listId) }),
  put('/contact/', { key_id: '3', '3': 'ada@example.com', '1': 'Ada' }),
  put('/contact/', { key_id: 3, contacts: [{ '3': 'ada@example.com', source_id: 77 }] }),
  put('/contact/?create_if_not_exists=1', { key_id: '3', contacts: [{ '3': 'ada@example.com' }, { '3': '' }] }),
  put('/contact/create_if_not_exists=1', { key_id: '3', contacts: [{ '3': 'ada@example.com' }] }),
  post('/contact/getdata', { keyId: '3', keyValues: ['ada@example.com'], fields: ['1', '3', '31'] }),
  post('/contact/getdata', { keyId: 3, keyValues: ['ada@example.com'], fields: [1, 3] }),
  get('/contact/query/?return=3&3=ada@example.com&limit=50&offset=0'),
  get('/contact/query/return=3&3=ada@example.com&limit=5&excludeempty=true'),
  post('/contact/checkids', { ...ADA, get_multiple_ids: 1 }),
  post('/contact/merge', {
    key_id: '3',
    source_key_value: 'solo@example.com',
    target_key_value: 'ada@example.com',
    merge_rules: { '1': 'overwrite' },
    delete_source: true,
  }),
  post('/contact/delete', { key_id: '3', '3': ['one@example.com', 'nobody@example.com'] }),
  get('/field'),
  get('/field/translate/en'),
  get('/field/14/choice'),
  get('/field/14/choice/translate/en'),
  get('/field/choices?fields=5,14&language=en'),
  get('/source'),
  post('/source/create', { name: 'xero-sync' }),
  get('/contactlist'),
  post(`/contactlist/${listId}/add`, ADA),
  get(`/contactlist/${listId}/count`),
  get(`/contactlist/${listId}/contactIds?$top=1000`),
  get(`/contactlist/${listId}/contacts/?limit=10`),
  get(`/contactlist/${listId}/contacts/limit=10&offset=0`),
  post(`/contactlist/${listId}/delete`, ADA),
  post(`/contactlist/${listId}/replace`, ADA),
  post(`/contactlist/${listId}/rename`, { name: 'Renamed' }),
  get('/filter'),
  get('/filter/301/contacts?limit=10&offset=0'),
  get('/filter/301/contacts/limit=10&offset=0'),
  post('/filter/301/runs', {}),
  get('/event/'),
  get('/event/204'),
  get('/event/204/usages'),
  post('/event/204', { name: 'invoice_overdue' }),
  post('/event/204/trigger', {
    key_id: '3',
    external_id: 'ada@example.com',
    trigger_id: 'xero:inv-0042:overdue:v1',
    event_time: '2026-11-22T10:00:00.000Z',
    data: { global: { invoice_no: 'INV-0042', amount: '184.50' } },
  }),
  // As a client in use sends it: empty leftovers beside the list.
  post('/event/204/trigger', {
    key_id: '3',
    external_id: '',
    data: null,
    contacts: [{ external_id: 'ada@example.com', trigger_id: 'r9:0', data: { global: { n: '1' } } }],
  }),
  get('/email/?status=3&fromdate=2026-10-01&todate=2026-12-31'),
  post('/email/getlaunchesofemail', { emailId: 8810 }),
  get('/email/8810/responsesummary'),
  post('/email/unsubscribe', { launch_list_id: 3, email_id: 8810, contact_uid: uid }),
  post('/contact/getchanges', {
    ...EXPORT,
    origin: 'api',
    origin_id: 0,
    time_range: ['2020-01-01', '2099-01-01'],
    language: 'en',
  }),
  post('/email/getcontacts', { ...EXPORT, contactlist: listId }),
  post('/export/filter', { ...EXPORT, filter: 301 }),
]

test.each(['/api/v2', '/api/v3'])('under %s', async (prefix) => {
  sandbox.plantContact({ '3': `planted${prefix.slice(-1)}@example.com` })
  if (prefix === '/api/v2') sandbox.plantContact({ '3': 'ada@example.com', '31': '1' })
  uid = String(sandbox.contacts.lookUp('3', 'ada@example.com')[0]?.uid)
  const made = await call('POST', `${prefix}/contactlist`, { ...ADA, name: 'Debtors', description: '' })
  listId = String((made.body.data as { id: number }).id)
  const refused: string[] = []
  const isGood = ({ status, body }: Answer) => status === 200 && (body.replyCode === 0 || 'value' in body)
  let last: Answer | undefined
  for (const { method, path, body } of shapes()) {
    const answer = await call(method, `${prefix}${path}`, body)
    if (!isGood(answer)) refused.push(`${method} ${path}: ${answer.status} ${answer.text}`)
    last = answer
  }
  expect(refused).toEqual([])
  const { id } = last!.body.data as { id: number }
  expect((await call('GET', `${prefix}/export/${id}`)).body.data).toMatchObject({ id: String(id), status: 'done' })
  for (const path of [`/export/${id}/data?offset=0&limit=10`, `/export/${id}/data/offset=0&limit=10`]) {
    const file = await call('GET', `${prefix}${path}`)
    expect(file.headers.get('content-type')).toBe('text/csv;charset=UTF-8')
    expect(file.text).toMatch(/^user_id;E-Mail;/)
  }
})

test.each(['/api/rds', '/api/rds/v1'])('relational data under %s', async (prefix) => {
  const path = `${prefix}/connections/shop/tables/open_invoices/records`
  expect((await call('POST', path, [{ invoice_no: 'INV-1', amount_due: '12.50' }])).status).toBe(200)
  expect(JSON.parse((await call('GET', `${path}?invoice_no=INV-1`)).text)).toEqual([
    { invoice_no: 'INV-1', amount_due: '12.50' },
  ])
})

test('reporting has no envelope, neither for good nor for bad', async () => {
  const path = '/api/email/reporting/v1/campaigns/responseSummary/filter'
  const good = JSON.parse((await call('POST', path, { campaignIds: [8810, 8811] })).text)
  expect(Object.keys(good)).toEqual(['data'])
  expect(good.data).toHaveLength(3)
  const bad = await call('POST', path, {})
  expect([bad.status, JSON.parse(bad.text)]).toEqual([400, { error: { message: expect.any(String), code: 400 } }])
})

test('work takes its time: 202 for a segment, busy for a second run, not ready for an export; results may be gone', async () => {
  const slow = await startEmarsysSandbox({ limits: 'off' })
  onTestFinished(() => slow.close())
  const call = await bearerCaller(slow)
  slow.setQuirks({ workMs: 60_000, oldSummary: 'gone' })
  expect((await call('POST', '/api/v3/filter/301/runs', {})).body.replyCode).toBe(0)
  const busy = await call('POST', '/api/v3/filter/301/runs', {})
  expect([busy.status, busy.body.replyCode]).toEqual([423, 10003])
  const evaluating = await call('GET', '/api/v3/filter/302/contacts?limit=1')
  expect([evaluating.status, evaluating.body.replyCode]).toEqual([202, 10001])
  const asked = { ...EXPORT, filter: 302 }
  const { id } = (await call('POST', '/api/v3/export/filter', asked)).body.data as { id: number }
  expect((await call('GET', `/api/v3/export/${id}/data`)).body.replyCode).toBe(4005)
  expect((await call('POST', '/api/v3/export/filter', asked)).body.replyCode).toBe(4001)
  const query = await call('POST', '/api/v3/email/responses', { type: 'opened', email_id: 8810 })
  expect((await call('GET', `/api/v3/email/${(query.body.data as { id: number }).id}/responses`)).status).toBe(202)
  expect((await call('POST', '/api/v3/email/responses', { type: 'opened' })).status).toBe(423)
  expect((await call('GET', '/api/v3/email/8810/responsesummary')).status).toBe(404)
  const page = await (await fetch(`${slow.url}/control`)).text()
  expect(page).toContain('Oddities')
  expect(page).toContain('&#34;workMs&#34;:3000')
})
