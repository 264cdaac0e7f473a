import { afterEach, expect, test } from 'vitest'
import { emarsys } from '../../../connectors/emarsys/index.ts'
import { parseDelimited } from '../../../connectors/emarsys/read/delimited.ts'
import type { Context, DataRecord, WriteOperation } from '../../../connectors/kit/connector.ts'
import { fieldsOf, textOf } from '../../../connectors/kit/fields.ts'
import { emarsysAccount, openEmarsys, operationOf, settingsOf } from '../support/accounts.ts'
import { collect, rejection } from '../support/remote.ts'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function account() {
  const sandbox = await emarsysAccount({ limits: 'off' })
  const opened = openEmarsys(sandbox)
  closing.push(() => sandbox.close(), opened.close)
  return { sandbox, opened }
}
type Opened = Awaited<ReturnType<typeof account>>['opened']
type Set = { readonly [name: string]: unknown }

const read = async (opened: Opened, name: string, set: Set = {}) => {
  const operation = operationOf(emarsys, name, 'read')
  const pages = await collect(operation.read(opened.context(settingsOf(operation, set)) as Context<never>, undefined))
  return pages.flatMap((page) => page.records)
}

/** As the engine writes: names become numbers first. */
async function send(opened: Opened, name: string, set: Set, payloads: readonly DataRecord[]) {
  const operation = operationOf(emarsys, name, 'write') as WriteOperation
  const given = opened.context(settingsOf(operation, set)) as Context<never>
  const settings = (await operation.bind?.(given, payloads)) ?? given.settings
  const items = payloads.map((payload) => {
    const value = operation.prepare(settings as never, payload)
    return { key: operation.key(settings as never, value), value }
  })
  return operation.write({ ...given, settings } as Context<never>, items, { id: 'call-1' })
}

test('members of a list come in pages, with the fields under the names that were asked', async () => {
  const { sandbox, opened } = await account()
  const ids = Array.from({ length: 1500 }, (_, at) =>
    sandbox.plantContact({ '3': `c${at}@example.com`, '9001': `X-${at}` }),
  )
  sandbox.lists.set(12, { id: 12, name: 'Debtors', created: 0, members: new Set(ids) })
  const members = await read(opened, 'list-members', { listId: '12', fields: ['3', 'Xero contact id'] })
  expect(members).toHaveLength(1500)
  expect(members[1499]).toEqual({ id: String(ids[1499]), '3': 'c1499@example.com', 'Xero contact id': 'X-1499' })
  expect(await read(opened, 'list-members', { listId: '12', fields: [] })).toHaveLength(1500)
  expect(await rejection(read(opened, 'list-members', { listId: '99' }))).toMatchObject({ code: 'CONFIG_INVALID' })
})

test('a segment is counted, and its members are read from the list that its run leaves', async () => {
  const { sandbox, opened } = await account()
  for (const optIn of ['1', '1', '2']) sandbox.plantContact({ '3': `${Math.random()}@example.com`, '31': optIn })
  expect(await read(opened, 'run-segment', { segmentId: '301' })).toMatchObject([
    { segment: '301', user_count: 2, opt_in_count: 2 },
  ])
  expect(await read(opened, 'segment-members', { segmentId: '301', fields: ['31'] })).toMatchObject([
    { '31': '1' },
    { '31': '1' },
  ])
  sandbox.setQuirks({ workMs: 60_000 })
  expect(await rejection(read(opened, 'run-segment', { segmentId: '301' }))).toMatchObject({ reaction: 'retry' })
})

test('an export is read part by part, whatever stands in its cells', async () => {
  const { sandbox, opened } = await account()
  const odd = ['say "x", y', 'two\nlines', ';', '', 'Ünïcødé 😀']
  const ids = Array.from({ length: 2001 }, (_, at) =>
    sandbox.plantContact({ '3': `c${at}@example.com`, '1': odd[at % odd.length]! }),
  )
  sandbox.lists.set(12, { id: 12, name: 'All', created: 0, members: new Set(ids) })
  const rows = await read(opened, 'export-contacts', { what: 'list', id: '12', fields: ['email', '1'] })
  expect(rows).toEqual(
    ids.map((id, at) => ({ id: String(id), email: `c${at}@example.com`, '1': odd[at % odd.length] })),
  )
  expect(await rejection(read(opened, 'export-contacts', { what: 'changes' }))).toMatchObject({
    code: 'CONFIG_INVALID',
  })
  expect(() => parseDelimited('a,"b', ',')).toThrow(/within a quoted value/)
})

test('results of a campaign are summed over its launches, without what machines opened', async () => {
  const { opened } = await account()
  const lookup = operationOf(emarsys, 'campaign-results', 'lookup')
  const found = await lookup.find(opened.context(settingsOf(lookup)) as Context<never>, ['8810', '8812', 'x'])
  expect([...found.keys()]).toEqual(['8810'])
  expect(found.get('8810')).toMatchObject({ launches: 2, sent: 2391, opened: 797, honestlyOpened: 532 })
})

test('fields are named as people name them; a deleted one costs its own record, a renamed one says so', async () => {
  const { sandbox, opened } = await account()
  const outcomes = await send(opened, 'upsert-contacts', { keyField: 'email' }, [
    { email: 'ada@example.com', 'First Name': 'Ada', customer_tier: '3' },
  ])
  expect(outcomes).toEqual([{ status: 'confirmed' }])
  expect(sandbox.contacts.lookUp('3', 'ada@example.com')).toMatchObject([{ '1': 'Ada', '9004': '3' }])
  expect(sandbox.requests.get('GET /field')).toBe(1)

  const gone = await rejection(send(opened, 'upsert-contacts', {}, [{ '3': 'b@example.com', 'No such field': 'x' }]))
  expect(gone).toMatchObject({
    code: 'FIELD_GONE',
    reaction: 'reject',
    message: expect.stringContaining('No such field'),
  })
  const setting = rejection(send(opened, 'upsert-contacts', { keyField: 'No such key' }, [{ '3': 'b@example.com' }]))
  expect(await setting).toMatchObject({ code: 'CONFIG_INVALID', reaction: 'fail' })

  // Deleted after the run began: its number is known, and Emarsys refuses the records that use it.
  const { http } = opened.context({})
  await http.send({ method: 'DELETE', url: `${sandbox.url}/api/v3/field/9010` })
  const after = await send(opened, 'upsert-contacts', {}, [
    { '3': 'c@example.com', account_note: 'x' },
    { '3': 'd@example.com' },
  ])
  expect(after).toMatchObject([{ status: 'rejected', code: 'FIELD_GONE' }, { status: 'confirmed' }])
})

test('a field that is not there is looked for once more in a run, however many batches name it', async () => {
  const { sandbox, opened } = await account()
  const asked = () => sandbox.requests.get('GET /field') ?? 0
  const operation = operationOf(emarsys, 'upsert-contacts', 'write') as WriteOperation
  const run = () => {
    const given = opened.context(settingsOf(operation, {}), new AbortController().signal) as Context<never>
    return async () => fieldsOf(await operation.bind?.(given, [{ '3': 'a@example.com', 'Loyalty card': 'x' }]))
  }
  const first = run()
  for (let batch = 0; batch < 3; batch++) expect((await first()).fieldNumbers).not.toHaveProperty('Loyalty card')
  expect(asked()).toBe(1)
  const second = run()
  for (let batch = 0; batch < 3; batch++) await second()
  expect(asked()).toBe(2)
  // Made meanwhile: the next run sees it, and none asks again.
  const { http } = opened.context({})
  const json = { name: 'Loyalty card', application_type: 'shorttext' }
  await http.send({ method: 'POST', url: `${sandbox.url}/api/v3/field`, json })
  const third = run()
  for (let batch = 0; batch < 3; batch++) expect((await third()).fieldNumbers).toHaveProperty('Loyalty card')
  expect((await second()).fieldNumbers).toHaveProperty('Loyalty card')
  expect(asked()).toBe(3)
  // Deleted again: what Emarsys refuses is asked about once a run as well.
  const number = textOf(fieldsOf((await third()).fieldNumbers)['Loyalty card'])
  await http.send({ method: 'DELETE', url: `${sandbox.url}/api/v3/field/${number}` })
  const refused = () =>
    send(opened, 'upsert-contacts', {}, [{ '3': 'a@example.com', [number]: 'x', 'First Name': 'A' }])
  expect(await refused()).toMatchObject([{ status: 'rejected', code: 'FIELD_GONE' }])
  expect(asked()).toBe(3)
  const fourth = run()
  for (let batch = 0; batch < 3; batch++) expect((await fourth()).fieldNumbers).not.toHaveProperty('Loyalty card')
  expect(asked()).toBe(4)
})

test('an e-mail address may be long and in any script; a double, an unknown choice or a number cost nobody else', async () => {
  const { sandbox, opened } = await account()
  const long = `${'ä'.repeat(240)}@beispiel.de`
  for (const name of ['Ada', 'Eda']) sandbox.plantContact({ '3': 'twice@example.com', '1': name })
  const outcomes = await send(opened, 'upsert-contacts', {}, [
    { '3': long, '1': '太郎' },
    { '3': 'twice@example.com', '1': 'x' },
    { '3': 'choice@example.com', '9004': '99' },
    { '3': 'number@example.com', '9002': 12.5, '9001': 4711 },
    { '3': `${'x'.repeat(300)}@example.com` },
    { '3': 'good@example.com' },
  ])
  expect(outcomes.map((outcome) => ('code' in outcome ? outcome.code : outcome.status))).toEqual([
    'confirmed',
    'AMBIGUOUS',
    'RECORD_REFUSED',
    'confirmed',
    'RECORD_REFUSED',
    'confirmed',
  ])
  expect(sandbox.contacts.lookUp('3', long)).toHaveLength(1)
  const check = operationOf(emarsys, 'check-contacts', 'lookup')
  const found = await check.find(opened.context(settingsOf(check)) as Context<never>, [
    'Twice@example.com',
    'good@example.com',
  ])
  expect(found.get('Twice@example.com')).toMatchObject({ count: 2, ids: [expect.any(String), expect.any(String)] })
  expect(check.confirms?.(settingsOf(check) as never, 'Twice@example.com', found.get('Twice@example.com')!)).toEqual([])
})

test('deleting needs a word in the settings, and whoever is not there counts as deleted', async () => {
  const { sandbox, opened } = await account()
  sandbox.plantContact({ '3': 'ada@example.com' })
  const people = [{ contact: 'ADA@example.com' }, { contact: 'nobody@example.com' }]
  expect(await rejection(send(opened, 'delete-contacts', {}, people))).toMatchObject({ code: 'CONFIG_INVALID' })
  expect(sandbox.contacts.size).toBe(1)
  expect(await send(opened, 'delete-contacts', { confirmed: true }, people)).toEqual([
    { status: 'confirmed' },
    { status: 'confirmed' },
  ])
  expect(sandbox.contacts.size).toBe(0)
  // One key, two contacts: nobody is deleted, which a look tells beforehand, with a permission of its own.
  for (const name of ['One', 'Two']) sandbox.plantContact({ '3': 'twice@example.com', '1': name })
  const operation = operationOf(emarsys, 'delete-contacts', 'write')
  const context = opened.context(settingsOf(operation, { confirmed: true })) as Context<never>
  const items = ['twice@example.com', 'nobody@example.com'].map((contact) => ({ key: contact, value: { contact } }))
  const looked = () => operation.check!(context, items)
  expect(await looked()).toMatchObject([{ status: 'rejected', code: 'AMBIGUOUS' }, undefined])
  sandbox.setPermissions({ off: ['contact.contactid.verify'] })
  expect(await rejection(looked())).toMatchObject({
    code: 'PERMISSION_MISSING',
    message: expect.stringContaining('Needed: contact.contactid.verify.'),
  })
})

test('forms choose from what the account has', async () => {
  const { opened } = await account()
  const choices = async (name: string) =>
    emarsys.options?.find((source) => source.name === name)?.options(opened.context<unknown>({}))
  expect(await choices('fields')).toContainEqual({ value: 'xero_contact_id', label: 'Xero contact id · 9001' })
  expect(await choices('fields')).toContainEqual({ value: '3', label: 'E-Mail · 3' })
  expect((await choices('choice-fields'))?.map(({ value }) => value)).toContain('9004')
  expect(await choices('events')).toContainEqual({ value: '204', label: 'invoice_overdue · 204' })
})
