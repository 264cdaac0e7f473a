import { setTimeout as sleep } from 'node:timers/promises'
import { judge } from './judge.ts'

/** What the remote calls of one step cost beside themselves: repeats, and back-off in milliseconds. */
export type Tally = {
  retries: number
  waitingMs: number
  /** The longest wait that is slept, in milliseconds, where it is not the usual one. */
  readonly longestSleepMs?: number
}

/** Thrown when the run has to wait longer than a worker should: it is put down and taken up again at `wakeInMs`. */
export class Park extends Error {
  override name = 'Park'
  readonly wakeInMs: number

  constructor(wakeInMs: number, cause: unknown) {
    super(cause instanceof Error ? cause.message : 'The remote asked for a pause.', { cause })
    this.wakeInMs = wakeInMs
  }
}

/**
 * Does one remote call, again where that is known to be harmless. Give `harmless: false` for what must not be repeated
 * once a byte may have left.
 */
export async function attempt<T>(
  tally: Tally,
  signal: AbortSignal,
  work: () => Promise<T>,
  harmless: (error: unknown) => boolean = () => true,
): Promise<T> {
  for (let tried = 1; ; tried++) {
    signal.throwIfAborted()
    if (tried > 1) tally.retries += 1
    try {
      return await work()
    } catch (error) {
      signal.throwIfAborted()
      if (!harmless(error)) throw error
      const verdict = judge(error, tried, tally.longestSleepMs)
      if (verdict.do === 'park') throw new Park(verdict.afterMs, error)
      if (verdict.do !== 'retry') throw error
      const before = performance.now()
      await sleep(verdict.afterMs, undefined, { signal }).catch(() => signal.throwIfAborted())
      tally.waitingMs += performance.now() - before
    }
  }
}
