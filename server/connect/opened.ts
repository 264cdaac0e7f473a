import type { OpenConnection } from './connections.ts'

/** How long a connection that nobody opens again stays, in milliseconds: its secrets leave memory then. */
const KEEP_MS = 60_000

type Held = { readonly revision: string; readonly open: OpenConnection; usedAt: number }

/**
 * Connections that runs of this process have opened, so that short runs that follow one another need not read and
 * unseal them each time. A change of the row is another revision, and ends what is held.
 */
export function createOpened() {
  const held = new Map<string, Held>()
  let sweep: NodeJS.Timeout | undefined

  function leaveLater(): void {
    sweep ??= setTimeout(() => {
      sweep = undefined
      const since = performance.now() - KEEP_MS
      for (const [key, { usedAt }] of held) if (usedAt < since) held.delete(key)
      if (held.size > 0) leaveLater()
    }, KEEP_MS).unref()
  }

  return {
    get(workspace: string, id: string, revision: string): OpenConnection | undefined {
      const one = held.get(`${workspace}/${id}`)
      if (one?.revision !== revision) return undefined
      one.usedAt = performance.now()
      return one.open
    },
    keep(workspace: string, id: string, revision: string, open: OpenConnection): void {
      held.set(`${workspace}/${id}`, { revision, open, usedAt: performance.now() })
      leaveLater()
    },
    clear(): void {
      clearTimeout(sweep)
      held.clear()
    },
  }
}
