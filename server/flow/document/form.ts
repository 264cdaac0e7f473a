import { type Static, Type } from 'typebox'
import { findFaults } from '../schema/faults.ts'
import type { Problem } from '../schema/problem.ts'
import { isObject, type Json, own, type Schema } from '../schema/schema.ts'
import { nearest, quote } from '../schema/wording.ts'

export const FORM_TYPES = ['text', 'number', 'integer', 'boolean', 'choice', 'money', 'days', 'list'] as const
export const MAX_FORM_FIELDS = 60

const strict = { additionalProperties: false }

/** One question of a flow's form. Expressions see its answer as `$settings.name`. */
export const FormField = Type.Object(
  {
    name: Type.String({ pattern: '^[a-z][A-Za-z0-9]{0,63}$' }),
    /** `money` is an amount in the organisation's base currency, `days` a whole number of days, `list` holds texts. */
    type: Type.Enum([...FORM_TYPES]),
    title: Type.String({ minLength: 1, maxLength: 200 }),
    description: Type.Optional(Type.String({ maxLength: 2000 })),
    /** Left out: somebody has to answer before the flow runs, unless it is optional. */
    default: Type.Optional(Type.Unknown()),
    /** May stay unanswered; `$settings.name` is nothing then. */
    optional: Type.Optional(Type.Boolean()),
    /** A client may change the answer, not only a consultant. */
    client: Type.Optional(Type.Boolean()),
    choices: Type.Optional(
      Type.Array(
        Type.Object(
          {
            value: Type.String({ minLength: 1, maxLength: 200 }),
            title: Type.String({ minLength: 1, maxLength: 200 }),
          },
          strict,
        ),
        { minItems: 1, maxItems: 100 },
      ),
    ),
    minimum: Type.Optional(Type.Number()),
    maximum: Type.Optional(Type.Number()),
  },
  strict,
)
export type FormField = Static<typeof FormField>

export const Form = Type.Array(FormField, { maxItems: MAX_FORM_FIELDS })
export type Form = Static<typeof Form>

/** Values by name, as somebody answered a form. */
export type Answers = Json

const MOST_TEXT = 2000

/** JSON Schema of one answer: what is checked, and what input fields are drawn from. */
export function fieldSchemaOf(field: FormField): Schema {
  const words = {
    title: field.title,
    ...(field.description === undefined ? {} : { description: field.description }),
    ...(field.default === undefined ? {} : { default: field.default }),
  }
  const range = {
    ...(field.minimum === undefined ? {} : { minimum: field.minimum }),
    ...(field.maximum === undefined ? {} : { maximum: field.maximum }),
  }
  switch (field.type) {
    case 'text':
      return { ...words, type: 'string', maxLength: MOST_TEXT }
    case 'number':
    case 'money':
      return { ...words, type: 'number', ...range }
    case 'integer':
      return { ...words, type: 'integer', ...range }
    case 'days':
      return { ...words, type: 'integer', minimum: 0, maximum: 3650, ...range }
    case 'boolean':
      return { ...words, type: 'boolean' }
    case 'choice':
      return {
        ...words,
        anyOf: (field.choices ?? []).map(({ value, title }) => ({ type: 'string', const: value, title })),
      }
    case 'list':
      return { ...words, type: 'array', maxItems: 1000, items: { type: 'string', minLength: 1, maxLength: 200 } }
  }
}

/** JSON Schema of all answers. */
export function formSchema(form: Form): Schema {
  return {
    type: 'object',
    additionalProperties: false,
    required: form.filter(isNeeded).map(({ name }) => name),
    properties: Object.fromEntries(form.map((field) => [field.name, fieldSchemaOf(field)])),
  }
}

/** Whether a run cannot begin before somebody has answered. */
export const isNeeded = (field: FormField): boolean => field.default === undefined && field.optional !== true

/** The answers as expressions see them: what was answered, else the default. Nothing that the form does not ask. */
export function settledAnswers(form: Form, answers: Answers): Answers {
  return Object.fromEntries(
    form.flatMap(({ name, default: usual }) => {
      const value = own(answers, name) ?? usual
      return value === undefined ? [] : [[name, value]]
    }),
  )
}

/** What is wrong with the form itself. */
export function checkForm(form: Form): readonly Problem[] {
  const seen = new Set<string>()
  return form.flatMap((field, index) => {
    const problems: Problem[] = []
    const broken = (part: string, says: string) =>
      problems.push({
        code: 'FORM_INVALID',
        severity: 'error',
        field: `form.${index}.${part}`,
        message: `The question ${quote(field.title, 60)} ${says}`,
      })
    if (seen.has(field.name)) broken('name', `has the name ${quote(field.name)}, as another one has; rename it.`)
    seen.add(field.name)
    if (field.type === 'choice' && field.choices === undefined) {
      broken('choices', 'has nothing to choose from; add its choices.')
    } else if (field.default !== undefined) {
      const [fault] = findFaults(fieldSchemaOf(field), field.default)
      if (fault) broken('default', `has a default that is no answer to it: it ${fault.says}.`)
    }
    return problems
  })
}

/**
 * What is wrong with answers to a form, each named. `part`: only what is given is looked at, nothing is missed.
 */
export function checkAnswers(form: Form, answers: Answers, part = false): readonly Problem[] {
  const byName = new Map(form.map((field) => [field.name, field]))
  const given = Object.entries(answers).flatMap(([name, value]): Problem[] => {
    const field = byName.get(name)
    if (!field) {
      const meant = nearest(name, byName.keys())
      const hint = meant === undefined ? 'remove the answer.' : `did you mean ${quote(meant)}?`
      return [
        {
          code: 'ANSWER_UNKNOWN',
          severity: 'error',
          field: name,
          message: `The form does not ask ${quote(name)}; ${hint}`,
        },
      ]
    }
    const [fault] = findFaults(fieldSchemaOf(field), value)
    if (!fault) return []
    const place = fault.place === '' ? '' : ` (${fault.place})`
    return [
      {
        code: 'ANSWER_INVALID',
        severity: 'error',
        field: name,
        message: `The answer to ${quote(field.title, 60)}${place} ${fault.says}.`,
      },
    ]
  })
  if (part) return given
  const missing = form.filter((field) => isNeeded(field) && own(answers, field.name) === undefined)
  return [
    ...given,
    ...missing.map(
      (field): Problem => ({
        code: 'ANSWER_MISSING',
        severity: 'error',
        field: field.name,
        message: `The flow needs an answer to ${quote(field.title, 60)} before it can run.`,
      }),
    ),
  ]
}

/** A value of the right kind, for judging a flow before anybody has answered. */
export function sampleAnswer(field: FormField): unknown {
  if (field.default !== undefined) return field.default
  switch (field.type) {
    case 'text':
      return 'text'
    case 'number':
    case 'integer':
    case 'money':
    case 'days':
      return field.minimum ?? Math.min(1, field.maximum ?? 1)
    case 'boolean':
      return true
    case 'choice':
      return field.choices?.[0]?.value
    case 'list':
      return ['text']
  }
}

/** `{ "$setting": "name" }` in the settings of a node stands for an answer. */
export const REFERENCE = '$setting'

/** The name a value refers to, if it is nothing but a reference. */
export function referenceIn(value: unknown): string | undefined {
  if (!isObject(value)) return undefined
  const [only, ...others] = Object.keys(value)
  const name = only === REFERENCE && others.length === 0 ? value[REFERENCE] : undefined
  return typeof name === 'string' ? name : undefined
}
