import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'

const FILE = fileURLToPath(new URL('../results.md', import.meta.url))
const HEAD = '| proof | figure | held | last run |\n|---|---|---|---|'

/** Keeps the last figure of each proof in test/results.md, in the order of their names. */
export function keepResult(title: string, figure: string, ok: boolean, file = FILE): void {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
  const rows = new Map(
    text
      .split('\n')
      .filter((line) => line.startsWith('| ') && !line.startsWith('| proof |'))
      .map((line) => [line.split(' | ')[0]!.slice(2), line]),
  )
  const [cpu] = cpus()
  const machine = `${cpus().length} × ${cpu?.model.trim() ?? 'unknown processor'}, Node ${process.versions.node}`
  rows.set(
    title,
    `| ${title} | ${figure} | ${ok ? 'yes' : 'NO'} | ${new Date().toISOString().slice(0, 10)}, ${machine} |`,
  )
  const sorted = [...rows.values()].sort()
  writeFileSync(
    file,
    `# Long proofs\n\n\`npm run test:long\` (one of them: \`npm run test:long -- -t "part of its name"\`) writes this page: the last figure of each.\nEach has a short form in the ordinary tests.\n\n${HEAD}\n${sorted.join('\n')}\n`,
  )
}
