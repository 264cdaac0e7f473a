import type { Kysely } from 'kysely'
import { markRuns, type RunMark } from '../../store/run/run-marks.ts'
import type { Database } from '../../store/database/schema.ts'
import { whoStays } from '../../store/people/seats.ts'
import { lacking, type Who } from '../http/access.ts'
import { isAllowed } from '../http/permissions.ts'
import { IDLE_MINUTES } from '../http/sessions.ts'

/** Somebody who looks at a run. */
export type Watcher = {
  readonly who: Who
  readonly workspace: string
  readonly run: string
  /** The mark of what was told last. */
  seen: string | undefined
  /** The run stands otherwise than at the last mark. */
  tell(found: RunMark): void
  /** There is nothing more to tell: the run is gone, or whoever looks may not look any more. */
  leave(why: 'gone' | 'shut'): void
}

export type RunWatch = {
  /** Answers how to stop. */
  watch(watcher: Watcher): () => void
  readonly size: number
  stop(): void
}

/**
 * Looks at all watched runs of this process together: two short statements a second while anybody watches, none else. A
 * notification from the transaction that settles a batch would be there sooner, but takes the one lock that PostgreSQL
 * has for notifications at each commit (see store/database/wake.ts), whether anybody watches or not.
 */
export function watchRuns(system: Kysely<Database>, everyMs: number, failed: (error: unknown) => void): RunWatch {
  const watchers = new Set<Watcher>()
  let timer: NodeJS.Timeout | undefined

  async function look(): Promise<void> {
    const all = [...watchers]
    const [stay, found] = await Promise.all([
      whoStays(system, all.map(seatOf), IDLE_MINUTES),
      markRuns(system, [...new Map(all.map((one) => [one.run, one])).values()]),
    ])
    for (const [place, watcher] of all.entries()) {
      if (!watchers.has(watcher)) continue // went meanwhile
      const seat = stay[place]
      const run = found.get(watcher.run)
      if (!seat || lacking(seat.rule, watcher.who) || !isAllowed(seat.role, 'runs.read')) watcher.leave('shut')
      else if (!run) watcher.leave('gone')
      else if (run.mark !== watcher.seen) {
        watcher.seen = run.mark
        watcher.tell(run)
      }
    }
  }

  function plan(after: number): void {
    // Not while nobody watches; and the next look only when the last one has ended.
    if (watchers.size === 0) timer = undefined
    else {
      timer = setTimeout(() => {
        void look()
          .catch(failed)
          .finally(() => plan(everyMs))
      }, after)
      timer.unref()
    }
  }

  return {
    watch(watcher) {
      watchers.add(watcher)
      if (timer === undefined) plan(0)
      return () => void watchers.delete(watcher)
    },
    get size() {
      return watchers.size
    },
    stop() {
      watchers.clear()
      clearTimeout(timer)
      timer = undefined
    },
  }
}

const seatOf = ({ who, workspace }: Watcher) => ({
  user: who.person.id,
  workspace,
  session: who.via === 'session' ? who.session : null,
  token: who.via === 'token' ? who.id : null,
})
