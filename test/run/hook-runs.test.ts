import { sql } from 'kysely'
import { describe, expect, onTestFinished, test } from 'vitest'
import { KEY_HEADER, keyOfStore } from '../../connectors/bigcommerce/hook.ts'
import type { Flow } from '../../server/flow/document/flow.ts'
import { claimRun } from '../../server/store/run/claims.ts'
import { inWorkspace } from '../../server/store/database/database.ts'
import { queueRun } from '../../server/store/run/runs.ts'
import { stopAtPause } from '../../server/store/run/stop-at-pause.ts'
import { CUSTOMER_ID, flowOf, node } from '../support/flows.ts'
import { type Door, openDoor, openHooksOf, SHOP_KEY, startDoorProcess, TOKEN, XERO_KEY } from '../support/hook-door.ts'
import { type Scene, setStage } from '../support/scene.ts'
import { countProblems } from '../support/step-counts.ts'

// From an event that another system sends to what a run makes of it: real HTTP in, real HTTP out.

const stage = setStage()

const ORDERS = { kind: 'token', idPath: 'id' }

/** Without the manual trigger that flowOf adds: this flow starts by events alone. */
const eventsOnly = (flow: Flow, nodes: Flow['nodes']): Flow => ({ ...flow, nodes })

/** Each order makes its customer a contact. */
function orders(settings: object = {}): Flow {
  const nodes = [
    node('told', 'hook', { ...ORDERS, ...settings }),
    node('shape', 'map', { expression: '{ "contact": "C-" & id, "name": name }' }),
    node('send', 'emarsys.upsert-contacts', {
      keyField: CUSTOMER_ID,
      record: `{ '${CUSTOMER_ID}': contact, '3': contact & '@example.com', '1': name }`,
    }),
  ]
  return eventsOnly(flowOf(nodes, ['told shape', 'shape send']), nodes)
}

async function doorOf({ workspace }: Pick<Scene, 'workspace'>): Promise<Door> {
  const door = await openDoor(stage.database, workspace.keys, workspace.connections, stage.evaluator)
  onTestFinished(() => door.close())
  return door
}

async function tell(door: Door, path: string, body: unknown): Promise<{ status: number; repeated?: boolean }> {
  const answer = await fetch(`${door.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-tieline-token': TOKEN },
    body: JSON.stringify(body),
  })
  return { status: answer.status, ...((await answer.json()) as object) }
}

async function runsOf(flow: string) {
  const rows = await sql<{
    id: string
    state: string
    reason: string | null
    code: string | null
    counts: { [name: string]: number }
  }>`
    select id, state, reason, code, counts from runs where flow_id = ${flow} order by id
  `.execute(stage.database.owner.db)
  return rows.rows
}

/** Waits until so many events were carried out by runs that have ended. */
async function carriedOut(flow: string, count: number) {
  for (;;) {
    const rows = await sql<{ events: number; live: number }>`
      select count(*) filter (where r.state in ('succeeded', 'partly')) as events,
        count(*) filter (where r.id is null or r.state in ('queued', 'running', 'waiting')) as live
      from hooks h join inbox i on i.hook_id = h.id left join runs r on r.id = i.run_id where h.flow_id = ${flow}
    `.execute(stage.database.owner.db)
    const runs = await runsOf(flow)
    const bug = runs.find(({ code }) => code === 'UNEXPECTED' || code === 'CONFIG_INVALID')
    if (bug) throw new Error(`run ended by a bug: ${bug.code} ${bug.reason}`)
    if (rows.rows[0]?.events === count && rows.rows[0].live === 0) return runs.filter(({ state }) => state !== 'queued')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

async function eventsByRun(flow: string): Promise<number[]> {
  const rows = await sql<{ count: number }>`
    select count(*) as count from inbox i join hooks h on h.id = i.hook_id
    where h.flow_id = ${flow} and i.run_id is not null group by i.run_id order by i.run_id
  `.execute(stage.database.owner.db)
  return rows.rows.map(({ count }) => count)
}

async function open(scene: Scene, document: Flow) {
  const flow = await scene.workspace.flow(document)
  return { flow, paths: await openHooksOf(stage.database, scene.workspace, flow, document) }
}

const isContact = ({ emarsys }: Scene, key: string) => emarsys.contacts.lookUp(CUSTOMER_ID, key).length === 1

describe('an event of a sender', () => {
  test('carried out again says nothing against what came since: neither values nor exceptions go back', async () => {
    const scene = await stage.open({ contacts: 1, invoices: 0 })
    const door = await doorOf(scene)
    const nodes = [
      node('told', 'hook', { kind: 'token', idPath: 'event' }),
      node('value', 'running-value', {
        ...{ key: ['who'], contribution: ['id'], as: 'so' },
        values: [{ name: 'spent', fn: 'sum', path: 'total' }],
      }),
      node('shape', 'map', { expression: "bad ? $error('no') : $" }),
    ]
    const { flow, paths } = await open(scene, eventsOnly(flowOf(nodes, ['told value', 'told shape']), nodes))
    await tell(door, paths.told!, { event: 'a', who: 'Ada', id: '7', total: 1, bad: false })
    const [first] = await carriedOut(flow, 1)
    await tell(door, paths.told!, { event: 'b', who: 'Ada', id: '7', total: 5, bad: true })
    await carriedOut(flow, 2)
    expect(await scene.workspace.exceptions()).toHaveLength(1)

    const again = await inWorkspace(stage.database.app.db, scene.workspace.id, (tx) =>
      queueRun(tx, {
        ...{ workspace: scene.workspace.id, flow, version: 1, cause: 'rerun', node: 'told' },
        start: { kind: 'again', run: first!.id },
      }),
    )
    scene.workspace.worker.wake()
    expect(await scene.workspace.ended(again)).toMatchObject({ state: 'succeeded' })
    expect(await scene.workspace.payload(again, 'value', 'out:out')).toMatchObject([{ id: '7', so: { spent: 5 } }])
    expect(await scene.workspace.exceptions()).toHaveLength(1)
  })

  test('is carried out once, however often Emarsys’ webhook node sends it, alone or in a list', async () => {
    const scene = await stage.open({ contacts: 1, invoices: 0 })
    const door = await doorOf(scene)
    const { flow, paths } = await open(scene, orders({ idPath: 'deduplication_id' }))
    const fire = await fetch(`${scene.emarsys.url}/control/webhook-node`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        url: `${door.url}${paths.told}`,
        header: 'x-tieline-token',
        token: TOKEN,
        contacts: [
          { id: '1', name: 'Ada' },
          { id: '2', name: 'Ben' },
        ],
        copies: 5,
      }),
    })
    expect(await fire.json()).toEqual({ statuses: [202, 202, 202, 202, 202] })
    const [run] = await carriedOut(flow, 2)
    expect(run?.counts).toMatchObject({ sent: 2 })
    expect(isContact(scene, 'C-1')).toBe(true)
    expect((await scene.workspace.steps(run!.id)).flatMap(countProblems)).toEqual([])
    expect(await scene.workspace.payload(run!.id, 'shape', 'out:out')).toEqual([
      { contact: 'C-1', name: 'Ada' },
      { contact: 'C-2', name: 'Ben' },
    ])
  })

  test('comes back with its run when that is done again, and nothing is sent twice', async () => {
    const scene = await stage.open({ contacts: 1, invoices: 0 })
    const door = await doorOf(scene)
    const document = orders()
    const { flow, paths } = await open(scene, document)
    for (const id of ['1', '2', '3']) await tell(door, paths.told!, { id, name: `Order ${id}` })
    await carriedOut(flow, 3)
    const [first] = await runsOf(flow)
    const { workspace } = scene
    const shaped = (run: string) => workspace.payload(run, 'shape', 'out:out')
    const events = await shaped(first!.id)
    expect(events.length).toBeGreaterThan(0)
    const again = (from: string) =>
      inWorkspace(stage.database.app.db, workspace.id, (tx) =>
        queueRun(tx, {
          ...{ workspace: workspace.id, flow, version: 1, cause: 'rerun', node: 'told' },
          start: { kind: 'again', run: from },
        }),
      )
    const run = await again(first!.id)
    workspace.worker.wake()
    expect(await workspace.ended(run)).toMatchObject({ state: 'succeeded', counts: { unchanged: events.length } })
    expect(await shaped(run)).toEqual(events)
    expect(scene.emarsys.contacts.size).toBe(3)
  })

  test('that was acknowledged by a process that is killed at once is carried out', async () => {
    const scene = await stage.open({ contacts: 1, invoices: 0 })
    const { flow, paths } = await open(scene, orders())
    const door = await startDoorProcess(stage.database)
    const answers: Promise<{ status: number }>[] = []
    for (let id = 0; id < 200; id++)
      answers.push(tell(door, paths.told!, { id, name: 'Cy' }).catch(() => ({ status: 0 })))
    // As soon as some are acknowledged; the others may be anywhere.
    await Promise.all(answers.slice(0, 40))
    await door.close()
    const acknowledged = (await Promise.all(answers)).flatMap(({ status }, id) => (status === 202 ? [id] : []))
    expect(acknowledged.length).toBeGreaterThanOrEqual(40)
    const stored = await sql<{ count: number }>`
      select count(*) as count from inbox i join hooks h on h.id = i.hook_id where h.flow_id = ${flow}
    `.execute(stage.database.owner.db)
    await carriedOut(flow, stored.rows[0]!.count)
    for (const id of acknowledged) expect([id, isContact(scene, `C-${id}`)]).toEqual([id, true])

    // The senders that heard nothing try again, at another process: nothing is carried out twice.
    const next = await doorOf(scene)
    await Promise.all(Array.from({ length: 200 }, (_, id) => tell(next, paths.told!, { id, name: 'Cy' })))
    const runs = await carriedOut(flow, 200)
    expect(runs.reduce((sum, { counts }) => sum + (counts.sent ?? 0), 0)).toBe(200)
  })
})

describe('events are collected', () => {
  test('until there are enough of them, and a run gets no more than that', async () => {
    const scene = await stage.open({ contacts: 1, invoices: 0 })
    const door = await doorOf(scene)
    const { flow, paths } = await open(scene, orders({ collectMost: 3, collectSeconds: 3600 }))
    await tell(door, paths.told!, { id: 1 })
    await tell(door, paths.told!, { id: 2 })
    expect(await runsOf(flow)).toEqual([])
    await Promise.all([3, 4, 5, 6, 7].map((id) => tell(door, paths.told!, { id })))
    await carriedOutAtLeast(flow, 6)
    expect(await eventsByRun(flow)).toEqual([3, 3])
  })

  test('and a run that was queued for those which another one has taken leaves the rest to be collected', async () => {
    const scene = await stage.open({ contacts: 1, invoices: 0 })
    const { workspace } = scene
    const door = await doorOf(scene)
    const { flow, paths } = await open(scene, orders({ collectMost: 3, collectSeconds: 3600 }))
    await tell(door, paths.told!, { id: 1 })
    await tell(door, paths.told!, { id: 2 })
    // As a statement does that still counts three.
    const late = await inWorkspace(stage.database.app.db, workspace.id, (tx) =>
      queueRun(tx, {
        ...{ workspace: workspace.id, flow, version: 1, cause: 'hook', node: 'told' },
        start: { kind: 'inbox' },
      }),
    )
    workspace.worker.wake()
    expect(await workspace.ended(late)).toMatchObject({ state: 'succeeded', counts: {} })
    expect(await eventsByRun(flow)).toEqual([])
    await tell(door, paths.told!, { id: 3 })
    await carriedOut(flow, 3)
    expect(await eventsByRun(flow)).toEqual([3])
  })

  test('for as long as the first one may wait', async () => {
    const scene = await stage.open({ contacts: 1, invoices: 0 })
    const door = await doorOf(scene)
    const { flow, paths } = await open(scene, orders({ collectMost: 100, collectSeconds: 1 }))
    await tell(door, paths.told!, { id: 1 })
    await tell(door, paths.told!, { id: 2 })
    expect(await carriedOut(flow, 2)).toHaveLength(1)
  })

  test('while the flow is paused, and run in their order when it goes on', async () => {
    const scene = await stage.open({ contacts: 1, invoices: 0 })
    const door = await doorOf(scene)
    const { flow, paths } = await open(scene, orders({ collectMost: 10 }))
    await sql`update flows set paused_code = 'LOGIN_REFUSED', paused_message = 'Connect again.' where id = ${flow}`.execute(
      stage.database.owner.db,
    )
    for (let id = 0; id < 25; id++) expect((await tell(door, paths.told!, { id, name: `N${id}` })).status).toBe(202)
    expect(await runsOf(flow)).toEqual([])
    await sql`update flows set paused_code = null, paused_message = null where id = ${flow}`.execute(
      stage.database.owner.db,
    )
    await carriedOut(flow, 25)
    expect(await eventsByRun(flow)).toEqual([10, 10, 5])
    const runs = await runsOf(flow)
    const left = await Promise.all(runs.map(({ id }) => scene.workspace.payload(id, 'shape', 'out:out')))
    expect(left.flat().map(({ name }) => name)).toEqual(Array.from({ length: 25 }, (_, id) => `N${id}`))
  })

  test('and those of a run that its login stopped wait for the next one', async () => {
    const scene = await stage.open({ contacts: 1, invoices: 0 })
    const { workspace, emarsys } = scene
    const door = await doorOf(scene)
    const { flow, paths } = await open(scene, orders())
    const wrong = await workspace.connect(
      'emarsys',
      'oauth-client',
      { apiUrl: emarsys.url, tokenUrl: `${emarsys.url}/oauth2/token`, salesUrl: emarsys.url, merchantId: 'none' },
      { clientId: emarsys.clientId, clientSecret: 'not-the-secret', salesToken: '' },
    )
    await bind(flow, wrong)
    await tell(door, paths.told!, { id: 1, name: 'Ada' })
    await waitFor(async () => (await workspace.paused(flow)).paused_code)
    expect((await workspace.paused(flow)).paused_code).toBe('LOGIN_REFUSED')
    await waitFor(async () => (await eventsByRun(flow)).length === 0)
    await bind(flow, workspace.emarsys)
    await sql`update flows set paused_code = null, paused_message = null where id = ${flow}`.execute(
      stage.database.owner.db,
    )
    await carriedOut(flow, 1)
    expect(isContact(scene, 'C-1')).toBe(true)
  })

  test('and so do those that it had only gathered, for a summary that was not sent', async () => {
    const scene = await stage.open({ contacts: 1, invoices: 0 })
    const { workspace, emarsys } = scene
    const door = await doorOf(scene)
    const nodes = [
      node('told', 'hook', { ...ORDERS, collectSeconds: 1 }),
      node('sum', 'summarise', { by: [{ name: 'who', path: 'who' }], values: [{ name: 'n', fn: 'count' }] }),
      node('send', 'emarsys.upsert-contacts', {
        keyField: CUSTOMER_ID,
        record: `{ '${CUSTOMER_ID}': who, '3': who & '@example.com', '1': 'Ordered ' & n }`,
      }),
    ]
    const { flow, paths } = await open(scene, eventsOnly(flowOf(nodes, ['told sum', 'sum send']), nodes))
    emarsys.addFaults([{ match: { method: 'PUT', pathPrefix: '/contact' }, kind: '401', times: 10 }])
    for (const id of [1, 2, 3]) await tell(door, paths.told!, { id, who: 'Ada' })
    await waitFor(async () => (await workspace.paused(flow)).paused_code)
    emarsys.clearFaults()
    await waitFor(async () => (await eventsByRun(flow)).length === 0)
    await sql`update flows set paused_code = null, paused_message = null where id = ${flow}`.execute(
      stage.database.owner.db,
    )
    await carriedOut(flow, 3)
    expect(emarsys.contacts.lookUp(CUSTOMER_ID, 'Ada')).toMatchObject([{ '1': 'Ordered 3' }])
  })

  test('and an event that it had carried out in part goes on after that part', async () => {
    const scene = await stage.open({ contacts: 1, invoices: 0 })
    const { workspace, emarsys } = scene
    const door = await doorOf(scene)
    const nodes = [
      node('told', 'hook', { kind: 'token' }),
      node('send', 'emarsys.upsert-contacts', {
        ...{ keyField: CUSTOMER_ID, policy: 'every-time' },
        record: `{ '${CUSTOMER_ID}': 'C-' & id, '3': 'C-' & id & '@example.com' }`,
      }),
    ]
    const { flow, paths } = await open(scene, eventsOnly(flowOf(nodes, ['told send']), nodes))
    // The first page of a thousand records goes through.
    emarsys.addFaults([{ match: { method: 'PUT', pathPrefix: '/contact' }, kind: '401', skip: 1, times: 10 }])
    await tell(
      door,
      paths.told!,
      Array.from({ length: 1_100 }, (_, id) => ({ id })),
    )
    await waitFor(async () => (await workspace.paused(flow)).paused_code)
    await waitFor(async () => (await eventsByRun(flow)).length === 0)
    const sent = emarsys.ledger.length
    emarsys.clearFaults()
    await sql`update flows set paused_code = null, paused_message = null where id = ${flow}`.execute(
      stage.database.owner.db,
    )
    await carriedOut(flow, 1)
    const [, second] = await runsOf(flow)
    expect(second).toMatchObject({ state: 'succeeded', counts: { read: 100, sent: 100 } })
    expect([sent, emarsys.ledger.length]).toEqual([1_000, 1_100])
  })
})

describe('what changes in Xero', () => {
  test('is told by hook, found by the sweep, and carried out once', async () => {
    const scene = await stage.open({ contacts: 5, invoices: 40 })
    const { workspace, xero } = scene
    const door = await doorOf(scene)
    const nodes = [
      node('told', 'xero.on-change', { resources: ['INVOICE'] }),
      node('clock', 'schedule', { mode: 'interval', everyMinutes: 60 }),
      node('invoices', 'xero.list-invoices'),
      node('get', 'xero.get-invoices', { key: 'id', as: 'invoice' }),
      node('seen', 'map', { expression: '{ "number": InvoiceNumber, "at": UpdatedDateUTC }' }),
      node('one', 'map', { expression: '{ "number": invoice.InvoiceNumber }' }),
    ]
    const document = eventsOnly(
      flowOf(nodes, ['told invoices', 'clock invoices', 'told get', 'get one', 'invoices seen']),
      nodes,
    )
    const { flow } = await open(scene, document)
    await sql`update connections set pinned = ${JSON.stringify({ tenantId: xero.tenantId })}::jsonb where id = ${workspace.xero}`.execute(
      stage.database.owner.db,
    )
    const sweep = async () =>
      workspace.ended(
        await inWorkspace(stage.database.app.db, workspace.id, (tx) =>
          queueRun(tx, { workspace: workspace.id, flow, version: 1, cause: 'schedule', node: 'clock' }),
        ),
      )
    const left = async (run: string, id: string) =>
      (await workspace.payload(run, id, 'out:out')).map(({ number }) => number)
    const first = await sweep()
    expect((await left(first.id, 'seen')).length).toBeGreaterThan(0)

    const told = await xero.webhooks.subscribe({ url: `${door.url}/hooks/xero`, key: XERO_KEY, copies: 3 })
    expect(told.status).toBe('ok') // it has tried right and wrong signatures
    const invoice = xero.state.books.invoices.ordered.find(
      (one) => one.status === 'AUTHORISED' && one.type === 'ACCREC',
    )!
    xero.edit(invoice.id)
    const [, run] = await carriedOut(flow, 1)
    expect(await left(run!.id, 'one')).toEqual([invoice.number])
    expect(await left(run!.id, 'seen')).toEqual([invoice.number])

    const after = await sweep()
    expect(await left(after.id, 'seen')).toEqual([])
    expect((await workspace.steps(run!.id)).flatMap(countProblems)).toEqual([])
  })
})

test('a worker that has lost its run pauses no flow and gives no events back: another is at work with them', async () => {
  const scene = await stage.open({ contacts: 1, withoutWorker: true })
  const { workspace } = scene
  const flow = await workspace.flow(orders())
  await openHooksOf(stage.database, workspace, flow, orders())
  const run = await inWorkspace(stage.database.app.db, workspace.id, (tx) =>
    queueRun(tx, {
      ...{ workspace: workspace.id, flow, version: 1, cause: 'hook', node: 'told', start: { kind: 'inbox' } },
    }),
  )
  const event = crypto.randomUUID()
  await sql`
    insert into inbox (workspace_id, hook_id, id, key, key_hash, bytes, run_id)
    values (${workspace.id}, ${event}, ${event}, 'k', ${Buffer.from(event)}, 0, ${run})
  `.execute(stage.database.owner.db)
  const system = stage.database.system.db
  const claim = async () => {
    const ask = { workspace: workspace.id, lane: 'live' as const, worker: 'w', leaseSeconds: 0 }
    const { run: claimed } = await claimRun(system, ask)
    expect(claimed?.run).toBe(run)
    return claimed!
  }
  const now = async () => {
    const { rows } = await sql`
      select f.paused_code, i.run_id, r.state from flows f, inbox i, runs r
      where f.id = ${flow} and i.id = ${event} and r.id = ${run}
    `.execute(stage.database.owner.db)
    return rows[0]
  }
  const failure = { code: 'LOGIN_REFUSED', message: 'Sign in again.', reason: 'Sign in again.' }
  const [first, second] = [await claim(), await claim()]
  await stopAtPause(system, first, failure, true)
  const running = { paused_code: null, run_id: run, state: 'running' }
  expect(await now()).toEqual(running)
  // One that cannot end its run has given nothing back: who takes the run over goes on with the same events.
  const owner = stage.database.owner.db
  await sql`alter table runs add constraint unsaid check (reason <> 'Unsaid.') not valid`.execute(owner)
  await expect(stopAtPause(system, second, { ...failure, reason: 'Unsaid.' }, true)).rejects.toThrow('unsaid')
  await sql`alter table runs drop constraint unsaid`.execute(owner)
  expect(await now()).toEqual(running)
  await stopAtPause(system, second, failure, true)
  expect(await now()).toEqual({ paused_code: 'LOGIN_REFUSED', run_id: null, state: 'failed' })
})

test('what changes in a shop is carried out once, though told three times over and the later one first', async () => {
  const scene = await stage.open({ contacts: 1, invoices: 0, shop: { orders: 8 } })
  const { workspace } = scene
  const shop = scene.shop!
  const door = await doorOf(scene)
  const nodes = [
    node('told', 'bigcommerce.on-change', { scopes: ['order/statusUpdated'] }),
    node('order', 'bigcommerce.get-orders', { key: 'id', as: 'order' }),
    node('seen', 'map', { expression: '{ "told": data.status.new_status_id, "is": order.status_id }' }),
  ]
  const document = eventsOnly(flowOf(nodes, ['told order', 'order seen']), nodes)
  const { flow } = await open(scene, document)
  await sql`update connections set pinned = ${JSON.stringify({ storeHash: shop.storeHash })}::jsonb
    where workspace_id = ${workspace.id} and connector = 'bigcommerce'`.execute(stage.database.owner.db)
  const made = await fetch(`${shop.url}/stores/${shop.storeHash}/v3/hooks`, {
    method: 'POST',
    headers: { 'x-auth-token': shop.accessToken, 'content-type': 'application/json' },
    body: JSON.stringify({
      scope: 'store/order/statusUpdated',
      destination: `${door.url}/hooks/bigcommerce`,
      headers: { [KEY_HEADER]: keyOfStore(SHOP_KEY, shop.storeHash) },
    }),
  })
  expect(made.status).toBe(200)
  shop.setDelivery({ copies: 3, swapped: true })
  const [order] = [...shop.store.orders.values()]
  for (const status of [2, 10]) shop.setStatus(order!.id, status)
  await shop.quiet()
  const seen = (await carriedOut(flow, 2)).map(({ id }) => workspace.payload(id, 'seen', 'out:out'))
  // What an order is, a flow reads: the last event told an old state.
  expect((await Promise.all(seen)).flat()).toEqual([10, 2].map((told) => ({ told, is: 10 })))
  expect([...shop.store.hooks.values()].map(({ active }) => active)).toEqual([true])
})

async function bind(flow: string, connection: string): Promise<void> {
  await sql`update flow_bindings set connection_id = ${connection} where flow_id = ${flow} and slot = 'emarsys'`.execute(
    stage.database.owner.db,
  )
}

async function waitFor(look: () => Promise<unknown>): Promise<void> {
  while (!(await look())) await new Promise((resolve) => setTimeout(resolve, 20))
}

async function carriedOutAtLeast(flow: string, count: number): Promise<void> {
  await waitFor(async () => {
    const ended = (await runsOf(flow)).every(({ state }) => state === 'succeeded')
    return ended && (await eventsByRun(flow)).reduce((sum, one) => sum + one, 0) >= count
  })
}
