import { type ConnectionLineComponentProps, getBezierPath } from '@xyflow/react'
import { whyNot } from '../draft/connect.ts'
import { useEditorIfAny } from './use-editor-if-any.ts'
import type { Element } from './elements.ts'
import classes from './Canvas.module.css'

/** A line being drawn; over something that it may not lead to, it says why. */
export function ConnectionLine(props: ConnectionLineComponentProps<Element>) {
  const { fromX, fromY, toX, toY, fromPosition, toPosition, fromHandle, toHandle, connectionStatus } = props
  const editor = useEditorIfAny()
  const [path] = getBezierPath({
    sourceX: fromX,
    sourceY: fromY,
    sourcePosition: fromPosition,
    targetX: toX,
    targetY: toY,
    targetPosition: toPosition,
  })
  const ends = fromHandle.type === 'source' ? ([fromHandle, toHandle] as const) : ([toHandle, fromHandle] as const)
  const why =
    editor && connectionStatus === 'invalid' && ends[0] && ends[1]
      ? whyNot(
          editor.session.get().flow,
          editor.operations,
          { node: ends[0].nodeId, port: ends[0].id ?? 'out' },
          { node: ends[1].nodeId, input: ends[1].id ?? 'in' },
        )
      : undefined
  return (
    <g>
      <path
        d={path}
        className={classes.drawn}
        data-status={why ? 'invalid' : (connectionStatus ?? 'open')}
        fill="none"
      />
      {why ? (
        <foreignObject x={toX + 12} y={toY + 12} width={280} height={120} overflow="visible">
          <p className={classes.why}>{why}</p>
        </foreignObject>
      ) : null}
    </g>
  )
}
