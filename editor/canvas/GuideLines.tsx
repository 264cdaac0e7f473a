import { ViewportPortal } from '@xyflow/react'
import type { Guides } from '../draft/arrange.ts'
import classes from './Canvas.module.css'

/** Thin lines along the edges that a dragged step shares with others. */
export function GuideLines({ guides }: { guides: Guides | undefined }) {
  if (guides === undefined || (guides.x === undefined && guides.y === undefined)) return null
  return (
    <ViewportPortal>
      {guides.x === undefined ? null : <div className={classes.guide} data-way="down" style={{ left: guides.x }} />}
      {guides.y === undefined ? null : <div className={classes.guide} data-way="across" style={{ top: guides.y }} />}
    </ViewportPortal>
  )
}
