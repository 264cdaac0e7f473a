import type { OperationInfo } from '../catalog/catalog.ts'
import { checkChangedOnly } from './check-memory.ts'
import { checkSchedule, type CronCheck } from './check-schedule.ts'
import { type Bindings, checkSlot } from './check-slots.ts'
import { checkWait } from './check-wait.ts'
import { type Fault, findFaults } from '../schema/faults.ts'
import type { Flow, FlowNode } from '../document/flow.ts'
import { type Graph, infoOf } from '../document/graph.ts'
import { namedPorts } from '../catalog/ports.ts'
import type { Problem, ProblemCode } from '../schema/problem.ts'
import { isObject, type Json, own, propertiesOf, settingsOf } from '../schema/schema.ts'
import { nearest, quote } from '../schema/wording.ts'

export type NodeChecks = {
  readonly bindings?: Bindings | undefined
  readonly cron?: CronCheck | undefined
}

/** What is wrong with single nodes, whatever the drawing. Expressions are judged in check-expressions.ts. */
export function checkNodes(flow: Flow, graph: Graph, checks: NodeChecks): readonly Problem[] {
  return [...graph.nodes.values()].flatMap((node) => {
    const info = infoOf(graph, node.id)
    if (!info) return [unknownOperation(node, graph)]
    const settings = settingsOf(node, info)
    return [
      ...checkSettings(node, info, settings),
      ...checkPortNames(node, info),
      ...(info.id === 'schedule' ? checkSchedule(node, settings, checks.cron) : []),
      ...(info.id === 'wait' ? checkWait(node, settings) : []),
      ...(info.id === 'changed-only' ? checkChangedOnly(node, settings) : []),
      ...(info.id === 'summarise' || info.id === 'running-value' ? checkSummary(node, settings) : []),
      ...checkSlot(node, info, flow, checks.bindings),
    ]
  })
}

function unknownOperation(node: FlowNode, graph: Graph): Problem {
  const meant = nearest(node.operation, graph.catalog.keys())
  const hint = meant ? `did you mean ${quote(meant)}?` : 'choose one from the palette, or install its connector.'
  return error('OPERATION_UNKNOWN', node, `there is no operation ${quote(node.operation, 100)}; ${hint}`)
}

const CODES = { missing: 'SETTING_MISSING', unknown: 'SETTING_UNKNOWN', invalid: 'SETTING_INVALID' } as const

function checkSettings(node: FlowNode, info: OperationInfo, settings: Json): readonly Problem[] {
  const keys = missingKeys(info, settings)
  const faults = findFaults(info.settings, settings).filter(({ path }) => !keys.includes(String(path[0])))
  return [
    ...keys.map((name) => {
      const title = propertiesOf(info.settings)[name]?.title
      const label = quote(typeof title === 'string' ? title : name)
      const message = `the setting ${label} is missing; say by which key the other system knows a record, or repeats could not be told apart.`
      return error('WRITE_WITHOUT_KEY', node, message, name)
    }),
    ...faults.map((fault) => settingProblem(node, fault)),
  ]
}

function settingProblem(node: FlowNode, { kind, path, place, says }: Fault): Problem {
  return error(CODES[kind], node, `the setting ${place} ${says}.`, path.join('.'))
}

/** Settings marked `x-key` that a write lacks. */
function missingKeys(info: OperationInfo, settings: Json): readonly string[] {
  if (info.kind !== 'write') return []
  return Object.entries(propertiesOf(info.settings)).flatMap(([name, schema]) => {
    if (schema['x-key'] !== true) return []
    const value = own(settings, name)
    const blank = value === undefined || value === null || (typeof value === 'string' && value.trim() === '')
    return blank || (Array.isArray(value) && value.length === 0) ? [name] : []
  })
}

function checkPortNames(node: FlowNode, info: OperationInfo): readonly Problem[] {
  const names = namedPorts(node, info)
  return [...new Set(names)].flatMap((name) => {
    if (info.ports.includes(name)) {
      const message = `${quote(name)} is a port that the node has anyway; give the one in the settings another name.`
      return [error('PORT_DUPLICATE', node, message, info.portsFrom)]
    }
    if (names.indexOf(name) === names.lastIndexOf(name)) return []
    return [error('PORT_DUPLICATE', node, `two ports are called ${quote(name)}; rename one.`, info.portsFrom)]
  })
}

const NEED_NO_FIELD = ['count', 'list']

function checkSummary(node: FlowNode, settings: Json): readonly Problem[] {
  const seen = new Set<unknown>()
  const list = (name: string) => {
    const value = own(settings, name)
    return (Array.isArray(value) ? value : []).map((element: unknown, index) => ({
      element,
      field: `${name}.${index}`,
    }))
  }
  return [...list('by'), ...list('values')].flatMap(({ element, field }) => {
    if (!isObject(element)) return []
    const problems: Problem[] = []
    if (typeof element.name === 'string' && seen.has(element.name)) {
      const message = `two fields of the summary are called ${quote(element.name)}; rename one.`
      problems.push(error('NAME_DUPLICATE', node, message, `${field}.name`))
    }
    seen.add(element.name)
    if (typeof element.fn === 'string' && !NEED_NO_FIELD.includes(element.fn) && element.path === undefined) {
      const message = `the setting “Field” is missing; say which field ${quote(element.fn)} is taken of (only “count” and “list” need none).`
      problems.push(error('SETTING_MISSING', node, message, `${field}.path`))
    }
    return problems
  })
}

function error(code: ProblemCode, node: FlowNode, says: string, field?: string): Problem {
  const message = `${quote(node.name, 60)}: ${says}`
  return { code, severity: 'error', node: node.id, ...(field === undefined ? {} : { field }), message }
}
