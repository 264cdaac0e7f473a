import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startEmarsysSandbox } from '../../connectors/emarsys/sandbox/server.ts'
import type { Limit } from '../../connectors/kit/connector.ts'
import { StepError } from '../../connectors/kit/errors.ts'
import { xero } from '../../connectors/xero/index.ts'
import { TRUE_LIMITS } from '../../connectors/xero/sandbox/limits.ts'
import { startXeroSandbox } from '../../connectors/xero/sandbox/server.ts'
import { HOLD_MS } from '../../server/connect/book.ts'
import { type BudgetsParts, createBudgets, NO_LIMIT } from '../../server/connect/budgets.ts'
import { createEvaluator, type Evaluator } from '../../server/evaluate/pool.ts'
import { openDatabase } from '../../server/store/database/database.ts'
import { createKeyring } from '../../server/store/key/secrets.ts'
import { rejection } from '../connectors/support/remote.ts'
import { type CallerProcess, startCallerProcess } from '../support/caller-order.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { openWorkspace } from '../support/workspace.ts'

let database: TestDatabase
let evaluator: Evaluator
beforeAll(async () => {
  database = await testDatabase()
  evaluator = createEvaluator({ children: 1 })
})
afterAll(async () => {
  await evaluator?.close()
  await database?.drop()
})

const signal = new AbortController().signal
/** Few, so that a busy machine can keep up with short minutes. */
const PER_MINUTE = 20

/**
 * The share of the allowance that is used: how long three of them last, from the end of one to the end of another. A
 * machine that is busy with something else for a moment gets more tries.
 */
async function shareOf(admitted: () => number | Promise<number>, minuteMs: number): Promise<number> {
  const reached = async (calls: number) => {
    while ((await admitted()) < calls) await sleep(20)
    return performance.now()
  }
  let best = 0
  for (let tried = 0, done = PER_MINUTE; tried < 5 && best < 0.8; tried++, done += 3 * PER_MINUTE) {
    const began = await reached(done)
    best = Math.max(best, (3 * minuteMs) / ((await reached(done + 3 * PER_MINUTE)) - began))
  }
  return best
}

let keys = 0
/** An organisation that nobody has called yet. */
const organisation = (): Limit => {
  keys += 1
  const connection = { apiUrl: 'https://api.example', tenantId: `secret-tenant-${keys}` }
  return xero.limits(connection, { credential: 'app' })[0]!
}

/** As another process has them: only the database is shared. */
async function process(more: Partial<BudgetsParts> = {}) {
  const pool = openDatabase({ url: database.appUrl, max: 3 })
  const budgets = createBudgets({
    db: pool.db,
    keys: createKeyring(database.secretKey),
    longestWaitMs: 1_000,
    ...more,
  })
  return { ...budgets, [Symbol.asyncDispose]: () => budgets.close().then(() => pool.close()) }
}

test('two processes with connections of two workspaces use one allowance up, and never more', {
  timeout: 180_000,
}, async () => {
  const spans = { minuteMs: 2_000 }
  const ledger = await startXeroSandbox({
    contacts: 5,
    invoices: 5,
    creditNotes: 1,
    limits: { perMinute: PER_MINUTE },
    ...spans,
  })
  const marketing = await startEmarsysSandbox({ contacts: 5, limits: { perMinute: PER_MINUTE }, ...spans })
  const callers: CallerProcess[] = []
  try {
    const orders = []
    for (let one = 0; one < 2; one++) {
      const workspace = await openWorkspace({
        database,
        evaluator,
        xero: ledger,
        emarsys: marketing,
        withoutWorker: true,
      })
      const connections = {
        xero: await workspace.connect(
          'xero',
          'custom-connection',
          { identityUrl: ledger.url, loginUrl: ledger.url, apiUrl: ledger.url, callsPerMinute: PER_MINUTE },
          { clientId: ledger.clientId, clientSecret: ledger.clientSecret },
        ),
        emarsys: await workspace.connect(
          'emarsys',
          'oauth-client',
          {
            apiUrl: marketing.url,
            tokenUrl: `${marketing.url}/oauth2/token`,
            salesUrl: marketing.url,
            callsPerMinute: PER_MINUTE,
          },
          { clientId: marketing.clientId, clientSecret: marketing.clientSecret },
        ),
      }
      await workspace.stop()
      orders.push({
        appUrl: database.appUrl,
        secretKey: database.secretKey.toString('hex'),
        egressAllow: [new URL(ledger.url).host, new URL(marketing.url).host],
        spans,
        calls: [
          {
            workspace: workspace.id,
            connection: connections.xero,
            url: `${ledger.url}/api.xro/2.0/Organisation`,
            callers: 8,
          },
          {
            workspace: workspace.id,
            connection: connections.emarsys,
            url: `${marketing.url}/api/v3/settings`,
            callers: 8,
          },
        ],
      })
    }
    callers.push(...(await Promise.all(orders.map(startCallerProcess))))
    const emarsysState = async () =>
      (await (await fetch(`${marketing.url}/control/state`)).json()) as { admitted: number; breaches: number }
    const xeroShare = shareOf(() => Number(ledger.status().admitted), spans.minuteMs)
    const emarsysShare = shareOf(async () => (await emarsysState()).admitted, spans.minuteMs)
    expect(await xeroShare).toBeGreaterThanOrEqual(0.8)
    expect(await emarsysShare).toBeGreaterThanOrEqual(0.8)
    const statuses = await Promise.all(callers.splice(0).map((caller) => caller.stop()))

    expect(ledger.status().breaches).toEqual({ concurrent: 0, minute: 0, day: 0, appminute: 0 })
    expect((await emarsysState()).breaches).toBe(0)
    for (const status of statuses) expect(Object.keys(status)).toEqual(['200'])
  } finally {
    for (const caller of callers) await caller.kill()
    await ledger.close()
    await marketing.close()
  }
})

test('what one process was told by the remote holds for the other', async () => {
  await using one = await process()
  await using other = await process()
  const limits = [organisation()]
  const release = await one.of(limits).take(signal)
  one.of(limits).observe({ status: 200, headers: { 'x-minlimit-remaining': '2', 'x-daylimit-remaining': '900' } })
  release()
  for (let call = 0; call < 2; call++) {
    // The report is on its way: until it is in the book, the other process may not know.
    await expect.poll(async () => (await other.usage(limits))?.usedMinute).toBe(58 + call)
    ;(await other.of(limits).take(signal))()
  }
  await expect.poll(async () => (await other.usage(limits))?.usedMinute).toBe(60)
  expect(await rejection(other.of(limits).take(signal))).toMatchObject({ code: 'RATE_LIMITED', dialled: 'no' })
  expect(await other.usage(limits)).toMatchObject({ perMinute: 60, perDay: 5000, usedDay: 4102, pausedUntil: null })
})

test('a 429 in one process stops the other, for as long as the remote says', async () => {
  await using one = await process()
  await using other = await process()
  const limits = [organisation()]
  const release = await one.of(limits).take(signal)
  one.of(limits).observe({ status: 429, headers: { 'retry-after': '26', 'x-rate-limit-problem': 'minute' } })
  release()
  await expect.poll(async () => (await other.usage(limits))?.pausedUntil).toBeInstanceOf(Date)
  const error = (await rejection(other.of(limits).take(signal))) as StepError
  expect(error.code).toBe('RATE_LIMITED')
  expect(error.retryAfterMs).toBeGreaterThan(15_000)
  expect(error.retryAfterMs).toBeLessThanOrEqual(26_000)
})

test('no more calls at once than allowed, over all processes', async () => {
  await using one = await process({ longestWaitMs: 30_000 })
  await using other = await process({ longestWaitMs: 30_000 })
  const limits = [organisation()]
  let running = 0
  let most = 0
  await Promise.all(
    Array.from({ length: 40 }, async (_, call) => {
      const release = await (call % 2 ? one : other).of(limits).take(signal)
      running += 1
      most = Math.max(most, running)
      await sleep(50)
      running -= 1
      release()
    }),
  )
  expect(most).toBe(5)
})

test('the places of a process that was killed are free when its calls have ended, and never too many run', {
  timeout: 180_000,
}, async () => {
  const ledger = await startXeroSandbox({
    ...{ contacts: 5, invoices: 5, creditNotes: 1, latencyMs: 400 },
    limits: { ...TRUE_LIMITS, perMinute: 1_000 },
  })
  const marketing = await startEmarsysSandbox({ limits: 'off' })
  const callers: CallerProcess[] = []
  try {
    const workspace = await openWorkspace({
      ...{ database, evaluator, xero: ledger, emarsys: marketing, withoutWorker: true },
    })
    const { url, clientId, clientSecret } = ledger
    const connection = await workspace.connect(
      'xero',
      'custom-connection',
      { identityUrl: url, loginUrl: url, apiUrl: url, callsPerMinute: 1_000 },
      { clientId, clientSecret },
    )
    await workspace.stop()
    const order = {
      appUrl: database.appUrl,
      secretKey: database.secretKey.toString('hex'),
      egressAllow: [new URL(url).host],
      spans: {},
      calls: [{ workspace: workspace.id, connection, url: `${url}/api.xro/2.0/Organisation`, callers: 8 }],
    }
    const admitted = () => Number(ledger.status().admitted)
    for (let round = 0; round < 3; round++) {
      const heir = await startCallerProcess({ ...order, onDemand: true })
      callers.push(heir)
      const victim = await startCallerProcess(order)
      callers.push(victim)
      const before = admitted()
      // All five places are its own, and it has heard some answers.
      const busy = () => admitted() > before + 10 && ledger.status().inProgress === 5
      await expect.poll(busy, { timeout: 30_000, interval: 10 }).toBe(true)
      await victim.kill()
      const died = performance.now()
      expect(await heir.call()).toEqual({ 200: 8 })
      expect(performance.now() - died).toBeLessThan(HOLD_MS * 0.7)
      await heir.stop()
    }
    expect(ledger.status().breaches).toEqual({ concurrent: 0, minute: 0, day: 0, appminute: 0 })
  } finally {
    for (const caller of callers) await caller.kill()
    await ledger.close()
    await marketing.close()
  }
})

test('a day that is used up says so, and when it goes on', async () => {
  await using one = await process()
  await using other = await process()
  const limits = [{ ...organisation(), perDay: 3 }]
  const quotaOf = async () => (await one.quotas()).find(({ system }) => system === 'xero')
  ;(await one.of(limits, 'xero').take(signal))()
  await other.of(limits, 'xero').take(signal)
  expect(await quotaOf()).toEqual({ system: 'xero', fullest: expect.closeTo(2 / 3), nearlyUsed: 0, paused: 0 })
  ;(await one.of(limits, 'xero').take(signal))()
  expect(await quotaOf()).toEqual({ system: 'xero', fullest: 1, nearlyUsed: 1, paused: 0 })
  const error = (await rejection(other.of(limits).take(signal))) as StepError
  expect(error.message).toMatch(
    /^Today's allowance of 3 calls is used; it goes on at \d\d:\d\d UTC on \d{4}-\d\d-\d\d\.$/,
  )
  expect(error.retryAfterMs).toBeGreaterThan(23 * 3600_000)
})

test('who is counted stands in the database as a hash only', async () => {
  await using one = await process()
  ;(await one.of([organisation()]).take(signal))()
  const { rows } = await sql<{ all: string }>`select string_agg(b::text, '') as all from budgets b`.execute(
    database.owner.db,
  )
  expect(rows[0]!.all).not.toContain('tenant')
  expect(rows[0]!.all).not.toContain(Buffer.from('tenant').toString('hex'))
})

test('where nothing is limited, nobody is asked', async () => {
  const nowhere = openDatabase({ url: 'postgres://nobody@127.0.0.1:1/none' })
  const budgets = createBudgets({ db: nowhere.db, keys: createKeyring(Buffer.alloc(32, 1)) })
  const limits = [{ ...organisation(), perMinute: NO_LIMIT, perDay: 10 * NO_LIMIT }]
  for (let call = 0; call < 100; call++) (await budgets.of(limits).take(signal))()
  expect(await budgets.usage(limits)).toBeUndefined()
  await budgets.close()
  await nowhere.close()
})

test('while the database is away nothing is called: who waits too long comes back later, who stops waiting may', async () => {
  const nowhere = openDatabase({ url: 'postgres://nobody@127.0.0.1:1/none' })
  const budgets = createBudgets({ db: nowhere.db, keys: createKeyring(Buffer.alloc(32, 1)), longestWaitMs: 100 })
  const budget = budgets.of([organisation()])
  const stop = new AbortController()
  const stopped = rejection(budget.take(stop.signal))
  const late = rejection(budget.take(signal))
  const reason = new Error('stopped by hand')
  stop.abort(reason)
  expect(await stopped).toBe(reason)
  const error = (await late) as StepError
  expect(error).toBeInstanceOf(StepError)
  expect(error).toMatchObject({ code: 'CONNECTION_LOST', dialled: 'no' })
  expect(error.retryAfterMs).toBeGreaterThan(30_000)
  await budgets.close()
  await nowhere.close()
})
