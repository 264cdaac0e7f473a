import { sql } from 'kysely'
import { expect, onTestFinished, test } from 'vitest'
import { sendSales } from '../../connectors/emarsys/sales/send-sales.ts'
import { hashPassword } from '../../server/api/people/passwords.ts'
import { buildApp } from '../../server/app.ts'
import { buildCatalog } from '../../server/catalog.ts'
import type { Flow } from '../../server/flow/document/flow.ts'
import { armFailpoints } from '../../server/run/call/failpoint.ts'
import { claimRun } from '../../server/store/run/claims.ts'
import { closeWorkspace, countForClosing } from '../../server/store/offboarding/closing.ts'
import { inWorkspace } from '../../server/store/database/database.ts'
import { newId } from '../../server/store/database/ids.ts'
import { createLedger } from '../../server/store/effect/ledger.ts'
import { settleUnknowns } from '../../server/store/effect/unknown-effects.ts'
import { insertPerson } from '../../server/store/people/people.ts'
import { requestCancel } from '../../server/store/run/run-controls.ts'
import { retryExceptions } from '../../server/store/exception/retries.ts'
import { queueRun } from '../../server/store/run/runs.ts'
import type { Role } from '../../server/store/database/schema.ts'
import { exportPage } from '../../server/store/offboarding/workspace-export.ts'
import { insertMember } from '../../server/store/workspace/workspaces.ts'
import { API, PASSWORD, signIn } from '../api/installation.ts'
import { mailFlow, purchasesFlow } from '../support/flows.ts'
import { type Death, expectOnce, invoicing, puts, referencesIn, wanted } from '../support/invoicing.ts'
import { type Scene, setStage } from '../support/scene.ts'
import { TRACE_DAYS } from '../support/trace-days.ts'

// What happens to an effect whose answer nobody heard, by class. What arrived is judged by the sandboxes.

const stage = setStage()

const INVOICES = { method: 'PUT', pathPrefix: '/api.xro/2.0/Invoices' }

const { writing, dieAfterSending } = invoicing(stage)

const wantedDocument = (scene: Scene, at: number) => `ACCREC:${wanted(scene)[at]}`

async function set(scene: Scene, change: string): Promise<void> {
  await sql`update calls set ${sql.raw(change)} where workspace_id = ${scene.workspace.id}`.execute(
    stage.database.owner.db,
  )
}

const openCases = (scene: Scene) =>
  inWorkspace(stage.database.app.db, scene.workspace.id, (tx) =>
    tx
      .selectFrom('exceptions')
      .select(['code', 'business_key', 'desk', 'state', 'effect_document', 'resolution'])
      .where('workspace_id', '=', scene.workspace.id)
      .orderBy('id')
      .execute(),
  )

test.each(['500-after', 'reset-after', '500-before', 'reset'] as const)(
  '%s on a keyed call: it is made again under its key, and each invoice is there once',
  async (kind) => {
    const scene = await writing()
    scene.xero.addFaults([{ kind, match: INVOICES }])
    const run = await scene.workspace.run(scene.flow, scene.document)
    expect(run).toMatchObject({ state: 'succeeded', counts: { sent: 12 } })
    expectOnce(scene)
    expect(puts(scene)).toBe(3)
    expect(await openCases(scene)).toEqual([])
    // The next run knows them all.
    expect((await scene.workspace.run(scene.flow, scene.document)).counts.sent ?? 0).toBe(0)
    expectOnce(scene)
  },
)

test.each(['reset-after', 'reset'] as const)(
  '%s, and the token is refused when the call is made again: renewed once, it is looked for, and never doubled',
  async (kind) => {
    const scene = await writing()
    const { workspace, xero } = scene
    const tokens = () => xero.requests.byRoute.get('POST /connect/token') ?? 0
    xero.addFaults([{ kind, match: INVOICES }])
    const run = await workspace.queue(scene.flow, scene.document)
    await expect.poll(() => puts(scene), { interval: 10, timeout: 60_000 }).toBe(1)
    const before = tokens()
    // Before the call is made again, half a second later. Under another token Xero would not know its key.
    xero.expireTokens()
    const ended = await workspace.ended(run)
    expect(tokens()).toBe(before + 1)
    if (kind === 'reset') {
      // Not there, but perhaps on its way: not sent anew until that can be ruled out.
      expect(ended).toMatchObject({ state: 'waiting' })
      expect(referencesIn(scene)).toEqual([])
      await set(scene, "sent_at = now() - interval '3 minutes', repeated_at = now() - interval '3 minutes'")
      expect(await workspace.wakeUp(run)).toMatchObject({ state: 'succeeded', counts: { sent: 12 } })
    } else expect(ended).toMatchObject({ state: 'succeeded', counts: { sent: 12 } })
    expectOnce(scene)
    expect(await openCases(scene)).toEqual([])
  },
)

test('a worker that died after sending: the call is made again while Xero knows its key', async () => {
  const scene = await writing({}, 12, true)
  const run = await dieAfterSending(scene, { items: 10, arrived: 10 })
  await stage.join(scene)
  expect(await scene.workspace.ended(run)).toMatchObject({ state: 'succeeded', counts: { unchanged: 10, sent: 2 } })
  expectOnce(scene)
  // Sent, sent again, and the second page: nobody had to look for anything.
  expect(puts(scene)).toBe(3)
  expect(scene.xero.requests.byRoute.get('GET /api.xro/2.0/Invoices')).toBeUndefined()
})

test('a worker that is killed while Xero works: the one that takes over sends the same again, and Xero does it once', {
  timeout: 180_000,
}, async () => {
  const scene = await writing({}, 12, true)
  scene.xero.addFaults([{ kind: 'slow', match: INVOICES, delayMs: 60_000 }])
  const run = await scene.workspace.queue(scene.flow, scene.document)
  const first = await stage.process(scene)
  while (referencesIn(scene).length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  await first.kill()
  expect(referencesIn(scene)).toHaveLength(10)
  await stage.process(scene)
  expect(await scene.workspace.ended(run)).toMatchObject({ state: 'succeeded', epoch: 2 })
  expectOnce(scene)
  expect(scene.xero.requests.byRoute.get('GET /api.xro/2.0/Invoices')).toBeUndefined()
})

test('a key that is too old: what arrived is found, what did not is sent anew', async () => {
  const scene = await writing({}, 12, true)
  const run = await dieAfterSending(scene, { items: 10, arrived: 7 })
  await set(scene, "sent_at = now() - interval '6 minutes'")
  await stage.join(scene)
  expect(await scene.workspace.ended(run)).toMatchObject({ state: 'succeeded', counts: { unchanged: 7, sent: 5 } })
  expectOnce(scene)
  expect(scene.xero.requests.byRoute.get('GET /api.xro/2.0/Invoices')).toBe(1)
  expect(await openCases(scene)).toEqual([])
})

test('a login that was renewed in between: the key would not be known, so it is looked for', async () => {
  const scene = await writing({}, 12, true)
  const run = await dieAfterSending(scene, { items: 10, arrived: 10 })
  await scene.workspace.forgetTokens(scene.connection)
  await stage.join(scene)
  expect(await scene.workspace.ended(run)).toMatchObject({ state: 'succeeded', counts: { unchanged: 10, sent: 2 } })
  expectOnce(scene)
  expect(scene.xero.requests.byRoute.get('GET /api.xro/2.0/Invoices')).toBe(1)
})

test('what is not found may still be on its way: the run is put down until that can be ruled out', async () => {
  const scene = await writing({}, 12, true)
  const run = await dieAfterSending(scene, { items: 10, arrived: 0 })
  await scene.workspace.forgetTokens(scene.connection)
  await stage.join(scene)
  const waiting = await scene.workspace.ended(run)
  expect(waiting).toMatchObject({ state: 'waiting' })
  expect(waiting.reason).toContain('looked for again')
  expect(referencesIn(scene)).toEqual([])
  await set(scene, "sent_at = now() - interval '3 minutes'")
  expect(await scene.workspace.wakeUp(run)).toMatchObject({ state: 'succeeded', counts: { sent: 12 } })
  expectOnce(scene)
})

test('an invoice that looks otherwise than what was sent stays in doubt, with an exception and an owner', async () => {
  const scene = await writing({}, 12, true)
  const run = await dieAfterSending(scene, { items: 3, arrived: 3 })
  const [first] = scene.xero.state.books.invoices.ordered.filter((one) => one.reference.startsWith('EM-'))
  first!.date -= 1
  await set(scene, "sent_at = now() - interval '6 minutes'")
  await stage.join(scene)
  expect(await scene.workspace.ended(run)).toMatchObject({ state: 'partly', counts: { unchanged: 2, unknown: 1 } })
  expectOnce(scene)
  const document = `ACCREC:${first!.reference}`
  expect(await openCases(scene)).toMatchObject([{ code: 'OUTCOME_UNKNOWN', effect_document: document, state: 'open' }])
  // Not looked for again at once; when it is time, and Xero shows it as sent, the doubt and its exception end.
  first!.date += 1
  await scene.workspace.run(scene.flow, scene.document)
  expect(await openCases(scene)).toMatchObject([{ state: 'open' }])
  await set(scene, "probed_at = now() - interval '2 minutes'")
  await scene.workspace.run(scene.flow, scene.document)
  expect(await openCases(scene)).toMatchObject([{ state: 'resolved', resolution: 'Found in the other system.' }])
  expectOnce(scene)
})

test('every time means once for each run, also when a batch is walked again', async () => {
  const scene = await writing({ policy: 'every-time' }, 10)
  await scene.workspace.run(scene.flow, scene.document)
  const again = await inWorkspace(stage.database.app.db, scene.workspace.id, async (tx) => {
    await sql`delete from cursors where workspace_id = ${scene.workspace.id}`.execute(tx)
    const by = await tx.selectFrom('users').select('id').executeTakeFirstOrThrow()
    const where = { workspace: scene.workspace.id, flow: scene.flow, version: 1 } as const
    return queueRun(tx, { ...where, cause: 'manual', node: 'start', by: by.id })
  })
  scene.workspace.worker.wake()
  expect(await scene.workspace.ended(again)).toMatchObject({ state: 'succeeded', counts: { sent: 10 } })
  expect(referencesIn(scene)).toHaveLength(20)
  const parts = new Set((await scene.workspace.effects()).map((one) => one.part))
  expect(parts.size).toBe(2)
  expect([...parts].some((part) => part === `${again}.0.invoice.0`)).toBe(true)
})

test('a call refused as a whole is halved until the bad ones stand alone', async () => {
  const bad = 'Quantity'
  const scene = await writing({
    record: `{
      'Reference': 'EM-' & ContactID,
      'Contact': { 'ContactID': ContactID },
      'LineItems': [{ 'Description': 'Seats', '${bad}': Name = 'Unreadable Ltd' ? 999999999999999 : 1, 'UnitAmount': 1, 'AccountCode': '200' }]
    }`,
  })
  const [one] = scene.xero.state.books.contacts.ordered
  scene.xero.editContact(one!.id, { Name: 'Unreadable Ltd' })
  const run = await scene.workspace.run(scene.flow, scene.document)
  expect(run).toMatchObject({ state: 'partly', counts: { sent: 11, exceptions: 1 } })
  expect(referencesIn(scene)).toHaveLength(11)
  expect(await openCases(scene)).toMatchObject([{ code: 'RECORD_REFUSED', state: 'open' }])
  const states = (await scene.workspace.effects()).map((effect) => effect.state)
  expect(states.filter((state) => state === 'answered')).toHaveLength(11)
  expect(states.filter((state) => state === 'refused')).toHaveLength(1)
})

test('a bad row of sales data takes its own document along and no other', async () => {
  const preset = sendSales.settings.properties.columns as unknown as { default: string[] } // a schema's keywords
  const columns = [...preset.default, 'i_units']
  const scene = await stage.open({ contacts: 6, invoices: 30, creditNotes: 0, salesColumns: columns })
  const document = purchasesFlow(1000)
  const bad = scene.xero.state.books.invoices.ordered.filter((one) => one.status === 'PAID' && one.type === 'ACCREC')
  expect(bad.length).toBeGreaterThan(3)
  const flow = await scene.workspace.flow(withBadRow(document, bad[0]!.id, columns))
  const run = await scene.workspace.run(flow, withBadRow(document, bad[0]!.id, columns))
  expect(run).toMatchObject({ state: 'partly', counts: { exceptions: 1 } })
  const here = new Set(scene.emarsys.sales.map((row) => String(row.s_document)))
  expect(here.size).toBe(bad.length - 1)
  expect([...here].some((name) => name.includes(bad[0]!.id))).toBe(false)
})

/** The rows of one document carry a whole number that is none. */
function withBadRow(flow: Flow, id: string, columns: readonly string[]): Flow {
  return {
    ...flow,
    nodes: flow.nodes.map((one) => {
      if (one.operation !== 'emarsys.send-sales') return one
      const record = `$merge([$, { 'rows': [rows.$merge([$, $contains($$.document, '${id}') ? { 'i_units': '1.5' } : {}])] }])`
      return { ...one, settings: { ...one.settings, columns, record } }
    }),
  }
}

test('a quiet run sends no events, and the ledger knows nothing of them', async () => {
  const scene = await stage.open({ contacts: 5, invoices: 0, creditNotes: 0 })
  const document = mailFlow(10)
  const flow = await scene.workspace.flow(document)
  const quiet = await inWorkspace(stage.database.app.db, scene.workspace.id, (tx) =>
    queueRun(tx, { workspace: scene.workspace.id, flow, version: 1, cause: 'backfill', node: 'start', quiet: true }),
  )
  scene.workspace.worker.wake()
  expect(await scene.workspace.ended(quiet)).toMatchObject({ state: 'succeeded', counts: { sent: 5 } })
  expect(scene.emarsys.contacts.size).toBe(5)
  expect(scene.emarsys.events).toEqual([])
  const step = (await scene.workspace.steps(quiet)).find((one) => one.node_id === 'mail')!
  expect(step.counts).toEqual({ in: 5, out: 5, rejected: 0, quiet: 5 })
  expect((await scene.workspace.effects()).map((one) => one.document)).not.toContainEqual(
    expect.stringContaining('welcome'),
  )
})

test('what failed in a quiet run goes on quietly when it is tried again: nobody gets its event', async () => {
  const scene = await stage.open({ contacts: 5, invoices: 0, creditNotes: 0 })
  const { workspace, emarsys, xero } = scene
  const document = mailFlow(10)
  const flow = await workspace.flow(document)
  const inTenant = <T>(work: Parameters<typeof inWorkspace<T>>[2]) =>
    inWorkspace<T>(stage.database.app.db, workspace.id, work)
  const [refused] = xero.state.books.contacts.ordered
  emarsys.addFaults([
    { kind: 'partial', match: { method: 'PUT', pathPrefix: '/contact' }, keys: [refused!.id], code: 2005 },
  ])
  const quiet = await inTenant((tx) =>
    queueRun(tx, { workspace: workspace.id, flow, version: 1, cause: 'backfill', node: 'start', quiet: true }),
  )
  workspace.worker.wake()
  expect(await workspace.ended(quiet)).toMatchObject({ state: 'partly', counts: { sent: 4, exceptions: 1 } })
  const { runs } = await inTenant((tx) =>
    retryExceptions(tx, { workspace: workspace.id, select: { filter: { flow } } }),
  )
  workspace.worker.wake()
  expect(await workspace.ended(runs[0]!.run!)).toMatchObject({ state: 'succeeded', counts: { sent: 1 } })
  expect(emarsys.contacts.size).toBe(5)
  expect(emarsys.events).toEqual([])
})

/** The API over the stage's database, with somebody signed in. */
async function api(scene: Scene, ...roles: Role[]) {
  const app = await buildApp({
    config: { publicUrl: undefined, sessionHours: 12, traceDays: TRACE_DAYS, logLevel: 'silent' },
    app: stage.database.app.db,
    system: stage.database.system.db,
    keys: scene.workspace.keys,
    evaluator: stage.evaluator,
    catalog: buildCatalog(),
    connections: scene.workspace.connections,
  })
  const callers = []
  for (const role of roles) {
    const id = newId()
    const email = `${id}@example.com`
    await insertPerson(stage.database.system.db, { id, email, name: role, passwordHash: await hashPassword(PASSWORD) })
    await insertMember(stage.database.system.db, scene.workspace.id, id, role)
    const cookie = await signIn(app, email, PASSWORD)
    callers.push(async (method: 'GET' | 'POST', path: string, body?: object) => {
      const answer = await app.inject({
        method,
        url: `${API}/workspaces/${scene.workspace.id}/${path}`,
        headers: { cookie, 'sec-fetch-site': 'same-origin' },
        ...(body ? { payload: body } : {}),
      })
      return { status: answer.statusCode, body: answer.json() }
    })
  }
  return { callers, close: () => app.close() }
}

const EVENT = { method: 'POST', pathPrefix: '/event' }

test('events in doubt are listed, opened and settled by people, both ways, once', async () => {
  const scene = await stage.open({ contacts: 4, invoices: 0, creditNotes: 0 })
  const document = mailFlow(10)
  const flow = await scene.workspace.flow(document)
  scene.emarsys.addFaults([{ match: EVENT, kind: '500-before' }])
  const run = await scene.workspace.run(flow, document)
  expect(run).toMatchObject({ state: 'partly', counts: { unknown: 4, exceptions: 4 } })
  const { callers, close } = await api(scene, 'marketing', 'operator', 'client')
  const [marketing, operator, client] = callers as [(typeof callers)[0], (typeof callers)[0], (typeof callers)[0]]

  const first = (await marketing('GET', 'unknown-effects?limit=3')).body
  expect(first.items).toHaveLength(3)
  const rest = (await marketing('GET', `unknown-effects?limit=3&cursor=${first.next}`)).body
  expect(rest.items).toHaveLength(1)
  expect(rest.next).toBeNull()
  const all = [...first.items, ...rest.items]
  expect(all[0]).toMatchObject({
    operation: 'emarsys.trigger-event',
    run: run.id,
    flow: { id: flow },
    node: 'mail',
    canProbe: false,
    probedAt: null,
    key: expect.stringContaining('welcome-'),
  })
  const place = `unknown-effects/${all[0].call}/${all[0].position}`
  expect((await marketing('GET', place)).body).toMatchObject({
    masked: true,
    value: { key: expect.stringContaining('welcome-'), contact: '[hidden]' },
  })
  expect((await client('GET', place)).status).toBe(403)
  expect((await client('POST', 'unknown-effects/settle', settle([all[0]], 'arrived'))).status).toBe(403)

  // Two at once: one settles it, the other hears that it was settled.
  const both = await Promise.all([
    marketing('POST', 'unknown-effects/settle', settle(all.slice(0, 2), 'arrived')),
    operator('POST', 'unknown-effects/settle', settle(all.slice(0, 2), 'did-not-arrive')),
  ])
  expect(both.map(({ body }) => body.settled).sort()).toEqual([0, 2])
  expect(both.map(({ body }) => body.already).sort()).toEqual([0, 2])

  const last = await operator('POST', 'unknown-effects/settle', settle(all.slice(2), 'did-not-arrive'))
  expect(last).toMatchObject({ status: 200, body: { settled: 2, already: 0, resolved: 0, run: expect.any(String) } })
  expect(await scene.workspace.ended(last.body.run)).toMatchObject({ state: 'succeeded' })
  const sent = scene.emarsys.events.length
  expect(sent).toBe(both[0]!.body.settled === 2 ? 2 : 4)
  expect((await marketing('GET', 'unknown-effects')).body.items).toEqual([])
  await close()

  const written = await sql<{ verdict: string; reason: string }>`
    select verdict, reason from settlements where workspace_id = ${scene.workspace.id}
  `.execute(stage.database.owner.db)
  expect(written.rows).toHaveLength(4)
  expect(new Set(written.rows.map((row) => row.reason))).toEqual(new Set(['Looked in Emarsys.']))
  // Whoever came second changed nothing. Where the log has an entry of it, since rows were locked, it says so.
  const logged = await sql<{ settled: number; already: number }>`
    select (detail ->> 'settled')::int as settled, (detail ->> 'already')::int as already from audit_entries
    where workspace_id = ${scene.workspace.id} and action = 'effect.settle' order by sequence
  `.execute(stage.database.owner.db)
  expect(logged.rows.filter(({ settled }) => settled > 0)).toEqual([
    { settled: 2, already: 0 },
    { settled: 2, already: 0 },
  ])
  expect(logged.rows.every(({ settled, already }) => settled + already === 2)).toBe(true)
  // Only ever added to.
  await expect(
    inWorkspace(stage.database.app.db, scene.workspace.id, (tx) => sql`delete from settlements`.execute(tx)),
  ).rejects.toThrow('permission denied')
})

test.each([
  ['did-not-arrive', { sent: 1 }],
  ['arrived', { unchanged: 1 }],
] as const)(
  'an event that somebody settles as “%s” before its run has come so far leaves nothing that can be neither settled nor tried again',
  { timeout: 180_000 },
  async (verdict, counts) => {
    const scene = await stage.open({ contacts: 1, invoices: 0, creditNotes: 0 })
    const { workspace, emarsys } = scene
    const document = mailFlow(10)
    const flow = await workspace.flow(document)
    emarsys.addFaults([{ match: EVENT, kind: verdict === 'arrived' ? '500-after' : '500-before' }])
    const { callers, close } = await api(scene, 'marketing')
    const [marketing] = callers as [(typeof callers)[0]]
    let settled: unknown
    armFailpoints(async (point) => {
      if (point !== 'ledger.answer:after' || settled !== undefined) return
      const { items } = (await marketing('GET', 'unknown-effects')).body
      if (items.length > 0) settled = (await marketing('POST', 'unknown-effects/settle', settle(items, verdict))).body
    })
    onTestFinished(() => armFailpoints(undefined))
    expect(await workspace.run(flow, document)).toMatchObject({ state: 'partly', counts: { unknown: 1 } })
    expect(settled).toMatchObject({ settled: 1, already: 0 })
    const [left] = await workspace.exceptions()
    expect(left).toMatchObject({ code: 'CONNECTION_LOST', node_id: 'mail' })
    const again = await marketing('POST', `exceptions/${left!.id}/retry`, {})
    expect(again.status).toBe(202)
    await close()
    workspace.worker.wake()
    expect(await workspace.ended(again.body.retryRun)).toMatchObject({ state: 'succeeded', counts })
    expect(emarsys.events).toHaveLength(1)
  },
)

test('a doubt keeps its exception when something else about the same contact goes through', async () => {
  const scene = await stage.open({ contacts: 1, invoices: 0, creditNotes: 0 })
  const { workspace, emarsys, xero } = scene
  const document = mailFlow(10, { record: `{ 'contact': ContactID, 'key': ContactID & '-' & Name }` })
  const flow = await workspace.flow(document)
  emarsys.addFaults([{ match: EVENT, kind: '500-before' }])
  expect(await workspace.run(flow, document)).toMatchObject({ state: 'partly', counts: { unknown: 1 } })
  xero.editContact(xero.state.books.contacts.ordered[0]!.id, { Name: 'Renamed Ltd' })
  expect(await workspace.run(flow, document)).toMatchObject({ state: 'succeeded' })
  expect(emarsys.events).toHaveLength(1)
  // The first mail is still in doubt, and somebody has to look.
  expect((await workspace.effects()).map(({ state }) => state)).toContain('unknown')
  const about = (await openCases(scene)).filter(({ code }) => code === 'OUTCOME_UNKNOWN')
  expect(about).toMatchObject([{ state: 'open' }])
  // Once it is not, what goes through answers it as any other.
  const { callers, close } = await api(scene, 'marketing')
  const { items } = (await callers[0]!('GET', 'unknown-effects')).body
  expect((await callers[0]!('POST', 'unknown-effects/settle', settle(items, 'arrived'))).body).toMatchObject({
    resolved: 1,
  })
  await close()
})

const settle = (effects: readonly { call: string; position: number }[], verdict: string) => ({
  effects: effects.map(({ call, position }) => ({ call, position })),
  verdict,
  reason: 'Looked in Emarsys.',
})

test('a run that is cancelled with an effect in doubt leaves an exception, though its record never settled, and the database goes away', async () => {
  const scene = await writing({}, 12, true)
  const run = await dieAfterSending(scene, { items: 2, arrived: 2 })
  let away = 0
  armFailpoints((point) => {
    if (point !== 'ledger.recover:before' || away > 0) return
    away += 1
    throw Object.assign(new Error('terminating connection'), { code: '57P01' })
  })
  onTestFinished(() => armFailpoints(undefined))
  await sql`update runs set cancel_requested = true where id = ${run}`.execute(stage.database.owner.db)
  // Xero cannot be asked either.
  scene.xero.addFaults([{ kind: 'forbidden', times: 1000 }])
  await set(scene, "sent_at = now() - interval '6 minutes'")
  await stage.join(scene, { leaseSeconds: 1 })
  expect(await scene.workspace.ended(run)).toMatchObject({ state: 'cancelled' })
  expect(away).toBe(1)
  const doubts = await openCases(scene)
  expect(doubts).toHaveLength(2)
  expect(doubts[0]).toMatchObject({ code: 'OUTCOME_UNKNOWN', state: 'open', desk: 'technical' })
  const { callers, close } = await api(scene, 'finance')
  const { body } = await callers[0]!('GET', 'unknown-effects')
  expect(body.items).toMatchObject([
    { canProbe: true, run },
    { canProbe: true, run },
  ])
  // Settled as not arrived, they can be sent anew by the next run; what was sent is no record to try again.
  const answer = await callers[0]!('POST', 'unknown-effects/settle', {
    effects: [{ call: body.items[0].call }],
    verdict: 'did-not-arrive',
    reason: 'Xero shows none.',
  })
  expect(answer.body).toEqual({ settled: 2, already: 0, resolved: 2, run: null })
  await close()
})

test('a run that waits with an effect in doubt is cancelled by a worker, which names it first and asks nobody', async () => {
  const scene = await writing({}, 12, true)
  const { workspace, xero } = scene
  const run = await dieAfterSending(scene, { items: 2, arrived: 0 })
  await workspace.forgetTokens(scene.connection)
  await stage.join(scene)
  // Not found, and too young to be given up.
  expect(await workspace.ended(run)).toMatchObject({ state: 'waiting' })
  expect(await openCases(scene)).toEqual([])
  const asked = () => xero.requests.byRoute.get('GET /api.xro/2.0/Invoices')
  const before = asked()
  await inWorkspace(stage.database.app.db, workspace.id, (tx) => requestCancel(tx, workspace.id, run))
  expect(await workspace.ended(run)).toMatchObject({ state: 'cancelled' })
  expect((await openCases(scene)).map(({ code, state }) => [code, state])).toEqual([
    ['OUTCOME_UNKNOWN', 'open'],
    ['OUTCOME_UNKNOWN', 'open'],
  ])
  expect(asked()).toBe(before)
  // The next run looks for them, and sends them once that is safe.
  await set(scene, "sent_at = now() - interval '3 minutes'")
  expect(await workspace.run(scene.flow, scene.document)).toMatchObject({ state: 'succeeded', counts: { sent: 12 } })
  expectOnce(scene)
  expect((await openCases(scene)).map(({ state }) => state)).toEqual(['resolved', 'resolved'])
})

/** Calls `what` once, between the look for something in doubt and what is written down of it. */
function whileLooking(what: () => Promise<void>): void {
  let once = false
  armFailpoints(async (point) => {
    if (point !== 'probe.look:after' || once) return
    once = true
    await what()
  })
  onTestFinished(() => armFailpoints(undefined))
}

test('a person who settles an effect while it is looked for is believed, and nothing is sent against that', async () => {
  const scene = await writing({}, 12, true)
  const { workspace } = scene
  const cancelled = await dieAfterSending(scene, { items: 2, arrived: 0 })
  await inWorkspace(stage.database.app.db, workspace.id, (tx) => requestCancel(tx, workspace.id, cancelled))
  await stage.join(scene)
  expect(await workspace.ended(cancelled)).toMatchObject({ state: 'cancelled' })
  await set(scene, "sent_at = now() - interval '6 minutes', probed_at = null")
  const { callers, close } = await api(scene, 'finance')
  let settled: unknown
  whileLooking(async () => {
    const { items } = (await callers[0]!('GET', 'unknown-effects')).body
    settled = (await callers[0]!('POST', 'unknown-effects/settle', settle(items, 'arrived'))).body
  })
  // Xero has none of them, and says so: who looked there knows better, perhaps under another number.
  expect(await workspace.run(scene.flow, scene.document)).toMatchObject({
    ...{ state: 'succeeded', counts: { unchanged: 2, sent: 10 } },
  })
  expect(settled).toEqual({ settled: 2, already: 0, resolved: 2, run: null })
  expect(referencesIn(scene).sort()).toEqual(wanted(scene).slice(2).sort())
  expect((await openCases(scene)).map(({ state, resolution }) => [state, resolution])).toEqual([
    ['resolved', 'Looked in Emarsys.'],
    ['resolved', 'Looked in Emarsys.'],
  ])
  await close()
})

/** A run that was cancelled with invoices in doubt, long ago enough to be looked for, and somebody who may settle them. */
async function inDoubt(death: Death) {
  const scene = await writing({}, 12, true)
  const { workspace } = scene
  const cancelled = await dieAfterSending(scene, death)
  await inWorkspace(stage.database.app.db, workspace.id, (tx) => requestCancel(tx, workspace.id, cancelled))
  const { worker } = await stage.join(scene)
  expect(await workspace.ended(cancelled)).toMatchObject({ state: 'cancelled' })
  const { callers, close } = await api(scene, 'finance')
  const person = callers[0]!
  const listed = async () => (await person('GET', 'unknown-effects')).body.items
  return { scene, worker, person, listed, close }
}

test('a person who says that it did not arrive while it is looked for is asked to wait: it is found, and never sent twice', async () => {
  const { scene, person, listed, close } = await inDoubt({ items: 2, arrived: 2 })
  await set(scene, "sent_at = now() - interval '6 minutes'")
  let answers: { status: number; body: { code?: string; detail?: string } }[] = []
  whileLooking(async () => {
    const [one, other] = await listed()
    answers = [
      await person('POST', 'unknown-effects/settle', settle([one, other], 'did-not-arrive')),
      await person('POST', 'unknown-effects/settle', settle([other], 'did-not-arrive')),
    ]
  })
  expect(await scene.workspace.run(scene.flow, scene.document)).toMatchObject({
    ...{ state: 'succeeded', counts: { unchanged: 2, sent: 10 } },
  })
  expect(answers.map(({ status, body }) => [status, body.code])).toEqual([
    [409, 'EFFECT_UNDER_WAY'],
    [409, 'EFFECT_UNDER_WAY'],
  ])
  expect(answers[0]!.body.detail).toContain('2 of them are being looked for')
  expectOnce(scene)
  expect(await listed()).toEqual([])
  expect((await openCases(scene)).map(({ state, resolution }) => [state, resolution])).toEqual([
    ['resolved', 'Found in the other system.'],
    ['resolved', 'Found in the other system.'],
  ])
  await close()
})

test('a run that would look for what a person is saying not to have arrived waits for that, looks no more, and sends it once', async () => {
  const { scene, worker, person, listed, close } = await inDoubt({ items: 2, arrived: 0 })
  await set(scene, "sent_at = now() - interval '6 minutes'")
  const { db } = stage.database.owner
  const asked = () => scene.xero.requests.byRoute.get('GET /api.xro/2.0/Invoices')
  const before = asked()
  const items = await listed()
  let run = ''
  const said = await inWorkspace(stage.database.app.db, scene.workspace.id, async (tx) => {
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx)
    const by = (await tx.selectFrom('users').select('id').executeTakeFirstOrThrow()).id
    const settled = await settleUnknowns(tx, {
      ...{ workspace: scene.workspace.id, effects: items, verdict: 'did-not-arrive', reason: 'Looked.', by },
    })
    run = await scene.workspace.queue(scene.flow, scene.document)
    worker.wake()
    const waits = sql<{ n: number }>`
      select count(*)::int as n from pg_stat_activity where ${rows[0]!.pid} = any(pg_blocking_pids(pid))`
    await expect.poll(async () => (await waits.execute(db)).rows[0]!.n, { timeout: 30_000 }).toBeGreaterThan(0)
    return settled
  })
  expect(said).toMatchObject({ settled: 2, already: 0 })
  expect(await scene.workspace.ended(run)).toMatchObject({ state: 'succeeded', counts: { sent: 12 } })
  expect(asked()).toBe(before)
  expectOnce(scene)
  // Whoever comes now comes too late.
  const late = await person('POST', 'unknown-effects/settle', settle(items, 'did-not-arrive'))
  expect(late.body).toMatchObject({ settled: 0, already: 2 })
  expectOnce(scene)
  await close()
})

test('what went out a moment ago, and nobody wrote down an end of, is not said to have missed while its answer may come', async () => {
  const { scene, person, listed, close } = await inDoubt({ items: 2, arrived: 0 })
  const items = await listed()
  const early = await person('POST', 'unknown-effects/settle', settle(items, 'did-not-arrive'))
  expect(early).toMatchObject({ status: 409, body: { code: 'EFFECT_UNDER_WAY' } })
  expect(early.body.detail).toContain('the answer may still come')
  expect(await listed()).toHaveLength(2)
  // That it did arrive sends nothing, and may be said at any time.
  const arrived = await person('POST', 'unknown-effects/settle', settle(items.slice(0, 1), 'arrived'))
  expect(arrived.body).toMatchObject({ settled: 1, already: 0 })
  await set(scene, "sent_at = now() - interval '3 minutes'")
  const late = await person('POST', 'unknown-effects/settle', settle(items, 'did-not-arrive'))
  expect(late.body).toMatchObject({ settled: 1, already: 1 })
  expect(await scene.workspace.run(scene.flow, scene.document)).toMatchObject({ counts: { unchanged: 1, sent: 11 } })
  await close()
})

test('of two claims one looks for a call, until it has written down what it found, or has its run no more', async () => {
  const { scene, worker, listed, person, close } = await inDoubt({ items: 2, arrived: 0 })
  const { workspace, document, flow, connection } = scene
  await set(scene, "sent_at = now() - interval '6 minutes'")
  await worker.stop()
  const other = await workspace.flow({ ...document, name: 'Another' }, { xero: connection })
  const held = async (of: string) => {
    const run = await workspace.queue(of, document)
    const ask = { workspace: workspace.id, lane: 'live' as const, worker: 'one', leaseSeconds: 60 }
    const claim = (await claimRun(stage.database.system.db, ask)).run!
    expect(claim.run).toBe(run)
    return createLedger({ db: stage.database.app.db, keys: workspace.keys }, claim)
  }
  const [first, second] = [await held(flow), await held(other)]
  const target = await first.target(connection, 'xero.create-invoices')
  const [call] = await first.doubtful(target, 1)
  expect(await Promise.all([first.looking(call!), second.looking(call!)])).toContain(true)
  expect([await first.looking(call!), await second.looking(call!)]).toEqual([false, false])
  const say = async () =>
    (await person('POST', 'unknown-effects/settle', settle((await listed()).slice(0, 1), 'did-not-arrive'))).status
  expect(await say()).toBe(409)
  await sql`update runs set lease_until = now() where workspace_id = ${workspace.id}`.execute(stage.database.owner.db)
  expect(await first.looking(call!)).toBe(true)
  expect(await say()).toBe(200)
  await close()
})

test('a run that is cancelled while it looks for an effect in doubt ends with that named, and the next one sends it once', async () => {
  const scene = await writing({}, 12, true)
  const { workspace } = scene
  const run = await dieAfterSending(scene, { items: 3, arrived: 2 })
  await set(scene, "sent_at = now() - interval '6 minutes'")
  whileLooking(async () => {
    await inWorkspace(stage.database.app.db, workspace.id, (tx) => requestCancel(tx, workspace.id, run))
    // Until the worker has heard of it.
    await new Promise((resolve) => setTimeout(resolve, 1_000))
  })
  await stage.join(scene, { leaseSeconds: 2 })
  expect(await workspace.ended(run)).toMatchObject({ state: 'cancelled' })
  const left = (await workspace.effects()).filter(({ state }) => state === 'unknown' || state === 'sent')
  // What is still in doubt has an exception each, and what is not has none that is open.
  const open = (await openCases(scene)).filter(({ state }) => state === 'open')
  expect(open.map((one) => one.effect_document).sort()).toEqual(left.map(({ document }) => document).sort())
  await set(scene, "probed_at = null, sent_at = now() - interval '6 minutes'")
  expect(await workspace.run(scene.flow, scene.document)).toMatchObject({ state: 'succeeded', counts: { sent: 10 } })
  expectOnce(scene)
  expect((await openCases(scene)).filter(({ state }) => state === 'open')).toEqual([])
})

test('a workspace that is closed has its doubts named, counted and exported, though nothing begins in it', async () => {
  const scene = await writing({}, 12, true)
  const { workspace } = scene
  const run = await dieAfterSending(scene, { items: 2, arrived: 0 })
  await workspace.forgetTokens(scene.connection)
  await stage.join(scene)
  expect(await workspace.ended(run)).toMatchObject({ state: 'waiting' })
  const person = newId()
  await insertPerson(stage.database.system.db, {
    ...{ id: person, email: `${person}@example.com`, name: 'Owner', passwordHash: await hashPassword(PASSWORD) },
  })
  const inside = <T>(work: Parameters<typeof inWorkspace<T>>[2]) =>
    inWorkspace(stage.database.app.db, workspace.id, work)
  expect(await inside((tx) => closeWorkspace(tx, workspace.id, person, 30))).toBe(1)
  expect(await workspace.ended(run)).toMatchObject({ state: 'cancelled' })
  expect((await openCases(scene)).map(({ code, state }) => [code, state])).toEqual([
    ['OUTCOME_UNKNOWN', 'open'],
    ['OUTCOME_UNKNOWN', 'open'],
  ])
  expect(await inside((tx) => countForClosing(tx, workspace.id))).toMatchObject({
    ...{ runs: 0, unknown: 2, exceptions: 2 },
    doubts: [{ operation: 'xero.create-invoices', effects: 2 }],
  })
  expect(await inside((tx) => exportPage(tx, workspace.id, 'effects_in_doubt', 0))).toMatchObject([
    { run_id: run, operation: 'xero.create-invoices', document: wantedDocument(scene, 0) },
    { run_id: run, operation: 'xero.create-invoices', document: wantedDocument(scene, 1) },
  ])
})

test('a reversal says what it undid, and the row what undid it', async () => {
  const scene = await stage.open({ contacts: 6, invoices: 30, creditNotes: 0 })
  const document = purchasesFlow(1000)
  const flow = await scene.workspace.flow(document)
  await scene.workspace.run(flow, document)
  const paid = scene.xero.state.books.invoices.ordered.find((one) => one.status === 'PAID' && one.type === 'ACCREC')!
  scene.xero.unpay(paid.id)
  await scene.workspace.run(flow, document)
  const { rows } = await sql<{ part: string; reverses: string | null; reversed_by: string | null; state: string }>`
    select part, reverses, reversed_by, state from effects
    where workspace_id = ${scene.workspace.id} and document like ${`%${paid.id}`} order by part
  `.execute(stage.database.owner.db)
  const undone = rows.filter((row) => row.state === 'reversed')
  expect(undone.length).toBeGreaterThan(0)
  for (const row of undone) expect(rows.find((one) => one.part === row.reversed_by)?.reverses).toBe(row.part)
})
