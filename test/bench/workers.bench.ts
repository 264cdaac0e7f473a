import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RunView } from '../../server/contract/runs.ts'
import type { Flow } from '../../server/flow/document/flow.ts'
import { startPostgres } from '../../server/postgres/embedded.ts'
import { type Fleet, openFleet } from '../support/fleet.ts'
import type { ProductProcess } from '../support/product-process.ts'

// Two worker processes against one, with sandboxes that answer after 50 ms: the remote is the limit, not the cores.
// `node test/bench/workers.bench.ts 1`: so many rounds.
const ROUNDS = Number(process.argv[2] ?? 3)
const FLOWS = 12
const INVOICES = 250
/** Small pages: a page costs two calls of 50 ms and little work. */
const PAGE = 10
const LATENCY_MS = 50
/** Runs at work in each worker. Xero allows five calls at once, over all processes. */
const SLOTS = 2
const PROMISE = 1.7

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!

/** Made anew for each measurement: a cursor would leave the second run nothing to read. */
const flowDocument = (name: string): Flow => ({
  format: 1,
  name,
  description: '',
  capture: 'full',
  slots: { xero: { connector: 'xero', title: 'Xero' }, emarsys: { connector: 'emarsys', title: 'Emarsys' } },
  nodes: [
    { id: 'start', operation: 'manual', name: 'Start', settings: {} },
    {
      id: 'invoices',
      operation: 'xero.list-invoices',
      name: 'Invoices',
      slot: 'xero',
      settings: { types: ['ACCREC'], statuses: [], pageSize: PAGE },
    },
    {
      id: 'send',
      operation: 'emarsys.upsert-contacts',
      name: 'Send',
      slot: 'emarsys',
      settings: { keyField: '9001', record: `{ '9001': InvoiceID, '1': Contact.Name }`, policy: 'every-time' },
    },
  ],
  edges: [
    { id: 'a', from: 'start', port: 'out', to: 'invoices', input: 'in' },
    { id: 'b', from: 'invoices', port: 'out', to: 'send', input: 'in' },
  ],
})

/** Records per second, from the first claim to the last end. */
async function rate(fleet: Fleet, name: string): Promise<number> {
  const flows: string[] = []
  for (let n = 0; n < FLOWS; n++) flows.push(await fleet.flow(flowDocument(`${name}, ${n}`)))
  const runs = await Promise.all(flows.map((flow) => fleet.call<RunView>('POST', `/flows/${flow}/run`, {})))
  const ended: RunView[] = []
  for (const { id } of runs) {
    let run = await fleet.call<RunView>('GET', `/runs/${id}`)
    while (['queued', 'running', 'waiting'].includes(run.state)) {
      await sleep(250)
      run = await fleet.call<RunView>('GET', `/runs/${id}`)
    }
    if (run.state !== 'succeeded') throw new Error(`a run ended as ${run.state}: ${run.code} ${run.reason}`)
    ended.push(run)
  }
  const began = Math.min(...ended.map((run) => Date.parse(run.startedAt!)))
  const end = Math.max(...ended.map((run) => Date.parse(run.endedAt!)))
  return ended.reduce((sum, run) => sum + (run.counts.sent ?? 0), 0) / ((end - began) / 1000)
}

/** A first run in each process pays for what is compiled and connected once. */
async function warm(fleet: Fleet): Promise<void> {
  await rate(fleet, 'Warm-up')
}

const dataDir = await mkdtemp(join(tmpdir(), 'tieline-workers-'))
const silent = { info: () => undefined, warn: () => undefined, error: console.error }
const postgres = await startPostgres({ dataDir, log: silent, testing: false })
try {
  const fleet = await openFleet({
    databaseUrl: postgres.url,
    xero: { invoices: INVOICES, contacts: 50, latencyMs: LATENCY_MS },
    emarsys: { latencyMs: LATENCY_MS },
    env: { WORKER_CONCURRENCY: String(SLOTS) },
  })
  try {
    const rates: { [workers: number]: number[] } = { 1: [], 2: [] }
    const workers: ProductProcess[] = []
    for (let round = 0; round < ROUNDS; round++) {
      for (const count of [1, 2]) {
        while (workers.length > count) await workers.pop()!.stop()
        if (workers.length < count) {
          while (workers.length < count) workers.push(await fleet.start('worker'))
          await warm(fleet)
        }
        rates[count]!.push(await rate(fleet, `${count}, round ${round}`))
      }
    }
    const [one, two] = [median(rates[1]!), median(rates[2]!)]
    console.log(
      `${FLOWS} flows of ${INVOICES} invoices in pages of ${PAGE}, remote answers after ${LATENCY_MS} ms, ` +
        `${SLOTS} runs at a time in each worker, median of ${ROUNDS}:`,
    )
    console.log(
      `  1 worker ${Math.round(one)} records/s, 2 workers ${Math.round(two)} records/s, ` +
        `ratio ${(two / one).toFixed(2)} (promised ${PROMISE})`,
    )
  } finally {
    await fleet.close()
  }
} finally {
  await postgres.stop()
  await rm(dataDir, { recursive: true, force: true })
}
