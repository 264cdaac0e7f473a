import type { Catalog } from '../catalog/catalog.ts'
import { answered, checkReferences, formOf, sampledPlaces } from '../document/answers.ts'
import { checkExpressions } from './check-expressions.ts'
import { checkGraph } from './check-graph.ts'
import { checkMemory } from './check-memory.ts'
import { checkNodes } from './check-nodes.ts'
import { checkSettingRules } from './check-rules.ts'
import type { CronCheck } from './check-schedule.ts'
import { checkWaitPlace } from './check-wait.ts'
import { type Bindings, unusedSlots } from './check-slots.ts'
import { checkCalls, checkEntry, outdatedCalls, withinCalls } from './check-sub-flows.ts'
import type { Parse } from './expression.ts'
import { type Flow, MAX_NODES } from '../document/flow.ts'
import { type Answers, checkAnswers } from '../document/form.ts'
import { type Graph, graphOf, infoOf } from '../document/graph.ts'
import { type Problem, sortProblems } from '../schema/problem.ts'

export type Checks = {
  readonly catalog: Catalog
  /** Left out: slots need no connection yet (a draft, a template). */
  readonly bindings?: Bindings
  /** Left out: the times of a schedule are not read. */
  readonly cron?: CronCheck
  /** To the flow's form. Left out: nobody has to have answered yet; defaults and samples stand in. */
  readonly answers?: Answers
  /** Id of the flow itself, which none that it calls may call. */
  readonly self?: string
  /** Live version of each flow that is called. Left out: nobody is told of newer ones. */
  readonly live?: ReadonlyMap<string, number>
}

/** All that is wrong with a flow, in an order that does not depend on that of its nodes and edges. */
export async function validate(flow: Flow, checks: Checks & { readonly parse: Parse }): Promise<readonly Problem[]> {
  const problems = checkFlow(flow, checks)
  // Expressions of called flows were judged when those were published.
  if (tooMany(flow)) return problems
  const graph = graphOf(answered(flow, checks.answers), checks.catalog)
  const expressions = await checkExpressions(graph, checks.parse, formOf(flow))
  return sortProblems([...problems, ...withoutUnfinished(flow, expressions)])
}

/** What can be said without parsing expressions: enough for a plan, and for marks while somebody draws. */
export function checkFlow(given: Flow, checks: Checks): readonly Problem[] {
  if (tooMany(given)) {
    const message = `The flow has ${given.nodes.length} nodes and may have ${MAX_NODES}; split it into several flows.`
    return [{ code: 'TOO_MANY_NODES', severity: 'error', message }]
  }
  const drawn = checkDrawn(given, checks)
  // A draft in a browser does not know what it calls.
  if (given.parts === undefined || drawn.some(({ severity }) => severity === 'error')) return drawn
  const { whole, problems } = checkCalls(given, checks.catalog, checks.self)
  const within = whole === given || problems.length > 0 ? [] : withinCalls(given, checkDrawn(whole, checks))
  return sortProblems([...drawn, ...problems, ...within, ...outdatedCalls(given, checks.live)])
}

/** Nodes that call stand for themselves here. */
function checkDrawn(given: Flow, { catalog, bindings, cron, answers }: Checks): readonly Problem[] {
  const references = checkReferences(given)
  const unknown = [...references, ...sampledPlaces(given, answers)]
  const flow = answered(given, answers)
  const graph = graphOf(flow, catalog)
  return sortProblems([
    ...references,
    ...(answers === undefined ? [] : checkAnswers(formOf(given), answers)),
    ...checkGraph(flow, graph),
    ...disabledTriggers(graph),
    ...checkEntry(graph),
    ...withoutUnfinished(flow, checkNodes(flow, graph, { bindings, cron })).filter(
      // Nobody has said what stands there, or its name is what is wrong.
      ({ node, field }) => field === undefined || !unknown.some((one) => one.node === node && one.field === field),
    ),
    ...withoutUnfinished(flow, checkMemory(graph)),
    ...withoutUnfinished(flow, checkWaitPlace(graph)),
    ...withoutUnfinished(flow, checkSettingRules(graph)),
    ...unusedSlots(flow, graph),
    ...idle(graph),
  ])
}

function tooMany(flow: Flow): boolean {
  return flow.nodes.length > MAX_NODES
}

function idle(graph: Graph): readonly Problem[] {
  const works = [...graph.nodes].some(([id, { operation }]) => {
    if (operation === 'entry' || operation === 'sub-flow') return true
    const kind = infoOf(graph, id)?.kind
    return kind === undefined || kind === 'read' || kind === 'write'
  })
  if (works) return []
  const message = 'This flow reads nothing and writes nothing; add a read and a write from the palette.'
  return [{ code: 'FLOW_IDLE', severity: 'warning', message }]
}

/** A step that takes no part in runs may have settings that are not finished. */
function withoutUnfinished(flow: Flow, problems: readonly Problem[]): readonly Problem[] {
  const disabled = new Set(flow.nodes.filter((node) => node.disabled).map((node) => node.id))
  return problems.filter(({ node }) => node === undefined || !disabled.has(node))
}

function disabledTriggers(graph: Graph): readonly Problem[] {
  return [...graph.nodes.values()].flatMap((node) => {
    if (!node.disabled || infoOf(graph, node.id)?.kind !== 'trigger') return []
    const message = `The trigger “${node.name}” is disabled; remove it, or switch the flow off.`
    return [{ code: 'TRIGGER_DISABLED', severity: 'error', node: node.id, message }]
  })
}
