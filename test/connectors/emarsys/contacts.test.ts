import { expect, test } from 'vitest'
import { wsseHeader } from '../../../connectors/emarsys/client/connection.ts'
import { outcomesByKey } from '../../../connectors/emarsys/write/outcomes.ts'
import { upsertContacts } from '../../../connectors/emarsys/contact/upsert-contacts.ts'
import type { DataRecord, WriteOperation } from '../../../connectors/kit/connector.ts'

// The registry erases the type of settings.
const upsert = upsertContacts as WriteOperation
const settings = { keyField: '3', consentEvent: false, clearFields: [] as string[] }
const prepare = (payload: DataRecord, changed: object = {}) => upsert.prepare({ ...settings, ...changed }, payload)

test('trims, folds and lowers the e-mail address, and leaves empty fields out so that nothing is cleared', () => {
  const prepared = prepare({ '3': '  Ada@Exa\u006d\u0070le.COM ', '1': ' Ada ', '2': '', '4': null, '5': 2, '7': [] })
  expect(prepared).toEqual({ '3': 'ada@example.com', '1': 'Ada', '5': '2' })
})

test('clears a field only when it is listed', () => {
  expect(prepare({ '3': 'a@b.c', '1': '', '2': null }, { clearFields: ['1'] })).toEqual({ '3': 'a@b.c', '1': '' })
})

test('what is final already is sent as it is, and what is not in the middle of it still changes', () => {
  const final = { '3': 'a@b.c', '1': 'Ada', '9001': 'k' }
  expect(prepare(final)).toBe(final)
  expect(prepare({ '1': 'Ada', '2': '', '3': 'a@b.c', '9001': ' k' })).toEqual({
    '1': 'Ada',
    '3': 'a@b.c',
    '9001': 'k',
  })
  expect(prepare({ '1': 'Ada', '3': 'a@b.c', '5': 2 })).toEqual({ '1': 'Ada', '3': 'a@b.c', '5': '2' })
})

test('sends the opt-in only from a flow that carries consent, and only as 1 or 2', () => {
  expect(() => prepare({ '3': 'a@b.c', '31': '1' })).toThrow(/carries consent/)
  expect(() => prepare({ '3': 'a@b.c', '31': '' }, { clearFields: ['31'] })).toThrow(/carries consent/)
  expect(prepare({ '3': 'a@b.c', '31': 1 }, { consentEvent: true })).toEqual({ '3': 'a@b.c', '31': '1' })
  expect(() => prepare({ '3': 'a@b.c', '31': 'yes' }, { consentEvent: true })).toThrow(/1 \(yes\) or 2/)
})

test.each([
  [{ '1': 'Ada' }, /key field 3 is empty/],
  [{ '3': '   ' }, /key field 3 is empty/],
  [{ '3': 'not an address' }, /no e-mail address/],
  [{ '3': 'a@b.c', id: '12' }, /belongs to Emarsys/],
  [{ '3': 'a@b.c', uid: 'x' }, /belongs to Emarsys/],
  [{ '3': 'a@b.c', '1': true }, /neither text nor a number/],
  [{ '3': 'a@b.c', '1': 'x\0' }, /control characters/],
])('refuses %j', (payload, reason) => {
  expect(() => prepare(payload)).toThrow(reason)
})

test('a confirmed contact is known by its key and by its e-mail address', () => {
  const contact = upsert.prepare({ ...settings, keyField: '9001' }, { '9001': 'C-1', '3': 'Ada@Example.com' })
  expect(upsert.key({ ...settings, keyField: '9001' }, contact)).toBe('C-1')
  expect(upsert.confirms?.({ ...settings, keyField: '9001' }, contact)).toEqual([
    { kind: 'contact', key: '9001:C-1' },
    { kind: 'contact', key: '3:ada@example.com' },
  ])
})

test.each([[undefined], [[]], [{}]])('takes errors %j as none', (errors) => {
  const data = errors === undefined ? { ids: [1] } : { ids: [1], errors }
  expect(outcomesByKey('3', ['a@b.c'], data)).toEqual([{ status: 'confirmed' }])
})

test('maps errors by key, whatever their order and letter case', () => {
  const data = { ids: ['7'], errors: { 'BEN@example.com': { '2007': 'Invalid choice id for field id: 5' } } }
  const [ada, ben, cy] = outcomesByKey('3', ['ada@example.com', 'ben@example.com', 'cy@example.com'], data)
  expect([ada?.status, ben?.status, cy?.status]).toEqual(['confirmed', 'rejected', 'confirmed'])
  expect(ben).toMatchObject({ code: 'RECORD_REFUSED', remote: 'Invalid choice id for field id: 5 (2007)' })
})

test.each([
  ['2008', 'NOT_FOUND'],
  ['2009', 'KEY_BUSY'],
  ['2010', 'AMBIGUOUS'],
  ['9999', 'RECORD_REFUSED'],
])('calls the per-record code %s %s', (number, code) => {
  expect(outcomesByKey('3', ['a@b.c'], { errors: { 'a@b.c': { [number]: 'text' } } })[0]).toMatchObject({ code })
})

test('does not guess whose an error is that names nobody', () => {
  const data = { ids: ['7'], errors: { '': { '2005': 'No value provided for key field: 3' } } }
  expect(outcomesByKey('3', ['a@b.c', 'b@b.c'], data).map((outcome) => outcome.status)).toEqual(['unknown', 'unknown'])
  expect(outcomesByKey('3', ['a@b.c'], data)[0]).toMatchObject({ status: 'rejected', code: 'RECORD_REFUSED' })
})

test('builds the WSSE header as Emarsys wants it: the digest is of the hex text', () => {
  const at = Date.parse('2026-11-22T10:00:00Z')
  expect(wsseHeader('demo_shop001', 'demo-secret', at, '00112233445566778899aabbccddeeff')).toBe(
    'UsernameToken Username="demo_shop001", PasswordDigest="MDMyYjAxNGNhYTdiYzdjOTc5MmI1ZTY2YTJkM2QzYjAxMDRjNGJhZQ==", Nonce="00112233445566778899aabbccddeeff", Created="2026-11-22T10:00:00Z"',
  )
})
