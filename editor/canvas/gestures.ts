import {
  applyNodeChanges,
  type Connection,
  type EdgeChange,
  type FinalConnectionState,
  type NodeChange,
  type ReactFlowInstance,
} from '@xyflow/react'
import type { Dispatch, DragEvent, FocusEvent, MouseEvent as PointerClick, SetStateAction } from 'react'
import type { Flow, FlowEdge } from '../../server/flow/document/flow.ts'
import type { Point, Selection } from '../draft/action.ts'
import { type Guides, guidesFor } from '../draft/arrange.ts'
import { type Operations, whyNot } from '../draft/connect.ts'
import { frameAround } from '../draft/group-box.ts'
import { heightOf, placeOf, snap, WIDTH } from '../draft/place.ts'
import type { Editor } from '../edit/context.ts'
import { DRAGGED_OPERATION } from './dragged.ts'
import { type Element, type LineElement, reframed } from './elements.ts'
import { groupsOf } from '../draft/groups.ts'
import { lineAt } from './hit.ts'

type Parts = {
  readonly editor: Editor
  readonly canvas: ReactFlowInstance<Element, LineElement>
  readonly editable: boolean
  readonly setElements: Dispatch<SetStateAction<Element[]>>
  readonly setGuides: Dispatch<SetStateAction<Guides | undefined>>
  /** The line that would take in what is being dragged. */
  readonly setOver: (edge: string | undefined) => void
}

/**
 * What a pointer does on the canvas. To be made once and kept: React Flow draws every step and line again when it is
 * given another function, and would do so for each frame of a drag.
 */
export function gesturesOf({ editor, canvas, editable, setElements, setGuides, setOver }: Parts) {
  const { session, operations } = editor
  const now = () => session.get().flow

  const onNodesChange = (changes: NodeChange<Element>[]) => {
    const chosen = changes.filter((change) => change.type === 'select')
    if (chosen.length > 0) session.select(reselected(session.get().selection, chosen))
    // What is removed is removed from the draft (with healed lines), never from the picture alone.
    const drawn = changes.filter((change) => change.type === 'position' || change.type === 'dimensions')
    if (drawn.length > 0) setElements((before) => withGroups(applyNodeChanges(drawn, before), before, drawn))
  }

  const onEdgesChange = (changes: EdgeChange<LineElement>[]) => {
    const chosen = changes.filter((change) => change.type === 'select')
    if (chosen.length === 0) return
    const edges = new Set(session.get().selection.edges)
    for (const change of chosen) change.selected ? edges.add(change.id) : edges.delete(change.id)
    session.select({ ...session.get().selection, edges })
  }

  /** Where the frame of a group stands by the draft. */
  const frameOf = (element: Element): Point | undefined => {
    if (element.type !== 'frame') return undefined
    const members = now().nodes.filter(({ id }) => element.data.group.nodes.includes(id))
    if (members.length === 0) return undefined
    return frameAround(
      members.map((node) => ({ ...placeOf(now(), node.id), height: heightOf(node, operations.get(node.operation)) })),
    )
  }

  const onNodeDrag = (_event: unknown, dragged: Element, all: Element[]) => {
    if (all.length !== 1) return
    const box = (element: Element) => ({ id: element.id, ...element.position, height: element.height ?? 72 })
    const others = canvas.getNodes().filter((one) => one.type === 'step' && one.id !== dragged.id)
    const { guides } = guidesFor(box(dragged), others.map(box))
    setGuides((before) => (before?.x === guides.x && before?.y === guides.y ? before : guides))
    setOver(spliceTarget(now(), operations, dragged)?.id)
  }

  const onNodeDragStop = (_event: unknown, dragged: Element, all: Element[]) => {
    setGuides(undefined)
    setOver(undefined)
    if (dragged.type === 'frame') {
      const { nodes } = dragged.data.group
      const [from, by] = [frameOf(dragged), { x: 0, y: 0 }]
      if (from) Object.assign(by, { x: dragged.position.x - from.x, y: dragged.position.y - from.y })
      if (by.x === 0 && by.y === 0) return
      const moved = nodes.map((id): [string, Point] => {
        const at = placeOf(now(), id)
        return [id, { x: at.x + by.x, y: at.y + by.y }]
      })
      editor.act({ do: 'place', what: 'Move', places: Object.fromEntries(moved) })
      return
    }
    const target = all.length === 1 ? spliceTarget(now(), operations, dragged) : undefined
    if (target) {
      const done = editor.act({ do: 'splice', node: dragged.id, edge: target.id, at: snap(dragged.position) })
      if (done.ok) return
    }
    const places = Object.fromEntries(
      all
        .filter(({ type }) => type !== 'frame')
        .map((element): [string, Point] => [plainId(element.id), snap(element.position)]),
    )
    const before = now()
    const moved = Object.entries(places).some(([id, point]) => {
      const was = before.layout?.nodes[id] ?? before.layout?.notes?.find((note) => note.id === id)
      return was?.x !== point.x || was?.y !== point.y
    })
    if (moved) editor.act({ do: 'place', what: 'Move', places })
  }

  /** A line dropped on a step's body leads to its first input, where it has only one. */
  const dropOnBody = (body: string, node: string, handle: string, backwards: boolean) => {
    if (backwards) {
      editor.act({ do: 'connect', from: { node: body, port: 'out' }, to: { node, input: handle } })
      return
    }
    const target = now().nodes.find((one) => one.id === body)
    const inputs = (target && operations.get(target.operation)?.inputs) ?? ['in']
    if (inputs.length > 1) {
      editor.say('This step has several inputs: drop the line on one of them.', 'attention')
      return
    }
    editor.act({ do: 'connect', from: { node, port: handle }, to: { node: body, input: inputs[0] ?? 'in' } })
  }

  const onConnectEnd = (event: MouseEvent | TouchEvent, state: FinalConnectionState) => {
    const { fromHandle, toHandle, isValid: valid } = state
    if (fromHandle === null || valid) return
    const point = pointOf(event)
    const backwards = fromHandle.type === 'target'
    if (toHandle && toHandle.type !== fromHandle.type) {
      const [from, to] = backwards ? [toHandle, fromHandle] : [fromHandle, toHandle]
      const why = whyNot(
        now(),
        operations,
        { node: from.nodeId, port: from.id ?? 'out' },
        { node: to.nodeId, input: to.id ?? 'in' },
      )
      if (why) editor.say(why, 'attention')
      return
    }
    const body = document.elementFromPoint(point.x, point.y)?.closest('.react-flow__node')?.getAttribute('data-id')
    const onStep = body && now().nodes.some(({ id }) => id === body)
    if (onStep && body !== fromHandle.nodeId)
      return dropOnBody(body, fromHandle.nodeId, fromHandle.id ?? 'out', backwards)
    if (!editable || onStep) return
    const at = canvas.screenToFlowPosition(point)
    if (backwards) {
      const before = { node: fromHandle.nodeId, input: fromHandle.id ?? 'in' }
      editor.ask({ at: { x: at.x - WIDTH, y: at.y - 36 }, before, screen: point })
    } else {
      const after = { node: fromHandle.nodeId, port: fromHandle.id ?? 'out' }
      editor.ask({ at: { x: at.x, y: at.y - 36 }, after, screen: point })
    }
  }

  const onDrop = (event: DragEvent) => {
    const operation = event.dataTransfer.getData(DRAGGED_OPERATION)
    setOver(undefined)
    if (operation === '') return
    event.preventDefault()
    const point = canvas.screenToFlowPosition({ x: event.clientX, y: event.clientY })
    const edge = lineAt(now(), point, operations)
    editor.act({
      do: 'add',
      operation,
      at: { x: point.x - WIDTH / 2, y: point.y - 36 },
      ...(edge ? { edge: edge.id } : {}),
    })
  }

  return {
    onDrop,
    onDragOver: (event: DragEvent) => {
      if (!event.dataTransfer.types.includes(DRAGGED_OPERATION)) return
      event.preventDefault()
      const point = canvas.screenToFlowPosition({ x: event.clientX, y: event.clientY })
      setOver(lineAt(now(), point, operations)?.id)
    },
    onDoubleClick: (event: PointerClick) => {
      if (!editable || !isPane(event.target)) return
      const screen = { x: event.clientX, y: event.clientY }
      editor.ask({ at: canvas.screenToFlowPosition(screen), screen })
    },
    onFocus: (event: FocusEvent) => selectFocused(event.target, session),
    flow: {
      onNodesChange,
      onEdgesChange,
      onNodeDrag,
      onNodeDragStop,
      // A dragged selection is never empty.
      onSelectionDragStop: (_event: unknown, all: Element[]) => onNodeDragStop(undefined, all[0] as Element, all),
      onNodeDoubleClick: (_event: unknown, element: Element) => {
        if (element.type === 'step') editor.open(element.id)
      },
      onConnect: (connection: Connection) => {
        const [from, to] = endsOf(connection)
        editor.act({ do: 'connect', from, to })
      },
      onConnectEnd,
      onReconnect: (line: LineElement, connection: Connection) => {
        const [from, to] = endsOf(connection)
        editor.act({ do: 'reconnect', edge: line.id, from, to })
      },
      isValidConnection: (connection: Connection | LineElement) =>
        whyNot(now(), operations, ...endsOf(connection)) === undefined,
    },
  }
}

/** The line that a step which stands alone would be put into, where it is now. */
function spliceTarget(flow: Flow, operations: Operations, dragged: Element): FlowEdge | undefined {
  const joined = flow.edges.some((edge) => edge.from === dragged.id || edge.to === dragged.id)
  if (joined || dragged.type !== 'step') return undefined
  return lineAt(flow, { x: dragged.position.x + WIDTH / 2, y: dragged.position.y + 36 }, operations, dragged.id)
}

const plainId = (id: string): string => (id.startsWith('note:') ? id.slice('note:'.length) : id)

function reselected(
  selection: Selection,
  changes: readonly { readonly id: string; readonly selected: boolean }[],
): Selection {
  const [nodes, notes] = [new Set(selection.nodes), new Set(selection.notes)]
  for (const { id, selected } of changes) {
    const set = id.startsWith('note:') ? notes : nodes
    if (selected) set.add(plainId(id))
    else set.delete(plainId(id))
  }
  return { ...selection, nodes, notes }
}

/** Steps go with the frame of their group; the frame follows steps that are moved by themselves. */
function withGroups(next: Element[], before: readonly Element[], changes: readonly NodeChange<Element>[]): Element[] {
  // Groups come first; most flows have none, and this is done for each frame of a drag.
  if (next[0]?.type !== 'frame') return next
  const moved = new Set(changes.flatMap((change) => (change.type === 'position' ? [change.id] : [])))
  const was = new Map(before.map((element) => [element.id, element.position]))
  const by = new Map<string, Point>()
  for (const element of next) {
    const from = was.get(element.id)
    if (element.type !== 'frame' || from === undefined || !moved.has(element.id)) continue
    const way = { x: element.position.x - from.x, y: element.position.y - from.y }
    if (way.x === 0 && way.y === 0) continue
    for (const id of element.data.group.nodes) if (!moved.has(id)) by.set(id, way)
  }
  const carried =
    by.size === 0
      ? next
      : next.map((element): Element => {
          const way = by.get(element.id)
          if (way === undefined) return element
          return { ...element, position: { x: element.position.x + way.x, y: element.position.y + way.y } }
        })
  return moved.size === 0 ? carried : reframed(carried, moved)
}

const endsOf = (connection: {
  source: string
  target: string
  sourceHandle?: string | null
  targetHandle?: string | null
}) =>
  [
    { node: connection.source, port: connection.sourceHandle ?? 'out' },
    { node: connection.target, input: connection.targetHandle ?? 'in' },
  ] as const

const pointOf = (event: MouseEvent | TouchEvent): Point => {
  const at = 'changedTouches' in event ? event.changedTouches[0] : event
  return { x: at?.clientX ?? 0, y: at?.clientY ?? 0 }
}

const DrawnElement = globalThis.Element

const isPane = (target: EventTarget): boolean =>
  target instanceof DrawnElement && target.classList.contains('react-flow__pane')

/** What the keyboard reaches is selected, so that keys act on it. A pointer selects by itself. */
function selectFocused(target: EventTarget, session: Editor['session']): void {
  if (!(target instanceof DrawnElement) || !target.matches(':focus-visible')) return
  const node = target.classList.contains('react-flow__node') ? target.getAttribute('data-id') : null
  const edge = target.classList.contains('react-flow__edge') ? target.getAttribute('data-id') : null
  if (node?.startsWith('group:')) {
    const group = groupsOf(session.get().flow).find(({ id }) => `group:${id}` === node)
    if (group) session.select({ nodes: new Set(group.nodes), notes: new Set(), edges: new Set() })
  } else if (node) {
    const note = node.startsWith('note:')
    session.select({
      nodes: new Set(note ? [] : [node]),
      notes: new Set(note ? [plainId(node)] : []),
      edges: new Set(),
    })
  } else if (edge) session.select({ nodes: new Set(), notes: new Set(), edges: new Set([edge]) })
}
