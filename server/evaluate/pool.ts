import { createHash } from 'node:crypto'
import type { DataRecord } from '../../connectors/kit/connector.ts'
import { StepError } from '../../connectors/kit/errors.ts'
import { createQueue } from './queue.ts'
import { type Sent, outgoing } from './outgoing.ts'
import type { Evaluated, Given, Parsed, Preview, Program, Stream } from './program.ts'
import { addTrip, tripsOf } from './trips.ts'
import { AFTERWARDS, type Job, type WireResult, type WireStream } from './wire.ts'
import { ChildDied, type Death } from './worker.ts'

export type EvaluatorOptions = {
  /** Processes at work at the same time; one more stands by once one had to be replaced. */
  readonly children?: number
  /** Heap of each, in MB. */
  readonly heapMb?: number
  /** For one record at one step, in milliseconds. */
  readonly recordDeadlineMs?: number
  /** Of what one record gives at one step, in bytes. */
  readonly maxOutputBytes?: number
  /** A child is replaced after so many evaluations. */
  readonly recycleAfter?: number
  /** For so long records of one run may hold a child while others wait, in milliseconds. */
  readonly holdMs?: number
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
  readonly given?: Given
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

/** Which records of a trip: `first` is the place of the first one in it. */
type Part = { readonly seed: string; readonly first: number; readonly divisible: boolean }

/** What a repetition changes of a job. */
type Changes = Pick<Job, 'careful' | 'skip'>

/** Deaths without a culprit before a run gives up. */
const MAX_LOST = 3

export const createEvaluator = (options: EvaluatorOptions = {}): Evaluator => {
  const children = options.children ?? 2
  const heapMb = options.heapMb ?? 96
  const deadlineMs = options.recordDeadlineMs ?? 1000
  const maxOutputBytes = options.maxOutputBytes ?? 1_000_000
  const recycleAfter = options.recycleAfter ?? 1_000_000
  const log = options.log ?? (() => undefined)

  let killed = 0
  const { holdMs } = options
  const queue = createQueue({ children, heapMb, recycleAfter, ...(holdMs === undefined ? {} : { holdMs }) })

  const baseJob = (now: number, seed: string) => ({
    now,
    seed,
    first: 0,
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
    make: (programs: Set<string>, changes: Changes) => Job,
    records: Buffer,
    signal?: AbortSignal,
    divisible = false,
  ): Promise<WireResult> => {
    let careful = false
    let lost = 0
    const skip: Job['skip'][number][] = []
    while (true) {
      try {
        const job = (programs: Set<string>) => make(programs, { careful, skip })
        return await queue.perform(workspace, job, records, signal, divisible)
      } catch (error) {
        if (!(error instanceof ChildDied)) throw error
        signal?.throwIfAborted()
        if (gaveWay(error)) {
          queue.expectReplacing()
          throw error
        }
        const { cause, spot }: Death = error.death
        if (queue.closed)
          throw new StepError('EVALUATOR_LOST', 'The evaluator was closed while expressions were evaluated.')
        if (cause === 'deadline' || cause === 'memory') killed++
        queue.expectReplacing()
        log(`A process for expressions ended (${cause}); its work is done again.`)
        if (careful && spot && spot[0] !== AFTERWARDS && (cause === 'deadline' || cause === 'memory')) {
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

  const atOnce = async (input: RunInput, sent: Sent, { seed, first, divisible }: Part): Promise<Evaluated> => {
    const { program } = input
    const hash = keyOf(program)
    const make = (programs: Set<string>, changes: Changes): Job => {
      const known = programs.has(hash)
      programs.add(hash)
      return {
        ...baseJob(input.now, seed),
        kind: 'run',
        hash,
        first,
        ...(known ? {} : { program }),
        capture: input.capture ?? false,
        refused: sent.refused,
        ...changes,
      }
    }
    const result = await persist(input.workspace, make, sent.text, input.signal, divisible)
    if (result.kind === 'refused') throw new StepError('CONFIG_INVALID', result.message)
    if (result.kind !== 'run') throw unexpected()
    return received(result, sent)
  }

  /** In parts, each in its turn, where it would hold up others. Nobody can tell by what it gives. */
  const oneTrip = async (input: RunInput, sent: Sent, part: Part): Promise<Evaluated> => {
    try {
      return await atOnce(input, sent, part)
    } catch (error) {
      if (!gaveWay(error)) throw error
      const records = sent.all()
      if (records.length < 2) return await atOnce(input, sent, { ...part, divisible: false })
      const half = Math.ceil(records.length / 2)
      const before = await oneTrip(input, outgoing({ records: records.slice(0, half) }), part)
      const rest = { ...part, first: part.first + half }
      const after = await oneTrip(input, outgoing({ records: records.slice(half) }), rest)
      return addTrip(before, after, half)
    }
  }

  const run = async (input: RunInput): Promise<Evaluated> => {
    let evaluated: Evaluated | undefined
    for (const { sent, offset } of tripsOf(input)) {
      const seed = offset === 0 ? input.seed : `${input.seed} ${offset}`
      evaluated = addTrip(evaluated, await oneTrip(input, sent, { seed, first: 0, divisible: true }), offset)
    }
    return evaluated!
  }

  const parseAll = async (texts: readonly string[]): Promise<Parsed[]> => {
    const make = (_: Set<string>, changes: Changes): Job => ({ ...baseJob(0, ''), kind: 'parse', texts, ...changes })
    try {
      const result = await persist(undefined, make, Buffer.alloc(0), undefined, texts.length > 1)
      if (result.kind !== 'parse') throw unexpected()
      return result.parsed
    } catch (error) {
      if (!gaveWay(error)) throw error
      const half = Math.ceil(texts.length / 2)
      const before = await parseAll(texts.slice(0, half))
      return [...before, ...(await parseAll(texts.slice(half)))]
    }
  }

  const preview = async (input: PreviewInput): Promise<Preview> => {
    const sent = outgoing({ records: [input.record] })
    const { expression, given } = input
    const make = (_: Set<string>, changes: Changes): Job => ({
      ...baseJob(input.now, input.seed),
      kind: 'preview',
      expression,
      ...(given === undefined ? {} : { given }),
      refused: sent.refused,
      ...changes,
    })
    const result = await persist(input.workspace, make, sent.text, input.signal)
    if (result.kind !== 'preview') throw unexpected()
    return result.preview
  }

  return {
    run,
    parse: parseAll,
    preview,
    stats: () => ({ ...queue.stats(), killed }),
    close: queue.close,
  }
}

const gaveWay = (error: unknown): boolean => error instanceof ChildDied && error.death.cause === 'turn'

const unexpected = (): StepError =>
  new StepError('EVALUATOR_LOST', 'The process for expressions gave an answer that does not belong to its job.')

const keys = new WeakMap<Program, string>()

/** Names a program by its content, so that a child gets each once. */
const keyOf = (program: Program): string => {
  const known = keys.get(program)
  if (known) return known
  const key = createHash('sha256').update(JSON.stringify(program)).digest('base64')
  keys.set(program, key)
  return key
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
