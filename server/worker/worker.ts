import { setTimeout as sleep } from 'node:timers/promises'
import { type CarryParts, carryOut, Stopping } from './carry-out.ts'
import { doTurn, HOUSEKEEPING_JOB, type HousekeepingTask, planTurns } from './housekeeping.ts'
import type { Catalog } from '../flow/catalog/catalog.ts'
import { startJobs } from './jobs.ts'
import { createPlans } from './plans.ts'
import { createRestWhileFull } from './rest-while-full.ts'
import { takeTogether } from './take-together.ts'
import { releaseRun } from '../store/run/claims.ts'
import type { Pool } from '../store/database/database.ts'
import type { Lane } from '../store/database/schema.ts'
import { queueForgottenEvents } from '../store/run/hook-runs.ts'
import { noticeJump } from '../store/database/clock-jumps.ts'
import { queueWaited } from '../store/run/waited-runs.ts'
import { anythingLeft, nextLeaseEnd, wakeForgotten } from '../store/run/unwoken.ts'
import { wakeLane } from '../store/database/wake.ts'

export type { WorkerLog } from './carry-out.ts'

export type WorkerParts = Omit<CarryParts, 'plans' | 'restWhileFull'> & {
  readonly catalog: Catalog
  /** Logged in as tieline_system, for Graphile Worker: one of its connections listens all the time. */
  readonly jobs: Pool
  /** Tells this worker from all others, for as long as it lives. */
  readonly name: string
  /** Runs carried out at the same time, and half as many more of workspaces that have none at work here. */
  readonly concurrency: number
  /** Done in turns, by whichever worker. Default: nothing. */
  readonly housekeeping?: readonly HousekeepingTask[]
}

export type Worker = {
  /** Looks for forgotten work now instead of at the next beat. */
  wake(): void
  /** Runs at work. */
  running(): number
  /** Takes no more, and waits until the runs in hand have been given back, 20 seconds at most. */
  stop(): Promise<void>
}

/** How often a worker looks for lanes that nobody woke, in milliseconds. When a lease ends in between, it looks then too. */
const BEAT_MS = 500

/** How often it looks, at a beat, at the database's clock and for records that have waited until they were due, in milliseconds. A little less than two beats. */
const CLOCK_MS = 900

/** How long a stop waits for the runs in hand, in milliseconds. */
const PATIENCE_MS = 20_000

/** How often it sees to it that the next turns of housekeeping are planned, in milliseconds. */
const PLAN_MS = 15_000

/** How long a lane keeps a slot before it goes behind the others that wait, in milliseconds: short runs share a job. */
const SLICE_MS = 250

export function startWorker(parts: WorkerParts): Worker {
  const carryParts: CarryParts = { ...parts, plans: createPlans(parts.catalog), restWhileFull: createRestWhileFull() }
  // Not by run: a worker that was too slow to renew a lease may claim the same run again while the old claim ends.
  const running = new Set<{ readonly lane: Lane; readonly abort: AbortController }>()
  const housekeeping = parts.housekeeping ?? []
  // A workspace whose other systems are silent may hold all slots for minutes: there is room beside them for others.
  const guests = Math.ceil(parts.concurrency / 2)
  let stopping = false
  let draining = 0
  const drainingOf = new Map<string, number>()
  const take = takeTogether(parts)

  /** A job: carries out runs of one lane, one after the other. */
  async function drain({ workspace, lane }: { readonly workspace: string; readonly lane: Lane }): Promise<void> {
    const until = performance.now() + SLICE_MS
    let mine = hasSlot(workspace) // else it came into one that is not for it at the same moment as another
    let more = true
    let called = false
    while (mine && !stopping) {
      const taken = await take(workspace, lane)
      if (!taken.run) return
      if (stopping) return releaseRun(parts.system, taken.run)
      more = taken.more
      // From here on a stop gives it back.
      const one = { lane, abort: new AbortController() }
      running.add(one)
      // Before the run, which may be long: another slot, here or elsewhere, takes the next one, and calls others in turn.
      if (more && !called) {
        called = true
        await wakeLane(parts.system, workspace, lane)
      }
      await carryOut(carryParts, taken.run, taken.asked, one.abort)
      running.delete(one)
      if (!stopping && !more && !(await anythingLeft(parts.system, workspace))) return
      mine = performance.now() < until
    }
    await wakeLane(parts.system, workspace, lane)
  }

  function count(workspace: string, by: 1 | -1): void {
    draining += by
    const left = (drainingOf.get(workspace) ?? 0) + by
    if (left > 0) drainingOf.set(workspace, left)
    else drainingOf.delete(workspace)
  }

  /** With its own job counted. */
  function hasSlot(workspace: string): boolean {
    if (draining <= parts.concurrency) return true
    return draining <= parts.concurrency + guests && drainingOf.get(workspace) === 1
  }

  /** One slot is for housekeeping alone. Of the others, one at least stays free for what people wait for. */
  const leave = () => {
    if (draining >= parts.concurrency + guests) return ['live', 'bulk']
    const bulk = [...running].filter(({ lane }) => lane === 'bulk').length
    return [
      ...(parts.concurrency > 1 && bulk >= parts.concurrency - 1 ? ['bulk'] : []),
      ...(draining >= parts.concurrency ? drainingOf.keys() : []),
    ]
  }

  const jobs = startJobs({
    pool: parts.jobs,
    slots: parts.concurrency + guests + 1,
    leave,
    log: parts.log,
    tasks: {
      lane: (payload) => {
        // Written by tieline_wake.
        const job = payload as { workspace: string; lane: Lane }
        count(job.workspace, 1)
        return drain(job)
          .catch((error: unknown) => parts.log.error({ err: error }, 'could not look for work'))
          .finally(() => count(job.workspace, -1))
      },
      // Written by planTurns.
      [HOUSEKEEPING_JOB]: (payload) =>
        doTurn(parts.system, housekeeping, (payload as { name: string }).name, parts.log),
    },
  })

  let clockAt = -Infinity
  async function lookAtClock(): Promise<void> {
    if (performance.now() - clockAt < CLOCK_MS) return
    clockAt = performance.now()
    await noticeJump(parts.system, parts.leaseSeconds)
    await queueWaited(parts.system)
  }

  let looking: Promise<void> | undefined
  let again = false
  let leaseEnds: NodeJS.Timeout | undefined
  async function look(): Promise<void> {
    do {
      again = false
      await queueForgottenEvents(parts.system)
        .then(lookAtClock)
        .then(() => wakeForgotten(parts.system))
        .then(() => nextLeaseEnd(parts.system, BEAT_MS))
        .then(wakeIn)
        .catch((error: unknown) => parts.log.error({ err: error }, 'could not look for forgotten work'))
    } while (again)
  }
  /** A dead worker's run is taken the moment its lease ends, not at the next beat. */
  function wakeIn(ms: number | undefined): void {
    if (ms === undefined || stopping) return
    clearTimeout(leaseEnds)
    leaseEnds = setTimeout(wake, Math.ceil(ms) + 1)
  }
  function wake(): void {
    again = true
    looking ??= look().finally(() => {
      looking = undefined
    })
  }
  const plan = () =>
    planTurns(parts.system, housekeeping).catch((error: unknown) =>
      parts.log.error({ err: error }, 'could not plan the housekeeping'),
    )
  const beat = setInterval(wake, BEAT_MS)
  const planning = setInterval(plan, PLAN_MS)
  wake()
  void plan()

  let stopped: Promise<void> | undefined
  async function stop(): Promise<void> {
    stopping = true
    clearInterval(beat)
    clearInterval(planning)
    await looking
    clearTimeout(leaseEnds)
    for (const { abort } of running) abort.abort(new Stopping('The worker is stopping.'))
    // Runs that hear out a call which may not be repeated take longest; what is not given back by then, the lease frees.
    await Promise.race([jobs.stop(), sleep(PATIENCE_MS, undefined, { ref: false })])
  }

  return {
    wake,
    running: () => running.size,
    stop: () => {
      stopped ??= stop()
      return stopped
    },
  }
}
