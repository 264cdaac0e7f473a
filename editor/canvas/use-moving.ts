import type { Viewport } from '@xyflow/react'
import { type RefObject, useMemo, useRef } from 'react'

/**
 * Marks the canvas while it is pushed about, so that the steps are a layer of their own for as long (Canvas.module.css):
 * painted once, then only shifted. Not while zooming, where such a layer would be blurred, nor afterwards.
 */
export function useMoving(): {
  readonly frame: RefObject<HTMLDivElement | null>
  readonly onMove: (event: unknown, viewport: Viewport) => void
  readonly onMoveEnd: () => void
} {
  const frame = useRef<HTMLDivElement>(null)
  return useMemo(() => {
    let zoom: number | undefined
    const mark = (moving: boolean) => frame.current?.toggleAttribute('data-moving', moving)
    return {
      frame,
      onMove: (_event: unknown, viewport: Viewport) => {
        mark(zoom === undefined || zoom === viewport.zoom)
        zoom = viewport.zoom
      },
      onMoveEnd: () => mark(false),
    }
  }, [])
}
