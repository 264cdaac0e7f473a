import { BaseEdge, EdgeLabelRenderer, type EdgeProps, getBezierPath } from '@xyflow/react'
import { IconPlus } from '@tabler/icons-react'
import { memo, useState } from 'react'
import { useEditorIfAny } from './use-editor-if-any.ts'
import type { LineElement } from './elements.ts'
import classes from './LineEdge.module.css'

/** A line with its way out in words, the records that passed it in a run, and a plus to put a step in between. */
export const LineEdge = memo(function LineEdge(props: EdgeProps<LineElement>) {
  const { id, data, selected } = props
  const [near, setNear] = useState(false)
  const [path, x, y] = getBezierPath(props)
  const plus = data?.editable && (near || selected)
  return (
    <g
      className={classes.line}
      data-selected={selected || undefined}
      data-mark={data?.mark}
      data-dim={data?.dim || undefined}
      onPointerEnter={() => setNear(true)}
      onPointerLeave={() => setNear(false)}
    >
      <BaseEdge id={id} path={path} interactionWidth={24} />
      {data?.label || data?.count ? (
        // As part of the drawing: a box of its own above it would be looked for anew with every movement.
        <text x={x} y={y} className={classes.words} aria-hidden>
          {data.label ? <tspan className={classes.label}>{data.label}</tspan> : null}
          {data.count ? (
            <tspan className={classes.count} dx={data.label ? 8 : 0}>
              {data.count}
            </tspan>
          ) : null}
        </text>
      ) : null}
      {plus ? (
        <EdgeLabelRenderer>
          <div
            className={`${classes.middle} nodrag nopan`}
            style={{ transform: `translate(-50%, -50%) translate(${x}px, ${data.label || data.count ? y + 24 : y}px)` }}
            onPointerEnter={() => setNear(true)}
            onPointerLeave={() => setNear(false)}
          >
            <PlusEdge id={id} />
          </div>
        </EdgeLabelRenderer>
      ) : null}
    </g>
  )
})

function PlusEdge({ id }: { id: string }) {
  const editor = useEditorIfAny()
  return (
    <button
      type="button"
      className={classes.plus}
      data-plus-edge={id}
      aria-label="Put a step into this line"
      onClick={(event) => {
        const box = event.currentTarget.getBoundingClientRect()
        editor?.ask({ edge: id, screen: { x: box.left, y: box.bottom + 4 } })
      }}
    >
      <IconPlus size={14} aria-hidden />
    </button>
  )
}
