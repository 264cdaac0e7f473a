import type { Flow, FlowEdge, FlowLayout, FlowNode } from '../../server/flow/document/flow.ts'

// Two people changed one document. Changes in different places are put together; where both changed the same place
// to different things, a person decides. A place is one field of a step, one line, one slot, one field of the flow.

export type Conflict = {
  /** Names the place for the program: `nodes/map/settings/expression`. */
  readonly place: string
  /** The step, where there is one. */
  readonly node: string | undefined
  /** The place in words: “expression of “Make rows””. */
  readonly what: string
  readonly base: unknown
  readonly ours: unknown
  readonly theirs: unknown
}

export type Merged = { readonly flow: Flow; readonly conflicts: readonly Conflict[] }

type Side = 'ours' | 'theirs'

const same = (a: unknown, b: unknown): boolean => a === b || JSON.stringify(sorted(a)) === JSON.stringify(sorted(b))

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, field]) => field !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, field]) => [name, sorted(field)]),
  )
}

/**
 * Puts what `ours` and `theirs` have changed since `base` together. Where both changed one place, `chosen` decides, else
 * ours stands and the place is listed as a conflict.
 */
export function merge(base: Flow, ours: Flow, theirs: Flow, chosen: { readonly [place: string]: Side } = {}): Merged {
  const conflicts: Conflict[] = []
  const decide = (
    place: string,
    node: string | undefined,
    what: string,
    of: readonly [unknown, unknown, unknown],
  ): unknown => {
    const [was, mine, other] = of
    if (same(mine, other) || same(other, was)) return mine
    if (same(mine, was)) return other
    const side = chosen[place]
    if (side !== undefined) return side === 'ours' ? mine : other
    conflicts.push({ place, node, what, base: was, ours: mine, theirs: other })
    return mine
  }
  const top = mergeTop(base, ours, theirs, decide)
  const nodes = mergeNodes(base, ours, theirs, decide)
  const slots = mergeFields(base.slots, ours.slots, theirs.slots, (slot, of) =>
    decide(`slots/${slot}`, undefined, `the account “${slot}”`, of),
  )
  const ids = new Set(nodes.map((node) => node.id))
  const edges = mergeEdges(base.edges, ours.edges, theirs.edges).filter(
    (edge) => ids.has(edge.from) && ids.has(edge.to),
  )
  const layout = mergeLayout(base.layout, ours.layout, theirs.layout, ids)
  // The fields are those of flows; only their mixture is new.
  const flow = { ...top, nodes, edges, slots } as Flow
  return { flow: layout ? { ...flow, layout } : flow, conflicts }
}

type Decide = (
  place: string,
  node: string | undefined,
  what: string,
  of: readonly [unknown, unknown, unknown],
) => unknown

function mergeTop(base: Flow, ours: Flow, theirs: Flow, decide: Decide): object {
  const rest = ({ nodes: _n, edges: _e, slots: _s, layout: _l, ...fields }: Flow): { [name: string]: unknown } => fields
  return mergeFields(rest(base), rest(ours), rest(theirs), (field, of) =>
    decide(field, undefined, `the flow’s ${field}`, of),
  )
}

function mergeFields<Value>(
  base: { readonly [name: string]: Value },
  ours: { readonly [name: string]: Value },
  theirs: { readonly [name: string]: Value },
  decide: (name: string, of: readonly [unknown, unknown, unknown]) => unknown,
): { [name: string]: Value } {
  const names = [...new Set([...Object.keys(theirs), ...Object.keys(ours)])]
  const at = (of: object, name: string): unknown => Object.getOwnPropertyDescriptor(of, name)?.value
  const entries = names.map((name) => [name, decide(name, [at(base, name), at(ours, name), at(theirs, name)])] as const)
  // Values are one of the three that were given, or absent.
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as { [name: string]: Value }
}

function mergeNodes(base: Flow, ours: Flow, theirs: Flow, decide: Decide): FlowNode[] {
  const [was, mine, other] = [base, ours, theirs].map(({ nodes }) => new Map(nodes.map((node) => [node.id, node])))
  if (!was || !mine || !other) return []
  const order = [...new Set([...theirs.nodes.map(({ id }) => id), ...ours.nodes.map(({ id }) => id)])]
  return order.flatMap((id) => {
    const [before, left, right] = [was.get(id), mine.get(id), other.get(id)]
    if (left && right) return [mergeNode(before ?? left, left, right, decide)]
    const name = (left ?? right ?? before)?.name ?? id
    const kept = decide(`nodes/${id}`, id, `“${name}”`, [before, left, right])
    return kept === undefined ? [] : [kept as FlowNode] // one of the three
  })
}

function mergeNode(base: FlowNode, ours: FlowNode, theirs: FlowNode, decide: Decide): FlowNode {
  const fields = ({ settings: _, ...rest }: FlowNode): { [name: string]: unknown } => rest
  const rest = mergeFields(fields(base), fields(ours), fields(theirs), (field, of) =>
    decide(`nodes/${ours.id}/${field}`, ours.id, `${field} of “${ours.name}”`, of),
  )
  const settings = mergeFields(base.settings, ours.settings, theirs.settings, (setting, of) =>
    decide(`nodes/${ours.id}/settings/${setting}`, ours.id, `${setting} of “${ours.name}”`, of),
  )
  // As above: every field is one of the three.
  return { ...rest, settings } as FlowNode
}

const ends = ({ from, port, to, input }: FlowEdge): string => JSON.stringify([from, port, to, input])

/** A line is there or not: what either has drawn is there, what either has removed is gone. */
function mergeEdges(base: FlowEdge[], ours: FlowEdge[], theirs: FlowEdge[]): FlowEdge[] {
  const [was, mine, other] = [base, ours, theirs].map((edges) => new Set(edges.map(ends)))
  const seen = new Set<string>()
  const ids = new Set<string>()
  return [...theirs, ...ours].flatMap((edge) => {
    const key = ends(edge)
    if (seen.has(key)) return []
    seen.add(key)
    const removed = was?.has(key) && !(mine?.has(key) && other?.has(key))
    if (removed) return []
    const id = ids.has(edge.id) ? `${edge.id}-${ids.size}`.slice(-60) : edge.id
    ids.add(id)
    return [{ ...edge, id }]
  })
}

/** Where things stand is never worth a question: who moved it last is right. */
function mergeLayout(
  base: FlowLayout | undefined,
  ours: FlowLayout | undefined,
  theirs: FlowLayout | undefined,
  ids: ReadonlySet<string>,
): FlowLayout | undefined {
  if (ours === undefined && theirs === undefined) return undefined
  const pick = (_name: string, [was, mine, other]: readonly [unknown, unknown, unknown]): unknown =>
    same(mine, was) ? other : mine
  const nodes = mergeFields(base?.nodes ?? {}, ours?.nodes ?? {}, theirs?.nodes ?? {}, pick)
  const byId = <One extends { readonly id: string }>(list: readonly One[] | undefined) =>
    Object.fromEntries((list ?? []).map((one) => [one.id, one]))
  const notes = Object.values(mergeFields(byId(base?.notes), byId(ours?.notes), byId(theirs?.notes), pick))
  const groups = Object.values(mergeFields(byId(base?.groups), byId(ours?.groups), byId(theirs?.groups), pick))
  return {
    nodes: Object.fromEntries(Object.entries(nodes).filter(([id]) => ids.has(id))),
    ...(notes.length > 0 ? { notes } : {}),
    ...(groups.length > 0 ? { groups } : {}),
  }
}

/** Are two documents the same, layout included? */
export const sameDocument = (a: Flow, b: Flow): boolean => same(a, b)
