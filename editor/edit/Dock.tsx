import { type ReactNode, useRef, useState } from 'react'
import classes from './Editor.module.css'

const LEAST = 360
const MOST = 720
const KEY = 'tieline.dock'

function lastWidth(): number {
  try {
    const kept = Number(localStorage.getItem(KEY))
    return kept >= LEAST && kept <= MOST ? kept : 420
  } catch {
    return 420
  }
}

/** The place at the right for one step. Its edge is moved by dragging, by clicks, or with the arrows while it has the focus. */
export function Dock({ children }: { children: ReactNode }) {
  const [width, setWidth] = useState(lastWidth)
  const from = useRef<{ x: number; width: number; moved: boolean }>(undefined)
  const change = (next: number) => {
    const fitting = Math.round(Math.min(MOST, Math.max(LEAST, next)))
    setWidth(fitting)
    try {
      localStorage.setItem(KEY, String(fitting))
    } catch {
      // The width lasts until the page is closed.
    }
  }
  return (
    <div className={classes.dock} style={{ width }}>
      {/* biome-ignore lint/a11y/useSemanticElements: a separator that is moved is no <hr> */}
      <div
        role="separator"
        aria-orientation="vertical"
        aria-label="Width of the step"
        title="Drag it, or click for wider"
        aria-valuenow={width}
        aria-valuemin={LEAST}
        aria-valuemax={MOST}
        tabIndex={0}
        className={classes.edge}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId)
          from.current = { x: event.clientX, width, moved: false }
        }}
        onPointerMove={(event) => {
          if (from.current === undefined || Math.abs(from.current.x - event.clientX) < 3) return
          from.current.moved = true
          change(from.current.width + from.current.x - event.clientX)
        }}
        onPointerUp={() => {
          // A click: wider by turns, then narrow again.
          if (from.current?.moved === false) change(width >= MOST ? LEAST : width + (MOST - LEAST) / 2)
          from.current = undefined
        }}
        onKeyDown={(event) => {
          const step = { ArrowLeft: 20, ArrowRight: -20 }[event.key]
          if (step === undefined) return
          event.preventDefault()
          event.stopPropagation()
          change(width + step)
        }}
      />
      {children}
    </div>
  )
}
