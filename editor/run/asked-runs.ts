import type { RunCause } from '../../server/contract/runs.ts'
import { beginOf, moveDay } from '../format/days.ts'
import type { RunsSearch } from '../search.ts'

/** What the list of runs is narrowed by, as the API takes it. */
export type RunsAsked = {
  readonly flow?: string | undefined
  /** One or more, with commas between them. */
  readonly state?: string | undefined
  readonly cause?: RunCause | undefined
  readonly backfill?: string | undefined
  readonly version?: number | undefined
  readonly dry?: boolean | undefined
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly minSeconds?: number | undefined
  readonly maxSeconds?: number | undefined
  readonly key?: string | undefined
  readonly code?: string | undefined
  readonly fault?: string | undefined
  readonly text?: string | undefined
  readonly by?: string | undefined
}

const HOUR = 3_600_000
const SINCE_MS = { hour: HOUR, day: 24 * HOUR, week: 7 * 24 * HOUR, month: 30 * 24 * HOUR } as const

/** What is asked of the server for the choices in an address. Days are those of whoever looks; the last one is in it. */
export function askedRuns({ since, from, to, longer, shorter, dry, ...same }: RunsSearch, now: Date): RunsAsked {
  const asked = {
    ...same,
    from: since ? new Date(now.getTime() - SINCE_MS[since]).toISOString() : startOf(from, 0),
    to: startOf(to, 1),
    minSeconds: longer,
    maxSeconds: shorter,
    dry: dry === undefined ? undefined : dry === 'only',
  }
  return Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined))
}

/** Midnight at the beginning of a day like 2026-11-28, or so many days after it. */
const startOf = (day: string | undefined, later: number): string | undefined =>
  day === undefined ? undefined : beginOf(moveDay(day, later)).toISOString()
