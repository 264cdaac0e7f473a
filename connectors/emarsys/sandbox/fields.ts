import type { FieldValue } from './contacts.ts'
import type { RecordFailure } from './envelope.ts'
import { bornFields } from './system-fields.ts'

export type Field = {
  readonly id: number
  readonly name: string
  readonly string_id: string
  readonly application_type:
    | 'shorttext'
    | 'longtext'
    | 'largetext'
    | 'date'
    | 'birthdate'
    | 'url'
    | 'numeric'
    | 'singlechoice'
    | 'multichoice'
    | 'fax'
    | 'special'
  /** Choice id → label. A choice field without choices takes any whole number. */
  readonly choices?: ReadonlyMap<string, string>
  readonly readOnly?: boolean
  /** May be a key or be searched. In a live account only support can switch this on. */
  readonly indexed?: boolean
}

export type Fields = Map<string, Field>

export const createFields = (): Fields => new Map(bornFields().map((field) => [String(field.id), field]))

/** Longest text in characters. What a live account does beyond is not documented; here it is refused, so that it shows. */
const LONGEST: { readonly [type: string]: number } = { shorttext: 60, longtext: 255, url: 255, fax: 255 }

const DATE = /^(\d{4})-(\d{2})-(\d{2})(?: ([01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?)?$/
const NUMERIC = /^-?\d{1,24}(?:\.\d{1,24})?$/

const isCalendarDate = (text: string): boolean => {
  const parts = DATE.exec(text)
  if (parts === null) return false
  const day = new Date(`${parts[1]}-${parts[2]}-${parts[3]}T00:00:00Z`)
  // A month or day out of range either fails to parse or rolls over into the next month.
  return !Number.isNaN(day.getTime()) && day.getUTCDate() === Number(parts[3])
}

const badChoice = (field: Field): RecordFailure => ({
  code: 2007,
  text: `Invalid choice id for field id: ${field.id}`,
})
const badValue = (field: Field): RecordFailure => ({ code: 2007, text: `Invalid data for field id: ${field.id}` })

const knowsChoice = (field: Field, choice: string): boolean =>
  field.choices === undefined ? /^\d{1,9}$/.test(choice) : field.choices.has(choice)

const asText = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : undefined

/** The value as it is stored; `undefined` clears the field. */
export const readValue = (field: Field, value: unknown): { value: FieldValue | undefined } | RecordFailure => {
  if (field.readOnly === true) return badValue(field)
  if (value === null || value === '') return { value: undefined }
  if (field.application_type === 'multichoice') {
    if (!Array.isArray(value) || value.length === 0) return badValue(field)
    const choices = value.map(asText)
    return choices.every((choice) => choice !== undefined && knowsChoice(field, choice))
      ? { value: choices.filter((choice) => choice !== undefined) }
      : badChoice(field)
  }
  const text = asText(value)
  if (text === undefined) return badValue(field)
  switch (field.application_type) {
    case 'singlechoice':
      return knowsChoice(field, text) ? { value: text } : badChoice(field)
    case 'date':
    case 'birthdate':
      return isCalendarDate(text) ? { value: text } : badValue(field)
    case 'numeric':
      return NUMERIC.test(text) ? { value: text } : badValue(field)
    default:
      return text.length > (LONGEST[field.application_type] ?? Number.POSITIVE_INFINITY)
        ? badValue(field)
        : { value: text }
  }
}
