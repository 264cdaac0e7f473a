import { Value } from 'typebox/value'
import type { FlowNode } from '../document/flow.ts'
import type { Graph } from '../document/graph.ts'
import { ValidateSettings } from '../catalog/validate-records.ts'
import { FilterSettings, MapSettings, RouteSettings, SplitSettings } from '../catalog/native.ts'
import type { Plan, PlannedNode, Target } from './plan.ts'
import type { Given, Ports, Program, PureStep } from './program.ts'

/** Neighbouring pure nodes that the evaluator carries out in one trip. */
export type FusedGroup = {
  /** Id of the first node, the only one that is fed from outside. */
  readonly id: string
  /** Ids in the plan's order: the n-th is the program's n-th step. */
  readonly nodes: readonly string[]
  readonly program: Program
  /** Where the records of the program's n-th exit go. */
  readonly exits: readonly { readonly node: string; readonly port: string; readonly targets: readonly Target[] }[]
}

/** The nodes that look at one record at a time. Join and summarise remember others, so they stand alone. */
const FUSABLE = new Set(['map', 'filter', 'route', 'split', 'validate'])

/**
 * Group of the node, given those of the nodes before it: theirs if all are in one, else a new one. So each group has
 * one entry, and is as large as that allows.
 */
export function groupOf(
  graph: Graph,
  id: string,
  before: ReadonlyMap<string, { readonly group?: string }>,
): string | undefined {
  if (!FUSABLE.has(graph.nodes.get(id)?.operation ?? '')) return undefined
  const groups = new Set((graph.in.get(id) ?? []).map(({ from }) => before.get(from)?.group))
  const [only] = groups
  return groups.size === 1 && only !== undefined ? only : id
}

/**
 * The plan's pure nodes as programs, in the plan's order. `alone`: each by itself, for runs whose records may enter at
 * any of them.
 */
export function fuse(plan: Plan, how: 'together' | 'alone' = 'together'): readonly FusedGroup[] {
  const groups = Map.groupBy(plan.nodes.values(), ({ group, node }) =>
    group === undefined || how === 'together' ? group : node.id,
  )
  return [...groups].flatMap(([id, members]) => (id === undefined ? [] : [fuseGroup(id, members, plan.given)]))
}

function fuseGroup(id: string, members: readonly PlannedNode[], given: Given | undefined): FusedGroup {
  const places = new Map(members.map(({ node }, index) => [node.id, index]))
  const exits: { node: string; port: string; targets: readonly Target[] }[] = []
  const steps = members.map(({ node, ports }) => {
    const ways = [...ports].flatMap(([port, targets]): [string, Ports[string]][] => {
      const inside = targets.flatMap((target) => places.get(target.node) ?? [])
      const outside = targets.filter((target) => !places.has(target.node))
      if (outside.length > 0) exits.push({ node: node.id, port, targets: outside })
      // A port that leads nowhere is not named: what is rejected there becomes an exception instead.
      if (targets.length === 0) return []
      return [[port, outside.length > 0 ? { steps: inside, exit: exits.length - 1 } : { steps: inside }]]
    })
    return stepOf(node, Object.fromEntries(ways))
  })
  return {
    id,
    nodes: [...places.keys()],
    program: { steps, roots: [0], exits: exits.length, ...(given === undefined ? {} : { given }) },
    exits,
  }
}

/** Settings were checked by the plan; `Value.Parse` gives them their type, and would throw on a catalog that lies. */
function stepOf({ id, operation, settings }: FlowNode, ports: Ports): PureStep {
  switch (operation) {
    case 'map':
      return { kind: 'map', id, expression: Value.Parse(MapSettings, settings).expression, ports }
    case 'filter':
      return { kind: 'filter', id, condition: Value.Parse(FilterSettings, settings).condition, ports }
    case 'route':
      return { kind: 'route', id, ...Value.Parse(RouteSettings, settings), ports }
    case 'split':
      return { kind: 'split', id, ...Value.Parse(SplitSettings, settings), ports }
    case 'validate':
      return { kind: 'validate', id, ...Value.Parse(ValidateSettings, settings), ports }
    default:
      throw new Error(`The operation ${operation} of node ${id} is not evaluated record by record.`)
  }
}
