import { startPostgres } from '../../server/postgres/embedded.ts'

// Starts the database server that a failed test run left on disk: node test/support/open-kept.ts <folder>. Ctrl-C ends it.
const [, , dataDir] = process.argv
if (!dataDir) throw new Error('usage: node test/support/open-kept.ts <folder>')
const embedded = await startPostgres({ dataDir, log: console, testing: true, binDir: process.env.TEST_POSTGRES_BIN })
console.log(embedded.url)
process.once('SIGINT', () => embedded.stop())
