import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Kysely, sql } from 'kysely'
import { expect, test } from 'vitest'
import type { Database } from '../../server/store/database/schema.ts'
import { createRestWhileFull } from '../../server/worker/rest-while-full.ts'
import { contactsFlow } from '../support/flows.ts'
import { setStage } from '../support/scene.ts'
import { fill, smallDisk } from '../support/small-disk.ts'

const stage = setStage()

test('a run whose database has no room rests the longer the longer that takes, half a minute at the most', () => {
  let now = 5_000_000
  const rest = createRestWhileFull(() => now)
  const rests = [0, 500, 2_000, 9_000, 20_000, 3_600_000].map((at) => {
    now = 5_000_000 + at
    return rest()
  })
  expect(rests).toEqual([1_000, 1_000, 2_000, 9_000, 20_000, 1_000])
  for (let tries = 0; tries < 100; tries++, now += 25_000) expect(rest()).toBeLessThanOrEqual(30_000)
  expect(rest()).toBe(30_000)
  // Nobody found it full for a minute: the next one is another fault.
  now += 61_000
  expect(rest()).toBe(1_000)
})
const TRACES = ['steps', 'payloads', 'record_keys']
const PAGE = 5

test('a full disk that has the traces alone: what cannot be traced is not sent, and goes on when there is room', {
  timeout: 240_000,
}, async ({ skip }) => {
  const disk = smallDisk(16)
  if (!disk) return skip('nobody here may mount a file system of its own')
  const { db } = stage.database.owner
  const { workspace, emarsys } = await stage.open({ contacts: 4 * PAGE })
  const space = `traces_${process.pid}`
  try {
    await moveTraces(db, disk.path, space)
    const document = contactsFlow(PAGE, { policy: 'every-time' })
    const run = async () => workspace.queue(await workspace.flow(document), document)
    const sent = () => emarsys.requests.get('PUT /contact') ?? 0
    const batchesOf = async (one: string) =>
      (await workspace.steps(one)).filter((step) => step.node_id === 'send').map((step) => step.batch)
    // Leaves pages with room behind, as a day's work does.
    const usual = await run()
    expect(await workspace.ended(usual)).toMatchObject({ state: 'succeeded' })
    const calls = sent()
    for (let n = 0; n < 2; n++) expect(await workspace.ended(await run())).toMatchObject({ state: 'succeeded' })
    const before = sent()
    fill(disk.path)
    let fullSince = Number.NaN
    const runs: string[] = []
    const leftBy: number[] = []
    for (let n = 0; n < 8; n++) {
      const at = sent()
      runs.push(await run())
      const found = await workspace.ended(runs.at(-1)!)
      expect(found).toMatchObject({ state: 'waiting', reason: expect.stringContaining('goes on by itself') })
      leftBy.push(sent() - at)
      if (n === 0) fullSince = performance.now()
    }
    // Pages of before take the first batches; the one for which there was no room any more is known by that.
    const { rows } = await sql<{ batches: number }>`select batches from runs where id = ${runs[0]!}`.execute(db)
    expect(leftBy[0]).toBeLessThanOrEqual(rows[0]!.batches + 1)
    expect(leftBy.slice(1)).toEqual(leftBy.slice(1).map(() => 0))
    // They try again, the less often the longer it takes, and send nothing.
    const waiting = sent()
    const tries = async () =>
      (await sql<{ n: number }>`select sum(epoch)::int as n from runs where id = any(${runs}::uuid[])`.execute(db))
        .rows[0]!.n
    // A run that rests as long as there has been no room comes back after five seconds not before the tenth.
    await sleep(Math.max(0, 5_000 - (performance.now() - fullSince)))
    const triedBefore = await tries()
    await sleep(4_000)
    expect(sent()).toBe(waiting)
    expect((await tries()) - triedBefore).toBeLessThanOrEqual(runs.length)
    rmSync(join(disk.path, 'filler'))
    for (const one of runs) {
      await expect
        .poll(async () => (await workspace.ended(one)).state, { timeout: 60_000, interval: 200 })
        .toBe('succeeded')
      expect(await batchesOf(one)).toEqual(await batchesOf(usual))
    }
    // An upsert whose batch did not settle is made again.
    expect(sent() - before).toBeLessThanOrEqual(runs.length * calls + 1)
  } finally {
    rmSync(join(disk.path, 'filler'), { force: true })
    await moveTraces(db, undefined, 'pg_default')
    await sql`drop tablespace if exists ${sql.id(space)}`.execute(db)
    disk.remove()
  }
})

/** Puts the traces of all days elsewhere, with their indexes. */
async function moveTraces(db: Kysely<Database>, disk: string | undefined, space: string): Promise<void> {
  if (disk !== undefined) {
    // By the server, so that the folder is its own.
    await sql.raw(`copy (select 1) to program 'cat > /dev/null; mkdir -m 700 ${join(disk, 'traces')}'`).execute(db)
    await sql.raw(`create tablespace ${space} location '${join(disk, 'traces')}'`).execute(db)
  }
  const { rows } = await sql<{ kind: string; name: string }>`
    select c.relkind as kind, c.relname as name from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'i') and c.relname ~ ${`^(${TRACES.join('|')})_`}
  `.execute(db)
  for (const { kind, name } of rows) {
    await sql.raw(`alter ${kind === 'i' ? 'index' : 'table'} "${name}" set tablespace ${space}`).execute(db)
  }
}
