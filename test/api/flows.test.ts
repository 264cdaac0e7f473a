import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Caller, type Installation, install, invoiceFlow, publishedFlow, XERO_CONNECTION } from './installation.ts'

let it: Installation
let workspace: string
let owner: Caller
let at: string

beforeAll(async () => {
  it = await install()
  workspace = await it.workspace()
  owner = await it.member(workspace, 'owner')
  at = `/workspaces/${workspace}`
})
afterAll(() => it.close())

describe('a draft', () => {
  test('is saved over the revision it was made from, and not over a newer one', async () => {
    const created = await owner.call('POST', `${at}/flows`, invoiceFlow())
    expect(created.statusCode).toBe(201)
    const draft = `${at}/flows/${created.json().id}/draft`
    const first = await owner.call('GET', draft)
    expect(first.headers.etag).toBe('"1"')

    const consultant = await it.member(workspace, 'consultant')
    const hers = await consultant.call('PUT', draft, invoiceFlow({ name: 'Hers' }), { 'if-match': '"1"' })
    expect(hers.statusCode).toBe(200)
    expect(hers.headers.etag).toBe('"2"')

    const mine = await owner.call('PUT', draft, invoiceFlow({ name: 'Mine' }), { 'if-match': '"1"' })
    expect(mine.statusCode).toBe(412)
    expect(mine.json()).toMatchObject({
      code: 'DRAFT_CONFLICT',
      current: { revision: 2, by: 'A consultant', document: { name: 'Hers' } },
    })
    expect((await owner.call('GET', draft)).json().document.name).toBe('Hers')
  })

  test('is not saved blindly', async () => {
    const { id } = (await owner.call('POST', `${at}/flows`, invoiceFlow())).json()
    const blind = await owner.call('PUT', `${at}/flows/${id}/draft`, invoiceFlow())
    expect(blind.statusCode).toBe(428)
    expect(blind.json().code).toBe('DRAFT_UNNAMED')
  })

  test('may be half drawn, and validate says what is missing', async () => {
    const { id } = (await owner.call('POST', `${at}/flows`, invoiceFlow({ nodes: [], edges: [] }))).json()
    const { problems } = (await owner.call('POST', `${at}/flows/${id}/validate`)).json()
    expect(problems).toContainEqual(expect.objectContaining({ code: 'NO_TRIGGER', severity: 'error' }))
  })

  test('can be checked before it is saved, with the place of a mistake in an expression', async () => {
    const { id } = (await owner.call('POST', `${at}/flows`, invoiceFlow())).json()
    const broken = invoiceFlow()
    broken.nodes[3] = { id: 'shape', operation: 'map', name: 'Shape', settings: { expression: '{ "a": ' } }
    const { problems } = (await owner.call('POST', `${at}/flows/${id}/validate`, broken)).json()
    expect(problems).toContainEqual(
      expect.objectContaining({ code: 'EXPRESSION_INVALID', node: 'shape', position: expect.any(Number) }),
    )
    expect((await owner.call('GET', `${at}/flows/${id}/draft`)).json().document).toEqual(invoiceFlow())
  })

  test('is renamed together with its flow', async () => {
    const { id } = (await owner.call('POST', `${at}/flows`, invoiceFlow())).json()
    const renamed = await owner.call('PATCH', `${at}/flows/${id}`, { name: 'Sales' })
    expect(renamed.json()).toMatchObject({ name: 'Sales', draft: { revision: 2 } })
    expect((await owner.call('GET', `${at}/flows/${id}/draft`)).json().document.name).toBe('Sales')
  })
})

describe('publishing', () => {
  test('refuses a flow with errors and lists them; nothing is kept', async () => {
    const { id } = (await owner.call('POST', `${at}/flows`, invoiceFlow())).json()
    const refused = await owner.call('POST', `${at}/flows/${id}/publish`, { summary: 'Try', revision: 1 })
    expect(refused.statusCode).toBe(422)
    expect(refused.json()).toMatchObject({
      code: 'FLOW_HAS_ERRORS',
      problems: [expect.objectContaining({ code: 'SLOT_UNBOUND', node: 'read' })],
    })
    expect((await owner.call('GET', `${at}/flows/${id}/versions`)).json().items).toEqual([])
  })

  test('makes numbered versions that stay as they are, and refuses one that changes nothing', async () => {
    const { flow } = await publishedFlow(owner, workspace)
    const again = await owner.call('POST', `${at}/flows/${flow}/publish`, { summary: 'Same', revision: 1 })
    expect(again.statusCode).toBe(409)
    expect(again.json().code).toBe('UNCHANGED')

    const moved = invoiceFlow({ layout: { nodes: { read: { x: 40, y: 10 } } } })
    await owner.call('PUT', `${at}/flows/${flow}/draft`, moved, { 'if-match': '"1"' })
    expect((await owner.call('GET', `${at}/flows/${flow}`)).json().draft).toMatchObject({ revision: 2, changed: false })
    const onlyMoved = await owner.call('POST', `${at}/flows/${flow}/publish`, { summary: 'Moved', revision: 2 })
    expect(onlyMoved.json().code).toBe('UNCHANGED')

    const changed = invoiceFlow({ description: 'For the newsletter' })
    await owner.call('PUT', `${at}/flows/${flow}/draft`, changed, { 'if-match': '"2"' })
    expect((await owner.call('GET', `${at}/flows/${flow}`)).json().draft.changed).toBe(true)
    const second = await owner.call('POST', `${at}/flows/${flow}/publish`, { summary: 'Described', revision: 3 })
    expect(second.json()).toMatchObject({
      flow: { liveVersion: 2, draft: { changed: false } },
      version: { number: 2, author: 'A owner', summary: 'Described', live: true },
    })

    const { items } = (await owner.call('GET', `${at}/flows/${flow}/versions`)).json()
    expect(items.map((version: { number: number; live: boolean }) => [version.number, version.live])).toEqual([
      [2, true],
      [1, false],
    ])
    expect(items[0].hash).not.toBe(items[1].hash)
    const { changes } = (await owner.call('GET', `${at}/flows/${flow}/versions/2/changes`)).json()
    expect(changes.flow).toEqual([{ field: 'description', before: '', after: 'For the newsletter' }])
  })

  test('of a draft that somebody else saved meanwhile is refused', async () => {
    const { flow } = await publishedFlow(owner, workspace)
    await owner.call('PUT', `${at}/flows/${flow}/draft`, invoiceFlow({ name: 'B' }), { 'if-match': '"1"' })
    const late = await owner.call('POST', `${at}/flows/${flow}/publish`, { summary: 'A', revision: 1 })
    expect(late.statusCode).toBe(412)
  })

  test('twice at once makes one version', async () => {
    const { flow } = await publishedFlow(owner, workspace)
    await owner.call('PUT', `${at}/flows/${flow}/draft`, invoiceFlow({ name: 'B' }), { 'if-match': '"1"' })
    const both = await Promise.all(
      ['one', 'two'].map((summary) => owner.call('POST', `${at}/flows/${flow}/publish`, { summary, revision: 2 })),
    )
    expect(both.map((answer) => answer.statusCode).sort()).toEqual([201, expect.toBeOneOf([409, 412])])
    expect((await owner.call('GET', `${at}/flows/${flow}/versions`)).json().items).toHaveLength(2)
  })
})

test('a version is restored as a draft; what runs stays', async () => {
  const { flow } = await publishedFlow(owner, workspace)
  await owner.call('PUT', `${at}/flows/${flow}/draft`, invoiceFlow({ name: 'Second' }), { 'if-match': '"1"' })
  await owner.call('POST', `${at}/flows/${flow}/publish`, { summary: 'Second', revision: 2 })
  const restored = await owner.call('POST', `${at}/flows/${flow}/versions/1/restore`)
  expect(restored.json()).toMatchObject({ revision: 3, document: invoiceFlow() })
  expect((await owner.call('GET', `${at}/flows/${flow}`)).json()).toMatchObject({
    name: 'Paid invoices',
    liveVersion: 2,
    draft: { changed: true },
  })
})

test('an exported file imports as the same flow, here and into another workspace', async () => {
  const { flow } = await publishedFlow(owner, workspace)
  const file = await owner.call('GET', `${at}/flows/${flow}/export`)
  expect(file.headers['content-disposition']).toBe('attachment; filename="paid-invoices.flow.json"')

  const elsewhere = await it.workspace('Elsewhere')
  const other = await it.member(elsewhere, 'consultant')
  const imported = await other.call('POST', `/workspaces/${elsewhere}/flows/import`, file.body)
  expect(imported.statusCode).toBe(201)
  const copy = `/workspaces/${elsewhere}/flows/${imported.json().id}`
  expect((await other.call('GET', `${copy}/export`)).body).toBe(file.body)

  const into = await other.call('POST', `${copy}/import`, invoiceFlow({ name: 'Newer' }))
  expect(into.json()).toMatchObject({ revision: 2, document: { name: 'Newer' } })
})

describe('switching', () => {
  test('on sets the clocks, publishing moves them along, off takes them away', async () => {
    const { flow } = await publishedFlow(owner, workspace)
    const on = await owner.call('POST', `${at}/flows/${flow}/switch`, { on: true })
    expect(on.json().enabled).toBe(true)
    const wait = Date.parse(on.json().nextDue) - Date.now()
    expect(wait).toBeGreaterThan(50 * 60_000)
    expect(wait).toBeLessThanOrEqual(60 * 60_000)

    const sooner = invoiceFlow()
    sooner.nodes[1] = {
      id: 'clock',
      operation: 'schedule',
      name: 'Often',
      settings: { mode: 'interval', everyMinutes: 5 },
    }
    await owner.call('PUT', `${at}/flows/${flow}/draft`, sooner, { 'if-match': '"1"' })
    const published = await owner.call('POST', `${at}/flows/${flow}/publish`, { summary: 'Sooner', revision: 2 })
    expect(Date.parse(published.json().flow.nextDue) - Date.now()).toBeLessThanOrEqual(5 * 60_000)

    const off = await owner.call('POST', `${at}/flows/${flow}/switch`, { on: false })
    expect(off.json()).toMatchObject({ enabled: false, nextDue: null })
    const clocks = await it.database.owner.db.selectFrom('schedules').selectAll().where('flow_id', '=', flow).execute()
    expect(clocks).toEqual([])
  })

  test('on needs a published version', async () => {
    const { id } = (await owner.call('POST', `${at}/flows`, invoiceFlow())).json()
    const early = await owner.call('POST', `${at}/flows/${id}/switch`, { on: true })
    expect(early.statusCode).toBe(409)
    expect(early.json().code).toBe('NOT_PUBLISHED')
  })

  test('on needs every slot bound', async () => {
    const { flow } = await publishedFlow(owner, workspace)
    await owner.call('PUT', `${at}/flows/${flow}/bindings`, { bindings: { ledger: null } })
    const unbound = await owner.call('POST', `${at}/flows/${flow}/switch`, { on: true })
    expect(unbound.statusCode).toBe(409)
    expect(unbound.json()).toMatchObject({ code: 'SLOTS_UNBOUND', problems: [{ node: 'read' }] })
  })

  test('on clears a pause', async () => {
    const { flow } = await publishedFlow(owner, workspace)
    await it.database.owner.db
      .updateTable('flows')
      .set({ paused_code: 'LOGIN_REFUSED', paused_message: 'Xero refused the sign-in.' })
      .where('id', '=', flow)
      .execute()
    expect((await owner.call('GET', `${at}/flows/${flow}`)).json().paused.code).toBe('LOGIN_REFUSED')
    expect((await owner.call('POST', `${at}/flows/${flow}/switch`, { on: true })).json().paused).toBeNull()
  })

  test('a flow that is on is neither archived nor unbound', async () => {
    const { flow } = await publishedFlow(owner, workspace)
    await owner.call('POST', `${at}/flows/${flow}/switch`, { on: true })
    expect((await owner.call('PATCH', `${at}/flows/${flow}`, { archived: true })).json().code).toBe('FLOW_IS_ON')
    const unbind = await owner.call('PUT', `${at}/flows/${flow}/bindings`, { bindings: { ledger: null } })
    expect(unbind.json().code).toBe('FLOW_IS_ON')
    await owner.call('POST', `${at}/flows/${flow}/switch`, { on: false })
    expect((await owner.call('PATCH', `${at}/flows/${flow}`, { archived: true })).json().archivedAt).not.toBeNull()
    expect((await owner.call('POST', `${at}/flows/${flow}/run`, {})).json().code).toBe('FLOW_ARCHIVED')
  })
})

test('“run now” queues the live version from its manual trigger and tells the workers', async () => {
  const { flow } = await publishedFlow(owner, workspace)
  const wakeUps = async () =>
    (
      await sql<{ key: string }>`select key from graphile_worker.jobs where key like ${`%${workspace}%`}`.execute(
        it.database.owner.db,
      )
    ).rows.length
  expect(await wakeUps()).toBe(0)
  const run = await owner.call('POST', `${at}/flows/${flow}/run`, {})
  expect(run.statusCode).toBe(202)
  expect(run.json()).toMatchObject({
    flow: { id: flow, name: 'Paid invoices' },
    version: 1,
    cause: 'manual',
    causeNode: 'start',
    requestedBy: 'A owner',
    state: 'queued',
  })
  await expect.poll(wakeUps).toBe(1)
  expect((await owner.call('GET', `${at}/flows/${flow}`)).json().lastRun).toMatchObject({
    id: run.json().id,
    state: 'queued',
  })
  expect((await owner.call('POST', `${at}/flows/${flow}/run`, { node: 'shape' })).statusCode).toBe(404)
})

describe('a slot', () => {
  test('takes only a connection of its connector', async () => {
    const { id } = (await owner.call('POST', `${at}/flows`, invoiceFlow())).json()
    const emarsys = await owner.call('POST', `${at}/connections`, {
      ...XERO_CONNECTION,
      connector: 'emarsys',
      login: 'oauth-client',
    })
    expect(emarsys.statusCode).toBe(201)
    const wrong = await owner.call('PUT', `${at}/flows/${id}/bindings`, { bindings: { ledger: emarsys.json().id } })
    expect(wrong.statusCode).toBe(422)
    expect(wrong.json().detail).toContain('is for xero')
    const unknown = await owner.call('PUT', `${at}/flows/${id}/bindings`, { bindings: { mailer: emarsys.json().id } })
    expect(unknown.json().code).toBe('BINDING_INVALID')
  })

  test('is not bound across workspaces', async () => {
    const { connection } = await publishedFlow(owner, workspace)
    const elsewhere = await it.workspace('Elsewhere')
    const other = await it.member(elsewhere, 'owner')
    const { id } = (await other.call('POST', `/workspaces/${elsewhere}/flows`, invoiceFlow())).json()
    const bound = await other.call('PUT', `/workspaces/${elsewhere}/flows/${id}/bindings`, {
      bindings: { ledger: connection },
    })
    expect(bound.statusCode).toBe(404)
  })

  test('is bound to nothing of another workspace, whichever text of a document names it', async () => {
    const { connection, flow } = await publishedFlow(owner, workspace)
    const elsewhere = await it.workspace('Elsewhere still')
    const other = await it.member(elsewhere, 'owner')
    const at = `/workspaces/${elsewhere}/flows`
    const call = { id: 'call', operation: 'sub-flow', name: 'Call', settings: { flow: 'x', version: 1, slots: [] } }
    const document = invoiceFlow({
      nodes: [...invoiceFlow().nodes, call],
      edges: [...invoiceFlow().edges, { id: 'e4', from: 'shape', port: 'out', to: 'call', input: 'in' }],
    })
    /** With one of its texts, by number, in the place of what stands there. */
    const withText = (number: number, text: string): { readonly document: unknown; readonly texts: number } => {
      let texts = 0
      const put = (value: unknown): unknown => {
        if (typeof value === 'string') return texts++ === number ? text : value
        if (Array.isArray(value)) return value.map(put)
        if (typeof value !== 'object' || value === null) return value
        return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, put(one)]))
      }
      return { document: put(document), texts }
    }
    const { texts } = withText(-1, '')
    expect(texts).toBeGreaterThan(30)
    let kept = 0
    for (const foreign of [connection, flow]) {
      for (let number = 0; number < texts; number++) {
        const made = await other.call('POST', `${at}/import`, withText(number, foreign).document)
        if (made.statusCode === 422) continue
        kept += 1
        const path = `${at}/${made.json().id}`
        const { items } = (await other.call('GET', `${path}/bindings`)).json()
        expect(
          items.every((one: { connection: unknown }) => one.connection === null),
          `text ${number}`,
        ).toBe(true)
        const published = await other.call('POST', `${path}/publish`, { summary: 'Try', revision: 1 })
        expect([number, published.statusCode, published.json().code]).toEqual([number, 422, 'FLOW_HAS_ERRORS'])
        expect((await other.call('POST', `${path}/run`, {})).statusCode, `text ${number}`).toBe(409)
      }
    }
    expect(kept).toBeGreaterThan(60)
    expect((await other.call('GET', `/workspaces/${elsewhere}/runs`)).json().items).toEqual([])
  })
})

test('a flow is tagged, says what hangs on it, and is deleted only where nothing is lost', async () => {
  const path = `/workspaces/${workspace}/flows`
  const make = async (document = invoiceFlow()): Promise<string> => (await owner.call('POST', path, document)).json().id
  const flow = await make()
  const tagged = (await owner.call('PATCH', `${path}/${flow}`, { tags: [' money', 'Daily', 'money'] })).json()
  expect(tagged.tags).toEqual(['Daily', 'money'])
  const call = { id: 'call', operation: 'sub-flow', name: 'Call', settings: { flow, version: 1, slots: [] } }
  const caller = await make(invoiceFlow({ name: 'Caller', nodes: [...invoiceFlow().nodes, call] }))
  const shown = (await owner.call('GET', `${path}/${flow}/dependents`)).json()
  expect(shown).toMatchObject({ versions: 0, runs: 0, clients: 0, calledBy: [{ id: caller, name: 'Caller' }] })
  const refused = await owner.call('DELETE', `${path}/${flow}`)
  expect([refused.statusCode, refused.json().code]).toEqual([409, 'FLOW_IN_USE'])
  expect((await owner.call('DELETE', `${path}/${caller}`)).statusCode).toBe(204)
  expect((await owner.call('GET', `${path}/${flow}/dependents`)).json().kept).toBeNull()
  expect((await owner.call('DELETE', `${path}/${flow}`)).statusCode).toBe(204)
  expect((await owner.call('GET', `${path}/${flow}`)).statusCode).toBe(404)
  const [entry] = (await owner.call('GET', `/workspaces/${workspace}/audit`)).json().items
  expect(entry).toMatchObject({ action: 'flow.delete', subject: { flow }, detail: { name: 'Paid invoices' } })

  const ran = (await publishedFlow(owner, workspace)).flow
  expect((await owner.call('POST', `${path}/${ran}/run`, {})).statusCode).toBe(202)
  const kept = await owner.call('DELETE', `${path}/${ran}`)
  expect(kept.json()).toMatchObject({ code: 'FLOW_IN_USE', detail: expect.stringContaining('evidence') })
})
