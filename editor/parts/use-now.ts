import { useSyncExternalStore } from 'react'

// One timer for all times on a page. 20 s keeps “2 min ago” honest without redrawing all the time.
const TICK_MS = 20_000

let now = new Date()
let timer: ReturnType<typeof setInterval> | undefined
const listeners = new Set<() => void>()

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  timer ??= setInterval(() => {
    now = new Date()
    for (const tell of listeners) tell()
  }, TICK_MS)
  return () => {
    listeners.delete(listener)
    if (listeners.size === 0) {
      clearInterval(timer)
      timer = undefined
    }
  }
}

/** The time of day, redrawn every 20 seconds. */
export const useNow = (): Date =>
  useSyncExternalStore(subscribe, () => {
    // A page opened after a quiet hour must not show the old time until the next tick; nor may two reads in a row differ.
    if (timer === undefined && Date.now() - now.getTime() > TICK_MS) now = new Date()
    return now
  })
