import type { ChildProcess } from 'node:child_process'
import { StepError } from '../../connectors/kit/errors.ts'
import { startChild } from './cage.ts'
import { processorMs } from './processor-time.ts'
import { JOB, type Job, MAX_FRAME, PROGRESS, READY, RESULT, type Spot } from './wire.ts'

/** Why a child died during a job. `lost`: by none of our doing, as far as can be told. `turn`: others waited for too long. */
export type Death = {
  readonly cause: 'deadline' | 'memory' | 'lost' | 'aborted' | 'turn'
  readonly spot: Spot | undefined
}

/** Thrown by `perform`. */
export class ChildDied extends Error {
  readonly death: Death
  constructor(death: Death) {
    super(`The evaluator's process ended: ${death.cause}.`)
    this.death = death
  }
}

/** How much of what a dying child writes is kept to learn why, in bytes. V8 names the heap limit in it. */
const MAX_STDERR = 8192
/** On top of the deadline, in milliseconds: the child stops by itself first wherever it can. */
const GRACE_MS = 200
/** A child that waits for a busy machine more than it works gets its time once more, so many times at most. */
const MOST_WAITS = 4
/** For taking in the records, before the first evaluation, in milliseconds. */
const INTAKE_MS = 10_000

type Pending = {
  readonly resolve: (result: Buffer) => void
  readonly reject: (error: Error) => void
  spot: Spot | undefined
  silenceMs: number
}

/** One child process. `perform` takes one job at a time. */
export class Worker {
  /** The workspace whose expressions it has seen; it never sees another's. */
  workspace: string | undefined
  /** When it was given its workspace, on the clock of `performance.now()`. */
  pinnedAt = 0
  readonly programs = new Set<string>()
  /** Evaluations since its start. */
  served = 0
  readonly ready: Promise<void>
  readonly exited: Promise<void>
  readonly #child: ChildProcess
  #pending: Pending | undefined
  #timer: NodeJS.Timeout | undefined
  #cause: Death['cause'] | undefined
  #stderr = ''
  #dead = false
  #chunks: Buffer[] = []
  #buffered = 0
  #wanted = 4
  #frame = false

  constructor(options: { readonly heapMb: number }) {
    const child = startChild(options)
    this.#child = child
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.ready = promise
    promise.catch(() => undefined)
    this.#onReady = resolve
    child.stderr?.setEncoding('utf8')
    child.stderr?.on('data', (text: string) => {
      if (this.#stderr.length < MAX_STDERR) this.#stderr += text.slice(0, MAX_STDERR)
    })
    child.stdout?.on('data', (chunk: Buffer) => this.#take(chunk))
    this.exited = new Promise((done) => {
      const end = (code: number | null, signal: string | null): void => {
        if (this.#dead) return
        this.#dead = true
        clearTimeout(this.#timer)
        const outOfMemory = /heap (limit|out of memory)|out of memory/i.test(this.#stderr)
        const cause = this.#cause ?? (outOfMemory || signal === 'SIGABRT' || code === 134 ? 'memory' : 'lost')
        reject(new Error(`An evaluator process did not start (exit code ${code}): ${this.#stderr.slice(0, 500)}`))
        this.#pending?.reject(new ChildDied({ cause, spot: this.#pending.spot }))
        this.#pending = undefined
        done()
      }
      child.once('error', () => end(null, null))
      child.once('close', end)
    })
  }

  readonly #onReady: () => void

  get pid(): number | undefined {
    return this.#child.pid
  }
  get dead(): boolean {
    return this.#dead || this.#cause !== undefined
  }
  get busy(): boolean {
    return this.#pending !== undefined
  }

  /** Sends a job and waits for the bytes of its WireResult. Rejects with ChildDied. */
  perform(job: Job, records: Buffer): Promise<Buffer> {
    const header = Buffer.from(JSON.stringify(job))
    const length = 1 + 4 + header.length + records.length
    if (length > MAX_FRAME)
      return Promise.reject(new StepError('INVALID_INPUT', 'A record is too large to be evaluated.'))
    return new Promise((resolve, reject) => {
      if (this.dead) {
        reject(new ChildDied({ cause: 'lost', spot: undefined }))
        return
      }
      this.#pending = { resolve, reject, spot: undefined, silenceMs: INTAKE_MS }
      this.#began = { wall: performance.now(), processor: processorMs(this.pid) }
      this.#watch()
      const head = Buffer.allocUnsafe(9)
      head.writeUInt32LE(length, 0)
      head[4] = JOB
      head.writeUInt32LE(header.length, 5)
      const input = this.#child.stdin
      input?.cork()
      input?.write(head)
      input?.write(header)
      if (records.length > 0) input?.write(records)
      input?.uncork()
      this.#deadlineMs = job.deadlineMs
    })
  }

  #deadlineMs = 0
  /** When the job in hand began, on both clocks, in milliseconds. */
  #began: { readonly wall: number; readonly processor: number | undefined } = { wall: 0, processor: undefined }

  /** Ends the process; what it was doing rejects with this cause. */
  kill(cause: Death['cause']): void {
    if (this.dead) return
    this.#cause = cause
    this.#child.kill('SIGKILL')
  }

  /** Most of the time since its job began it stood in line for a processor: then the expression is not to blame. */
  #starved(): boolean {
    const now = processorMs(this.pid)
    if (now === undefined || this.#began.processor === undefined) return false
    return now - this.#began.processor < (performance.now() - this.#began.wall) / 2
  }

  #watch(waits = 0): void {
    const pending = this.#pending
    if (!pending) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      // Notes may be waiting in the pipe when this process itself was held up: look there once before judging.
      const { spot } = pending
      setImmediate(() => {
        if (this.#pending !== pending || pending.spot !== spot) return
        if (waits < MOST_WAITS && this.#starved()) this.#watch(waits + 1)
        else this.kill('deadline')
      })
    }, pending.silenceMs)
  }

  #take(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#buffered += chunk.length
    while (this.#buffered >= this.#wanted) {
      const bytes = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks)
      const part = bytes.subarray(0, this.#wanted)
      const rest = bytes.subarray(this.#wanted)
      this.#chunks = rest.length > 0 ? [rest] : []
      this.#buffered = rest.length
      if (this.#frame) {
        this.#frame = false
        this.#wanted = 4
        this.#handle(part)
      } else {
        this.#frame = true
        this.#wanted = part.readUInt32LE(0)
        if (this.#wanted === 0 || this.#wanted > MAX_FRAME) {
          this.kill('lost')
          return
        }
      }
    }
  }

  #handle(frame: Buffer): void {
    const pending = this.#pending
    if (frame[0] === READY) this.#onReady()
    else if (frame[0] === PROGRESS && pending && frame.length === 13) {
      pending.spot = [frame.readUInt32LE(1), frame.readUInt32LE(5), frame.readUInt32LE(9)]
      pending.silenceMs = this.#deadlineMs + GRACE_MS
      this.#watch()
    } else if (frame[0] === RESULT && pending) {
      clearTimeout(this.#timer)
      this.#pending = undefined
      pending.resolve(frame.subarray(1))
    } else this.kill('lost')
  }
}
