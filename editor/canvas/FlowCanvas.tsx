import '@xyflow/react/dist/base.css'
import { Background, MiniMap, ReactFlow, ReactFlowProvider, useReactFlow, useStore, type Viewport } from '@xyflow/react'
import { useEffect, useMemo, useRef } from 'react'
import type { Flow } from '../../server/flow/flow.ts'
import { NOTHING } from '../draft/action.ts'
import type { Operations } from '../draft/connect.ts'
import { GRID, placeOf, WIDTH, withPlaces } from '../draft/place.ts'
import classes from './Canvas.module.css'
import { type Element, elementsOf, type LineElement, linesOf, type Mark, type Overlay } from './elements.ts'
import { EDGE_TYPES, isFar, MINIMAP, NODE_TYPES, SPOKEN } from './types.ts'

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

function Drawn(props: Props) {
  const canvas = useReactFlow<Element, LineElement>()
  const far = useStore(isFar)
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
  useEffect(() => {
    if (step === undefined || !flow.nodes.some((node) => node.id === step)) return
    const at = placeOf(flow, step)
    void canvas.setCenter(at.x + WIDTH / 2, at.y + 36, { zoom: Math.max(0.6, canvas.getZoom()) })
  }, [canvas, flow, step])
  return (
    <div className={classes.canvas} data-far={far || undefined}>
      <ReactFlow<Element, LineElement>
        nodes={drawn.elements}
        edges={drawn.lines}
        nodeTypes={NODE_TYPES}
        edgeTypes={EDGE_TYPES}
        {...(props.viewport ? { viewport: props.viewport } : {})}
        {...(props.onViewport ? { onViewportChange: props.onViewport } : {})}
        fitView={step === undefined}
        fitViewOptions={{ maxZoom: 1, padding: 0.15 }}
        onNodeClick={(_event, element) => element.type === 'step' && props.onStep?.(element.id)}
        onKeyDown={(event) => {
          const id = event.target instanceof HTMLElement ? event.target.getAttribute('data-id') : null
          if ((event.key === 'Enter' || event.key === ' ') && id !== null) {
            event.preventDefault()
            props.onStep?.(id)
          }
        }}
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
        <Background gap={GRID} color="var(--hairline)" />
        {props.minimap ? (
          <MiniMap pannable zoomable className={classes.minimap} style={MINIMAP} nodeBorderRadius={12} />
        ) : null}
      </ReactFlow>
    </div>
  )
}
