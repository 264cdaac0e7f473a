import { zstdCompressSync } from 'node:zlib'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Flow } from '../../server/flow/document/flow.ts'
import { type Caller, type Installation, install, invoiceFlow, XERO_CONNECTION } from './installation.ts'

// What may be asked of runs that were, and of days and records that were read. No worker is there: states are set by hand.

let it: Installation
let workspace: string
let owner: Caller
let flow: string
let at: string

let connection: string

beforeAll(async () => {
  it = await install()
  workspace = await it.workspace()
  owner = await it.member(workspace, 'owner')
  at = `/workspaces/${workspace}`
  connection = (await owner.call('POST', `${at}/connections`, XERO_CONNECTION)).json().id
})
afterAll(() => it.close())
beforeEach(async () => {
  flow = await published(invoiceFlow())
})

const db = () => it.database.owner.db

async function published(document: Flow): Promise<string> {
  const id: string = (await owner.call('POST', `${at}/flows`, document)).json().id
  const bindings = Object.fromEntries(Object.keys(document.slots).map((slot) => [slot, connection]))
  await owner.call('PUT', `${at}/flows/${id}/bindings`, { bindings })
  const answer = await owner.call('POST', `${at}/flows/${id}/publish`, { summary: 'First', revision: 1 })
  if (answer.statusCode !== 201) throw new Error(`publishing answered ${answer.statusCode}: ${answer.body}`)
  return id
}

/** Answers status and code, as far as there is one. */
async function post(path: string, body: object | undefined = {}, by: Pick<Caller, 'call'> = owner) {
  const answer = await by.call('POST', `${at}${path}`, body)
  return { status: answer.statusCode, ...answer.json() }
}

const set = (run: string, state: string) =>
  sql`update runs set state = ${state}, ended_at = now(), batches = 1, counts = '{"read": 1}' where id = ${run}`.execute(
    db(),
  )

async function ended(state = 'succeeded'): Promise<string> {
  const { id } = await post(`/flows/${flow}/run`)
  await set(id, state)
  return id
}

/** As if the read had left these records in the run's first batch. */
async function trace(run: string, records: readonly object[], total = records.length): Promise<void> {
  const { day } = await db().selectFrom('runs').select('day').where('id', '=', run).executeTakeFirstOrThrow()
  const content = zstdCompressSync(JSON.stringify(records))
  await sql`
    insert into payloads (workspace_id, run_id, batch, node_id, kind, chunk, day, records, total, bytes, content)
    values (${workspace}, ${run}, 0, 'read', 'out:out', 0, ${day}, ${records.length}, ${total}, ${content.length}, ${content})
  `.execute(db())
}

describe('a rerun', () => {
  test('as a whole begins as the run began, and is linked to it', async () => {
    const run = await ended('failed')
    const again = await post(`/runs/${run}/rerun`)
    expect(again).toMatchObject({
      ...{ status: 202, cause: 'rerun', state: 'queued', rerunOf: run, version: 1, quiet: false },
      began: `as run ${run} began`,
    })
    // One that itself was done again began as the first one did.
    await set(again.id, 'succeeded')
    expect(await post(`/runs/${again.id}/rerun`)).toMatchObject({ rerunOf: again.id, began: `as run ${run} began` })
  })

  test('that two people ask for at once is queued once', async () => {
    const run = await ended()
    const answers = await Promise.all([1, 2, 3].map(() => post(`/runs/${run}/rerun`)))
    expect(answers.map(({ status, code }) => `${status} ${code ?? ''}`).sort()).toEqual([
      '202 ',
      '409 RUN_PENDING',
      '409 RUN_PENDING',
    ])
    const { items } = (await owner.call('GET', `${at}/runs?cause=rerun&flow=${flow}`)).json()
    expect(items).toHaveLength(1)
  })

  test('of a run that has not ended, or is not there, is refused', async () => {
    const { id } = await post(`/flows/${flow}/run`)
    expect(await post(`/runs/${id}/rerun`)).toMatchObject({ status: 409, code: 'RUN_NOT_ENDED' })
    expect(await post(`/runs/${crypto.randomUUID()}/rerun`)).toMatchObject({ status: 404, code: 'NOT_FOUND' })
    expect(await post(`/runs/${id}/rerun`, { node: 'shape', more: 1 })).toMatchObject({ status: 400 })
  })

  test('from a step needs a step that something went into', async () => {
    const run = await ended()
    await trace(run, [{ InvoiceNumber: 'INV-1' }])
    expect(await post(`/runs/${run}/rerun`, { node: 'shape', quiet: true })).toMatchObject({
      ...{ status: 202, quiet: true, began: `from the step “shape” of run ${run}` },
    })
    expect(await post(`/runs/${run}/rerun`, { node: 'read' })).toMatchObject({ code: 'RERUN_UNSUPPORTED' })
    expect(await post(`/runs/${run}/rerun`, { node: 'start' })).toMatchObject({ code: 'RERUN_UNSUPPORTED' })
    expect(await post(`/runs/${run}/rerun`, { node: 'nobody' })).toMatchObject({ status: 404, code: 'NOT_FOUND' })
  })

  test('is counted first on demand: what it takes up and what was sent; nothing begins, and a refusal comes at once', async () => {
    const run = await ended('failed')
    await trace(run, [{ InvoiceNumber: 'INV-1' }, { InvoiceNumber: 'INV-2' }])
    await sql`update runs set counts = '{"read": 2}' where id = ${run}`.execute(db())
    await sql`
      insert into steps (workspace_id, run_id, batch, node_id, day, position, epoch, operation, started_at, waiting_ms,
        working_ms, calls, attempts, counts)
      select workspace_id, id, 0, 'shape', day, 2, 1, 'map', now(), 0, 5, 0, 1, '{"in": 2, "out": 1, "rejected": 1}'
      from runs where id = ${run}
    `.execute(db())
    const counted = { version: 1, records: 2, batches: 1, sent: 0 }
    expect(await post(`/runs/${run}/rerun`, { dry: true })).toEqual({ status: 200, from: 'read', ...counted })
    const from = { node: 'shape', version: 'live', dry: true }
    expect(await post(`/runs/${run}/rerun`, from)).toEqual({ status: 200, from: 'step', ...counted })
    expect((await owner.call('GET', `${at}/runs?flow=${flow}`)).json().items).toHaveLength(1)
    expect(await post(`/runs/${run}/rerun`, { node: 'read', dry: true })).toMatchObject({ code: 'RERUN_UNSUPPORTED' })
    await post(`/runs/${run}/rerun`)
    expect(await post(`/runs/${run}/rerun`, { dry: true })).toMatchObject({ status: 409, code: 'RUN_PENDING' })
  })

  test('from a step whose data were sampled or dropped says what to do instead', async () => {
    const gone = await ended()
    expect(await post(`/runs/${gone}/rerun`, { node: 'shape' })).toMatchObject({
      ...{ status: 410, code: 'TRACE_GONE', detail: expect.stringContaining('Run it again as a whole') },
    })
    const sampled = await ended()
    await trace(sampled, [{ InvoiceNumber: 'INV-1' }], 100)
    expect(await post(`/runs/${sampled}/rerun`, { node: 'shape' })).toMatchObject({
      status: 409,
      code: 'TRACE_SAMPLED',
    })
  })

  test('is offered from a step only while the trace is there', async () => {
    const run = await ended('cancelled')
    const actions = async () => (await owner.call('GET', `${at}/runs/${run}`)).json()
    expect(await actions()).toMatchObject({ actions: ['rerun', 'rerun-step'], nextAction: expect.any(String) })
    const { day, trace_class } = await db()
      .selectFrom('runs')
      .select([sql<string>`to_char(day, 'YYYYMMDD')`.as('day'), 'trace_class'])
      .where('id', '=', run)
      .executeTakeFirstOrThrow()
    await sql`
      insert into dropped_partitions (name, kept, trace_class, day, rows, bytes, policy_days)
      values (${`payloads_${trace_class}_${day}`}, 'payloads', ${trace_class}, current_date, 1, 1, 7)
    `.execute(db())
    expect((await actions()).actions).toEqual(['rerun'])
    await sql`delete from dropped_partitions`.execute(db())
    // Batches that only say that all has come to its end bring nothing that could go in again.
    await sql`update runs set counts = '{}' where id = ${run}`.execute(db())
    expect((await actions()).actions).toEqual(['rerun'])
  })

  test('of a hook’s run is offered only while it has events', async () => {
    const run = await ended('failed')
    await sql`update runs set cause = 'hook', start = '{"kind": "inbox"}', counts = '{}' where id = ${run}`.execute(
      db(),
    )
    const actions = async (of: string) => (await owner.call('GET', `${at}/runs/${of}`)).json().actions
    expect(await actions(run)).toEqual([])
    expect(await post(`/runs/${run}/rerun`)).toMatchObject({ code: 'RERUN_UNSUPPORTED' })
    const event = crypto.randomUUID()
    await sql`
      insert into inbox (workspace_id, hook_id, id, key, key_hash, content, bytes, run_id)
      values (${workspace}, ${event}, ${event}, 'k', ${Buffer.from(event)}, ${Buffer.from('sealed')}, 6, ${run})
    `.execute(db())
    expect(await actions(run)).toEqual(['rerun'])
    const { id } = await post(`/runs/${run}/rerun`)
    await set(id, 'failed')
    expect(await actions(id)).toContain('rerun')
    await sql`update inbox set run_id = null where run_id = ${run}`.execute(db())
    expect(await actions(id)).toEqual(['rerun-step'])
  })

  test('is for those who may run things', async () => {
    const run = await ended()
    for (const role of ['finance', 'auditor', 'client'] as const) {
      const other = await it.member(workspace, role)
      expect(await post(`/runs/${run}/rerun`, {}, other)).toMatchObject({ status: 403, code: 'NOT_ALLOWED' })
    }
  })
})

describe('pausing and resuming', () => {
  test('a run nobody works at is put down at once, and goes on in its place', async () => {
    const { id } = await post(`/flows/${flow}/run`)
    expect(await post(`/runs/${id}/pause`, undefined)).toMatchObject({
      ...{ status: 202, state: 'paused', actions: ['resume', 'cancel'], reason: expect.any(String) },
    })
    expect(await post(`/runs/${id}/pause`, undefined)).toMatchObject({ status: 409, code: 'RUN_PAUSED' })
    expect(await post(`/runs/${id}/resume`, undefined)).toMatchObject({ status: 202, state: 'queued' })
    expect(await post(`/runs/${id}/resume`, undefined)).toMatchObject({ status: 409, code: 'RUN_NOT_PAUSED' })
  })

  test('a run at work is told once', async () => {
    const { id } = await post(`/flows/${flow}/run`)
    await sql`update runs set state = 'running' where id = ${id}`.execute(db())
    const told = { state: 'running', pauseRequested: true, actions: ['resume', 'cancel'] }
    expect(await post(`/runs/${id}/pause`, undefined)).toMatchObject(told)
    expect(await post(`/runs/${id}/pause`, undefined)).toMatchObject({ status: 409, code: 'RUN_PAUSED' })
    expect(await post(`/runs/${id}/resume`, undefined)).toMatchObject({ state: 'running', pauseRequested: false })
    expect(await post(`/runs/${id}/resume`, undefined)).toMatchObject({ status: 409, code: 'RUN_NOT_PAUSED' })
    expect(await post(`/runs/${id}/pause`, undefined)).toMatchObject(told)
    expect(await post(`/runs/${id}/cancel`, undefined)).toMatchObject({ status: 202, cancelRequested: true })
    expect(await post(`/runs/${id}/cancel`, undefined)).toMatchObject({ status: 409, code: 'RUN_CANCELLING' })
    expect(await post(`/runs/${id}/pause`, undefined)).toMatchObject({ status: 409, code: 'RUN_CANCELLING' })
  })

  test('an ended run cannot be paused, resumed or cancelled', async () => {
    const run = await ended()
    for (const what of ['pause', 'resume', 'cancel']) {
      expect(await post(`/runs/${run}/${what}`, undefined)).toMatchObject({ status: 409, code: 'RUN_ENDED' })
    }
  })
})

describe('a back-fill', () => {
  const backfill = (body: object) => post(`/flows/${flow}/backfill`, body)

  test('says first what it would do, and queues nothing', async () => {
    const answer = await backfill({ from: '2024-01-15', to: '2024-04-01', dry: true })
    expect(answer).toMatchObject({ status: 200, id: null, quiet: true })
    expect(answer.reads).toEqual([{ node: 'read', name: 'Invoices', by: 'invoice date' }])
    expect(answer.chunks.map(({ from, to }: { from: string; to: string }) => `${from} ${to}`)).toEqual([
      '2024-01-15 2024-02-01',
      '2024-02-01 2024-03-01',
      '2024-03-01 2024-04-01',
    ])
    expect((await owner.call('GET', `${at}/runs?flow=${flow}`)).json().items).toEqual([])
  })

  test('queues one run for each chunk, in order, in the bulk lane, and is cancelled as a whole', async () => {
    const made = await backfill({ from: '2024-01-01', to: '2024-01-22', chunk: 'week', quiet: false })
    expect(made).toMatchObject({ status: 202, quiet: false, from: '2024-01-01', to: '2024-01-22', by: 'A owner' })
    expect(made.chunks.map(({ state }: { state: string }) => state)).toEqual(['queued', 'queued', 'queued'])
    const { items } = (await owner.call('GET', `${at}/runs?backfill=${made.id}`)).json()
    expect(items).toMatchObject([
      { began: 'days from 2024-01-15 to before 2024-01-22', lane: 'bulk', cause: 'backfill', backfill: made.id },
      { began: 'days from 2024-01-08 to before 2024-01-15' },
      { id: made.chunks[0].run, began: 'days from 2024-01-01 to before 2024-01-08' },
    ])
    for (const { reason } of items) expect(reason).toEqual(expect.any(String))
    expect(await backfill({ from: '2023-01-01', to: '2023-02-01' })).toMatchObject({
      status: 409,
      code: 'BACKFILL_ACTIVE',
    })

    await set(made.chunks[0].run, 'succeeded')
    const cancelled = await post(`/flows/${flow}/backfills/${made.id}/cancel`, undefined)
    expect(cancelled.chunks.map(({ state }: { state: string }) => state)).toEqual([
      'succeeded',
      'cancelled',
      'cancelled',
    ])
    expect(await post(`/flows/${flow}/backfills/${made.id}/cancel`, undefined)).toMatchObject({
      ...{ status: 409, code: 'BACKFILL_ENDED' },
    })
    expect((await owner.call('GET', `${at}/flows/${flow}/backfills/${made.id}`)).json()).toEqual(
      (await owner.call('GET', `${at}/flows/${flow}/backfills`)).json().items[0],
    )
    // Of another flow, or none.
    const other = await published(invoiceFlow({ name: 'Other' }))
    expect((await owner.call('GET', `${at}/flows/${other}/backfills/${made.id}`)).statusCode).toBe(404)
    expect((await owner.call('GET', `${at}/flows/${other}/backfills`)).json()).toEqual({ items: [] })
  })

  test('that two people ask for at once is queued once', async () => {
    const answers = await Promise.all(
      [1, 2].map(() => backfill({ from: '2024-01-01', to: '2024-02-01', chunk: 'day' })),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 409])
    const rows = await sql<{ count: number }>`
      select count(*)::int as count from runs where flow_id = ${flow} and cause = 'backfill'
    `.execute(db())
    expect(rows.rows[0]?.count).toBe(31)
  })

  test('over days that make no sense, or from a trigger that is none, is refused', async () => {
    const fine = { from: '2024-01-01', to: '2024-02-01' }
    const refused = [
      [{ from: '2024-01-01', to: '2999-01-01' }, 422, 'BACKFILL_WINDOW'],
      [{ from: '2024-02-01', to: '2024-01-01' }, 422, 'BACKFILL_WINDOW'],
      [{ from: '2024-02-01', to: '2024-02-01' }, 422, 'BACKFILL_WINDOW'],
      [{ from: '2010-01-01', to: '2020-01-02' }, 422, 'BACKFILL_WINDOW'],
      [{ from: '2024-02-31', to: '2024-03-01' }, 400, 'REQUEST_INVALID'],
      [{ from: 'yesterday', to: '2024-03-01' }, 400, 'REQUEST_INVALID'],
      [{ ...fine, node: 'nobody' }, 404, 'NOT_FOUND'],
      [{ ...fine, node: 'read' }, 404, 'NOT_FOUND'],
    ] as const
    for (const [body, status, code] of refused) {
      expect(await backfill(body), JSON.stringify(body)).toMatchObject({ status, code })
      expect(await backfill({ ...body, dry: true }), JSON.stringify(body)).toMatchObject({ status, code })
    }
  })

  test('of exactly ten years, by day, is taken', async () => {
    const made = await backfill({ from: '2010-01-01', to: '2020-01-01', chunk: 'day' })
    expect(made.status).toBe(202)
    expect(made.chunks).toHaveLength(3652)
  })

  test('needs reads that go by days, and names one that does not', async () => {
    // Its records go nowhere, so it does no harm; but then there is nothing to read by days.
    flow = await published({
      ...invoiceFlow(),
      nodes: invoiceFlow().nodes.map((one) =>
        one.id === 'read' ? { ...one, operation: 'xero.get-organisation', name: 'Organisation' } : one,
      ),
    })
    expect(await backfill({ from: '2024-01-01', to: '2024-02-01' })).toMatchObject({
      ...{ status: 409, code: 'BACKFILL_UNSUPPORTED' },
    })
  })
})

describe('a re-sync', () => {
  const resync = (body: object) => post(`/flows/${flow}/resync`, body)

  test('reads single records by the only read that can', async () => {
    expect(await resync({ keys: ['INV-0192', ' INV-0193 '] })).toMatchObject({
      ...{ status: 202, cause: 'resync', began: 'only INV-0192, INV-0193', lane: 'live', causeNode: 'clock' },
    })
    expect(await resync({ keys: ['INV-0192', 'INV-0193'] })).toMatchObject({ status: 409, code: 'RUN_PENDING' })
    expect(await resync({ keys: ['INV-0194'], node: 'read' })).toMatchObject({ status: 202 })
  })

  test('of nothing, of too much, or by a step that cannot is refused', async () => {
    expect(await resync({ keys: [] })).toMatchObject({ status: 400 })
    expect(await resync({ keys: [' '] })).toMatchObject({ status: 400 })
    expect(await resync({ keys: Array.from({ length: 51 }, (_, n) => `INV-${n}`) })).toMatchObject({ status: 400 })
    expect(await resync({ keys: ['INV-1'], node: 'shape' })).toMatchObject({ status: 409, code: 'RESYNC_UNSUPPORTED' })
    expect(await resync({ keys: ['INV-1'], node: 'nobody' })).toMatchObject({ status: 404, code: 'NOT_FOUND' })
  })

  test('needs a name where several reads can', async () => {
    const one = invoiceFlow()
    flow = await published({
      ...one,
      nodes: [
        ...one.nodes,
        { id: 'people', operation: 'xero.list-contacts', name: 'People', slot: 'ledger', settings: {} },
      ],
      edges: [
        ...one.edges,
        { id: 'e4', from: 'read', port: 'done', to: 'people', input: 'in' },
        { id: 'e5', from: 'people', port: 'out', to: 'shape', input: 'in' },
      ],
    })
    expect(await resync({ keys: ['INV-1'] })).toMatchObject({
      ...{
        status: 409,
        code: 'RESYNC_UNSUPPORTED',
        detail: expect.stringMatching(/“people” .*“read”|“read” .*“people”/),
      },
    })
    expect(await resync({ keys: ['INV-1'], node: 'people' })).toMatchObject({ status: 202 })
  })
})

describe('trying the draft', () => {
  test('whole, up to a step, or one step with records; what was tried is no version', async () => {
    const { document } = (await owner.call('GET', `${at}/flows/${flow}/draft`)).json() as { document: Flow }
    const nodes = [
      ...document.nodes,
      { id: 'broken', operation: 'map', name: 'Broken', settings: { expression: '{ "a": ' } },
    ]
    const edges = [...document.edges, { id: 'e8', from: 'shape', port: 'out', to: 'broken', input: 'in' }]
    await owner.call('PUT', `${at}/flows/${flow}/draft`, { ...document, nodes, edges }, { 'if-match': '*' })
    const tryOut = (body: object) => post(`/flows/${flow}/dry-run`, body)
    expect(await tryOut({ of: 'draft' })).toMatchObject({ status: 422, code: 'FLOW_HAS_ERRORS' })
    expect(await tryOut({ of: 'draft', step: 'nowhere' })).toMatchObject({ status: 404 })
    const cut = await tryOut({ of: 'draft', step: 'shape', firstPage: true })
    expect(cut).toMatchObject({ status: 202, dry: true, began: 'the first page of each read', causeNode: 'start' })
    expect(cut.version).toBeLessThan(0)
    const tried = (await owner.call('GET', `${at}/flows/${flow}/versions/${cut.version}`)).json()
    expect(tried).toMatchObject({ live: false, summary: 'The draft, as it was tried.' })
    expect(tried.document.nodes.map(({ id }: { id: string }) => id)).toEqual(['start', 'clock', 'read', 'shape'])
    expect((await owner.call('GET', `${at}/flows/${flow}/versions`)).json().items).toHaveLength(1)

    const records = { in: [{ InvoiceNumber: 'INV-1' }] }
    expect(await tryOut({ of: 'draft', step: 'shape', records })).toMatchObject({
      ...{ status: 202, version: cut.version, began: 'records given to the step “shape”' },
    })
    expect(await tryOut({ of: 'draft', records })).toMatchObject({ status: 400, code: 'REQUEST_INVALID' })
    expect(await tryOut({ step: 'shape', pinned: true })).toMatchObject({ status: 404 })
    const sample = `${at}/flows/${flow}/samples/shape`
    const pinned = (await owner.call('PUT', sample, { inputs: records })).json()
    expect(pinned.items).toMatchObject([
      { node: 'shape', kind: 'pinned', records: 1, run: null, author: 'A owner' },
      { node: 'shape', kind: 'test' },
    ])
    expect((await owner.call('GET', sample)).json()).toMatchObject({ inputs: records })
    expect(await tryOut({ step: 'shape', pinned: true })).toMatchObject({ status: 202, version: expect.any(Number) })
    const client = await it.member(workspace, 'client')
    expect((await client.call('GET', sample)).statusCode).toBe(403)
    expect((await owner.call('DELETE', sample)).statusCode).toBe(204)
    expect((await owner.call('GET', sample)).statusCode).toBe(404)
    // Another flow's records are not found by the name of a step.
    const { rows } = await sql<{ plain: string }>`select encode(content, 'escape') as plain from samples`.execute(db())
    for (const { plain } of rows) expect(plain).not.toContain('INV-1')
  })
})
