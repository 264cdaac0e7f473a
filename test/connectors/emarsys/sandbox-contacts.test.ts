import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type EmarsysSandbox, startEmarsysSandbox } from '../../../connectors/emarsys/sandbox/server.ts'
import { bearerCaller, type Caller } from './sandbox-caller.ts'

let sandbox: EmarsysSandbox
let call: Caller
beforeAll(async () => {
  sandbox = await startEmarsysSandbox({ limits: 'off' })
  call = await bearerCaller(sandbox)
})
afterAll(() => sandbox.close())

const upsert = (body: unknown) => call('PUT', '/api/v3/contact/?create_if_not_exists=1', body)

describe.each(['/api/v2', '/api/v3'])('under %s', (prefix) => {
  const mail = `ada@${prefix.slice(-2)}.example`

  test('a contact is created, updated, found and deleted by the documented shapes', async () => {
    const created = await call('POST', `${prefix}/contact`, { key_id: '3', '3': mail, '1': 'Ada' })
    expect(created.body).toEqual({ replyCode: 0, replyText: 'OK', data: { id: expect.any(Number) } })
    const { id } = created.body.data as { id: number }

    expect((await call('PUT', `${prefix}/contact/`, { key_id: '3', '3': mail, '2': 'Moss' })).body.data).toEqual({
      ids: [String(id)],
    })
    const data = await call('POST', `${prefix}/contact/getdata`, {
      keyId: '3',
      keyValues: [mail],
      fields: ['1', '2', '31'],
    })
    expect(data.body.data).toEqual({
      errors: [],
      result: [{ '1': 'Ada', '2': 'Moss', '31': null, id: String(id), uid: expect.stringMatching(/^\w{10}$/) }],
    })
    const found = { errors: [], result: [{ id: String(id), '3': mail }] }
    expect((await call('GET', `${prefix}/contact/query/?return=3&3=${mail}&limit=50&offset=0`)).body.data).toEqual(
      found,
    )
    expect((await call('GET', `${prefix}/contact/query/return=3&3=${mail}&limit=5`)).body.data).toEqual(found)
    const checked = await call('POST', `${prefix}/contact/checkids`, {
      key_id: '3',
      external_ids: [mail, 'gone@x.io'],
      get_multiple_ids: 1,
    })
    expect(checked.body.data).toEqual({
      ids: { [mail]: [String(id)] },
      errors: { 'gone@x.io': { '2008': 'No contact found with the external id: 3' } },
    })
    const deleted = await call('POST', `${prefix}/contact/delete`, { key_id: '3', '3': [mail, 'gone@x.io'] })
    expect(deleted.body.data).toEqual({
      errors: { 'gone@x.io': { '2008': 'No contact found with the external id: 3' } },
    })
    expect(sandbox.contacts.lookUp('3', mail)).toEqual([])
  })

  test('create_if_not_exists works as a query and in the path', async () => {
    const one = { key_id: '3', contacts: [{ '3': `q.${mail}` }] }
    expect((await call('PUT', `${prefix}/contact/?create_if_not_exists=1`, one)).body.data).toEqual({
      ids: [expect.any(Number)],
    })
    expect((await call('PUT', `${prefix}/contact/create_if_not_exists=1`, one)).body.data).toEqual({
      ids: [expect.any(String)],
    })
  })
})

test('a batch with a bad record answers 200, the ids of the good ones and the error under its key', async () => {
  await upsert({ key_id: '9001', contacts: [{ '9001': 'x-1', '3': 'one@example.com' }] })
  const answer = await upsert({
    key_id: '9001',
    contacts: [
      { '9001': 'x-2', '14': 'Germany' },
      { '9001': '', '1': 'Nobody' },
      { '9001': 'x-1', '1': 'One' },
      { '9001': 'x-3', '1': 'Three' },
    ],
  })
  expect(answer.status).toBe(200)
  expect(answer.body).toEqual({
    replyCode: 0,
    replyText: 'OK',
    data: {
      // Text for the contact that was there, a number for the new one.
      ids: [expect.any(String), expect.any(Number)],
      errors: {
        'x-2': { '2007': 'Invalid choice id for field id: 14' },
        '': { '2005': 'No value provided for key field: 9001' },
      },
    },
  })
  expect(sandbox.contacts.lookUp('9001', 'x-2')).toEqual([])
})

test('an empty value clears the field, and a field that is not sent stays', async () => {
  await upsert({ key_id: '3', contacts: [{ '3': 'clear@example.com', '1': 'Cleo', '2': 'Ames', '31': '1' }] })
  const before = sandbox.ledger.length
  await upsert({ key_id: '3', contacts: [{ '3': 'clear@example.com', '1': '', '31': null }] })
  const [contact] = sandbox.contacts.lookUp('3', 'clear@example.com')
  expect(contact).toEqual({ id: expect.any(String), uid: expect.any(String), '2': 'Ames', '3': 'clear@example.com' })
  expect(sandbox.ledger.slice(before)).toMatchObject([{ kind: 'contact.update', detail: { cleared: ['1', '31'] } }])
})

test.each([
  ['a label instead of a choice id', { '14': 'Germany' }],
  ['an unknown choice id', { '14': '9999' }],
  ['a word as opt-in', { '31': 'yes' }],
  ['a boolean as opt-in', { '31': true }],
  ['a date in another order', { '9003': '22.11.2026' }],
  ['a day that does not exist', { '9003': '2026-02-30' }],
  ['a list for a single value', { '1': ['Ada'] }],
  ['a single value for a multi choice', { '9005': '1' }],
  ['an empty multi choice', { '9005': [] }],
  ['a number with a comma', { '9002': '12,50' }],
  ['more than sixty characters in a short text', { '9008': 'x'.repeat(61) }],
  ['a read-only field', { '48': '2026-01-01' }],
  ['the internal id', { id: '41001' }],
])('%s is refused with 2007 and nothing of the record is applied', async (_what, fields) => {
  const answer = await upsert({ key_id: '3', contacts: [{ '3': 'picky@example.com', '2': 'Moss', ...fields }] })
  expect(answer.body.data).toMatchObject({ ids: [], errors: { 'picky@example.com': { '2007': expect.any(String) } } })
  expect(sandbox.contacts.lookUp('3', 'picky@example.com')).toEqual([])
})

test('choices, dates and numbers are taken in their documented spelling, and a multi choice replaces the set', async () => {
  const good = {
    '3': 'good@example.com',
    '14': 65,
    '31': '2',
    '9002': '-12.50',
    '9003': '2026-11-22 10:30',
    '9005': ['1', 2],
  }
  await upsert({ key_id: '3', contacts: [good] })
  await upsert({ key_id: '3', contacts: [{ '3': 'good@example.com', '9005': ['3'] }] })
  expect(sandbox.contacts.lookUp('3', 'good@example.com')).toMatchObject([
    { '14': '65', '31': '2', '9002': '-12.50', '9003': '2026-11-22 10:30', '9005': ['3'] },
  ])
})

test('a single call that fails carries the code at the top, with 400 or inside 200', async () => {
  const missing = { key_id: '3', '3': 'missing@example.com' }
  const text = 'No contact found with the external id: 3'
  const usual = await call('PUT', '/api/v3/contact/', missing)
  expect([usual.status, usual.body]).toEqual([400, { replyCode: 2008, replyText: text, data: '' }])
  sandbox.setQuirks({ singleFailureStatus: 200 })
  const inside = await call('PUT', '/api/v3/contact/', missing)
  sandbox.setQuirks({ singleFailureStatus: 400 })
  expect([inside.status, inside.body]).toEqual([200, { replyCode: 2008, replyText: text, data: '' }])
})

test('creating twice answers 2009 in a batch and 2006 alone', async () => {
  const twin = { '3': 'twin@example.com' }
  await call('POST', '/api/v3/contact', { key_id: '3', ...twin })
  const batch = await call('POST', '/api/v3/contact', { key_id: '3', contacts: [twin] })
  expect(batch.body.data).toEqual({
    ids: [],
    errors: { 'twin@example.com': { '2009': 'Contact with the external id already exists: 3' } },
  })
  expect((await call('POST', '/api/v3/contact', { key_id: '3', ...twin })).body.replyCode).toBe(2006)
})

test('two contacts with one key answer 2010 and are neither written nor deleted', async () => {
  sandbox.plantContact({ '3': 'Double@example.com' })
  sandbox.plantContact({ '3': 'double@example.com' })
  const written = await upsert({ key_id: '3', contacts: [{ '3': 'double@example.com', '1': 'Dora' }] })
  expect(written.body.data).toMatchObject({ ids: [], errors: { 'double@example.com': { '2010': expect.any(String) } } })
  await call('POST', '/api/v3/contact/delete', { key_id: '3', '3': ['double@example.com'] })
  expect(sandbox.contacts.lookUp('3', 'double@example.com')).toHaveLength(2)
  const checked = await call('POST', '/api/v3/contact/checkids', {
    key_id: '3',
    external_ids: ['double@example.com'],
    get_multiple_ids: 1,
  })
  expect(checked.body.data).toMatchObject({ ids: { 'double@example.com': [expect.any(String), expect.any(String)] } })
})

test('getdata takes key_id too unless spelling counts, answers false when nothing is found, and has two forms of errors', async () => {
  await upsert({ key_id: '9001', contacts: [{ '9001': 'casing', '3': 'casing@example.com' }] })
  const ask = (body: unknown) => call('POST', '/api/v3/contact/getdata', body)
  const lenient = await ask({ key_id: '9001', keyValues: ['casing'], fields: ['3'] })
  expect(lenient.body.data).toMatchObject({ result: [{ '3': 'casing@example.com' }] })
  sandbox.setQuirks({ keySpelling: 'documented' })
  const wrong = await ask({ key_id: '9001', keyValues: ['casing'], fields: ['3'] })
  expect(wrong.body.data).toEqual({
    errors: [{ key: 'casing', errorCode: 2008, errorMsg: 'No contact found with the external id: 3' }],
    result: false,
  })
  sandbox.setQuirks({ getdataErrors: 'map' })
  const map = await ask({ key_id: '9001', keyValues: ['casing'], fields: ['3'] })
  sandbox.setQuirks({ getdataErrors: 'list' })
  expect(map.body.data).toMatchObject({ errors: { casing: { '2008': expect.any(String) } } })
  expect((await ask({ keyId: '9001', keyValues: ['casing'], fields: ['3'] })).body.data).toMatchObject({
    result: [{ '3': 'casing@example.com' }],
  })
  sandbox.setQuirks({ keySpelling: 'both' })
})

test.each([
  ['array', []],
  ['object', {}],
  ['absent', undefined],
] as const)('errors can be told to be %s when nothing failed', async (emptyErrors, form) => {
  sandbox.setQuirks({ emptyErrors })
  const answer = await upsert({ key_id: '3', contacts: [{ '3': 'forms@example.com' }] })
  sandbox.setQuirks({ emptyErrors: 'mixed' })
  expect((answer.body.data as { errors?: unknown }).errors).toEqual(form)
})

test('JSON can be told to come as text/html', async () => {
  expect((await call('GET', '/api/v3/settings')).headers.get('content-type')).toBe('application/json')
  sandbox.setQuirks({ contentType: 'text/html; charset=utf-8' })
  const answer = await call('GET', '/api/v3/settings')
  sandbox.setQuirks({ contentType: 'application/json' })
  expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8')
  expect(answer.body.replyCode).toBe(0)
})

test('wrong calls are refused as a whole, each with its code', async () => {
  const thousandAndOne = Array.from({ length: 1001 }, (_, at) => ({ '3': `m${at}@example.com` }))
  const codes = async (method: string, path: string, body?: unknown) => {
    const answer = await call(method, `/api/v3${path}`, body)
    return [answer.status, answer.body.replyCode]
  }
  expect(await codes('PUT', '/contact/', { key_id: '3', contacts: thousandAndOne })).toEqual([400, 1000])
  expect(await codes('PUT', '/contact/', { key_id: '99', '99': 'x' })).toEqual([400, 2004])
  expect(await codes('POST', '/contact', { key_id: 'id', id: '1' })).toEqual([400, 2004])
  expect(await codes('POST', '/contact', {})).toEqual([400, 1006])
  expect(await codes('POST', '/contact', '{"key_id":')).toEqual([400, 1010])
  expect(await codes('DELETE', '/contact')).toEqual([400, 1009])
  expect(await codes('GET', '/field/translate/klingon')).toEqual([400, 1002])
  expect(await codes('DELETE', '/field/3')).toEqual([400, 263])
  expect(await codes('DELETE', '/field/9009')).toEqual([400, 261])
  expect(await codes('GET', '/event/204/trigger')).toEqual([400, 1009])
  expect(await codes('GET', '/contact/last_change')).toEqual([404, undefined])
  expect(await codes('POST', '/contact/getdata', { keyId: '3', keyValues: 'a@x.io' })).toEqual([400, 2003])
  expect(await codes('POST', '/contact/getdata', { keyId: '3', keyValues: Array(1001).fill('a') })).toEqual([400, 2002])
  expect(await codes('GET', '/contact/query/?return=3&1=Ada')).toEqual([400, 2015])
  expect(await codes('GET', '/contact/query/?return=3&limit=10001')).toEqual([400, 2016])
  expect(await codes('POST', '/contact/delete', { key_id: '3', '3': 'gone@example.com' })).toEqual([404, 2008])
  expect(
    await codes('PUT', '/contact/', { key_id: '3', '3': 'x@example.com', '1': 'x'.repeat(8 * 1024 * 1024) }),
  ).toEqual([413, 1000])
  // A create may have 10 MB: what is refused of this one is the value, 61 letters of a short text being enough for that.
  const created = (megabytes: number) => ({
    key_id: '3',
    '3': 'x@example.com',
    '1': 'x'.repeat(megabytes * 1024 * 1024),
  })
  expect(await codes('POST', '/contact', created(9))).toEqual([400, 2007])
  expect(await codes('POST', '/contact', created(10))).toEqual([413, 1000])
  const unknownField = await upsert({ key_id: '3', contacts: [{ '3': 'f@example.com', '7777': 'x' }] })
  expect(unknownField.body.data).toMatchObject({ errors: { 'f@example.com': { '2006': expect.any(String) } } })
  const unknownSource = await upsert({ key_id: '3', contacts: [{ '3': 'f@example.com', source_id: 1 }] })
  expect(unknownSource.body.data).toMatchObject({ errors: { 'f@example.com': { '2013': expect.any(String) } } })
})

test('merge copies by rule and removes the source', async () => {
  await upsert({
    key_id: '3',
    contacts: [
      { '3': 'old@example.com', '1': 'Olga', '2': 'Old', '11': 'Vienna' },
      { '3': 'new@example.com', '2': 'New' },
    ],
  })
  await call('POST', '/api/v3/contact/merge', {
    key_id: '3',
    source_key_value: 'old@example.com',
    target_key_value: 'new@example.com',
    merge_rules: { '1': 'overwrite', '2': 'keep' },
    delete_source: true,
  })
  expect(sandbox.contacts.lookUp('3', 'new@example.com')).toMatchObject([{ '1': 'Olga', '2': 'New' }])
  expect(sandbox.contacts.lookUp('3', 'new@example.com')[0]).not.toHaveProperty('11')
  expect(sandbox.contacts.lookUp('3', 'old@example.com')).toEqual([])
})

test('a contact whose key changes is found under the new one only', async () => {
  await upsert({ key_id: '9001', contacts: [{ '9001': 'move', '3': 'before@example.com' }] })
  await upsert({ key_id: '9001', contacts: [{ '9001': 'move', '3': 'after@example.com' }] })
  expect(sandbox.contacts.lookUp('3', 'before@example.com')).toEqual([])
  expect(sandbox.contacts.lookUp('3', 'AFTER@example.com')).toMatchObject([{ '9001': 'move' }])
})

test('fields are listed with their ids, choices can be read, and new text fields made', async () => {
  const fields = (await call('GET', '/api/v3/field/translate/en')).body.data
  expect(fields).toContainEqual({ id: 3, name: 'E-Mail', application_type: 'longtext', string_id: 'email' })
  expect(fields).toContainEqual({
    id: 9001,
    name: 'Xero contact id',
    application_type: 'shorttext',
    string_id: 'xero_contact_id',
  })
  expect((await call('GET', '/api/v3/field/14/choice/translate/en')).body.data).toContainEqual({
    id: '65',
    choice: 'Germany',
    bit_position: null,
  })
  expect((await call('GET', '/api/v3/field/choices?fields=5,14&language=en')).body.data).toHaveLength(2)
  const made = await call('POST', '/api/v3/field', { name: 'Payment terms', application_type: 'shorttext' })
  const { id } = made.body.data as { id: number }
  await upsert({ key_id: '3', contacts: [{ '3': 'terms@example.com', [id]: '30 days' }] })
  expect(sandbox.contacts.lookUp('3', 'terms@example.com')).toMatchObject([{ [id]: '30 days' }])
  const again = await call('POST', '/api/v3/field', { name: 'payment terms', application_type: 'shorttext' })
  expect([again.status, again.body.replyCode]).toEqual([400, 9002])
  const choice = await call('POST', '/api/v3/field', { name: 'Colour', application_type: 'singlechoice' })
  expect(choice.body.replyCode).toBe(9006)
})

test('a source can be made and then named by a contact', async () => {
  const made = await call('POST', '/api/v3/source/create', { name: 'xero-sync' })
  const { id } = made.body.data as { id: number }
  expect((await call('GET', '/api/v3/source')).body.data).toContainEqual({ id: String(id), name: 'xero-sync' })
  const written = await upsert({ key_id: '3', contacts: [{ '3': 'sourced@example.com', source_id: id }] })
  expect(written.body.data).toEqual({ ids: [expect.any(Number)] })
})

test('the same seed gives the same contacts', async () => {
  const [a, b] = await Promise.all([1, 2].map(() => startEmarsysSandbox({ contacts: 50, seed: 7 })))
  const shown = (box: EmarsysSandbox | undefined) =>
    [...(box?.contacts.all() ?? [])].map((one) => box?.contacts.show(one))
  expect(shown(a)).toHaveLength(50)
  expect(shown(a)).toEqual(shown(b))
  await Promise.all([a?.close(), b?.close()])
})
