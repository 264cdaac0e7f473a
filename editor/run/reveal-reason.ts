import { useSyncExternalStore } from 'react'

/** For as long as this page is open: one reason, given once, stands in every entry of the audit log. */
let given: string | undefined
const watchers = new Set<() => void>()

const watch = (told: () => void): (() => void) => {
  watchers.add(told)
  return () => watchers.delete(told)
}

/** Why the values of records are shown; undefined hides them, in every part of the page. */
export function setReason(reason: string | undefined): void {
  given = reason
  for (const told of watchers) told()
}

export const useReason = (): string | undefined => useSyncExternalStore(watch, () => given)
