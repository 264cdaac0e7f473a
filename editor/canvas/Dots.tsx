import { type ReactFlowState, useStore } from '@xyflow/react'
import { GRID } from '../draft/place.ts'
import classes from './Canvas.module.css'

/** Nearer than this to one another, dots are a haze that costs paint and says nothing. */
const LEAST_GAP = 10

const placeOf = ({ transform: [x, y, zoom] }: ReactFlowState): string => {
  const gap = GRID * zoom
  return gap < LEAST_GAP ? '' : `${gap} ${((x % gap) + gap) % gap} ${((y % gap) + gap) % gap}`
}

/** The grid behind the steps. A layer a little larger than the canvas, pushed along by less than one gap: nothing is painted anew. */
export function Dots() {
  const [gap, x, y] = useStore(placeOf).split(' ').map(Number)
  if (!gap) return null
  return (
    <div
      className={classes.dots}
      style={{
        inset: `-${gap}px`,
        backgroundSize: `${gap}px ${gap}px`,
        backgroundPosition: `${-gap / 2}px ${-gap / 2}px`,
        transform: `translate(${x}px, ${y}px)`,
      }}
    />
  )
}
