import type { InjectOptions } from 'fastify'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newId } from '../../server/store/database/ids.ts'
import { API, type Caller, type Installation, install, publishedFlow } from './installation.ts'
import { oneOfEach } from './one-of-each.ts'
import type { Paths } from './described.ts'
import { least, type Place, placesOf } from './least-value.ts'

// Ids of another workspace inside bodies and queries, where a path that is one's own lets them in.

let it: Installation
beforeAll(async () => {
  it = await install()
})
afterAll(() => it.close())

/** Tables whose ids somebody could bring along, and those that a place of that name is for. */
const KINDS: { readonly [table: string]: { readonly column: string; readonly names: RegExp } } = {
  workspaces: { column: 'id', names: /^workspace$/ },
  flows: { column: 'id', names: /^flows?$/ },
  connections: { column: 'id', names: /^(connections?|ledger)$/ },
  runs: { column: 'id', names: /^runs?$/ },
  members: { column: 'user_id', names: /^(user|person|to|assignedTo|by|assignee)$/ },
  exceptions: { column: 'id', names: /^exceptions?$/ },
  calls: { column: 'id', names: /^calls?$/ },
  inbox: { column: 'id', names: /^events?$/ },
  approvals: { column: 'id', names: /^approvals?$/ },
  alerts: { column: 'id', names: /^alerts?$/ },
  alert_rules: { column: 'id', names: /^rules?$/ },
  files: { column: 'id', names: /^files?$/ },
}

/** A word that stands in every name of the other workspace and nowhere else. */
const CANARY = 'Zanzibar'

async function filled(owner: Caller, workspace: string): Promise<{ flow: string; connection: string }> {
  const made = await publishedFlow(owner, workspace)
  await owner.call('POST', `/workspaces/${workspace}/flows/${made.flow}/run`, {})
  await it.member(workspace, 'consultant')
  await owner.call('PUT', `/workspaces/${workspace}/approval-rule`, { on: true })
  await owner.call('PUT', `/workspaces/${workspace}/approval-rule`, { on: false })
  await oneOfEach(it.database.owner.db, owner, { workspace, ...made })
  return made
}

test('ids of another workspace in a body or a query name nothing there: every route, every place for one', async () => {
  const { db } = it.database.owner
  const [home, foreign] = [await it.workspace('Home'), await it.workspace(CANARY)]
  const [intruder, victim] = [await it.member(home, 'owner'), await it.member(foreign, 'owner')]
  await filled(victim, foreign)
  for (const table of ['flows', 'connections'])
    await sql`update ${sql.table(table)} set name = ${CANARY} where workspace_id = ${foreign}`.execute(db)
  await sql`update users set name = ${CANARY} where id = ${victim.id}`.execute(db)
  await filled(intruder, home)

  const idOf = async (workspace: string, table: string): Promise<string> => {
    if (table === 'workspaces') return workspace
    const column = sql.ref(KINDS[table]?.column ?? 'id')
    const { rows } = await sql<{ id: string }>`select ${column}::text as id from ${sql.table(table)}
      where workspace_id = ${workspace} order by 1 limit 1`.execute(db)
    if (!rows[0]) throw new Error(`There is nothing in ${table}. Make one in one-of-each.ts.`)
    return rows[0].id
  }
  const [theirs, ours] = [new Map<string, string>(), new Map<string, string>()]
  for (const table of Object.keys(KINDS)) {
    theirs.set(table, await idOf(foreign, table))
    ours.set(table, await idOf(home, table))
  }
  const kindOf = (name: string) => Object.keys(KINDS).find((table) => KINDS[table]?.names.test(name))

  const { rows: tables } = await sql<{ name: string }>`
    select c.table_name as name from information_schema.columns c
    join information_schema.tables t using (table_schema, table_name)
    where c.column_name = 'workspace_id' and t.table_type = 'BASE TABLE' and table_schema = current_schema()`.execute(
    db,
  )
  const rowsOf = async (workspace: string): Promise<Map<string, string>> => {
    const all = new Map<string, string>()
    for (const { name } of tables) {
      const { rows } = await sql<{ row: string }>`
        select to_jsonb(t)::text as row from ${sql.table(name)} t where workspace_id = ${workspace} order by 1`.execute(
        db,
      )
      all.set(name, rows.map(({ row }) => row).join('\n'))
    }
    return all
  }
  const before = await rowsOf(foreign)

  const { paths } = (await it.api.inject('/docs/json')).json() as { paths: Paths }
  const told: string[] = []
  const tried = new Set<string>()
  const ask = async (method: string, path: string, place: Place, url: string, body?: unknown) => {
    const answer = await intruder.call(method as InjectOptions['method'], url, body, { 'if-match': '"1"' })
    tried.add(`${method} ${path} ${place.join('.')}`)
    if (answer.statusCode >= 500 || answer.body.includes(CANARY))
      told.push(`${method} ${url} ${place.join('.')}: ${answer.statusCode} ${answer.body.slice(0, 300)}`)
  }
  for (const [path, methods] of Object.entries(paths)) {
    // Closing one's own workspace would refuse all the rest.
    if (!path.includes('{workspace}') || path.endsWith('/closing') || path.endsWith('/events')) continue
    for (const [method, { parameters = [], requestBody }] of Object.entries(methods)) {
      let url = path.replace(API, '').replace('{workspace}', home)
      for (const [, name = ''] of url.matchAll(/\{(\w+)\}/g)) {
        url = url.replace(`{${name}}`, ours.get(kindOf(name) ?? '') ?? '1')
      }
      /** `ids` are of what the route is about. */
      const own = (name: string) => ours.get(kindOf(name) ?? /(exceptions|runs)/.exec(path)?.[1] ?? '') ?? newId()
      const kindsFor = (place: Place) => {
        const name = place.filter((part) => part !== '[]').at(-1) ?? ''
        const id = theirs.get(kindOf(name) ?? '')
        return id === undefined ? [...theirs.values()] : [id]
      }
      const schema = requestBody?.content['application/json']?.schema
      for (const place of schema ? placesOf(schema) : []) {
        for (const id of kindsFor(place))
          await ask(method.toUpperCase(), path, place, url, least(schema!, own, { place, id }))
      }
      if (method !== 'get') continue
      const query = parameters.filter((one) => one.in === 'query')
      for (const { name } of query.filter((one) => placesOf(one.schema).length > 0)) {
        for (const id of kindsFor([name])) {
          const search = new URLSearchParams({ [name]: id })
          for (const one of query.filter((other) => other.required && other.name !== name))
            search.set(one.name, String(least(one.schema, own)))
          await ask('GET', path, [name], `${url}?${search}`)
        }
      }
    }
  }
  expect(told).toEqual([])
  expect(tried.size, [...tried].join('\n')).toBeGreaterThan(60)
  expect(await rowsOf(foreign)).toEqual(before)

  // Nor is one kept here, to be followed later. What was asked for stands in the audit log, and a push as refused.
  const kept: string[] = []
  for (const [table, rows] of await rowsOf(home)) {
    if (table === 'audit_entries' || table === 'client_pushes') continue
    for (const [of, id] of theirs) if (rows.includes(id)) kept.push(`an id of ${of} in ${table}`)
  }
  expect(kept).toEqual([])
}, 120_000)
