import type { Element } from './elements.ts'
import { GroupNode } from './GroupNode.tsx'
import { LineEdge } from './LineEdge.tsx'
import { NoteNode } from './NoteNode.tsx'
import { StepNode } from './StepNode.tsx'

// Outside of every component: React Flow draws everything anew when these are other objects.
export const NODE_TYPES = { step: StepNode, note: NoteNode, frame: GroupNode }
export const EDGE_TYPES = { line: LineEdge }

/** What the canvas says to those who hear it. */
export const SPOKEN = {
  'node.a11yDescription.default': 'Enter opens it, arrows go along the lines, Alt and an arrow moves it.',
  'node.a11yDescription.keyboardDisabled': 'Enter opens it, arrows go along the lines, Alt and an arrow moves it.',
  'edge.a11yDescription.default': 'Delete removes it, N puts a step into it.',
  'minimap.ariaLabel': 'Small picture of the whole flow',
} as const

export const MINIMAP = { width: 160, height: 100 }

/** A frame lies under its steps in the small picture, too; a folded one stands for them. */
export const miniClass = (element: Element): string =>
  element.type === 'frame' && !element.data.folded ? 'mini-frame' : ''

/** The whole flow, no larger than life, with some room around it. */
export const FIT = { maxZoom: 1, padding: 0.06 }
