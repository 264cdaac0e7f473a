import { Type } from 'typebox'
import { plainDecimal } from '../kit/decimal.ts'

const TYPES = {
  text: 'Text',
  decimal: 'Decimal, kept as text',
  number: 'Number',
  date: 'Day',
  boolean: 'Yes or no',
} as const

const DATES = {
  'yyyy-mm-dd': '2026-11-30',
  'dd.mm.yyyy': '30.11.2026',
  'dd/mm/yyyy': '30/11/2026',
  'mm/dd/yyyy': '11/30/2026',
} as const

export const Column = Type.Object(
  {
    column: Type.String({
      title: 'Column',
      description: 'Its heading; without a line of headings its number, from 1.',
      minLength: 1,
      maxLength: 200,
    }),
    field: Type.String({
      title: 'Field of the record',
      pattern: '^(?!__proto__$|constructor$)[A-Za-z_][A-Za-z0-9_]{0,99}$',
    }),
    type: Type.Union(
      Object.entries(TYPES).map(([name, title]) => Type.Literal(name as keyof typeof TYPES, { title })),
      { title: 'Kind', default: 'text' },
    ),
    date: Type.Union(
      Object.entries(DATES).map(([name, title]) => Type.Literal(name as keyof typeof DATES, { title })),
      { title: 'How days are written', default: 'yyyy-mm-dd' },
    ),
    comma: Type.Boolean({ title: 'Decimal comma', description: '1.234,56 instead of 1,234.56', default: false }),
    required: Type.Boolean({ title: 'Must not be empty', default: false }),
    optional: Type.Boolean({ title: 'A file may come without this column', default: false }),
  },
  { additionalProperties: false },
)

export type ColumnOf = {
  readonly column: string
  readonly field: string
  readonly type?: keyof typeof TYPES
  readonly date?: keyof typeof DATES
  readonly comma?: boolean
  readonly required?: boolean
  /** Absent in a file, its cells are as if they were empty. */
  readonly optional?: boolean
}

/** What a cell means; `why` is for a person. Empty cells are null but for text. */
export function readCell(
  text: string,
  { column, type = 'text', date = 'yyyy-mm-dd', comma = false, required = false }: ColumnOf,
): { readonly value: unknown } | { readonly why: string } {
  const trimmed = text.trim()
  if (trimmed === '') {
    if (required) return { why: `“${column}” is empty.` }
    return { value: type === 'text' ? text : null }
  }
  if (type === 'text') return { value: text }
  const value = READERS[type](trimmed, comma, date)
  return value === undefined ? { why: `“${column}” is no ${WORDS[type]}: ${shown(text)}` } : { value }
}

const WORDS = { decimal: 'decimal', number: 'number', date: 'day', boolean: 'yes or no' } as const
const shown = (text: string) => `“${text.slice(0, 80)}”`

const READERS = {
  decimal: (text: string, comma: boolean) => decimalOf(text, comma),
  number(text: string, comma: boolean) {
    const decimal = decimalOf(text, comma)
    // More digits than a double keeps would be another number.
    return decimal !== undefined && decimal.replace(/\D/g, '').length <= 15 ? Number(decimal) : undefined
  },
  date: (text: string, _comma: boolean, written: keyof typeof DATES) => dayOf(text, written),
  boolean(text: string) {
    const word = text.toLowerCase()
    return ['true', 'yes', 'y', '1'].includes(word)
      ? true
      : ['false', 'no', 'n', '0'].includes(word)
        ? false
        : undefined
  },
} as const

/** `1,234.50` → `1234.5`. Groups have to be of three digits: `1,23` is more likely a comma in the wrong place. */
function decimalOf(text: string, comma: boolean): string | undefined {
  const [point, group] = comma ? [',', '.'] : ['.', ',']
  const pattern = comma ? /^[+-]?\d{1,3}(\.\d{3})+(,\d+)?$/ : /^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$/
  const plain = pattern.test(text) ? text.replaceAll(group, '') : text
  if (plain.includes(group)) return undefined
  return plainDecimal(plain.replace(point, '.'))
}

function dayOf(text: string, written: keyof typeof DATES): string | undefined {
  const parts = /^(\d{1,4})[-./](\d{1,2})[-./](\d{1,4})$/.exec(text)?.slice(1)
  const separator = written[written.search(/[-./]/)]!
  if (!parts || !text.includes(separator)) return undefined
  const order = written.split(separator)
  const part = (name: string) => parts[order.indexOf(name)]!.padStart(2, '0')
  const day = `${part('yyyy')}-${part('mm')}-${part('dd')}`
  const at = new Date(`${day}T00:00:00Z`)
  // The 31st of a short month would become the 1st of the next one.
  return /^\d{4}-/.test(day) && !Number.isNaN(at.getTime()) && at.toISOString().startsWith(day) ? day : undefined
}
