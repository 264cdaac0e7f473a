import type { Flow, FlowNode } from './flow.ts'
import { type Answers, checkForm, type Form, referenceIn, sampleAnswer } from './form.ts'
import type { Problem } from '../schema/problem.ts'
import { isObject } from '../schema/schema.ts'
import { nearest, quote } from '../schema/wording.ts'

/** The form of a flow; most have none. */
export const formOf = (flow: Pick<Flow, 'form'>): Form => flow.form ?? []

/**
 * The flow with every `{ "$setting": … }` in its nodes' settings replaced by the answer. `answers` left out: by the
 * default, or by a sample of the right kind, so that a flow can be judged before anybody has answered. A setting whose
 * answer is not there is left out.
 */
export function answered(flow: Flow, answers?: Answers): Flow {
  const form = formOf(flow)
  const values = new Map(
    form.map((field) => {
      const given = answers && Object.hasOwn(answers, field.name) ? answers[field.name] : undefined
      if (given !== undefined) return [field.name, given]
      return [field.name, answers === undefined || !field.optional ? sampleAnswer(field) : field.default]
    }),
  )
  let changed = false
  const nodes = flow.nodes.map((node) => {
    const settings = replace(node.settings, values)
    if (settings === node.settings) return node
    changed = true
    return { ...node, settings: settings as FlowNode['settings'] } // an object stays one
  })
  return changed ? { ...flow, nodes } : flow
}

/** The same value where it holds no reference. */
function replace(value: unknown, values: ReadonlyMap<string, unknown>): unknown {
  if (typeof value !== 'object' || value === null) return value
  const name = referenceIn(value)
  if (name !== undefined) return values.has(name) ? values.get(name) : value
  if (Array.isArray(value)) {
    const elements = value.map((element) => replace(element, values))
    return elements.every((element, index) => element === value[index]) ? value : elements
  }
  const entries = Object.entries(value).map(([field, each]) => [field, each, replace(each, values)] as const)
  if (entries.every(([, before, after]) => before === after)) return value
  return Object.fromEntries(entries.flatMap(([field, , after]) => (after === undefined ? [] : [[field, after]])))
}

/** Settings in which a sample stands for an answer that nobody has given and that has no default. */
export function sampledPlaces(
  flow: Flow,
  answers?: Answers,
): readonly { readonly node: string; readonly field: string }[] {
  const form = formOf(flow)
  const given = new Set(
    form
      .filter((field) => field.default !== undefined || (answers !== undefined && Object.hasOwn(answers, field.name)))
      .map(({ name }) => name),
  )
  const asked = new Set(form.map(({ name }) => name))
  return flow.nodes.flatMap((node) =>
    unknownNames(node.settings, given, '')
      .filter(({ name }) => asked.has(name))
      .map(({ field }) => ({ node: node.id, field })),
  )
}

/** What is wrong with the form and with what refers to it. Expressions are looked at in check-expressions.ts. */
export function checkReferences(flow: Flow): readonly Problem[] {
  const form = formOf(flow)
  const names = form.map(({ name }) => name)
  return [
    ...checkForm(form),
    ...flow.nodes.flatMap((node) =>
      unknownNames(node.settings, new Set(names), '').map(
        ({ name, field }): Problem => ({
          code: 'FORM_FIELD_UNKNOWN',
          severity: 'error',
          node: node.id,
          field,
          message: `${quote(node.name, 60)}: the flow’s form does not ask ${quote(name)}; ${remedy(name, names)}`,
        }),
      ),
    ),
  ]
}

/** What to do about a name that the form does not have. */
export function remedy(name: string, names: readonly string[]): string {
  const meant = nearest(name, names)
  return meant === undefined
    ? 'add the question to the form, or write the value itself.'
    : `did you mean ${quote(meant)}?`
}

function unknownNames(
  value: unknown,
  known: ReadonlySet<string>,
  field: string,
): readonly { readonly name: string; readonly field: string }[] {
  const name = referenceIn(value)
  if (name !== undefined) return known.has(name) ? [] : [{ name, field }]
  const below = (part: string) => (field === '' ? part : `${field}.${part}`)
  if (Array.isArray(value)) {
    return value.flatMap((element: unknown, index) => unknownNames(element, known, below(String(index))))
  }
  if (!isObject(value)) return []
  return Object.entries(value).flatMap(([part, each]) => unknownNames(each, known, below(part)))
}
