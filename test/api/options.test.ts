import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startXeroSandbox, type XeroSandbox } from '../../connectors/xero/sandbox/server.ts'
import { noteConnectionUse } from '../../server/store/connection-use.ts'
import { type Caller, type Installation, install } from './installation.ts'

let ledger: XeroSandbox
let it: Installation
let owner: Caller
let at: string

beforeAll(async () => {
  ledger = await startXeroSandbox({ contacts: 3, invoices: 0, creditNotes: 0 })
  it = await install({ egressAllow: [new URL(ledger.url).host] })
  const workspace = await it.workspace()
  owner = await it.member(workspace, 'owner')
  at = `/workspaces/${workspace}/connections`
})
afterAll(async () => {
  await it?.close()
  await ledger?.close()
})

async function connect(settings: object = {}): Promise<string> {
  const made = await owner.call('POST', at, {
    connector: 'xero',
    name: 'Ledger',
    login: 'custom-connection',
    settings: { identityUrl: ledger.url, loginUrl: ledger.url, apiUrl: ledger.url, ...settings },
    secrets: { clientId: ledger.clientId, clientSecret: ledger.clientSecret },
  })
  return made.json().id
}

test('a form gets what the other system has, asked once for all its settings and each letter of a search', async () => {
  const id = await connect()
  // The first question signs in and finds the organisation.
  await owner.call('GET', `${at}/${id}/options/tax-rates`)
  const first = await owner.call('GET', `${at}/${id}/options/payment-accounts`)
  expect(first.json()).toEqual({
    items: [
      { value: '090', label: '090 · Business Bank Account' },
      { value: '091', label: '091 · Business Savings' },
      { value: '835', label: '835 · Directors Loan' },
    ],
    more: false,
  })
  const before = ledger.requests.total
  const found = await owner.call('GET', `${at}/${id}/options/payment-accounts?search=SAV`)
  expect(found.json().items).toEqual([{ value: '091', label: '091 · Business Savings' }])
  expect(ledger.requests.total).toBe(before)
  await owner.call('GET', `${at}/${id}/options/payment-accounts?fresh=true`)
  expect(ledger.requests.total).toBe(before + 1)

  const catalog = (await owner.call('GET', '/catalog')).json()
  const xero = catalog.connectors.find(({ name }: { name: string }) => name === 'xero')
  expect(xero.options).toContainEqual({
    name: 'payment-accounts',
    title: 'Bank accounts and others that take payments',
    permissions: ['accounting.settings.read'],
  })
})

test('what goes wrong is said, and asked again the next time', async () => {
  const id = await connect()
  expect((await owner.call('GET', `${at}/${id}/options/moods`)).statusCode).toBe(404)

  const poor = await connect({ scopes: ['accounting.contacts.read'] })
  const refused = await owner.call('GET', `${at}/${poor}/options/accounts`)
  expect([refused.statusCode, refused.json().code]).toEqual([502, 'REMOTE_FAILED'])
  expect(refused.json().detail).toContain('accounting.settings.read')

  // Signed in before: only the question itself fails.
  await owner.call('GET', `${at}/${id}/options/tax-rates`)
  ledger.state.faults.add([{ kind: '429-minute', match: { pathPrefix: '/api.xro' }, times: 1 }])
  const late = await owner.call('GET', `${at}/${id}/options/accounts`)
  expect([late.statusCode, late.json().code]).toEqual([429, 'RATE_LIMITED'])
  expect(Number(late.headers['retry-after'])).toBeGreaterThan(0)
})

test('the day of its last use is noted at the first use of the day, and written once', async () => {
  const id = await connect()
  const shown = async () => (await owner.call('GET', `${at}/${id}`)).json().usedOn
  const row = async () =>
    (await sql<{ xmin: string }>`select xmin::text from connections where id = ${id}`.execute(it.database.owner.db))
      .rows[0]
  expect(await shown()).toBeNull()
  await owner.call('GET', `${at}/${id}/options/tax-rates`)
  expect(await shown()).toBe(new Date().toISOString().slice(0, 10))
  const before = await row()
  await owner.call('GET', `${at}/${id}/options/accounts?fresh=true`)
  await noteConnectionUse(it.database.app.db, at.split('/')[2]!, id) // another process, which has not noted it yet
  expect(await row()).toEqual(before)
  const long = { used_on: '2026-01-31' }
  await it.database.owner.db.updateTable('connections').set(long).where('id', '=', id).execute()
  expect(await shown()).toBe('2026-01-31')
  await noteConnectionUse(it.database.app.db, at.split('/')[2]!, id)
  expect(await shown()).toBe(new Date().toISOString().slice(0, 10))
})
