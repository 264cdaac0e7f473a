import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { emarsys } from '../../../connectors/emarsys/index.ts'
import type { EmarsysSandbox } from '../../../connectors/emarsys/sandbox/server.ts'
import type { Context, DataRecord, WriteOperation } from '../../../connectors/kit/connector.ts'
import { emarsysAccount, openEmarsys, operationOf, settingsOf } from '../support/accounts.ts'
import type { Opened } from '../support/open.ts'
import { collect, rejection } from '../support/remote.ts'

// What the account has and what is made there, one test for each operation that no other file is about.

let sandbox: EmarsysSandbox
let opened: Opened
beforeAll(async () => {
  sandbox = await emarsysAccount({ limits: 'off', contacts: 0 })
  opened = openEmarsys(sandbox)
})
beforeEach(() => sandbox.clearFaults())
afterAll(async () => {
  await opened.close()
  await sandbox.close()
})

type Set = { readonly [name: string]: unknown }
const context = (settings: unknown) => opened.context(settings) as Context<never>

const read = async (name: string, set: Set = {}) => {
  const operation = operationOf(emarsys, name, 'read')
  const pages = await collect(operation.read(context(settingsOf(operation, set)), undefined))
  return pages.flatMap((page) => page.records)
}

const find = async (name: string, set: Set, keys: readonly string[]) => {
  const operation = operationOf(emarsys, name, 'lookup')
  const given = context(settingsOf(operation, set))
  const settings = (await operation.bind?.(given, [])) ?? given.settings
  return operation.find({ ...given, settings } as Context<never>, keys)
}

/** As the engine writes: names become numbers first. */
const prepared = async (name: string, set: Set, payloads: readonly DataRecord[]) => {
  const operation = operationOf(emarsys, name, 'write') as WriteOperation
  const given = context(settingsOf(operation, set))
  const settings = (await operation.bind?.(given, payloads)) ?? given.settings
  const items = payloads.map((payload) => {
    const value = operation.prepare(settings as never, payload)
    return { key: operation.key(settings as never, value), value }
  })
  return { operation, items, bound: { ...given, settings } as Context<never> }
}
const send = async (name: string, set: Set, payloads: readonly DataRecord[]) => {
  const { operation, items, bound } = await prepared(name, set, payloads)
  return operation.write(bound, items, { id: 'call-1' })
}
const probe = async (name: string, set: Set, payloads: readonly DataRecord[]) => {
  const { operation, items, bound } = await prepared(name, set, payloads)
  return operation.probe!(bound, items)
}

test('fields and choices are listed with what is sent for them', async () => {
  const fields = await read('list-fields')
  expect(fields).toContainEqual(expect.objectContaining({ id: '3', application_type: 'longtext', string_id: 'email' }))
  expect(await read('list-choices', { fieldId: '14' })).toContainEqual(
    expect.objectContaining({ id: '65', choice: 'Germany', field: '14' }),
  )
  expect(await rejection(read('list-choices', { fieldId: '4711' }))).toMatchObject({ reaction: 'reject' })
})

test.each([
  ['create-contact-list', { description: 'Who owes' }, 'list-contact-lists'],
  ['create-event', {}, 'list-events'],
  ['create-field', { type: 'shorttext' }, 'list-fields'],
] as const)('%s makes it once, knows it again after a lost answer, and lists it', async (name, more, list) => {
  const payload = { name: `Debtors ${name}`, ...more }
  expect(await probe(name, {}, [payload])).toEqual(['absent'])
  const [made] = await send(name, {}, [payload])
  expect(made).toMatchObject({ status: 'confirmed', id: expect.stringMatching(/^\d+$/) })
  const { id } = made as { id: string }
  expect((await read(list)).map((one) => [String(one.id), one.name])).toContainEqual([id, payload.name])
  expect(await probe(name, {}, [payload])).toEqual(['arrived'])
  expect(await rejection(send(name, {}, [{ ...payload, name: '  ' }]))).toMatchObject({ code: 'INVALID_INPUT' })
})

test('a name that is taken, or a type that cannot be made, is the record’s fault', async () => {
  await send('create-event', {}, [{ name: 'taken' }])
  expect(await rejection(send('create-event', {}, [{ name: 'taken' }]))).toMatchObject({ code: 'RECORD_REFUSED' })
  const choices = send('create-field', {}, [{ name: 'Colour', type: 'singlechoice' }])
  expect(await rejection(choices)).toMatchObject({ code: 'RECORD_REFUSED', remote: expect.stringContaining('9006') })
})

test('a list is counted by its number; segments and campaigns are listed', async () => {
  const members = [1, 2, 3].map((at) => sandbox.plantContact({ '3': `m${at}@example.com` }))
  sandbox.lists.set(12, { id: 12, name: 'Members', created: 0, members: new Set(members) })
  expect(await find('count-list', {}, ['12'])).toEqual(new Map([['12', { id: '12', count: 3 }]]))
  expect(await rejection(find('count-list', {}, ['twelve']))).toMatchObject({ code: 'INVALID_INPUT' })
  expect(await read('list-segments')).toContainEqual(expect.objectContaining({ id: '301', name: 'Opted in' }))
  const ids = async (set: Set) => (await read('list-campaigns', set)).map(({ id }) => id)
  expect(await ids({})).toEqual(['8810', '8811'])
  expect(await ids({ status: '' })).toEqual(['8810', '8811', '8812'])
  expect(await ids({ from: '2026-11-01' })).toEqual(['8811'])
})

test('merging needs a word in the settings; then one contact goes into the other, field by field as told', async () => {
  const old = sandbox.plantContact({ '3': 'old@example.com', '1': 'Old', '2': 'Moss', '9001': 'X-OLD' })
  const kept = sandbox.plantContact({ '3': 'kept@example.com', '1': 'Kept' })
  const pair = [{ from: 'Old@example.com', into: 'kept@example.com' }]
  expect(await rejection(send('merge-contacts', {}, pair))).toMatchObject({ code: 'CONFIG_INVALID' })
  expect(sandbox.contacts.byId(old)).toBeDefined()

  const set = { confirmed: true, overwrite: ['First Name'], fill: ['2'] }
  expect(await send('merge-contacts', set, pair)).toEqual([{ status: 'confirmed' }])
  expect(sandbox.contacts.byId(old)).toBeUndefined()
  expect(sandbox.contacts.lookUp('3', 'kept@example.com')).toEqual([
    { id: String(kept), uid: expect.any(String), '3': 'kept@example.com', '1': 'Old', '2': 'Moss' },
  ])
  // It is gone, so a second time there is nobody to merge.
  expect(await rejection(send('merge-contacts', set, pair))).toMatchObject({ code: 'NOT_FOUND' })
  const itself = send('merge-contacts', set, [{ from: 'kept@example.com', into: 'KEPT@example.com' }])
  expect(await rejection(itself)).toMatchObject({ code: 'INVALID_INPUT' })
})

test('who is gone is kept from coming back; who is there is not', async () => {
  sandbox.plantContact({ '3': 'here@example.com' })
  const before = sandbox.ledger.length
  const payloads = [{ contact: 'Gone@example.com', email: 'gone@example.com' }, { contact: 'here@example.com' }]
  const outcomes = await send('suppress-contacts', {}, payloads)
  expect(outcomes).toMatchObject([{ status: 'confirmed' }, { status: 'rejected', code: 'RECORD_REFUSED' }])
  const { operation, items, bound } = await prepared('suppress-contacts', {}, payloads)
  expect(operation.bars?.(bound.settings, items[0]!.value)).toMatchObject({
    people: [
      { kind: 'contact', key: '3:gone@example.com' },
      { kind: 'contact', key: '3:gone@example.com' },
    ],
  })
  expect(sandbox.ledger.length).toBe(before)
})

test('relational rows replace what has their key, and a call is taken or refused as a whole', async () => {
  const set = { database: 'shop', table: 'open_invoices', keyColumns: ['invoice_no'] }
  const rows = async (query = '') => {
    const { http } = context({})
    const url = `${sandbox.url}/api/rds/connections/shop/tables/open_invoices/records${query}`
    return JSON.parse((await http.send({ method: 'GET', url })).text)
  }
  await send('upsert-relational', set, [
    { invoice_no: 'INV-1', amount_due: 12.5 },
    { invoice_no: 'INV-2', amount_due: 1e21 },
  ])
  await send('upsert-relational', set, [{ invoice_no: 'INV-1', amount_due: 0, due_date: null }])
  expect(await rows()).toEqual([
    { invoice_no: 'INV-1', amount_due: '0', due_date: null },
    { invoice_no: 'INV-2', amount_due: '1000000000000000000000' },
  ])
  const odd = send('upsert-relational', set, [{ invoice_no: 'INV-3' }, { invoice_no: 'INV-4', colour: 'red' }])
  expect(await rejection(odd)).toMatchObject({ code: 'RECORD_REFUSED', remote: expect.stringContaining('colour') })
  expect(await rows('?invoice_no=INV-3')).toEqual([])
  const keyless = send('upsert-relational', set, [{ invoice_no: ' ' }])
  expect(await rejection(keyless)).toMatchObject({ code: 'INVALID_INPUT' })
  const elsewhere = send('upsert-relational', { ...set, table: 'none' }, [{ invoice_no: 'INV-1' }])
  expect(await rejection(elsewhere)).toMatchObject({ code: 'CONFIG_INVALID' })
})

test('responses come with the contact, the campaign, and the time in UTC', async () => {
  const ada = sandbox.plantContact({ '3': 'ada@example.com', '1': 'Ada' })
  const at = Date.parse('2026-10-25T23:30:00Z')
  sandbox.plantDelivery({ campaign: 8811, contact: ada, at, opened: true, clicked: true })
  sandbox.plantDelivery({ campaign: 8810, contact: ada, at, opened: true })
  const set = { response: 'mail_open', from: '2026-10-26', to: '2026-10-26', fields: ['email', '1'] }
  const opened = (campaign: string) => ({
    ...{ id: String(ada), response: 'mail_open', at: '2026-10-25T23:30:00Z', campaign },
    ...{ email: 'ada@example.com', '1': 'Ada' },
  })
  expect(await read('export-responses', set)).toEqual([opened('8811'), opened('8810')])
  expect(await read('export-responses', { ...set, campaign: '8810' })).toEqual([opened('8810')])
  expect(await read('export-responses', { ...set, response: 'trackable_links' })).toHaveLength(1)
  expect(await read('export-responses', { ...set, response: 'unsubscribe' })).toEqual([])
  const nowhere = read('export-responses', { ...set, campaign: '1' })
  expect(await rejection(nowhere)).toMatchObject({ code: 'CONFIG_INVALID' })
  sandbox.setQuirks({ exportEnd: 'error' })
  expect(await rejection(read('export-responses', set))).toMatchObject({ code: 'CONFIG_INVALID' })
  sandbox.setQuirks({ exportEnd: 'done' })
})
