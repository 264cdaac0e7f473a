import { type CarryParts, carryOut, Stopping } from './carry-out.ts'
import { startJobs } from './jobs.ts'
import { claimRun, releaseRun } from './store/claims.ts'
import type { Pool } from './store/database.ts'
import type { Lane } from './store/schema.ts'
import { wakeForgotten } from './store/unwoken.ts'
import { wakeLane } from './store/wake.ts'

export type { WorkerLog } from './carry-out.ts'

export type WorkerParts = CarryParts & {
  /** Logged in as tieline_system, for Graphile Worker: one of its connections listens all the time. */
  readonly jobs: Pool
  /** Tells this worker from all others, for as long as it lives. */
  readonly name: string
  /** Runs carried out at the same time. */
  readonly concurrency: number
}

export type Worker = {
  /** Looks for forgotten work now instead of at the next beat. */
  wake(): void
  /** Runs at work. */
  running(): number
  /** Takes no more, and waits until the runs in hand have been given back. */
  stop(): Promise<void>
}

/** How often a worker looks for lanes that nobody woke, in milliseconds. */
const BEAT_MS = 1_000

/** How long a lane keeps a slot before it goes behind the others that wait, in milliseconds: short runs share a job. */
const SLICE_MS = 250

export function startWorker(parts: WorkerParts): Worker {
  // Not by run: a worker that was too slow to renew a lease may claim the same run again while the old claim ends.
  const running = new Set<{ readonly lane: Lane; readonly abort: AbortController }>()
  let stopping = false

  /** A job: carries out runs of one lane, one after the other. */
  async function drain({ workspace, lane }: { readonly workspace: string; readonly lane: Lane }): Promise<void> {
    const until = performance.now() + SLICE_MS
    while (!stopping) {
      const asked = performance.now()
      const { run, more } = await claimRun(parts.system, {
        workspace,
        lane,
        worker: parts.name,
        leaseSeconds: parts.leaseSeconds,
      })
      if (!run) return
      if (stopping) return releaseRun(parts.system, run)
      // Before the run, which may be long: another slot, here or elsewhere, takes the next one.
      if (more) await wakeLane(parts.system, workspace, lane)
      const one = { lane, abort: new AbortController() }
      running.add(one)
      await carryOut(parts, run, asked, one.abort)
      running.delete(one)
      if (performance.now() > until) break
    }
    await wakeLane(parts.system, workspace, lane)
  }

  /** One slot at least stays free for what people wait for. */
  const leave = () => {
    const bulk = [...running].filter(({ lane }) => lane === 'bulk').length
    return parts.concurrency > 1 && bulk >= parts.concurrency - 1 ? ['bulk'] : []
  }

  const jobs = startJobs({
    pool: parts.jobs,
    slots: parts.concurrency,
    leave,
    log: parts.log,
    tasks: {
      lane: (payload) =>
        // Written by tieline_wake.
        drain(payload as { workspace: string; lane: Lane }).catch((error: unknown) =>
          parts.log.error({ err: error }, 'could not look for work'),
        ),
    },
  })

  let looking: Promise<void> | undefined
  let again = false
  async function look(): Promise<void> {
    do {
      again = false
      await wakeForgotten(parts.system).catch((error: unknown) =>
        parts.log.error({ err: error }, 'could not look for forgotten work'),
      )
    } while (again)
  }
  function wake(): void {
    again = true
    looking ??= look().finally(() => {
      looking = undefined
    })
  }
  const beat = setInterval(wake, BEAT_MS)
  wake()

  return {
    wake,
    running: () => running.size,
    stop: async () => {
      stopping = true
      clearInterval(beat)
      await looking
      for (const { abort } of running) abort.abort(new Stopping('The worker is stopping.'))
      await jobs.stop()
    },
  }
}
