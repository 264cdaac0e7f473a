import '@xyflow/react/dist/base.css'
import { MiniMap, ReactFlow, ReactFlowProvider, useReactFlow, useStore, type Viewport } from '@xyflow/react'
import { type KeyboardEvent, useEffect, useMemo, useRef } from 'react'
import type { Flow } from '../../server/flow/document/flow.ts'
import { NOTHING } from '../draft/action.ts'
import type { Operations } from '../draft/connect.ts'
import { placeOf, WIDTH, withPlaces } from '../draft/place.ts'
import classes from './Canvas.module.css'
import { Dots } from './Dots.tsx'
import { type Element, elementsOf, type LineElement, linesOf, type Mark, type Overlay } from './elements.ts'
import { farOf, nameSizeOf, nameStyle } from './name-size.ts'
import { EDGE_TYPES, FIT, MINIMAP, miniClass, NODE_TYPES, SPOKEN } from './types.ts'
import { useMoving } from './use-moving.ts'

type Props = {
  readonly flow: Flow
  readonly operations: Operations
  readonly label: string
  readonly overlay?: Overlay
  readonly marks?: ReadonlyMap<string, Mark>
  readonly step?: string | undefined
  readonly onStep?: (node: string) => void
  /** Two canvases that move together share one. */
  readonly viewport?: Viewport | undefined
  readonly onViewport?: (viewport: Viewport) => void
  readonly minimap?: boolean
}

/** A flow to look at: an earlier version, a run, one side of a comparison. */
export function FlowCanvas(props: Props) {
  return (
    <ReactFlowProvider>
      <Drawn {...props} />
    </ReactFlowProvider>
  )
}

const NO_PROBLEMS = new Map()
const READABLE = 12
const READABLE_ON_PHONE = 3

function Drawn(props: Props) {
  const canvas = useReactFlow<Element, LineElement>()
  const far = useStore(farOf)
  const nameSize = useStore(nameSizeOf)
  const moving = useMoving()
  const latest = useRef(props.onStep)
  latest.current = props.onStep
  // Made once, as every step is drawn again for another function.
  const steps = useMemo(
    () => ({
      onNodeClick: (_event: unknown, element: Element) =>
        element.type === 'step' ? latest.current?.(element.id) : undefined,
      onKeyDown: (event: KeyboardEvent) => {
        const id = event.target instanceof HTMLElement ? event.target.getAttribute('data-id') : null
        if ((event.key !== 'Enter' && event.key !== ' ') || id === null) return
        event.preventDefault()
        latest.current?.(id)
      },
    }),
    [],
  )
  const flow = useMemo(() => withPlaces(props.flow), [props.flow])
  const before = useRef<{ elements: Element[]; lines: LineElement[] }>({ elements: [], lines: [] })
  const { operations, overlay, marks, step } = props
  const drawn = useMemo(() => {
    const selection = { ...NOTHING, nodes: new Set(step === undefined ? [] : [step]) }
    const drawing = { flow, operations, selection, problems: NO_PROBLEMS, overlay, marks, editable: false }
    const next = {
      elements: elementsOf(drawing, before.current.elements),
      lines: linesOf(drawing, before.current.lines),
    }
    before.current = next
    return next
  }, [flow, operations, overlay, marks, step])
  // A flow that can be read as a whole is shown as a whole; of a larger one, the step that the address names. A phone
  // would show boxes without names: it begins with that step, or where the flow begins.
  const phone = useMemo(() => props.viewport === undefined && matchMedia('(max-width: 48em)').matches, [props.viewport])
  const whole = phone ? flow.nodes.length <= READABLE_ON_PHONE : step === undefined || flow.nodes.length <= READABLE
  const opened = useRef(false)
  useEffect(() => {
    const first = !opened.current
    opened.current = true
    const shown = step ?? (first && phone ? flow.nodes[0]?.id : undefined)
    if (shown === undefined || (first && whole) || !flow.nodes.some((node) => node.id === shown)) return
    const at = placeOf(flow, shown)
    const [corner, frame] = [canvas.flowToScreenPosition(at), moving.frame.current?.getBoundingClientRect()]
    const size = WIDTH * canvas.getZoom()
    const seen =
      frame &&
      corner.x >= frame.left &&
      corner.x + size <= frame.right &&
      corner.y >= frame.top &&
      corner.y + size / 3 <= frame.bottom
    if (seen && !first) return
    void canvas.setCenter(at.x + WIDTH / 2, at.y + 36, { zoom: Math.max(0.6, canvas.getZoom()) })
  }, [canvas, flow, step, whole, phone, moving])
  return (
    <div ref={moving.frame} className={classes.canvas} data-far={far} style={nameStyle(nameSize)}>
      <ReactFlow<Element, LineElement>
        nodes={drawn.elements}
        edges={drawn.lines}
        nodeTypes={NODE_TYPES}
        edgeTypes={EDGE_TYPES}
        {...(props.viewport ? { viewport: props.viewport } : {})}
        {...(props.onViewport ? { onViewportChange: props.onViewport } : {})}
        fitView={whole}
        fitViewOptions={FIT}
        {...steps}
        onMove={moving.onMove}
        onMoveEnd={moving.onMoveEnd}
        nodesDraggable={false}
        nodesConnectable={false}
        edgesFocusable={false}
        deleteKeyCode={null}
        disableKeyboardA11y
        panOnScroll
        minZoom={0.1}
        maxZoom={2}
        ariaLabelConfig={SPOKEN}
        aria-label={props.label}
        role="application"
        aria-roledescription="canvas"
      >
        <Dots />
        {props.minimap ? (
          <MiniMap
            pannable
            zoomable
            className={classes.minimap}
            style={MINIMAP}
            nodeBorderRadius={12}
            nodeClassName={miniClass}
          />
        ) : null}
      </ReactFlow>
    </div>
  )
}
