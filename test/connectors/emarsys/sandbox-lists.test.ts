import { afterAll, beforeAll, expect, test } from 'vitest'
import { type EmarsysSandbox, startEmarsysSandbox } from '../../../connectors/emarsys/sandbox/server.ts'
import { bearerCaller, type Caller } from './sandbox-caller.ts'

let sandbox: EmarsysSandbox
let call: Caller
const ids = new Map<string, number>()

beforeAll(async () => {
  sandbox = await startEmarsysSandbox({ limits: 'off' })
  call = await bearerCaller(sandbox)
  for (const name of ['ada', 'ben', 'cleo']) ids.set(name, sandbox.plantContact({ '3': `${name}@example.com` }))
})
afterAll(() => sandbox.close())

const numbers = (...names: string[]) => names.map((name) => ids.get(name))
const mails = (...names: string[]) => ({ key_id: '3', external_ids: names.map((name) => `${name}@example.com`) })
const gone = { 'gone@example.com': { '2008': 'No contact found with the external id: 3' } }

const makeList = async (name: string, ...members: string[]): Promise<number> => {
  const answer = await call('POST', '/api/v3/contactlist', { name, description: '', ...mails(...members) })
  const { id } = answer.body.data as { id: number }
  return id
}
const membersOf = async (id: number): Promise<unknown> =>
  JSON.parse((await call('GET', `/api/v3/contactlist/${id}/contactIds?$top=100`)).text).value

test('a list is made with the contacts that exist, and the others are named', async () => {
  const answer = await call('POST', '/api/v3/contactlist', { name: 'Debtors', ...mails('ada', 'gone') })
  expect(answer.body.data).toEqual({ id: expect.any(Number), errors: gone })
  const { id } = answer.body.data as { id: number }
  expect(await membersOf(id)).toEqual(numbers('ada'))
  expect((await call('GET', '/api/v2/contactlist')).body.data).toContainEqual({
    id: String(id),
    name: 'Debtors',
    created: expect.stringMatching(/^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/),
    type: 0,
  })
})

test('contacts are added once, taken out, and replaced', async () => {
  const id = await makeList('Changing', 'ada')
  const change = async (kind: string, ...names: string[]) =>
    (await call('POST', `/api/v3/contactlist/${id}/${kind}`, mails(...names))).body.data
  expect(await change('add', 'ada', 'ben', 'gone')).toEqual({ inserted_contacts: 1, errors: gone })
  expect((await call('GET', `/api/v3/contactlist/${id}/count`)).body.data).toBe(2)
  expect(await change('delete', 'ada', 'cleo')).toEqual({ deleted_contacts: 1, errors: [] })
  expect(await membersOf(id)).toEqual(numbers('ben'))
  await change('replace', 'ada', 'cleo')
  expect(await membersOf(id)).toEqual(numbers('ada', 'cleo'))
  expect(sandbox.contacts.lookUp('3', 'ben@example.com')).toHaveLength(1)
})

test('members come in pages without an envelope until next is null', async () => {
  const id = await makeList('Paged', 'ada', 'ben', 'cleo')
  const read: number[] = []
  let next: string | null = `/contactlist/${id}/contactIds?$top=2`
  let pages = 0
  while (next !== null) {
    const page = JSON.parse((await call('GET', `/api/v3${next}`)).text)
    expect(Object.keys(page)).toEqual(['value', 'next'])
    read.push(...page.value)
    next = page.next
    pages++
  }
  expect([read, pages]).toEqual([numbers('ada', 'ben', 'cleo'), 2])
})

test('the older member call answers with parameters as a query or in the path', async () => {
  const id = await makeList('Older', 'ada', 'ben')
  for (const tail of ['/contacts/?limit=1', '/contacts/limit=1', '/contacts?limit=1'])
    expect((await call('GET', `/api/v2/contactlist/${id}${tail}`)).body.data).toEqual([
      { id: String(ids.get('ada')), uid: expect.any(String) },
    ])
})

test('a list is renamed and dropped', async () => {
  const id = await makeList('Before')
  await call('POST', `/api/v3/contactlist/${id}/rename`, { name: 'After' })
  expect(sandbox.lists.get(id)?.name).toBe('After')
  await call('POST', `/api/v3/contactlist/${id}/deletelist`, {})
  const answer = await call('GET', `/api/v3/contactlist/${id}/count`)
  expect([answer.status, answer.body.replyCode]).toEqual([400, 1008])
})

test('a contact write can put its contacts on a list', async () => {
  const id = await makeList('From a write')
  await call('PUT', '/api/v3/contact/', { key_id: '3', contact_list_id: id, contacts: [{ '3': 'ben@example.com' }] })
  expect(await membersOf(id)).toEqual(numbers('ben'))
  expect(sandbox.ledger.at(-1)).toMatchObject({ kind: 'list.add', id, detail: { contacts: numbers('ben') } })
})

test('more than ten thousand ids answer 3002, a missing name 3001', async () => {
  const id = await makeList('Crowd')
  const many = await call('POST', `/api/v3/contactlist/${id}/add`, {
    key_id: '3',
    external_ids: Array(10_001).fill('a'),
  })
  expect([many.status, many.body.replyCode]).toEqual([400, 3002])
  expect((await call('POST', '/api/v3/contactlist', mails('ada'))).body.replyCode).toBe(3001)
})

test('a deleted contact leaves its lists', async () => {
  sandbox.plantContact({ '3': 'brief@example.com' })
  const id = await makeList('Shrinking', 'brief', 'ada')
  await call('POST', '/api/v3/contact/delete', { key_id: '3', '3': ['brief@example.com'] })
  expect(await membersOf(id)).toEqual(numbers('ada'))
})
