import { type NodeHandle, Position } from '@xyflow/react'
import type { OperationInfo } from '../../server/flow/catalog/catalog.ts'
import type { FlowNode } from '../../server/flow/document/flow.ts'
import { portsOf } from '../../server/flow/catalog/ports.ts'
import { FOLDED } from '../draft/group-box.ts'
import { belowOffset, heightOf, portOffset, SIDE, sidePorts, WIDTH } from '../draft/place.ts'

// As StepNode.module.css draws them: circles on the inner edge of the border.
const SIZE = 12
const MINOR = 10
const LEFT = 3
const LINE = 1

/** Of a folded group: all that comes in, and all that leaves. */
export const FOLDED_HANDLES: NodeHandle[] = [
  { id: 'in', type: 'target', position: Position.Left, x: -3, y: FOLDED.height / 2 - 3, width: 6, height: 6 },
  {
    id: 'out',
    type: 'source',
    position: Position.Right,
    x: FOLDED.width - 3,
    y: FOLDED.height / 2 - 3,
    width: 6,
    height: 6,
  },
]

/**
 * Where lines leave and enter a step. React Flow would find this out by measuring every step after it has been drawn,
 * and draw the lines a second time; said beforehand, a large flow is drawn once.
 */
export function handlesOf(node: FlowNode, info: OperationInfo | undefined): NodeHandle[] {
  const inputs = info?.inputs ?? ['in']
  const side = info ? sidePorts(node, info) : ['out']
  const below = info ? portsOf(node, info).filter((port) => SIDE.has(port)) : []
  const size = { width: SIZE, height: SIZE }
  return [
    ...inputs.map((id, place) => ({
      id,
      type: 'target' as const,
      position: Position.Left,
      x: LEFT - SIZE / 2,
      y: LINE + portOffset(place, inputs.length) - SIZE / 2,
      ...size,
    })),
    ...side.map((id, place) => ({
      id,
      type: 'source' as const,
      position: Position.Right,
      x: WIDTH - LINE - SIZE / 2,
      y: LINE + portOffset(place, side.length) - SIZE / 2,
      ...size,
    })),
    ...below.map((id, place) => ({
      id,
      type: 'source' as const,
      position: Position.Bottom,
      x: LEFT + belowOffset(place) - MINOR / 2,
      y: heightOf(node, info) - LINE - MINOR / 2,
      width: MINOR,
      height: MINOR,
    })),
  ]
}
