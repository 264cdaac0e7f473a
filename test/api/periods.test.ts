import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
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

beforeAll(async () => {
  it = await install()
  workspace = await it.workspace()
  owner = await it.member(workspace, 'owner')
  finance = await it.member(workspace, 'finance')
  at = `/workspaces/${workspace}`
  const connect = async (body: object) => (await owner.call('POST', `${at}/connections`, body)).json().id as string
  const bindings = {
    xero: await connect(XERO_CONNECTION),
    emarsys: await connect(EMARSYS),
  }
  const body = { name: 'Purchases', bindings, answers: { customerField: '9001' } }
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
  const started = await check()
  expect(started.statusCode, started.body).toBe(202)
  const { run } = started.json()
  expect(started.json()).toMatchObject({ state: 'queued', totals: null, agrees: false, old: false })
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

  const signed = await sign({ run })
  expect(signed.statusCode, signed.body).toBe(201)
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
  await sql`update runs set counts = '{"reversed": 1}' where id = ${real}`.execute(it.database.owner.db)
  expect((await sign({ run: good, note: 'x' })).json()).toMatchObject({ status: 409, code: 'CHECK_OLD' })
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
