import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { openDatabase } from '../../server/store/database/database.ts'
import { openFleet } from '../support/fleet.ts'
import { flowOf, node } from '../support/flows.ts'

export type FairnessOptions = {
  readonly databaseUrl: string
  /** Runs that one workspace queues, over a hundred flows. */
  readonly runs: number
  /** Workspaces with one run each. */
  readonly others: number
  readonly workers: number
}

export type FairnessFindings = {
  /** Seconds the others waited for their start, ascending. */
  readonly waited: readonly number[]
  /** Runs of the busy workspace that ended until the last of the others had begun. */
  readonly busyMeanwhile: number
}

const FLOWS = 100

/** One workspace queues many runs at once; a moment later every other one queues a single run. */
export async function fairness(options: FairnessOptions): Promise<FairnessFindings> {
  const fleet = await openFleet({ databaseUrl: options.databaseUrl, xero: { contacts: 1 } })
  const database = openDatabase({ url: options.databaseUrl, max: 2 })
  const { db } = database
  try {
    const flow = await fleet.flow(
      flowOf([node('people', 'xero.list-contacts', { pageSize: 10 })], ['start people'], { name: 'One short read' }),
    )
    await copyFlow(db, fleet.workspace, flow, FLOWS)
    await copyWorkspaces(db, fleet.workspace, flow, options.others)
    await sql`
      insert into runs (workspace_id, id, flow_id, version, cause, cause_node, reason)
      select f.workspace_id, gen_random_uuid(), f.id, 1, 'manual', 'start', 'Waiting for a worker.'
      from flows f, generate_series(1, ${Math.ceil(options.runs / FLOWS)}::int)
      where f.workspace_id = ${fleet.workspace} and f.name like 'Copy %'
    `.execute(db)
    for (let n = 0; n < options.workers; n++) await fleet.start('worker')
    await wake(db, fleet.workspace)
    await until(
      db,
      sql`select count(*) as n from runs where workspace_id = ${fleet.workspace} and ended_at is not null`,
      20,
    )
    await sql`
      insert into runs (workspace_id, id, flow_id, version, cause, cause_node, reason)
      select f.workspace_id, gen_random_uuid(), f.id, 1, 'manual', 'start', 'Waiting for a worker.'
      from flows f where f.workspace_id <> ${fleet.workspace}
    `.execute(db)
    await sql`select tieline_wake(workspace_id, 'live') from runs where workspace_id <> ${fleet.workspace}`.execute(db)
    await until(
      db,
      sql`select count(*) as n from runs where workspace_id <> ${fleet.workspace} and started_at is not null`,
      options.others,
    )
    const { rows } = await sql<{ waited: number }>`
      select extract(epoch from started_at - created_at)::float8 as waited from runs
      where workspace_id <> ${fleet.workspace} order by 1
    `.execute(db)
    const busy = await sql<{ n: number }>`
      select count(*) as n from runs where workspace_id = ${fleet.workspace} and ended_at is not null
    `.execute(db)
    return { waited: rows.map((row) => row.waited), busyMeanwhile: busy.rows[0]!.n }
  } finally {
    await database.close()
    await fleet.close()
  }
}

type Db = ReturnType<typeof openDatabase>['db']

async function until(db: Db, question: ReturnType<typeof sql>, least: number): Promise<void> {
  for (;;) {
    const { rows } = (await question.execute(db)) as { rows: { n: number }[] } // its only column
    if (rows[0]!.n >= least) return
    await sleep(50)
  }
}

async function wake(db: Db, workspace: string): Promise<void> {
  await sql`select tieline_wake(${workspace}, 'live')`.execute(db)
}

/** More flows like one, with its version and its connections. */
async function copyFlow(db: Db, workspace: string, flow: string, count: number): Promise<void> {
  await sql`
    with made as (
      insert into flows (workspace_id, id, name, draft, live_version, enabled)
      select workspace_id, gen_random_uuid(), 'Copy ' || n, draft, 1, true
      from flows, generate_series(1, ${count}::int) n where workspace_id = ${workspace} and id = ${flow}
      returning workspace_id, id
    ), versions as (
      insert into flow_versions (workspace_id, flow_id, number, document, hash, author_id, author, summary)
      select made.workspace_id, made.id, 1, v.document, v.hash, v.author_id, v.author, v.summary
      from made join flow_versions v on v.workspace_id = made.workspace_id and v.flow_id = ${flow} and v.number = 1
    )
    insert into flow_bindings (workspace_id, flow_id, slot, connection_id)
    select made.workspace_id, made.id, b.slot, b.connection_id
    from made join flow_bindings b on b.workspace_id = made.workspace_id and b.flow_id = ${flow}
  `.execute(db)
}

/** Other workspaces with the same flow. Its read needs no connection of theirs to begin. */
async function copyWorkspaces(db: Db, workspace: string, flow: string, count: number): Promise<void> {
  await sql`
    with places as (
      insert into workspaces (id, name) select gen_random_uuid(), 'Other ' || n from generate_series(1, ${count}::int) n
      returning id
    ), made as (
      insert into flows (workspace_id, id, name, draft, live_version, enabled)
      select places.id, gen_random_uuid(), f.name, f.draft, 1, true
      from places, flows f where f.workspace_id = ${workspace} and f.id = ${flow}
      returning workspace_id, id
    )
    insert into flow_versions (workspace_id, flow_id, number, document, hash, author_id, author, summary)
    select made.workspace_id, made.id, 1, v.document, v.hash, v.author_id, v.author, v.summary
    from made, flow_versions v where v.workspace_id = ${workspace} and v.flow_id = ${flow} and v.number = 1
  `.execute(db)
}
