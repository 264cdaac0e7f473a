import type { Kysely } from 'kysely'
import { type ClaimedRun, claimRuns } from '../store/run/claims.ts'
import type { Database, Lane } from '../store/database/schema.ts'

export type Taken = {
  /** Undefined: nothing may be taken now. */
  readonly run: ClaimedRun | undefined
  /** Another one could be taken at once. */
  readonly more: boolean
  /** When the claim was sent, by performance.now(). */
  readonly asked: number
}

type Parts = { readonly system: Kysely<Database>; readonly name: string; readonly leaseSeconds: number }

/** Claims for the free slots of one process: those that ask for a lane while a claim of it is under way share the next. */
export function takeTogether(parts: Parts): (workspace: string, lane: Lane) => Promise<Taken> {
  const lines = new Map<string, PromiseWithResolvers<Taken>[]>()

  async function claim(workspace: string, lane: Lane, slots: readonly PromiseWithResolvers<Taken>[]): Promise<void> {
    const asked = performance.now()
    try {
      const ask = { workspace, lane, worker: parts.name, leaseSeconds: parts.leaseSeconds }
      const { runs, more } = await claimRuns(parts.system, ask, slots.length)
      for (const [index, slot] of slots.entries()) slot.resolve({ run: runs[index], more, asked })
    } catch (error) {
      for (const slot of slots) slot.reject(error)
    }
  }

  async function serve(workspace: string, lane: Lane, line: PromiseWithResolvers<Taken>[]): Promise<void> {
    while (line.length > 0) await claim(workspace, lane, line.splice(0))
    lines.delete(`${workspace} ${lane}`)
  }

  return (workspace, lane) => {
    const slot = Promise.withResolvers<Taken>()
    const key = `${workspace} ${lane}`
    const line = lines.get(key)
    if (line) line.push(slot)
    else {
      const first = [slot]
      lines.set(key, first)
      void serve(workspace, lane, first)
    }
    return slot.promise
  }
}
