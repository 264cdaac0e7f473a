import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import type { Flow } from '../../server/flow/document/flow.ts'
import { startPostgres } from '../../server/postgres/embedded.ts'
import { openDatabase } from '../../server/store/database/database.ts'
import { openFleet } from '../support/fleet.ts'
import { START_FLAGS } from '../support/start-flags.ts'

// Schedules of one workspace that come due at the same moment, in one process that does everything, as `npm start`
// does. `node test/bench/schedules.bench.ts 1000 1`: how many schedules, how many rounds.
const SCHEDULES = Number(process.argv[2] ?? 1_000)
const ROUNDS = Number(process.argv[3] ?? 3)
const PROMISED_SECONDS = 10
/** Flows that are made through the API; the others are copies of them in the database. */
const BY_HAND = 5

const DOCUMENT: Flow = {
  format: 1,
  name: 'Every day',
  description: '',
  capture: 'full',
  slots: { xero: { connector: 'xero', title: 'Xero' }, emarsys: { connector: 'emarsys', title: 'Emarsys' } },
  nodes: [
    {
      id: 'daily',
      operation: 'schedule',
      name: 'Daily',
      settings: { mode: 'interval', everyMinutes: 1440, missed: 'once', overlap: 'skip' },
    },
    {
      id: 'invoices',
      operation: 'xero.list-invoices',
      name: 'Invoices',
      slot: 'xero',
      settings: { types: ['ACCREC'], statuses: [], pageSize: 100 },
    },
    {
      id: 'send',
      operation: 'emarsys.upsert-contacts',
      name: 'Send',
      slot: 'emarsys',
      settings: { keyField: '9001', record: `{ '9001': InvoiceID, '1': Contact.Name }`, policy: 'every-time' },
    },
  ],
  edges: [
    { id: 'a', from: 'daily', port: 'out', to: 'invoices', input: 'in' },
    { id: 'b', from: 'invoices', port: 'out', to: 'send', input: 'in' },
  ],
}

const dataDir = await mkdtemp(join(tmpdir(), 'tieline-schedules-'))
const silent = { info: () => undefined, warn: () => undefined, error: console.error }
const postgres = await startPostgres({ dataDir, log: silent, testing: false })
const { db, close } = openDatabase({ url: postgres.url, max: 2 })
try {
  const fleet = await openFleet({
    databaseUrl: postgres.url,
    first: 'all',
    flags: START_FLAGS,
    xero: { invoices: 3, contacts: 3 },
    env: { EVALUATOR_CHILDREN: '2' },
  })
  try {
    const ids: string[] = []
    for (let n = 0; n < Math.min(BY_HAND, SCHEDULES); n++) ids.push(await fleet.flow(DOCUMENT))
    await copyFlow(ids[0]!, SCHEDULES - ids.length)
    for (let round = 1; round <= ROUNDS; round++) {
      const { rows } = await sql<{ due: Date }>`
        update schedules set next_due = date_trunc('second', now()) + interval '3 seconds' returning next_due as due
      `.execute(db)
      if (rows.length !== SCHEDULES) throw new Error(`there are ${rows.length} schedules`)
      const due = rows[0]!.due
      while ((await ended(due)) < SCHEDULES) await sleep(500)
      await print(due, round)
    }
  } finally {
    await fleet.close()
  }
} finally {
  await close()
  await postgres.stop()
  await rm(dataDir, { recursive: true, force: true })
}

/** Copies of a flow that is on, with its version, bindings and schedule. */
async function copyFlow(flow: string, count: number): Promise<void> {
  await sql`create temp table copies as select gen_random_uuid() as id from generate_series(1, ${count}::int)`.execute(
    db,
  )
  for (const [table, key] of [
    ['flows', 'id'],
    ['flow_versions', 'flow_id'],
    ['flow_bindings', 'flow_id'],
    ['schedules', 'flow_id'],
  ] as const) {
    const { rows } = await sql<{ name: string }>`
      select column_name as name from information_schema.columns
      where table_schema = 'public' and table_name = ${table} and is_generated = 'NEVER' and column_name <> ${key}
    `.execute(db)
    const columns = sql.join(rows.map(({ name }) => sql.ref(name)))
    await sql`
      insert into ${sql.table(table)} (${sql.ref(key)}, ${columns})
      select copies.id, ${sql.join(rows.map(({ name }) => sql.ref(`one.${name}`)))}
      from ${sql.table(table)} one cross join copies where one.${sql.ref(key)} = ${flow}
    `.execute(db)
  }
}

async function ended(due: Date): Promise<number> {
  const { rows } = await sql<{ ended: number; wrong: number }>`
    select count(*) filter (where r.ended_at is not null)::int as ended,
      count(*) filter (where f.outcome <> 'started' or r.state in ('failed', 'cancelled', 'partly'))::int as wrong
    from firings f left join runs r on r.workspace_id = f.workspace_id and r.id = f.run_id where f.due = ${due}
  `.execute(db)
  const { ended, wrong } = rows[0]!
  if (wrong > 0) throw new Error(`${wrong} due times started no run, or one that failed`)
  return ended
}

async function print(due: Date, round: number): Promise<void> {
  const { rows } = await sql<{ queued: number; started: number; ended: number }>`
    select extract(epoch from r.created_at - f.due)::float8 as queued,
      extract(epoch from r.started_at - f.due)::float8 as started, extract(epoch from r.ended_at - f.due)::float8 as ended
    from firings f join runs r on r.workspace_id = f.workspace_id and r.id = f.run_id where f.due = ${due}
  `.execute(db)
  const at = (name: 'queued' | 'started' | 'ended', share: number) => {
    const sorted = rows.map((row) => row[name]).sort((a, b) => a - b)
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!.toFixed(1)
  }
  console.log(
    `${rows.length} schedules due at the same moment, round ${round}: last queued after ${at('queued', 1)} s; started after ` +
      `p50 ${at('started', 0.5)} s, p95 ${at('started', 0.95)} s, longest ${at('started', 1)} s (≤ ${PROMISED_SECONDS}); ` +
      `last ended after ${at('ended', 1)} s`,
  )
}
