import type { Flow } from '../../server/flow/document/flow.ts'
import { type Form, type FormField, MAX_FORM_FIELDS, REFERENCE } from '../../server/flow/document/form.ts'
import type { Action, Applied } from './action.ts'

// A flow's form: what may differ from one use of the flow to the next. Each question is answered outside the flow.

const formOf = (flow: Pick<Flow, 'form'>): Form => flow.form ?? []

/** A name that no question has: `graceDays`, `graceDays2`. */
export function freeName(form: Form, title: string): string {
  const words = title
    .replaceAll(/[^A-Za-z0-9]+/g, ' ')
    .trim()
    .split(' ')
  const joined = words
    .map((word, place) =>
      place === 0 ? word.toLowerCase() : word.charAt(0).toUpperCase() + word.slice(1).toLowerCase(),
    )
    .join('')
  const plain = /^[a-z]/.test(joined) ? joined.slice(0, 60) : 'answer'
  const taken = new Set(form.map(({ name }) => name))
  for (let number = 1; ; number++) {
    const name = number === 1 ? plain : `${plain}${number}`
    if (!taken.has(name)) return name
  }
}

/** Steps that ask for an answer, in a setting or in an expression. */
export const usersOf = (flow: Flow, name: string): readonly string[] => {
  const inExpression = new RegExp(`\\$settings\\.${name}\\b`)
  const reference = JSON.stringify({ [REFERENCE]: name })
  return flow.nodes
    .filter(({ settings }) => {
      const text = JSON.stringify(settings)
      return text.includes(reference) || inExpression.test(text)
    })
    .map((node) => node.name)
}

const withForm = (flow: Flow, form: Form): Flow => {
  const { form: _, ...rest } = flow
  return form.length === 0 ? rest : { ...rest, form: [...form] }
}

export function changeForm(flow: Flow, action: Extract<Action, { do: 'questions' }>): Applied {
  const gone = formOf(flow).find((one) => !action.form.some(({ name }) => name === one.name))
  const users = gone ? usersOf(flow, gone.name) : []
  if (gone && users.length > 0) {
    const where = users
      .slice(0, 3)
      .map((name) => `“${name}”`)
      .join(', ')
    return { ok: false, why: `“${gone.title}” is asked by ${where}: give it a fixed value there first.` }
  }
  return {
    ok: true,
    flow: withForm(flow, action.form),
    label: action.what,
    ...(action.key === undefined ? {} : { key: action.key }),
  }
}

/** The flow with one question more, if it may have one. */
export function asking(flow: Flow, question: FormField): Flow | string {
  const form = formOf(flow)
  if (form.length >= MAX_FORM_FIELDS) return `A flow asks ${MAX_FORM_FIELDS} questions at most.`
  return withForm(flow, [...form, question])
}
