import Big from 'big.js'

/** `-12.50` and 1e-7 as the shortest plain decimal text (`-12.5`, `0.0000001`); undefined for anything but a number. */
export function plainDecimal(value: unknown): string | undefined {
  if (typeof value !== 'number' && typeof value !== 'string') return undefined
  const text = String(value).trim()
  if (text.length > 40 || !/^[+-]?\d+(\.\d+)?([eE][+-]?\d{1,2})?$/.test(text)) return undefined
  // Most amounts are as short as can be already.
  return SHORTEST.test(text) ? text : new Big(text.replace(/^\+/, '')).toFixed()
}

/** No zero at either end that says nothing, and none with a sign. */
const SHORTEST = /^(?:0|-?(?:[1-9]\d*|0(?=\.)))(?:\.\d*[1-9])?$/

/** The same amount with the other sign. Takes what `plainDecimal` gave. */
export function negated(decimal: string): string {
  return new Big(decimal).times(-1).toFixed()
}

/** The exact sum of what `plainDecimal` gave. */
export function sumOf(decimals: readonly string[]): string {
  return decimals.reduce((sum, one) => sum.plus(one), new Big(0)).toFixed()
}
