import { StepError } from '../../connectors/kit/errors.ts'
import type { Job, WireResult } from './wire.ts'
import { Worker } from './worker.ts'

/**
 * While a workspace has work, a child stays with it for at least this long, in milliseconds: changing costs a process.
 * Nobody else waits longer for it than that.
 */
const TURN_MS = 1000

/** For so long a job may hold a child while others wait for one, in milliseconds. Then it goes on in parts, in its turn. */
const HOLD_MS = 3000

type Waiting = {
  /** Undefined: any child will do (parsing evaluates nothing). */
  readonly workspace: string | undefined
  readonly start: (worker: Worker) => void
  readonly cancel: (error: Error) => void
}

export type Queue = {
  /**
   * Does one job on one child of the workspace (undefined: on any), from waiting to result. `prepare` gets the keys of
   * the programs that the child has, and adds to them. Rejects with ChildDied, a StepError, or the reason of an abort.
   * `divisible`: it may be ended (cause `turn`) for others, and comes again in parts.
   */
  perform(
    workspace: string | undefined,
    prepare: (programs: Set<string>) => Job,
    records: Buffer,
    signal?: AbortSignal,
    divisible?: boolean,
  ): Promise<WireResult>
  /** Tells that a process had to be ended, so that one stands by from now on. */
  expectReplacing(): void
  readonly closed: boolean
  stats(): {
    children: { pid: number | undefined; workspace: string | undefined; busy: boolean; served: number }[]
    waiting: number
    started: number
  }
  close(): Promise<void>
}

export type QueueOptions = {
  readonly children: number
  readonly heapMb: number
  readonly recycleAfter: number
  readonly holdMs?: number
}

/** Which child does which job. A child is given one workspace in its life. */
export const createQueue = ({ children, heapMb, recycleAfter, holdMs = HOLD_MS }: QueueOptions): Queue => {
  const workers = new Set<Worker>()
  let spare: Worker | undefined
  const waiting: Waiting[] = []
  let closed = false
  let started = 0

  const start = (): Worker => {
    const worker = new Worker({ heapMb })
    started++
    worker.exited.then(() => {
      workers.delete(worker)
      if (spare === worker) spare = undefined
      if (!closed) dispatch()
    })
    return worker
  }

  /** Keeps a process warm once one had to be replaced: a single workspace that behaves never pays for it. */
  let replacing = false
  const standBy = (): void => {
    if (!closed && replacing && !spare) spare = start()
  }

  /** An unpinned process: the one standing by, or a new one. */
  const fresh = (): Worker => {
    const worker = spare && !spare.dead ? spare : start()
    if (worker === spare) spare = undefined
    workers.add(worker)
    setImmediate(standBy)
    return worker
  }

  const retire = (worker: Worker): void => {
    replacing = true
    workers.delete(worker)
    worker.kill('aborted')
  }

  /** One that has served long enough: the next one starts in its place, so there are never more of them than children. */
  const renew = (worker: Worker): void => {
    workers.delete(worker)
    worker.kill('aborted')
    if (!closed) spare ??= start()
  }

  const idle = (): Worker[] => [...workers].filter((worker) => !worker.busy && !taken.has(worker) && !worker.dead)
  const taken = new Set<Worker>()

  /** A child for this job, if one may be used now. */
  const childFor = (job: Waiting): Worker | undefined => {
    const free = idle()
    const own = free.find(({ workspace }) => job.workspace === undefined || workspace === job.workspace)
    if (own) return own
    const unpinned = free.find(({ workspace }) => workspace === undefined)
    if (unpinned) return unpinned
    if (workers.size < children) return fresh()
    const now = performance.now()
    const other = free.find(
      (worker) => now - worker.pinnedAt > TURN_MS || !waiting.some(({ workspace }) => workspace === worker.workspace),
    )
    if (!other) return undefined
    retire(other)
    return fresh()
  }

  /** Who has the fewest children at work comes first, then who came first: many jobs of one keep nobody else's waiting. */
  const inTurn = (): readonly Waiting[] => {
    if (waiting.length < 2) return [...waiting]
    const atWork = (job: Waiting) =>
      [...workers].filter((one) => taken.has(one) && one.workspace === job.workspace).length
    return waiting
      .map((job) => ({ job, many: atWork(job) }))
      .sort((a, b) => a.many - b.many)
      .map(({ job }) => job)
  }

  const dispatch = (): void => {
    for (const job of inTurn()) {
      const worker = childFor(job)
      if (!worker) continue
      waiting.splice(waiting.indexOf(job), 1)
      if (worker.workspace === undefined && job.workspace !== undefined) {
        worker.workspace = job.workspace
        worker.pinnedAt = performance.now()
      }
      taken.add(worker)
      job.start(worker)
    }
  }

  /**
   * Ends the job of a child once it has held it for its time and somebody else waits; of one that only parses nobody
   * knows whose it is. Answers how to stop watching.
   */
  const giveWay = (worker: Worker, workspace: string | undefined): (() => void) => {
    const isOther = (job: Waiting) => workspace === undefined || job.workspace !== workspace
    let timer: NodeJS.Timeout
    const look = (ms: number): void => {
      timer = setTimeout(() => {
        if (waiting.some(isOther)) worker.kill('turn')
        else look(holdMs / 10)
      }, ms)
    }
    look(holdMs)
    return () => clearTimeout(timer)
  }

  const perform: Queue['perform'] = (workspace, prepare, records, signal, divisible = false) =>
    new Promise<WireResult>((resolve, reject) => {
      if (closed) {
        reject(new StepError('EVALUATOR_LOST', 'The evaluator is closed.'))
        return
      }
      let worker: Worker | undefined
      const job: Waiting = {
        workspace,
        cancel: (error) => {
          signal?.removeEventListener('abort', abort)
          reject(error)
        },
        start: (chosen) => {
          worker = chosen
          let stopWatching: () => void = () => undefined
          // Its time begins with its work, not with the start of a process for it.
          if (divisible)
            chosen.ready.then(
              () => (stopWatching = giveWay(chosen, workspace)),
              () => undefined,
            )
          workOn(chosen)
            .then(resolve, reject)
            .finally(() => {
              stopWatching()
              signal?.removeEventListener('abort', abort)
              taken.delete(chosen)
              if (chosen.served >= recycleAfter) renew(chosen)
              if (!closed) dispatch()
            })
        },
      }
      const workOn = async (chosen: Worker): Promise<WireResult> => {
        await chosen.ready.catch((error: unknown) => {
          throw new StepError('EVALUATOR_LOST', 'No process for expressions could be started.', { cause: error })
        })
        if (signal?.aborted) throw signal.reason
        while (true) {
          const bytes = await chosen.perform(prepare(chosen.programs), records)
          // The child is ours and writes nothing but WireResult; JSON.parse fails on anything half.
          const result = JSON.parse(bytes.toString('utf8')) as WireResult
          chosen.served += result.kind === 'run' ? result.steps.reduce((sum, step) => sum + step.in, 0) : 1
          if (result.kind !== 'forgotten') return result
          chosen.programs.clear()
        }
      }
      const abort = (): void => {
        const index = waiting.indexOf(job)
        if (index !== -1) waiting.splice(index, 1)
        if (worker?.busy) worker.kill('aborted')
        reject(signal?.reason)
      }
      if (signal?.aborted) {
        reject(signal.reason)
        return
      }
      signal?.addEventListener('abort', abort, { once: true })
      waiting.push(job)
      dispatch()
    })

  const all = (): Worker[] => [...workers, ...(spare ? [spare] : [])]

  return {
    perform,
    expectReplacing: () => {
      replacing = true
    },
    get closed() {
      return closed
    },
    stats: () => ({
      children: all().map(({ pid, workspace, busy, served }) => ({ pid, workspace, busy, served })),
      waiting: waiting.length,
      started,
    }),
    close: async () => {
      closed = true
      for (const job of waiting.splice(0)) job.cancel(new StepError('EVALUATOR_LOST', 'The evaluator was closed.'))
      const ending = all()
      for (const worker of ending) worker.kill('aborted')
      await Promise.all(ending.map(({ exited }) => exited))
    },
  }
}
