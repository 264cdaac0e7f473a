import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Installation, install, publishedFlow } from './installation.ts'

let it: Installation
beforeAll(async () => {
  it = await install()
})
afterAll(() => it.close())

test('what waits is listed without its content, and cancelled by id or as a whole; what a run took stays', async () => {
  const workspace = await it.workspace()
  const owner = await it.member(workspace, 'owner')
  const { flow } = await publishedFlow(owner, workspace)
  const other = await publishedFlow(owner, workspace)
  const at = (path: string) => `/workspaces/${workspace}${path}`
  const waiting = async () => (await owner.call('GET', at(`/flows/${flow}/waiting`))).json()
  expect(await waiting()).toEqual({ count: 0, nextDue: null, items: [] })

  await sql`
    insert into waiting_records (workspace_id, flow_id, id, node_id, version, quiet, kept_by, came_at, due_at, look_at,
      run_id, bytes, content)
    select ${workspace}::uuid, f.id, gen_random_uuid(), 'gone', 1, false, gen_random_uuid(), '2026-01-01',
      '2026-01-02'::timestamptz + n * interval '1 hour', '2026-01-03',
      case n when 0 then gen_random_uuid() end, 2, 'secret'
    from generate_series(0, 59) n, flows f where f.workspace_id = ${workspace} and f.id in (${flow}, ${other.flow})
  `.execute(it.database.owner.db)
  const all = await waiting()
  expect(all).toMatchObject({ count: 60, nextDue: '2026-01-02T00:00:00.000Z' })
  expect(all.items).toHaveLength(50)
  expect(all.items[0].goesOnIn).not.toBeNull()
  expect(all.items[1]).toEqual({
    ...{ id: expect.any(String), node: 'gone', name: null, run: expect.any(String), goesOnIn: null },
    cameAt: '2026-01-01T00:00:00.000Z',
    dueAt: '2026-01-02T01:00:00.000Z',
    notBefore: '2026-01-03T00:00:00.000Z',
  })

  const released = await owner.call('POST', at(`/flows/${flow}/waiting/release`), { ids: [all.items[2].id] })
  // All of them are due, so none is released.
  expect(released.json()).toEqual({ released: 0 })
  await sql`update waiting_records set due_at = now() + interval '1 day', look_at = now() + interval '1 day'
    where flow_id = ${flow} and id in (${all.items[0].id}, ${all.items[2].id})`.execute(it.database.owner.db)
  const release = (body: object) => owner.call('POST', at(`/flows/${flow}/waiting/release`), body)
  expect((await release({ ids: [all.items[0].id, all.items[2].id] })).json()).toEqual({ released: 1 })
  const { rows: looked } = await sql<{ due: boolean }>`
    select look_at <= now() and due_at <= now() as due from waiting_records where id = ${all.items[2].id}
  `.execute(it.database.owner.db)
  expect(looked).toEqual([{ due: true }])

  const cancel = (body: object) => owner.call('POST', at(`/flows/${flow}/waiting/cancel`), body)
  expect((await cancel({})).statusCode).toBe(400)
  expect((await cancel({ ids: all.items.slice(0, 3).map(({ id }: { id: string }) => id) })).json()).toEqual({
    cancelled: 2,
  })
  expect((await cancel({ all: true })).json()).toEqual({ cancelled: 57 })
  expect((await waiting()).items).toMatchObject([{ id: all.items[0].id }])
  const untouched = (await owner.call('GET', at(`/flows/${other.flow}/waiting`))).json()
  expect(untouched.count).toBe(60)
  const log = (await owner.call('GET', at(`/audit?flow=${flow}&action=waiting.cancel`))).json()
  expect(log.items.map(({ detail }: { detail: unknown }) => detail)).toEqual([
    { all: true, cancelled: 57 },
    { cancelled: 2, ids: expect.any(Array) },
  ])

  // Another workspace sees and cancels none of them.
  const stranger = await it.workspace()
  const eve = await it.member(stranger, 'owner')
  expect((await eve.call('GET', `/workspaces/${stranger}/flows/${flow}/waiting`)).statusCode).toBe(404)
  expect(
    (await eve.call('POST', `/workspaces/${stranger}/flows/${flow}/waiting/cancel`, { all: true })).statusCode,
  ).toBe(404)
})
