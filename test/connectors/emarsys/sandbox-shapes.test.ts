import { afterEach, expect, test } from 'vitest'
import { type EmarsysSandbox, startEmarsysSandbox } from '../../../connectors/emarsys/sandbox/server.ts'
import { INTERNAL, signedCall } from './escher-caller.ts'
import { bearerCaller, type Caller } from './sandbox-caller.ts'

// Every shape of a request that Emarsys documents, or that clients in use send, is understood: under both prefixes, and
// with both spellings of the key.

let sandbox: EmarsysSandbox
let call: Caller
afterEach(() => sandbox.close())

/** One line of the table. `{name}` in the address and the body stands for what an earlier line kept under that name. */
type Shape = {
  readonly call: string
  readonly body?: unknown
  /** What `data` looks like. */
  readonly data: unknown
  /** Keeps `data.id` (or `data.run_id`) under this name. */
  readonly keep?: string
}

const ID = expect.any(Number)
const TEXT = expect.any(String)
const shape = (call: string, data: unknown = {}, body?: unknown, keep?: string): Shape => ({
  call,
  data,
  ...(body !== undefined && { body }),
  ...(keep !== undefined && { keep }),
})

const ADA = { key_id: '3', external_ids: ['ada@example.com'] }
const EXPORT = { distribution_method: 'local', contact_fields: [3, 31], delimiter: ';', add_field_names_header: 1 }
const EVER = { time_range: ['2020-01-01', '2099-01-01'] }
const EVENT = { trigger_id: 'xero:inv-0042:overdue:v1', event_time: '2026-11-22T10:00:00.000Z' }

const CONTACTS = [
  shape('POST /contact', { id: ID }, { key_id: '3', '3': 'solo@example.com', '1': 'Solo' }),
  shape(
    'POST /contact',
    { ids: [ID], errors: { 'ada@example.com': { '2009': TEXT } } },
    { key_id: '3', contacts: [{ '3': 'one@example.com' }, { '3': 'ada@example.com' }], contact_list_id: '{list}' },
  ),
  shape('POST /contact', { id: ID }, { key_id: 'eid', eid: 'ext-7', '3': 'eid@example.com' }),
  shape('PUT /contact/', { ids: ['{ada}'] }, { key_id: '3', '3': 'ada@example.com', '1': 'Ada' }),
  shape('PUT /contact/', { ids: ['{ada}'] }, { key_id: 'id', id: '{ada}', '1': 'Ada' }),
  shape('PUT /contact/', { ids: ['{ada}'] }, { key_id: 'uid', uid: '{uid}', '1': 'Ada' }),
  shape('PUT /contact/', { ids: [TEXT] }, { key_id: 'eid', eid: 'ext-7', '1': 'Eid' }),
  shape('PUT /contact/', { ids: ['{ada}'] }, { key_id: 9001, contacts: [{ '9001': 'X-1' }] }),
  shape('PUT /contact/', { ids: ['{ada}'] }, { key_id: 3, contacts: [{ '3': 'ada@example.com', source_id: 77 }] }),
  shape(
    'PUT /contact/?create_if_not_exists=1',
    { ids: ['{ada}'], errors: { '': { '2005': 'No value provided for key field: 3' } } },
    {
      key_id: '3',
      contacts: [
        { '3': 'ada@example.com', '1': 'Ada', '2': 'Moss', source_id: 77 },
        { '3': '', '1': 'Nobody' },
      ],
    },
  ),
  shape(
    'PUT /contact/create_if_not_exists=1',
    { ids: [ID, '{ada}'] },
    { key_id: '3', contacts: [{ '3': 'new@example.com' }, { '3': 'ada@example.com' }] },
  ),
  shape(
    'POST /contact/getdata',
    { errors: [], result: [{ '1': 'Ada', '3': 'ada@example.com', '31': '1', id: '{ada}', uid: '{uid}' }] },
    { keyId: '3', keyValues: ['ada@example.com'], fields: ['1', '3', '31'] },
  ),
  shape('POST /contact/getdata', { result: [{ '1': 'Ada' }] }, { keyId: 'id', keyValues: ['{ada}'], fields: [1] }),
  shape(
    'POST /contact/getdata',
    { result: [{ '1': 'Eid', eid: 'ext-7' }] },
    { keyId: 'eid', keyValues: ['ext-7'], fields: [1, 'eid'] },
  ),
  shape('POST /contact/getdata', { result: false }, { keyId: 3, keyValues: ['nobody@example.com'], fields: [3] }),
  shape('GET /contact/query/?return=3&3=ada@example.com&limit=50&offset=0', {
    errors: [],
    result: [{ id: '{ada}', '3': 'ada@example.com' }],
  }),
  shape('GET /contact/query/?return=1&excludeempty=true', { result: expect.any(Array) }),
  shape('GET /contact/query/return=3&3=ada@example.com&limit=5', { result: [{ id: '{ada}' }] }),
  shape('POST /contact/checkids', { ids: { 'ada@example.com': ['{ada}'] } }, { ...ADA, get_multiple_ids: 1 }),
  shape(
    'POST /contact/merge',
    {},
    {
      key_id: '3',
      source_key_value: 'solo@example.com',
      target_key_value: 'ada@example.com',
      merge_rules: { '1': 'overwrite' },
      delete_source: true,
    },
  ),
  shape(
    'POST /contact/getcontacthistory',
    [{ emailId: 8811, contactId: '{ada}', delivery_status: 'launched' }, {}, {}],
    {
      contacts: ['{ada:number}'],
      startDate: '2020-01-01',
      endDate: '2099-01-01',
    },
  ),
  shape(
    'POST /contact/delete',
    { errors: { 'nobody@example.com': { '2008': TEXT } } },
    { key_id: '3', '3': ['one@example.com', 'nobody@example.com'] },
  ),
  shape('POST /contact/delete', {}, { key_id: '3', '3': 'new@example.com' }),
  shape(
    'POST /contact/delete',
    { errors: { 'eid@example.com': { '2008': TEXT } } },
    { key_id: '3', '3': ['eid@example.com'], contact_list_id: '{list}' },
  ),
  shape(
    'POST /blocklist',
    { emails: ['gone@example.com'], domains: ['gone.example'] },
    {
      emails: ['gone@example.com'],
      domains: ['gone.example'],
    },
  ),
]

const FIELDS = [
  shape('GET /settings', { timezone: 'Europe/Vienna' }),
  shape('GET /field', expect.arrayContaining([expect.objectContaining({ id: 3, string_id: 'email' })])),
  shape('GET /field/translate/en', expect.arrayContaining([expect.objectContaining({ id: 3 })])),
  shape('POST /field', { id: ID }, { name: 'Xero contact id (new)', application_type: 'shorttext' }, 'field'),
  shape('DELETE /field/{field}'),
  shape('GET /field/14/choice', expect.arrayContaining([{ id: '65', choice: 'Germany', bit_position: null }])),
  shape('GET /field/14/choice/translate/en', expect.arrayContaining([expect.objectContaining({ id: '184' })])),
  shape('GET /field/choices?fields=5,14&language=en', [expect.anything(), expect.anything()]),
  shape('GET /source', expect.arrayContaining([{ id: '77', name: TEXT }])),
  shape('POST /source/create', { id: ID }, { name: 'xero-sync' }),
]

const LISTS = [
  shape('POST /contactlist', { id: ID, errors: [] }, { ...ADA, name: 'Debtors', description: '' }, 'list'),
  shape('GET /contactlist', [{ id: '{list}', name: 'Debtors', created: TEXT, type: 0 }]),
  shape('POST /contactlist/{list}/add', { inserted_contacts: 0, errors: [] }, ADA),
  shape('GET /contactlist/{list}/count', 1),
  shape('GET /contactlist/{list}/contactIds?$top=1000', ['{ada:number}']),
  shape('GET /contactlist/{list}/contactIds?$top=1&$skiptoken={ada}', []),
  shape('GET /contactlist/{list}/contacts/?limit=10', [{ id: '{ada}', uid: '{uid}' }]),
  shape('GET /contactlist/{list}/contacts/limit=10&offset=0', [{ id: '{ada}' }]),
  shape('GET /contactlist/{list}/contacts/data?fields=3&limit=10', { result: [{ '3': 'ada@example.com' }] }),
  shape('GET /contactlist/{list}/contacts/data/fields=3&limit=10', { result: [{ '3': 'ada@example.com' }] }),
  shape('POST /contactlist/{list}/delete', { deleted_contacts: 1, errors: [] }, ADA),
  shape('POST /contactlist/{list}/replace', { inserted_contacts: 1, errors: [] }, ADA),
  shape('POST /contactlist/{list}/rename', {}, { name: 'Renamed' }),
]

const SEGMENTS = [
  shape('GET /filter', expect.arrayContaining([expect.objectContaining({ id: '301', name: 'Opted in' })])),
  shape(
    'PUT /filter',
    { id: ID },
    {
      name: 'Adas',
      contactCriteria: {
        type: 'and',
        children: [{ type: 'criterion', field: '3', operator: 'starts_with', value: 'ada@' }],
      },
    },
    'segment',
  ),
  shape('GET /filter/{segment}/contacts?limit=10&offset=0', { contact_ids: ['{ada}'] }),
  shape('GET /filter/{segment}/contacts/limit=10&offset=0', { contact_ids: ['{ada}'] }),
  shape('GET /filter/{segment}/contacts/count', '1'),
  shape('POST /filter/{segment}/runs', { run_id: TEXT }, {}, 'run'),
  shape('GET /filter/runs/{run}', {
    status: 'done',
    result: { contact_list_id: ID, user_count: 1, opt_in_count: 1 },
  }),
  shape('GET /filter/{segment}/delete'),
]

const EVENTS = [
  shape('GET /event/', expect.arrayContaining([{ id: '204', name: 'invoice_overdue', created: TEXT }])),
  shape('POST /event', { id: ID, name: 'thanks' }, { name: 'thanks' }, 'event'),
  shape('GET /event/{event}', { id: '{event}', name: 'thanks' }),
  shape('GET /event/204/usages', [{ name: 'Dunning program' }]),
  shape('POST /event/{event}', { name: 'many thanks' }, { name: 'many thanks' }),
  shape('POST /event/{event}/delete', {}, {}),
  shape(
    'POST /event/204/trigger',
    {},
    {
      ...EVENT,
      key_id: '3',
      external_id: 'ada@example.com',
      data: { global: { invoice_no: 'INV-0042', amount: '184.50' } },
    },
  ),
  shape(
    'POST /event/204/trigger',
    { ids: ['{ada}'], errors: { 'gone@example.com': { '2008': 'No contact found with the external id: 3' } } },
    {
      key_id: '3',
      contacts: [
        { external_id: 'ada@example.com', trigger_id: 'r9:0', data: { global: { n: '1' } } },
        { external_id: 'gone@example.com', trigger_id: 'r9:1', data: {} },
      ],
    },
  ),
  // As a client in use sends it: empty leftovers beside the list.
  shape(
    'POST /event/204/trigger',
    { ids: ['{ada}'] },
    {
      key_id: '3',
      external_id: '',
      data: null,
      contacts: [{ external_id: 'ada@example.com', trigger_id: 'r9:0', data: { global: { n: '1' } } }],
    },
  ),
  shape(
    'POST /event/204/trigger',
    {},
    {
      key_id: '3',
      external_id: 'ada@example.com',
      event_time: '2026-11-22T10:00:00Z',
      data: { global: {} },
      attachment: [{ filename: 'invoice.pdf', data: 'JVBERi0=' }],
    },
  ),
]

const CAMPAIGNS = [
  shape('GET /email/?status=3&fromdate=2026-10-01&todate=2026-12-31', [{ id: '8810' }, { id: '8811' }]),
  shape('GET /email/8810', { id: '8810', status: '3', api_status: '0' }),
  shape('POST /email/getlaunchesofemail', [{ id: '3', done: 'y', launch_date: TEXT }, { id: '4' }], { emailId: 8810 }),
  shape('POST /email/getdeliverystatus', { resultSet: [{ user_id: '{ada:number}' }, {}, {}] }, { emailId: 8811 }),
  shape('POST /email/unsubscribe', {}, { launch_list_id: 3, email_id: 8810, contact_uid: '{uid}' }),
  shape('GET /email/8810/responsesummary', { sent: '2391', unsubscribe: '11', soft_bounces: '8', launches: '2' }),
  shape('POST /email/8810/broadcast', '', { email: 'virtual@example.com', data: { global: { orderId: '1' } } }),
  shape(
    'POST /email/responses',
    { id: ID },
    { type: 'received', start_date: '2020-01-01 00:00', end_date: '2099-01-01 00:00', campaign_id: 8811 },
    'query',
  ),
  shape('GET /email/{query}/responses', { contact_ids: ['{ada}'] }),
  shape('GET /ac/programs', [{ id: 1148, name: 'Dunning program', status: 'active' }, {}]),
  shape('POST /ac/programs/entrypoints/entry-api/resources/12/runs', { run_id: TEXT }, { contact_list_id: '{list}' }),
  shape('POST /ac/programs/entrypoints/entry-api/resources/12/runs', { run_id: TEXT }, { contact_id: '{ada}' }),
]

const EXPORTS = [
  shape('POST /contact/getregistrations', { id: ID }, { ...EXPORT, ...EVER, origin: 'form', origin_id: 1 }),
  shape('POST /contact/getchanges', { id: ID }, { ...EXPORT, ...EVER, origin: 'api', origin_id: 0, language: 'en' }),
  shape(
    'POST /email/getresponses',
    { id: ID },
    { ...EXPORT, ...EVER, sources: ['unsubscribe'], analysis_fields: [8, 12] },
  ),
  shape(
    'POST /email/getcontacts',
    { id: ID },
    { ...EXPORT, distribution_method: 'mail', email: 'me@example.com', contactlist: '{list}' },
  ),
  ...['ftp', 'sftp'].map((method) =>
    shape(
      'POST /export/filter',
      { id: ID },
      {
        ...EXPORT,
        distribution_method: method,
        ftp_settings: { host: 'files.example.com', port: '22', username: 'u', password: 'p' },
        filter: 301,
      },
    ),
  ),
  shape('POST /email/getcontacts', { id: ID }, { ...EXPORT, delimiter: ',', contactlist: '{list}' }),
  shape('POST /export/filter', { id: ID }, { ...EXPORT, filter: 301 }, 'export'),
  shape('GET /export/{export}', { id: '{export}', status: 'done', type: 'segment' }),
  shape('POST /contactlist/{list}/deletelist', {}, {}),
]

/** In an order in which each finds what it needs. */
const TABLE = [...FIELDS, ...LISTS, ...EVENTS, ...CONTACTS, ...SEGMENTS, ...CAMPAIGNS, ...EXPORTS]

/** The same body with the key spelled the other way: key_id for keyId, and back. */
const respelled = (body: unknown): unknown => {
  if (typeof body !== 'object' || body === null) return body
  const other: { readonly [name: string]: string } = { key_id: 'keyId', keyId: 'key_id', keyValues: 'key_values' }
  return Object.fromEntries(Object.entries(body).map(([name, value]) => [other[name] ?? name, value]))
}

const filled = (value: unknown, kept: ReadonlyMap<string, string>): unknown => {
  if (typeof value === 'string') {
    const number = /^\{(\w+):number\}$/.exec(value)?.[1]
    if (number !== undefined) return Number(kept.get(number))
    return value.replace(/\{(\w+)\}/g, (whole, name) => kept.get(name) ?? whole)
  }
  if (Array.isArray(value)) return value.map((one) => filled(one, kept))
  if (typeof value !== 'object' || value === null || 'asymmetricMatch' in value) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, filled(one, kept)]))
}

const looksLike = (data: unknown, wanted: unknown): boolean => {
  try {
    if (typeof wanted === 'object' && wanted !== null && !('asymmetricMatch' in wanted))
      expect(data).toMatchObject(wanted)
    else expect(data).toEqual(wanted)
    return true
  } catch {
    return false
  }
}

test.each([
  ['/api/v2', 'documented'],
  ['/api/v2', 'the other'],
  ['/api/v3', 'documented'],
  ['/api/v3', 'the other'],
  [INTERNAL, 'documented'],
] as const)('the whole table under %s, with %s spelling of the key', async (prefix, spelling) => {
  sandbox = await startEmarsysSandbox({ limits: 'off' })
  sandbox.setQuirks({ keySpelling: spelling === 'documented' ? 'documented' : 'both' })
  call = await bearerCaller(sandbox)
  const ada = sandbox.plantContact({ '3': 'ada@example.com', '31': '1', '9001': 'X-1' })
  const kept = new Map([
    ['ada', String(ada)],
    ['uid', String(sandbox.contacts.lookUp('3', 'ada@example.com')[0]?.uid)],
  ])
  // Partners sign their calls, all others have a token.
  const ask = (method: string, path: string, body?: unknown) =>
    prefix === INTERNAL
      ? signedCall(sandbox, method, path, body === undefined ? '' : JSON.stringify(body))
      : call(method, `${prefix}${path}`, body)
  const refused: string[] = []
  for (const { call: line, body, data, keep } of TABLE) {
    const [method = '', path = ''] = String(filled(line, kept)).split(' ')
    const sent = filled(spelling === 'documented' ? body : respelled(body), kept)
    const answer = await ask(method, path, sent)
    // Members of a list come without an envelope.
    const given = 'value' in answer.body ? answer.body.value : answer.body.data
    const isGood = answer.status === 200 && (answer.body.replyCode === 0 || 'value' in answer.body)
    if (!isGood || !looksLike(given, filled(data, kept))) refused.push(`${line}: ${answer.status} ${answer.text}`)
    const made = given as { id?: number; run_id?: string } | undefined
    if (keep !== undefined) kept.set(keep, String(made?.id ?? made?.run_id))
  }
  expect(refused).toEqual([])
  for (const path of [
    `/export/${kept.get('export')}/data?offset=0&limit=10`,
    `/export/${kept.get('export')}/data/offset=0&limit=10`,
  ]) {
    const file = await ask('GET', path)
    expect(file.headers.get('content-type')).toBe('text/csv;charset=UTF-8')
    expect(file.text).toMatch(/^user_id;E-Mail;/)
  }
})

test('services beside the Core API, each below its own prefix', async () => {
  sandbox = await startEmarsysSandbox({ limits: 'off' })
  call = await bearerCaller(sandbox)
  const ada = sandbox.plantContact({ '3': 'ada@example.com' })
  await call('POST', '/api/v3/event/204/trigger', { key_id: '3', external_id: 'ada@example.com' })
  const json = async (method: string, path: string, body?: unknown) => JSON.parse((await call(method, path, body)).text)

  for (const prefix of ['/api/rds', '/api/rds/v1']) {
    const path = `${prefix}/connections/shop/tables/open_invoices/records`
    expect((await call('POST', path, [{ invoice_no: 'INV-1', amount_due: '12.50' }])).status).toBe(200)
    expect(await json('GET', `${path}?invoice_no=INV-1`)).toEqual([{ invoice_no: 'INV-1', amount_due: '12.50' }])
  }

  // The reporting API has no envelope, neither for good nor for bad.
  const reporting = '/api/email/reporting/v1'
  const summary = await json('POST', `${reporting}/campaigns/responseSummary/filter`, { campaignIds: [8810, 8811] })
  expect(Object.keys(summary)).toEqual(['data'])
  expect(summary.data).toMatchObject([{ campaignId: 8810, launchId: 3 }, { launchId: 4 }, { sent: 97, planned: 109 }])
  const bad = await call('POST', `${reporting}/campaigns/responseSummary/filter`, {})
  expect([bad.status, JSON.parse(bad.text)]).toEqual([400, { error: { message: expect.any(String), code: 400 } }])
  const days = `startDate=${dayAgo(80)}&endDate=${dayAgo(-1)}`
  expect(await json('GET', `${reporting}/contacts/${ada}/deliveryResults?${days}`)).toEqual({
    data: [{ campaignId: 8811, launchId: 1, status: 'LAUNCHED', time: expect.any(String) }],
  })
  const far = await call('GET', `${reporting}/contacts/${ada}/deliveryResults?startDate=2026-01-01&endDate=2026-11-01`)
  expect(far.status).toBe(400)

  const sends = await json('GET', `/api/rtm/mail_events/sends?from=${dayAgo(1)}&to=${dayAgo(-1)}`)
  expect(sends.data).toEqual([{ campaign_id: 8811, contact_id: String(ada), event_time: expect.any(String) }])
  expect((await json('GET', `/api/rtm/mail_events/sends?to=${dayAgo(1)}`)).data).toEqual([])
  expect((await call('GET', '/api/rtm/mail_events/nothing')).status).toBe(404)

  const views = '/api/hds/events/customers/215000000/views'
  expect((await json('POST', views, [{ item: 'SKU-1' }, { item: 'SKU-2' }])).data).toEqual({ accepted: 2 })
  expect((await json('GET', views)).data).toMatchObject([{ data: { item: 'SKU-1' } }, { data: { item: 'SKU-2' } }])

  const engagement = (configuration: string, body: unknown) =>
    call('POST', `/api/engagementevent/v1/integrations/tieline/eventConfigurations/${configuration}/events`, body)
  expect((await engagement('invoice-paid', { email: 'ada@example.com' })).status).toBe(202)
  expect((await engagement('invoice-paid', 'null')).status).toBe(202)
  expect((await engagement('unknown', {})).status).toBe(400)
  const list = await engagement('invoice-paid', ['x'])
  expect([list.status, JSON.parse(list.text)]).toEqual([422, { error: { message: expect.any(String), code: 422 } }])
  expect(sandbox.engagements.map((one) => one.payload)).toEqual([{ email: 'ada@example.com' }, {}])
})

const dayAgo = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10)

test('mail streams count by the hour, apart from the other calls', async () => {
  let now = Date.parse('2026-11-22T10:00:00Z')
  sandbox = await startEmarsysSandbox({ now: () => now })
  call = await bearerCaller(sandbox)
  const first = await call('GET', '/api/rtm/mail_events/opens')
  const reset = String(Date.parse('2026-11-22T11:00:00Z') / 1000)
  expect([first.headers.get('x-ratelimit-remaining'), first.headers.get('x-ratelimit-reset')]).toEqual(['999', reset])
  expect((await call('GET', '/api/v3/settings')).headers.get('x-ratelimit-remaining')).toBe('999')
  now += 60_000
  expect((await call('GET', '/api/rtm/mail_events/opens')).headers.get('x-ratelimit-remaining')).toBe('998')
})
