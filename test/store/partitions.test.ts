import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { inWorkspace, type OpenDatabase } from '../../server/store/database/database.ts'
import { migrate } from '../../server/store/database/migrate.ts'
import { dropPartitions, ensurePartitions, indexKeys, type TraceDays } from '../../server/store/database/partitions.ts'
import type { RunState, TraceClass } from '../../server/store/database/schema.ts'
import { emptyDatabase, type TestDatabase, testDatabase } from '../support/database.ts'

// Traces come in days and leave in days.

const DAYS: TraceDays = {
  short: { content: 7, metadata: 90 },
  standard: { content: 30, metadata: 400 },
  long: { content: 180, metadata: 2600 },
}

const partitions = async ({ db }: OpenDatabase, like = '%'): Promise<string[]> => {
  const { rows } = await sql<{ name: string }>`
    select c.relname as name from pg_class c join pg_inherits i on i.inhrelid = c.oid
    where c.relkind = 'r' and c.relname like ${like} order by 1`.execute(db)
  return rows.map(({ name }) => name)
}

/** A step row of a run that need not exist. */
const step = (workspace: string, day: string, traceClass?: TraceClass) => ({
  ...{ workspace_id: workspace, run_id: randomUUID(), batch: 0, node_id: 'map', day, position: 0, epoch: 1 },
  ...{ operation: 'map', started_at: new Date(), waiting_ms: 0, working_ms: 1, calls: 0, attempts: 1 },
  ...{ counts: '{}', error: null, ...(traceClass ? { trace_class: traceClass } : {}) },
})

test('an installation with traces keeps them when classes come in, and new rows find their place', async () => {
  const old = await emptyDatabase()
  const db = old.owner.db
  await migrate(db, { to: '0003-run-starts' })
  await sql`select tieline_ensure_partitions('2026-01-31', 2)`.execute(db)
  const workspace = randomUUID()
  await sql`insert into workspaces (id, name) values (${workspace}, 'Old')`.execute(db)
  for (const day of ['2026-01-31', '2026-02-01', new Date().toISOString().slice(0, 10)]) {
    await sql`insert into steps values (${workspace}, ${workspace}, 0, 'map', ${day}, 0, 1, 'map', now(), 0, 1, 0, 1, '{}')`.execute(
      db,
    )
    await sql`insert into payloads values (${workspace}, ${workspace}, 0, 'map', 'out:out', 0, ${day}, 1, 1, 4, 'abcd')`.execute(
      db,
    )
  }

  await migrate(db)
  const rows = await sql`
    select s.day, s.tableoid::regclass::text as at, p.content from steps s join payloads p using (workspace_id, day, trace_class)
    order by s.day limit 2`.execute(db)
  expect(rows.rows).toEqual([
    { day: '2026-01-31', at: 'steps_standard_20260131', content: Buffer.from('abcd') },
    { day: '2026-02-01', at: 'steps_standard_20260201', content: Buffer.from('abcd') },
  ])
  const count = await sql<{ n: number }>`select count(*) as n from payloads`.execute(db)
  expect(count.rows).toEqual([{ n: 3 }])
  expect(await partitions(old.owner, '%\\_before%')).toEqual([])
  // The key still holds, in days of before as in days of now.
  for (const day of ['2026-01-31', new Date().toISOString().slice(0, 10)]) {
    const again = sql`insert into steps values (${workspace}, ${workspace}, 0, 'map', ${day}, 0, 1, 'map', now(), 0, 1, 0, 1, '{}')`
    await expect(again.execute(db)).rejects.toThrow(/duplicate key/)
  }
  await db
    .insertInto('steps')
    .values(step(workspace, new Date().toISOString().slice(0, 10), 'long'))
    .execute()
  await old.drop()
})

describe('days', () => {
  let database: TestDatabase
  let workspace: string
  let flow: string
  beforeAll(async () => {
    database = await testDatabase()
  })
  afterAll(() => database.drop())
  beforeEach(async () => {
    workspace = randomUUID()
    flow = randomUUID()
    const { db } = database.owner
    await sql`delete from runs`.execute(db)
    await sql`insert into workspaces (id, name) values (${workspace}, 'Nordwind')`.execute(db)
    await sql`insert into flows (workspace_id, id, name, draft) values (${workspace}, ${flow}, 'F', '{}')`.execute(db)
    await sql`insert into flow_versions (workspace_id, flow_id, number, document, hash, author_id, author, summary)
      values (${workspace}, ${flow}, 1, '{}', '', ${flow}, '', '')`.execute(db)
  })

  const daysAgo = async (days: number): Promise<string> => {
    const { rows } = await sql<{ day: string }>`select (current_date - ${days}::int) as day`.execute(database.owner.db)
    return rows[0]!.day
  }
  const nameOf = (kept: string, traceClass: string, day: string) => `${kept}_${traceClass}_${day.replaceAll('-', '')}`
  /** A day with a row in each table of each class. */
  async function fill(day: string): Promise<void> {
    const { db } = database.owner
    await sql`select tieline_ensure_partitions(${day}::date, 1)`.execute(db)
    for (const traceClass of ['short', 'standard', 'long'] as const) {
      await db
        .insertInto('steps')
        .values(step(workspace, day, traceClass))
        .execute()
      await sql`insert into payloads values (${workspace}, ${randomUUID()}, 0, 'map', 'out:out', 0, ${day}, 1, 1, 4, 'abcd', ${traceClass})`.execute(
        db,
      )
      await sql`insert into record_keys (workspace_id, run_id, batch, node_id, day, hashes, trace_class)
        values (${workspace}, ${randomUUID()}, 0, 'read', ${day}, '{1,2}', ${traceClass})`.execute(db)
    }
  }
  const run = (day: string, traceClass: TraceClass, state: RunState) =>
    sql`insert into runs (workspace_id, id, flow_id, version, cause, cause_node, state, day, trace_class)
      values (${workspace}, ${randomUUID()}, ${flow}, 1, 'manual', 'start', ${state}, ${day}, ${traceClass})`.execute(
      database.owner.db,
    )

  test('are made ahead by any number of processes at once', async () => {
    await Promise.all(Array.from({ length: 4 }, () => ensurePartitions(database.system.db)))
    const made = await partitions(database.owner, `%\\_${(await daysAgo(-7)).replaceAll('-', '')}`)
    expect(made).toHaveLength(9)
    const open = await sql`
      select relname from pg_class where relname like 'payloads_%_2%' and relkind = 'r' and not relforcerowsecurity`.execute(
      database.owner.db,
    )
    expect(open.rows).toEqual([])
  })

  test('leave when they are past their time, content before metadata, and each leaving is written down', async () => {
    const [young, old, oldest] = [await daysAgo(20), await daysAgo(40), await daysAgo(500)]
    for (const day of [young, old, oldest]) await fill(day)
    await sql`analyze payloads`.execute(database.owner.db)
    const past = [
      nameOf('payloads', 'short', young),
      ...['short', 'standard'].map((one) => nameOf('payloads', one, old)),
      ...['short', 'standard', 'long'].map((one) => nameOf('payloads', one, oldest)),
      ...['steps', 'record_keys'].flatMap((kept) => ['short', 'standard'].map((one) => nameOf(kept, one, oldest))),
    ].sort()
    const dropped: string[] = []
    // One that the database itself is looking at in that moment goes in a later round.
    await expect
      .poll(async () => {
        dropped.push(...(await dropPartitions(database.system.db, DAYS)))
        return dropped.sort()
      })
      .toEqual(past)
    const left = await partitions(database.owner)
    expect(dropped.filter((name) => left.includes(name))).toEqual([])
    expect(left).toContain(nameOf('steps', 'standard', old))
    const proof = await database.app.db.selectFrom('dropped_partitions').selectAll().orderBy('name').execute()
    expect(proof.map(({ name }) => name)).toEqual(dropped)
    expect(proof.find(({ name }) => name === nameOf('payloads', 'standard', old))).toMatchObject({
      ...{ kept: 'payloads', trace_class: 'standard', day: old, policy_days: 30 },
      ...{ bytes: expect.any(Number), rows: expect.any(Number) },
    })
    // By the database's statistics, which may have counted a row twice when they were asked.
    expect(proof.find(({ name }) => name === nameOf('payloads', 'standard', old))?.rows).toBeGreaterThanOrEqual(1)
    expect(await dropPartitions(database.system.db, DAYS)).toEqual([])
  })

  test('of a run that is still at work stay, and go when it has ended', async () => {
    const day = await daysAgo(41)
    await fill(day)
    await run(day, 'standard', 'waiting')
    const first = await dropPartitions(database.system.db, DAYS)
    expect(first).toEqual([nameOf('payloads', 'short', day)])
    await sql`update runs set state = 'succeeded' where workspace_id = ${workspace}`.execute(database.owner.db)
    expect(await dropPartitions(database.system.db, DAYS)).toEqual([nameOf('payloads', 'standard', day)])
  })

  test('that nobody wrote into go early, without a word: nothing was lost', async () => {
    const day = await daysAgo(3)
    await sql`select tieline_ensure_partitions(${day}::date, 1)`.execute(database.owner.db)
    await database.owner.db
      .insertInto('steps')
      .values(step(workspace, day, 'long'))
      .execute()
    const dropped = await dropPartitions(database.system.db, DAYS)
    expect(dropped.filter((name) => name.endsWith(day.replaceAll('-', '')))).toHaveLength(8)
    expect(await partitions(database.owner)).toContain(nameOf('steps', 'long', day))
    const proof = await sql`select 1 from dropped_partitions where day = ${day}::date`.execute(database.owner.db)
    expect(proof.rows).toEqual([])
  })

  test('wait for whoever writes rather than hold others up, and go in a later round', async () => {
    const day = await daysAgo(42)
    await fill(day)
    const dropped = await database.owner.db.transaction().execute(async (tx) => {
      await tx
        .insertInto('steps')
        .values(step(workspace, await daysAgo(0), 'standard'))
        .execute()
      await sql`insert into payloads values (${workspace}, ${randomUUID()}, 0, 'map', 'out:out', 0, current_date, 1, 1, 4, 'abcd', 'standard')`.execute(
        tx,
      )
      return dropPartitions(database.system.db, DAYS)
    })
    expect(dropped).not.toContain(nameOf('payloads', 'standard', day))
    expect(await dropPartitions(database.system.db, DAYS)).toContain(nameOf('payloads', 'standard', day))
  })

  test('get their index over keys once, when they are over and no run writes into them', async () => {
    const [yesterday, before] = [await daysAgo(1), await daysAgo(2)]
    await fill(yesterday)
    await fill(before)
    await fill(await daysAgo(0))
    await run(before, 'long', 'paused')
    const indexed = await indexKeys(database.system.db)
    const expected = [
      ...['short', 'standard', 'long'].map((one) => nameOf('record_keys', one, yesterday)),
      ...['short', 'standard'].map((one) => nameOf('record_keys', one, before)),
    ]
    expect(indexed).toEqual(expect.arrayContaining(expected))
    expect(indexed).not.toContain(nameOf('record_keys', 'long', before))
    expect(indexed).not.toContain(nameOf('record_keys', 'standard', await daysAgo(0)))
    expect(await indexKeys(database.system.db)).toEqual([])
  })

  test('cannot be dropped or made by the login that sees one workspace', async () => {
    for (const call of [
      "tieline_drop_partition('short', 0, 0)",
      'tieline_ensure_partitions(current_date, 1)',
      'tieline_index_keys()',
    ]) {
      const asked = inWorkspace(database.app.db, workspace, (tx) => sql`select ${sql.raw(call)}`.execute(tx))
      await expect(asked).rejects.toThrow(/permission denied/)
    }
  })
})
