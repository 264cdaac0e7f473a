import type { DataRecord, Flaw } from './connector.ts'
import { StepError } from './errors.ts'
import { textOf } from './fields.ts'

/** What a remote says its records are. */
export type Shape = {
  /** For people: “invoice”. */
  readonly what: string
  /** Its id first, then what people call it. */
  readonly names: readonly [string, ...string[]]
  /** Always there, as times that can be read. */
  readonly times?: readonly string[]
  /** Always there, as numbers. */
  readonly numbers?: readonly string[]
  /** Always there, as decimals: the text `225.0000` or a number. */
  readonly decimals?: readonly string[]
  /** Always there, as text that is not empty. */
  readonly texts?: readonly string[]
  /** Always there, as lists. */
  readonly lists?: readonly string[]
  /** Lists where they are there. */
  readonly maybeLists?: readonly string[]
  /** Always there, as objects. */
  readonly objects?: readonly string[]
  /** Always there, and nothing but these. */
  readonly values?: { readonly [field: string]: readonly (string | number)[] }
  /** Always there, with the code of a currency. */
  readonly currency?: string
}

type Kind = readonly [keyof Shape, wanted: string, is: (value: unknown) => boolean]

const isTime = (value: unknown) => typeof value === 'string' && !Number.isNaN(Date.parse(value))
const isDecimal = (value: unknown) =>
  typeof value === 'number' || (typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value))

const KINDS: readonly Kind[] = [
  ['times', 'a time', isTime],
  ['numbers', 'a number', (value) => typeof value === 'number'],
  ['decimals', 'an amount', isDecimal],
  ['texts', 'a text', (value) => typeof value === 'string' && value !== ''],
  ['lists', 'a list', Array.isArray],
  ['maybeLists', 'a list', (value) => value === undefined || Array.isArray(value)],
  ['objects', 'an object', (value) => typeof value === 'object' && value !== null && !Array.isArray(value)],
]

/** Looks at each record of a read. A flow must not compute with what is not what it seems: “12.10” + 1 is no sum. */
export function flawIn(shape: Shape): (record: DataRecord) => Flaw | undefined {
  const { what, names, values = {}, currency } = shape
  const checks = [
    ...KINDS.flatMap(([kind, wanted, is]) =>
      // Each of these kinds is a list of fields.
      ((shape[kind] ?? []) as readonly string[]).map((field) => ({ field, wanted, is })),
    ),
    ...Object.entries(values).map(([field, all]) => {
      const known = new Set<unknown>(all)
      return { field, wanted: 'a value known here', is: (value: unknown) => known.has(value) }
    }),
  ]
  const unexpected = (record: DataRecord, field: string, wanted: string): Flaw => ({
    code: 'FIELD_UNEXPECTED',
    message: `“${field}” of ${what} ${nameOf(names, record)} is ${shown(record[field])}, and not ${wanted}.`,
  })
  return (record) => {
    if (textOf(record[names[0]]) === '') return unexpected(record, names[0], 'an id')
    for (const { field, wanted, is } of checks) if (!is(record[field])) return unexpected(record, field, wanted)
    return currency === undefined ? undefined : currencyFlaw(shape, record, record[currency])
  }
}

/**
 * For what is looked up: one record that is not what it seems costs the key that it was found by.
 * @throws StepError with the flaw of the first one
 */
export function allSound(
  records: readonly DataRecord[],
  flaw: (record: DataRecord) => Flaw | undefined,
): readonly DataRecord[] {
  for (const record of records) {
    const found = flaw(record)
    if (found) throw new StepError(found.code, found.message)
  }
  return records
}

/** ISO 4217, as this Node.js knows it. */
const CURRENCIES = new Set(Intl.supportedValuesOf('currency'))

function currencyFlaw({ what, names }: Shape, record: DataRecord, code: unknown): Flaw | undefined {
  if (typeof code === 'string' && CURRENCIES.has(code)) return undefined
  return {
    code: 'CURRENCY_UNKNOWN',
    message: `Nobody knows the currency ${typeof code === 'string' ? `“${code.slice(0, 40)}”` : shown(code)} of ${what} ${nameOf(names, record)}, nor how many decimals it has.`,
  }
}

const nameOf = (names: readonly string[], record: DataRecord): string =>
  names.map((name) => textOf(record[name])).findLast((name) => name !== '') ?? 'without a name'

function shown(value: unknown): string {
  if (value === undefined) return 'missing'
  if (value === null) return 'null'
  if (typeof value === 'string') return `the text “${value.slice(0, 40)}”`
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return Array.isArray(value) ? 'a list' : 'an object'
}
