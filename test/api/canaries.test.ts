import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startXeroSandbox, type XeroSandbox } from '../../connectors/xero/sandbox/server.ts'
import type { ConnectorView } from '../../server/contract/catalog.ts'
import { type Caller, type Installation, install } from './installation.ts'

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
  // Bytes are written as hexadecimal.
  const hits = canaries.filter((one) => text.includes(one) || text.includes(Buffer.from(one).toString('hex')))
  expect(hits).toEqual([])
  // The check can fail: what is not secret is there.
  expect(text).toContain('xero 1')
}, 60_000)
