import '@xyflow/react/dist/base.css'
import {
  applyNodeChanges,
  Background,
  type Connection,
  type FinalConnectionState,
  MiniMap,
  type NodeChange,
  ReactFlow,
  SelectionMode,
  useReactFlow,
  useStore,
} from '@xyflow/react'
import { type DragEvent, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import type { Point, Selection } from '../draft/action.ts'
import { guidesFor, type Guides } from '../draft/arrange.ts'
import type { Flow, FlowEdge } from '../../server/flow/flow.ts'
import { type Operations, whyNot } from '../draft/connect.ts'
import { GRID, snap, WIDTH } from '../draft/place.ts'
import { useDraft, useEditor } from '../edit/context.ts'
import { problemCounts } from '../edit/problem-counts.ts'
import classes from './Canvas.module.css'
import { ConnectionLine } from './ConnectionLine.tsx'
import { type Element, elementsOf, type LineElement, linesOf } from './elements.ts'
import { DRAGGED_OPERATION } from './dragged.ts'
import { GuideLines } from './GuideLines.tsx'
import { lineAt } from './hit.ts'
import { EDGE_TYPES, isFar, MINIMAP, NODE_TYPES, SPOKEN } from './types.ts'
import { lastViewport, rememberViewport } from './viewport.ts'

/** The canvas that one draws on. What stands on it comes from the draft; while something is dragged, it stands here. */
export function EditCanvas(props: { minimap: boolean }) {
  const editor = useEditor()
  const { session, operations, mayEdit } = editor
  const flow = useDraft(session, ({ flow }) => flow)
  const selection = useDraft(session, ({ selection }) => selection)
  const readOnly = useDraft(session, ({ readOnly }) => readOnly)
  const editable = mayEdit && !readOnly
  const problems = useMemo(() => problemCounts(editor.problems), [editor.problems])
  const drawing = useMemo(
    () => ({ flow, operations, selection, problems, editable }),
    [flow, operations, selection, problems, editable],
  )
  const [elements, setElements] = useState<Element[]>(() => elementsOf(drawing, []))
  const [lines, setLines] = useState<LineElement[]>(() => linesOf(drawing, []))
  useEffect(() => {
    setElements((before) => elementsOf(drawing, before))
    setLines((before) => linesOf(drawing, before))
  }, [drawing])

  const [guides, setGuides] = useState<Guides>()
  const [over, setOver] = useState<string>()
  const canvas = useReactFlow<Element, LineElement>()
  const far = useStore(isFar)
  const frame = useRef<HTMLDivElement>(null)

  const onNodesChange = useCallback(
    (changes: NodeChange<Element>[]) => {
      const chosen = changes.filter((change) => change.type === 'select')
      if (chosen.length > 0) session.select(reselected(session.get().selection, chosen))
      // What is removed is removed from the draft (with healed lines), never from the picture alone.
      const drawn = changes.filter((change) => change.type === 'position' || change.type === 'dimensions')
      if (drawn.length > 0) setElements((before) => applyNodeChanges(drawn, before))
    },
    [session],
  )

  const onDrag = useCallback(
    (_event: unknown, dragged: Element, all: Element[]) => {
      const box = (element: Element) => ({ id: element.id, ...element.position, height: element.height ?? 72 })
      if (all.length === 1) {
        const others = canvas.getNodes().filter((one) => one.type === 'step' && one.id !== dragged.id)
        setGuides(guidesFor(box(dragged), others.map(box)).guides)
        setOver(spliceTarget(session.get().flow, operations, dragged)?.id)
      }
    },
    [canvas, session, operations],
  )

  const onDragStop = (_event: unknown, dragged: Element, all: Element[]) => {
    setGuides(undefined)
    setOver(undefined)
    const target = all.length === 1 ? spliceTarget(session.get().flow, operations, dragged) : undefined
    if (target) {
      const done = editor.act({ do: 'splice', node: dragged.id, edge: target.id, at: snap(dragged.position) })
      if (done.ok) return
    }
    const places = Object.fromEntries(
      all.map((element): [string, Point] => [plainId(element.id), snap(element.position)]),
    )
    const before = session.get().flow
    const moved = Object.entries(places).some(([id, point]) => {
      const was = before.layout?.nodes[id] ?? before.layout?.notes?.find((note) => note.id === id)
      return was?.x !== point.x || was?.y !== point.y
    })
    if (moved) editor.act({ do: 'place', what: 'Move', places })
  }

  const isValid = useCallback(
    (connection: Connection | LineElement) =>
      whyNot(session.get().flow, operations, ...endsOf(connection)) === undefined,
    [session, operations],
  )

  const onConnectEnd = (event: MouseEvent | TouchEvent, state: FinalConnectionState) => {
    const { fromHandle, toHandle, isValid: valid } = state
    if (fromHandle === null || valid) return
    const point = pointOf(event)
    const backwards = fromHandle.type === 'target'
    if (toHandle && toHandle.type !== fromHandle.type) {
      const [from, to] = backwards ? [toHandle, fromHandle] : [fromHandle, toHandle]
      const why = whyNot(
        session.get().flow,
        operations,
        { node: from.nodeId, port: from.id ?? 'out' },
        { node: to.nodeId, input: to.id ?? 'in' },
      )
      if (why) editor.say(why, 'attention')
      return
    }
    const body = document.elementFromPoint(point.x, point.y)?.closest('.react-flow__node')?.getAttribute('data-id')
    if (body && body !== fromHandle.nodeId)
      return dropOnBody(body, fromHandle.nodeId, fromHandle.id ?? 'out', backwards)
    if (!editable || body) return
    const at = canvas.screenToFlowPosition(point)
    if (backwards) {
      const before = { node: fromHandle.nodeId, input: fromHandle.id ?? 'in' }
      editor.ask({ at: { x: at.x - WIDTH, y: at.y - 36 }, before, screen: point })
    } else {
      const after = { node: fromHandle.nodeId, port: fromHandle.id ?? 'out' }
      editor.ask({ at: { x: at.x, y: at.y - 36 }, after, screen: point })
    }
  }

  /** A line dropped on a step's body leads to its first input, where it has only one. */
  const dropOnBody = (body: string, node: string, handle: string, backwards: boolean) => {
    if (backwards) {
      editor.act({ do: 'connect', from: { node: body, port: 'out' }, to: { node, input: handle } })
      return
    }
    const target = session.get().flow.nodes.find((one) => one.id === body)
    const inputs = (target && operations.get(target.operation)?.inputs) ?? ['in']
    if (inputs.length > 1) {
      editor.say('This step has several inputs: drop the line on one of them.', 'attention')
      return
    }
    editor.act({ do: 'connect', from: { node, port: handle }, to: { node: body, input: inputs[0] ?? 'in' } })
  }

  const onDrop = (event: DragEvent) => {
    const operation = event.dataTransfer.getData(DRAGGED_OPERATION)
    setOver(undefined)
    if (operation === '') return
    event.preventDefault()
    const point = canvas.screenToFlowPosition({ x: event.clientX, y: event.clientY })
    const edge = lineAt(session.get().flow, point, operations)
    editor.act({
      do: 'add',
      operation,
      at: { x: point.x - WIDTH / 2, y: point.y - 36 },
      ...(edge ? { edge: edge.id } : {}),
    })
  }

  const shownLines = useMemo(
    () => (over === undefined ? lines : lines.map((line) => (line.id === over ? { ...line, selected: true } : line))),
    [lines, over],
  )
  const viewport = useMemo(() => lastViewport(editor.flowId), [editor.flowId])

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: everything done here with a pointer has a key and a menu as well
    <div
      ref={frame}
      className={classes.canvas}
      data-far={far || undefined}
      onDoubleClick={(event) => {
        if (!editable || !isPane(event.target)) return
        const at = canvas.screenToFlowPosition({ x: event.clientX, y: event.clientY })
        editor.ask({ at, screen: { x: event.clientX, y: event.clientY } })
      }}
      onDrop={onDrop}
      onDragOver={(event) => {
        if (!event.dataTransfer.types.includes(DRAGGED_OPERATION)) return
        event.preventDefault()
        const point = canvas.screenToFlowPosition({ x: event.clientX, y: event.clientY })
        setOver(lineAt(session.get().flow, point, operations)?.id)
      }}
      onFocus={(event) => selectFocused(event.target, session)}
    >
      <ReactFlow<Element, LineElement>
        nodes={elements}
        edges={shownLines}
        nodeTypes={NODE_TYPES}
        edgeTypes={EDGE_TYPES}
        onNodesChange={onNodesChange}
        onEdgesChange={(changes) => {
          const chosen = changes.filter((change) => change.type === 'select')
          if (chosen.length === 0) return
          const edges = new Set(session.get().selection.edges)
          for (const change of chosen) change.selected ? edges.add(change.id) : edges.delete(change.id)
          session.select({ ...session.get().selection, edges })
        }}
        onNodeDrag={onDrag}
        onNodeDragStop={onDragStop}
        onSelectionDragStop={(_event, all) => onDragStop(undefined, all[0] as Element, all)} // a dragged selection is never empty
        onNodeDoubleClick={(_event, element) => {
          if (element.type === 'step') editor.open(element.id)
        }}
        onConnect={(connection) => {
          const [from, to] = endsOf(connection)
          editor.act({ do: 'connect', from, to })
        }}
        onConnectEnd={onConnectEnd}
        onReconnect={(line, connection) => {
          const [from, to] = endsOf(connection)
          editor.act({ do: 'reconnect', edge: line.id, from, to })
        }}
        isValidConnection={isValid}
        connectionLineComponent={ConnectionLine}
        onMoveEnd={(_event, view) => rememberViewport(editor.flowId, view)}
        {...(viewport
          ? { defaultViewport: viewport }
          : { fitView: true, fitViewOptions: { maxZoom: 1, padding: 0.15 } })}
        nodesDraggable={editable}
        nodesConnectable={editable}
        edgesReconnectable={editable}
        snapToGrid
        snapGrid={[GRID, GRID]}
        selectionMode={SelectionMode.Partial}
        selectionKeyCode="Shift"
        multiSelectionKeyCode={['Shift', 'Meta', 'Control']}
        panActivationKeyCode="Space"
        deleteKeyCode={null}
        disableKeyboardA11y
        zoomOnDoubleClick={false}
        connectOnClick
        panOnScroll
        minZoom={0.1}
        maxZoom={2}
        ariaLabelConfig={SPOKEN}
        aria-label="Canvas"
        role="application"
        aria-roledescription="canvas"
        proOptions={{ hideAttribution: false }}
      >
        <Background gap={GRID} color="var(--hairline)" />
        <GuideLines guides={guides} />
        {props.minimap ? (
          <MiniMap pannable zoomable className={classes.minimap} style={MINIMAP} nodeBorderRadius={12} />
        ) : null}
      </ReactFlow>
    </div>
  )
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

const isPane = (target: EventTarget): boolean =>
  target instanceof Element_ && target.classList.contains('react-flow__pane')
const Element_ = globalThis.Element

/** What the keyboard reaches is selected, so that keys act on it. A pointer selects by itself. */
function selectFocused(
  target: EventTarget,
  session: { select: (selection: Selection) => void; get: () => { selection: Selection } },
): void {
  if (!(target instanceof Element_) || !target.matches(':focus-visible')) return
  const node = target.classList.contains('react-flow__node') ? target.getAttribute('data-id') : null
  const edge = target.classList.contains('react-flow__edge') ? target.getAttribute('data-id') : null
  if (node) {
    const note = node.startsWith('note:')
    session.select({
      nodes: new Set(note ? [] : [node]),
      notes: new Set(note ? [plainId(node)] : []),
      edges: new Set(),
    })
  } else if (edge) session.select({ nodes: new Set(), notes: new Set(), edges: new Set([edge]) })
}
