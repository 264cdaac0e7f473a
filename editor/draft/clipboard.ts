import type { Flow, FlowEdge, FlowNode, FlowSlot } from '../../server/flow/document/flow.ts'
import { readFlow } from '../../server/flow/document/read.ts'
import { type Applied, type Point, type Selection, selectNodes } from './action.ts'
import { groupsOf } from './groups.ts'
import { edgeId, freshId, freshName, nodeIds } from './ids.ts'
import { placeOf, snap } from './place.ts'

/** Steps on their way from one place to another. What a clip holds is part of a flow document: never a credential. */
export type Clip = Pick<Flow, 'nodes' | 'edges' | 'slots' | 'layout'>

const KIND = 'tieline/steps'

/** The selected steps, the lines between them and the slots they use, as text for the system's clipboard. */
export function copied(flow: Flow, selection: Selection): string | undefined {
  const nodes = flow.nodes.filter((node) => selection.nodes.has(node.id))
  const notes = (flow.layout?.notes ?? []).filter((note) => selection.notes.has(note.id))
  if (nodes.length === 0 && notes.length === 0) return undefined
  // A group comes along where all of it does.
  const groups = groupsOf(flow).filter((group) => group.nodes.every((id) => selection.nodes.has(id)))
  const used = new Set(nodes.flatMap((node) => node.slot ?? []))
  const clip: Clip = {
    nodes,
    edges: flow.edges.filter((edge) => selection.nodes.has(edge.from) && selection.nodes.has(edge.to)),
    slots: Object.fromEntries(Object.entries(flow.slots).filter(([slot]) => used.has(slot))),
    layout: {
      nodes: Object.fromEntries(nodes.map((node) => [node.id, placeOf(flow, node.id)])),
      ...(notes.length > 0 ? { notes } : {}),
      ...(groups.length > 0 ? { groups } : {}),
    },
  }
  return JSON.stringify({ kind: KIND, ...clip }, null, 2)
}

export type Reading = { readonly ok: true; readonly clip: Clip } | { readonly ok: false; readonly why: string }

/** What was pasted: copied steps, or a whole flow's file. Anything else is refused in words; nothing of it is kept. */
export function readClip(text: string): Reading {
  const trimmed = text.trim()
  if (!trimmed.startsWith('{')) return { ok: false, why: 'The clipboard holds no steps. Copy some in a flow first.' }
  if (trimmed.length > 2_000_000) return { ok: false, why: 'What was pasted is larger than a flow may be (2 MB).' }
  let given: unknown
  try {
    given = JSON.parse(trimmed)
  } catch {
    return { ok: false, why: 'What was pasted looks like steps but is cut off or damaged. Copy them again.' }
  }
  if (typeof given !== 'object' || given === null) return { ok: false, why: 'The clipboard holds no steps.' }
  const { kind, ...rest } = { kind: undefined as unknown, ...given }
  if (kind !== KIND && !('format' in given))
    return { ok: false, why: 'The clipboard holds JSON, but no steps of a flow.' }
  const whole = kind === KIND ? { format: 1, name: 'Clip', ...rest } : given
  const result = readFlow(JSON.stringify(whole))
  if (!result.ok) return { ok: false, why: result.problems[0]?.message ?? 'What was pasted is no part of a flow.' }
  const { nodes, edges, slots, layout } = result.flow
  if (nodes.length === 0 && (layout?.notes ?? []).length === 0)
    return { ok: false, why: 'What was pasted has no steps in it.' }
  return { ok: true, clip: { nodes, edges, slots, ...(layout ? { layout } : {}) } }
}

/** Puts a clip into a flow with its left top corner at a point; ids and names get new ones where they are taken. */
export function pasted(flow: Flow, clip: Clip, at: Point, verb: string): Applied {
  const taken = nodeIds(flow)
  const ids = new Map<string, string>()
  for (const node of clip.nodes) {
    const id = freshId(taken, node.id)
    taken.add(id)
    ids.set(node.id, id)
  }
  const slots = slotsFor(flow, clip)
  const corner = cornerOf(clip)
  const move = (point: Point): Point => snap({ x: point.x - corner.x + at.x, y: point.y - corner.y + at.y })
  let next: Flow = { ...flow, slots: slots.all }
  for (const node of clip.nodes) next = { ...next, nodes: [...next.nodes, renamed(next, node, ids, slots.by)] }
  for (const edge of clip.edges) next = { ...next, edges: [...next.edges, moved(next, edge, ids)] }
  const places = Object.fromEntries(
    clip.nodes.map((node) => [ids.get(node.id) ?? node.id, move(clip.layout?.nodes[node.id] ?? corner)]),
  )
  const noteIds = new Set((flow.layout?.notes ?? []).map((note) => note.id))
  const notes = (clip.layout?.notes ?? []).map((note) => {
    const id = freshId(noteIds, note.id)
    noteIds.add(id)
    return { ...note, id, ...move(note) }
  })
  const groupIds = new Set((flow.layout?.groups ?? []).map((group) => group.id))
  const groups = groupsOf(clip).map((group) => {
    const id = freshId(groupIds, group.id)
    groupIds.add(id)
    return { ...group, id, nodes: group.nodes.map((node) => ids.get(node) ?? node) }
  })
  const [allNotes, allGroups] = [
    [...(flow.layout?.notes ?? []), ...notes],
    [...(flow.layout?.groups ?? []), ...groups],
  ]
  next = {
    ...next,
    layout: {
      ...flow.layout,
      nodes: { ...flow.layout?.nodes, ...places },
      ...(allNotes.length > 0 ? { notes: allNotes } : {}),
      ...(allGroups.length > 0 ? { groups: allGroups } : {}),
    },
  }
  const count = clip.nodes.length
  const what = count === 1 ? `“${clip.nodes[0]?.name}”` : `${count} steps`
  return { ok: true, flow: next, label: `${verb.toLowerCase()} ${what}`, select: selectNodes(...ids.values()) }
}

function cornerOf(clip: Clip): Point {
  const points = [...Object.values(clip.layout?.nodes ?? {}), ...(clip.layout?.notes ?? [])]
  if (points.length === 0) return { x: 0, y: 0 }
  return { x: Math.min(...points.map(({ x }) => x)), y: Math.min(...points.map(({ y }) => y)) }
}

/** A slot of the same name and connector is the same; else the first of its connector; else it comes along. */
function slotsFor(flow: Flow, clip: Clip): { all: { [slot: string]: FlowSlot }; by: ReadonlyMap<string, string> } {
  const all = { ...flow.slots }
  const by = new Map<string, string>()
  for (const [slot, what] of Object.entries(clip.slots)) {
    const same = all[slot]?.connector === what.connector ? slot : undefined
    const alike = same ?? Object.entries(all).find(([, one]) => one.connector === what.connector)?.[0]
    const found = alike ?? freshId(new Set(Object.keys(all)), slot)
    all[found] ??= what
    by.set(slot, found)
  }
  return { all, by }
}

function renamed(
  flow: Flow,
  node: FlowNode,
  ids: ReadonlyMap<string, string>,
  slots: ReadonlyMap<string, string>,
): FlowNode {
  return {
    ...node,
    id: ids.get(node.id) ?? node.id,
    name: freshName(flow, node.name).slice(0, 200),
    ...(node.slot === undefined ? {} : { slot: slots.get(node.slot) ?? node.slot }),
  }
}

function moved(flow: Flow, edge: FlowEdge, ids: ReadonlyMap<string, string>): FlowEdge {
  const [from, to] = [ids.get(edge.from) ?? edge.from, ids.get(edge.to) ?? edge.to]
  return { ...edge, id: edgeId(flow, from, edge.port, to, edge.input), from, to }
}
