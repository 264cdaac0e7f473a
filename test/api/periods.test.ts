import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SignOffList } from '../../server/contract/period-documents.ts'
import type { PeriodFlow } from '../../server/contract/periods.ts'
import { type Caller, type Installation, install, publishedFlow, XERO_CONNECTION } from './installation.ts'

// Checks are dry runs; no worker is there, so their ends are set by hand. test/templates/periods.test.ts has real ones.

const EMARSYS = {
  ...{ connector: 'emarsys', name: 'Marketing', login: 'oauth-client' },
  settings: { merchantId: 'm1' },
  secrets: { clientId: 'id', clientSecret: 'never-to-be-seen', salesToken: 'nor-this' },
}

let it: Installation
let workspace: string
let owner: Caller
let finance: Caller
let flow: string
let at: string
let connect: (body: object) => Promise<string>
let bound: Promise<{ xero: string; emarsys: string }> | undefined

/** The same two connections for every flow. */
const bindings = () => {
  bound ??= (async () => ({ xero: await connect(XERO_CONNECTION), emarsys: await connect(EMARSYS) }))()
  return bound
}

beforeAll(async () => {
  it = await install()
  workspace = await it.workspace()
  owner = await it.member(workspace, 'owner')
  finance = await it.member(workspace, 'finance')
  at = `/workspaces/${workspace}`
  connect = async (body: object) => (await owner.call('POST', `${at}/connections`, body)).json().id as string
  const body = { name: 'Purchases', bindings: await bindings(), answers: { customerField: '9001' } }
  const answer = await owner.call('POST', `${at}/templates/paid-invoices-to-purchases/install`, body)
  if (answer.statusCode >= 300) throw new Error(answer.body)
  flow = answer.json().id ?? answer.json().flow.id
})
afterAll(() => it?.close())

const MONTH = '2024-10'
const month = async (by = finance, period = MONTH) => (await by.call('GET', `${at}/periods/${period}`)).json()
const check = (by = finance, of = flow, period = MONTH) => by.call('POST', `${at}/periods/${period}/flows/${of}/check`)
const sign = (body: object, by = finance, period = MONTH) =>
  by.call('POST', `${at}/periods/${period}/flows/${flow}/sign-off`, body)

const documents = { agree: 12, different: 0, missing: 0, extra: 0 }
const sums = [{ currency: 'EUR', source: '100.1', ledger: '100.1', difference: '0' }]

/** As a worker leaves it. */
async function end(run: string, totals: object | null, setAside = 0, state = 'succeeded') {
  const counts = JSON.stringify({ rejected: setAside })
  await sql`update runs set state = ${state}, started_at = now(), ended_at = now(), counts = ${counts}::jsonb
    where id = ${run}`.execute(it.database.owner.db)
  await sql`update period_checks set totals = ${totals && JSON.stringify(totals)}::jsonb where run_id = ${run}`.execute(
    it.database.owner.db,
  )
}

type Sides = readonly [source: string, ledger: string, state: string, currency?: string]

/** As the end of a check keeps its documents, in euros where no currency is given. */
async function keep(run: string, of: string, list: { readonly [document: string]: Sides }) {
  const { db } = it.database.owner
  for (const [document, [source, ledger, state, currency = 'EUR']] of Object.entries(list)) {
    const name = document.replace('invoice ', 'INV-')
    await sql`insert into period_documents
        (workspace_id, flow_id, run_id, target_id, document, currency, name, source, ledger, state)
      values (${workspace}, ${of}, ${run}, 1, ${document}, ${currency}, ${name}, ${source}, ${ledger}, ${state})`.execute(
      db,
    )
  }
  await sql`update period_checks set evidence = ${Buffer.alloc(32, 0xab)}, changed = 1 where run_id = ${run}`.execute(
    db,
  )
}

async function checked(totals: object, setAside = 0, period = MONTH): Promise<string> {
  const { run } = (await check(finance, flow, period)).json()
  await end(run, totals, setAside)
  return run
}

test('a month is checked by a dry run over its days, one at a time, and signed when it agrees', async () => {
  await publishedFlow(owner, workspace)
  expect(await month()).toMatchObject({
    ...{ period: MONTH, from: '2024-10-01', to: '2024-11-01', over: true },
    flows: [{ flow: { id: flow, name: 'Purchases' }, check: null, latest: null, signOff: null }],
  })
  // Two people at once: one check.
  const [started, second] = (await Promise.all([check(), check()])).sort((a, b) => a.statusCode - b.statusCode)
  expect([started!.statusCode, second!.statusCode], started!.body).toEqual([202, 409])
  const { run } = started!.json()
  expect(started!.json()).toMatchObject({ state: 'queued', totals: null, agrees: false, old: false })
  const { rows } = await sql`select dry, start, requested_by from runs where id = ${run}`.execute(it.database.owner.db)
  expect(rows).toEqual([
    { dry: true, start: { kind: 'window', from: '2024-10-01', to: '2024-11-01' }, requested_by: finance.id },
  ])
  expect((await check()).json()).toMatchObject({ status: 409, code: 'CHECK_ACTIVE' })
  expect((await sign({ run })).json()).toMatchObject({ code: 'CHECK_MISSING' })
  await end(run, { documents, sums })
  expect((await month()).flows[0]).toMatchObject({
    check: { run, agrees: true, totals: { documents, sums } },
    latest: null,
  })

  // Two people at once, or one twice: one sign-off, and the other hears whose it is.
  const answers = await Promise.all([sign({ run }), sign({ run }, owner)])
  const signed = answers.find(({ statusCode }) => statusCode === 201)!
  const late = answers.find((answer) => answer !== signed)!
  expect(late.json(), signed?.body).toMatchObject({ status: 409, code: 'ALREADY_SIGNED' })
  expect(late.json().detail).toContain(signed.json().signOff.by)
  expect(signed.json().signOff).toMatchObject({ run, note: null, totals: { documents, sums }, setAside: 0 })
  const log = (await owner.call('GET', `${at}/audit?flow=${flow}&action=period.sign-off`)).json()
  expect(log.items).toMatchObject([{ detail: { period: MONTH, agrees: true, run } }])

  // One that fails afterwards is shown beside what is known.
  const failing = (await check()).json().run
  await end(failing, null, 0, 'failed')
  expect((await month()).flows[0]).toMatchObject({
    check: { run },
    latest: { run: failing, state: 'failed', totals: null },
  })
})

test('what does not agree needs a note; what is old, open or not the newest is refused', async () => {
  const off = { documents: { ...documents, missing: 1 }, sums }
  const run = await checked(off)
  expect((await sign({ run })).json()).toMatchObject({ status: 409, code: 'PERIOD_DISAGREES' })
  expect((await sign({ run, note: '  ' })).statusCode).toBe(400)
  expect((await sign({ run, note: 'Sent by hand' })).json().signOff).toMatchObject({ note: 'Sent by hand' })
  const aside = await checked({ documents, sums }, 1)
  expect((await sign({ run: aside })).json()).toMatchObject({ code: 'PERIOD_DISAGREES' })
  expect((await sign({ run, note: 'x' })).json()).toMatchObject({ code: 'CHECK_MISSING' })

  const now = new Date().toISOString().slice(0, 7)
  const open = await checked({ documents, sums }, 0, now)
  expect((await sign({ run: open }, finance, now)).json()).toMatchObject({ code: 'PERIOD_OPEN' })
  expect((await check(finance, flow, '2150-01')).json()).toMatchObject({ status: 422, code: 'BACKFILL_WINDOW' })

  const good = await checked({ documents, sums })
  const real = (await owner.call('POST', `${at}/flows/${flow}/run`, {})).json().id
  await sql`update runs set state = 'succeeded', started_at = now(), ended_at = now(), counts = '{"read": 5}'
    where id = ${real}`.execute(it.database.owner.db)
  expect((await month()).flows[0].check).toMatchObject({ run: good, old: false })
  await sql`update runs set counts = '{"reversed": 1}', moved = true where id = ${real}`.execute(it.database.owner.db)
  expect((await sign({ run: good, note: 'x' })).json()).toMatchObject({ status: 409, code: 'CHECK_OLD' })
})

test('documents that differ are listed across flows, added up once, and exported; a sign-off is taken back with a reason', async () => {
  const body = { name: 'More purchases', bindings: await bindings(), answers: { customerField: '9001' } }
  const installed = (await owner.call('POST', `${at}/templates/paid-invoices-to-purchases/install`, body)).json()
  const other = (installed.id ?? installed.flow.id) as string
  const period = '2024-08'
  const one = await checked({ documents: { agree: 1, different: 1, missing: 0, extra: 0 }, sums }, 0, period)
  await keep(one, flow, { 'invoice 1': ['10.10', '10.10', 'agree'], 'invoice 2': ['20', '-5.05', 'different'] })
  expect((await month(finance, period)).totals).toEqual(sums)
  const two = (await check(finance, other, period)).json().run
  await end(two, { documents: { agree: 0, different: 2, missing: 1, extra: 0 }, sums })
  await keep(two, other, {
    'invoice 2': ['21.00', '-5.05', 'different'],
    '=2+5, "x"': ['1', '0', 'missing', 'USD'],
    '-3': ['2', '1', 'different', 'GBP'],
  })
  // What both send counts once, as it was checked last; currencies are never added up.
  expect((await month(finance, period)).totals).toEqual([
    { currency: 'EUR', source: '31.1', ledger: '5.05', difference: '26.05' },
    { currency: 'GBP', source: '2', ledger: '1', difference: '1' },
    { currency: 'USD', source: '1', ledger: '0', difference: '1' },
  ])
  const documentsOf = async (query: string) =>
    (await finance.call('GET', `${at}/periods/${period}/documents?only=differing${query}`)).json()
  const first = await documentsOf('&limit=3')
  const rest = await documentsOf(`&limit=3&cursor=${first.next}`)
  expect([first.items.length, rest.items.length, rest.next]).toEqual([3, 1, null])
  const listed = [...first.items, ...rest.items].map((row) => `${row.flow} ${row.document}`)
  expect(new Set(listed).size).toBe(4)
  expect((await documentsOf('&currency=EUR')).items).toHaveLength(2)
  expect((await documentsOf(`&flow=${flow}`)).items).toEqual([
    {
      ...{ flow, document: 'invoice 2', name: 'INV-2', currency: 'EUR' },
      ...{ source: '20', ledger: '-5.05', difference: '25.05', state: 'different' },
    },
  ])
  const odd = await finance.call('GET', `${at}/periods/${period}/documents?cursor=bm90`)
  expect(odd.json().code).toBe('REQUEST_INVALID')

  const signed = await sign({ run: one, note: '=HYPERLINK("x")' }, finance, period)
  expect(signed.json()).toMatchObject({ signOff: { kind: 'signed', evidence: 'ab'.repeat(32) }, changed: null })
  const file = await finance.call('GET', `${at}/periods/${period}/export`)
  expect(file.headers).toMatchObject({ 'content-type': 'text/csv; charset=utf-8' })
  const [header, ...lines] = file.body.replace('\uFEFF', '').trimEnd().split('\r\n')
  expect(header).toBe(
    'period,flow,flow_id,document,name,currency,source,ledger,difference,state,set_aside,check_run,checked_at,signed_off_by,signed_off_at,note,evidence_sha256',
  )
  expect(lines).toHaveLength(5)
  // Numbers stay numbers; what a spreadsheet would carry out is text.
  const line = (part: string) => lines.find((text) => text.includes(part))
  expect(line('invoice 1')).toContain(`2024-08,Purchases,${flow},invoice 1,INV-1,EUR,10.10,10.10,0.00,agree,0,${one},`)
  expect(line('25.05')).toContain(`,EUR,20,-5.05,25.05,different,0,${one},`)
  expect(line('25.05')).toContain(`,${signed.json().signOff.at},"'=HYPERLINK(""x"")",ab`)
  expect(line('2+5')).toContain(`,"'=2+5, ""x""","'=2+5, ""x""",USD,1,0,1,missing,0,${two},`)
  const differing = await finance.call('GET', `${at}/periods/${period}/export?only=differing&flow=${flow}`)
  expect(differing.body.trimEnd().split('\r\n')).toHaveLength(2)
  const log = (await owner.call('GET', `${at}/audit?action=period.export`)).json()
  expect(log.items.at(-1).detail).toMatchObject({ period, checks: expect.arrayContaining([one, two]) })
  const operator = await it.member(workspace, 'operator')
  expect((await operator.call('GET', `${at}/periods/${period}/export`)).statusCode).toBe(403)
  // A file of which something went away meanwhile does not end as if it were whole.
  await sql`delete from period_documents where run_id = ${two} and document = '-3'`.execute(it.database.owner.db)
  await expect(finance.call('GET', `${at}/periods/${period}/export`)).rejects.toThrow()

  // Checked again, it is other than it was signed: then and now, document by document.
  const newer = await checked({ documents: { agree: 2, different: 0, missing: 0, extra: 0 }, sums }, 0, period)
  await keep(newer, flow, { 'invoice 1': ['10.10', '10.10', 'agree'], 'invoice 3': ['1', '1', 'agree'] })
  const shown = (await month(finance, period)).flows
  expect(shown.find((row: PeriodFlow) => row.flow.id === flow).changed).toEqual({ documents: 1, sent: 0 })
  expect((await finance.call('GET', `${at}/periods/${period}/flows/${flow}/changes`)).json()).toEqual({
    items: [
      { document: 'invoice 2', name: 'INV-2', currency: 'EUR', signed: { source: '20', ledger: '-5.05' }, now: null },
      { document: 'invoice 3', name: 'INV-3', currency: 'EUR', signed: null, now: { source: '1', ledger: '1' } },
    ],
    ...{ next: null, sent: [] },
  })
  const then = await finance.call('GET', `${at}/periods/${period}/export?run=${one}`)
  expect(then.body).toContain(',invoice 2,INV-2,EUR,20,-5.05,')

  const reopen = (reason: string, by = finance) =>
    by.call('POST', `${at}/periods/${period}/flows/${flow}/reopen`, { reason })
  expect((await reopen(' ')).statusCode).toBe(400)
  expect((await reopen('No', operator)).statusCode).toBe(403)
  const taken = await reopen('INV-3 came late')
  expect(taken.statusCode, taken.body).toBe(201)
  expect(taken.json()).toMatchObject({ signOff: { kind: 'reopened', note: 'INV-3 came late' }, changed: null })
  expect((await reopen('Again')).json().code).toBe('NOT_SIGNED')
  expect((await finance.call('GET', `${at}/periods/${period}/flows/${flow}/changes`)).json().code).toBe('NOT_SIGNED')
  expect((await sign({ run: newer }, finance, period)).statusCode).toBe(201)
  const history: SignOffList = (await finance.call('GET', `${at}/sign-offs?period=${period}`)).json()
  expect(history.items.map(({ kind, counts, run, note }) => [kind, counts, run, note])).toEqual([
    ['signed', true, newer, null],
    ['reopened', false, one, 'INV-3 came late'],
    ['signed', false, one, '=HYPERLINK("x")'],
  ])
  const page = (await finance.call('GET', `${at}/sign-offs?limit=1`)).json()
  expect([page.items.length, page.next]).toEqual([1, page.items[0].id])
})

test('a flow that sends no money cannot be checked, and nobody sees or signs the months of others', async () => {
  const { flow: other } = await publishedFlow(owner, workspace)
  expect((await check(finance, other)).json()).toMatchObject({ code: 'BACKFILL_UNSUPPORTED' })
  const operator = await it.member(workspace, 'operator')
  expect((await sign({ run: flow }, operator)).statusCode).toBe(403)
  expect((await check(operator)).statusCode).toBe(202)
  const stranger = await it.workspace()
  const eve = await it.member(stranger, 'owner')
  const there = `/workspaces/${stranger}/periods/${MONTH}`
  expect((await eve.call('GET', there)).json().flows).toEqual([])
  expect((await eve.call('POST', `${there}/flows/${flow}/check`)).statusCode).toBe(404)
  expect((await eve.call('POST', `${there}/flows/${flow}/sign-off`, { run: flow })).statusCode).toBe(404)

  // What was signed is kept as it was.
  const change = sql`update period_sign_offs set note = 'x'`
  await expect(change.execute(it.database.app.db)).rejects.toThrow(/permission denied/)
})
