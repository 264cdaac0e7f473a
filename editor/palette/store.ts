import { useSyncExternalStore } from 'react'

/** What can be gone to, or done, from the palette. */
export type Entry = { readonly id: string; readonly title: string; readonly note: string; readonly go: () => void }

// One palette for the whole app: any page opens it, and the page that is shown may offer what only it has.

let opened = false
let near: (() => readonly Entry[]) | undefined
const watchers = new Set<() => void>()

const setOpened = (next: boolean): void => {
  opened = next
  for (const watcher of watchers) watcher()
}

export const openPalette = (): void => setOpened(true)
export const closePalette = (): void => setOpened(false)

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
