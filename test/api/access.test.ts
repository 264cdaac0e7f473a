import type { InjectOptions } from 'fastify'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isAllowed, permissionsOf } from '../../server/api/http/permissions.ts'
import { buildApp } from '../../server/app.ts'
import { Permission } from '../../server/contract/people.ts'
import { ROLES } from '../../server/contract/roles.ts'
import { newId } from '../../server/store/database/ids.ts'
import { oneOfEach, TABLES } from './one-of-each.ts'
import { ROUTE_PERMISSIONS } from './route-permissions.ts'
import { API, type Caller, type Installation, install, publishedFlow } from './installation.ts'
import { TRACE_DAYS } from '../support/trace-days.ts'
import type { Paths } from './described.ts'
import { least } from './least-value.ts'

type Role = (typeof ROLES)[number]

let it: Installation
let workspace: string
let people: Map<Role, Caller>

/** Every route of the API with what it says of its permission, from the document that the API gives of itself. */
let routes: { method: InjectOptions['method']; path: string; permission: Permission | undefined; open: boolean }[]

beforeAll(async () => {
  it = await install()
  workspace = await it.workspace()
  people = new Map()
  for (const role of ROLES) people.set(role, await it.member(workspace, role))
  const document = (await it.api.inject('/docs/json')).json()
  routes = Object.entries(
    document.paths as Record<string, Record<string, { description?: string; security: unknown[] }>>,
  ).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { description = '', security }]) => ({
      // The document's methods are those of HTTP in small letters.
      method: method.toUpperCase() as InjectOptions['method'],
      path: path.replace(API, ''),
      permission: /^Permission: `(.+)`/.exec(description)?.[1] as Permission | undefined,
      open: security.length === 0,
    })),
  )
})
afterAll(() => it.close())

/** What the router itself says it serves, in the spelling of OpenAPI. Its tree shows each path below its beginning. */
function servedRoutes(): string[] {
  const open: string[] = []
  return it.api
    .printRoutes({ commonPrefix: false })
    .split('\n')
    .flatMap((line) => {
      const [, indent = '', segment = '', methods = ''] = /^([│ ]*)[├└]── (\S+) \((.+)\)/.exec(line) ?? []
      const depth = indent.length / 4
      open.splice(depth, open.length, segment)
      const path = open.join('').replaceAll(/:(\w+)/g, '{$1}')
      return methods.split(', ').flatMap((method) => (method === 'HEAD' || segment === '' ? [] : [`${method} ${path}`]))
    })
    .sort()
}

const fill = (path: string, inWorkspace: string) =>
  path
    .replace('{workspace}', inWorkspace)
    .replace('{number}', '1')
    .replace('{template}', 'none')
    .replace('{period}', '2024-10')
    .replace('{lane}', 'live')
    .replace('{position}', '0')
    .replace('{fault}', '0123456789abcdef')
    .replaceAll(/\{\w+\}/g, () => newId())

describe('every route', () => {
  test('is listed in the document of the API, with its security and its errors', async () => {
    const document = (await it.api.inject('/docs/json')).json()
    const described = routes.map(({ method, path }) => `${method} ${API}${path}`)
    expect(described.sort()).toEqual(servedRoutes().filter((route) => route.includes(API)))
    expect(described.length).toBeGreaterThan(50)
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const [method, operation] of Object.entries(
        methods as Record<string, { responses: object; security: unknown }>,
      )) {
        const where = `${method} ${path}`
        expect(operation, where).toHaveProperty('security')
        expect(Object.keys(operation.responses), where).toContain('500')
        if (path.includes('{workspace}')) {
          expect(Object.keys(operation.responses), where).toEqual(expect.arrayContaining(['401', '403', '404']))
        }
      }
    }
  })

  test('asks for the permission that was decided for it', () => {
    const declared = routes.map(({ method, path, permission, open }) => [
      `${method} ${path.replace('/workspaces/{workspace}/', '…/')}`,
      open ? 'public' : (permission ?? 'signed-in'),
    ])
    expect(Object.fromEntries(declared)).toEqual(ROUTE_PERMISSIONS)
  })

  test('answers nobody who is not signed in, but for the few that must', async () => {
    for (const { method, path, open } of routes) {
      const answer = await it.api.inject({ method, url: `${API}${fill(path, workspace)}` } as InjectOptions)
      if (open) expect(answer.statusCode, `${method} ${path}`).not.toBe(401)
      else expect([answer.statusCode, answer.json().code], `${method} ${path}`).toEqual([401, 'SIGN_IN_REQUIRED'])
    }
  })

  test('of a workspace lets in exactly the roles of the table', async () => {
    let checked = 0
    for (const { method, path, permission } of routes.filter((route) => route.permission)) {
      for (const [role, person] of people) {
        const answer = await person.call(method, fill(path, workspace))
        const where = `${role}: ${method} ${path}`
        if (permission && isAllowed(role, permission)) expect([401, 403], where).not.toContain(answer.statusCode)
        else expect([answer.statusCode, answer.json().code], where).toEqual([403, 'NOT_ALLOWED'])
        checked += 1
      }
    }
    expect(checked).toBeGreaterThan(250)
  })

  test('of another workspace, or of none, is not found by anybody', async () => {
    const foreign = await it.workspace('Foreign')
    const [owner, auditor] = [people.get('owner'), people.get('auditor')]
    for (const { method, path } of routes.filter((route) => route.path.includes('{workspace}'))) {
      for (const place of [foreign, newId(), 'nonsense', '%00', "' or 1=1"]) {
        for (const person of [owner, auditor]) {
          const answer = await person?.call(method, fill(path, encodeURIComponent(place)))
          expect([answer?.statusCode, answer?.json().code], `${method} ${path} in ${place}`).toEqual([404, 'NOT_FOUND'])
        }
      }
    }
  })
})

test('ids of another workspace are nothing in one’s own: every route, every id, nothing of the other is changed', async () => {
  const [home, foreign] = [await it.workspace('Home'), await it.workspace('Foreign')]
  const [intruder, victim] = [await it.member(home, 'owner'), await it.member(foreign, 'owner')]
  const consultant = await it.member(foreign, 'consultant')
  const { flow, connection } = await publishedFlow(victim, foreign)
  const theirs = `/workspaces/${foreign}`
  await victim.call('POST', `${theirs}/flows/${flow}/run`, {})
  await victim.call('POST', `${theirs}/tokens`, { name: 'Theirs' })
  await victim.call('POST', `${theirs}/invitations`, { email: 'guest@foreign.example', role: 'client' })
  await victim.call('PUT', `${theirs}/approval-rule`, { on: true })
  await victim.call('PUT', `${theirs}/approval-rule`, { on: false })
  const { db } = it.database.owner
  const idOf = async (parameter: string) => {
    const place = TABLES[parameter]
    if (place === undefined) throw new Error(`Say in TABLES where the ids of {${parameter}} come from.`)
    if (parameter === 'period') return '2024-10'
    if (place === 'none') return '1'
    const { rows } = await sql<{ id: string }>`select ${sql.ref(place[1])}::text as id from ${sql.table(place[0])}
      where workspace_id = ${foreign} limit 1`.execute(db)
    // An id of nothing would be found nowhere, whoever looks.
    if (!rows[0]) throw new Error(`There is nothing in ${place[0]} for {${parameter}}. Make one in one-of-each.ts.`)
    return rows[0].id
  }
  await oneOfEach(db, victim, { workspace: foreign, flow, connection })
  const { rows: tables } = await sql<{ name: string }>`
    select c.table_name as name from information_schema.columns c
    join information_schema.tables t using (table_schema, table_name)
    where c.column_name = 'workspace_id' and t.table_type = 'BASE TABLE' and table_schema = current_schema()`.execute(
    db,
  )
  expect(tables.length).toBeGreaterThan(40)
  const state = async () => {
    const all: unknown[] = []
    for (const { name } of tables) {
      const { rows } = await sql`
        select to_jsonb(t) as row from ${sql.table(name)} t where workspace_id = ${foreign} order by 1`.execute(db)
      all.push([name, rows])
    }
    return all
  }
  expect((await consultant.call('GET', `${theirs}/approvals`)).json().items).toHaveLength(1)
  const before = await state()
  const bodies = (await it.api.inject('/docs/json')).json().paths as Paths
  const odd: string[] = []
  let [checked, nothing] = [0, 0]
  for (const { method, path } of routes) {
    const parameters = [...path.matchAll(/\{(\w+)\}/g)]
      .map(([, name = '']) => name)
      .filter((name) => name !== 'workspace')
    if (!path.includes('{workspace}') || parameters.every((name) => TABLES[name] === 'none')) continue
    let url = path.replace('{workspace}', home)
    for (const name of parameters) url = url.replace(`{${name}}`, await idOf(name))
    const schema =
      bodies[path.replace(/^/, API)]?.[String(method).toLowerCase()]?.requestBody?.content['application/json']?.schema
    const answer = await intruder.call(method, url, schema ? least(schema) : undefined, { 'if-match': '"1"' })
    // A body is looked at before the id, and what fits the schema may still make no sense.
    expect([400, 404, 422], `${method} ${url}: ${answer.body}`).toContain(answer.statusCode)
    checked += 1
    if (answer.statusCode === 404) nothing += 1
    else odd.push(`${method} ${path} ${answer.statusCode}`)
  }
  expect(checked).toBeGreaterThan(60)
  // Else the bodies are refused, and the ids never looked at.
  expect(nothing, odd.join('\n')).toBeGreaterThan(checked * 0.9)
  expect(await state()).toEqual(before)
})

test('nobody says of themselves what only the server says: every route with a body refuses fields it does not know', async () => {
  const { paths } = (await it.api.inject('/docs/json')).json() as { paths: Paths }
  const KEYS = ['role', 'workspaceId', 'approvedBy', 'isAdmin', 'owner', 'createdBy', 'secondFactor', 'scopes']
  const owner = people.get('owner')!
  const open = new Set(routes.flatMap((route) => (route.open ? [`${route.method} ${API}${route.path}`] : [])))
  const odd: string[] = []
  let checked = 0
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, { requestBody }] of Object.entries(methods)) {
      const schema = requestBody?.content['application/json']?.schema
      // A flow document is read with all that is wrong with it, and answered in its own words.
      if (!schema || !path.startsWith(API) || JSON.stringify(schema).includes('"slots"')) continue
      const url = fill(path.replace(API, ''), workspace)
      // All that is asked for is there, else that would be missed and the rest not looked at.
      const whole = least(schema) as object
      for (const key of KEYS) {
        if (JSON.stringify(schema).includes(`"${key}"`)) continue // it is asked for
        const body = { ...whole, [key]: 'owner' }
        const asked = { method: method.toUpperCase() as 'POST', url: `${API}${url}`, payload: body }
        // What is open to all has a limit for each address.
        const answer = open.has(`${asked.method} ${path}`)
          ? await it.api.inject({ ...asked, remoteAddress: `10.9.${checked >> 8}.${checked & 255}` })
          : await owner.call(asked.method, url, body, { 'if-match': '"1"' })
        const unknown = (answer.json().problems ?? []).some(
          ({ field, message }: { field: string; message: string }) =>
            field === `body.${key}` && message === 'is not a known field',
        )
        if (answer.statusCode !== 400 || !unknown) odd.push(`${method} ${path} with ${key}: ${answer.body}`)
        checked += 1
      }
    }
  }
  expect(odd).toEqual([])
  expect(checked).toBeGreaterThan(300)
})

test('hostile texts in every query and every place of every address are refused, or are only text', async () => {
  const TEXTS = [
    "' or 1=1--",
    "1'); drop table flows;--",
    '" union select secrets from connections--',
    "' || (select pg_sleep(5)) || '",
    '{"$gt":""}',
    '..%2f..%2fetc%2fpasswd',
    '\u0000',
    '\ud800',
    '9'.repeat(400),
    // Numbers and times that a schema takes, and the database or JavaScript does not.
    '9'.repeat(19),
    '2016-12-31T23:59:60Z',
  ]
  const INSIDE = /node_modules|\.ts:\d|\bat \w+ \(|\bselect\b.*\bfrom\b|syntax error|postgres|stack|fastify|root:/i
  const { paths } = (await it.api.inject('/docs/json')).json() as { paths: Paths }
  const owner = people.get('owner')!
  const rows = async () =>
    (await sql<{ n: string }>`select count(*) as n from flows`.execute(it.database.owner.db)).rows[0]?.n
  const before = await rows()
  const odd: string[] = []
  let asked = 0
  for (const [path, methods] of Object.entries(paths)) {
    if (!path.startsWith(API) || path.includes('/events')) continue // a stream does not end by itself
    const address = path.replace(API, '')
    const { get } = methods
    const query = (get?.parameters ?? []).filter((one) => one.in === 'query')
    const addresses = query.flatMap(({ name }) =>
      TEXTS.map((text) => {
        const others = query.filter((one) => one.required && one.name !== name)
        const search = new URLSearchParams()
        for (const one of others) search.set(one.name, String(least(one.schema)))
        search.set(name, text)
        return `${fill(address, workspace)}?${search}`
      }),
    )
    for (const [, name = ''] of address.matchAll(/\{(\w+)\}/g)) {
      if (name === 'workspace') continue // tried above
      for (const text of TEXTS) {
        // What cannot stand in an address at all is sent as it is escaped.
        const place = encodeURIComponent(text.toWellFormed())
        addresses.push(fill(address.replace(`{${name}}`, place), workspace))
      }
    }
    for (const url of get ? addresses : []) {
      const answer = await owner.call('GET', url)
      asked += 1
      const { statusCode, body, headers } = answer
      // The way back of single sign-on leads to the page for signing in, whatever it is given.
      const led = statusCode === 302 && /^\/sign-in\?sso=[A-Z_]+$/.test(String(headers.location))
      const known = led || statusCode === 200 || (statusCode >= 400 && statusCode < 500)
      if (!known || (statusCode !== 200 && INSIDE.test(body.replaceAll(JSON.stringify(url).slice(1, -1), ''))))
        odd.push(`${url} ${statusCode} ${body.slice(0, 200)}`)
    }
  }
  expect(odd).toEqual([])
  expect(asked).toBeGreaterThan(1_000)
  expect(await rows()).toBe(before)
})

/** What was decided for every permission: which roles have it. A new one is added here by hand. */
const DECIDED: { readonly [P in Permission]: string } = {
  'workspace.read': 'all',
  'workspace.manage': 'owner',
  'flows.read': 'all',
  'alerts.read': 'owner consultant operator finance marketing auditor',
  'alerts.acknowledge': 'owner consultant operator finance marketing',
  'alerts.manage': 'owner consultant operator',
  'flows.edit': 'owner consultant',
  'flows.publish': 'owner consultant',
  'flows.approve': 'owner consultant',
  'answers.edit': 'owner consultant operator client',
  'policy.edit': 'owner consultant finance',
  'flows.switch': 'owner consultant operator client',
  'flows.run': 'owner consultant operator',
  'runs.read': 'all',
  'runs.cancel': 'owner consultant operator',
  'runs.rerun': 'owner consultant operator',
  'runs.backfill': 'owner consultant operator',
  'lanes.manage': 'owner consultant',
  'periods.read': 'owner consultant operator finance auditor',
  'periods.check': 'owner consultant operator finance',
  'periods.sign': 'owner finance',
  'periods.export': 'owner finance auditor',
  'operations.read': 'owner consultant operator auditor',
  'payloads.read': 'owner consultant operator finance marketing',
  'payloads.reveal': 'owner consultant operator finance marketing',
  'exceptions.assign': 'owner consultant operator finance marketing',
  'reports.make': 'owner consultant operator finance marketing client',
  'reports.answer': 'owner consultant operator',
  'data.export': 'owner auditor',
  'data.erase': 'owner',
  'exceptions.read': 'all',
  'exceptions.open': 'owner consultant operator finance marketing',
  'exceptions.dismiss': 'owner consultant operator finance marketing',
  'exceptions.retry': 'owner consultant operator finance marketing',
  'effects.settle': 'owner consultant operator finance marketing',
  'hooks.read': 'owner consultant operator auditor',
  'hooks.manage': 'owner consultant',
  'connections.read': 'all',
  'connections.options': 'owner consultant operator finance marketing client',
  'connections.test': 'owner consultant operator',
  'connections.renew': 'owner consultant operator client',
  'connections.manage': 'owner consultant',
  'suppressions.read': 'owner consultant operator marketing auditor',
  'suppressions.manage': 'owner marketing',
  'files.read': 'owner consultant operator finance marketing',
  'files.manage': 'owner consultant operator finance marketing',
  'tokens.own': 'all',
  'audit.read': 'owner consultant auditor',
  'people.read': 'owner consultant operator finance marketing auditor',
  'people.invite': 'owner consultant',
  'people.manage': 'owner',
}

test('the table of roles is what was decided', () => {
  const table = Permission.enum.map((permission) => {
    const roles = ROLES.filter((role) => permissionsOf(role).includes(permission))
    return [permission, roles.length === ROLES.length ? 'all' : roles.join(' ')]
  })
  expect(Object.fromEntries(table)).toEqual(DECIDED)
})

test('a route without a permission stops the start', async () => {
  const forgetful = await buildApp(buildParts())
  forgetful.get('/api/v1/forgotten', async () => 'open to all')
  await expect(forgetful.ready()).rejects.toThrow('GET /api/v1/forgotten')
  await forgetful.close()
})

function buildParts(): Parameters<typeof buildApp>[0] {
  const unused = (): never => {
    throw new Error('not used while starting')
  }
  return {
    config: { publicUrl: undefined, sessionHours: 12, traceDays: TRACE_DAYS, logLevel: 'silent' },
    app: it.database.app.db,
    system: it.database.system.db,
    keys: it.keys,
    evaluator: { parse: unused, preview: unused },
    catalog: new Map(),
    connections: {
      open: unused,
      test: unused,
      authorizeUrl: unused,
      exchangeCode: unused,
      accounts: unused,
      choose: unused,
      revoke: unused,
      usage: unused,
      quotas: unused,
      close: unused,
    },
  }
}

test('answers carry the headers that keep other sites out', async () => {
  // The last two are other spellings of the one before.
  for (const url of ['/docs', '/nowhere', `${API}/health/live`, `${API}/me`, '/%61pi/v1/me', `http://x${API}/me`]) {
    const { headers } = await it.api.inject(url)
    expect(headers['cache-control'], url).toBe('no-store')
    expect(headers['content-security-policy'], url).toContain("script-src 'self'")
    expect(headers['content-security-policy'], url).toContain("frame-ancestors 'none'")
    expect(headers['x-content-type-options'], url).toBe('nosniff')
    expect(headers['referrer-policy'], url).toBe('no-referrer')
    expect(headers['access-control-allow-origin'], url).toBeUndefined()
  }
  const preflight = await it.api.inject({
    method: 'OPTIONS',
    url: `${API}/session`,
    headers: { origin: 'https://evil.test', 'access-control-request-method': 'POST' },
  })
  expect(preflight.headers['access-control-allow-origin']).toBeUndefined()
  expect((await it.api.inject('/docs/')).body).not.toMatch(/<script>|<script [^>]*(?<!src="[^"]*")>[^\s<]/)
})
