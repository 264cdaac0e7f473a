import { randomUUID } from 'node:crypto'
import type { Limit } from '../../connectors/kit/connector.ts'
import { StepError } from '../../connectors/kit/errors.ts'
import type { HttpAnswer } from '../../connectors/kit/http.ts'
import { isDatabaseLost } from '../store/database/database-lost.ts'
import {
  type Answer,
  type Book,
  enter,
  HOLD_MS,
  newBook,
  type Report,
  type Said,
  type Spans,
  TRUE_SPANS,
} from './book.ts'
import { hear } from './hear.ts'

/** Gives back the place of one call; `false` when no call was made with it. May be called more than once. */
export type Release = (called?: boolean) => void

/** What the remote allows, kept so that it is never asked for more. */
export interface Budget {
  /**
   * Waits for leave to make one call. Rejects with the signal's reason, or RATE_LIMITED when the wait is too long:
   * for the patient, longer than any limit of a minute makes it.
   */
  take(signal: AbortSignal, patient?: boolean): Promise<Release>
  /** Corrects the book by what an answer says; `ageMs` is how long ago its call began. */
  observe(answer: Pick<HttpAnswer, 'status' | 'headers'>, ageMs?: number): void
}

/** Where the book lies: in this process, or in the database for all. */
export type Keeper = (limit: Omit<Limit, 'key'>, spans: Spans, report: Report) => Promise<Answer>

export type BudgetOptions = {
  readonly keeper?: Keeper
  /** A longer wait is the run's business: it is put aside and its worker goes on with others. */
  readonly longestWaitMs?: number
  readonly spans?: Partial<Spans>
}

const LONGEST_WAIT_MS = 30_000
/** Part of the remote's minute that the patient wait: calls of a minute are free again after 61 s. */
const PATIENT_PART = 1.25
/** The database that has the book is away: how soon to ask again, and how long a run then rests. */
const OUTAGE_RETRY_MS = 500
const OUTAGE_REST_MS = 35_000
/** One long call is remembered for about so many shorter ones. */
const FORGET = 0.98
/** Where calls are many, a process takes this part of a minute's calls ahead, and gives back what it does not need. */
const SPARE_PART = 200

type Waiter = {
  readonly since: number
  readonly longestMs: number
  readonly admit: () => void
  readonly refuse: (error: unknown) => void
}

/** The permits of one process under one limit: who waits comes first to the book, then to the call. */
export function createBudget(limit: Omit<Limit, 'key'>, options: BudgetOptions = {}): ClosableBudget {
  const spans = { ...TRUE_SPANS, ...options.spans }
  const longestWaitMs = options.longestWaitMs ?? LONGEST_WAIT_MS
  const patienceMs = Math.max(longestWaitMs, spans.minuteMs * PATIENT_PART)
  const keeper = options.keeper ?? ownBook()
  const process = randomUUID().slice(0, 8)
  const atOnce = limit.perProcess ?? Number.POSITIVE_INFINITY
  const spareSize = limit.concurrent === undefined ? Math.floor((limit.perMinute ?? 0) / SPARE_PART) : 0
  /** Ended calls are reported so soon, permits nobody needs after a second. */
  const flushMs = Math.min(200, spans.minuteMs / SPARE_PART)
  const idleMs = Math.min(1_000, spans.minuteMs / 60)

  const waiting = new Set<Waiter>()
  let running = 0
  /** Permits in hand, and until when they may be used. */
  let spare = 0
  let spareUntil = 0
  let ended = 0
  const begun = new Set<{ readonly at: number }>()
  let longest: number | undefined
  let said: (Omit<Said, 'ageMs'> & { readonly began: number }) | undefined
  let pause: { readonly until: number } | undefined
  let talking: Promise<void> | undefined
  let wake: { readonly timer: NodeJS.Timeout; readonly at: number; readonly why: Answer['why'] | 'outage' } | undefined
  let flush: NodeJS.Timeout | undefined
  let renewal: NodeJS.Timeout | undefined
  let closed = false

  function turn(): void {
    if (pause || performance.now() > spareUntil) spare = 0
    for (const waiter of waiting) {
      if (spare === 0 || running >= atOnce) break
      waiting.delete(waiter)
      spare -= 1
      running += 1
      waiter.admit()
    }
    if (talking || closed) return
    if (wanted() > 0 && !wake) talking = talk()
    else if (ended > 0 || said || pause) reportIn(flushMs)
    else if (spare > 0) reportIn(idleMs)
  }

  const wanted = () => Math.min(waiting.size, atOnce - running)

  function reportIn(ms: number): void {
    flush ??= setTimeout(() => {
      flush = undefined
      // Nobody came for them.
      if (waiting.size === 0) spare = 0
      talking ??= talk()
    }, ms).unref()
  }

  async function talk(): Promise<void> {
    clearTimeout(flush)
    flush = undefined
    clearTimeout(renewal)
    const now = performance.now()
    const ages = [...begun].map(({ at }) => now - at)
    const report: Report = {
      process,
      ended,
      held: running + spare,
      longest: longest === undefined && ages.length === 0 ? undefined : Math.ceil(Math.max(longest ?? 0, ...ages)),
      want: wake ? 0 : wanted(),
      spare: spareSize,
      ...(said
        ? { said: { minute: said.minute, day: said.day, freeInMs: said.freeInMs, ageMs: now - said.began } }
        : {}),
      ...(pause ? { pauseMs: Math.max(0, pause.until - now) } : {}),
    }
    const told = { said, pause }
    try {
      const answer = await keeper(limit, spans, report)
      ended -= report.ended
      if (said === told.said) said = undefined
      if (pause === told.pause) pause = undefined
      if (answer.granted > 0) {
        spare += answer.granted
        spareUntil = now + HOLD_MS / 2
      } else if (report.want > 0) hearNo(answer)
    } catch (error) {
      hearNothing(error)
    } finally {
      talking = undefined
      // A call may last longer than the book believes in a silent process.
      if (running > 0 && !closed) {
        renewal = setTimeout(() => {
          talking ??= talk()
        }, HOLD_MS / 4).unref()
      }
      turn()
    }
  }

  function hearNo({ waitMs, why }: Answer): void {
    refuseAll(exhausted(limit, why, waitMs), ({ longestMs }) => waitMs > longestMs)
    if (waiting.size > 0) sleep(waitMs, why)
  }

  /** Without the book nothing is allowed. Whoever has waited long enough goes, and comes again later. */
  function hearNothing(error: unknown): void {
    if (!isDatabaseLost(error)) {
      refuseAll(error)
      return
    }
    const late = performance.now() - longestWaitMs
    refuseAll(
      new StepError('CONNECTION_LOST', 'The database that counts the calls of this connection is out of reach.', {
        cause: error,
        retryAfterMs: OUTAGE_REST_MS,
      }),
      (waiter) => waiter.since <= late,
    )
    sleep(OUTAGE_RETRY_MS, 'outage')
  }

  function sleep(ms: number, why: Answer['why'] | 'outage'): void {
    awake()
    if (closed) return
    const timer = setTimeout(() => {
      awake()
      turn()
    }, ms)
    wake = { why, timer, at: performance.now() + ms }
    if (waiting.size === 0) timer.unref()
  }

  function awake(): void {
    clearTimeout(wake?.timer)
    wake = undefined
  }

  function refuseAll(error: unknown, which: (waiter: Waiter) => boolean = () => true): void {
    for (const waiter of waiting) {
      if (!which(waiter)) continue
      waiting.delete(waiter)
      waiter.refuse(error)
    }
  }

  return {
    take(signal, patient = false) {
      return new Promise((resolve, reject) => {
        signal.throwIfAborted()
        if (closed) throw stopping()
        const longestMs = patient ? patienceMs : longestWaitMs
        const asleepMs = wake ? wake.at - performance.now() : 0
        if (wake && wake.why !== 'outage' && asleepMs > longestMs) throw exhausted(limit, wake.why, asleepMs)
        const leave = () => {
          waiting.delete(waiter)
          reject(signal.reason)
          turn()
        }
        const waiter: Waiter = {
          since: performance.now(),
          longestMs,
          admit() {
            signal.removeEventListener('abort', leave)
            resolve(release())
          },
          refuse(error) {
            signal.removeEventListener('abort', leave)
            reject(error)
          },
        }
        signal.addEventListener('abort', leave, { once: true })
        waiting.add(waiter)
        wake?.timer.ref()
        turn()
      })
    },
    observe(answer, ageMs = 0) {
      const heard = hear(limit, answer)
      if (!heard) return
      const { minute, day, pauseMs } = heard
      const refused = pauseMs !== undefined
      const now = performance.now()
      said = {
        minute: least(said?.minute, minute),
        day: least(said?.day, day),
        began: Math.min(said?.began ?? now, now - ageMs),
        freeInMs: heard.freeInMs ?? said?.freeInMs,
      }
      if (refused) pause = { until: Math.max(pause?.until ?? 0, now + pauseMs) }
      if (refused || (minute ?? spare) < spare) spare = 0
      if (refused && !talking && !closed) talking = talk()
      else turn()
    },
    close: async () => {
      closed = true
      awake()
      refuseAll(stopping())
      for (const timer of [flush, renewal]) clearTimeout(timer)
      spare = 0
      await talking
      // What is not reported any more counts as called when the book takes this process for dead.
      if (ended > 0 || running > 0) await talk()
    },
  }

  function release(): Release {
    const call = { at: performance.now() }
    begun.add(call)
    let open = true
    return (called = true) => {
      if (!open) return
      open = false
      running -= 1
      begun.delete(call)
      if (called) {
        ended += 1
        longest = Math.max((longest ?? 0) * FORGET, performance.now() - call.at)
      } else if (performance.now() <= spareUntil) spare += 1
      // Its place may be what somebody waits for.
      if (wake?.why === 'at-once') awake()
      turn()
    }
  }
}

export type ClosableBudget = Budget & {
  /** Refuses who still waits, and tells the book what is left to tell. */
  close(): Promise<void>
}

/** One budget out of several that all must allow a call; the last one is asked first. */
export function together(budgets: readonly Budget[]): Budget {
  if (budgets.length === 1) return budgets[0]!
  return {
    async take(signal, patient) {
      const taken: Release[] = []
      try {
        for (const budget of budgets.toReversed()) taken.push(await budget.take(signal, patient))
      } catch (error) {
        for (const release of taken) release(false)
        throw error
      }
      return (called) => {
        for (const release of taken) release(called)
      }
    },
    observe(answer, ageMs) {
      for (const budget of budgets) budget.observe(answer, ageMs)
    },
  }
}

const least = (one: number | undefined, other: number | undefined) =>
  one === undefined || other === undefined ? (one ?? other) : Math.min(one, other)

/** A book of this process alone. */
export function ownBook(): Keeper {
  let book: Book | undefined
  return async (limit, spans, report) => {
    const now = Math.floor(performance.now())
    book ??= newBook(now)
    return enter(book, now, limit, spans, report)
  }
}

const stopping = () => new StepError('CONNECTION_LOST', 'This process is stopping and calls nobody any more.')

function exhausted(limit: Omit<Limit, 'key'>, why: Answer['why'], waitMs: number): StepError {
  const allowance = limit.perDay?.toLocaleString('en')
  const words =
    why === 'day'
      ? `Today's allowance of ${allowance} calls is used; it goes on at ${utcTime(waitMs)}.`
      : why === 'pause'
        ? `The other system asked for a pause; it goes on at ${utcTime(waitMs)}.`
        : `This connection has used up what it may call; the next call is free in ${Math.ceil(waitMs / 1000)} s.`
  return new StepError('RATE_LIMITED', words, { retryAfterMs: Math.ceil(waitMs), putDown: true })
}

/** With the day, unless it is today's. Shown only; nothing is decided by this clock. */
function utcTime(inMs: number): string {
  const [now, then] = [new Date(), new Date(Date.now() + inMs)].map((time) => time.toISOString()) as [string, string]
  const day = then.slice(0, 10)
  return `${then.slice(11, 16)} UTC${day === now.slice(0, 10) ? '' : ` on ${day}`}`
}
