import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadTemplates } from '../../server/api/flow/templates.ts'
import { type Caller, type Installation, install, XERO_CONNECTION } from './installation.ts'

let it: Installation
let workspace: string
let owner: Caller
let at: string
let bindings: { [slot: string]: string }

const F04 = 'paid-invoices-to-purchases'

beforeAll(async () => {
  it = await install()
  workspace = await it.workspace()
  owner = await it.member(workspace, 'owner')
  at = `/workspaces/${workspace}`
  const emarsys = {
    connector: 'emarsys',
    name: 'Emarsys of Nordwind',
    login: 'oauth-client',
    settings: {},
    secrets: { clientId: 'a', clientSecret: 'b', salesToken: 'c' },
  }
  const connect = async (body: object) => (await owner.call('POST', `${at}/connections`, body)).json().id as string
  bindings = { xero: await connect(XERO_CONNECTION), emarsys: await connect(emarsys) }
})
afterAll(() => it.close())

test('the gallery shows every template with its picture, what moves and what it needs', async () => {
  const { items } = (await owner.call('GET', `${at}/templates`)).json()
  expect(items.map(({ id }: { id: string }) => id)).toEqual([...loadTemplates().keys()])
  for (const { id } of items) {
    const shown = (await owner.call('GET', `${at}/templates/${id}`)).json()
    expect(shown.moves.length, id).toBeGreaterThan(0)
    // Files have no permissions that could be named.
    for (const slot of shown.slots)
      expect(slot.permissions.length > 0, `${id} ${slot.slot}`).toBe(slot.slot !== 'files')
  }
})

test('a template is installed in one step: bound, answered, published, and off', async () => {
  const path = `${at}/templates/${F04}/install`
  const half = await owner.call('POST', path, { bindings: { xero: bindings.xero } })
  expect([half.statusCode, half.json().code]).toEqual([422, 'BINDING_INVALID'])
  const crossed = await owner.call('POST', path, { bindings: { xero: bindings.emarsys, emarsys: bindings.xero } })
  expect(crossed.json()).toMatchObject({ code: 'BINDING_INVALID', detail: expect.stringContaining('is for xero') })
  const wrong = await owner.call('POST', path, { bindings, answers: { everyMinutes: 'often' } })
  expect(wrong.json()).toMatchObject({ code: 'ANSWERS_REFUSED', problems: [{ field: 'everyMinutes' }] })
  // Nothing of what was refused is left.
  expect((await owner.call('GET', `${at}/flows`)).json().items).toEqual([])

  const done = await owner.call('POST', path, {
    name: 'Purchases of Nordwind',
    bindings,
    answers: { everyMinutes: 30 },
  })
  expect(done.statusCode, done.body).toBe(201)
  expect(done.json()).toMatchObject({ name: 'Purchases of Nordwind', liveVersion: 1, enabled: false })
  const flow = `${at}/flows/${done.json().id}`
  expect((await owner.call('GET', `${flow}/answers`)).json()).toMatchObject({ revision: 1, problems: [] })
  expect((await owner.call('GET', `${flow}/template`)).json()).toMatchObject({
    taken: loadTemplates().get(F04)?.version,
    update: null,
  })
  expect((await owner.call('POST', `${flow}/switch`, { on: true })).statusCode).toBe(200)
  const [counted] = (await owner.call('GET', `${at}/templates`))
    .json()
    .items.filter((one: { id: string }) => one.id === F04)
  expect(counted.flows).toBe(1)
})

test('a flow of an older version learns what is new, and takes it into its draft beside what was changed', async () => {
  const templates = new Map(loadTemplates())
  const shipped = templates.get(F04)!
  const flow = (await owner.call('POST', `${at}/templates/${F04}/install`, { bindings })).json().id as string
  const path = `${at}/flows/${flow}`
  const draft = (await owner.call('GET', `${path}/draft`)).json()
  draft.document.nodes[0].name = 'Ours'
  await owner.call('PUT', `${path}/draft`, draft.document, { 'if-match': '"1"' })

  // As if it had been made of the version before: its document had another description.
  await it.database.owner.db
    .updateTable('flow_templates')
    .set({ version: shipped.version - 1, document: JSON.stringify({ ...shipped.flow, description: 'Older' }) })
    .where('flow_id', '=', flow)
    .execute()
  await it.database.owner.db
    .updateTable('flows')
    .set({ draft: JSON.stringify({ ...draft.document, description: 'Older' }) } as never)
    .where('id', '=', flow)
    .execute()
  const news = (await owner.call('GET', `${path}/template`)).json()
  expect(news.update).toMatchObject({ revision: 2, conflicts: [] })
  expect(news.update.changes.flow).toEqual([{ field: 'description', before: 'Older', after: shipped.flow.description }])
  expect((await owner.call('POST', `${path}/template/take`, { revision: 1 })).json().code).toBe('OVERTAKEN')
  const taken = (await owner.call('POST', `${path}/template/take`, { revision: 2 })).json()
  expect(taken).toMatchObject({ taken: shipped.version, draft: { revision: 3 } })
  expect(taken.draft.document.description).toBe(shipped.flow.description)
  expect(taken.draft.document.nodes.map(({ name }: { name: string }) => name)).toContain('Ours')
  // Nothing runs differently before it is published.
  expect((await owner.call('GET', path)).json()).toMatchObject({ liveVersion: 1, draft: { changed: true } })
  expect((await owner.call('POST', `${path}/template/take`, { revision: 3 })).json().code).toBe('UNCHANGED')
})

test('where a second person approves what goes live, an installed template waits for them, and is tried meanwhile', async () => {
  const { db } = it.database.owner
  await db.updateTable('workspaces').set({ second_person: true }).where('id', '=', workspace).execute()
  const done = await owner.call('POST', `${at}/templates/${F04}/install`, { bindings, answers: { everyMinutes: 30 } })
  expect(done.json(), done.body).toMatchObject({ liveVersion: null, enabled: false })
  const flow = `${at}/flows/${done.json().id}`
  expect((await owner.call('POST', `${flow}/dry-run`, { of: 'draft' })).statusCode).toBe(202)
  const [asked] = (await owner.call('GET', `${at}/approvals`)).json().items
  expect(asked).toMatchObject({ state: 'open', mine: true, mayDecide: false, flow: { id: done.json().id } })
  const second = await it.member(workspace, 'consultant')
  const approve = (by: Caller) => by.call('POST', `${at}/approvals/${asked.id}/approve`, { hash: asked.hash })
  expect((await approve(owner)).json().code).toBe('SAME_PERSON')
  expect((await approve(second)).json()).toMatchObject({ state: 'approved' })
  expect((await owner.call('POST', `${flow}/switch`, { on: true })).statusCode).toBe(200)
})
