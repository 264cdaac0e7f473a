import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Caller, type Installation, install } from './installation.ts'

let it: Installation
let workspace: string
let owner: Caller

beforeAll(async () => {
  it = await install()
  workspace = await it.workspace()
  owner = await it.member(workspace, 'owner')
})
afterAll(() => it.close())

const at = (path = '') => `/workspaces/${workspace}/suppressions${path}`
const add = (value: string, more = {}) => owner.call('POST', at(), { value, reason: 'Asked to be erased', ...more })

test('somebody is added, found in any spelling, and lifted with a reason; every step says who did it', async () => {
  expect((await owner.call('GET', at())).json()).toEqual({ items: [], next: null })
  const added = await add(' Ada.Moss@Example.COM ')
  expect(added.statusCode).toBe(201)
  const { entry } = added.json()
  expect(added.json()).toMatchObject({ added: true, entry: { addedBy: 'A owner', run: null, liftedAt: null } })
  expect((await add('ada.moss@example.com')).json()).toEqual({ added: false, entry })

  const found = await owner.call('POST', at('/look-up'), { value: 'ADA.moss@example.com' })
  expect(found.json().items).toEqual([entry])
  expect((await owner.call('POST', at('/look-up'), { value: 'ben@example.com' })).json().items).toEqual([])
  // A value of another field is another key.
  expect((await add('C-1', { field: '9001' })).json().added).toBe(true)
  expect((await owner.call('POST', at('/look-up'), { field: '9002', value: 'C-1' })).json().items).toEqual([])

  const lifted = await owner.call('POST', at(`/${entry.id}/lift`), { reason: 'Signed up again' })
  expect(lifted.json()).toMatchObject({ id: entry.id, liftedBy: 'A owner', liftReason: 'Signed up again' })
  expect((await owner.call('POST', at(`/${entry.id}/lift`), { reason: 'Again' })).statusCode).toBe(404)
  // The history stays, and the same person can be added anew.
  expect((await add('ada.moss@example.com')).json().added).toBe(true)
  const list = (await owner.call('GET', at('?limit=2'))).json()
  expect(list.items).toHaveLength(2)
  expect((await owner.call('GET', at(`?cursor=${list.next}`))).json().items).toEqual([lifted.json()])

  const audit = (await owner.call('GET', `/workspaces/${workspace}/audit`)).json()
  expect(audit.items.map(({ action }: { action: string }) => action)).toContain('suppression.lift')
  expect(JSON.stringify(audit)).not.toMatch(/ada.moss/i)
  // Without ids: one of them may hold these letters by chance.
  expect(JSON.stringify(list.items.map(({ id, ...rest }: { id: string }) => rest))).not.toMatch(/ada|C-1/i)
})

test('nonsense is refused with the place named', async () => {
  for (const [body, field] of [
    [{ value: 'no address', reason: 'x' }, 'body.value'],
    [{ value: 'a@b.c', reason: ' ' }, 'body.reason'],
    [{ value: 'a@b.c' }, 'body.reason'],
    [{ value: 'C-1', field: 'xero', reason: 'x' }, 'body.field'],
  ] as const) {
    const answer = await owner.call('POST', at(), body)
    expect(answer.statusCode).toBe(400)
    expect(answer.json().problems[0].field).toBe(field)
  }
})

test('who may see and who may change it; other workspaces see nothing', async () => {
  const entry = (await add('cy@example.com')).json().entry
  for (const [role, see, change] of [
    ['marketing', 200, 201],
    ['consultant', 200, 403],
    ['auditor', 200, 403],
    ['client', 403, 403],
  ] as const) {
    const one = await it.member(workspace, role)
    expect([role, (await one.call('GET', at())).statusCode]).toEqual([role, see])
    expect((await one.call('POST', at(), { value: 'dan@example.com', reason: 'x' })).statusCode).toBe(change)
  }
  const other = await it.workspace('Other')
  const stranger = await it.member(other, 'owner')
  expect((await stranger.call('GET', at())).statusCode).toBe(404)
  const elsewhere = `/workspaces/${other}/suppressions`
  expect((await stranger.call('GET', elsewhere)).json().items).toEqual([])
  expect((await stranger.call('POST', `${elsewhere}/look-up`, { value: 'cy@example.com' })).json().items).toEqual([])
  expect((await stranger.call('POST', `${elsewhere}/${entry.id}/lift`, { reason: 'x' })).statusCode).toBe(404)
})
