import type { Limit } from '../../connectors/kit/connector.ts'

/** Calls that ended by `at`, rounded up to the end of their slice. */
type Ended = [at: number, calls: number]

/** Where it runs, and how long its calls have lately taken at most, in milliseconds: until it is seen to be gone. */
type Held = [calls: number, until: number] | [calls: number, until: number, place: string, longest: number]

/**
 * What is known of the calls that one remote limit counts, of all processes. Plain JSON. Times are milliseconds since
 * 1970 by one clock, the database's.
 */
export type Book = {
  /** When it was last written. */
  at: number
  /** Ended lately, oldest first: for the minute and for the day. */
  minute: Ended[]
  day: Ended[]
  /** Permits out, by process: for calls that run or may begin. After `until` nothing of it runs any more. */
  held: { [process: string]: Held }
  pausedUntil: number
  /** Which system it is about, and how many calls of a day it allows, for measures. */
  of?: { system: string; perDay?: number }
}

/** How a process knows of another that it is gone. */
export type Places = {
  /** Where this process runs. */
  readonly own: string
  /** Whether no process runs there any more, as far as this one can see. */
  isGone(place: string): boolean
}

/** How long the remote's minute and day are. Other values are for tests against sandboxes with short ones. */
export type Spans = { readonly minuteMs: number; readonly dayMs: number }
export const TRUE_SPANS: Spans = { minuteMs: 60_000, dayMs: 86_400_000 }

/** What a process reports, and asks for. */
export type Report = {
  readonly process: string
  /** Calls that ended since the last report. */
  readonly ended: number
  /** Permits it still holds. */
  readonly held: number
  /** How long its calls have lately taken at most, those that run too, in milliseconds; undefined while there was none. */
  readonly longest?: number | undefined
  readonly want: number
  /** More than it wants, if there is plenty: saves it the next round trip. */
  readonly spare: number
  /** What the remote said is left, by an answer whose call began `ageMs` ago. */
  readonly said?: Said | undefined
  /** The remote asked for a pause of so many milliseconds. */
  readonly pauseMs?: number | undefined
}

export type Said = {
  readonly minute?: number | undefined
  readonly day?: number | undefined
  readonly ageMs: number
  /** When the remote's window ends, milliseconds from now; of many remotes only a refusal says so. */
  readonly freeInMs?: number | undefined
}

export type Answer = {
  readonly granted: number
  /** When nothing was granted: how long until it is worth asking again, and for what. */
  readonly waitMs: number
  readonly why: 'granted' | 'minute' | 'day' | 'pause' | 'at-once'
}

/**
 * A process that reports nothing for so long is taken for dead, wherever it runs: its permits are counted as calls. Shorter
 * than what is left of a run's lease when its worker dies (10 s at least), so that whoever takes the run over need not wait
 * for its places. One that is seen to be gone is not waited for: see `bury`.
 */
export const HOLD_MS = 10_000
/** How much longer than the calls before a call may take of which nobody hears the answer. */
const UNHEARD = 1.5
/** Slices of the minute and the day in which calls are remembered together: 1 s and 5 minutes. */
const MINUTE_SLICES = 60
const DAY_SLICES = 288
/** Part of a span that ended calls are remembered beyond it, to compare with what an answer said a moment ago. */
const GRACE = 0.1
/** Somebody else's call must end first; when, nobody knows. */
const AT_ONCE_WAIT_MS = 100

export function newBook(now: number): Book {
  return { at: now, minute: [], day: [], held: {}, pausedUntil: 0 }
}

/** Writes a report into the book and answers what may be called. Changes `book`. */
export function enter(
  book: Book,
  now: number,
  limit: Omit<Limit, 'key'>,
  spans: Spans,
  report: Report,
  places?: Places,
): Answer {
  rebase(book, now)
  if (places) bury(book, now, places)
  const windows = windowsOf(book, limit, spans)
  for (const window of windows) window.forget(now)
  for (const [process, [calls, until]] of Object.entries(book.held)) {
    if (until > now || process === report.process) continue
    delete book.held[process]
    for (const window of windows) window.spend(until, calls)
  }
  // The database's time is cut to whole milliseconds.
  if (report.ended > 0) for (const window of windows) window.spend(now + 1, report.ended)
  hold(book, report, report.held, now, places)

  const { said } = report
  if (said) for (const window of windows) window.correct(now, heldIn(book), said)
  if (report.pauseMs !== undefined) book.pausedUntil = Math.max(book.pausedUntil, now + report.pauseMs)

  const answer = grant(book, now, limit, windows, report)
  if (answer.granted > 0) hold(book, report, report.held + answer.granted, now, places)
  return answer
}

/** What stands in the book, for people. */
export function usageOf(book: Book, now: number, limit: Omit<Limit, 'key'>, spans: Spans) {
  rebase(book, now)
  const used = Object.fromEntries(
    windowsOf(book, limit, spans).map((window) => [window.name, window.used(now) + heldIn(book)]),
  )
  return { minute: used.minute, day: used.day, pausedUntil: book.pausedUntil > now ? book.pausedUntil : undefined }
}

/**
 * When the calls of the day will be used up, if it goes on as in the last 24th of a day; undefined: not within one. Calls
 * of the day before become free again meanwhile.
 */
export function dayFullAt(book: Book, now: number, limit: Omit<Limit, 'key'>, { dayMs }: Spans): number | undefined {
  if (limit.perDay === undefined) return undefined
  const since = (at: number) => book.day.reduce((sum, [ended, calls]) => (ended > at ? sum + calls : sum), 0)
  const slice = dayMs / DAY_SLICES
  const perSlice = since(now - dayMs / 24) / (DAY_SLICES / 24)
  for (let slices = 0; slices <= DAY_SLICES; slices++) {
    const at = now + slices * slice
    if (since(at - dayMs) + heldIn(book) + slices * perSlice >= limit.perDay) return at
  }
  return undefined
}

function grant(book: Book, now: number, limit: Omit<Limit, 'key'>, windows: readonly Window[], report: Report): Answer {
  const none = (why: Answer['why'], waitMs: number): Answer => ({ granted: 0, waitMs: Math.ceil(waitMs), why })
  if (report.want === 0) return none('granted', 0)
  if (book.pausedUntil > now) return none('pause', book.pausedUntil - now)
  const held = heldIn(book)
  let free = Number.POSITIVE_INFINITY
  let longest = none('granted', 0)
  for (const window of windows) {
    free = Math.min(free, window.limit - window.used(now) - held)
    const wait = window.waitMs(now, held)
    if (wait > longest.waitMs) longest = none(window.name, wait)
  }
  if (free <= 0) return longest
  const places = (limit.concurrent ?? Number.POSITIVE_INFINITY) - held
  if (places <= 0) return none('at-once', AT_ONCE_WAIT_MS)
  const spare = Math.min(report.spare, Math.max(0, Math.floor(free / 4) - report.want))
  return { granted: Math.min(report.want + spare, free, places), waitMs: 0, why: 'granted' }
}

type Window = {
  readonly name: 'minute' | 'day'
  readonly limit: number
  used(now: number): number
  /** Until one more call is free; 0 when it is now. */
  waitMs(now: number, held: number): number
  spend(at: number, calls: number): void
  correct(now: number, held: number, said: Said): void
  forget(now: number): void
}

function windowsOf(book: Book, limit: Omit<Limit, 'key'>, { minuteMs, dayMs }: Spans): readonly Window[] {
  const windows: Window[] = []
  if (limit.perMinute !== undefined) {
    windows.push(windowOf('minute', book.minute, limit.perMinute, minuteMs, minuteMs / MINUTE_SLICES))
  }
  if (limit.perDay !== undefined) windows.push(windowOf('day', book.day, limit.perDay, dayMs, dayMs / DAY_SLICES))
  return windows
}

/**
 * Calls allowed in any stretch of `ms`. A call counts while its permit is out and for `ms` after it ended: whenever the
 * remote takes it to have arrived, and wherever the remote's own fixed window begins, the window never holds too many.
 */
function windowOf(name: Window['name'], ended: Ended[], limit: number, ms: number, slice: number): Window {
  const used = (since: number) => {
    let total = 0
    for (let at = ended.length - 1; at >= 0 && ended[at]![0] > since; at--) total += ended[at]![1]
    return total
  }
  const note = (end: number, calls: number) => {
    let place = ended.length
    while (place > 0 && ended[place - 1]![0] > end) place -= 1
    const before = ended[place - 1]
    if (before && before[0] === end) before[1] += calls
    else ended.splice(place, 0, [end, calls])
  }
  return {
    name,
    limit,
    used: (now) => used(now - ms),
    spend: (at, calls) => note(Math.ceil(at / slice) * slice, calls),
    waitMs(now, held) {
      let over = used(now - ms) + held + 1 - limit
      if (over <= 0) return 0
      for (const [at, calls] of ended) {
        if (at <= now - ms) continue
        over -= calls
        if (over <= 0) return at + ms - now
      }
      // Calls that still run must end first, and then count for the whole time.
      return ms
    },
    /**
     * The remote counts more than we do: somebody else uses the same limit, or it is lower than we thought. Their calls
     * count until the remote's window ends, where it says when, else for the whole time.
     */
    correct(now, held, said) {
      const left = said[name]
      // Too old to be compared with: calls that it counted may have been forgotten since.
      if (left === undefined || said.ageMs > ms * GRACE) return
      const others = limit - used(now - ms - said.ageMs) - held - left
      if (others > 0) note(said.freeInMs === undefined ? now : Math.min(now, now - ms + said.freeInMs), others)
    },
    forget(now) {
      const gone = ended.findIndex(([at]) => at > now - ms * (1 + GRACE))
      ended.splice(0, gone === -1 ? ended.length : gone)
    },
  }
}

function hold(book: Book, { process, longest }: Report, calls: number, now: number, places: Places | undefined): void {
  const seen = places && longest !== undefined ? ([places.own, longest] as const) : ([] as const)
  if (calls > 0) book.held[process] = [calls, now + HOLD_MS, ...seen]
  else delete book.held[process]
}

/**
 * A process that is gone begins no call any more. What it had begun runs on at the remote, which counts it until it has done
 * it: so its places are free once the longest of its calls would have ended, one that ran since it was heard last included.
 */
function bury(book: Book, now: number, { isGone }: Places): void {
  for (const [process, [calls, until, place, longest]] of Object.entries(book.held)) {
    if (place === undefined || longest === undefined || !isGone(place)) continue
    const silentMs = now - (until - HOLD_MS)
    book.held[process] = [calls, Math.min(until, now + (longest + silentMs) * UNHEARD)]
  }
}

function heldIn(book: Book): number {
  let total = 0
  for (const process in book.held) total += book.held[process]![0]
  return total
}

/** A database that was moved to another machine may have a clock that is behind: ages stay, nothing waits for it. */
function rebase(book: Book, now: number): void {
  const behind = book.at - now
  book.at = now
  if (behind <= 0) return
  for (const entry of [...book.minute, ...book.day]) entry[0] -= behind
  for (const entry of Object.values(book.held)) entry[1] -= behind
  book.pausedUntil -= behind
}
