import { GROUPED } from './formatters.ts'
import { separators } from './preferred.ts'

const MINUS = '−'

/** Whole counts with thin groups: 20000 → “20,000”. */
export const sayCount = (count: number): string => {
  const { group, decimal } = separators()
  const parts = GROUPED.formatToParts(count)
  return parts
    .map(({ type, value }) => (type === 'group' ? group : type === 'decimal' ? decimal : value))
    .join('')
    .replace('-', MINUS)
}

/** “1 invoice”, “20,000 invoices”. */
export const countOf = (count: number, one: string, many = `${one}s`): string =>
  `${sayCount(count)} ${count === 1 ? one : many}`

/**
 * Money as text, from its shortest decimal text, never through a float: “-1234.5” → “−1,234.50”. At least two decimals,
 * and never fewer than the amount has. Text that is no decimal number comes back as it is.
 */
export function sayAmount(amount: string | number): string {
  const text = String(amount)
  const match = /^([-−]?)(\d+)(?:\.(\d+))?$/.exec(text)
  if (match === null) return text
  const [, sign, whole = '', fraction = ''] = match
  const { group, decimal } = separators()
  const grouped = whole.replace(/^0+(?=\d)/, '').replace(/\B(?=(\d{3})+$)/g, group)
  const shown = `${grouped}${decimal}${fraction.padEnd(2, '0')}`
  return sign !== '' && /[1-9]/.test(shown) ? `${MINUS}${shown}` : shown
}

/** One place behind the point, for what is measured: 3.24 → “3.2”. */
export const sayTenths = (value: number): string => value.toFixed(1).replace('.', separators().decimal)

/** 950 → “950 B”, 1234567 → “1.2 MB”: in thousands, as files are counted elsewhere. */
export function sayBytes(bytes: number): string {
  const steps = ['B', 'kB', 'MB', 'GB', 'TB']
  let [shown, at] = [bytes, 0]
  for (; shown >= 999.5 && at < steps.length - 1; at += 1) shown /= 1000
  return `${at === 0 || shown >= 99.95 ? Math.round(shown) : sayTenths(shown)} ${steps[at]}`
}
