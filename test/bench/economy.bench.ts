import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmarsysSandbox } from '../../connectors/emarsys/sandbox/server.ts'
import { startXeroSandbox } from '../../connectors/xero/sandbox/server.ts'
import { loadTemplates } from '../../server/api/templates.ts'
import { createEvaluator } from '../../server/evaluate/pool.ts'
import { startPostgres } from '../../server/postgres/embedded.ts'
import { openDatabase } from '../../server/store/database.ts'
import { ensureLogins } from '../../server/store/logins.ts'
import { migrate } from '../../server/store/migrate.ts'
import type { TestDatabase } from '../support/database.ts'
import { openWorkspace } from '../support/workspace.ts'

/**
 * Calls of a nightly sync of contacts of which one in a hundred has changed, against the fewest there can be: one read
 * for each 1,000 that changed, one write for each 1,000. `node test/bench/economy.bench.ts 10000`: so many contacts.
 */
const CONTACTS = Number(process.argv[2] ?? 50_000)
const CHANGED = Math.ceil(CONTACTS / 100)
const MORE = 3

const dataDir = mkdtempSync(join(tmpdir(), 'tieline-bench-'))
const postgres = await startPostgres({ dataDir, log: { info() {}, warn() {}, error: console.error }, testing: true })
const owner = openDatabase({ url: postgres.url, max: 2 })
await migrate(owner.db)
const secretKey = randomBytes(32)
const logins = await ensureLogins(owner, secretKey)
const app = openDatabase({ url: logins.appUrl })
const system = openDatabase({ url: logins.systemUrl })
const evaluator = createEvaluator()
const xero = await startXeroSandbox({ contacts: CONTACTS, invoices: CONTACTS, creditNotes: 0, limits: 'off' })
const emarsys = await startEmarsysSandbox({ limits: 'off' })
// As much of a test's database as a workspace takes.
const database = { owner, app, system, secretKey } as unknown as TestDatabase
const workspace = await openWorkspace({ database, evaluator, xero, emarsys })

const document = loadTemplates().get('contacts-to-emarsys')!.flow
const flow = await workspace.flow(document)
const first = await workspace.run(flow, document)
console.log(
  `${CONTACTS} contacts: first run ${first.state}, ${first.counts.calls} calls, ${emarsys.contacts.size} there`,
)

const known = xero.state.books.contacts.ordered.filter(({ id }) => emarsys.contacts.lookUp('9001', id).length === 1)
for (const { id } of known.slice(0, CHANGED)) xero.editContact(id, { FirstName: 'Changed' })
const nightly = await workspace.run(flow, document)
const least = 2 * Math.ceil(CHANGED / 1000)
const calls = nightly.counts.calls ?? 0
console.log(`${CHANGED} changed: ${nightly.counts.sent} sent, ${calls} calls; least ${least}, promised ${least + MORE}`)

await workspace.stop()
await Promise.all([evaluator.close(), xero.close(), emarsys.close(), app.close(), system.close(), owner.close()])
await postgres.stop()
rmSync(dataDir, { recursive: true, force: true })
if (calls > least + MORE || nightly.counts.sent !== CHANGED) process.exitCode = 1
