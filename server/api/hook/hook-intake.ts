import { setTimeout as sleep } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import { isDiskFull } from '../../store/database/database-lost.ts'
import {
  addHookCounts,
  type HookCount,
  type NewEvent,
  type StoredEvent,
  storeEvents,
} from '../../store/hook/hook-events.ts'
import { type HookRow, queueHookRuns } from '../../store/run/hook-runs.ts'
import type { Database } from '../../store/database/schema.ts'
import { DISK_FULL, DISK_NEARLY_FULL } from '../http/error-answers.ts'
import { ApiProblem } from '../http/problems.ts'

/** Of one commit. */
const MOST_EVENTS = 1_000
const MOST_BYTES = 8_000_000
/** What may wait for its commit in one process. */
const MOST_WAITING_EVENTS = 20_000
const MOST_WAITING_BYTES = 64_000_000
/** A sender such as Xero waits 5 s for an answer. */
const ANSWER_WITHIN_MS = 4_000
const COUNT_EVERY_MS = 1_000
/** In a flood a run stands ready nearly always: it is looked for so often, not with each commit. The first look is at once. */
const QUEUE_EVERY_MS = 20

type Arrival = { readonly event: NewEvent; answer(stored: StoredEvent): void; fail(error: unknown): void }

export type IntakeParts = {
  /** Logged in as tieline_system. */
  readonly system: Kysely<Database>
  readonly warn: (error: unknown, message: string) => void
  /** Whether the disk of the database is nearly full. */
  readonly diskTight?: (() => boolean) | undefined
}

/**
 * Writes events down before they are acknowledged. Those that arrive while a commit is under way share the next one, so
 * that a flood costs few commits and a single event waits for none but its own.
 */
export class HookIntake {
  readonly #parts: IntakeParts
  #waiting: Arrival[] = []
  #waitingBytes = 0
  #storing: Promise<void> | undefined
  /** Hooks with new events that no run was looked for yet. */
  readonly #toQueue = new Map<string, HookRow>()
  #queueing: Promise<void> | undefined
  readonly #counts = new Map<string, { -readonly [K in keyof HookCount]: HookCount[K] }>()
  readonly #counting: NodeJS.Timeout
  #closed = false

  constructor(parts: IntakeParts) {
    this.#parts = parts
    this.#counting = setInterval(() => void this.#writeCounts(), COUNT_EVERY_MS).unref()
  }

  /**
   * Answers after the commit.
   * @param until of answerBy.
   * @throws ApiProblem NOT_READY: not written down as far as anybody knows.
   */
  async put(events: readonly NewEvent[], until: number): Promise<readonly StoredEvent[]> {
    if (this.#parts.diskTight?.()) {
      throw new ApiProblem('NOT_READY', `The event was not taken. Send it again. ${DISK_NEARLY_FULL}`, {
        retryAfterSeconds: 30,
      })
    }
    const bytes = events.reduce((sum, { content }) => sum + content.length, 0)
    const full =
      this.#waiting.length + events.length > MOST_WAITING_EVENTS || this.#waitingBytes + bytes > MOST_WAITING_BYTES
    if (this.#closed || full) throw notTaken()
    this.#waitingBytes += bytes
    const stored = Promise.all(
      events.map(
        (event) =>
          new Promise<StoredEvent>((answer, fail) => {
            this.#waiting.push({ event, answer, fail })
          }),
      ),
    )
    this.#storing ??= this.#store().finally(() => {
      this.#storing = undefined
    })
    return within(stored, until)
  }

  count(at: HookRow, what: 'taken' | 'repeated' | 'refused', times = 1): void {
    const one = this.#counts.get(at.hook) ?? { ...at, taken: 0, repeated: 0, refused: 0 }
    one[what] += times
    this.#counts.set(at.hook, one)
  }

  /** Takes no more, and waits for what is under way. */
  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#counting)
    await this.#storing
    await this.#queueing
    await this.#writeCounts()
  }

  async #store(): Promise<void> {
    // One turn of the event loop: what came with the same read of the sockets is part of the batch.
    await new Promise(setImmediate)
    while (this.#waiting.length > 0) await this.#storeBatch(this.#nextBatch())
  }

  #nextBatch(): readonly Arrival[] {
    let bytes = 0
    let end = 0
    for (const { event } of this.#waiting) {
      if (end >= MOST_EVENTS || (end > 0 && bytes + event.content.length > MOST_BYTES)) break
      bytes += event.content.length
      end += 1
    }
    this.#waitingBytes -= bytes
    return this.#waiting.splice(0, end)
  }

  async #storeBatch(batch: readonly Arrival[]): Promise<void> {
    const groups = [...Map.groupBy(batch, ({ event }) => `${event.hook}${event.keyHash.toString('latin1')}`).values()]
    const first = groups.flatMap(([one]) => (one ? [one.event] : []))
    let stored: readonly StoredEvent[]
    try {
      stored = await storeEvents(
        this.#parts.system,
        first,
        groups.map(({ length }) => length),
      )
    } catch (error) {
      this.#parts.warn(error, 'events could not be written down')
      for (const { fail } of batch) fail(notTaken(error))
      return
    }
    for (const [index, group] of groups.entries()) {
      const one = stored[index]
      for (const [place, arrival] of group.entries()) {
        const at = { workspace: arrival.event.workspace, hook: arrival.event.hook }
        if (!one) {
          arrival.fail(notTaken())
          continue
        }
        const repeated = one.repeated || place > 0
        this.count(at, repeated ? 'repeated' : 'taken')
        if (!repeated) this.#toQueue.set(at.hook, at)
        arrival.answer({ id: one.id, repeated })
      }
    }
    if (this.#toQueue.size > 0) {
      this.#queueing ??= this.#queueRuns().finally(() => {
        this.#queueing = undefined
      })
    }
  }

  /** Whatever fails here is made up for by `queueForgottenEvents`, which looks every other second. */
  async #queueRuns(): Promise<void> {
    while (this.#toQueue.size > 0) {
      const hooks = [...this.#toQueue.values()]
      this.#toQueue.clear()
      try {
        await queueHookRuns(this.#parts.system, hooks)
      } catch (error) {
        this.#parts.warn(error, 'a run for new events could not be queued yet')
      }
      if (!this.#closed) await sleep(QUEUE_EVERY_MS)
    }
  }

  /** Counts are for people to look at: a process that is killed loses those of its last second. */
  async #writeCounts(): Promise<void> {
    const counts = [...this.#counts.values()]
    this.#counts.clear()
    await addHookCounts(this.#parts.system, counts).catch((error: unknown) =>
      this.#parts.warn(error, 'deliveries could not be counted'),
    )
  }
}

/** Whatever keeps the database from keeping an event, the sender is to come again. */
export function notTaken(cause?: unknown): ApiProblem {
  const why = isDiskFull(cause) ? ` ${DISK_FULL}` : ''
  return new ApiProblem('NOT_READY', `The event was not taken. Send it again.${why}`, {
    retryAfterSeconds: 5,
    ...(cause === undefined ? {} : { cause }),
  })
}

/** When the sender of what has just come is to have its answer, by performance.now(). */
export const answerBy = (): number => performance.now() + ANSWER_WITHIN_MS

/** @throws ApiProblem NOT_READY when the time has come: a database that stands still is one that is not there. */
export async function within<T>(work: Promise<T>, until: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(notTaken()), Math.max(0, until - performance.now()))
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
    work.catch(() => undefined) // its failure was told, or came too late to tell
  }
}
