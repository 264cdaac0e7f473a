import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseCsv, writeCsv } from '../../../connectors/emarsys/csv.ts'

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
