import type { Flow } from '../../server/flow/document/flow.ts'

/** Work that the server does not have yet, and what it builds on. */
export type Kept = { readonly document: Flow; readonly base: Flow; readonly revision: number; readonly at: number }

export type Keep = {
  /** False when the browser has no room or allows no storage. */
  put(kept: Kept): boolean
  drop(): void
  /** What an earlier page of this flow has left behind and nobody has taken up. */
  left(): Kept | undefined
}

type Store = Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>

type Place = { readonly person: string; readonly flow: string; readonly tab: string }

/** An entry that has not been written for so long belongs to a tab that is gone. */
const DEAD_MS = 15_000

/**
 * Keeps unsent work in the browser's storage, one entry for each tab: two tabs of one flow do not overwrite each other.
 * A reloaded tab finds its own entry, a new tab those of tabs that have died. Each person finds their own only: what one
 * typed is neither shown to the next at the same browser nor sent in their name.
 */
export function keepIn(storage: () => Store, { person, flow, tab }: Place, now: () => number = Date.now): Keep {
  const prefix = `tieline.unsent.${person}.${flow}.`
  const own = `${prefix}${tab}`
  const read = (key: string): Kept | undefined => {
    try {
      const kept: unknown = JSON.parse(storage().getItem(key) ?? 'null')
      return isKept(kept) ? kept : undefined
    } catch {
      return undefined
    }
  }
  return {
    put: (kept) => {
      try {
        storage().setItem(own, JSON.stringify(kept))
        return true
      } catch {
        return false
      }
    },
    drop: () => {
      try {
        storage().removeItem(own)
      } catch {
        // Storage that cannot be written holds nothing either.
      }
    },
    left: () => {
      const mine = read(own)
      if (mine) return mine
      try {
        const keys = Array.from({ length: storage().length }, (_, place) => storage().key(place) ?? '')
        for (const key of keys.filter((one) => one.startsWith(prefix))) {
          const kept = read(key)
          if (kept === undefined || now() - kept.at < DEAD_MS) continue
          storage().setItem(own, JSON.stringify({ ...kept, at: now() }))
          storage().removeItem(key)
          return kept
        }
      } catch {
        // As above.
      }
      return undefined
    },
  }
}

function isKept(value: unknown): value is Kept {
  return typeof value === 'object' && value !== null && 'document' in value && 'base' in value && 'at' in value
}
