import type { ReactFlowState } from '@xyflow/react'
import type { CSSProperties } from 'react'

/** Too small to read more than names, then than names in large letters, then anything. */
export const farOf = ({ transform: [, , zoom] }: ReactFlowState): 'names' | 'large' | 'blocks' | undefined =>
  zoom < 0.18 ? 'blocks' : zoom < 0.34 ? 'large' : zoom < FAR ? 'names' : undefined

/** Below this zoom the second line of a step is too small to read, and its name takes the room. */
const FAR = 0.7

/** How large names are drawn, in pixels at zoom 1, so that they are 12 on the screen as long as two lines fit into a step. */
export const nameSizeOf = ({ transform: [, , zoom] }: ReactFlowState): number =>
  zoom >= FAR ? 14 : Math.min(30, Math.ceil(12 / zoom))

export const nameStyle = (size: number): CSSProperties => ({ '--name-size': `${size}px` }) as CSSProperties // React's type knows no custom properties
