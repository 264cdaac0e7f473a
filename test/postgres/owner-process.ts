import { startPostgres } from '../../server/postgres/embedded.ts'
import { updateRunFile } from '../../server/postgres/run-file.ts'

// A process that has an embedded PostgreSQL, as the product has: node owner-process.ts <data directory>.
// Says "ready {url, pid}" or "refused <message>"; Ctrl-C stops it, however often it comes.
const [, , dataDir = ''] = process.argv
const quiet = { info() {}, warn: console.error, error: console.error }
try {
  const embedded = await startPostgres({ dataDir, log: quiet })
  process.on('SIGINT', () => embedded.stop().then(() => process.exit(0)))
  updateRunFile(dataDir, { url: 'http://127.0.0.1:3000' })
  console.log(`ready ${JSON.stringify({ url: embedded.url, pid: embedded.pid })}`)
} catch (error) {
  console.log(`refused ${error instanceof Error ? error.message : String(error)}`)
}
