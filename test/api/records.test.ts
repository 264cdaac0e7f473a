import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zstdCompressSync } from 'node:zlib'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RecordHistory } from '../../server/contract/search.ts'
import { inWorkspace } from '../../server/store/database/database.ts'
import { ERASURE_FILE, erasureRecord } from '../../server/store/erasure/erasure-record.ts'
import { newId } from '../../server/store/database/ids.ts'
import { indexKeys } from '../../server/store/database/partitions.ts'
import { arrayText, hashKeys } from '../../server/store/key/record-keys.ts'
import { exceptionPlace } from '../../server/store/exception/retries.ts'
import { seal } from '../../server/store/key/secrets.ts'
import { type Caller, type Installation, install, publishedFlow } from './installation.ts'

// “What happened to INV-0192?”

let it: Installation
let workspace: string
let owner: Caller
let flow: string
let connection: string
let at: string
const db = () => it.database.owner.db

const record = join(mkdtempSync(join(tmpdir(), 'tieline-erased-')), 'data', ERASURE_FILE)

beforeAll(async () => {
  it = await install({ erasures: erasureRecord(record) })
  workspace = await it.workspace()
  owner = await it.member(workspace, 'owner')
  at = `/workspaces/${workspace}`
  const made = await publishedFlow(owner, workspace)
  flow = made.flow
  connection = made.connection
})
afterAll(async () => {
  await it.close()
  rmSync(join(record, '../..'), { recursive: true })
})

const history = async (key: string, query = '', by: Caller = owner): Promise<RecordHistory> => {
  const answer = await by.call('GET', `${at}/records?key=${encodeURIComponent(key)}${query}`)
  expect(answer.statusCode).toBe(200)
  return answer.json()
}
const shown = ({ items }: RecordHistory) => items.map(({ what }) => what)

/** A run of some days ago in which a read had a record. Answers the run. */
async function had(keys: readonly string[], daysAgo: number, record?: object): Promise<string> {
  const run = newId()
  const { rows } = await sql<{ day: string }>`select current_date - ${daysAgo}::int as day`.execute(db())
  const { day } = rows[0]!
  await sql`select tieline_ensure_partitions(${day}::date, 1)`.execute(db())
  await sql`
    insert into runs (workspace_id, id, flow_id, version, cause, cause_node, state, day, created_at)
    values (${workspace}, ${run}, ${flow}, 1, 'manual', 'start', 'succeeded', ${day}, ${day}::timestamptz)`.execute(
    db(),
  )
  await sql`
    insert into record_keys (workspace_id, run_id, batch, node_id, day, at, hashes)
    values (${workspace}, ${run}, 2, 'read', ${day}, now() - make_interval(days => ${daysAgo}),
      ${arrayText(hashKeys(it.keys, workspace, keys))}::bigint[])`.execute(db())
  if (record) {
    const content = zstdCompressSync(JSON.stringify([{ InvoiceID: 'other' }, record]))
    await db()
      .transaction()
      .execute(async (tx) => {
        await tx
          .insertInto('payloads')
          .values({
            ...{ workspace_id: workspace, run_id: run, batch: 2, node_id: 'read', kind: 'out:out', chunk: 0, day },
            ...{ records: 2, total: 2, bytes: 1, content },
          })
          .execute()
        // Else the row is counted a second time when this session tells its statistics after an `analyze` that saw it.
        await sql`select pg_stat_force_next_flush()`.execute(tx)
      })
  }
  return run
}

/** A call with effects of documents, answered some minutes ago. */
async function sent(
  run: string,
  operation: string,
  state: string,
  minutesAgo: number,
  effects: readonly (readonly [string, string, 's' | 'r', string | null])[],
) {
  const call = newId()
  await sql`insert into targets (workspace_id, connection_id, operation) values (${workspace}, ${connection}, ${operation})
    on conflict do nothing`.execute(db())
  await sql`
    insert into calls (workspace_id, id, target_id, run_id, epoch, batch, node_id, state, items, message, answered_at)
    select ${workspace}, ${call}, id, ${run}, 1, 2, 'shape', ${state}, ${effects.length}, ${state === 'unknown' ? 'No answer.' : null},
      now() - make_interval(mins => ${minutesAgo})
    from targets where workspace_id = ${workspace} and operation = ${operation}`.execute(db())
  for (const [document, part, kind, own] of effects) {
    await sql`
      insert into effects (workspace_id, target_id, document, part, kind, hash, call_id, position, state)
      select ${workspace}, id, ${document}, ${part}, ${kind}, 'x', ${call}, 0, ${own}
      from targets where workspace_id = ${workspace} and operation = ${operation}`.execute(db())
  }
}

test('an invoice is followed by its number through reads, rows sent by its id, exceptions and their end', async () => {
  const id = '243216C5-369e-4056-ac67-000000000192'
  const run = await had(['inv-0192', id.toLowerCase(), 'c-1'], 0, {
    InvoiceNumber: 'INV-0192',
    InvoiceID: id,
    Contact: { ContactID: 'c-1' },
  })
  await sent(run, 'emarsys.send-sales', 'answered', 10, [
    [`invoice ${id}`, 'v1.0', 's', null],
    [`invoice ${id}`, 'v1.1', 's', null],
    [`invoice ${id}`, 'v1.2', 's', 'rejected'],
    ['invoice somebody-else', 'v1.0', 's', null],
  ])
  await sent(run, 'emarsys.send-sales', 'answered', 5, [[`invoice ${id}`, 'v2.r0', 'r', null]])
  await sent(run, 'emarsys.trigger-event', 'unknown', 3, [['4711:INV-0192', '', 's', null]])
  // Of the contact, not of the invoice.
  await sent(run, 'emarsys.upsert-contacts', 'answered', 4, [['c-1', '', 's', 'confirmed']])
  const exception = newId()
  await sql`
    insert into exceptions (workspace_id, id, flow_id, version, run_id, batch, node_id, position, code, message, business_key, desk,
      record, state, created_at, resolved_at, resolution)
    values (${workspace}, ${exception}, ${flow}, 1, ${run}, 2, 'shape', 0, 'RECORD_REFUSED', 'No such item.', 'INV-0192', 'finance',
      '', 'resolved', now() - interval '2 min', now() - interval '1 min', 'Tried again.')`.execute(db())

  const found = await history(' inv-0192 ')
  expect(found.items.map(({ what, sentence }) => [what, sentence])).toEqual([
    ['read', 'Left “Invoices” in batch 3 of a run of flow “Paid invoices”.'],
    ['resolved', 'The exception at “Shape” was resolved: Tried again.'],
    ['exception', 'Set aside at “Shape” of flow “Paid invoices” (RECORD_REFUSED): No such item.'],
    [
      'unknown',
      expect.stringMatching(/^Sent to “Xero of Nordwind” \(.*as “4711:INV-0192”: nobody knows.*No answer\.$/),
    ],
    ['reversed', expect.stringContaining('1 row: confirmed.')],
    ['sent', expect.stringContaining('2 rows: confirmed.')],
    ['rejected', expect.stringContaining('1 row')],
  ])
  expect(found.items[0]).toMatchObject({
    run,
    batch: 2,
    node: 'read',
    nodeName: 'Invoices',
    version: 1,
    flow: { id: flow },
  })
  expect(found.items.find(({ what }) => what === 'exception')).toMatchObject({ exception })
  expect([found.key, found.next]).toEqual(['inv-0192', null])

  // By the customer: the same read, and what was sent of the customer.
  expect(shown(await history('C-1'))).toEqual(['read', 'sent'])
  expect(await history('inv-019')).toMatchObject({ items: [] })
})

test('reads are found in days that are over, with and without an index, and page by page', async () => {
  const runs: string[] = []
  for (const day of [0, 1, 2, 40, 200]) runs.push(await had(['inv-7', `other ${day}`], day))
  await indexKeys(it.database.system.db)
  const seen: (string | null)[] = []
  let before = ''
  do {
    const page = await history('INV-7', `&limit=2${before && `&before=${before}`}`)
    seen.push(...page.items.map(({ run }) => run))
    before = page.next ?? ''
  } while (before)
  expect(seen).toEqual(runs)
})

test('an event of a hook is found by the id its sender gave it', async () => {
  const hook = newId()
  await sql`insert into hooks (workspace_id, id, flow_id, node_id, node_name, operation, kind, settings, most, seconds)
    values (${workspace}, ${hook}, ${flow}, 'told', 'Told by the shop', 'hook', 'signed', '{}', 1, 0)`.execute(db())
  await sql`insert into inbox (workspace_id, hook_id, id, key, key_hash, bytes, repeats)
    values (${workspace}, ${hook}, ${newId()}, 'order-55', ${createHash('sha256').update('order-55').digest()}, 1, 2)`.execute(
    db(),
  )
  const found = await history('order-55')
  expect(found.items).toMatchObject([
    {
      what: 'event',
      run: null,
      nodeName: 'Told by the shop',
      sentence: expect.stringContaining('It came 2 more times.'),
    },
  ])
})

describe('nobody sees', () => {
  test('the records of another workspace, though they have the same key', async () => {
    const other = await it.workspace('Other')
    const stranger = await it.member(other, 'owner')
    const answer = await stranger.call('GET', `/workspaces/${other}/records?key=INV-0192`)
    expect(answer.json().items).toEqual([])
    expect((await stranger.call('GET', `${at}/records?key=INV-0192`)).statusCode).toBe(404)
    const hashes = arrayText(hashKeys(it.keys, workspace, ['inv-0192']))
    const spied = await inWorkspace(it.database.app.db, other, async (tx) => [
      ...(
        await sql`select * from tieline_find_reads(${hashes}::bigint[], current_date, current_date, 'infinity', 9)`.execute(
          tx,
        )
      ).rows,
      ...(await sql`select * from tieline_find_effects('{c-1}', '{inv-0192}', 9)`.execute(tx)).rows,
      ...(await sql`select * from tieline_find_exceptions('{inv-0192}', 9)`.execute(tx)).rows,
    ])
    expect(spied).toEqual([])
  })

  test('keys in the clear: the index holds numbers that differ from workspace to workspace', () => {
    const [one] = hashKeys(it.keys, workspace, ['inv-0192'])
    expect(hashKeys(it.keys, newId(), ['inv-0192'])[0]).not.toBe(one)
    expect(hashKeys(it.keys, workspace, ['inv-0192'])[0]).toBe(one)
  })
})

describe('how long traces are kept', () => {
  test('is chosen by an owner, for runs from then on', async () => {
    const consultant = await it.member(workspace, 'consultant')
    expect((await consultant.call('PATCH', `${at}/traces`, { traceClass: 'long' })).statusCode).toBe(403)
    expect((await owner.call('PATCH', `${at}/traces`, { traceClass: 'endless' })).json().code).toBe('REQUEST_INVALID')
    const queue = async () => (await owner.call('POST', `${at}/flows/${flow}/run`, {})).json().id as string
    const before = await queue()
    expect((await owner.call('PATCH', `${at}/traces`, { traceClass: 'short' })).json()).toEqual({
      traceClass: 'short',
      classes: {
        short: { records: 7, steps: 90 },
        standard: { records: 30, steps: 400 },
        long: { records: 180, steps: 2600 },
      },
    })
    expect((await consultant.call('GET', `${at}/traces`)).json()).toMatchObject({ traceClass: 'short' })
    const after = await queue()
    const rows = await db()
      .selectFrom('runs')
      .select(['id', 'trace_class'])
      .where('id', 'in', [before, after])
      .execute()
    expect(Object.fromEntries(rows.map((row) => [row.id, row.trace_class]))).toEqual({
      [before]: 'standard',
      [after]: 'short',
    })
  })

  test('is said where a trace is past its time', async () => {
    const run = await had(['gone'], 50, { id: 'gone' })
    const day = (await db().selectFrom('runs').select('day').where('id', '=', run).executeTakeFirstOrThrow()).day
    const payload = `${at}/runs/${run}/payload?node=read&batch=2&kind=out:out`
    expect((await owner.call('GET', payload)).json()).toMatchObject({ total: 2, note: null })
    await sql`analyze payloads`.execute(db())
    await sql`update runs set state = 'cancelled' where workspace_id = ${workspace} and state = 'queued'`.execute(db())
    while (
      (
        await sql<{ name: string | null }>`select tieline_drop_partition('standard', 30, 45) as name`.execute(
          it.database.system.db,
        )
      ).rows[0]!.name
    );
    const gone = await owner.call('GET', payload)
    expect([gone.statusCode, gone.json().code]).toEqual([410, 'TRACE_GONE'])
    expect(gone.json().detail).toMatch(
      /The records of this run were dropped on \d{4}-\d\d-\d\d: .*“standard” keep them for 30 days/,
    )
    for (const list of ['steps', 'batches']) {
      const answer = (await owner.call('GET', `${at}/runs/${run}/${list}`)).json()
      expect(answer).toMatchObject({ items: [], note: expect.stringContaining('The steps of this run were dropped') })
    }
    expect((await owner.call('GET', `${at}/runs/${run}/steps`)).statusCode).toBe(200)
    const proof = await sql`select rows from dropped_partitions where kept = 'payloads' and day = ${day}::date`.execute(
      db(),
    )
    expect(proof.rows).toEqual([{ rows: 1 }])
  })
})

describe('a person who asks to be forgotten', () => {
  test('is blanked wherever the index finds them; counts stay, neighbours too, and who asked is written down', async () => {
    const mail = 'Erika.Muster@example.com'
    const run = await had([mail.toLowerCase(), 'c-77'], 1, {
      ContactID: 'c-77',
      EmailAddress: mail,
      Name: 'Erika Muster',
    })
    const id = newId()
    const sealed = seal(it.keys, exceptionPlace(workspace, id), zstdCompressSync(JSON.stringify({ email: mail })))
    await sql`
      insert into exceptions (workspace_id, id, flow_id, version, run_id, batch, node_id, position, code, message, desk,
        business_key, record, state)
      values (${workspace}, ${id}, ${flow}, 1, ${run}, 2, 'read', 0, 'RECORD_REFUSED', ${`${mail} was refused.`},
        'marketing', ${mail}, ${sealed}, 'open')`.execute(db())
    const sample = `${at}/flows/${flow}/samples/shape`
    const pinned = await owner.call('PUT', sample, { inputs: { in: [{ EmailAddress: mail }, { InvoiceID: 'other' }] } })
    expect(pinned.statusCode, pinned.body).toBeLessThan(300)
    const erase = (body: object, by = owner) =>
      by.call('POST', `${at}/erasures`, { keys: [mail, 'c-77'], reason: 'Asked by letter', ...body })
    expect((await erase({ dry: true })).json()).toEqual({
      runs: 1,
      records: 2,
      exceptions: 1,
      events: 0,
      left: 0,
      atWork: 0,
    })
    expect((await owner.call('GET', `${at}/exceptions/${id}`)).json().state).toBe('open')
    expect((await owner.call('GET', `${at}/erasures`)).json()).toEqual({ items: [] })
    expect((await erase({}, await it.member(workspace, 'consultant'))).statusCode).toBe(403)
    const done = await erase({})
    expect(done.json(), done.body).toEqual({ runs: 1, records: 2, exceptions: 1, events: 0, left: 0, atWork: 0 })
    const kept = await owner.call('POST', `${at}/runs/${run}/payload/reveal`, {
      node: 'read',
      batch: 2,
      kind: 'out:out',
      reason: 'To see',
    })
    expect(kept.json()).toMatchObject({ total: 2, records: [{ InvoiceID: 'other' }, { erased: true }] })
    expect((await owner.call('GET', `${at}/exceptions/${id}`)).json()).toMatchObject({
      ...{ state: 'dismissed', businessKey: null, message: 'The record was erased.', record: { erased: true } },
    })
    expect((await erase({})).json()).toEqual({ runs: 0, records: 0, exceptions: 0, events: 0, left: 0, atWork: 0 })
    expect(shown(await history(mail))).toEqual([])
    expect((await owner.call('GET', sample)).json().inputs).toEqual({ in: [{ erased: true }, { InvoiceID: 'other' }] })
    const { items: past } = (await owner.call('GET', `${at}/erasures`)).json()
    expect(past[1]).toMatchObject({ reason: 'Asked by letter', by: 'A owner', runs: 1, records: 2, exceptions: 1 })
    const log = await owner.call('GET', `${at}/audit?action=person.erase`)
    expect(log.json().items[1]).toMatchObject({
      detail: { reason: 'Asked by letter', records: 2, exceptions: 1, runs: 1 },
    })
    expect(log.body.toLowerCase()).not.toContain('muster')
    const outside = readFileSync(record, 'utf8')
    expect(
      outside
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual(
      [past[1], past[0]].map(({ id, at }) => ({
        ...{ kind: 'erased', workspace, id, at, by: owner.id },
        hashes: [...hashKeys(it.keys, workspace, [mail.toLowerCase(), 'c-77'])].map(String),
      })),
    )
  })

  test('two who ask at once are both blanked: one does not bring the other back', async () => {
    const [one, other] = ['one@example.com', 'other@example.com']
    const run = await had([one, other], 1, { EmailAddress: one })
    await sql`update payloads set content = ${zstdCompressSync(JSON.stringify([{ a: one }, { b: other }]))}
      where run_id = ${run}`.execute(db())
    await sql`update runs set state = 'running' where id = ${run}`.execute(db())
    const ask = (mail: string) => owner.call('POST', `${at}/erasures`, { keys: [mail], reason: 'Asked' })
    const answers = await Promise.all([one, other, one, other, one, other].map(ask))
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200, 200, 200, 200])
    expect(answers.reduce((sum, answer) => sum + answer.json().records, 0)).toBe(2)
    // What it has read and not written down yet is not reached.
    expect(answers.map((answer) => answer.json().atWork)).toEqual([1, 1, 1, 1, 1, 1])
    await sql`update runs set state = 'succeeded' where id = ${run}`.execute(db())
    const body = { node: 'read', batch: 2, kind: 'out:out', reason: 'To see' }
    const kept = await owner.call('POST', `${at}/runs/${run}/payload/reveal`, body)
    expect(kept.json().records).toEqual([{ erased: true }, { erased: true }])
  })

  test('an export of the workspace has what it is made of, no secret, no record, and is written down', async () => {
    const auditor = await it.member(workspace, 'auditor')
    const watch = { name: 'Failures', watch: { kind: 'failure' }, recipients: [], zone: 'UTC' }
    expect((await owner.call('POST', `${at}/alert-rules`, watch)).statusCode).toBe(201)
    const { statusCode, body } = await auditor.call('GET', `${at}/export`)
    expect(statusCode).toBe(200)
    const lines = body
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { table?: string; row?: Record<string, unknown>; end?: true })
    expect(lines.at(-1)).toMatchObject({ end: true })
    expect(new Set(lines.map(({ table }) => table))).toEqual(
      new Set([
        'effects_in_doubt',
        'workspaces',
        'connections',
        'flows',
        'flow_versions',
        'flow_bindings',
        'exceptions',
        'erasures',
        'alert_rules',
        undefined,
      ]),
    )
    expect(
      lines
        .flatMap(({ row }) => Object.keys(row ?? {}))
        .filter((name) => /secret|token|hash_|record$|content/.test(name)),
    ).toEqual([])
    expect((await it.member(workspace, 'operator').then((one) => one.call('GET', `${at}/export`))).statusCode).toBe(403)
    const entry = (await owner.call('GET', `${at}/audit?action=workspace.export`)).json().items[0]
    expect(entry.actor.id).toBe(auditor.id)
  })
})
