import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { Type } from 'typebox'
import { type Connector, defineRead } from '../../connectors/kit/connector.ts'
import { buildCatalog } from '../../server/catalog.ts'
import type { Flow, FlowNode } from '../../server/flow/document/flow.ts'
import { fuse } from '../../server/flow/plan/fuse.ts'
import { planFlow } from '../../server/flow/plan/plan.ts'
import { startPostgres } from '../../server/postgres/embedded.ts'
import { executeRun } from '../../server/run/execute.ts'
import { claimRun } from '../../server/store/run/claims.ts'
import { inWorkspace, openDatabase } from '../../server/store/database/database.ts'
import { createJournal } from '../../server/store/journal/journal.ts'
import { createLedger } from '../../server/store/effect/ledger.ts'
import { ensureLogins } from '../../server/store/database/logins.ts'
import { migrate } from '../../server/store/database/migrate.ts'
import { queueRun } from '../../server/store/run/runs.ts'
import { createKeyring } from '../../server/store/key/secrets.ts'

/**
 * What comparing and joining cost at size: the executor with the real journal on a PostgreSQL of its own, over two reads
 * that make their records up, so that no HTTP and no expression is in it. `node test/bench/sets.bench.ts 100000 join`: so
 * many records on each side; only one of the two where it is named.
 */
const RECORDS = Number(process.argv[2] ?? 1_000_000)
const ONLY = process.argv[3]
const PAGE = 1_000

const settings = Type.Object({ from: Type.Integer() }, { additionalProperties: false })
const made: Connector = {
  ...{ name: 'made', title: 'Made', summary: 'Made up.', logins: [], limits: () => [], hosts: () => [] },
  settings: Type.Object({}),
  test: async () => [],
  operations: [
    defineRead({
      ...{ name: 'list', title: 'List', summary: 'Made up.', settings, permissions: [], incremental: false },
      async *read(context, cursor) {
        const { from } = context.settings as { from: number }
        for (let at = Number(cursor?.at ?? 0); at < RECORDS; at += PAGE) {
          const count = Math.min(PAGE, RECORDS - at)
          const records = Array.from({ length: count }, (_, n) => {
            // Far apart, so that keys do not come in their order.
            const number = from + (((at + n) * 7919) % RECORDS)
            return {
              id: `INV-${number}`,
              total: number / 100,
              who: `Customer ${number}`,
              at: '2026-11-02',
              note: 'x'.repeat(100),
            }
          })
          yield { records, cursor: { at: at + count } }
        }
      },
    }),
  ],
}
const catalog = buildCatalog([made])
const operations = new Map(made.operations.map((one) => [`made.${one.name}`, one]))
const node = (id: string, operation: string, settings: FlowNode['settings'] = {}): FlowNode => ({
  ...{ id, operation, name: id, settings },
  ...(operation === 'made.list' ? { slot: 'made' } : {}),
})

const none = (): never => {
  throw new Error('nothing is called, and nothing is evaluated')
}

/** A hundredth of either side has nobody on the other. */
const SHIFT = Math.floor(RECORDS / 100)
const flowOf = (target: FlowNode, inputs: readonly [string, string]): Flow => ({
  ...{
    format: 1,
    name: target.id,
    description: '',
    capture: 'sample',
    slots: { made: { connector: 'made', title: 'Made' } },
  },
  nodes: [
    node('start', 'manual'),
    node('one', 'made.list', { from: 0 }),
    node('other', 'made.list', { from: SHIFT }),
    target,
  ],
  edges: [
    { id: 'a', from: 'start', port: 'out', to: 'one', input: 'in' },
    { id: 'b', from: 'start', port: 'out', to: 'other', input: 'in' },
    { id: 'c', from: 'one', port: 'out', to: target.id, input: inputs[0] },
    { id: 'd', from: 'other', port: 'out', to: target.id, input: inputs[1] },
  ],
})
const FLOWS = [
  flowOf(
    node('compare', 'compare', {
      key: [{ left: 'id', right: 'id' }],
      fields: [{ name: 'total', left: 'total', right: 'total', kind: 'decimal' }],
      total: { left: 'total', right: 'total' },
    }),
    ['left', 'right'],
  ),
  flowOf(node('join', 'join', { key: 'id', withKey: 'id', as: 'match' }), ['in', 'with']),
]

const dataDir = mkdtempSync(join(tmpdir(), 'tieline-bench-'))
const postgres = await startPostgres({ dataDir, log: { info() {}, warn() {}, error: console.error }, testing: true })
const owner = openDatabase({ url: postgres.url, max: 2 })
await migrate(owner.db)
const secretKey = randomBytes(32)
const logins = await ensureLogins(owner, secretKey)
const app = openDatabase({ url: logins.appUrl })
const system = openDatabase({ url: logins.systemUrl })
const keys = createKeyring(secretKey)
const workspace = randomUUID()
const user = randomUUID()
await sql`insert into workspaces (id, name) values (${workspace}, 'Bench')`.execute(owner.db)
await sql`insert into users (id, email, name, password_hash) values (${user}, 'b@example.com', 'Bench', 'none')`.execute(
  owner.db,
)

async function carryOut(document: Flow): Promise<void> {
  const flow = randomUUID()
  const run = await inWorkspace(app.db, workspace, async (tx) => {
    await sql`
      insert into flows (workspace_id, id, name, draft, draft_by, live_version)
      values (${workspace}, ${flow}, ${document.name}, ${JSON.stringify(document)}::jsonb, ${user}, 1)
    `.execute(tx)
    await sql`
      insert into flow_versions (workspace_id, flow_id, number, document, hash, author_id, author, summary)
      values (${workspace}, ${flow}, 1, ${JSON.stringify(document)}::jsonb, 'none', ${user}, 'Bench', 'First')
    `.execute(tx)
    return queueRun(tx, { workspace, flow, version: 1, cause: 'manual', node: 'start', by: user })
  })
  const { run: claim } = await claimRun(system.db, { workspace, lane: 'live', worker: 'bench', leaseSeconds: 86_400 })
  if (claim?.run !== run) throw new Error('the run was not claimed')
  const plan = planFlow(document, catalog)
  const began = performance.now()
  let most = 0
  const steady: number[] = []
  const watch = setInterval(() => {
    const mb = process.memoryUsage().rss / 2 ** 20
    most = Math.max(most, mb)
    steady.push(mb)
  }, 250)
  await executeRun({
    claim,
    plan,
    groups: fuse(plan),
    ...{ capture: 'sample', ordered: false, signal: new AbortController().signal },
    operation: (id) => operations.get(id)!,
    connection: async () => ({
      ...{ id: randomUUID(), connector: 'made', connection: {}, generation: async () => 1 },
      context: (signal) => ({
        ...{ connection: {}, signal, http: { send: none }, wire: { dial: none, call: none, secrets: {} } },
        files: { list: none, knows: none, read: none, keep: none },
      }),
    }),
    journal: createJournal({ db: app.db, keys, leaseSeconds: 86_400 }, claim),
    ledger: createLedger({ db: app.db, keys }, claim),
    evaluator: { run: none },
    heldUntil: () => Number.POSITIVE_INFINITY,
  })
  clearInterval(watch)
  const seconds = (performance.now() - began) / 1000
  const { rows } = await sql<{ counts: { [name: string]: number } }>`
    select counts from steps where workspace_id = ${workspace} and run_id = ${run} and node_id = ${document.name}
  `.execute(owner.db)
  const sums: { [name: string]: number } = {}
  for (const { counts } of rows)
    for (const [name, count] of Object.entries(counts)) sums[name] = (sums[name] ?? 0) + count
  const tenth = (part: number) => Math.round(steady[Math.floor(steady.length * part)] ?? 0)
  console.log(
    `${document.name}: 2 × ${RECORDS} records in ${seconds.toFixed(1)} s, ${Math.round((2 * RECORDS) / seconds)} records/s; ` +
      `memory of this process ${tenth(0.1)} MB after a tenth, ${tenth(0.5)} half-way, ${tenth(0.95)} near the end, ${Math.round(most)} at most; ` +
      JSON.stringify(sums),
  )
}

try {
  for (const flow of FLOWS) if (ONLY === undefined || flow.name === ONLY) await carryOut(flow)
} finally {
  await Promise.all([owner.close(), app.close(), system.close()])
  await postgres.stop()
  rmSync(dataDir, { recursive: true, force: true })
}
