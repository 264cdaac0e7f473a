import { useEffect, useState, useSyncExternalStore } from 'react'

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

/** The time of day by the second, for the few places that count down; stands still once `until` has passed. */
export function useSeconds(until: number): Date {
  const [moment, setMoment] = useState(() => new Date())
  const over = moment.getTime() >= until
  useEffect(() => {
    if (over) return
    const timer = setInterval(() => setMoment(new Date()), 1_000)
    return () => clearInterval(timer)
  }, [over])
  return moment
}
