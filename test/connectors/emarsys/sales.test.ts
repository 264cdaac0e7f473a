import { expect, test } from 'vitest'
import { sendSales } from '../../../connectors/emarsys/sales/send-sales.ts'
import type { DataRecord, WriteOperation } from '../../../connectors/kit/connector.ts'

// The registry erases the type of settings.
const sales = sendSales as WriteOperation
const properties = sales.settings.properties as { [name: string]: { default?: unknown } }
const settings = {
  ...Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, schema.default])),
  keyField: '9001',
}
const row = { item: 'SKU-1', price: 59.8, order: 'INV-1', timestamp: '2026-11-20T13:00:00+01:00', quantity: 2 }
const document = (changed: DataRecord = {}): DataRecord => ({
  document: 'inv-1',
  contact: 'C-1',
  rows: [row],
  ...changed,
})

test('writes amounts as plain decimals and times in UTC, so that equal rows are equal text', () => {
  const a = sales.prepare(settings, document())
  const b = sales.prepare(
    settings,
    document({ rows: [{ ...row, price: '59.80', timestamp: '2026-11-20T12:00:00.000Z', quantity: '2.0' }] }),
  )
  expect(a).toEqual(b)
  expect(a.rows).toEqual([
    { item: 'SKU-1', price: '59.8', order: 'INV-1', timestamp: '2026-11-20T12:00:00Z', quantity: '2', s_kind: 'sale' },
  ])
})

test('undoes a row by its mirror image, at the same time', () => {
  const prepared = sales.prepare(
    settings,
    document({ rows: [{ ...row, f_original_amount: 71.2, s_original_currency: 'EUR' }] }),
  )
  const [sent] = sales.difference?.rows(settings, prepared) ?? []
  expect(sales.difference?.reverse(settings, sent!, {})).toEqual({
    document: 'inv-1',
    contact: 'C-1',
    item: 'SKU-1',
    price: '-59.8',
    order: 'INV-1',
    timestamp: '2026-11-20T12:00:00Z',
    quantity: '-2',
    f_original_amount: '-71.2',
    s_original_currency: 'EUR',
    s_kind: 'reversal',
  })
})

test('needs a confirmed contact, but not for a document that counts no more', () => {
  expect(sales.requires?.({ ...settings, keyField: '3' }, { ...document(), contact: 'Ada@X.io' })).toEqual([
    { kind: 'contact', key: '3:ada@x.io' },
  ])
  const empty = sales.prepare(settings, document({ contact: '', rows: [] }))
  expect(sales.requires?.(settings, empty)).toEqual([])
})

test.each([
  [{ rows: [{ ...row, price: 'ten' }] }, /“price” is not a number/],
  [{ rows: [{ ...row, timestamp: '2026-11-20' }] }, /no ISO time with a zone/],
  [{ rows: [{ ...row, item: '' }] }, /no “item”/],
  [{ rows: [{ ...row, item: 'a\nb' }] }, /control character/],
  [{ rows: [{ ...row, Price: 1 }] }, /not among the columns/],
  [{ contact: ' ' }, /names no contact/],
  [{ document: ' ' }, /names no document/],
])('refuses %j', (changed, reason) => {
  expect(() => sales.prepare(settings, document(changed))).toThrow(reason)
})
