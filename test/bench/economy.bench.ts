import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startBigCommerceSandbox } from '../../connectors/bigcommerce/sandbox/server.ts'
import { startEmarsysSandbox } from '../../connectors/emarsys/sandbox/server.ts'
import { startXeroSandbox } from '../../connectors/xero/sandbox/server.ts'
import { loadTemplates } from '../../server/api/flow/templates.ts'
import { createEvaluator } from '../../server/evaluate/pool.ts'
import { startPostgres } from '../../server/postgres/embedded.ts'
import { openDatabase } from '../../server/store/database/database.ts'
import { ensureLogins } from '../../server/store/database/logins.ts'
import { migrate } from '../../server/store/database/migrate.ts'
import type { TestDatabase } from '../support/database.ts'
import { HOUR_MS, quietRuns, SHOP_COLUMNS } from '../support/quiet-runs.ts'
import { openWorkspace } from '../support/workspace.ts'

/**
 * Calls of a nightly sync of contacts of which one in a hundred has changed, against the fewest there can be: one read
 * for each 1,000 that changed, one write for each 1,000. `node test/bench/economy.bench.ts 10000`: so many contacts.
 * Then every template while nothing changes, with `QUIET` contacts and invoices, a tenth of that in orders of a shop.
 */
const CONTACTS = Number(process.argv[2] ?? 50_000)
const CHANGED = Math.ceil(CONTACTS / 100)
const MORE = 3
const QUIET = Number(process.argv[3] ?? 5_000)

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
await Promise.all([xero.close(), emarsys.close()])

const quiet = [...(await quietOfBooks()), ...(await quietOfShop())]
console.table(quiet)

await Promise.all([evaluator.close(), app.close(), system.close(), owner.close()])
await postgres.stop()
rmSync(dataDir, { recursive: true, force: true })
const wasteful = quiet.filter((run) => run.calls > run.least + MORE || run.sent > 0)
if (calls > least + MORE || nightly.counts.sent !== CHANGED || wasteful.length > 0) process.exitCode = 1

async function quietOfBooks() {
  const money = { prepayments: QUIET / 100, overpayments: QUIET / 100 }
  const xero = await startXeroSandbox({
    ...{ contacts: QUIET, invoices: QUIET, creditNotes: QUIET / 20, money },
    limits: 'off',
  })
  const emarsys = await startEmarsysSandbox({ limits: 'off' })
  const workspace = await openWorkspace({ database, evaluator, xero, emarsys })
  const runs = await quietRuns({ database }, { xero, emarsys, workspace })
  await workspace.stop()
  await Promise.all([xero.close(), emarsys.close()])
  return runs
}

async function quietOfShop() {
  const xero = await startXeroSandbox({
    ...{ contacts: 2, invoices: 2, creditNotes: 0, limits: 'off' },
    now: () => Date.now() - HOUR_MS,
  })
  const emarsys = await startEmarsysSandbox({ limits: 'off', salesColumns: SHOP_COLUMNS })
  const shop = await startBigCommerceSandbox({ quota: 'off', orders: QUIET / 10, customers: 100, currency: 'GBP' })
  const workspace = await openWorkspace({ database, evaluator, xero, emarsys, shop })
  const runs = await quietRuns({ database }, { xero, emarsys, shop, workspace })
  await workspace.stop()
  await Promise.all([xero.close(), emarsys.close(), shop.close()])
  return runs
}
