import { afterEach, expect, test } from 'vitest'
import { oauthClient } from '../../../connectors/emarsys/client/connection.ts'
import { emarsys } from '../../../connectors/emarsys/index.ts'
import type { Context, DataRecord, Flaw, Page } from '../../../connectors/kit/connector.ts'
import { operationOf, settingsOf } from '../support/accounts.ts'
import { type Opened, openConnection } from '../support/open.ts'
import { collect, json, rejection, startRemote } from '../support/remote.ts'

// Records that come otherwise than Emarsys says they are: each by itself, and nobody who is there counts as gone.

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

/** An account that answers `data` by path. */
async function answering(byPath: { readonly [path: string]: unknown }): Promise<Opened> {
  const remote = await startRemote(({ url }, response) => {
    if (url.pathname.endsWith('/token')) return json(response, { access_token: 'token-of-a-test', expires_in: 3600 })
    const path = Object.keys(byPath).find((one) => url.pathname.endsWith(one))
    const body = path === undefined ? undefined : byPath[path]
    if (typeof body === 'string') return response.writeHead(200, { 'content-type': 'text/csv' }).end(body)
    const plain = path?.includes('contactIds') || path?.includes('responseSummary')
    return json(response, plain ? body : { replyCode: 0, replyText: 'OK', data: body })
  })
  const opened = openConnection({
    ...{ connector: emarsys, login: oauthClient },
    connection: { apiUrl: remote.url, tokenUrl: `${remote.url}/oauth2/token`, salesUrl: remote.url },
    secrets: { clientId: 'id', clientSecret: 'secret-of-a-test', salesToken: '' },
  })
  closing.push(remote.close, opened.close)
  return opened
}

/** What a read would make of each record, as the engine looks at it. */
async function read(opened: Opened, name: string, settings: object = {}) {
  const operation = operationOf(emarsys, name, 'read')
  const pages: Page[] = await collect(
    operation.read(opened.context(settingsOf(operation, { ...settings })) as Context<never>, undefined),
  )
  const records = pages.flatMap((page) => page.records)
  const flaws = records.map((record): Flaw | undefined => operation.flaw?.(record))
  return {
    sound: records.filter((_, at) => flaws[at] === undefined),
    said: [...flaws.flatMap((flaw) => flaw ?? []), ...pages.flatMap(({ refused = [] }) => refused)].map(
      ({ code, message }) => `${code} ${message}`,
    ),
  }
}

async function find(opened: Opened, name: string, settings: object, ...keys: string[]) {
  const operation = operationOf(emarsys, name, 'lookup')
  const chosen = settingsOf(operation, { ...settings })
  const found = await operation.find(opened.context(chosen) as Context<never>, keys)
  return Object.fromEntries(
    [...found].map(([key, record]) => [key, operation.refuse?.(chosen as never, {}, record)?.message ?? record]),
  )
}

test.each([
  ['list-fields', '/field/translate/en', { id: 3, name: 'E-Mail', application_type: 'longtext' }, 'application_type'],
  ['list-contact-lists', '/contactlist', { id: '12', name: 'Debtors' }, 'name'],
  ['list-segments', '/filter', { id: '7', name: 'Loyal' }, 'name'],
  ['list-events', '/event/', { id: '204', name: 'overdue' }, 'name'],
  ['list-campaigns', '/email/', { id: '8810', name: 'Autumn', status: '3' }, 'status'],
])(
  '%s: an entry without an id, null and one of another kind are told by themselves',
  async (name, path, good, field) => {
    const bad = [{ ...good, id: null }, null, { ...good, [field]: null }, { ...good, [field]: { new: 'kind' } }]
    const opened = await answering({ [path]: [good, ...bad] })
    const { sound, said } = await read(opened, name)
    expect(sound).toEqual([{ ...good, id: String(good.id) }])
    expect(said).toHaveLength(bad.length)
    for (const one of said)
      expect(one).toMatch(/^FIELD_UNEXPECTED “\w+” of [a-z ]+ .* is (missing|null|an object|the text “”), and not /)
  },
)

test('a campaign in a state nobody knows, and a choice without its words', async () => {
  const opened = await answering({
    '/email/': [{ id: '1', name: 'A', status: '9' }],
    '/choice/translate/en': [{ id: '65', choice: 'Germany' }, { id: '66' }],
  })
  expect((await read(opened, 'list-campaigns')).said).toEqual([
    'FIELD_UNEXPECTED “status” of campaign A is the text “9”, and not a value known here.',
  ])
  expect(await read(opened, 'list-choices', { fieldId: '14' })).toMatchObject({
    sound: [{ choice: 'Germany' }],
    said: ['FIELD_UNEXPECTED “choice” of choice 66 is missing, and not a text.'],
  })
})

test('contacts by key: a field of another kind costs its contact, one without its key is nobody’s, no list is no answer', async () => {
  const contacts = (result: unknown) => answering({ '/contact/getdata': { errors: [], result } })
  const ask = async (result: unknown) =>
    find(await contacts(result), 'get-contacts', { keyField: '9001', fields: ['3', '31', '9004'] }, 'c1', 'c2', 'c3')
  const good = { '9001': 'c1', '3': 'ada@example.com', '31': 1, '9004': ['1', 2], id: 41003 }
  expect(
    await ask([good, { ...good, '9001': 'c2', '31': '7' }, { ...good, '9001': 'c3', '3': { mail: 'x' } }]),
  ).toEqual({
    c1: expect.objectContaining({ id: '41003', '31': 1 }),
    c2: '“31” of contact 41003 is “7”, and not a value known here.',
    c3: '“3” of contact 41003 is an object, and not a text, a number, a list of those, or nothing.',
  })
  expect(await ask(false)).toEqual({})
  // Taken for nobody, whoever is there would count as gone.
  const { '9001': _key, ...keyless } = good
  expect(await rejection(ask([good, keyless]))).toMatchObject({ code: 'FIELD_UNEXPECTED' })
  for (const result of [null, undefined, 'none', {}]) {
    expect(await rejection(ask(result)), String(result)).toMatchObject({ code: 'REPLY_UNREADABLE' })
  }
  for (const ids of [null, undefined, 'none']) {
    const opened = await answering({ '/contact/checkids': { ids, errors: [] } })
    expect(await rejection(find(opened, 'check-contacts', { keyField: '3' }, 'a@example.com'))).toMatchObject({
      code: 'REPLY_UNREADABLE',
    })
  }
})

test('members of a list: what is no number, and who comes without one, are told; the others go on', async () => {
  const opened = await answering({
    '/contactlist/12/contactIds': { value: [41003, '41007', null, { id: 5 }], next: null },
    '/contact/getdata': { errors: [], result: [{ id: '41003', '3': 'ada@example.com' }, { '3': 'ben@example.com' }] },
  })
  expect(await read(opened, 'list-members', { listId: '12', fields: ['3'] })).toEqual({
    sound: [{ id: '41003', '3': 'ada@example.com' }],
    said: Array(3).fill('FIELD_UNEXPECTED “id” of contact without an id is null, and not an id.'),
  })
})

test('an export: a line with a column too many costs nobody else; a header that is another is no export', async () => {
  const exported = (data: string) =>
    answering({ '/email/getcontacts': { id: 9 }, '/export/9': { status: 'done' }, '/export/9/data': data })
  const settings = { what: 'list', id: '12', fields: ['3', '1'] }
  const opened = await exported(
    'user_id,E-Mail,First Name\n1,ada@example.com,Ada\n2,ben@example.com\n,cy@example.com,Cy\n',
  )
  expect(await read(opened, 'export-contacts', settings)).toEqual({
    sound: [{ id: '1', '3': 'ada@example.com', '1': 'Ada' }],
    said: [
      'FIELD_UNEXPECTED “id” of contact without an id is “”, and not an id.',
      'FIELD_UNEXPECTED A line of the export has 2 columns where 3 were asked for.',
    ],
  })
  const other = await exported('user_id,E-Mail\n1,ada@example.com\n')
  expect(await rejection(read(other, 'export-contacts', settings))).toMatchObject({ code: 'REPLY_UNREADABLE' })
})

test('counts: what is missing is no 0, and a number as text is a number', async () => {
  const done = (result: DataRecord) =>
    answering({ '/filter/7/runs': { run_id: 'r' }, '/filter/runs/r': { status: 'done', result } })
  const segment = async (result: DataRecord) => read(await done(result), 'run-segment', { segmentId: '7' })
  expect((await segment({ contact_list_id: 31, user_count: '840', opt_in_count: 611 })).sound).toMatchObject([
    { user_count: 840, opt_in_count: 611 },
  ])
  expect((await segment({ contact_list_id: 31, opt_in_count: null })).said).toEqual([
    'FIELD_UNEXPECTED “user_count” of segment 7 is missing, and not a number.',
  ])
  const opened = await answering({
    '/campaigns/responseSummary/filter': {
      data: [
        { campaignId: 8810, sent: '1188', opened: 402, privacyOpened: 131 },
        { campaignId: 8811, sent: 'many' },
      ],
    },
  })
  expect(await find(opened, 'campaign-results', {}, '8810', '8811')).toEqual({
    '8810': expect.objectContaining({ sent: 1188, honestlyOpened: 271 }),
    '8811': '“sent” of campaign 8811 is no number in Emarsys.',
  })
})
