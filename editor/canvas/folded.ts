import { useSyncExternalStore } from 'react'

// Which groups somebody has folded, per flow, in this browser: how one looks at a flow is no part of the flow.

const NONE: ReadonlySet<string> = new Set()
const known = new Map<string, ReadonlySet<string>>()
const watchers = new Set<() => void>()
const key = (flow: string): string => `tieline.folded.${flow}`

export function foldedOf(flow: string): ReadonlySet<string> {
  const before = known.get(flow)
  if (before) return before
  let read = NONE
  try {
    const list: unknown = JSON.parse(localStorage.getItem(key(flow)) ?? '[]')
    if (Array.isArray(list)) read = new Set(list.filter((id) => typeof id === 'string'))
  } catch {
    // Without storage, or with something else in it, every visit begins unfolded.
  }
  known.set(flow, read)
  return read
}

export function fold(flow: string, group: string, on: boolean): void {
  const next = new Set(foldedOf(flow))
  if (on) next.add(group)
  else next.delete(group)
  known.set(flow, next)
  try {
    if (next.size === 0) localStorage.removeItem(key(flow))
    else localStorage.setItem(key(flow), JSON.stringify([...next]))
  } catch {
    // As above.
  }
  for (const watcher of watchers) watcher()
}

export const useFolded = (flow: string): ReadonlySet<string> =>
  useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher)
      return () => void watchers.delete(watcher)
    },
    () => foldedOf(flow),
  )
