import { answered, formOf } from '../document/answers.ts'
import type { Catalog, OperationInfo } from '../catalog/catalog.ts'
import { withoutDisabled } from './disabled.ts'
import type { Flow, FlowNode } from '../document/flow.ts'
import { type Answers, settledAnswers } from '../document/form.ts'
import { groupOf } from './fuse.ts'
import { type Graph, graphOf, infoOf, reach, readNeeds, sortByNeed } from '../document/graph.ts'
import { portsOf } from '../catalog/ports.ts'
import { compare, type Problem } from '../schema/problem.ts'
import { settingsOf } from '../schema/schema.ts'
import { inlined } from '../document/sub-flow.ts'
import type { ConfirmedRule } from '../document/policy.ts'
import type { Given } from './program.ts'
import { checkFlow } from '../check/validate.ts'

/** A flow in the form the executor walks. The same flow gives the same plan, however its document is ordered. */
export type Plan = {
  /** By id. */
  readonly triggers: readonly PlannedNode[]
  /**
   * In the order they run: a read that is started by another's `done` comes after it, and one that fills a join's
   * `with` before one that feeds its `in`; else by id.
   */
  readonly reads: readonly PlannedNode[]
  /** In topological order, ties by id. */
  readonly nodes: ReadonlyMap<string, PlannedNode>
  /** What expressions see beside the record. Absent: nothing. */
  readonly given?: Given
}

/** What a workspace says of a flow outside its versions. Left out: nobody has answered yet. */
export type Said = { readonly answers?: Answers; readonly confirmed?: ConfirmedRule }

export type PlannedNode = {
  /** With the defaults of its settings filled in. */
  readonly node: FlowNode
  readonly info: OperationInfo
  /** Every port of the node; one that leads nowhere has no targets. Targets by node and input. */
  readonly ports: ReadonlyMap<string, readonly Target[]>
  /** Place in `nodes`, from 0. */
  readonly order: number
  /** Of a pure node that is evaluated together with others, or alone: id of the group, which is its first node's. */
  readonly group?: string
}

export type Target = { readonly node: string; readonly input: string }

/** The flow has errors that `validate` names too; only expressions are not looked at here. */
export class PlanError extends Error {
  override name = 'PlanError'
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    const [first] = problems
    const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : ''
    super(`The flow cannot be planned: ${first?.message ?? 'unknown reason.'}${more}`)
    this.problems = problems
  }
}

export function planFlow(given: Flow, catalog: Catalog, { answers, confirmed }: Said = {}): Plan {
  // Without its parts, what it calls is unknown.
  const errors = checkFlow(
    { ...given, parts: given.parts ?? [] },
    { catalog, ...(answers === undefined ? {} : { answers }) },
  ).filter(({ severity }) => severity === 'error')
  if (errors.length > 0) throw new PlanError(errors)

  const flow = withoutDisabled(answered(inlined(given), answers), catalog)
  const graph = graphOf(flow, catalog)
  const nodes = new Map<string, PlannedNode>()
  for (const id of topological(graph)) {
    const node = graph.nodes.get(id)
    const info = infoOf(graph, id)
    if (!node || !info) continue
    const group = groupOf(graph, id, nodes)
    nodes.set(id, {
      node: { ...node, settings: { ...settingsOf(node, info) } },
      info,
      ports: targetsOf(node, info, graph),
      order: nodes.size,
      ...(group === undefined ? {} : { group }),
    })
  }
  const ofKind = (kind: OperationInfo['kind']) => [...nodes.values()].filter((planned) => planned.info.kind === kind)
  const reads = sortByNeed(
    ofKind('read').map(({ node }) => node.id),
    readNeeds(graph),
  )
  return {
    triggers: ofKind('trigger').sort((a, b) => compare(a.node.id, b.node.id)),
    reads: reads.flatMap((id) => nodes.get(id) ?? []),
    nodes,
    ...(given.form === undefined && confirmed === undefined
      ? {}
      : {
          given: {
            settings: settledAnswers(formOf(given), answers ?? {}),
            ...(confirmed === undefined ? {} : { confirmed }),
          },
        }),
  }
}

function topological(graph: Graph): readonly string[] {
  const needs = new Map([...graph.in].map(([id, edges]) => [id, new Set(edges.map((edge) => edge.from))]))
  const writes = [...graph.nodes.keys()].filter((id) => infoOf(graph, id)?.kind === 'write')
  // What stops a run comes before all that would be sent, unless it looks at what was sent.
  for (const [id, { operation }] of graph.nodes) {
    if (operation !== 'stop') continue
    const before = reach([id], (to) => (graph.in.get(to) ?? []).map(({ from }) => from))
    if (writes.some((write) => before.has(write))) continue
    for (const write of writes) needs.set(write, (needs.get(write) ?? new Set()).add(id))
  }
  return sortByNeed(graph.nodes.keys(), needs)
}

function targetsOf(node: FlowNode, info: OperationInfo, graph: Graph): ReadonlyMap<string, readonly Target[]> {
  // The graph's edges are sorted, so targets are too.
  const edges = graph.out.get(node.id) ?? []
  return new Map(
    portsOf(node, info).map((port) => [
      port,
      edges.filter((edge) => edge.port === port).map(({ to, input }) => ({ node: to, input })),
    ]),
  )
}
