import { createHash, randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startXeroSandbox, type XeroSandbox } from '../../connectors/xero/sandbox/server.ts'
import type { ConnectorView } from '../../server/contract/catalog.ts'
import { ROLES } from '../../server/contract/roles.ts'
import { newId } from '../../server/store/database/ids.ts'
import { type Caller, type Installation, install, publishedFlow } from './installation.ts'

let ledger: XeroSandbox
let it: Installation
let owner: Caller
let at: string
/** Whatever the API answered. */
const said: string[] = []

beforeAll(async () => {
  ledger = await startXeroSandbox({ contacts: 1, invoices: 1, creditNotes: 0 })
  it = await install({ egressAllow: [new URL(ledger.url).host] })
  const workspace = await it.workspace()
  owner = await it.member(workspace, 'owner')
  at = `/workspaces/${workspace}`
})
afterAll(async () => {
  await it?.close()
  await ledger?.close()
})

const call = async (method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: unknown) => {
  const answer = await owner.call(method, path, body)
  // A sign-in page is told which app asks: in its address a client id is no secret (RFC 6749, 2.2).
  said.push(`${JSON.stringify(answer.headers)}\n${answer.body.replace(/client_id=[^&"]+/, '')}`)
  return answer
}

/** As it is, as bytes are written out, and within what is sent by user and password, wherever in it. */
function shapesOf(secret: string): string[] {
  const within = [0, 1, 2].map((before) => {
    const text = Buffer.from(`${'x'.repeat(before)}${secret}`).toString('base64')
    // What depends on its neighbours is left out.
    return text.slice(before === 0 ? 0 : 4, -4)
  })
  return [
    secret,
    Buffer.from(secret).toString('hex'),
    ...within,
    ...within.map((one) => one.replace(/\+/g, '-').replace(/\//g, '_')),
  ]
}

test('fifty secrets through all ways to fail stand in no answer, no table, no export', async () => {
  const { connectors } = (await call('GET', '/catalog')).json() as { connectors: ConnectorView[] }
  const canaries: string[] = []
  const made: string[] = []
  const secretsFor = (schema: ConnectorView['settings']) =>
    Object.fromEntries(
      Object.keys((schema['properties'] ?? {}) as object).map((field) => {
        const canary = `canary-${randomBytes(12).toString('hex')}`
        canaries.push(canary)
        return [field, canary]
      }),
    )
  const here = { identityUrl: ledger.url, loginUrl: ledger.url, apiUrl: ledger.url }
  for (let round = 0; canaries.length < 50; round++) {
    for (const { name, logins } of connectors) {
      for (const login of logins) {
        // Settings of another connector are refused, with the secrets in the same body.
        const settings = round === 0 ? {} : here
        const body = {
          connector: name,
          name: `${name} ${round}`,
          login: login.name,
          settings,
          secrets: secretsFor(login.secrets),
        }
        const answer = await call('POST', `${at}/connections`, body)
        if (answer.statusCode < 300) made.push(answer.json().id)
        await call('POST', `${at}/connections`, { ...body, login: 'none-such' })
        await call('POST', `${at}/connections`, JSON.stringify(body).slice(0, -9))
      }
    }
  }
  expect(made.length).toBeGreaterThan(3)
  for (const id of made) {
    // The remote refuses the login, is not reached, or is not allowed to be.
    await call('POST', `${at}/connections/${id}/test`)
    await call('POST', `${at}/connections/${id}/authorize`)
    await call('PATCH', `${at}/connections/${id}`, { secrets: { none: canaries[0] } })
    await call('GET', `${at}/connections/${id}`)
  }
  for (const path of ['connections', 'audit', 'audit/export', 'export', 'automations'])
    await call('GET', `${at}/${path}`)
  await call('GET', '/fleet')

  const db = it.database.owner.db
  const tables = await sql<{ name: string }>`
    select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'public' and c.relkind in ('r', 'p') and not c.relispartition`.execute(db)
  expect(tables.rows.length).toBeGreaterThan(30)
  const dump = [...said]
  for (const { name } of tables.rows) {
    const { rows } = await sql<{ row: string }>`select t::text as row from ${sql.table(name)} t`.execute(db)
    dump.push(rows.map(({ row }) => row).join('\n'))
  }
  const text = dump.join('\n')
  const hits = canaries.filter((one) => shapesOf(one).some((shape) => text.includes(shape)))
  expect(hits).toEqual([])
  for (const [shape] of [[Buffer.from(`id:${canaries[0]}`).toString('base64')], [`%00${canaries[0]}`]])
    expect(shapesOf(canaries[0]!).some((one) => shape!.includes(one))).toBe(true)
  // The check can fail: what is not secret is there.
  expect(text).toContain('xero 1')
}, 180_000)

describe('of people', () => {
  const MAIL = 'jana.weiss@example.com'
  const PHONE = '+43 660 123 45 67'
  const CARD = '4111 1111 1111 1111'
  const WORDS = `Refused: ${MAIL}, ${PHONE}, ${CARD}, {"FirstName":"Jana Ludovika"}`
  /** In words; a key that is one of the first two is for the desks. */
  const PERSONAL = [MAIL, PHONE, '123 45 67', CARD, 'Ludovika']
  let run: string
  let hook: string
  let flow: string

  beforeAll(async () => {
    const workspace = at.split('/')[2]!
    const made = await publishedFlow(owner, workspace)
    flow = made.flow
    run = newId()
    hook = newId()
    const db = it.database.owner.db
    await sql`insert into runs (workspace_id, id, flow_id, version, cause, cause_node, state, code, reason, start, created_at, ended_at)
      values (${workspace}, ${run}, ${flow}, 1, 'manual', 'start', 'failed', 'REMOTE_REFUSED', ${WORDS},
        ${JSON.stringify({ kind: 'keys', node: 'read', keys: [MAIL] })}::jsonb, now(), now())`.execute(db)
    await sql`update flows set enabled = true, paused_code = 'LOGIN_REFUSED', paused_message = ${WORDS} where id = ${flow}`.execute(
      db,
    )
    await sql`insert into steps (workspace_id, run_id, batch, node_id, day, position, epoch, operation, started_at, waiting_ms,
        working_ms, calls, attempts, counts, error)
      select workspace_id, id, 0, 'shape', day, 0, 1, 'map', now(), 0, 1, 0, 1, '{}',
        ${JSON.stringify({ code: 'REMOTE_REFUSED', message: WORDS })}::jsonb from runs where id = ${run}`.execute(db)
    let position = 0
    const set = (key: string, remote: string) =>
      sql`insert into exceptions (workspace_id, id, flow_id, version, run_id, batch, node_id, position, code, message, remote, desk,
          business_key, record)
        values (${workspace}, ${newId()}, ${flow}, 1, ${run}, 0, 'shape', ${position++}, 'RECORD_REFUSED', ${WORDS}, ${remote}, 'marketing', ${key},
          ${Buffer.alloc(0)})`.execute(db)
    await set(MAIL, `The contact name Ada Ludovika is already assigned to another contact.`)
    await set(PHONE, `The contact name Ida Ludovika is already assigned to another contact.`)
    await set('INV-7', `Contact “Jana Ludovika” is archived.`)
    await sql`insert into notices (workspace_id, id, flow_id, node_id, node_name, key, severity, desk, message, run_id, occurrences)
      values (${workspace}, ${newId()}, ${flow}, 'n', 'N', 'k', 'critical', 'marketing', ${`Write to ${MAIL}`}, ${run}, 1)`.execute(
      db,
    )
    const call = newId()
    await sql`insert into targets (workspace_id, connection_id, operation) values (${workspace}, ${made.connection}, 'emarsys.trigger-event')`.execute(
      db,
    )
    await sql`insert into calls (workspace_id, id, target_id, run_id, epoch, batch, node_id, state, items, message, content)
      select ${workspace}, ${call}, id, ${run}, 1, 0, 'shape', 'unknown', 1, ${WORDS}, null from targets
      where workspace_id = ${workspace} and operation = 'emarsys.trigger-event'`.execute(db)
    await sql`insert into effects (workspace_id, target_id, document, part, kind, hash, call_id, position)
      select ${workspace}, target_id, ${`welcome/${MAIL}`}, '', 's', 'x', id, 0 from calls where id = ${call}`.execute(
      db,
    )
    await sql`insert into hooks (workspace_id, id, flow_id, node_id, node_name, operation, kind, settings, most, seconds)
      values (${workspace}, ${hook}, ${flow}, 'told', 'Told', 'hook', 'signed', '{}', 1, 0)`.execute(db)
    await sql`insert into inbox (workspace_id, hook_id, id, key, key_hash, bytes)
      values (${workspace}, ${hook}, ${newId()}, ${MAIL}, ${createHash('sha256').update(MAIL).digest()}, 1)`.execute(db)
  })

  test.each(ROLES)(
    'words of other systems and keys stand in no list of a role that may not see them: %s',
    async (role) => {
      const workspace = at.split('/')[2]!
      const who = await it.member(workspace, role)
      const desk = role !== 'client' && role !== 'auditor'
      const key = encodeURIComponent(MAIL)
      // What is listed, and whether a key stands in it.
      const lists: readonly (readonly [path: string, keys: boolean])[] = [
        [`${at}/exceptions`, true],
        [`${at}/exceptions?key=${key}`, true],
        [`${at}/exceptions/groups`, false],
        [`${at}/now`, false],
        ['/causes', false],
        [`${at}/automations`, false],
        [`${at}/flows`, false],
        [`${at}/runs`, true],
        [`${at}/runs?key=${key}`, true],
        [`${at}/runs/${run}`, true],
        [`${at}/runs/${run}/batches`, false],
        [`${at}/runs/${run}/steps`, false],
        [`${at}/runs/${run}/waterfall`, false],
        [`${at}/unknown-effects`, true],
        [`${at}/notices`, true],
        [`${at}/alerts`, false],
        [`${at}/alert-messages`, false],
        [`${at}/connections`, false],
        [`${at}/flows/${flow}/hooks`, false],
        [`${at}/flows/${flow}/hooks/${hook}/events`, true],
        [`${at}/export`, true],
        [`${at}/records?key=INV-7`, false],
      ]
      let answered = 0
      for (const [path, keys] of lists) {
        const answer = await who.call('GET', path)
        if (answer.statusCode === 403) continue
        expect(answer.statusCode, path).toBe(200)
        answered += 1
        const seen = PERSONAL.filter((one) => answer.body.includes(one))
        if (!keys || !desk) expect(seen, path).toEqual([])
        else
          expect(
            seen.filter((one) => one === CARD || one === 'Ludovika'),
            path,
          ).toEqual([])
      }
      expect(answered).toBeGreaterThan(10)

      // A search by the key finds it, whoever sees the key.
      const { items } = (await who.call('GET', `${at}/exceptions?key=${key}`)).json()
      expect(items).toMatchObject([
        { businessKey: desk ? MAIL : '[hidden]', remote: expect.stringContaining('[hidden] is already assigned') },
      ])
      expect(items[0].message).toBe('Refused: [hidden], [hidden], [hidden], {"FirstName":"[hidden]"}')
      const { items: doubts } = (await who.call('GET', `${at}/unknown-effects`)).json()
      expect(doubts).toMatchObject([{ key: desk ? `welcome/${MAIL}` : 'welcome/[hidden]' }])
      const told = (await who.call('GET', `${at}/records?key=${key}`)).json().items
      expect(told.map(({ what }: { what: string }) => what).sort()).toEqual(['event', 'exception'])

      // Two whose words are alike once they are masked are two causes still.
      const { groups } = (await who.call('GET', `${at}/exceptions/groups`)).json()
      expect(groups.map(({ count }: { count: number }) => count)).toEqual([1, 1, 1])
      expect(new Set(groups.map(({ fault }: { fault: string }) => fault)).size).toBe(3)
    },
  )
})
