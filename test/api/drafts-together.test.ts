import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Caller, type Installation, install, invoiceFlow } from './installation.ts'

let it: Installation
let at: string
let ana: Caller
let ben: Caller
let workspace: string

beforeAll(async () => {
  it = await install()
  workspace = await it.workspace()
  ana = await it.member(workspace, 'consultant')
  ben = await it.member(workspace, 'consultant')
  at = `/workspaces/${workspace}`
})
afterAll(() => it.close())

const flow = async (): Promise<string> =>
  `${at}/flows/${(await ana.call('POST', `${at}/flows`, invoiceFlow())).json().id}`
const ago = (table: string, column: string, interval: string) =>
  sql`update ${sql.table(table)} set ${sql.ref(column)} = now() - ${interval}::interval`.execute(it.database.owner.db)

test('saves of one person are one session, a pause or another person begins the next, and each can be had back', async () => {
  const path = await flow()
  const save = (who: Caller, revision: number, name: string) =>
    who.call('PUT', `${path}/draft`, { ...invoiceFlow(), name }, { 'if-match': `"${revision}"` })
  const sessions = async () => (await ana.call('GET', `${path}/draft/sessions`)).json().items
  for (const [revision, name] of [
    [1, 'one'],
    [2, 'two'],
  ] as const)
    expect((await save(ana, revision, name)).statusCode).toBe(200)
  expect(await sessions()).toMatchObject([{ number: 1, firstRevision: 2, lastRevision: 3, name: null }])
  await save(ben, 3, 'three')
  await ago('draft_sessions', 'ended_at', '11 minutes')
  await save(ben, 4, 'four')
  expect((await ana.call('POST', `${path}/draft/name`, { name: 'Before lunch' })).statusCode).toBe(200)
  await save(ben, 5, 'five')
  expect(
    (await sessions()).map((one: { name: string | null; lastRevision: number }) => [one.lastRevision, one.name]),
  ).toEqual([
    [6, null],
    [5, 'Before lunch'],
    [5, null],
    [4, null],
    [3, null],
  ])
  expect((await ben.call('GET', `${path}/draft/sessions/1`)).json().document.name).toBe('two')
  expect((await ben.call('GET', `${path}/draft/sessions/9`)).statusCode).toBe(404)
  // A save that was overtaken leaves nothing.
  expect((await save(ana, 3, 'lost')).statusCode).toBe(412)
  expect(await sessions()).toHaveLength(5)
})

test('one tab edits; another gets the pen at once when it is free or idle, else after asking', async () => {
  const path = `${await flow()}/lease`
  const sign = async (who: Caller, tab: string, more: object = {}) =>
    (await who.call('POST', path, { tab, ...more })).json()
  expect(await sign(ana, 'tab-a')).toMatchObject({ yours: false, holder: null })
  expect(await sign(ana, 'tab-a', { do: 'take' })).toMatchObject({ yours: true, holder: { sameTab: true, you: true } })
  expect(await sign(ben, 'tab-b', { do: 'take' })).toMatchObject({
    yours: false,
    holder: { sameTab: false, you: false },
  })
  expect(await sign(ana, 'tab-a', { active: true })).toMatchObject({ yours: true, asked: expect.any(String) })
  // Still asked half a minute later: it goes over.
  await ago('draft_leases', 'asked_at', '31 seconds')
  expect(await sign(ben, 'tab-b', { do: 'take' })).toMatchObject({ yours: true, asked: null })
  expect(await sign(ana, 'tab-a')).toMatchObject({ yours: false })
  // Whoever does nothing gives it up at once; so does one's own other tab, and a tab that is gone.
  await ago('draft_leases', 'active_at', '3 minutes')
  expect(await sign(ana, 'tab-a', { do: 'take' })).toMatchObject({ yours: true })
  expect(await sign(ana, 'tab-c', { do: 'take' })).toMatchObject({ yours: true })
  expect(await sign(ana, 'tab-c', { do: 'give' })).toMatchObject({ yours: false, holder: null })
  expect(await sign(ben, 'tab-b', { do: 'take' })).toMatchObject({ yours: true })
  expect(await sign(ben, 'tab-b', { do: 'leave' })).toMatchObject({ yours: false, holder: null })
})

test('a preview answers as a run would: a value, nothing, an error with its place, and an end to what has none', async () => {
  const path = `${await flow()}/preview`
  const preview = async (expression: string, record: object = { Total: 12.5, Lines: [{ a: 1 }] }) =>
    (await ana.call('POST', path, { expression, record })).json()
  expect(await preview('{ "sum": Total, "first": Lines[0].a }')).toEqual({ ok: true, value: { sum: 12.5, first: 1 } })
  expect(await preview('Nothing')).toEqual({ ok: true })
  expect(await preview('Total +')).toMatchObject({ ok: false, error: { position: expect.any(Number) } })
  expect(await preview('$error("no")')).toMatchObject({ ok: false, error: { code: 'SET_ASIDE' } })
  expect(await preview('($f := function($n) { $f($n + 1) }; $f(1))')).toMatchObject({
    ok: false,
    error: { code: 'EXPRESSION_TIMEOUT' },
  })
  expect(await preview('Total')).toEqual({ ok: true, value: 12.5 })
  const marketing = await it.member(workspace, 'marketing')
  expect((await marketing.call('POST', path, { expression: '1', record: {} })).statusCode).toBe(403)
})
