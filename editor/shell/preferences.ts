import { useSyncExternalStore } from 'react'

// Kept in this browser, per person: how much fits on a screen is a matter of the desk, not of the workspace.
const DENSITY = 'tieline.density'
const WORKSPACE = 'tieline.workspace'

export const DENSITIES = ['comfortable', 'standard', 'compact'] as const
export type Density = (typeof DENSITIES)[number]

const listeners = new Set<() => void>()

function read(key: string): string | null {
  try {
    return localStorage.getItem(key)
  } catch {
    // Storage may be switched off; the app works with its defaults then.
    return null
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value)
  } catch {
    // As above: the choice lasts until the page is closed.
  }
}

let density: Density = DENSITIES.find((name) => name === read(DENSITY)) ?? 'standard'

/** Draws with the density that was chosen last: once, before anything is drawn. */
export function showDensity(): void {
  document.documentElement.dataset['density'] = density
}

export function setDensity(next: Density): void {
  density = next
  showDensity()
  write(DENSITY, next)
  for (const tell of listeners) tell()
}

export const useDensity = (): Density =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => density,
  )

/** The workspace that was open last, so that the bare address leads back to it. */
export const lastWorkspace = (): string | null => read(WORKSPACE)
export const rememberWorkspace = (id: string): void => write(WORKSPACE, id)
