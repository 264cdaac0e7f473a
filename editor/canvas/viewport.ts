import type { Viewport } from '@xyflow/react'

// Where somebody was looking, per flow, in this browser: the picture stays where it was after a reload.

const key = (flow: string): string => `tieline.view.${flow}`

export function lastViewport(flow: string): Viewport | undefined {
  try {
    const [x, y, zoom] = (localStorage.getItem(key(flow)) ?? '').split(' ').map(Number)
    return [x, y, zoom].every(Number.isFinite) && zoom ? { x: x ?? 0, y: y ?? 0, zoom } : undefined
  } catch {
    // Without storage every visit begins with the whole flow in view.
    return undefined
  }
}

export function rememberViewport(flow: string, { x, y, zoom }: Viewport): void {
  try {
    localStorage.setItem(key(flow), `${Math.round(x)} ${Math.round(y)} ${zoom.toFixed(3)}`)
  } catch {
    // As above.
  }
}

export function minimapShown(): boolean {
  try {
    return localStorage.getItem('tieline.minimap') !== 'off'
  } catch {
    return true
  }
}

export function showMinimap(on: boolean): void {
  try {
    localStorage.setItem('tieline.minimap', on ? 'on' : 'off')
  } catch {
    // As above.
  }
}
