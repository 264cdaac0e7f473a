import { afterAll, beforeAll, expect, test } from 'vitest'
import { type EmarsysSandbox, startEmarsysSandbox } from '../../connectors/emarsys/sandbox/server.ts'
import { connectors } from '../../connectors/index.ts'
import { needsOf } from '../../server/api/connection/needs.ts'
import { buildCatalog } from '../../server/catalog.ts'
import { type Caller, type Installation, install, invoiceFlow, publishedFlow } from './installation.ts'

// Which permissions of the other system the flows of a connection need, and which it does not ask for.

let it: Installation
let owner: Caller
let workspace: string
let at: string
let sandbox: EmarsysSandbox

beforeAll(async () => {
  sandbox = await startEmarsysSandbox({ limits: 'off' })
  it = await install({ egressAllow: [new URL(sandbox.url).host] })
  workspace = await it.workspace()
  owner = await it.member(workspace, 'owner')
  at = `/workspaces/${workspace}`
})
afterAll(async () => {
  await it.close()
  await sandbox.close()
})

/** Reads payments, with a slot of that name. */
const payments = invoiceFlow({
  name: 'Payments',
  nodes: [
    { id: 'start', operation: 'manual', name: 'By hand', settings: {} },
    { id: 'read', operation: 'xero.list-payments', name: 'All payments', slot: 'ledger', settings: {} },
  ],
  edges: [{ id: 'e1', from: 'start', port: 'out', to: 'read', input: 'in' }],
})

test('a permission that a live version or a draft needs is named with its flow and steps until it is asked for', async () => {
  const { flow, connection } = await publishedFlow(owner, workspace)
  const needs = async () => (await owner.call('GET', `${at}/connections/${connection}/needs`)).json().items
  const invoices = {
    permission: 'accounting.invoices.read',
    asked: true,
    says: 'settings',
    uses: [{ flow: { id: flow, name: 'Paid invoices' }, live: true, draft: true, steps: ['Invoices'] }],
  }
  expect(await needs()).toEqual([invoices])

  const drawn: string = (await owner.call('POST', `${at}/flows`, payments)).json().id
  await owner.call('PUT', `${at}/flows/${drawn}/bindings`, { bindings: { ledger: connection } })
  const uses = { flow: { id: drawn, name: 'Payments' }, live: false, draft: true, steps: ['All payments'] }
  const missing = { permission: 'accounting.payments.read', asked: false, says: 'settings', uses: [uses] }
  expect(await needs()).toEqual([missing, invoices])

  const found = async () => {
    const { findings, connection: kept } = (await owner.call('POST', `${at}/connections/${connection}/test`)).json()
    expect(kept.findings).toEqual(findings)
    return findings.find(({ title }: { title: string }) => title === 'accounting.payments.read')
  }
  expect(await found()).toMatchObject({
    ok: true,
    warning: true,
    detail: expect.stringContaining('draft of “Payments”'),
  })
  const published = await owner.call('POST', `${at}/flows/${drawn}/publish`, { summary: 'First', revision: 1 })
  expect(published.statusCode).toBe(201)
  expect(await needs()).toEqual([{ ...missing, uses: [{ ...uses, live: true }] }, invoices])
  expect(await found()).toMatchObject({ ok: false, detail: expect.stringContaining('“Payments” (“All payments”)') })

  const { settings } = (await owner.call('GET', `${at}/connections/${connection}`)).json()
  // Writing includes reading.
  const scopes = [...settings.scopes, 'accounting.payments']
  await owner.call('PATCH', `${at}/connections/${connection}`, { settings: { ...settings, scopes } })
  expect((await needs()).map(({ asked }: { asked: boolean }) => asked)).toEqual([true, true])
  expect(await found()).toBeUndefined()

  await owner.call('PATCH', `${at}/flows/${drawn}`, { archived: true })
  expect(await needs()).toEqual([invoices])
  const other = '00000000-0000-4000-8000-000000000000'
  expect((await owner.call('GET', `${at}/connections/${other}/needs`)).statusCode).toBe(404)
})

test('where settings say nothing, the last test does: what is off is named with the flow that needs it', async () => {
  const made = await owner.call('POST', `${at}/connections`, {
    connector: 'emarsys',
    name: 'Marketing',
    login: 'oauth-client',
    settings: { apiUrl: sandbox.url, tokenUrl: `${sandbox.url}/oauth2/token`, salesUrl: sandbox.url },
    secrets: { clientId: sandbox.clientId, clientSecret: sandbox.clientSecret },
  })
  const connection: string = made.json().id
  const flow = invoiceFlow({
    name: 'Erase people',
    slots: { marketing: { connector: 'emarsys', title: 'Marketing' } },
    nodes: [
      { id: 'start', operation: 'manual', name: 'By hand', settings: {} },
      {
        id: 'erase',
        operation: 'emarsys.delete-contacts',
        name: 'Erase',
        slot: 'marketing',
        settings: { keyField: '3', confirmed: true, record: '{ "contact": email }' },
      },
    ],
    edges: [{ id: 'e1', from: 'start', port: 'out', to: 'erase', input: 'in' }],
  })
  const id: string = (await owner.call('POST', `${at}/flows`, flow)).json().id
  await owner.call('PUT', `${at}/flows/${id}/bindings`, { bindings: { marketing: connection } })
  const needs = async () =>
    (await owner.call('GET', `${at}/connections/${connection}/needs`))
      .json()
      .items.map(({ permission, asked, says }: { permission: string; asked: unknown; says: string }) => [
        permission,
        asked,
        says,
      ])
  const [remove, look] = ['contact.delete', 'contact.contactid.verify']
  expect(await needs()).toEqual([look, remove].map((one) => [one, null, 'test']))

  sandbox.setPermissions({ off: [remove] })
  const test = async () => (await owner.call('POST', `${at}/connections/${connection}/test`)).json().findings
  const off = (await test()).find(({ title }: { title: string }) => title === remove)
  expect(off).toMatchObject({ ok: true, warning: true })
  expect(off.detail).toBe(
    'Needed by the draft of “Erase people” (“Erase”). It is off in Emarsys. Switch it on there, then test the connection again.',
  )
  expect(await needs()).toEqual([
    [remove, false, 'test'],
    [look, true, 'test'],
  ])
  sandbox.setPermissions({ on: [remove] })
  expect((await test()).some(({ title }: { title: string }) => title === remove)).toBe(false)
  expect((await needs()).map(([, asked]: [string, unknown]) => asked)).toEqual([true, true])
})

test('a step within a called flow counts for the account that stands in for its own', () => {
  const called = '0b9f7a52-7a5e-4c1e-9d0a-3f6f6f1f2c11'
  const line = (from: string, to: string) => ({ id: `${from}-${to}`, from, port: 'out', to, input: 'in' })
  const slot = { connector: 'xero', title: 'The ledger' }
  const live = invoiceFlow({
    slots: { books: slot },
    nodes: [
      { id: 'start', operation: 'manual', name: 'By hand', settings: {} },
      { id: 'read', operation: 'xero.list-invoices', name: 'Invoices', slot: 'books', settings: {} },
      {
        id: 'call',
        operation: 'sub-flow',
        name: 'Who paid',
        settings: { flow: called, version: 1, slots: [{ inner: 'ledger', outer: 'books' }] },
      },
    ],
    edges: [line('start', 'read'), line('read', 'call')],
    parts: [
      {
        flow: called,
        version: 1,
        name: 'Who paid',
        slots: { ledger: slot },
        nodes: [
          { id: 'in', operation: 'entry', name: 'An invoice', settings: { title: 'Who paid', fields: [] } },
          {
            id: 'who',
            operation: 'xero.get-contacts',
            name: 'Customer',
            slot: 'ledger',
            settings: { key: 'Contact.ContactID', as: 'customer' },
          },
          { id: 'back', operation: 'leave', name: 'Found', settings: {} },
        ],
        edges: [line('in', 'who'), line('who', 'back')],
      },
    ],
  })
  const of = { id: called, name: 'Payers', live, draft: invoiceFlow(), slots: ['books'] }
  const { items } = needsOf(
    { catalog: buildCatalog(), connectors },
    { connector: 'xero', settings: { scopes: [] }, findings: null },
    [of as never],
  )
  const steps = items.map(({ permission, uses }) => [permission, ...uses.flatMap((use) => use.steps)])
  expect(steps).toContainEqual(['accounting.contacts.read', 'Who paid › Customer'])
})

test('a step that names a field of Emarsys, rather than giving its number, needs to list the fields', () => {
  const flow = (settings: object, operation = 'emarsys.get-contacts') =>
    invoiceFlow({
      form: [{ name: 'field', type: 'text', title: 'Field', default: '9001' }],
      slots: { marketing: { connector: 'emarsys', title: 'Marketing' } },
      nodes: [
        { id: 'start', operation: 'manual', name: 'By hand', settings: {} },
        { id: 'step', operation, name: 'Look', slot: 'marketing', settings: { key: 'id', as: 'known', ...settings } },
      ],
      edges: [{ id: 'e1', from: 'start', port: 'out', to: 'step', input: 'in' }],
    })
  const lists = (live: object, answers: object | null = null) =>
    needsOf({ catalog: buildCatalog(), connectors }, { connector: 'emarsys', settings: {}, findings: null }, [
      { id: 'f', name: 'F', live, draft: invoiceFlow(), slots: ['marketing'], answers } as never,
    ]).items.some(({ permission }) => permission === 'field.list')
  const key = { keyField: { $setting: 'field' } }
  expect(lists(flow({ keyField: '9001', fields: ['3'] }))).toBe(false)
  expect(lists(flow({ keyField: '9001', fields: ['3', 'xero_orders'] }))).toBe(true)
  expect(lists(flow({ ...key, fields: ['3'] }))).toBe(false)
  expect(lists(flow({ ...key, fields: ['3'] }), { field: 'xero_contact' })).toBe(true)
  const send = (record: string) => flow({ keyField: '9001', record }, 'emarsys.upsert-contacts')
  expect(lists(send('{ "9001": id, "1": first ~> $uppercase() }'))).toBe(false)
  for (const record of ['{ "9001": id, "xero_orders": n }', '{ "9001": id, $name: n }', 'fields']) {
    expect(lists(send(record)), record).toBe(true)
  }
})
