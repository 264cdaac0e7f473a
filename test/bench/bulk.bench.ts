import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { SALES_FLOW, UPSERT_FLOW } from './flows.ts'
import { type Measured, startProductFor, startRemote } from './product.ts'

/**
 * Bulk runs through the whole product (read by page, map in the evaluators, ledger, write, trace, settle, fsync on)
 * against a bare script that makes the same calls and keeps nothing. Run alone on the machine.
 */
const SIZES = [10_000, 100_000]
const ROUNDS = 3
/**
 * `node test/bench/bulk.bench.ts 10000 1`: one size, so many rounds. 1000000 is the long one: a quarter of an hour, and
 * 2 GB for the remote; memory of the product must be what it is for 10,000. A third word, upsert: without
 * the sales rows, which need its contacts.
 */
const [size, times] = process.argv.slice(2, 4).map(Number)
const only = process.argv[4]
const PROMISES = { upsert: 0.55, sales: 0.3 } as const
const MEMORY = { server: 250, tree: 450 } as const

const FLOOR = fileURLToPath(new URL('floor.ts', import.meta.url))
const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!
const run = promisify(execFile)

for (const records of size ? [size] : SIZES) {
  const remote = await startRemote(records)
  const product = await startProductFor(remote)
  try {
    console.log(`\n${records} invoices of ${remote.bytesPerRecord} bytes, median of ${times ?? ROUNDS}`)
    for (const [kind, flow] of [
      ['upsert', UPSERT_FLOW],
      ['sales', SALES_FLOW],
    ] as const) {
      if (kind === 'sales' && only === 'upsert') continue
      const floors: number[] = []
      const runs: Measured[] = []
      // Sales rows are sent once per document: a second round finds nothing to send and measures something else.
      const rounds = kind === 'sales' ? 1 : (times ?? ROUNDS)
      for (let round = 0; round < rounds; round++) {
        floors.push(Number((await run(process.execPath, [FLOOR, kind, remote.url])).stdout))
        runs.push(await product.run(flow))
      }
      const floor = records / median(floors)
      const ours = records / median(runs.map((one) => one.seconds))
      const effects =
        kind === 'sales' ? `, ${Math.round((ours * (runs[0]!.counts.sent ?? 0)) / records)} effects/s` : ''
      console.log(
        `${kind}: floor ${Math.round(floor)} records/s, product ${Math.round(ours)} records/s${effects}, ` +
          `ratio ${(ours / floor).toFixed(2)} (promised ${PROMISES[kind]}), ` +
          `memory ${Math.max(...runs.map((one) => one.serverMb))} MB server (≤ ${MEMORY.server}), ` +
          `${Math.max(...runs.map((one) => one.treeMb))} MB with evaluators (≤ ${MEMORY.tree})`,
      )
    }
  } finally {
    await product.stop()
    remote.stop()
  }
}
