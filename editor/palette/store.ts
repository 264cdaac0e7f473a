import { useSyncExternalStore } from 'react'

/** What can be gone to, or done, from the palette. */
export type Entry = { readonly id: string; readonly title: string; readonly note: string; readonly go: () => void }

// One palette for the whole app: any page opens it, and the page that is shown may offer what only it has.

let opened = false
/** What was typed after it was asked for, while its field was not there yet. */
let early = ''
let openedAt = 0
const PATIENCE_MS = 5_000
let near: (() => readonly Entry[]) | undefined
const watchers = new Set<() => void>()

const setOpened = (next: boolean): void => {
  opened = next
  for (const watcher of watchers) watcher()
}

export const openPalette = (): void => {
  early = ''
  openedAt = Date.now()
  setOpened(true)
}
/** Asked for a moment ago. One that cannot be loaded must not keep what is typed for ever. */
export const isPaletteNew = (): boolean => opened && Date.now() - openedAt < PATIENCE_MS
export const closePalette = (): void => setOpened(false)

export const typeEarly = (change: (typed: string) => string): void => {
  early = change(early)
}
export const typedEarly = (): string => early

export const usePaletteOpened = (): boolean =>
  useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher)
      return () => void watchers.delete(watcher)
    },
    () => opened,
  )

/** Offers entries of the page that is shown; they are asked for when the palette opens. Returns what takes them back. */
export function offer(entries: () => readonly Entry[]): () => void {
  near = entries
  return () => {
    if (near === entries) near = undefined
  }
}

export const offered = (): readonly Entry[] => near?.() ?? []
