import { execFile } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { sql } from 'kysely'
import { connectors } from '../../connectors/index.ts'
import { buildApp } from '../../server/app.ts'
import { buildCatalog } from '../../server/catalog.ts'
import { createConnections } from '../../server/connect/service.ts'
import { API } from '../../server/contract/paths.ts'
import { startPostgres } from '../../server/postgres/embedded.ts'
import { openDatabase } from '../../server/store/database/database.ts'
import { newId } from '../../server/store/database/ids.ts'
import { ensureLogins } from '../../server/store/database/logins.ts'
import { migrate } from '../../server/store/database/migrate.ts'
import { dropPartitions, indexKeys } from '../../server/store/database/partitions.ts'
import { arrayText, hashKeys } from '../../server/store/key/record-keys.ts'
import { createKeyring } from '../../server/store/key/secrets.ts'
import { hashSecret, newSecret } from '../../server/api/http/sessions.ts'
import { TRACE_DAYS } from '../support/trace-days.ts'

/**
 * Lists and search at size: rows made by SQL in a database of its own, asked for through the API. One workspace, runs
 * over 100 days, ten steps each, business keys of each; at last a day with ten million steps is dropped.
 * `node test/bench/lists.bench.ts 100000 1000000`: so many runs with ten steps each, and steps of the day that is dropped.
 */
const RUNS = Number(process.argv[2] ?? 1_000_000)
const STEPS_PER_RUN = 10
const DAYS = 100
const FLOWS = 50
const EXCEPTIONS = Math.min(100_000, RUNS)
const ROUNDS = 20
/** Runs of the week before now, and twice as many as exceptions that are open from it. */
const WEEK_RUNS = 200_000
/** Steps of the day that is dropped at the end. */
const STEPS_TO_DROP = Number(process.argv[3] ?? RUNS * STEPS_PER_RUN)
const PROMISES = { page: 200, filter: 1_000, drop: 1_000 } as const

const dataDir = mkdtempSync(join(tmpdir(), 'tieline-bench-'))
const quiet = { info() {}, warn() {}, error: console.error }
const postgres = await startPostgres({ dataDir, log: quiet, testing: true })
const owner = openDatabase({ url: postgres.url, max: 2 })
await migrate(owner.db)
const secretKey = randomBytes(32)
const logins = await ensureLogins(owner, secretKey)
const app = openDatabase({ url: logins.appUrl })
const system = openDatabase({ url: logins.systemUrl })
const keys = createKeyring(secretKey)
const noExpression = () => {
  throw new Error('no expression is asked for here')
}
const connections = createConnections({ db: app.db, keys, connectors, egressAllow: [] })
const api = await buildApp({
  config: { publicUrl: undefined, sessionHours: 12, traceDays: TRACE_DAYS, logLevel: 'silent' },
  app: app.db,
  system: system.db,
  keys,
  evaluator: { parse: noExpression, preview: noExpression },
  catalog: buildCatalog(),
  connections,
})

const workspace = newId()
const run = (statement: ReturnType<typeof sql>) => statement.execute(owner.db)
const seconds = async (work: () => Promise<unknown>) => {
  const began = performance.now()
  await work()
  return ((performance.now() - began) / 1000).toFixed(1)
}

/** Ids that sort by time, as ours do, and that SQL can make from a number. */
const idOf = (n: string) => `(lpad(to_hex(${n}), 12, '0') || '70008000000000000000')::uuid`

async function fill(): Promise<void> {
  const user = newId()
  await run(sql`insert into users (id, email, name, password_hash) values (${user}, 'bench@example.com', 'Bench', '')`)
  await run(sql`insert into workspaces (id, name) values (${workspace}, 'Bench')`)
  await run(sql`insert into members (workspace_id, user_id, role) values (${workspace}, ${user}, 'owner')`)
  await run(sql`insert into api_tokens (workspace_id, id, prefix, hash, user_id, name)
    values (${workspace}, ${newId()}, ${prefix}, ${hashSecret(token)}, ${user}, 'Bench')`)
  await run(sql`insert into flows (workspace_id, id, name, draft, live_version)
    select ${workspace}, ${sql.raw(idOf('f'))}, 'Flow ' || f, ${DOCUMENT}::jsonb, 1 from generate_series(1, ${FLOWS}::int) f`)
  await run(sql`insert into flow_versions (workspace_id, flow_id, number, document, hash, author_id, author, summary)
    select ${workspace}, id, 1, draft, '', ${user}, '', '' from flows`)
  await run(sql`select tieline_ensure_partitions(current_date - ${DAYS}::int, ${DAYS + 2}::int)`)
  // One in a thousand failed, one in ten was started by hand, one in five hundred belongs to a back-fill.
  await run(sql`insert into runs (workspace_id, id, flow_id, version, cause, cause_node, state, backfill_id, day, batches,
      code, requested_by, started_at, ended_at, created_at)
    select ${workspace}, ${sql.raw(idOf('n'))}, ${sql.raw(idOf(`1 + n % ${FLOWS}`))}, 1,
      case when n % 500 = 0 then 'backfill' when n % 10 = 0 then 'manual' else 'schedule' end, 'start',
      case when n % 1000 = 7 then 'failed' else 'succeeded' end,
      case when n % 500 = 0 then ${BACKFILL}::uuid end,
      current_date - ${DAYS}::int + (n * ${DAYS}::bigint / ${RUNS}::bigint)::int, 5,
      case when n % 1000 = 7 then 'REMOTE_DOWN' end, case when n % 10 = 0 then ${user}::uuid end,
      now(), now() + make_interval(secs => case when n % 2000 = 9 then 900 else 2 + n % 7 end), now()
    from generate_series(0, ${RUNS - 1}::int) n`)
  await run(sql`insert into exceptions (workspace_id, id, flow_id, version, run_id, batch, node_id, position, code, message,
      business_key, desk, record, state)
    select ${workspace}, ${sql.raw(idOf('n'))}, ${sql.raw(idOf(`1 + n % ${FLOWS}`))}, 1, ${sql.raw(idOf('n'))}, 0, 'shape', 0,
      case when n % 500 = 0 then 'REMOTE_DOWN' else 'REMOTE_REJECTED' end, 'No.', 'INV-' || n,
      (array['finance', 'marketing', 'technical'])[1 + n % 3], '', case when n % 10 = 0 then 'open' else 'resolved' end
    from generate_series(0, ${EXCEPTIONS - 1}::int) n`)
  await run(sql`insert into steps (workspace_id, run_id, batch, node_id, day, position, epoch, operation, started_at,
      waiting_ms, working_ms, calls, attempts, counts)
    select workspace_id, id, b, node, day, p, 1, 'map', now(), 0, 5, 0, 1, '{"in": 10, "out": 10}'
    from runs, generate_series(0, ${STEPS_PER_RUN / 2 - 1}::int) b, (values ('read', 0), ('shape', 1)) x (node, p)`)
  // Ten keys of each run, and every so often the one that is asked for.
  const [asked] = hashKeys(keys, workspace, ['inv-0192'])
  await run(sql`insert into record_keys (workspace_id, run_id, batch, node_id, day, at, hashes)
    select workspace_id, id, 0, 'read', day, day, array(select hashint8extended(extract(epoch from created_at)::bigint, i)
      + ('x' || left(replace(id::text, '-', ''), 12))::bit(48)::bigint * i from generate_series(1, 10) i)
      || case when ('x' || left(replace(id::text, '-', ''), 12))::bit(48)::bigint % ${Math.floor(RUNS / 40)}::bigint = 3
        then ${arrayText(BigInt64Array.of(asked ?? 0n))}::bigint[] else '{}' end
    from runs`)
  await run(sql`analyze`)
}

/** Runs and open exceptions of the last week, with ids of the times at which they were. */
async function fillWeek(): Promise<void> {
  const begin = Date.now() - 7 * 86_400_000
  const step = Math.floor((7 * 86_400_000) / WEEK_RUNS)
  const at = `(${begin}::bigint + n * ${step}::bigint)`
  // One in seven failed, for one of nine reasons, each with its own numbers; three flows in fifty fail for good.
  await run(sql`insert into runs (workspace_id, id, flow_id, version, cause, cause_node, state, batches, code, reason,
      started_at, ended_at, created_at)
    select ${workspace}, ${sql.raw(idOf(at))}, ${sql.raw(idOf(`1 + n % ${FLOWS}`))}, 1,
      case when n % 3 = 0 then 'hook' else 'schedule' end, 'start',
      case when n % 7 = 0 or n % ${FLOWS} < 3 then 'failed' else 'succeeded' end, 5,
      case when n % 7 = 0 or n % ${FLOWS} < 3 then 'REMOTE_DOWN' end,
      case when n % 7 = 0 or n % ${FLOWS} < 3
        then 'Reason ' || chr(65 + n % 9) || ': status ' || n || ' for ' || ${workspace}::text || ' at page ' || n % 77 end,
      moment, moment + interval '2 seconds', moment
    from generate_series(0, ${WEEK_RUNS - 1}::int) n, lateral (select to_timestamp(${sql.raw(at)} / 1000.0) as moment) m`)
  await run(sql`insert into exceptions (workspace_id, id, flow_id, version, run_id, batch, node_id, position, code, message,
      business_key, desk, amount, currency, record)
    select ${workspace}, ${sql.raw(idOf(at))}, ${sql.raw(idOf(`1 + n % ${FLOWS}`))}, 1, ${sql.raw(idOf(at))}, 0, 'shape', 1,
      'RECORD_REFUSED', 'No such account.', 'INV-' || n, 'finance', n / 7.0, (array['EUR', 'AUD', 'NZD'])[1 + n % 3],
      decode(repeat(md5(n::text), 40), 'hex')
    from generate_series(0, ${WEEK_RUNS - 1}::int) n where n % 2 = 0`)
  // As autovacuum does to any table.
  await run(sql`vacuum analyze runs, exceptions`)
}

const BACKFILL = randomUUID()
const DOCUMENT = JSON.stringify({
  format: 1,
  name: 'Bench',
  description: '',
  capture: 'full',
  slots: {},
  nodes: [],
  edges: [],
})
const prefix = hashSecret(newSecret()).toString('hex').slice(0, 8)
const token = `tl_${prefix}_${newSecret()}`

async function measure(what: string, path: string, promised: number): Promise<unknown> {
  const times: number[] = []
  let body: unknown
  for (let round = 0; round < ROUNDS; round++) {
    const began = performance.now()
    const answer = await api.inject({
      method: 'GET',
      url: `${API}/workspaces/${workspace}${path}`,
      headers: { authorization: `Bearer ${token}` },
    })
    times.push(performance.now() - began)
    if (answer.statusCode !== 200) throw new Error(`${path} answered ${answer.statusCode}: ${answer.body}`)
    body = answer.json()
  }
  const sorted = times.toSorted((a, b) => a - b)
  const { items: rows, groups, findings } = body as { [name: string]: unknown[] }
  const items = (rows ?? groups ?? findings ?? []).length
  console.log(
    `${what}: median ${sorted[ROUNDS >> 1]!.toFixed(1)} ms, first ${times[0]!.toFixed(0)} ms, worst ${sorted.at(-1)!.toFixed(0)} ms ` +
      `(≤ ${promised}), ${items} items`,
  )
  return body
}

async function dropDay(): Promise<void> {
  const keep = { content: 30, metadata: 400 }
  // Days that nobody wrote into go first, so that they are not counted.
  while ((await dropPartitions(system.db, { short: keep, standard: keep, long: keep })).length > 0);
  const { rows } = await sql<{ day: string }>`select current_date - 500 as day`.execute(owner.db)
  const day = rows[0]!.day
  await run(sql`select tieline_ensure_partitions(${day}::date, 1)`)
  const filled = await seconds(() =>
    run(sql`insert into steps (workspace_id, run_id, batch, node_id, day, position, epoch, operation, started_at,
        waiting_ms, working_ms, calls, attempts, counts)
      select ${workspace}, ${sql.raw(idOf('n'))}, 0, 'read', ${day}::date, 0, 1, 'map', now(), 0, 5, 0, 1, '{"in": 10, "out": 10}'
      from generate_series(1, ${STEPS_TO_DROP}::int) n`),
  )
  // As autovacuum does to any day.
  await run(sql`analyze ${sql.table(`steps_standard_${day.replaceAll('-', '')}`)}`)
  // Whoever drops a day wrote it weeks ago: it stands on the disk.
  await run(sql`checkpoint`)
  await promisify(execFile)('sync')
  // One by one, as dropPartitions does; the other eight of that day are nearly empty.
  const times: number[] = []
  for (let name: string | null = ''; name !== null; ) {
    const began = performance.now()
    const answer = await sql<{
      name: string | null
    }>`select tieline_drop_partition('standard', 30, 400) as name`.execute(system.db)
    name = answer.rows[0]?.name ?? null
    times.push(performance.now() - began)
  }
  const proof = await system.db.selectFrom('dropped_partitions').selectAll().orderBy('rows', 'desc').limit(1).execute()
  console.log(
    `dropping a day with ${proof[0]?.rows} steps, ${Math.round((proof[0]?.bytes ?? 0) / 1e6)} MB (filled in ${filled} s): ` +
      `${Math.max(...times).toFixed(0)} ms (≤ ${PROMISES.drop}), all of its class ${times.reduce((sum, one) => sum + one, 0).toFixed(0)} ms`,
  )
}

try {
  console.log(`${RUNS} runs, ${RUNS * STEPS_PER_RUN} steps over ${DAYS} days: made in ${await seconds(fill)} s`)
  // What is not asked for here is made ready before a server takes requests.
  await api.ready()
  console.log(`index over keys of ${(await indexKeys(system.db)).length} days`)
  const first = (await measure('runs', '/runs', PROMISES.page)) as { items: { id: string }[]; next: string }
  await measure('runs, next page', `/runs?cursor=${first.next}`, PROMISES.page)
  await measure('runs of a flow', `/runs?flow=${flowId(7)}`, PROMISES.filter)
  await measure('runs that failed', '/runs?state=failed', PROMISES.filter)
  await measure('runs at work (none)', '/runs?state=running', PROMISES.filter)
  await measure('runs that failed or wait', '/runs?state=failed,paused', PROMISES.filter)
  await measure('runs in any of four states (none)', '/runs?state=queued,running,waiting,paused', PROMISES.filter)
  await measure('runs of a flow that failed', `/runs?flow=${flowId(8)}&state=failed`, PROMISES.filter)
  await measure('runs by hand', '/runs?cause=manual', PROMISES.filter)
  await measure('runs of a cause nobody had', '/runs?cause=hook', PROMISES.filter)
  await measure('runs of a back-fill', `/runs?backfill=${BACKFILL}`, PROMISES.filter)
  await measure('runs of a version', `/runs?flow=${flowId(9)}&version=1`, PROMISES.filter)
  await measure('runs of a version nobody ran', `/runs?flow=${flowId(9)}&version=2`, PROMISES.filter)
  await measure('runs that took a second or longer (all)', '/runs?minSeconds=1', PROMISES.filter)
  await measure('runs that took 10 minutes or longer', '/runs?minSeconds=600', PROMISES.filter)
  await measure('runs that took a day or longer (none)', '/runs?minSeconds=86400', PROMISES.filter)
  await measure('runs of a flow that took 10 minutes', `/runs?flow=${flowId(8)}&minSeconds=600`, PROMISES.filter)
  await measure('runs that took less than 3 seconds', '/runs?maxSeconds=3', PROMISES.filter)
  await measure('runs by error', '/runs?code=REMOTE_DOWN', PROMISES.filter)
  await measure('runs by an error nobody had', '/runs?code=RECORD_INVALID', PROMISES.filter)
  await measure('runs that one person asked for', '/runs?by=me', PROMISES.filter)
  await measure('runs that nobody asked for', `/runs?by=${randomUUID()}`, PROMISES.filter)
  const day = (ago: number) => new Date(Date.now() - ago * 86_400_000).toISOString()
  await measure('runs of the last day', `/runs?from=${day(1)}`, PROMISES.filter)
  await measure('runs before last year (none)', `/runs?to=${day(365)}`, PROMISES.filter)
  await measure('dry runs (none)', '/runs?dry=true', PROMISES.filter)
  await measure('runs, none of them dry', '/runs?dry=false', PROMISES.filter)
  await measure('runs that failed for a cause nobody had', '/runs?fault=0123456789abcdef', PROMISES.filter)
  await measure('runs that took less than a second (none)', '/runs?maxSeconds=1', PROMISES.filter)
  // Two and more together, each of which many fit and all together none.
  await measure('failed runs of a back-fill (none)', '/runs?state=failed&cause=backfill', PROMISES.filter)
  await measure('scheduled runs that I asked for (none)', '/runs?by=me&cause=schedule', PROMISES.filter)
  await measure('an error of runs that came through (none)', '/runs?state=succeeded&code=REMOTE_DOWN', PROMISES.filter)
  await measure('failed runs that took 10 minutes (none)', '/runs?state=failed&minSeconds=600', PROMISES.filter)
  await measure('runs of a flow by hand (none)', `/runs?flow=${flowId(8)}&cause=manual`, PROMISES.filter)
  await measure(
    'runs of a flow and a back-fill (none)',
    `/runs?flow=${flowId(8)}&backfill=${BACKFILL}`,
    PROMISES.filter,
  )
  await measure('runs of a flow that took a day (none)', `/runs?flow=${flowId(8)}&minSeconds=86400`, PROMISES.filter)
  await measure('runs of no flow', `/runs?flow=${randomUUID()}`, PROMISES.filter)
  await measure(
    'runs of a version nobody ran, of any time',
    '/runs?from=1970-01-01T00:00:00Z&version=2',
    PROMISES.filter,
  )
  await measure(
    'runs by five filters (none)',
    `/runs?dry=false&flow=${flowId(9)}&version=1&state=succeeded&maxSeconds=1`,
    PROMISES.filter,
  )
  await measure('runs that failed with a text nobody had', '/runs?text=nothing+of+the+kind', PROMISES.filter)
  await measure('runs that failed with a text and a number nobody had', '/runs?text=status+987654', PROMISES.filter)
  await measure('failed runs that had a record (none)', '/runs?key=INV-0192&state=failed', PROMISES.filter)
  await measure('runs that had a record', '/runs?key=INV-0192', PROMISES.filter)
  await measure('runs that had a record nobody had', '/runs?key=INV-0193', PROMISES.filter)
  await measure('exceptions', '/exceptions', PROMISES.page)
  await measure('open exceptions', '/exceptions?state=open', PROMISES.page)
  await measure('exceptions of a desk', '/exceptions?state=open&desk=finance', PROMISES.filter)
  await measure('exceptions of a flow', `/exceptions?flow=${flowId(7)}`, PROMISES.filter)
  await measure('exceptions by error', '/exceptions?code=REMOTE_DOWN', PROMISES.filter)
  await measure('exceptions by an error nobody had', '/exceptions?code=OUTCOME_UNKNOWN', PROMISES.filter)
  await measure('exceptions of a record', '/exceptions?key=INV-77', PROMISES.filter)
  await measure('exceptions of nobody', '/exceptions?assigned=nobody', PROMISES.filter)
  await measure('my exceptions (none)', '/exceptions?assigned=me', PROMISES.filter)
  for (const [what, query] of [
    ['that were dismissed (none)', 'state=dismissed'],
    ['of a desk, by an error nobody had', 'desk=finance&code=OUTCOME_UNKNOWN'],
    ['of a step', 'node=shape'],
    ['of a step that is nowhere', 'node=nowhere'],
    ['of a run', `run=${flowId(7)}`],
    ['of a cause nobody had', 'fault=0123456789abcdef'],
    ['of today', 'age=day'],
    ['older than a week (none)', 'age=older'],
    ['open, older than a week, of a desk (none)', 'state=open&age=older&desk=finance'],
    ['put aside (none)', 'aside=true'],
    ['not put aside', 'aside=false'],
    ['open and put aside (none)', 'state=open&aside=true'],
    ['of somebody (none)', `assigned=${randomUUID()}`],
    ['of a record nobody had', 'key=INV-none'],
    ['with a text', 'text=no.'],
    ['with a text nobody had', 'text=nothing+of+the+kind'],
    ['with a number nobody had', 'text=987654'],
    ['of a flow and a step that is nowhere', `flow=${flowId(7)}&node=nowhere`],
  ] as const) {
    await measure(`exceptions ${what}`, `/exceptions?${query}`, PROMISES.filter)
  }
  const run = first.items.at(-1)!.id
  await measure('steps of a run', `/runs/${run}/steps`, PROMISES.page)
  await measure('batches of a run', `/runs/${run}/batches`, PROMISES.page)
  await measure('search by a key that 40 runs had', '/records?key=INV-0192&limit=20', PROMISES.page)
  await measure('search by a key that nobody had', '/records?key=INV-0193', PROMISES.filter)
  console.log(`a week in which much fails, and much is set aside: made in ${await seconds(fillWeek)} s`)
  const now = (await measure('what needs somebody, by cause', '/now', PROMISES.page)) as {
    groups: { kind: string; fault: string | null; count: number }[]
  }
  const [failed] = now.groups.filter(({ kind }) => kind === 'failed')
  if (!failed) throw new Error('of all that failed nothing is shown')
  await measure(
    `runs that failed for one cause (${failed.count} of a week)`,
    `/runs?fault=${failed.fault}`,
    PROMISES.filter,
  )
  await measure('runs that failed with a text', '/runs?text=reason+c', PROMISES.filter)
  await measure('runs that failed with a number', '/runs?text=status+1234', PROMISES.filter)
  await measure('runs that failed with a number nobody had', '/runs?text=status+987654', PROMISES.filter)
  await measure('runs that failed with a number alone nobody had', '/runs?text=987654', PROMISES.filter)
  await measure('runs that failed with a text nobody had', '/runs?text=nothing+of+the+kind', PROMISES.filter)
  await measure('exceptions with a text', '/exceptions?text=no+such+account', PROMISES.filter)
  await measure('exceptions with a text nobody had', '/exceptions?text=nothing+of+the+kind', PROMISES.filter)
  await measure('exceptions with a number nobody had', '/exceptions?text=987654', PROMISES.filter)
  await measure('open exceptions by cause', '/exceptions/groups', PROMISES.page)
  await measure('open exceptions of a desk by cause', '/exceptions/groups?desk=finance', PROMISES.page)
  await measure('open exceptions of a flow by cause', `/exceptions/groups?flow=${flowId(7)}`, PROMISES.page)
  await measure('health', '/health', PROMISES.page)
  await dropDay()
} finally {
  await api.close()
  await Promise.all([connections.close(), app.close(), system.close(), owner.close()])
  await postgres.stop()
  rmSync(dataDir, { recursive: true, force: true })
}

function flowId(n: number): string {
  const hex = `${n.toString(16).padStart(12, '0')}70008000000000000000`
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
