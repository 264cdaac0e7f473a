import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cellBytes, parseCsv, writeCsv } from '../../../connectors/emarsys/sales/csv.ts'
import { readSalesCsv } from '../../../connectors/emarsys/sandbox/csv.ts'

const cell = fc.string({ unit: 'grapheme', maxLength: 12 }).filter((text) => !/\p{Cc}/u.test(text))

test('reads back every table it writes', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 5 }), fc.array(cell, { maxLength: 40 }), (columns, cells) => {
      const rows = Array.from({ length: Math.ceil(cells.length / columns) }, (_, at) =>
        Array.from({ length: columns }, (_, column) => cells[at * columns + column] ?? ''),
      )
      expect(parseCsv(writeCsv(rows))).toEqual(rows)
    }),
    { numRuns: 500 },
  )
})

test('quotes where needed and nowhere else, and adds no apostrophe to what looks like a formula', () => {
  expect(writeCsv([['a', 'b,c', 'say "x"', '-29.90', '=1+1', ' pad ']])).toBe(
    'a,"b,c","say ""x""",-29.90,=1+1," pad "\n',
  )
})

test.each(['a\nb', 'a\rb', 'tab\t', 'nul\0', '\u0085'])('refuses the control characters of %j', (text) => {
  expect(() => writeCsv([[text, 'x']])).toThrow(/control character/)
})

test('10,000 sales records are 10,000 rows, and read back as they were, by us and by another reader', () => {
  const amount = fc.integer({ min: -9_999_999, max: 9_999_999 }).map((cents) => (cents / 100).toFixed(2))
  const text = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
    .filter((one) => !/\p{Cc}/u.test(one) && one === one.trim())
  const nasty = fc.constantFrom('=1+1', '"', '""', ',', '-', 'Ä😀', 'a\u00a0b', 'e\u0301', "'", ';', '|')
  const time = fc
    .integer({ min: 1_600_000_000, max: 1_800_000_000 })
    .map((at) => `${new Date(at * 1000).toISOString().slice(0, 19)}Z`)
  const record = fc.tuple(
    fc.oneof(text, nasty),
    amount,
    fc.oneof(text, nasty),
    time,
    fc.oneof(text, nasty),
    fc.integer().map(String),
  )
  const header = ['item', 'price', 'order', 'timestamp', 'customer', 'quantity']
  const records = fc.sample(record, { numRuns: 10_000, seed: 20_261_127 })
  const written = writeCsv([header, ...records])
  expect(parseCsv(written).slice(1)).toEqual(records)
  expect(readSalesCsv(Buffer.from(written), header)).toEqual(records)
  expect([header, ...records].flat().reduce((sum, cell) => sum + cellBytes(cell), 0)).toBe(Buffer.byteLength(written))
})
