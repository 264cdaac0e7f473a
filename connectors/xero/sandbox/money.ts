/**
 * Money is whole cents, quantities and unit prices are whole ten-thousandths, percentages are whole ten-thousandths
 * of a percent, tax rates are basis points. Nothing is added or compared as a fraction.
 */

/** Half away from zero, exact for safe integers. */
export function roundDivide(value: number, divisor: number): number {
  const rest = value % divisor
  const quotient = (value - rest) / divisor
  return Math.abs(rest) * 2 >= divisor ? quotient + Math.sign(value) : quotient
}

/** quantity x unit price less a percentage, in cents. All digits of the product count before the one rounding. */
export function lineAmountOf(quantity: number, unit: number, discountRate: number): number {
  const product = quantity * unit
  if (discountRate === 0 && Number.isSafeInteger(product)) return roundDivide(product, 1_000_000)
  const exact = BigInt(quantity) * BigInt(unit) * BigInt(1_000_000 - discountRate)
  const half = 500_000_000_000n
  return Number((exact + (exact < 0n ? -half : half)) / 1_000_000_000_000n)
}

export type AmountTypes = 'Exclusive' | 'Inclusive' | 'NoTax'

/** Tax of one line in cents: rounded per line, then summed, as Xero does. */
export function lineTaxOf(amountTypes: AmountTypes, lineAmount: number, rate: number): number {
  if (amountTypes === 'NoTax') return 0
  if (amountTypes === 'Exclusive') return roundDivide(lineAmount * rate, 10_000)
  return roundDivide(lineAmount * rate, 10_000 + rate)
}

/** CurrencyRate counts foreign units per one unit of the base currency, so base = amount / CurrencyRate. */
export function toBase(cents: number, rate: number): number {
  return rate === 1 ? cents : Math.sign(cents) * Math.round(Math.abs(cents) / rate)
}

export const fromCents = (cents: number): number => cents / 100

/** A JSON amount to cents; text such as "12.10" is accepted like a number. Undefined when it is no amount. */
export function toCents(value: unknown): number | undefined {
  const scaled = toScaled(value, 2)
  return scaled
}

/** A JSON number to a whole number of 10^-digits, rounded half away from zero on its decimal digits. */
export function toScaled(value: unknown, digits: number): number | undefined {
  const text = typeof value === 'number' ? decimalText(value) : typeof value === 'string' ? value.trim() : ''
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text)
  if (!match) return undefined
  const fraction = (match[3] ?? '').padEnd(digits + 1, '0')
  const whole = Number(`${match[2]}${fraction.slice(0, digits)}`) + (Number(fraction[digits]) >= 5 ? 1 : 0)
  if (!Number.isSafeInteger(whole)) return undefined
  return match[1] === '-' && whole !== 0 ? -whole : whole
}

function decimalText(value: number): string {
  if (!Number.isFinite(value)) return ''
  const text = String(value)
  return text.includes('e') ? value.toFixed(12) : text
}
