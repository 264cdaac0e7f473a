import { afterEach, expect, test } from 'vitest'
import { emarsys } from '../../../connectors/emarsys/index.ts'
import { triggerId } from '../../../connectors/emarsys/event/trigger-event.ts'
import type { Context, DataRecord, WriteItem, WriteOperation } from '../../../connectors/kit/connector.ts'
import { emarsysAccount, openEmarsys, operationOf, settingsOf } from '../support/accounts.ts'
import { rejection } from '../support/remote.ts'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function account(more: Parameters<typeof openEmarsys>[1] = {}) {
  const sandbox = await emarsysAccount({ limits: 'off' })
  const opened = openEmarsys(sandbox, more)
  closing.push(() => sandbox.close(), opened.close)
  return { sandbox, opened }
}

type Set = { readonly [name: string]: unknown }

const write = (name: string) => operationOf(emarsys, name, 'write')

function items(operation: WriteOperation, settings: Set, payloads: readonly DataRecord[]): WriteItem[] {
  return payloads.map((payload) => {
    const value = operation.prepare(settings, payload)
    return { key: operation.key(settings, value), value }
  })
}

async function send(
  opened: Awaited<ReturnType<typeof account>>['opened'],
  name: string,
  set: Set,
  payloads: readonly DataRecord[],
) {
  const operation = write(name)
  const settings = settingsOf(operation, set)
  return operation.write(opened.context(settings) as Context<never>, items(operation, settings, payloads), {
    id: 'call-1',
  })
}

test('an upsert creates and updates, clears nothing it was not told to, and names the one that failed', async () => {
  const { sandbox, opened } = await account()
  sandbox.plantContact({ '3': 'ada@example.com', '1': 'Ada', '2': 'Moss', '31': '1' })
  const outcomes = await send(opened, 'upsert-contacts', {}, [
    { '3': 'new@example.com', '1': 'New' },
    { '3': 'ADA@example.com', '1': 'Adele', '2': '', '31': null },
    { '3': 'odd@example.com', '5': '99' },
  ])
  expect(outcomes.map((outcome) => outcome.status)).toEqual(['confirmed', 'confirmed', 'rejected'])
  expect(outcomes[2]).toMatchObject({ code: 'RECORD_REFUSED' })
  const lookup = operationOf(emarsys, 'get-contacts', 'lookup')
  const found = await lookup.find(opened.context(settingsOf(lookup, { fields: ['1', '2', '31'] })) as Context<never>, [
    'Ada@Example.com',
    'new@example.com',
    'none@example.com',
  ])
  expect(found.get('Ada@Example.com')).toMatchObject({ '1': 'Adele', '2': 'Moss', '31': '1', id: expect.any(String) })
  expect([...found.keys()]).toEqual(['Ada@Example.com', 'new@example.com'])
})

test('a thousand contacts are one call, with their source', async () => {
  const { sandbox, opened } = await account()
  const contacts = Array.from({ length: 1000 }, (_, at) => ({ '3': `c${at}@example.com` }))
  const outcomes = await send(opened, 'upsert-contacts', { sourceId: '77' }, contacts)
  expect(outcomes.every((outcome) => outcome.status === 'confirmed')).toBe(true)
  expect(sandbox.requests.get('PUT /contact')).toBe(1)
})

test('a double in Emarsys is nobody’s match', async () => {
  const { sandbox, opened } = await account()
  for (const name of ['Ada', 'Eda']) sandbox.plantContact({ '3': 'twice@example.com', '1': name })
  const lookup = operationOf(emarsys, 'get-contacts', 'lookup')
  const error = await rejection(
    lookup.find(opened.context(settingsOf(lookup)) as Context<never>, ['twice@example.com']),
  )
  expect(error).toMatchObject({ code: 'AMBIGUOUS', reaction: 'reject' })
})

test('a missing permission pauses and is named', async () => {
  const { sandbox, opened } = await account()
  const findings = () => emarsys.test(opened.context<unknown>({}))
  expect((await findings()).every(({ ok, detail }) => ok && !detail.includes('Off'))).toBe(true)
  sandbox.setPermissions({ off: ['contact.getdata'] })
  const lookup = operationOf(emarsys, 'get-contacts', 'lookup')
  const error = await rejection(lookup.find(opened.context(settingsOf(lookup)) as Context<never>, ['a@b.c']))
  expect(error).toMatchObject({ code: 'PERMISSION_MISSING', message: expect.stringContaining('contact.getdata') })
  expect((await findings()).filter(({ ok }) => !ok)).toMatchObject([
    { title: 'Contacts', detail: expect.stringContaining('contact.getdata') },
  ])
})

test('the connection test names every permission that is off, and changes nothing', async () => {
  const { sandbox, opened } = await account()
  sandbox.plantContact({ '3': 'ada@example.com' })
  const needed = new Set(emarsys.operations.flatMap(({ permissions }) => permissions))
  // Sales data has a token, and relational data a table, neither of which a test knows.
  for (const other of ['sales data token', 'rds.records']) needed.delete(other)
  sandbox.setPermissions({ off: [...needed] })
  const before = sandbox.ledger.length
  const off = await emarsys.test(opened.context<unknown>({}))
  const said = off.map(({ detail }) => detail).join(' ')
  expect([...needed].filter((name) => !said.includes(name))).toEqual([])
  expect(off.find(({ title }) => title.startsWith('Deleting'))?.ok).toBe(true)
  sandbox.setPermissions({ on: [...needed] })
  expect((await emarsys.test(opened.context<unknown>({}))).every(({ ok }) => ok)).toBe(true)
  expect([sandbox.ledger.length, sandbox.contacts.size]).toEqual([before, 1])
  sandbox.setPermissions({ off: ['customer.settings'] })
  expect((await emarsys.test(opened.context<unknown>({})))[0]).toMatchObject({ title: 'Sign-in', ok: false })
})

test('a wrong field number is the flow’s mistake, not the record’s', async () => {
  const { opened } = await account()
  expect(await rejection(send(opened, 'upsert-contacts', { keyField: '99999' }, [{ '99999': 'x' }]))).toMatchObject({
    code: 'CONFIG_INVALID',
    reaction: 'fail',
  })
})

test('an event for an unknown contact is refused alone; its id is the same for every attempt', async () => {
  const { sandbox, opened } = await account()
  sandbox.plantContact({ '3': 'ada@example.com' })
  const { http } = opened.context({})
  const made = await http.send({ method: 'POST', url: `${sandbox.url}/api/v3/event`, json: { name: 'paid' } })
  const eventId = String(JSON.parse(made.text).data.id)
  const payloads = [
    { contact: 'Ada@example.com', key: 'INV-1', data: { global: { n: '1' } }, event_time: '2026-11-20T13:00:00+01:00' },
    { contact: 'gone@example.com', key: 'INV-2' },
  ]
  for (let attempt = 0; attempt < 2; attempt++) {
    const outcomes = await send(opened, 'trigger-event', { eventId }, payloads)
    expect(outcomes).toMatchObject([{ status: 'confirmed' }, { status: 'rejected', code: 'NOT_FOUND' }])
  }
  expect(sandbox.events.map((event) => [event.triggerId, event.eventTime])).toEqual([
    [triggerId(`${eventId}:INV-1`), '2026-11-20T12:00:00Z'],
    [triggerId(`${eventId}:INV-1`), '2026-11-20T12:00:00Z'],
  ])
  expect(sandbox.mails()).toHaveLength(1)
  expect(await rejection(send(opened, 'trigger-event', { eventId: '1' }, payloads))).toMatchObject({
    code: 'CONFIG_INVALID',
  })
})

test('contacts go on a list and off it again', async () => {
  const { sandbox, opened } = await account()
  const id = sandbox.plantContact({ '3': 'ada@example.com' })
  const { http } = opened.context({})
  const made = await http.send({
    method: 'POST',
    url: `${sandbox.url}/api/v3/contactlist`,
    json: { key_id: '3', name: 'Debtors', external_ids: [] },
  })
  const listId = String(JSON.parse(made.text).data.id)
  const payloads = [{ contact: 'ADA@example.com' }, { contact: 'gone@example.com' }]
  const members = () => [...(sandbox.lists.get(Number(listId))?.members ?? [])]
  expect(await send(opened, 'add-to-list', { listId }, payloads)).toMatchObject([
    { status: 'confirmed' },
    { status: 'rejected', code: 'NOT_FOUND' },
  ])
  expect(members()).toEqual([id])
  expect(await send(opened, 'remove-from-list', { listId }, payloads.slice(0, 1))).toEqual([{ status: 'confirmed' }])
  expect(members()).toEqual([])
})

const sale = (order: string, price: number, item = 'SKU, "one"') => ({
  item,
  price,
  order,
  timestamp: '2026-11-20T12:00:00Z',
  quantity: 1,
  f_original_amount: price,
  s_original_currency: 'GBP',
})
const keyField = '9001'

test('sales rows arrive as meant, by document or by row, and a reversal cancels its row to the cent', async () => {
  const { sandbox, opened } = await account()
  sandbox.plantContact({ '3': 'ada@example.com', '9001': 'C-1' })
  const operation = write('send-sales')
  const settings = settingsOf(operation, { keyField })
  const document = operation.prepare(settings, {
    document: 'doc-1',
    contact: 'C-1',
    rows: [sale('INV-1', 10.1), sale('INV-1', 0.2)],
  })
  const rows = operation.difference!.rows(settings, document)
  const sent = await operation.write(
    opened.context(settings) as Context<never>,
    rows.map((value, at) => ({ key: `doc-1#${at}`, value })),
    { id: 'call-1' },
  )
  expect(sent).toEqual([{ status: 'confirmed' }, { status: 'confirmed' }])
  expect(sandbox.totals.all()).toBe('10.30')
  expect(sandbox.sales.map((row) => row.item)).toEqual(['SKU, "one"', 'SKU, "one"'])

  const undo = rows.map((row, at) => ({ key: `doc-1#${at}r`, value: operation.difference!.reverse(settings, row, {}) }))
  await operation.write(opened.context(settings) as Context<never>, undo, { id: 'call-1' })
  expect(Number(sandbox.totals.all())).toBe(0)

  expect(
    await send(opened, 'send-sales', { keyField }, [
      { document: 'doc-2', contact: 'C-1', rows: [sale('INV-2', 5)] },
      { document: 'doc-3', contact: 'C-1', rows: [] },
    ]),
  ).toEqual([{ status: 'confirmed' }, { status: 'confirmed' }])
  expect(Number(sandbox.totals.all())).toBe(5)
})

test('nothing is called for documents without rows', async () => {
  const { opened } = await account()
  await send(opened, 'send-sales', { keyField }, [{ document: 'doc-1', contact: '', rows: [] }])
  expect(opened.exchanges).toEqual([])
})

test('columns that are not as agreed are refused before or by Emarsys, and nothing is booked', async () => {
  const { sandbox, opened } = await account()
  const document = { document: 'doc-1', contact: 'a@b.c', rows: [sale('INV-1', 1)] }
  const columns = [
    'item',
    'price',
    'order',
    'timestamp',
    'customer',
    'quantity',
    'f_original_amount',
    's_original_currency',
  ]
  expect(await rejection(send(opened, 'send-sales', { keyField, identity: 'email' }, [document]))).toMatchObject({
    code: 'CONFIG_INVALID',
    dialled: 'no',
  })
  expect(
    await rejection(send(opened, 'send-sales', { keyField, columns: columns.with(4, 's_other') }, [document])),
  ).toMatchObject({ code: 'CONFIG_INVALID', dialled: 'no' })
  expect(opened.exchanges).toEqual([])
  expect(await rejection(send(opened, 'send-sales', { keyField, columns }, [document]))).toMatchObject({
    reaction: 'reject',
    dialled: 'no',
  })
  expect(sandbox.sales).toHaveLength(0)
})

test('sales data has a token of its own: without it nothing is sent, and a refused one is not tried twice', async () => {
  const none = await account({ secrets: { salesToken: '' } })
  const document = { document: 'doc-1', contact: 'C-1', rows: [sale('INV-1', 1)] }
  expect(await rejection(send(none.opened, 'send-sales', { keyField }, [document]))).toMatchObject({
    code: 'LOGIN_REFUSED',
    dialled: 'no',
  })
  const wrong = await account({ secrets: { salesToken: 'some-other-token' } })
  expect(await rejection(send(wrong.opened, 'send-sales', { keyField }, [document]))).toMatchObject({
    code: 'LOGIN_REFUSED',
    reaction: 'pause',
  })
  expect(wrong.opened.exchanges).toHaveLength(1)
  const lost = await account({ connection: { merchantId: '' } })
  expect(await rejection(send(lost.opened, 'send-sales', { keyField }, [document]))).toMatchObject({
    code: 'CONFIG_INVALID',
  })
})

test('accepts an envelope that calls itself html', async () => {
  const { sandbox, opened } = await account()
  sandbox.setQuirks({ contentType: 'text/html; charset=utf-8' })
  expect(await send(opened, 'upsert-contacts', {}, [{ '3': 'a@b.c' }])).toEqual([{ status: 'confirmed' }])
})
