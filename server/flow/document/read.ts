import { findFaults } from '../schema/faults.ts'
import { FLOW_FORMAT, type Flow, MAX_FLOW_BYTES, MAX_NODES } from './flow.ts'
import { flowSchema } from './flow-schema.ts'
import { scanJson } from '../schema/json.ts'
import { type Problem, type ProblemCode, sortProblems } from '../schema/problem.ts'
import { isObject, type Json, withDefaults } from '../schema/schema.ts'
import { upgrade } from './upgrade.ts'
import { describeValue, quote } from '../schema/wording.ts'

export const MAX_DEPTH = 64

export type ReadResult =
  | { readonly ok: true; readonly flow: Flow; readonly upgradedFrom?: number }
  | { readonly ok: false; readonly problems: readonly Problem[] }

/**
 * Reads a flow as it is stored, exported and imported: limits first, then form. A flow that reads well may still be
 * wrong as a graph; that is for `validate`, so that a draft can be kept half-drawn.
 */
export function readFlow(text: string): ReadResult {
  const bytes = text.length > MAX_FLOW_BYTES ? text.length : new TextEncoder().encode(text).length
  if (bytes > MAX_FLOW_BYTES) {
    const most = MAX_FLOW_BYTES.toLocaleString('en')
    return refuse(
      'FLOW_TOO_LARGE',
      `The document has more than ${most} bytes, the most a flow may have; split the flow.`,
    )
  }
  const fault = scanJson(text.startsWith('\uFEFF') ? ` ${text.slice(1)}` : text, MAX_DEPTH)
  if (fault) {
    return refuse(fault.kind === 'deep' ? 'TOO_DEEP' : 'JSON_MALFORMED', fault.message, { position: fault.position })
  }
  return readDocument(JSON.parse(text.replace(/^\uFEFF/, '')))
}

function readDocument(document: unknown): ReadResult {
  if (!isObject(document)) {
    return refuse(
      'FORMAT_UNKNOWN',
      `A flow is an object { "format": ${FLOW_FORMAT}, … }, not ${describeValue(document)}.`,
    )
  }
  const forbidden = forbiddenNames(document)
  if (forbidden.length > 0) return { ok: false, problems: forbidden }

  const { format } = document
  if (typeof format !== 'number' || !Number.isInteger(format) || format < 1) {
    const found = Object.hasOwn(document, 'format') ? `not ${describeValue(format)}` : 'and is missing'
    return refuse('FORMAT_UNKNOWN', `The field “format” must be a whole number from 1 to ${FLOW_FORMAT}, ${found}.`, {
      field: 'format',
    })
  }
  if (format > FLOW_FORMAT) {
    const message = `This flow was made by a newer version (format ${format}); this one reads up to ${FLOW_FORMAT}. Update this installation, or export the flow from one of its age.`
    return refuse('FORMAT_TOO_NEW', message, { field: 'format' })
  }
  const current = upgrade(document, format)
  if (Array.isArray(current.nodes) && current.nodes.length > MAX_NODES) {
    const message = `The flow has ${current.nodes.length} nodes and may have ${MAX_NODES}; split it into several flows.`
    return refuse('TOO_MANY_NODES', message, { field: 'nodes' })
  }

  const complete = withDefaults(flowSchema, current)
  const problems = [...findFaults(flowSchema, complete).map(toProblem), ...duplicateIds(complete)]
  if (problems.length > 0) return { ok: false, problems: sortProblems(problems) }
  // findFaults ends with the schema's own check, of which this is the type.
  const flow = complete as Flow
  return format === FLOW_FORMAT ? { ok: true, flow } : { ok: true, flow, upgradedFrom: format }
}

const CODES = { missing: 'FIELD_MISSING', unknown: 'FIELD_UNKNOWN', invalid: 'FIELD_INVALID' } as const

function toProblem({ kind, path, says }: ReturnType<typeof findFaults>[number]): Problem {
  const field = path.join('.')
  return error(CODES[kind], `The field ${quote(field, 100)} ${says}.`, { field })
}

/** Names that have a meaning of their own in JavaScript: as keys of settings, and as ids, by which objects are keyed. */
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype'])

function forbiddenNames(document: Json): readonly Problem[] {
  const problems: Problem[] = []
  const refuseName = (name: string, path: readonly string[], what: string) =>
    problems.push(
      error(
        'KEY_FORBIDDEN',
        `${what} may not be called ${quote(name)} (at ${quote(path.join('.'), 100)}); rename it.`,
        {
          field: path.join('.'),
        },
      ),
    )
  const walk = (value: unknown, path: readonly string[]): void => {
    // Bare values are most of a large document: no path is made for them.
    if (typeof value !== 'object' || value === null) return
    for (const name of Array.isArray(value) ? value.keys() : Object.keys(value)) {
      if (problems.length >= 100) return
      const field: unknown = Object.getOwnPropertyDescriptor(value, name)?.value
      const forbidden = typeof name === 'string' && FORBIDDEN.has(name)
      if (forbidden) refuseName(name, [...path, name], 'A field')
      else if (typeof field === 'object') walk(field, [...path, String(name)])
    }
  }
  walk(document, [])
  if (Array.isArray(document.nodes)) {
    for (const [index, node] of document.nodes.entries()) {
      if (isObject(node) && typeof node.id === 'string' && FORBIDDEN.has(node.id)) {
        refuseName(node.id, ['nodes', String(index), 'id'], 'A node')
      }
    }
  }
  return problems
}

/** Works on what is there, so that duplicates show together with faults of form. */
function duplicateIds(document: unknown): readonly Problem[] {
  if (!isObject(document)) return []
  return (['nodes', 'edges'] as const).flatMap((list) => {
    const elements: unknown = document[list]
    const first = new Map<string, number>()
    return (Array.isArray(elements) ? elements : []).flatMap((element: unknown, index) => {
      if (!isObject(element) || typeof element.id !== 'string') return []
      const before = first.get(element.id)
      if (before === undefined) {
        first.set(element.id, index)
        return []
      }
      const message = `The id ${quote(element.id)} at “${list}.${index}” stands already at “${list}.${before}”; give one of them another id.`
      return [error('ID_DUPLICATE', message, { field: `${list}.${index}.id` })]
    })
  })
}

function error(code: ProblemCode, message: string, where: Pick<Problem, 'field' | 'position'> = {}): Problem {
  return { code, severity: 'error', ...where, message }
}

function refuse(code: ProblemCode, message: string, where: Pick<Problem, 'field' | 'position'> = {}): ReadResult {
  return { ok: false, problems: [error(code, message, where)] }
}
