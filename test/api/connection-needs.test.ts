import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Caller, type Installation, install, invoiceFlow, publishedFlow } from './installation.ts'

// Which permissions of the other system the flows of a connection need, and which it does not ask for.

let it: Installation
let owner: Caller
let workspace: string
let at: string

beforeAll(async () => {
  it = await install()
  workspace = await it.workspace()
  owner = await it.member(workspace, 'owner')
  at = `/workspaces/${workspace}`
})
afterAll(() => it.close())

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
    uses: [{ flow: { id: flow, name: 'Paid invoices' }, live: true, draft: true, steps: ['Invoices'] }],
  }
  expect(await needs()).toEqual([invoices])

  const drawn: string = (await owner.call('POST', `${at}/flows`, payments)).json().id
  await owner.call('PUT', `${at}/flows/${drawn}/bindings`, { bindings: { ledger: connection } })
  const uses = { flow: { id: drawn, name: 'Payments' }, live: false, draft: true, steps: ['All payments'] }
  const missing = { permission: 'accounting.payments.read', asked: false, uses: [uses] }
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
