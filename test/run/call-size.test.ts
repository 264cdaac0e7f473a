import { expect, test } from 'vitest'
import { sendSales } from '../../connectors/emarsys/sales/send-sales.ts'
import type { WriteOperation } from '../../connectors/kit/connector.ts'
import { intoCalls } from '../../server/run/call/send.ts'
import { settingsOf } from '../connectors/support/accounts.ts'

const items = (...shares: number[]) => shares.map((share, at) => ({ key: `k${at}`, share }))
const sizes = (calls: readonly (readonly unknown[])[]) => calls.map((call) => call.length)

test('calls are filled by number or by share, whichever comes first, and keep the order', () => {
  const shareOf = ({ share }: { share: number }) => share
  expect(sizes(intoCalls(items(0.5, 0.5, 0.5), { maxBatch: 10, shareOf }))).toEqual([2, 1])
  expect(sizes(intoCalls(items(0.1, 0.1, 0.1), { maxBatch: 2, shareOf }))).toEqual([2, 1])
  // Too large for any call: alone. A small one after it does not go back.
  expect(sizes(intoCalls(items(0.1, 3, 0.1, 0.1), { maxBatch: 10, shareOf }))).toEqual([1, 1, 2])
  expect(sizes(intoCalls(items(...Array(1000).fill(0.001)), { maxBatch: 5000, shareOf }))).toEqual([1000])
  const twice = [...items(0.1, 0.1), { key: 'k0', share: 0.1 }]
  expect(intoCalls(twice, { maxBatch: 10, shareOf }).map((call) => call.map(({ key }) => key))).toEqual([
    ['k0', 'k1'],
    ['k0'],
  ])
})

test('uploads of sales rows stay below 5 MB and 10,000 rows', () => {
  // The registry erases the type of settings.
  const sales = sendSales as WriteOperation
  const settings = settingsOf(sales, { keyField: '9001' })
  const rows = (count: number, item: string) =>
    Array.from({ length: count }, (_, at) => ({
      key: `r${at}`,
      value: {
        document: 'd',
        contact: 'C-1',
        item,
        price: '1',
        order: 'o',
        timestamp: '2026-11-20T12:00:00Z',
        quantity: '1',
      },
    }))
  const split = (all: ReturnType<typeof rows>) =>
    sizes(intoCalls(all, { maxBatch: sales.maxBatch, shareOf: ({ value }) => sales.share!(settings, value) }))
  expect(split(rows(12_000, 'SKU'))).toEqual([10_000, 2000])
  const wide = split(rows(6000, 'é'.repeat(500)))
  expect(wide).toHaveLength(2)
  expect(wide[0]! * 1000).toBeLessThan(5_000_000)
  expect(wide[0]).toBeGreaterThan(4700)
  // A document is as large as its rows.
  const document = {
    key: 'd',
    value: sales.prepare(settings, {
      document: 'd',
      contact: 'C',
      rows: rows(10, 'SKU').map(({ value: { document: _, contact: __, ...row } }) => row),
    }),
  }
  expect(sales.share!(settings, document.value)).toBeCloseTo(0.001, 10)
})
