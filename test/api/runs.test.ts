import { zstdCompressSync } from 'node:zlib'
import { textFinder } from '../../server/api/view/find-text.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sql } from 'kysely'
import type { PayloadSearch } from '../../server/contract/payload-search.ts'
import { newId } from '../../server/store/database/ids.ts'
import { arrayText, hashKeys } from '../../server/store/key/record-keys.ts'
import { seal } from '../../server/store/key/secrets.ts'
import { type Caller, type Installation, install, publishedFlow } from './installation.ts'

let it: Installation
let workspace: string
let owner: Caller
let flow: string
let connection: string
let at: string

beforeAll(async () => {
  it = await install()
  workspace = await it.workspace()
  owner = await it.member(workspace, 'owner')
  at = `/workspaces/${workspace}`
  const made = await publishedFlow(owner, workspace)
  flow = made.flow
  connection = made.connection
})
afterAll(() => it.close())

const queue = async (): Promise<string> => (await owner.call('POST', `${at}/flows/${flow}/run`, {})).json().id
const db = () => it.database.owner.db

test('runs are listed newest first, page by page, each once', async () => {
  const made: string[] = []
  for (let n = 0; n < 7; n++) made.push(await queue())
  const seen: string[] = []
  let cursor = ''
  do {
    const page = (await owner.call('GET', `${at}/runs?limit=3${cursor && `&cursor=${cursor}`}`)).json()
    seen.push(...page.items.map(({ id }: { id: string }) => id))
    cursor = page.next ?? ''
  } while (cursor)
  expect(seen).toEqual(made.reverse())
  await db()
    .updateTable('runs')
    .set({ state: 'failed', code: 'REMOTE_DOWN' })
    .where('id', '=', made[2] ?? '')
    .execute()
  const failed = (await owner.call('GET', `${at}/runs?state=failed&flow=${flow}`)).json()
  expect(failed.items).toMatchObject([{ id: made[2], nextAction: expect.stringContaining('Wait until') }])
})

test('runs are narrowed by version, time, length, error, key and who asked, each and all together', async () => {
  const operator = await it.member(workspace, 'operator')
  const [long, short, old, dry] = [await queue(), await queue(), await queue(), await queue()]
  const set = (run: string, values: object) => db().updateTable('runs').set(values).where('id', '=', run).execute()
  const [start, end] = [new Date('2026-05-05T10:00:00Z'), new Date('2026-05-05T10:20:00Z')]
  const ended = { state: 'failed', code: 'FILTERED', started_at: start, ended_at: end } as const
  await set(long, ended)
  await set(short, { ...ended, ended_at: new Date('2026-05-05T10:00:02Z'), requested_by: operator.id })
  await set(old, { ...ended, created_at: new Date('2026-05-05T09:59:00Z') })
  await set(dry, { state: 'paused', code: 'FILTERED', started_at: new Date(Date.now() - 3_600_000), dry: true })
  const ids = async (query: string, by = owner) => {
    const answer = await by.call('GET', `${at}/runs?code=FILTERED&${query}`)
    expect(answer.statusCode, query).toBe(200)
    return answer.json().items.map(({ id }: { id: string }) => id)
  }
  expect(await ids('')).toEqual([dry, old, short, long])
  // What goes on counts as far as it has come.
  expect(await ids('minSeconds=600')).toEqual([dry, old, long])
  expect(await ids('maxSeconds=600')).toEqual([short])
  expect(await ids('minSeconds=2&maxSeconds=3')).toEqual([short])
  expect(await ids('dry=false&limit=1')).toEqual([old])
  expect(await ids(`dry=false&limit=2&cursor=${old}`)).toEqual([short, long])
  expect(await ids('by=me')).toEqual([dry, old, long])
  expect(await ids('by=me', operator)).toEqual([short])
  expect(await ids(`by=${operator.id}`)).toEqual([short])
  expect(await ids(`flow=${flow}&version=1&state=failed`)).toEqual([old, short, long])
  expect(new Set(await ids(`flow=${flow}&state=failed,paused`))).toEqual(new Set([dry, old, short, long]))
  expect((await owner.call('GET', `${at}/runs?state=failed,lost`)).statusCode).toBe(400)
  expect(await ids(`flow=${flow}&version=2`)).toEqual([])
  expect(await ids('from=2020-01-01T00:00:00Z&to=2100-01-01T00:00:00Z')).toEqual([dry, old, short, long])
  expect(await ids('to=2026-06-01T00:00:00Z')).toEqual([])
  // Of two runs that had the record, one by its keys and one by an exception, both are found.
  const { day } = await db().selectFrom('runs').select('day').where('id', '=', short).executeTakeFirstOrThrow()
  const hashes = arrayText(hashKeys(it.keys, workspace, ['inv-0192']))
  await sql`insert into record_keys (workspace_id, run_id, batch, node_id, day, hashes)
    values (${workspace}, ${short}, 0, 'read', ${day}, ${hashes}::bigint[])`.execute(db())
  await sql`insert into exceptions (workspace_id, id, flow_id, version, run_id, batch, node_id, position, code, message,
      business_key, desk, record)
    values (${workspace}, ${newId()}, ${flow}, 1, ${long}, 0, 'shape', 0, 'REMOTE_REJECTED', 'No.', 'INV-0192', 'finance', '')`.execute(
    db(),
  )
  expect(await ids('key=INV-0192')).toEqual([short, long])
  expect(await ids('key=INV-0192&maxSeconds=600')).toEqual([short])
  expect(await ids('key=INV-0193')).toEqual([])
  for (const wrong of ['code=no', 'from=yesterday', 'minSeconds=-1', 'by=Jana', 'version=x', 'key=%20']) {
    expect((await owner.call('GET', `${at}/runs?${wrong}`)).statusCode, wrong).toBe(400)
  }
  await sql`delete from exceptions where run_id = ${long}`.execute(db())
})

describe('cancelling', () => {
  test('a run that nobody works at ends it at once', async () => {
    const run = await queue()
    const cancelled = await owner.call('POST', `${at}/runs/${run}/cancel`)
    expect(cancelled.json()).toMatchObject({ state: 'cancelled', endedAt: expect.any(String) })
    const again = await owner.call('POST', `${at}/runs/${run}/cancel`)
    expect([again.statusCode, again.json().code]).toEqual([409, 'RUN_ENDED'])
  })

  test('a run at work tells its worker', async () => {
    const run = await queue()
    await db().updateTable('runs').set({ state: 'running' }).where('id', '=', run).execute()
    const cancelled = await owner.call('POST', `${at}/runs/${run}/cancel`)
    expect(cancelled.json()).toMatchObject({ state: 'running', cancelRequested: true, endedAt: null })
  })
})

test('steps are added up by node and shown one by one', async () => {
  const run = await queue()
  const { day } = await db().selectFrom('runs').select('day').where('id', '=', run).executeTakeFirstOrThrow()
  for (let batch = 0; batch < 3; batch++) {
    for (const [position, node] of ['read', 'shape'].entries()) {
      await db()
        .insertInto('steps')
        .values({
          ...{ workspace_id: workspace, run_id: run, batch, node_id: node, day, position, epoch: 1 },
          operation: node === 'read' ? 'xero.list-invoices' : 'map',
          ...{ started_at: new Date(), waiting_ms: 5, working_ms: 10, calls: node === 'read' ? 1 : 0, attempts: 2 },
          counts: JSON.stringify({ in: 100, out: 100 - batch }),
          error: batch === 2 && node === 'shape' ? JSON.stringify({ code: 'EXPRESSION_FAILED', message: 'no' }) : null,
        })
        .execute()
    }
  }
  const { items } = (await owner.call('GET', `${at}/runs/${run}/steps`)).json()
  expect(items).toMatchObject([
    { node: 'read', name: 'Invoices', batches: 3, calls: 3, retries: 3, waitingMs: 15, workingMs: 30, failed: 0 },
    { node: 'shape', name: 'Shape', counts: { in: 300, out: 297 }, failed: 1 },
  ])

  expect((await owner.call('GET', `${at}/runs/${run}/waterfall`)).json()).toMatchObject({
    batches: [
      { batch: 0, waitingMs: 10, workingMs: 20, retries: 2, failed: false, node: 'read' },
      { batch: 1 },
      { batch: 2, failed: true, node: 'shape' },
    ],
    more: false,
  })

  const first = (await owner.call('GET', `${at}/runs/${run}/batches?limit=4`)).json()
  const rest = (await owner.call('GET', `${at}/runs/${run}/batches?limit=4&after=${first.next}`)).json()
  expect([...first.items, ...rest.items].map(({ batch, node }) => `${batch} ${node}`)).toEqual([
    ...['0 read', '0 shape', '1 read', '1 shape', '2 read', '2 shape'],
  ])
  expect(rest).toMatchObject({ next: null, items: [{}, { error: { code: 'EXPRESSION_FAILED' } }] })
  const shapes = (await owner.call('GET', `${at}/runs/${run}/batches?node=shape`)).json()
  expect(shapes.items).toHaveLength(3)
})

test('batches come page by page, those with trouble or the longest first on demand, and none is left out', async () => {
  const run = await queue()
  await sql`
    insert into steps (workspace_id, run_id, batch, node_id, day, position, epoch, operation, started_at, waiting_ms,
      working_ms, calls, attempts, counts, error)
    select workspace_id, id, batch, node, day, position, 1, 'map', now(), 10, batch, 0,
      case when batch = 4 and position = 1 then 3 else 1 end, '{"in": 1}',
      case when batch = 6 and position = 1 then '{"code": "REMOTE_DOWN", "message": "No answer."}'::jsonb end
    from runs, generate_series(0, 6) batch, (values ('read', 0), ('shape', 1)) as steps (node, position) where id = ${run}
  `.execute(db())
  type Page = { batches: { batch: number; node: string; workingMs: number }[]; more: boolean }
  const page = async (query: string): Promise<Page> =>
    (await owner.call('GET', `${at}/runs/${run}/waterfall?${query}`)).json()
  const batches = ({ batches, more }: Page) => [...batches.map(({ batch }) => batch), ...(more ? ['more'] : [])]
  expect(batches(await page(''))).toEqual([0, 1, 2, 3, 4, 5, 6])
  expect(batches(await page('limit=3'))).toEqual([0, 1, 2, 'more'])
  expect(batches(await page('limit=3&after=2'))).toEqual([3, 4, 5, 'more'])
  expect(batches(await page('limit=3&after=5'))).toEqual([6])
  expect(batches(await page('only=failed-or-retried'))).toEqual([4, 6])
  expect(batches(await page('only=failed-or-retried&after=4'))).toEqual([6])
  expect(batches(await page('order=longest&limit=2'))).toEqual([6, 5, 'more'])
  expect((await page('order=longest&limit=1')).batches).toMatchObject([
    { batch: 6, waitingMs: 20, workingMs: 12, failed: true, node: 'shape' },
  ])
  const wrong = await owner.call('GET', `${at}/runs/${run}/waterfall?order=longest&after=2`)
  expect(wrong.json()).toMatchObject({ status: 400, code: 'REQUEST_INVALID', detail: expect.stringContaining('after') })
})

describe('payloads', () => {
  const keep = async (
    run: string,
    kind: string,
    chunks: readonly unknown[][],
    total: number,
    { batch = 0, node = 'shape', bytes = 0 } = {},
  ) => {
    const { day } = await db().selectFrom('runs').select('day').where('id', '=', run).executeTakeFirstOrThrow()
    for (const [chunk, records] of chunks.entries()) {
      const content = zstdCompressSync(JSON.stringify(records))
      await db()
        .insertInto('payloads')
        .values({
          ...{ workspace_id: workspace, run_id: run, batch, node_id: node, kind, chunk, day },
          ...{ records: records.length, total, bytes: bytes || content.length, content },
        })
        .execute()
    }
  }
  const numbered = (from: number, count: number) => Array.from({ length: count }, (_, n) => ({ n: from + n }))
  const ask = async (run: string, query: string, by: Caller = owner) =>
    by.call('POST', `${at}/runs/${run}/payload/reveal`, {
      ...{ node: 'shape', batch: 0, reason: 'A customer asked' },
      ...Object.fromEntries(
        [...new URLSearchParams(query)].map(([name, text]) => [
          name,
          name === 'kind' || name === 'contains' ? text : Number(text),
        ]),
      ),
    })

  test('are read across chunks, page by page', async () => {
    const run = await queue()
    await keep(run, 'out:out', [numbered(0, 10), numbered(10, 10), numbered(20, 5)], 25)
    const middle = (await ask(run, 'kind=out:out&offset=8&limit=10')).json()
    expect(middle).toMatchObject({
      records: numbered(8, 10),
      next: 18,
      kept: 25,
      total: 25,
      truncated: false,
      note: null,
    })
    const last = (await ask(run, 'kind=out:out&offset=18&limit=10')).json()
    expect(last).toMatchObject({ records: numbered(18, 7), next: null })
  })

  test('say openly what is missing: samples, size, nothing kept', async () => {
    const run = await queue()
    await keep(run, 'in', [numbered(0, 20)], 900)
    expect((await ask(run, 'kind=in')).json()).toMatchObject({
      kept: 20,
      total: 900,
      note: expect.stringContaining('20 of 900'),
    })

    const large = Array.from({ length: 5 }, (_, n) => ({ n, text: 'x'.repeat(400_000) }))
    await keep(run, 'out:other', [large], 5)
    const cut = (await ask(run, 'kind=out:other&limit=5')).json()
    expect(cut).toMatchObject({ truncated: true, next: 2, note: expect.stringContaining('at most 1 MB') })
    expect(cut.records).toHaveLength(2)

    const huge = [{ text: 'x'.repeat(1_500_000) }]
    await keep(run, 'call', [huge], 1)
    expect((await ask(run, 'kind=call')).json()).toMatchObject({ records: huge, next: null })

    expect((await ask(run, 'kind=out:rejected')).json()).toMatchObject({
      records: [],
      note: expect.stringContaining('Nothing'),
    })
  })

  test('are masked until somebody says why; the reason is in the audit log', async () => {
    const run = await queue()
    const record = {
      InvoiceNumber: 'INV-0192',
      Status: 'PAID',
      Total: 118.5,
      Contact: { ContactID: 'c-1', Name: 'Jana Weiss', EmailAddress: 'jana@example.com' },
      Reference: 'for Jana',
      id: 'jana@example.com',
      url: 'https://api.example.com/contacts?email=jana%40example.com',
      lines: [{ Description: 'A ring', Quantity: 2 }, null, true],
    }
    await keep(run, 'in', [[record, { InvoiceNumber: 'INV-0193' }]], 2)
    const place = `${at}/runs/${run}/payload?node=shape&batch=0&kind=in`
    const shown = await owner.call('GET', place)
    expect(shown.json()).toMatchObject({ masked: true, total: 2 })
    expect(shown.json().records[0]).toEqual({
      InvoiceNumber: 'INV-0192',
      Status: 'PAID',
      Total: '[hidden]',
      Contact: { ContactID: 'c-1', Name: '[hidden]', EmailAddress: '[hidden]' },
      Reference: '[hidden]',
      id: '[hidden]',
      url: 'https://api.example.com/contacts?[hidden]',
      lines: [{ Description: '[hidden]', Quantity: 2 }, null, true],
    })
    expect(shown.body).not.toMatch(/jana|118\.5/i)

    const found = await ask(run, 'kind=in&contains=jana')
    expect(found.json()).toMatchObject({ masked: false, records: [record], kept: 1, note: '1 record holds “jana”.' })
    const { items } = (await owner.call('GET', `${at}/audit?action=payload.reveal`)).json()
    expect(items[0]).toMatchObject({
      subject: { run },
      detail: { node: 'shape', batch: 0, kind: 'in', reason: 'A customer asked' },
    })
    expect(JSON.stringify(items[0].detail)).not.toContain('jana')
    const why = { node: 'shape', batch: 0, kind: 'in' }
    expect((await owner.call('POST', `${at}/runs/${run}/payload/reveal`, { ...why, reason: ' ' })).statusCode).toBe(400)
    const auditor = await it.member(workspace, 'auditor')
    expect((await auditor.call('GET', place)).statusCode).toBe(403)
  })

  test('are masked too where a name is what somebody was asked for by, and where it only ends like that of an id', async () => {
    const run = await queue()
    const person = { birthDate: '1990-01-02', nationalId: 'A 1', flat: '4', candidate: 'Jana', AmountPaid: 5 }
    const errors = { 'jana@example.com': { 2008: 'no such contact' }, '+43660123': 1, 'ada@example.com': 2 }
    const known = { orderId: 'o-1', contact_id: 7, UpdatedDateUTC: '/Date(1)/', created_at: 'x', date: '2026-01-02' }
    const went = { status: 200, requestBytes: 5, headers: { 'x-minlimit-remaining': '59' }, error: 'TIMED_OUT' }
    await keep(run, 'http', [[{ ...went, url: 'https://a.example/x?q=jana', response: { errors, person, known } }]], 1)
    const shown = await owner.call('GET', `${at}/runs/${run}/payload?node=shape&batch=0&kind=http`)
    // How a call went tells of nobody.
    expect(shown.json().records[0]).toMatchObject({ ...went, url: 'https://a.example/x?[hidden]' })
    expect(shown.json().records[0].response).toEqual({
      errors: { '[hidden] 1': { 2008: '[hidden]' }, '[hidden] 2': '[hidden]', '[hidden] 3': '[hidden]' },
      person: Object.fromEntries(Object.keys(person).map((name) => [name, '[hidden]'])),
      known,
    })
    const search = async (q: string) => (await owner.call('GET', `${at}/runs/${run}/search?q=${q}`)).json()
    for (const q of ['jana', 'example.com', '43660', '1990', 'hidden']) expect((await search(q)).hits, q).toEqual([])
    // What stands below such a name says so without it.
    expect((await search('2008')).hits).toMatchObject([{ field: 'response.errors.[hidden].2008', inName: true }])
  })

  describe('of a whole run', () => {
    const ORDER = { InvoiceNumber: 'INV-0192', Reference: 'for Jana', Contact: { Name: 'Jana Weiss' }, Total: 118.5 }
    const find = async (run: string, q: string, more = '') => {
      const answer = await owner.call('GET', `${at}/runs/${run}/search?q=${encodeURIComponent(q)}${more}`)
      expect(answer.statusCode, answer.body).toBe(200)
      return answer.json() as PayloadSearch
    }
    const settled = async (batches: number) => {
      const run = await queue()
      await db().updateTable('runs').set({ batches }).where('id', '=', run).execute()
      return run
    }

    test('are searched over steps and batches; each hit says where it stands', async () => {
      const run = await settled(2)
      const others = [{ InvoiceNumber: 'INV-0001' }, { InvoiceNumber: 'INV-0002' }]
      await keep(run, 'out:out', [others, [{ InvoiceNumber: 'INV-0003' }, ORDER]], 9, { batch: 1, node: 'read' })
      await keep(run, 'in', [[ORDER]], 1, { batch: 1 })
      const exchange = { method: 'GET', url: 'https://api.example.com/invoices/INV-0192?page=1', status: 200 }
      await keep(run, 'http', [[exchange]], 1, { node: 'read' })
      // A letter and its mark may stand apart, in the record or in what is asked for.
      const apart = { Name: 'Jörg Müller'.normalize('NFD') }
      expect(textFinder('müller', false)(apart)).toMatchObject({ field: 'Name', excerpt: { match: 'Müller' } })
      expect((await find(run, 'Ä'.normalize('NFD'))).hits).toEqual([])
      const found = await find(run, ' inv-0192 ')
      const excerpt = { before: '', match: 'INV-0192', after: '' }
      const order = { batch: 1, key: 'INV-0192', field: 'InvoiceNumber', excerpt, inName: false }
      const before = 'https://api.example.com/invoices/'
      expect(found).toEqual({
        hits: [
          {
            ...{ batch: 0, node: 'read', kind: 'http', place: 0, key: null, field: 'url', inName: false },
            excerpt: { before, match: 'INV-0192', after: '' },
          },
          { ...order, node: 'read', kind: 'out:out', place: 3 },
          { ...order, node: 'shape', kind: 'in', place: 0 },
        ],
        next: null,
        batches: { looked: 2, of: 2 },
        records: { looked: 6, missing: 5 },
        masked: true,
      })
      const opened = await owner.call(
        'GET',
        `${at}/runs/${run}/payload?node=read&batch=1&kind=out:out&offset=3&limit=1`,
      )
      expect(opened.json().records).toMatchObject([{ InvoiceNumber: 'INV-0192' }])
      // Names of fields are shown to everybody, so they are found too.
      expect((await find(run, 'Contact')).hits).toMatchObject([
        { field: 'Contact', inName: true },
        { field: 'Contact', inName: true },
      ])
    })

    test('tell nobody of a hidden value, not by hits, not by how far an answer came', async () => {
      const run = await settled(1)
      const urls = ['https://x.example.com/?email=ada%40example.com', 'https://x.example.com/u/eve%40example.com']
      const secret = { id: 'jana@example.com', Note: 'a'.repeat(80), lines: [{ Description: 'A ring' }], flag: true }
      await keep(run, 'in', [[{ ...ORDER, ...secret }, ...urls.map((url) => ({ url }))]], 3)
      const nowhere = await find(run, 'not in any record at all')
      expect(nowhere).toMatchObject({ hits: [], records: { looked: 3 } })
      for (const hidden of [
        'Jana',
        'Weiss',
        '118.5',
        'jana@example.com',
        'aaaa',
        'A ring',
        'ada',
        'email=',
        'eve',
        '[hidden]',
      ]) {
        expect(await find(run, hidden), hidden).toEqual(nowhere)
      }
      // The check can fail: with a reason each of them is found, except the mark, which is in no record.
      const reveal = async (q: string) =>
        (await owner.call('POST', `${at}/runs/${run}/search/reveal`, { q, reason: 'A customer asked' })).json()
      for (const hidden of ['Jana', 'Weiss', '118.5', 'jana@example.com', 'aaaa', 'A ring', 'ada', 'email=', 'eve']) {
        expect((await reveal(hidden)).hits, hidden).toHaveLength(1)
      }
      expect((await reveal('[hidden]')).hits).toEqual([])
      expect((await reveal('weiss')).hits).toMatchObject([
        { field: 'Contact.Name', excerpt: { before: 'Jana ', match: 'Weiss', after: '' }, key: 'INV-0192' },
      ])
      const { items } = (await owner.call('GET', `${at}/audit?action=payload.search`)).json()
      expect(items[0]).toMatchObject({
        subject: { run },
        detail: { reason: 'A customer asked', hits: 1, batches: 1 },
      })
      expect(JSON.stringify(items)).not.toMatch(/weiss|ring/i)
      expect((await owner.call('POST', `${at}/runs/${run}/search/reveal`, { q: 'x' })).statusCode).toBe(400)
      for (const role of ['auditor', 'client'] as const) {
        const outside = await it.member(workspace, role)
        expect((await outside.call('GET', `${at}/runs/${run}/search?q=INV`)).statusCode).toBe(403)
        const asked = await outside.call('POST', `${at}/runs/${run}/search/reveal`, { q: 'INV', reason: 'x' })
        expect(asked.statusCode).toBe(403)
      }
    })

    test('are looked through stretch by stretch, each record once, whatever the page', async () => {
      const run = await settled(12)
      for (let batch = 0; batch < 12; batch++) {
        const records = Array.from({ length: 5 }, (_, n) => ({
          InvoiceNumber: `INV-${batch}-${n}`,
          Status: n % 2 ? 'PAID' : 'VOIDED',
        }))
        await keep(run, 'out:out', [records.slice(0, 3), records.slice(3)], 5, { batch, bytes: 3_000_000 })
      }
      for (const limit of [1, 2, 200]) {
        const seen: string[] = []
        const looked: number[] = []
        let records = 0
        let cursor = ''
        do {
          const page = await find(run, 'paid', `&limit=${limit}${cursor && `&cursor=${cursor}`}`)
          expect(page.hits.length).toBeLessThanOrEqual(limit)
          // Of 3 MB each, three chunks are begun before 8 MB are passed.
          expect(page.records.looked).toBeLessThanOrEqual(8)
          seen.push(...page.hits.map(({ key }) => key ?? ''))
          looked.push(page.batches.looked)
          records += page.records.looked
          cursor = page.next ?? ''
        } while (cursor)
        expect(seen).toEqual(Array.from({ length: 12 }, (_, batch) => [`INV-${batch}-1`, `INV-${batch}-3`]).flat())
        expect(looked.at(-1)).toBe(12)
        expect(looked).toEqual(looked.toSorted((a, b) => a - b))
        expect(records).toBe(60)
      }
      for (const wrong of ['0', '1.2.3.in', 'a.0.0.in.shape', '1.0.0.IN.shape']) {
        const answer = await owner.call('GET', `${at}/runs/${run}/search?q=x&cursor=${wrong}`)
        expect(answer.statusCode, wrong).toBe(400)
      }
      expect((await owner.call('GET', `${at}/runs/${run}/search?q=%20`)).statusCode).toBe(400)
    })
  })

  test('are not shown to those who may not see personal data', async () => {
    const client = await it.member(workspace, 'client')
    expect((await ask(await queue(), 'kind=in', client)).statusCode).toBe(403)
  })
})

test('what a run sent is summed by node, connection and state', async () => {
  const run = await queue()
  const { id: target } = await db()
    .insertInto('targets')
    .values({ workspace_id: workspace, connection_id: connection, operation: 'emarsys.send-sales' })
    .returning('id')
    .executeTakeFirstOrThrow()
  const call = async (state: 'answered' | 'unknown', items: number) => {
    const id = newId()
    await db()
      .insertInto('calls')
      .values({
        workspace_id: workspace,
        id,
        target_id: target,
        run_id: run,
        epoch: 1,
        batch: 0,
        node_id: 'send',
        state,
        items,
      })
      .execute()
    return id
  }
  const answered = await call('answered', 1000)
  await call('answered', 500)
  await call('unknown', 20)
  await db()
    .insertInto('effects')
    .values({
      ...{ workspace_id: workspace, target_id: target, document: 'INV-1', part: '1', kind: 's', call_id: answered },
      ...{ hash: Buffer.alloc(16), position: 3, state: 'rejected' },
    })
    .execute()
  expect((await owner.call('GET', `${at}/runs/${run}/effects`)).json()).toEqual({
    calls: [
      {
        ...{ node: 'send', operation: 'emarsys.send-sales', connection: { id: connection, name: 'Xero of Nordwind' } },
        ...{ state: 'answered', calls: 2, items: 1500 },
      },
      {
        ...{ node: 'send', operation: 'emarsys.send-sales', connection: { id: connection, name: 'Xero of Nordwind' } },
        ...{ state: 'unknown', calls: 1, items: 20 },
      },
    ],
    marked: [{ node: 'send', state: 'rejected', effects: 1 }],
  })
})

describe('an exception', () => {
  const raise = async (more: { desk?: 'finance' | 'technical' } = {}) => {
    const id = newId()
    const record = { InvoiceNumber: 'INV-7', Total: 12.5 }
    await db()
      .insertInto('exceptions')
      .values({
        ...{
          workspace_id: workspace,
          id,
          flow_id: flow,
          version: 1,
          run_id: await queue(),
          batch: 0,
          node_id: 'shape',
        },
        ...{ position: 0, code: 'EXPRESSION_FAILED', message: 'It failed.', desk: more.desk ?? 'finance' },
        ...{ business_key: 'INV-7', amount: '12.50', currency: 'GBP' },
        record: seal(it.keys, `exceptions/${workspace}/${id}`, zstdCompressSync(JSON.stringify(record))),
      })
      .execute()
    return id
  }

  test('is listed without its record, and opened with it by those who may', async () => {
    const id = await raise()
    await raise({ desk: 'technical' })
    const list = (await owner.call('GET', `${at}/exceptions?state=open&desk=finance&flow=${flow}`)).json()
    expect(list.items).toMatchObject([{ id, amount: '12.50', currency: 'GBP', nextAction: expect.any(String) }])
    expect(list.items[0]).not.toHaveProperty('record')
    const opened = await owner.call('GET', `${at}/exceptions/${id}`)
    expect(opened.json()).toMatchObject({ record: { InvoiceNumber: 'INV-7', Total: '[hidden]' }, masked: true })
    const auditor = await it.member(workspace, 'auditor')
    expect((await auditor.call('GET', `${at}/exceptions/${id}`)).statusCode).toBe(403)
    expect((await auditor.call('GET', `${at}/exceptions`)).json().items).toHaveLength(2)
  })

  test('shows its values for a reason that is written down, and is not tried again with hidden ones', async () => {
    const id = await raise()
    const reveal = (body: object) => owner.call('POST', `${at}/exceptions/${id}/reveal`, body)
    expect((await reveal({ reason: ' ' })).statusCode).toBe(400)
    expect((await reveal({ reason: 'To correct it' })).json()).toMatchObject({
      record: { InvoiceNumber: 'INV-7', Total: 12.5 },
      masked: false,
    })
    const auditor = await it.member(workspace, 'auditor')
    expect((await auditor.call('POST', `${at}/exceptions/${id}/reveal`, { reason: 'Curious' })).statusCode).toBe(403)
    const written = (await owner.call('GET', `${at}/audit?limit=5`)).json().items
    expect(written.filter(({ action }: { action: string }) => action === 'exception.reveal')).toMatchObject([
      { detail: { reason: 'To correct it' } },
    ])
    const { record } = (await owner.call('GET', `${at}/exceptions/${id}`)).json()
    const retried = await owner.call('POST', `${at}/exceptions/${id}/retry`, { record: { lines: [record] } })
    expect([retried.statusCode, retried.json().detail]).toEqual([
      400,
      expect.stringContaining('“record.lines[0].Total” is hidden'),
    ])
  })

  test('is dismissed once, with a reason and a name', async () => {
    const id = await raise()
    expect((await owner.call('POST', `${at}/exceptions/${id}/dismiss`, { reason: ' ' })).statusCode).toBe(400)
    const dismissed = await owner.call('POST', `${at}/exceptions/${id}/dismiss`, { reason: 'Entered by hand' })
    expect(dismissed.json()).toMatchObject({ state: 'dismissed', resolution: 'Entered by hand', resolvedBy: 'A owner' })
    const again = await owner.call('POST', `${at}/exceptions/${id}/dismiss`, { reason: 'Again' })
    expect([again.statusCode, again.json().code]).toEqual([409, 'EXCEPTION_CLOSED'])
  })
})

test('the catalog carries what the editor needs', async () => {
  const { operations, connectors } = (await owner.call('GET', '/catalog')).json()
  expect(operations.map(({ id }: { id: string }) => id)).toEqual(
    expect.arrayContaining(['manual', 'schedule', 'map', 'xero.list-invoices', 'emarsys.send-sales']),
  )
  expect(operations.find(({ id }: { id: string }) => id === 'map').settings.properties.expression.format).toBe(
    'jsonata',
  )
  expect(connectors.find(({ name }: { name: string }) => name === 'xero').logins).toContainEqual(
    expect.objectContaining({
      name: 'oauth-code',
      browser: true,
      secrets: expect.objectContaining({ type: 'object' }),
    }),
  )
})

test('health says everything to those who are signed in', async () => {
  await queue()
  const health = (await owner.call('GET', '/health')).json()
  expect(health).toMatchObject({ version: expect.stringMatching(/^\d/), database: { ok: true } })
  expect(health.queue.queued).toBeGreaterThan(0)
  expect(health.queue.oldestQueuedSeconds).toBeGreaterThanOrEqual(0)
})
