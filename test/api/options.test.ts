import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startXeroSandbox, type XeroSandbox } from '../../connectors/xero/sandbox/server.ts'
import { noteConnectionUse } from '../../server/store/connection/connection-use.ts'
import { turnOffConnections } from '../../server/worker/unused-connections.ts'
import { type Caller, type Installation, install, publishedFlow } from './installation.ts'

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

describe('a connection that nothing uses', () => {
  const failures: unknown[] = []
  const turn = () =>
    turnOffConnections(it.database.app.db, {
      info: () => {},
      warn: () => {},
      error: (error) => failures.push(error),
    }).run(it.database.system.db)
  const set = (id: string, change: { used_on?: string; off_announced_at?: Date }) =>
    it.database.owner.db.updateTable('connections').set(change).where('id', '=', id).execute()
  const days = (ago: number) => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10)
  const shown = async (id: string) => (await owner.call('GET', `${at}/${id}`)).json()
  const workspace = () => at.split('/')[2]!
  const now = async () =>
    (await owner.call('GET', `/workspaces/${workspace()}/now`))
      .json()
      .groups.map(({ message }: { message: string }) => message)

  test('is announced, turned off two weeks later, and on again by a click', async () => {
    const { flow } = await publishedFlow(owner, workspace())
    const id = await connect()
    await owner.call('PUT', `/workspaces/${workspace()}/flows/${flow}/bindings`, { bindings: { ledger: id } })
    await set(id, { used_on: days(45) })
    await turn()
    expect((await shown(id)).turnsOffOn).toBeNull()

    // Long unused when it is first looked at: it has its two weeks all the same.
    await set(id, { used_on: days(90) })
    await turn()
    await turn()
    expect(await shown(id)).toMatchObject({ turnsOffOn: days(-14), state: 'new', offSince: null })
    expect(await now()).toContain(`“Ledger” is turned off on ${days(-14)}: nothing has used it since ${days(90)}.`)
    // Used once more: what was announced is worth nothing.
    await noteConnectionUse(it.database.app.db, workspace(), id)
    expect((await shown(id)).turnsOffOn).toBeNull()

    await set(id, { used_on: days(60), off_announced_at: new Date(Date.now() - 14 * 86_400_000) })
    await turn()
    expect(await shown(id)).toMatchObject({ state: 'off', offSince: expect.any(String), turnsOffOn: null })
    const before = ledger.requests.total
    expect((await owner.call('POST', `${at}/${id}/test`)).json()).toMatchObject({
      ...{ ok: false, findings: [{ detail: expect.stringContaining('was turned off on') }] },
    })
    expect((await owner.call('GET', `${at}/${id}/options/tax-rates`)).json().detail).toContain('was turned off on')
    for (const [what, body] of [
      ['run', {}],
      ['switch', { on: true }],
    ] as const) {
      const refused = await owner.call('POST', `/workspaces/${workspace()}/flows/${flow}/${what}`, body)
      expect([refused.statusCode, refused.json().code, refused.json().detail], what).toEqual([
        ...[409, 'CONNECTION_OFF', expect.stringContaining('“Ledger” was turned off')],
      ])
    }
    expect(ledger.requests.total).toBe(before)

    const kept = await owner.call('POST', `${at}/${id}/keep`)
    expect(kept.json()).toMatchObject({ state: 'ready', offSince: null, turnsOffOn: null, usedOn: days(60) })
    expect(ledger.requests.total).toBeGreaterThan(before)
    await turn()
    expect((await shown(id)).turnsOffOn).toBeNull()
    const log = (await owner.call('GET', `/workspaces/${workspace()}/audit?limit=200`)).json().items
    const deeds = log.filter(({ subject }: { subject: { connection?: string } }) => subject.connection === id)
    expect(deeds.map(({ action }: { action: string }) => action)).toEqual(
      expect.arrayContaining(['connection.announce-off', 'connection.turn-off', 'connection.keep']),
    )
    expect(failures).toEqual([])
  })

  test('what something may call over at any time stays on, and is pointed out', async () => {
    const { flow, connection } = await publishedFlow(owner, workspace())
    const told = await connect()
    const db = it.database.owner.db
    await sql`update flows set enabled = true where id = ${flow}`.execute(db)
    await owner.call('POST', `/workspaces/${workspace()}/alert-rules`, {
      ...{ name: 'Watch', watch: { kind: 'failure' }, digestMinutes: 0, enabled: true, zone: 'UTC' },
      recipients: [],
    })
    await sql`update alert_rules set recipients = ${JSON.stringify([{ connection: told }])}::jsonb
      where workspace_id = ${workspace()}`.execute(db)
    const old = { used_on: days(61), off_announced_at: new Date(Date.now() - 30 * 86_400_000) }
    for (const id of [connection, told]) await set(id, old)
    await turn()
    for (const id of [connection, told]) {
      expect(await shown(id)).toMatchObject({ state: 'new', offSince: null, turnsOffOn: null })
    }
    expect(await now()).toContainEqual(
      expect.stringMatching(/^Nothing has used “Xero of Nordwind” since .*, and flows that are on are bound to it/),
    )
    // Switched off, nothing needs it any more.
    await sql`update flows set enabled = false where id = ${flow}`.execute(db)
    await turn()
    expect((await shown(connection)).state).toBe('off')
    expect(failures).toEqual([])
  })
})
