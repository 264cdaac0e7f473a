import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Flow } from '../../server/flow/document/flow.ts'
import { type Caller, type Installation, install, invoiceFlow, XERO_CONNECTION } from './installation.ts'

// One flow of an agency for two clients, each in a workspace of its own. No worker is there: dry runs are only queued.

let it: Installation
let agency: Caller
let home: string
let master: string
/** Workspace, flow and connection of each client. */
let north: { workspace: string; flow: string; connection: string }
let south: { workspace: string; flow: string; connection: string }

const FORM: Flow['form'] = [{ name: 'minutes', title: 'Every how many minutes?', type: 'integer', default: 60 }]
const drawn = (change: Partial<Flow> = {}): Flow => {
  const flow = invoiceFlow({ form: FORM, ...change })
  const nodes = flow.nodes.map((node) =>
    node.id === 'clock' ? { ...node, settings: { mode: 'interval', everyMinutes: { $setting: 'minutes' } } } : node,
  )
  return { ...flow, nodes: change.nodes ?? nodes }
}

// biome-ignore lint/suspicious/noExplicitAny: whatever the route answers; the tests say what that should be
type Answer = { readonly status: number; readonly [name: string]: any }

const call = async (
  by: Pick<Caller, 'call'>,
  method: 'GET' | 'POST' | 'PUT' | 'PATCH',
  path: string,
  body?: object,
): Promise<Answer> => {
  const answer = await by.call(method, path, body)
  return { status: answer.statusCode, ...(answer.statusCode === 204 ? {} : answer.json()) }
}
const at = () => `/workspaces/${home}/flows/${master}`
const flowOf = ({ workspace, flow }: { workspace: string; flow: string }) => `/workspaces/${workspace}/flows/${flow}`

async function join(workspace: string, user: string, role: 'owner' | 'operator') {
  await it.database.owner.db.insertInto('members').values({ workspace_id: workspace, user_id: user, role }).execute()
}

/** Publishes the master as it is drawn now. */
async function publish(change: Partial<Flow>): Promise<number> {
  const { revision } = await call(agency, 'GET', `${at()}/draft`)
  await agency.call('PUT', `${at()}/draft`, drawn(change), { 'if-match': `"${revision}"` })
  const done = await call(agency, 'POST', `${at()}/publish`, { summary: 'More', revision: revision + 1 })
  expect(done.status, JSON.stringify(done)).toBe(201)
  return done.version.number
}

async function add(name: string, answers: object) {
  const workspace = await it.workspace(name)
  await join(workspace, agency.id, 'owner')
  const { id: connection } = await call(agency, 'POST', `/workspaces/${workspace}/connections`, XERO_CONNECTION)
  const added = await call(agency, 'POST', `${at()}/clients`, {
    workspace,
    name,
    bindings: { ledger: connection },
    answers,
  })
  expect(added, JSON.stringify(added)).toMatchObject({
    status: 201,
    version: 1,
    live: 1,
    enabled: false,
    mayPush: true,
  })
  return { workspace, flow: added.flow.id as string, connection: connection as string }
}

const preview = async (version: number, clients: readonly { workspace: string; flow: string }[], by = agency) =>
  (await call(by, 'POST', `${at()}/clients/preview`, { version, clients: clients.map(place) })).items
const place = ({ workspace, flow }: { workspace: string; flow: string }) => ({ workspace, flow })

beforeAll(async () => {
  it = await install()
  home = await it.workspace('Agency')
  agency = await it.member(home, 'owner')
  master = (await call(agency, 'POST', `/workspaces/${home}/flows`, drawn())).id
  const { id } = await call(agency, 'POST', `/workspaces/${home}/connections`, XERO_CONNECTION)
  await call(agency, 'PUT', `${at()}/bindings`, { bindings: { ledger: id } })
  await publish({ description: 'First' })
  north = await add('Nordwind', { minutes: 30 })
  south = await add('Suedwind', {})
})
afterAll(() => it.close())

test('the list says which version each client runs, and hides those of workspaces that one is no member of', async () => {
  const list = await call(agency, 'GET', `${at()}/clients`)
  expect(list.items).toMatchObject([
    {
      workspace: { name: 'Nordwind' },
      flow: { id: north.flow, name: 'Nordwind' },
      version: 1,
      live: 1,
      lastPush: null,
    },
    { workspace: { name: 'Suedwind' }, version: 1, live: 1 },
  ])
  expect(list.hidden).toBe(0)
  const stranger = await it.member(home, 'consultant')
  const theirs = await call(stranger, 'GET', `${at()}/clients`)
  expect(theirs).toMatchObject({ items: [], hidden: 2 })
  expect(theirs.pushes.flatMap((push: { results: unknown[] }) => push.results)).toEqual([])
  // An API token is for one workspace.
  const { secret } = await call(agency, 'POST', `/workspaces/${home}/tokens`, { name: 'Robot' })
  expect(await call(it.withToken(secret), 'GET', `${at()}/clients`)).toMatchObject({ items: [], hidden: 2 })
  // A client's people see nothing of the agency.
  const theirOwner = await it.member(north.workspace, 'owner')
  expect((await call(theirOwner, 'GET', `${at()}/clients`)).status).toBe(404)
})

test('a version is pushed to a client beside what that client has changed, and taken back', async () => {
  const draft = await call(agency, 'GET', `${flowOf(north)}/draft`)
  const own = draft.document as Flow
  const nodes = own.nodes.map((node) => (node.id === 'shape' ? { ...node, name: 'Shape for Nordwind' } : node))
  await agency.call('PUT', `${flowOf(north)}/draft`, { ...own, nodes }, { 'if-match': '*' })
  await call(agency, 'POST', `${flowOf(north)}/publish`, { summary: 'Our own', revision: draft.revision + 1 })
  // And something that is not published yet.
  const later = { ...own, nodes, description: 'First, and more to come' }
  await agency.call('PUT', `${flowOf(north)}/draft`, later, { 'if-match': '*' })

  const version = await publish({
    capture: 'sample',
    nodes: drawn().nodes.map((node) =>
      node.id === 'shape' ? { ...node, settings: { expression: '{ "no": InvoiceNumber }' } } : node,
    ),
  })
  const [looked] = await preview(version, [north])
  expect(looked).toMatchObject({ from: 1, to: version, live: 2, draftChanged: true, refusals: [], conflicts: [] })
  expect(looked.changes.nodes.changed).toMatchObject([{ id: 'shape', fields: [{ field: 'settings.expression' }] }])

  const tried = await call(agency, 'POST', `${at()}/clients/try`, { version, clients: [place(north)] })
  const run = await call(agency, 'GET', `/workspaces/${north.workspace}/runs/${tried.items[0].run}`)
  expect(run).toMatchObject({ dry: true, state: 'queued', answers: null })
  expect(run.version).toBeLessThan(0)
  const shown = await call(agency, 'GET', `${flowOf(north)}/versions/${run.version}`)
  expect(shown.document.nodes.find((node: { id: string }) => node.id === 'shape')).toMatchObject({
    ...{ name: 'Shape for Nordwind', settings: { expression: '{ "no": InvoiceNumber }' } },
  })
  // What was tried is no version of the flow.
  expect(
    (await call(agency, 'GET', `${flowOf(north)}/versions`)).items.map((one: { number: number }) => one.number),
  ).toEqual([2, 1])

  const clients = [{ ...place(north), live: looked.live, revision: looked.revision }]
  const pushed = await call(agency, 'POST', `${at()}/clients/push`, { version, summary: 'Numbers', clients })
  expect(pushed.items).toMatchObject([{ outcome: 'pushed', number: 3, name: 'Nordwind', reason: null }])
  const live = await call(agency, 'GET', `${flowOf(north)}/versions/3`)
  expect(live).toMatchObject({ live: true, summary: `Version ${version} of “Paid invoices”: Numbers` })
  expect(live.document).toMatchObject({ name: 'Nordwind', capture: 'sample' })
  expect(live.document.nodes.find((node: { id: string }) => node.id === 'shape').name).toBe('Shape for Nordwind')
  expect((await call(agency, 'GET', `${flowOf(north)}/answers`)).answers).toEqual({ minutes: 30 })
  const after = await call(agency, 'GET', `${flowOf(north)}/draft`)
  expect(after.document).toMatchObject({ description: 'First, and more to come', capture: 'sample' })
  // The same again, or over what somebody did meanwhile, changes nothing.
  const again = await call(agency, 'POST', `${at()}/clients/push`, { version, summary: 'Numbers', clients })
  expect(again.items).toMatchObject([{ outcome: 'refused', reason: expect.stringContaining('already'), number: null }])

  const listed = await call(agency, 'GET', `${at()}/clients`)
  expect(listed.items[0]).toMatchObject({ version, live: 3, lastPush: { number: 3, from: 1 } })
  expect(listed.pushes[1]).toMatchObject({ kind: 'push', version, results: [{ outcome: 'pushed' }] })
  const back = await call(agency, 'POST', `${at()}/clients/roll-back`, { clients: [{ ...place(north), number: 3 }] })
  expect(back.items).toMatchObject([{ outcome: 'rolled-back', number: 4 }])
  const before = await call(agency, 'GET', `${flowOf(north)}/versions/4`)
  const second = await call(agency, 'GET', `${flowOf(north)}/versions/2`)
  expect(before.hash).toBe(second.hash)
  const left = await call(agency, 'GET', `${flowOf(north)}/draft`)
  expect(left.document).toMatchObject({ description: 'First, and more to come', capture: 'full' })
  expect((await call(agency, 'GET', `${at()}/clients`)).items[0]).toMatchObject({ version: 1, live: 4, lastPush: null })
  const twice = await call(agency, 'POST', `${at()}/clients/roll-back`, { clients: [{ ...place(north), number: 3 }] })
  expect(twice.items).toMatchObject([{ outcome: 'refused', reason: expect.stringContaining('not the last one') }])

  // Each workspace has its own account of it, and a client's names no other client.
  const deeds = (await call(agency, 'GET', `/workspaces/${north.workspace}/audit`)).items
  const push = deeds.find((one: { action: string }) => one.action === 'client.push')
  expect(push).toMatchObject({ subject: { flow: north.flow }, detail: { number: 3, version } })
  expect(JSON.stringify(deeds)).not.toContain(south.workspace)
  const own2 = (await call(agency, 'GET', `/workspaces/${home}/audit`)).items
  expect(own2.find((one: { action: string }) => one.action === 'client.push')).toMatchObject({
    subject: { flow: master },
    detail: { version, clients: [{ client: north.workspace, outcome: expect.any(String) }] },
  })
})

test('where a connection, an answer or a right is missing it is refused by name, and the other clients get theirs', async () => {
  const version = await publish({
    form: [...(FORM ?? []), { name: 'list', title: 'Which list?', type: 'text' }],
    slots: { ...invoiceFlow().slots, bank: { connector: 'xero', title: 'The other ledger' } },
    nodes: [
      ...drawn().nodes.map((node) =>
        node.id === 'shape'
          ? { ...node, settings: { expression: '{ "no": InvoiceNumber, "list": $setting.list }' } }
          : node,
      ),
    ],
  }).catch((error: unknown) => error)
  // A question that is needed and a slot that is used: both are named.
  expect(version).toBeTypeOf('number')
  const [looked] = await preview(version as number, [south])
  expect(looked.refusals).toMatchObject([
    { code: 'ANSWERS_MISSING', field: 'list', message: expect.stringContaining('Which list?') },
  ])

  const guest = await it.member(home, 'owner')
  await join(north.workspace, guest.id, 'operator')
  await join(south.workspace, guest.id, 'owner')
  await call(agency, 'PUT', `${flowOf(south)}/answers`, { revision: 0, answers: {} })
  const both = await preview(version as number, [north, south], guest)
  expect(both[0].refusals).toMatchObject([{ code: 'NOT_ALLOWED', message: expect.stringContaining('Nordwind') }])
  expect(both[0].changes).toBeNull()

  const next = await publish({ description: 'Third' })
  const [, there] = await preview(next, [north, south], guest)
  expect(there.refusals).toEqual([])
  const clients = [
    { ...place(north), live: 4, revision: 1 },
    { ...place(south), live: there.live, revision: there.revision },
    { ...place(south), workspace: home, live: 1, revision: 1 },
  ]
  const pushed = await call(guest, 'POST', `${at()}/clients/push`, { version: next, summary: 'Third', clients })
  expect(pushed.items).toMatchObject([
    { outcome: 'refused', reason: expect.stringContaining('operator') },
    { outcome: 'pushed', number: 2 },
    { outcome: 'refused', reason: expect.stringContaining('no client') },
  ])
  // Over what somebody saved since it was looked at, nothing is pushed.
  const fourth = await publish({ description: 'Fourth' })
  const stale = [{ ...place(south), live: there.live, revision: there.revision }]
  const late = await call(guest, 'POST', `${at()}/clients/push`, { version: fourth, summary: 'Fourth', clients: stale })
  expect(late.items).toMatchObject([{ outcome: 'refused', reason: expect.stringContaining('since') }])
})

test('a slot without a connection is named', async () => {
  const second = { id: 'bank', operation: 'xero.list-invoices', name: 'Bank', slot: 'bank', settings: {} }
  const bind = await call(agency, 'GET', `${at()}/bindings`)
  const slots = { ...invoiceFlow().slots, bank: { connector: 'xero', title: 'The other ledger' } }
  const nodes = [...drawn().nodes, second]
  const edges = [...invoiceFlow().edges, { id: 'e9', from: 'start', port: 'out', to: 'bank', input: 'in' }]
  const { revision } = await call(agency, 'GET', `${at()}/draft`)
  await agency.call('PUT', `${at()}/draft`, drawn({ slots, nodes, edges }), { 'if-match': `"${revision}"` })
  await call(agency, 'PUT', `${at()}/bindings`, { bindings: { bank: bind.items[0].connection.id } })
  const version = await publish({ slots, nodes, edges })
  const [looked] = await preview(version, [south])
  expect(looked.refusals).toMatchObject([
    { code: 'SLOTS_UNBOUND', slot: 'bank', message: expect.stringContaining('The other ledger') },
  ])
  const clients = [{ ...place(south), live: looked.live, revision: looked.revision }]
  const pushed = await call(agency, 'POST', `${at()}/clients/push`, { version, summary: 'Bank', clients })
  expect(pushed.items).toMatchObject([{ outcome: 'refused', reason: expect.stringContaining('The other ledger') }])
  expect((await call(agency, 'GET', `${flowOf(south)}`)).liveVersion).toBe(2)
})

test('where a second person approves, a push and its way back are asked for there, and land when they are approved', async () => {
  const { db } = it.database.owner
  await db.updateTable('workspaces').set({ second_person: true }).where('id', '=', south.workspace).execute()
  const version = await publish({ description: 'Fifth' })
  const [looked] = await preview(version, [south])
  expect(looked).toMatchObject({ refusals: [], approval: true, waiting: null })
  const tried = await call(agency, 'POST', `${at()}/clients/try`, { version, clients: [place(south)] })
  expect(tried.items).toMatchObject([{ reason: null, run: expect.any(String) }])
  const draft = (await call(agency, 'GET', `${flowOf(south)}/draft`)).document as Flow

  const clients = [{ ...place(south), live: looked.live, revision: looked.revision }]
  const pushed = await call(agency, 'POST', `${at()}/clients/push`, { version, summary: 'Fifth', clients })
  const id = pushed.items[0].approval
  expect(pushed.items).toMatchObject([{ outcome: 'asked', number: null, approval: expect.any(String), reason: null }])
  // Nothing there has changed yet, in the draft neither.
  expect((await call(agency, 'GET', flowOf(south))).liveVersion).toBe(2)
  expect((await call(agency, 'GET', `${flowOf(south)}/draft`)).document).toEqual(draft)
  const listed = (await call(agency, 'GET', `${at()}/clients`)).items[1]
  expect(listed).toMatchObject({ waiting: { approval: id, kind: 'push', version }, live: 2 })
  expect((await preview(version, [south]))[0].waiting).toMatchObject({ summary: expect.stringContaining('Fifth') })

  // Who drew the version, or pushed it, is not the second person; somebody of the client's workspace is.
  const there = `/workspaces/${south.workspace}/approvals/${id}`
  const seen = await call(agency, 'GET', there)
  expect(seen.approval).toMatchObject({ mayDecide: false, push: { kind: 'push', version, name: 'Paid invoices' } })
  const approve = (by: Caller, at: string, hash: string) => call(by, 'POST', `${at}/approve`, { hash })
  expect(await approve(agency, there, seen.approval.hash)).toMatchObject({ status: 403, code: 'SAME_PERSON' })
  const second = await it.member(south.workspace, 'owner')
  // Drawn there meanwhile: it stays in the draft, and does not make the request void.
  await second.call('PUT', `${flowOf(south)}/draft`, { ...draft, capture: 'sample' }, { 'if-match': '*' })
  expect(await approve(second, there, seen.approval.hash)).toMatchObject({ status: 200, state: 'approved' })
  const live = await call(agency, 'GET', `${flowOf(south)}/versions/3`)
  expect(live).toMatchObject({
    live: true,
    hash: seen.approval.hash,
    document: { description: 'Fifth', capture: 'full' },
  })
  const after = await call(agency, 'GET', `${flowOf(south)}/draft`)
  expect(after.document).toMatchObject({ description: 'Fifth', capture: 'sample' })
  const master = await call(second, 'GET', `${flowOf(south)}/master?version=3`)
  expect(master.master).toEqual({ name: 'Paid invoices', version, of: version, place: null })

  const back = await call(agency, 'POST', `${at()}/clients/roll-back`, { clients: [{ ...place(south), number: 3 }] })
  expect(back.items).toMatchObject([{ outcome: 'asked' }])
  const backAt = `/workspaces/${south.workspace}/approvals/${back.items[0].approval}`
  const wanted = await call(second, 'GET', backAt)
  expect(wanted.approval).toMatchObject({ mayDecide: true, push: { kind: 'back' } })
  expect(await approve(second, backAt, wanted.approval.hash)).toMatchObject({ status: 200 })
  expect((await call(agency, 'GET', `${flowOf(south)}/versions/4`)).document.description).not.toBe('Fifth')
  expect((await call(agency, 'GET', `${at()}/clients`)).items[1]).toMatchObject({
    live: 4,
    waiting: null,
    lastPush: null,
  })

  // Let go of meanwhile, there is nothing to push to.
  const [again] = await preview(version, [south])
  const asked = await call(agency, 'POST', `${at()}/clients/push`, {
    ...{ version, summary: 'Fifth, again' },
    clients: [{ ...place(south), live: again.live, revision: again.revision }],
  })
  const voided = `/workspaces/${south.workspace}/approvals/${asked.items[0].approval}`
  expect((await call(agency, 'POST', `${at()}/clients/release`, place(south))).status).toBe(204)
  const { hash } = (await call(second, 'GET', voided)).approval
  expect(await approve(second, voided, hash)).toMatchObject({ status: 409, code: 'APPROVAL_VOID' })
  expect((await call(second, 'GET', voided)).approval.state).toBe('void')

  // What was only tried is never carried out for real.
  const real = db.updateTable('runs').set({ dry: false }).where('id', '=', tried.items[0].run).execute()
  await expect(real).rejects.toThrow('runs_tried_are_dry')
})

test('where a second person approves, a client that is added has no version until somebody there approves it', async () => {
  const workspace = await it.workspace('Westwind')
  await join(workspace, agency.id, 'owner')
  const second = await it.member(workspace, 'owner')
  await it.database.owner.db
    .updateTable('workspaces')
    .set({ second_person: true })
    .where('id', '=', workspace)
    .execute()
  const { id: ledger } = await call(agency, 'POST', `/workspaces/${workspace}/connections`, XERO_CONNECTION)
  const body = { workspace, name: 'West', bindings: { ledger }, answers: { minutes: 45 } }
  const version = (await call(agency, 'GET', at())).liveVersion
  const added = await call(agency, 'POST', `${at()}/clients`, body)
  const waiting = { kind: 'push', version, approval: expect.any(String) }
  expect(added).toMatchObject({ status: 201, version: 0, live: null, enabled: false, waiting })
  const west = { workspace, flow: added.flow.id as string }
  const there = (id: string) => `/workspaces/${workspace}/approvals/${id}`
  const approve = async (by: Caller, id: string) => {
    const { approval } = await call(by, 'GET', there(id))
    return call(by, 'POST', `${there(id)}/approve`, { hash: approval.hash })
  }
  expect((await call(agency, 'POST', `${flowOf(west)}/publish`, { summary: 'Now', revision: 1 })).code).toBe(
    'APPROVAL_NEEDED',
  )
  // Whoever drew the flow of the agency is not the second person, at whichever client they are.
  const { approval } = added.waiting
  expect(await approve(agency, approval)).toMatchObject({ code: 'SAME_PERSON' })
  // Refused, it is pushed like any version.
  expect((await call(second, 'POST', `${there(approval)}/refuse`, { reason: 'Not yet' })).status).toBe(200)
  const [looked] = await preview(version, [west])
  expect(looked).toMatchObject({ refusals: [], from: 0, live: null, approval: true })
  const clients = [{ ...west, live: null, revision: looked.revision }]
  const pushed = await call(agency, 'POST', `${at()}/clients/push`, { version, summary: 'Again', clients })
  expect(pushed.items).toMatchObject([{ outcome: 'asked' }])
  expect(await approve(agency, pushed.items[0].approval)).toMatchObject({ code: 'SAME_PERSON' })
  expect(await approve(second, pushed.items[0].approval)).toMatchObject({ status: 200, state: 'approved' })
  const { items } = await call(agency, 'GET', `${at()}/clients`)
  expect(items.find(({ flow }: { flow: { id: string } }) => flow.id === west.flow)).toMatchObject({
    ...{ version, live: 1, waiting: null, enabled: false },
  })
  expect((await call(agency, 'POST', `${at()}/clients/release`, west)).status).toBe(204)
})

describe('a flow that a client already has', () => {
  let east: { workspace: string; flow: string; connection: string }
  let version: number
  const look = () => call(agency, 'POST', `${at()}/clients/adopt/preview`, { ...place(east), version })
  const adopt = (more: object) =>
    call(agency, 'POST', `${at()}/clients/adopt`, { ...place(east), version, bindings: {}, ...more })

  beforeAll(async () => {
    version = await publish({ description: 'For many' })
    const workspace = await it.workspace('Ostwind')
    await join(workspace, agency.id, 'owner')
    // Drawn there by hand, with the clock set otherwise, and another name for the account.
    const nodes = invoiceFlow().nodes.map((node) => ({
      ...node,
      ...(node.slot === 'ledger' ? { slot: 'books' } : {}),
      ...(node.id === 'shape' ? { name: 'Their shape' } : {}),
    }))
    const own = invoiceFlow({ name: 'East', nodes, slots: { books: { connector: 'xero', title: 'Books' } } })
    const flow = (await call(agency, 'POST', `/workspaces/${workspace}/flows`, own)).id
    const { id: connection } = await call(agency, 'POST', `/workspaces/${workspace}/connections`, XERO_CONNECTION)
    east = { workspace, flow, connection }
    await call(agency, 'PUT', `${flowOf(east)}/bindings`, { bindings: { books: connection } })
    const published = await call(agency, 'POST', `${flowOf(east)}/publish`, { summary: 'Ours', revision: 1 })
    expect(published.status, JSON.stringify(published)).toBe(201)
  })

  test('is shown beside a version first, and tied without running differently', async () => {
    const seen = await look()
    expect(seen).toMatchObject({
      ...{ status: 200, name: 'Ostwind', flowName: 'East', live: 1, revision: 1, tied: null, refusals: [], fresh: [] },
      slots: [{ slot: 'ledger', connector: 'xero', connection: east.connection }],
    })
    expect(seen.changes.nodes.changed.map((one: { id: string }) => one.id)).toContain('shape')
    const stale = await adopt({ live: 1, revision: 7, differences: 'keep' })
    expect(stale).toMatchObject({ code: 'OVERTAKEN' })
    const wrong = await adopt({ live: 1, revision: 1, differences: 'keep', bindings: { books: east.connection } })
    expect(wrong).toMatchObject({ code: 'BINDING_INVALID' })

    const kept = await adopt({ live: 1, revision: 1, differences: 'keep', bindings: { ledger: east.connection } })
    expect(kept, JSON.stringify(kept)).toMatchObject({ status: 200, version, live: 1, workspace: { name: 'Ostwind' } })
    expect((await call(agency, 'GET', flowOf(east))).liveVersion).toBe(1)
    expect((await call(agency, 'GET', `${flowOf(east)}/draft`)).revision).toBe(1)
    expect((await look()).refusals).toMatchObject([{ code: 'UNCHANGED' }])
    const { master: made } = await call(agency, 'GET', `${flowOf(east)}/master`)
    expect(made).toMatchObject({ version, place: { workspace: home, flow: master, live: version } })
    // What differs is the client's own: a newer version brings only what is new in it.
    const next = await publish({ description: 'For more', capture: 'sample' })
    const [looked] = await preview(next, [east])
    expect(looked.changes.flow).toMatchObject([{ field: 'capture', after: 'sample' }])
    expect(looked.conflicts).toMatchObject([{ place: 'description' }])
    expect(looked.changes.nodes.changed).toEqual([])
    const deeds = (await call(agency, 'GET', `/workspaces/${east.workspace}/audit`)).items
    expect(deeds.find((one: { action: string }) => one.action === 'client.adopt')).toMatchObject({
      ...{ subject: { flow: east.flow }, detail: { version, differences: 'keep' } },
    })
  })

  test('is let go of, and tied so that the next push brings the version as it is', async () => {
    expect((await call(agency, 'POST', `${at()}/clients/release`, place(east))).status).toBe(204)
    expect((await call(agency, 'GET', `${flowOf(east)}/master`)).master).toBeNull()
    expect((await call(agency, 'POST', `${at()}/clients/release`, place(east))).status).toBe(404)
    const { slots } = await look()
    expect(slots).toEqual([]) // bound since the first time
    expect(await adopt({ live: 1, revision: 1, differences: 'take' })).toMatchObject({
      status: 200,
      version: 0,
      live: 1,
    })
    const [looked] = await preview(version, [east])
    expect(looked).toMatchObject({ from: 0, refusals: [], conflicts: [] })
    const clients = [{ ...place(east), live: 1, revision: 1 }]
    const pushed = await call(agency, 'POST', `${at()}/clients/push`, { version, summary: 'One flow', clients })
    expect(pushed.items, JSON.stringify(pushed)).toMatchObject([{ outcome: 'pushed', number: 2 }])
    const live = (await call(agency, 'GET', `${flowOf(east)}/versions/2`)).document as Flow
    expect(live).toMatchObject({ name: 'East', description: 'For many', slots: { ledger: { connector: 'xero' } } })
    expect(live.slots).not.toHaveProperty('books')
    const back = await call(agency, 'POST', `${at()}/clients/roll-back`, { clients: [{ ...place(east), number: 2 }] })
    expect(back.items).toMatchObject([{ outcome: 'rolled-back', number: 3 }])
    const first = await call(agency, 'GET', `${flowOf(east)}/versions/1`)
    expect((await call(agency, 'GET', `${flowOf(east)}/versions/3`)).hash).toBe(first.hash)
  })

  test('is refused to those without a right there, to itself, and the other way round', async () => {
    const stranger = await it.member(home, 'owner')
    const theirs = await call(stranger, 'POST', `${at()}/clients/adopt/preview`, { ...place(east), version })
    expect(theirs).toMatchObject({ status: 404, code: 'NOT_FOUND' })
    await join(east.workspace, stranger.id, 'operator')
    const weak = await call(stranger, 'POST', `${at()}/clients/adopt/preview`, { ...place(east), version })
    expect(weak).toMatchObject({ status: 403, code: 'NOT_ALLOWED' })
    const own = { workspace: home, flow: master, version }
    const itself = await call(agency, 'POST', `${at()}/clients/adopt/preview`, own)
    expect(itself.refusals).toMatchObject([{ message: expect.stringContaining('itself') }])
    const round = await call(agency, 'POST', `${flowOf(east)}/clients/adopt/preview`, { ...own, version: 1 })
    expect(round.refusals).toMatchObject([{ message: expect.stringContaining('made of that one') }])
  })

  test('and whatever else concerns a client goes no way round what its workspace asks of a sign-in', async () => {
    const ask = (sso: boolean) =>
      it.database.owner.db
        .updateTable('workspaces')
        .set({ require_sso: sso })
        .where('id', 'in', [east.workspace, north.workspace])
        .execute()
    const open = await call(agency, 'GET', `${at()}/clients`)
    expect(open.items.map((item: { flow: { id: string } }) => item.flow.id).sort()).toEqual(
      [north.flow, east.flow].sort(),
    )
    await ask(true)
    const { live_version: before } = await it.database.owner.db
      .selectFrom('flows')
      .select('live_version')
      .where('id', '=', north.flow)
      .executeTakeFirstOrThrow()
    expect((await call(agency, 'GET', flowOf(north))).code).toBe('SSO_REQUIRED')
    expect(await call(agency, 'GET', `${at()}/clients`)).toMatchObject({ items: [], hidden: 2 })
    expect(await look()).toMatchObject({ status: 404, code: 'NOT_FOUND' })
    expect(await adopt({ differences: 'keep', live: 1, revision: 1 })).toMatchObject({ status: 404 })
    expect((await preview(version, [north]))[0]).toMatchObject({ changes: null, refusals: [{ code: 'NOT_FOUND' }] })
    const pushed = { version, summary: 'Past it', clients: [{ ...place(north), live: before, revision: 1 }] }
    expect((await call(agency, 'POST', `${at()}/clients/push`, pushed)).items).toMatchObject([{ outcome: 'refused' }])
    const tried = await call(agency, 'POST', `${at()}/clients/try`, { version, clients: [place(north)] })
    expect(tried.items).toMatchObject([{ run: null }])
    const back = { clients: [{ ...place(north), number: before }] }
    expect((await call(agency, 'POST', `${at()}/clients/roll-back`, back)).items).toMatchObject([
      { outcome: 'refused' },
    ])
    expect(await call(agency, 'POST', `${at()}/clients/release`, place(north))).toMatchObject({ status: 404 })
    const added = { workspace: north.workspace, name: 'Two', bindings: { ledger: north.connection }, answers: {} }
    expect(await call(agency, 'POST', `${at()}/clients`, added)).toMatchObject({ status: 404, code: 'NOT_FOUND' })
    await ask(false)
    expect((await call(agency, 'GET', flowOf(north))).liveVersion).toBe(before)
    expect(await look()).toMatchObject({ status: 200 })
  })
})
