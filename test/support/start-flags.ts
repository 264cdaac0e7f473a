import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const PACKAGE = fileURLToPath(new URL('../../package.json', import.meta.url))

/** What `npm start` gives Node, without the program: what is measured is what people run. Files are named from the root. */
export const START_FLAGS: readonly string[] = (
  JSON.parse(readFileSync(PACKAGE, 'utf8')) as { scripts: { start: string } }
).scripts.start
  .split(' ')
  .slice(1, -1)
