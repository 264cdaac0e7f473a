import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { inWorkspace } from '../../server/store/database/database.ts'
import { contactsFlow, mailFlow } from '../support/flows.ts'
import { setStage } from '../support/scene.ts'

// What one workspace knows, another does not: in the engine's answers, and in the database's own rules.

const stage = setStage()

test('two workspaces with the same keys both read everything and both send', async () => {
  const scene = await stage.open({ contacts: 12 })
  const other = await stage.join(scene)
  for (const workspace of [scene.workspace, other]) {
    const run = await workspace.run(await workspace.flow(mailFlow(5)), mailFlow(5))
    // 12 contacts written, 12 events: neither ledger nor cursor of the first tells the second that it is done.
    expect(run).toMatchObject({ state: 'succeeded', counts: { read: 12, sent: 24 } })
  }
  expect(scene.emarsys.events).toHaveLength(24)
  expect(await scene.workspace.effects()).toHaveLength(24)
})

test('a contact confirmed in one workspace is not confirmed in another', async () => {
  const scene = await stage.open({ contacts: 6 })
  const other = await stage.join(scene)
  await scene.workspace.run(await scene.workspace.flow(contactsFlow()), contactsFlow())
  const mail = mailFlow()
  const without = {
    ...mail,
    nodes: mail.nodes.filter((one) => one.id !== 'send'),
    edges: [mail.edges[0]!, { id: 'direct', from: 'contacts', port: 'out', to: 'mail', input: 'in' }],
  }
  const run = await other.run(await other.flow(without), without)
  expect(run).toMatchObject({ state: 'partly', counts: { exceptions: 6 } })
  expect(scene.emarsys.events).toEqual([])
  expect(await scene.workspace.exceptions()).toEqual([])
  // In the first one they are.
  expect(await scene.workspace.run(await scene.workspace.flow(without), without)).toMatchObject({ state: 'succeeded' })
})

test('a connection of another workspace can be neither bound nor opened', async () => {
  const scene = await stage.open({ contacts: 1 })
  const other = await stage.join(scene)
  await expect(other.flow(contactsFlow(), { xero: scene.workspace.xero })).rejects.toMatchObject({ code: '23503' })
  await expect(other.connections.open(other.id, scene.workspace.xero)).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  // Nor when this very process holds it open for the workspace that owns it.
  await scene.workspace.connections.open(scene.workspace.id, scene.workspace.xero, 'now')
  await expect(scene.workspace.connections.open(other.id, scene.workspace.xero, 'now')).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
  })
  await expect(
    other.connections.test(other.id, scene.workspace.emarsys, AbortSignal.timeout(15_000)),
  ).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
})

describe('the database', () => {
  type Table = { name: string; partition: boolean; enabled: boolean; forced: boolean }
  const tables = async () =>
    (
      await sql<Table>`
        select c.relname as name, c.relispartition as partition, c.relrowsecurity as enabled, c.relforcerowsecurity as forced
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = 'public' and c.relkind in ('r', 'p')
          and (c.relname = 'workspaces' or exists (
            select 1 from pg_attribute a where a.attrelid = c.oid and a.attname = 'workspace_id' and not a.attisdropped))
        order by 1
      `.execute(stage.database.owner.db)
    ).rows

  test('forces row-level security on every table of tenant data, for reading and for writing', async () => {
    const all = await tables()
    expect(all.length).toBeGreaterThan(22)
    const { rows: policies } = await sql<{
      table: string
      roles: string[]
      using: string | null
      check: string | null
    }>`
      select tablename as table, roles::text[] as roles, qual as using, with_check as check from pg_policies where schemaname = 'public'
    `.execute(stage.database.owner.db)
    for (const table of all) {
      expect({ ...table }).toMatchObject({ name: table.name, enabled: true, forced: true })
      const { rows } = await sql<{ may: boolean }>`
        select has_table_privilege('tieline_app', ${`public.${table.name}`}, 'select, insert, update, delete')
          or has_table_privilege('tieline_system', ${`public.${table.name}`}, 'select, insert, update, delete') as may
      `.execute(stage.database.owner.db)
      // A partition is reached through its table only.
      if (table.partition) {
        expect([table.name, rows[0]!.may]).toEqual([table.name, false])
        continue
      }
      const ours = policies.filter((policy) => policy.table === table.name && policy.roles.includes('tieline_app'))
      expect(ours, table.name).toHaveLength(1)
      expect(ours[0]!.using).toContain('tieline.workspace')
      expect(ours[0]!.check).toBe(ours[0]!.using)
      const everybody = policies.filter((policy) => policy.table === table.name && policy.roles.includes('public'))
      expect(everybody, table.name).toEqual([])
    }
  })

  test('gives the product logins that own nothing and are subject to every rule', async () => {
    const { rows: roles } = await sql<{ oid: number; name: string; loose: boolean }>`
      select oid, rolname as name, rolsuper or rolbypassrls or rolcreaterole or rolcreatedb as loose
      from pg_roles where rolname in ('tieline_app', 'tieline_system',
        ${new URL(stage.database.appUrl).username}, ${new URL(stage.database.systemUrl).username})
    `.execute(stage.database.owner.db)
    expect(roles).toHaveLength(4)
    expect(roles.filter((role) => role.loose)).toEqual([])
    const { rows: owned } = await sql<{ name: string }>`
      select relname as name from pg_class where relowner = any(${roles.map((role) => role.oid)}::oid[])
    `.execute(stage.database.owner.db)
    expect(owned).toEqual([])
    const { rows: member } = await sql<{ of: string }>`
      select r.rolname as of from pg_auth_members m join pg_roles r on r.oid = m.roleid
      where m.member = any(${roles.map((role) => role.oid)}::oid[]) order by 1
    `.execute(stage.database.owner.db)
    expect(member.map((row) => row.of)).toEqual(['tieline_app', 'tieline_system'])
  })

  test('shows no row to a connection that has not said for whom it works', async () => {
    const scene = await stage.open({ contacts: 3 })
    await scene.workspace.run(await scene.workspace.flow(contactsFlow()), contactsFlow())
    for (const { name, partition } of await tables()) {
      if (partition) continue
      const { rows } = await sql<{ n: number }>`select count(*) as n from ${sql.id(name)}`.execute(
        stage.database.app.db,
      )
      expect([name, rows[0]!.n]).toEqual([name, 0])
    }
    const { rows } = await inWorkspace(stage.database.app.db, scene.workspace.id, (tx) =>
      sql<{ n: number }>`select count(*) as n from steps`.execute(tx),
    )
    expect(rows[0]!.n).toBeGreaterThan(0)
  })

  test('lets nobody change, take or make rows of another workspace', async () => {
    const scene = await stage.open({ contacts: 1 })
    const other = await stage.join(scene)
    const flow = await scene.workspace.flow(contactsFlow())
    const asOther = <T>(statement: ReturnType<typeof sql<T>>) =>
      inWorkspace(stage.database.app.db, other.id, (tx) => statement.execute(tx))
    expect((await asOther(sql`update flows set name = 'mine' where id = ${flow}`)).numAffectedRows).toBe(0n)
    expect((await asOther(sql`delete from flows where id = ${flow}`)).numAffectedRows).toBe(0n)
    await expect(
      asOther(
        sql`insert into targets (workspace_id, connection_id, operation) values (${scene.workspace.id}, ${scene.workspace.xero}, 'x')`,
      ),
    ).rejects.toMatchObject({ code: '42501' })
    await expect(
      asOther(sql`update connections set workspace_id = ${scene.workspace.id} where id = ${other.xero}`),
    ).rejects.toMatchObject({ code: '42501' })
  })
})
