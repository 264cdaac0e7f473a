import { createHash } from 'node:crypto'
import type { DataRecord } from '../../connectors/kit/connector.ts'
import { StepError } from '../../connectors/kit/errors.ts'
import { type Sent, outgoing } from './outgoing.ts'
import type { Evaluated, Parsed, Preview, Program, Stream } from './program.ts'
import type { Job, WireResult, WireStream } from './wire.ts'
import { ChildDied, type Death, Worker } from './worker.ts'

export type EvaluatorOptions = {
  /** Processes at work at the same time; one more stands by once one had to be replaced. */
  readonly children?: number
  /** Heap of each, in MB. */
  readonly heapMb?: number
  /** For one record at one step, in milliseconds. */
  readonly recordDeadlineMs?: number
  /** Of what one record gives at one step, in bytes. */
  readonly maxOutputBytes?: number
  /** A child is replaced after so many records. */
  readonly recycleAfter?: number
  /** Told when a child had to be ended, in words without any data. */
  readonly log?: (message: string) => void
}

export type RunInput = {
  readonly workspace: string
  readonly program: Program
  /** Milliseconds since 1970, UTC: what `$now` and `$millis` say. */
  readonly now: number
  /** Makes `$random` and `$shuffle`: the same seed and records give the same answers. Name run and batch in it. */
  readonly seed: string
  /** Also answer what left by ports without an exit. */
  readonly capture?: boolean
  readonly signal?: AbortSignal
} & ( // Text saves writing it again. With both, records that pass unchanged come back as the very same objects.
  | { readonly records: readonly DataRecord[]; readonly recordsText?: string | Buffer }
  | { readonly records?: undefined; readonly recordsText: string | Buffer }
)

export type PreviewInput = {
  readonly workspace: string
  readonly expression: string
  readonly record: DataRecord
  readonly now: number
  readonly seed: string
  readonly signal?: AbortSignal
}

export type Evaluator = {
  /**
   * Sends records through a program. Rejects with a StepError: CONFIG_INVALID when an expression does not parse,
   * EVALUATOR_LOST when processes keep dying for reasons that are not the records'. What a record does wrong is never
   * an error but a rejection.
   */
  run(input: RunInput): Promise<Evaluated>
  parse(texts: readonly string[]): Promise<Parsed[]>
  preview(input: PreviewInput): Promise<Preview>
  stats(): EvaluatorStats
  /** Ends all processes; what is still running rejects. */
  close(): Promise<void>
}

export type EvaluatorStats = {
  readonly children: readonly {
    pid: number | undefined
    workspace: string | undefined
    busy: boolean
    served: number
  }[]
  readonly waiting: number
  readonly started: number
  /** Children ended because an evaluation took too much time or memory. */
  readonly killed: number
}

/** Deaths without a culprit before a run gives up. */
const MAX_LOST = 3
/**
 * While a workspace has work, a child stays with it for at least this long, in milliseconds: changing costs a process.
 * Nobody else waits longer for it than that.
 */
const TURN_MS = 1000

type Waiting = {
  /** Undefined: any child will do (parsing evaluates nothing). */
  readonly workspace: string | undefined
  readonly start: (worker: Worker) => void
  readonly cancel: (error: Error) => void
}

export const createEvaluator = (options: EvaluatorOptions = {}): Evaluator => {
  const children = options.children ?? 2
  const heapMb = options.heapMb ?? 96
  const deadlineMs = options.recordDeadlineMs ?? 1000
  const maxOutputBytes = options.maxOutputBytes ?? 1_000_000
  const recycleAfter = options.recycleAfter ?? 250_000
  const log = options.log ?? (() => undefined)

  const workers = new Set<Worker>()
  let spare: Worker | undefined
  const waiting: Waiting[] = []
  let closed = false
  let started = 0
  let killed = 0

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

  const dispatch = (): void => {
    for (let index = 0; index < waiting.length; ) {
      const job = waiting[index]!
      const worker = childFor(job)
      if (!worker) {
        index++
        continue
      }
      waiting.splice(index, 1)
      if (worker.workspace === undefined && job.workspace !== undefined) {
        worker.workspace = job.workspace
        worker.pinnedAt = performance.now()
      }
      taken.add(worker)
      job.start(worker)
    }
  }

  /** Does one job on one child, from queue to result. Rejects with ChildDied, or the reason of an abort. */
  const once = (
    workspace: string | undefined,
    prepare: (worker: Worker) => Job,
    records: Buffer,
    signal?: AbortSignal,
  ) =>
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
          perform(chosen)
            .then(resolve, reject)
            .finally(() => {
              signal?.removeEventListener('abort', abort)
              taken.delete(chosen)
              if (chosen.served >= recycleAfter) retire(chosen)
              if (!closed) dispatch()
            })
        },
      }
      const perform = async (chosen: Worker): Promise<WireResult> => {
        await chosen.ready.catch((error: unknown) => {
          throw new StepError('EVALUATOR_LOST', 'No process for expressions could be started.', { cause: error })
        })
        if (signal?.aborted) throw signal.reason
        const bytes = await chosen.perform(prepare(chosen), records)
        // The child is ours and writes nothing but WireResult; JSON.parse fails on anything half.
        return JSON.parse(bytes.toString('utf8')) as WireResult
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

  const baseJob = (now: number, seed: string) => ({
    now,
    seed,
    capture: false,
    deadlineMs,
    maxOutputBytes,
    careful: false,
    skip: [],
    refused: [],
  })

  /**
   * Repeats a job until it comes through. A death sends it round again with every evaluation announced; a second death
   * at an announced evaluation convicts that one, and it is skipped from then on.
   */
  const persist = async (
    workspace: string | undefined,
    make: (worker: Worker, changes: Pick<Job, 'careful' | 'skip'>) => Job,
    records: Buffer,
    signal?: AbortSignal,
  ): Promise<WireResult> => {
    let careful = false
    let lost = 0
    const skip: Job['skip'][number][] = []
    while (true) {
      try {
        return await once(workspace, (worker) => make(worker, { careful, skip }), records, signal)
      } catch (error) {
        if (!(error instanceof ChildDied)) throw error
        signal?.throwIfAborted()
        const { cause, spot }: Death = error.death
        if (closed) throw new StepError('EVALUATOR_LOST', 'The evaluator was closed while expressions were evaluated.')
        if (cause === 'deadline' || cause === 'memory') killed++
        replacing = true
        log(`A process for expressions ended (${cause}); its work is done again.`)
        if (careful && spot && (cause === 'deadline' || cause === 'memory')) {
          const code = cause === 'deadline' ? 'EXPRESSION_TIMEOUT' : 'EXPRESSION_MEMORY'
          skip.push({ spot, code })
        } else if (cause === 'lost' || careful) {
          lost++
          if (lost >= MAX_LOST) {
            throw new StepError(
              'EVALUATOR_LOST',
              `The process for expressions died ${lost} times and nothing in the records explains it.`,
            )
          }
        }
        careful = true
      }
    }
  }

  const run = async (input: RunInput): Promise<Evaluated> => {
    const { hash, program } = keyOf(input.program)
    const sent = outgoing(input)
    const result = await persist(
      input.workspace,
      (worker, changes) => {
        const known = worker.programs.has(hash)
        worker.programs.add(hash)
        worker.served += sent.count
        return {
          ...baseJob(input.now, input.seed),
          kind: 'run',
          hash,
          ...(known ? {} : { program }),
          capture: input.capture ?? false,
          refused: sent.refused,
          ...changes,
        }
      },
      sent.text,
      input.signal,
    )
    if (result.kind === 'refused') throw new StepError('CONFIG_INVALID', result.message)
    if (result.kind !== 'run')
      throw new StepError('EVALUATOR_LOST', 'The process for expressions answered something else.')
    return received(result, sent)
  }

  const parseAll = async (texts: readonly string[]): Promise<Parsed[]> => {
    const result = await persist(
      undefined,
      (_, changes) => ({ ...baseJob(0, ''), kind: 'parse', texts, ...changes }),
      Buffer.alloc(0),
    )
    if (result.kind !== 'parse')
      throw new StepError('EVALUATOR_LOST', 'The process for expressions answered something else.')
    return result.parsed
  }

  const preview = async (input: PreviewInput): Promise<Preview> => {
    const sent = outgoing({ records: [input.record] })
    const result = await persist(
      input.workspace,
      (worker, changes) => {
        worker.served++
        return {
          ...baseJob(input.now, input.seed),
          kind: 'preview',
          expression: input.expression,
          refused: sent.refused,
          ...changes,
        }
      },
      sent.text,
      input.signal,
    )
    if (result.kind !== 'preview')
      throw new StepError('EVALUATOR_LOST', 'The process for expressions answered something else.')
    return result.preview
  }

  return {
    run,
    parse: parseAll,
    preview,
    stats: () => ({
      children: [...workers, ...(spare ? [spare] : [])].map(({ pid, workspace, busy, served }) => ({
        pid,
        workspace,
        busy,
        served,
      })),
      waiting: waiting.length,
      started,
      killed,
    }),
    close: async () => {
      closed = true
      for (const job of waiting.splice(0)) job.cancel(new StepError('EVALUATOR_LOST', 'The evaluator was closed.'))
      const all = [...workers, ...(spare ? [spare] : [])]
      for (const worker of all) worker.kill('aborted')
      await Promise.all(all.map(({ exited }) => exited))
    },
  }
}

const keys = new WeakMap<Program, string>()

/** Names a program by its content, so that a child gets each once. */
const keyOf = (program: Program): { hash: string; program: Program } => {
  let hash = keys.get(program)
  if (!hash) {
    hash = createHash('sha256').update(JSON.stringify(program)).digest('base64')
    keys.set(program, hash)
  }
  return { hash, program }
}

/** Puts the run's own records back where the child only named them. */
const received = (result: Extract<WireResult, { kind: 'run' }>, sent: Sent): Evaluated => {
  // Objects from the child are records: it makes nothing else.
  const record = (each: number | object) => (typeof each === 'number' ? sent.record(each) : (each as DataRecord))
  const stream = ({ records, origins }: WireStream): Stream => {
    for (const [index, each] of records.entries()) if (typeof each === 'number') records[index] = record(each)
    return { records: records as DataRecord[], origins } // no index is left in it
  }
  return {
    exits: result.exits.map(stream),
    steps: result.steps.map(({ output, rejections, ...step }) => ({
      ...step,
      rejections: rejections.map((each) => ({ ...each, record: record(each.record) })),
      ...(output
        ? { output: Object.fromEntries(Object.entries(output).map(([port, each]) => [port, stream(each)])) }
        : {}),
    })),
  }
}
