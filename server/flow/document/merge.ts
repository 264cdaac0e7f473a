import type { Flow, FlowEdge, FlowNode } from './flow.ts'
import { isObject } from '../schema/schema.ts'

/** Two people changed the same place. What the consultant has is kept. */
export type Conflict = { readonly place: string; readonly mine: unknown; readonly theirs: unknown }

export type Merged = { readonly flow: Flow; readonly conflicts: readonly Conflict[] }

/**
 * A newer template taken into a flow: what only the template changed is taken, what only the flow changed stays, and
 * where both changed the same place the flow's stays and is named. Nodes are the same by id, edges by what they join.
 */
export function mergeFlows(base: Flow, mine: Flow, theirs: Flow): Merged {
  const conflicts: Conflict[] = []
  const clash = (place: string, mineHas: unknown, theirsHas: unknown) =>
    conflicts.push({ place, mine: mineHas ?? null, theirs: theirsHas ?? null })

  const whole = mergeFields(top(base), top(mine), top(theirs), '', clash)
  const nodes = mergeLists(base.nodes, mine.nodes, theirs.nodes, ({ id }) => id, 'nodes', clash, mergeNode)
  const edges = mergeLists(base.edges, mine.edges, theirs.edges, ends, 'edges', clash)
  const form = mergeLists(base.form ?? [], mine.form ?? [], theirs.form ?? [], ({ name }) => name, 'form', clash)
  const there = new Set(nodes.map(({ id }) => id))
  const places = { ...theirs.layout?.nodes, ...mine.layout?.nodes }
  const layout = Object.fromEntries(Object.entries(places).filter(([id]) => there.has(id)))
  return {
    conflicts,
    // Made of parts of three flows, each of which had this form.
    flow: {
      ...(whole as Omit<Flow, 'nodes' | 'edges'>),
      ...(form.length > 0 ? { form } : {}),
      nodes,
      // An edge goes with its node.
      edges: edges.filter(({ from, to }) => there.has(from) && there.has(to)),
      // Notes and groups are the consultant's; a template brings its own only at the beginning.
      layout: {
        nodes: layout,
        ...(mine.layout?.notes ? { notes: mine.layout.notes } : {}),
        ...(mine.layout?.groups ? { groups: mine.layout.groups } : {}),
      },
    },
  }
}

type Clash = (place: string, mine: unknown, theirs: unknown) => void

const top = ({ nodes: _n, edges: _e, form: _f, layout: _l, ...rest }: Flow): { [name: string]: unknown } => rest
const ends = ({ from, port, to, input }: FlowEdge) => `${from}.${port} → ${to}.${input}`

function mergeNode(
  base: FlowNode | undefined,
  mine: FlowNode,
  theirs: FlowNode,
  place: string,
  clash: Clash,
): FlowNode {
  // Another operation is another node: its settings do not mix.
  if (mine.operation !== theirs.operation) return pick(base, mine, theirs, place, clash) as FlowNode
  return mergeFields({ ...base }, { ...mine }, { ...theirs }, `${place}.`, clash) as FlowNode
}

/** Field by field, as deep as all have objects. */
function mergeFields(
  base: { [name: string]: unknown },
  mine: { [name: string]: unknown },
  theirs: { [name: string]: unknown },
  above: string,
  clash: Clash,
): { [name: string]: unknown } {
  const names = [...new Set([...Object.keys(mine), ...Object.keys(theirs)])]
  const entries = names.flatMap((name): [string, unknown][] => {
    const [was, has, gets] = [base[name], mine[name], theirs[name]]
    const place = `${above}${name}`
    if (isObject(has) && isObject(gets)) {
      const below = mergeFields(isObject(was) ? { ...was } : {}, { ...has }, { ...gets }, `${place}.`, clash)
      return [[name, below]]
    }
    const value = pick(was, has, gets, place, clash)
    return value === undefined ? [] : [[name, value]]
  })
  return Object.fromEntries(entries)
}

/** In mine's order, then what is new in theirs. */
function mergeLists<T>(
  base: readonly T[],
  mine: readonly T[],
  theirs: readonly T[],
  keyOf: (one: T) => string,
  place: string,
  clash: Clash,
  mergeOne: (base: T | undefined, mine: T, theirs: T, place: string, clash: Clash) => T = (was, has, gets, at, say) =>
    pick(was, has, gets, at, say) as T,
): T[] {
  const [was, has, gets] = [base, mine, theirs].map((list) => new Map(list.map((one) => [keyOf(one), one]))) as [
    Map<string, T>,
    Map<string, T>,
    Map<string, T>,
  ]
  return [...new Set([...has.keys(), ...gets.keys()])].flatMap((key) => {
    const [b, m, t] = [was.get(key), has.get(key), gets.get(key)]
    const at = `${place}.${key}`
    if (m !== undefined && t !== undefined) return [mergeOne(b, m, t, at, clash)]
    const value = pick(b, m, t, at, clash)
    return value === undefined ? [] : [value as T]
  })
}

function pick(base: unknown, mine: unknown, theirs: unknown, place: string, clash: Clash): unknown {
  if (same(mine, theirs) || same(theirs, base)) return mine
  if (same(mine, base)) return theirs
  clash(place, mine, theirs)
  return mine
}

/** Equal whatever the order of names; ids of edges name lines on a canvas and change nothing. */
function same(a: unknown, b: unknown): boolean {
  return text(a) === text(b)
}

function text(value: unknown): string {
  return (
    JSON.stringify(value, (_, each: unknown) =>
      isObject(each)
        ? Object.fromEntries(
            Object.entries(each)
              .filter(([name]) => !(name === 'id' && 'port' in each))
              .sort(([x], [y]) => (x < y ? -1 : 1)),
          )
        : each,
    ) ?? 'undefined'
  )
}
