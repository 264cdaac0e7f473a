import { spawnSync } from 'node:child_process'
import { cpus, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'

/** `npm run bench`: every measurement, one after the other. Keep what it prints in results.md, with machine and date. */
const MEASUREMENTS = [
  'expressions.bench.ts',
  'bulk.bench.ts',
  'parts.bench.ts',
  'hooks.bench.ts',
  'workers.bench.ts',
  'schedules.bench.ts',
  'lists.bench.ts',
  'editor.bench.ts',
  'sets.bench.ts',
  'economy.bench.ts',
]

const [cpu] = cpus()
console.log(
  `${new Date().toISOString().slice(0, 10)}, ${cpus().length} × ${cpu?.model.trim() ?? 'unknown'}, ` +
    `${Math.round(totalmem() / 2 ** 30)} GB, Node ${process.versions.node}`,
)
for (const name of MEASUREMENTS) {
  console.log(`\n# ${name}`)
  const { status } = spawnSync(process.execPath, [fileURLToPath(new URL(name, import.meta.url))], { stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
