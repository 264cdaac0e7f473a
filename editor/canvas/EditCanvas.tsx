import '@xyflow/react/dist/base.css'
import { MiniMap, ReactFlow, SelectionMode, useReactFlow, useStore, type Viewport } from '@xyflow/react'
import { useCallback, useMemo, useState } from 'react'
import type { Point } from '../draft/action.ts'
import type { Guides } from '../draft/arrange.ts'
import { GRID } from '../draft/place.ts'
import { useDraft, useEditor, useProblems } from '../edit/context.ts'
import { motion } from '../edit/motion.ts'
import { problemCounts } from '../edit/problem-counts.ts'
import classes from './Canvas.module.css'
import { ConnectionLine } from './ConnectionLine.tsx'
import { Dots } from './Dots.tsx'
import { type Drawing, type Element, elementsOf, type LineElement, linesOf } from './elements.ts'
import { useFolded } from './folded.ts'
import { gesturesOf } from './gestures.ts'
import { GuideLines } from './GuideLines.tsx'
import { farOf, nameSizeOf, nameStyle } from './name-size.ts'
import { EDGE_TYPES, FIT, MINIMAP, miniClass, NODE_TYPES, SPOKEN } from './types.ts'
import { useMoving } from './use-moving.ts'
import { lastViewport, rememberViewport } from './viewport.ts'

// Given to React Flow with every frame of a drag: the same objects each time, or it would work through them again.
const SNAP: [number, number] = [GRID, GRID]
const SEVERAL = ['Shift', 'Meta', 'Control']
const OPTIONS = { hideAttribution: false }

/** The canvas that one draws on. What stands on it comes from the draft; while something is dragged, it stands here. */
export function EditCanvas(props: { minimap: boolean }) {
  const editor = useEditor()
  const found = useProblems()
  const { session, operations, mayEdit } = editor
  const flow = useDraft(session, ({ flow }) => flow)
  const selection = useDraft(session, ({ selection }) => selection)
  const readOnly = useDraft(session, ({ readOnly }) => readOnly)
  const editable = mayEdit && !readOnly
  const problems = useMemo(() => problemCounts(found), [found])
  const folded = useFolded(editor.flowId)
  const drawing = useMemo(
    (): Drawing => ({ flow, operations, selection, problems, editable, folded }),
    [flow, operations, selection, problems, editable, folded],
  )
  const [drawn, setDrawn] = useState(drawing)
  const [elements, setElements] = useState<Element[]>(() => elementsOf(drawing, []))
  const [lines, setLines] = useState<LineElement[]>(() => linesOf(drawing, []))
  if (drawn !== drawing) {
    // At once, not in an effect: the old picture would be drawn for one frame more.
    setDrawn(drawing)
    setElements(elementsOf(drawing, elements))
    setLines(linesOf(drawing, lines))
  }

  const [guides, setGuides] = useState<Guides>()
  const [over, setOver] = useState<string>()
  const canvas = useReactFlow<Element, LineElement>()
  const far = useStore(farOf)
  const nameSize = useStore(nameSizeOf)
  const moving = useMoving()
  const gestures = useMemo(
    () => gesturesOf({ editor, canvas, editable, setElements, setGuides, setOver }),
    [editor, canvas, editable],
  )
  const onMoveEnd = useCallback(
    (_event: unknown, view: Viewport) => {
      moving.onMoveEnd()
      rememberViewport(editor.flowId, view)
    },
    [moving, editor.flowId],
  )

  const jump = useCallback(
    (_event: unknown, to: Point) =>
      void canvas.setCenter(to.x, to.y, { zoom: canvas.getZoom(), duration: motion(180) }),
    [canvas],
  )

  const shownLines = useMemo(
    () => (over === undefined ? lines : lines.map((line) => (line.id === over ? { ...line, selected: true } : line))),
    [lines, over],
  )
  const view = useMemo(() => {
    const last = lastViewport(editor.flowId)
    return last ? { defaultViewport: last } : { fitView: true, fitViewOptions: FIT }
  }, [editor.flowId])

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: everything done here with a pointer has a key and a menu as well
    <div
      ref={moving.frame}
      className={classes.canvas}
      data-far={far}
      style={nameStyle(nameSize)}
      onDoubleClick={gestures.onDoubleClick}
      onDrop={gestures.onDrop}
      onDragOver={gestures.onDragOver}
      onFocus={gestures.onFocus}
    >
      <ReactFlow<Element, LineElement>
        {...gestures.flow}
        {...view}
        nodes={elements}
        edges={shownLines}
        nodeTypes={NODE_TYPES}
        edgeTypes={EDGE_TYPES}
        connectionLineComponent={ConnectionLine}
        onMove={moving.onMove}
        onMoveEnd={onMoveEnd}
        nodesDraggable={editable}
        nodesConnectable={editable}
        edgesReconnectable={editable}
        snapToGrid
        snapGrid={SNAP}
        selectionMode={SelectionMode.Partial}
        selectionKeyCode="Shift"
        multiSelectionKeyCode={SEVERAL}
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
        proOptions={OPTIONS}
      >
        <Dots />
        <GuideLines guides={guides} />
        {props.minimap ? (
          <MiniMap
            pannable
            zoomable
            className={classes.minimap}
            style={MINIMAP}
            nodeBorderRadius={12}
            nodeClassName={miniClass}
            onClick={jump}
          />
        ) : null}
      </ReactFlow>
    </div>
  )
}
