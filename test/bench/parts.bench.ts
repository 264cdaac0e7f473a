import { fileURLToPath } from 'node:url'
import { SALES_FLOW, UPSERT_FLOW } from './flows.ts'
import { startProductFor, startRemote } from './product.ts'

// What tracing and the ledger cost: the bulk flows with all of it, and without one part, the other, and both.
// `node test/bench/parts.bench.ts 10000 1`: so many records, so many rounds.
const RECORDS = Number(process.argv[2] ?? 30_000)
const ROUNDS = Number(process.argv[3] ?? 3)

const WITHOUT = fileURLToPath(new URL('without.ts', import.meta.url))
const KINDS = ['nothing', 'trace', 'ledger', 'both'] as const
const FLOWS = { upsert: UPSERT_FLOW, sales: SALES_FLOW }
const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!

const remote = await startRemote(RECORDS)
try {
  const rates = new Map<string, number[]>()
  const cpus = new Map<string, number[]>()
  // In turns, and each in a product of its own, so that all meet the same machine and an empty database.
  for (let round = 0; round < ROUNDS; round++) {
    for (const kind of KINDS) {
      const settings =
        kind === 'nothing' ? ({} as Record<string, string>) : { WITHOUT: kind, NODE_OPTIONS: `--import ${WITHOUT}` }
      const product = await startProductFor(remote, settings)
      try {
        for (const [name, flow] of Object.entries(FLOWS)) {
          const before = await product.cpuSeconds()
          const { seconds } = await product.run(flow)
          const cpu = (await product.cpuSeconds()) - before
          const key = `${name} ${kind}`
          rates.set(key, [...(rates.get(key) ?? []), RECORDS / seconds])
          cpus.set(key, [...(cpus.get(key) ?? []), (cpu / RECORDS) * 1e6])
        }
      } finally {
        await product.stop()
      }
    }
  }
  console.log(`${RECORDS} invoices, median of ${ROUNDS}; CPU of the product without PostgreSQL`)
  for (const name of Object.keys(FLOWS)) {
    const whole = median(rates.get(`${name} nothing`)!)
    for (const kind of KINDS) {
      const rate = median(rates.get(`${name} ${kind}`)!)
      const cpu = median(cpus.get(`${name} ${kind}`)!)
      console.log(
        `${name}, without ${kind}: ${Math.round(rate)} records/s, ${(rate / whole).toFixed(2)} ×; ${Math.round(cpu)} µs of CPU per record`,
      )
    }
  }
} finally {
  remote.stop()
}
