import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { IDS } from '../editor/support/closed-keys.ts'
import { createMarking } from '../editor/support/marked.ts'
import { NOT_SHOWN } from '../editor/support/not-shown.ts'
import { ROOT } from '../support/source-tree.ts'
import { type Caller, type Installation, install, publishedFlow } from './installation.ts'
import { oneOfEach, TABLES } from './one-of-each.ts'
import { INSIDE, ON_PAGES, SENT } from './text-columns.ts'

// AB-61: whatever somebody else may have written stands in a column. Each that can hold a text is decided: it comes onto a
// page, and the walk through the pages has hostile texts there; it leaves, and a test says what it is then; or neither.

let it: Installation
let owner: Caller
let workspace: string

beforeAll(async () => {
  it = await install()
  workspace = await it.workspace()
  owner = await it.member(workspace, 'owner')
})
afterAll(() => it.close())

type Column = {
  readonly name: string
  readonly table: string
  readonly column: string
  readonly type: string
  readonly checks: string | null
}

/** Columns that can hold a text, or bytes that may be one. The migrator's own hold names of our files. */
async function columnsOf(): Promise<readonly Column[]> {
  const { rows } = await sql<Column>`
    select c.relname || '.' || a.attname as name, c.relname as table, a.attname as column, t.typname as type,
      (select string_agg(pg_get_constraintdef(k.oid), ' ') from pg_constraint k
        where k.conrelid = c.oid and k.contype = 'c' and a.attnum = any(k.conkey)) as checks
    from pg_class c join pg_attribute a on a.attrelid = c.oid join pg_type t on t.oid = a.atttypid
      left join pg_type one on one.oid = t.typelem
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
      and c.relname not like 'kysely%' and a.attnum > 0 and not a.attisdropped
      and ('S' in (t.typcategory, one.typcategory) or t.typname in ('json', 'jsonb', 'bytea', 'xml'))
    order by 1`.execute(it.database.owner.db)
  return rows
}

/** Whether the database itself lets in only words of a list, or of a form without any sign of markup. */
const isClosed = ({ column, checks }: Column): boolean =>
  [`(${column} = ANY (ARRAY[`, `(${column} ~ '^`].some((check) => checks?.includes(check))

const inside = Object.values(INSIDE).flat()
const decided = [...Object.keys(ON_PAGES), ...inside]

test('every column that can hold a text is decided: it comes onto a page, it leaves, or it stays inside', async () => {
  const open = (await columnsOf()).filter((column) => !isClosed(column)).map(({ name }) => name)
  expect(open.length).toBeGreaterThan(200)
  // A new column: say in text-columns.ts which field of an answer carries it, or why none does.
  expect(open.filter((name) => !decided.includes(name))).toEqual([])
  expect(decided.filter((name) => !open.includes(name))).toEqual([])
  expect(decided.filter((name, at) => decided.indexOf(name) !== at)).toEqual([])
  expect(Object.keys(SENT).filter((name) => !Object.hasOwn(ON_PAGES, name))).toEqual([])
})

test('the field that carries a column is one that the walk through the pages fills with hostile texts', () => {
  const filled = new Set(createMarking(IDS).fields.map(({ name }) => name))
  const unfilled = Object.entries(ON_PAGES).filter(([, field]) => !filled.has(field))
  expect(unfilled).toEqual([])
  // It may be said by another field, or in the place of one; not by none.
  const said = ['told by another', 'stands in for another']
  const unseen = Object.entries(ON_PAGES).filter(([, field]) => !said.includes(NOT_SHOWN.get(field) ?? said[0]!))
  expect(unseen).toEqual([])
})

test('what leaves has a test for each way', () => {
  const missing = Object.values(SENT)
    .flat()
    .filter(([file, title]) => !readFileSync(join(ROOT, file), 'utf8').includes(`('${title}'`))
  expect(missing).toEqual([])
})

test('a text that is put into a column comes out in the field that is said of it', async () => {
  const { db } = it.database.owner
  const { flow, connection } = await publishedFlow(owner, workspace)
  const at = `/workspaces/${workspace}`
  await owner.call('POST', `${at}/flows/${flow}/run`, {})
  await owner.call('POST', `${at}/tokens`, { name: 'Theirs' })
  await owner.call('POST', `${at}/invitations`, { email: 'guest@example.com', role: 'client' })
  await it.member(workspace, 'consultant')
  await owner.call('PUT', `${at}/approval-rule`, { on: true })
  await owner.call('PUT', `${at}/approval-rule`, { on: false })
  await oneOfEach(db, owner, { workspace, flow, connection })
  await sql`update flows set paused_code = 'LOGIN_REFUSED' where id = ${flow}`.execute(db)
  await sql`update runs set state = 'running', started_at = now(), lease_until = now() + interval '1 hour'`.execute(db)
  const ids = new Map([
    ...[['workspace', workspace] as const, ['position', '1'] as const, ['number', '1'] as const],
    ['node', 'shape'] as const,
    ...(await Promise.all(
      Object.entries(TABLES).flatMap(([parameter, place]) =>
        place === 'none' ? [] : [idOf(parameter, place[0], place[1])],
      ),
    )),
  ])
  async function idOf(parameter: string, table: string, column: string): Promise<readonly [string, string]> {
    const { rows } = await sql<{ id: string }>`select ${sql.ref(column)}::text as id from ${sql.table(table)}
      where workspace_id = ${workspace} order by 1 limit 1`.execute(db)
    return [parameter, rows[0]?.id ?? 'none']
  }
  const proved: string[] = []
  const lost: string[] = []
  for (const { name, table, column, type } of await columnsOf()) {
    const field = ON_PAGES[name]
    if (!field?.startsWith('GET ') || !['text', '_text'].includes(type)) continue
    const text = `<b>${name}</b>`
    const set = sql`${sql.ref(column)} = ${type === 'text' ? text : [text]}`
    const before = await sql<object>`select * from ${sql.table(table)}`.execute(db)
    if (before.rows.length === 0) continue
    // What the database itself lets nobody change is written once, by the product.
    const changed = await sql`update ${sql.table(table)} set ${set}`.execute(db).catch(() => undefined)
    if (changed === undefined) continue
    const [route = '', place = ''] = field.slice('GET '.length).split(' ')
    const answer = await owner.call(
      'GET',
      route.replace(/:(\w+)/g, (_, parameter) => ids.get(parameter) ?? 'none'),
    )
    if (answer.statusCode === 200 && textsAt(answer.json(), place.split('/')).some((one) => one.includes(text))) {
      proved.push(name)
    } else {
      lost.push(`${name}: ${field} ${answer.statusCode}`)
    }
    await putBack(table, column, before.rows as readonly { [column: string]: unknown }[])
  }
  expect(lost).toEqual([])
  expect(proved.length).toBeGreaterThan(50)

  async function putBack(table: string, column: string, rows: readonly { [column: string]: unknown }[]): Promise<void> {
    const { rows: keys } = await sql<{ name: string }>`
      select a.attname as name from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
      where i.indrelid = ${table}::regclass and i.indisprimary`.execute(db)
    for (const row of rows) {
      const own = keys.filter(({ name }) => name !== column).map(({ name }) => sql`${sql.ref(name)} = ${row[name]}`)
      await sql`update ${sql.table(table)} set ${sql.ref(column)} = ${row[column]} where ${sql.join(own, sql` and `)}`.execute(
        db,
      )
    }
  }
})

/** The texts of an answer at a place: names, and `*` or `{}` for all. */
function textsAt(value: unknown, [step, ...rest]: readonly string[]): readonly string[] {
  if (step === undefined) return typeof value === 'string' ? [value] : []
  if (typeof value !== 'object' || value === null) return []
  const those = step === '*' || step === '{}' ? Object.values(value) : [Reflect.get(value, step)]
  return those.flatMap((one) => textsAt(one, rest))
}
