import { type Form, type FormField, referenceIn } from '../../server/flow/document/form.ts'
import { itemsOf } from '../../server/flow/schema/schema.ts'
import { freeName } from '../draft/questions.ts'
import { type Field, type FieldKind, labelledChoices } from './field.ts'

/** Which answers a setting can take, the one that a new question would have first. */
const TYPES: { readonly [kind in FieldKind]?: readonly FormField['type'][] } = {
  text: ['text', 'choice'],
  long: ['text', 'choice'],
  options: ['text', 'choice'],
  choice: ['choice', 'text'],
  whole: ['integer', 'days'],
  number: ['number', 'integer', 'money', 'days'],
  'yes-no': ['boolean'],
  texts: ['list'],
  choices: ['list'],
  'many-options': ['list'],
}

export const canAsk = (field: Field): boolean => TYPES[field.kind] !== undefined

/** Questions of the form whose answers a setting can take. */
export const fitting = (form: Form, field: Field): Form =>
  form.filter(({ type }) => TYPES[field.kind]?.includes(type) ?? false)

/** A question that asks for a setting, with what stands there now as its answer until somebody gives another. */
export function questionFor(form: Form, field: Field, value: unknown): FormField | undefined {
  const type = TYPES[field.kind]?.[0]
  if (type === undefined) return undefined
  const standing = referenceIn(value) === undefined ? (value ?? field.fallback) : field.fallback
  const { minimum, maximum } = field.schema
  return {
    name: freeName(form, field.title),
    type,
    title: field.title,
    ...(field.description ? { description: field.description } : {}),
    ...(standing === undefined ? {} : { default: standing }),
    ...(type === 'choice'
      ? { choices: labelledChoices(field.schema).map(({ value: one, label }) => ({ value: one, title: label })) }
      : {}),
    ...(type === 'integer' || type === 'number'
      ? {
          ...(typeof minimum === 'number' ? { minimum } : {}),
          ...(typeof maximum === 'number' ? { maximum } : {}),
        }
      : {}),
  }
}

/** Choices of a list, said to whoever answers: a list has no boxes to tick there. */
export function choicesToSay(field: Field): string | undefined {
  if (field.kind !== 'choices') return undefined
  return `One of: ${labelledChoices(itemsOf(field.schema) ?? {})
    .map(({ value }) => value)
    .join(', ')}.`
}
