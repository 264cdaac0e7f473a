import Big from 'big.js'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { plainDecimal } from '../../../connectors/kit/decimal.ts'

// One text per amount: what is short already must be what the library would have written.

const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength: 12 })
const written = fc
  .tuple(
    fc.constantFrom('', '-', '+'),
    digits,
    fc.option(digits, { nil: undefined }),
    fc.constantFrom('', '', 'e0', 'E-7', 'e+3'),
  )
  .map(
    ([sign, whole, fraction, exponent]) => `${sign}${whole}${fraction === undefined ? '' : `.${fraction}`}${exponent}`,
  )

test('is the shortest plain text, however an amount is written', () => {
  fc.assert(
    fc.property(written, (text) => {
      expect(plainDecimal(text)).toBe(new Big(text.replace(/^\+/, '')).toFixed())
    }),
    { numRuns: 5_000 },
  )
  expect(['-0', '0', '0.50', '007', '-0.5', '1e-7'].map(plainDecimal)).toEqual(
    ['-0', '0', '0.5', '7', '-0.5', '0.0000001'].map((text) => new Big(text).toFixed()),
  )
})

test.each(['', '.', '1.', '.5', '1,5', '0x1', 'NaN', 'Infinity', ' ', '1'.repeat(41), {}, null, undefined, true])(
  '%j is no amount',
  (value) => {
    expect(plainDecimal(value)).toBeUndefined()
  },
)
