import type { Edge, Node } from '@xyflow/react'
import type { OperationInfo } from '../../server/flow/catalog/catalog.ts'
import type { Flow, FlowEdge, FlowGroup, FlowNode, FlowNote } from '../../server/flow/document/flow.ts'
import type { Selection } from '../draft/action.ts'
import type { Operations } from '../draft/connect.ts'
import { FOLDED, frameAround } from '../draft/group-box.ts'
import { groupsOf } from '../draft/groups.ts'
import { heightOf, placeOf, WIDTH } from '../draft/place.ts'
import { sayPort } from '../draft/port-words.ts'
import { FOLDED_HANDLES, handlesOf } from './handles.ts'

/** What a run did at a step, for its ring and its foot. */
export type StepRun = {
  readonly tone: 'ok' | 'running' | 'failed' | 'partly' | 'waiting' | 'skipped'
  readonly word: string
  readonly foot: string
}
export type Overlay = {
  readonly steps: ReadonlyMap<string, StepRun>
  /** Records that passed, by step and port: `map/out`. */
  readonly counts: ReadonlyMap<string, string>
  readonly live: boolean
}
/** How a step differs in a comparison. */
export type Mark = 'added' | 'removed' | 'changed' | 'moved'

export type StepData = {
  readonly node: FlowNode
  readonly info: OperationInfo | undefined
  readonly account: string | undefined
  readonly summary: string
  readonly errors: number
  readonly warnings: number
  readonly run: StepRun | undefined
  readonly mark: Mark | undefined
  readonly editable: boolean
}
export type StepElement = Node<StepData, 'step'>
export type NoteElement = Node<{ readonly note: FlowNote; readonly editable: boolean }, 'note'>
export type GroupElement = Node<
  { readonly group: FlowGroup; readonly folded: boolean; readonly editable: boolean },
  'frame'
>
export type Element = StepElement | NoteElement | GroupElement
export type LineElement = Edge<
  {
    readonly edge: FlowEdge
    readonly label: string | undefined
    readonly count: string | undefined
    readonly mark: Mark | undefined
    readonly editable: boolean
    readonly dim: boolean
  },
  'line'
>

export type Drawing = {
  readonly flow: Flow
  readonly operations: Operations
  readonly selection: Selection
  readonly problems: ReadonlyMap<string, { readonly errors: number; readonly warnings: number }>
  readonly overlay?: Overlay | undefined
  readonly marks?: ReadonlyMap<string, Mark> | undefined
  readonly editable: boolean
  /** Groups of which only one box is drawn. */
  readonly folded?: ReadonlySet<string> | undefined
}

/** Groups, notes and steps as the canvas takes them. What did not change is the very same object, so that it is not drawn again. */
export function elementsOf(drawing: Drawing, before: readonly Element[]): Element[] {
  const known = new Map(before.map((element) => [element.id, element]))
  const all = groupsOf(drawing.flow)
  const hidden = new Set(all.filter(({ id }) => drawing.folded?.has(id)).flatMap(({ nodes }) => nodes))
  const groups = all.map((group) => groupOf(drawing, group, known.get(`group:${group.id}`)))
  const steps = drawing.flow.nodes
    .filter((node) => !hidden.has(node.id))
    .map((node) => stepOf(drawing, node, known.get(node.id)))
  const notes = (drawing.flow.layout?.notes ?? []).map((note) => noteOf(drawing, note, known.get(`note:${note.id}`)))
  return [...groups, ...notes, ...steps]
}

function stepOf(drawing: Drawing, node: FlowNode, before: Element | undefined): StepElement {
  const { flow, operations, selection } = drawing
  const info = operations.get(node.operation)
  const found = drawing.problems.get(node.id)
  const data: StepData = {
    node,
    info,
    account: node.slot === undefined ? undefined : (flow.slots[node.slot]?.title ?? node.slot),
    summary: info?.title ?? `Unknown: ${node.operation}`,
    errors: found?.errors ?? 0,
    warnings: found?.warnings ?? 0,
    run: drawing.overlay?.steps.get(node.id),
    mark: drawing.marks?.get(node.id),
    editable: drawing.editable,
  }
  const position = placeOf(flow, node.id)
  const selected = selection.nodes.has(node.id)
  const height = heightOf(node, info)
  const old = before?.type === 'step' ? before : undefined
  const same = old !== undefined && sameFields(old.data, data)
  if (same && old.selected === selected && old.height === height && at(old.position, position)) return old
  return {
    ...old,
    id: node.id,
    type: 'step',
    position: old && at(old.position, position) ? old.position : position,
    data: same ? old.data : data,
    selected,
    width: WIDTH,
    height,
    measured: { width: WIDTH, height },
    handles: same && old?.handles && old.height === height ? old.handles : handlesOf(node, info),
    ariaLabel: labelOf(data),
    domAttributes: { 'aria-roledescription': 'step' },
  }
}

function labelOf({ node, info, errors, warnings, run }: StepData): string {
  const parts = [node.name, info?.title ?? 'unknown operation']
  if (node.disabled) parts.push(node.disabled === 'pass' ? 'disabled, lets records through' : 'disabled, ends here')
  if (errors > 0) parts.push(errors === 1 ? '1 error' : `${errors} errors`)
  if (warnings > 0) parts.push(warnings === 1 ? '1 warning' : `${warnings} warnings`)
  if (run) parts.push(run.word)
  return parts.join(', ')
}

function noteOf(drawing: Drawing, note: FlowNote, before: Element | undefined): NoteElement {
  const old = before?.type === 'note' ? before : undefined
  const selected = drawing.selection.notes.has(note.id)
  if (old && old.data.note === note && old.selected === selected && old.data.editable === drawing.editable) return old
  return {
    ...old,
    id: `note:${note.id}`,
    type: 'note',
    position: { x: note.x, y: note.y },
    data: { note, editable: drawing.editable },
    selected,
    width: note.width,
    height: note.height,
    measured: { width: note.width, height: note.height },
    handles: [],
    zIndex: -1,
    ariaLabel: `Note: ${note.text.slice(0, 60) || 'empty'}`,
    domAttributes: { 'aria-roledescription': 'note' },
  }
}

function groupOf(drawing: Drawing, group: FlowGroup, before: Element | undefined): GroupElement {
  const { flow, operations, selection, editable } = drawing
  const old = before?.type === 'frame' ? before : undefined
  const folded = drawing.folded?.has(group.id) ?? false
  const members = flow.nodes.filter((node) => group.nodes.includes(node.id))
  const frame = frameAround(
    members.map((node) => ({ ...placeOf(flow, node.id), height: heightOf(node, operations.get(node.operation)) })),
  )
  const size = folded ? FOLDED : { width: frame.width, height: frame.height }
  const selected = group.nodes.every((id) => selection.nodes.has(id))
  const same =
    old?.data.group === group &&
    old.data.folded === folded &&
    old.data.editable === editable &&
    old.selected === selected &&
    at(old.position, frame) &&
    old.width === size.width &&
    old.height === size.height
  if (old && same) return old
  return {
    ...old,
    id: `group:${group.id}`,
    type: 'frame',
    position: { x: frame.x, y: frame.y },
    data: { group, folded, editable },
    // It is chosen by choosing its steps: a box drawn over a part of it takes that part only.
    selectable: false,
    selected,
    dragHandle: '[data-group-head]',
    ...size,
    measured: size,
    handles: folded ? FOLDED_HANDLES : [],
    zIndex: folded ? 0 : -2,
    style: { pointerEvents: folded ? 'all' : 'none' },
    ariaLabel: `Group: ${group.title}, ${group.nodes.length === 1 ? '1 step' : `${group.nodes.length} steps`}${folded ? ', folded' : ''}`,
    domAttributes: { 'aria-roledescription': 'group' },
  }
}

/** The frames of groups around their steps, while these are on their way. */
export function reframed(elements: readonly Element[], moved: ReadonlySet<string>): Element[] {
  const places = new Map(elements.map((element) => [element.id, element]))
  return elements.map((element) => {
    if (element.type !== 'frame' || element.data.folded) return element
    const { nodes } = element.data.group
    if (moved.has(element.id) || !nodes.some((id) => moved.has(id))) return element
    const steps = nodes.flatMap((id) => places.get(id) ?? [])
    if (steps.length === 0) return element
    const { x, y, ...size } = frameAround(steps.map(({ position, height }) => ({ ...position, height: height ?? 72 })))
    return { ...element, position: { x, y }, ...size, measured: size }
  })
}

export function linesOf(drawing: Drawing, before: readonly LineElement[]): LineElement[] {
  const known = new Map(before.map((line) => [line.id, line]))
  const { flow, operations, selection } = drawing
  const nodes = new Map(flow.nodes.map((node) => [node.id, node]))
  // A line to or from a step of a folded group leads to its box, one within it is not drawn.
  const boxes = new Map(
    groupsOf(flow)
      .filter(({ id }) => drawing.folded?.has(id))
      .flatMap((group) => group.nodes.map((id) => [id, `group:${group.id}`] as const)),
  )
  return flow.edges.flatMap((edge) => {
    const [from, to] = [nodes.get(edge.from), nodes.get(edge.to)]
    if (from === undefined || to === undefined) return []
    const [fromBox, toBox] = [boxes.get(from.id), boxes.get(to.id)]
    if (fromBox !== undefined && fromBox === toBox) return []
    const info = operations.get(from.operation)
    const plain = edge.port === 'out' && info?.id !== 'filter' && info?.kind !== 'lookup' && info?.id !== 'join'
    const data = {
      edge,
      label: plain ? undefined : sayPort(info, edge.port),
      count: drawing.overlay?.counts.get(`${edge.from}/${edge.port}`),
      mark: drawing.marks?.get(edge.id),
      editable: drawing.editable,
      dim: from.disabled === 'stop' || (to.disabled !== undefined && to.disabled === 'stop'),
    }
    const selected = selection.edges.has(edge.id)
    const animated = drawing.overlay?.live === true && drawing.overlay.steps.get(edge.to)?.tone === 'running'
    const old = known.get(edge.id)
    const [source, target] = [fromBox ?? edge.from, toBox ?? edge.to]
    const stands = old?.source === source && old.target === target && old.selected === selected
    if (old?.data && stands && sameFields(old.data, data) && old.animated === animated) return [old]
    return [
      {
        id: edge.id,
        type: 'line' as const,
        source,
        sourceHandle: fromBox ? 'out' : edge.port,
        target,
        targetHandle: toBox ? 'in' : edge.input,
        ...(fromBox || toBox ? { reconnectable: false } : {}),
        data,
        selected,
        animated,
        ariaLabel: `Line from ${from.name}${data.label ? ` by “${data.label}”` : ''} to ${to.name}`,
      },
    ]
  })
}

const at = (a: { x: number; y: number }, b: { x: number; y: number }): boolean => a.x === b.x && a.y === b.y

function sameFields(a: object, b: object): boolean {
  const [left, right] = [Object.entries(a), Object.entries(b)]
  return left.length === right.length && right.every(([name, value]) => same(Reflect.get(a, name), value))
}

const same = (a: unknown, b: unknown): boolean =>
  a === b ||
  (typeof a === 'object' && typeof b === 'object' && a !== null && b !== null && 'foot' in a && 'foot' in b
    ? JSON.stringify(a) === JSON.stringify(b)
    : false)
