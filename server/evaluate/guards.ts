import { performance } from 'node:perf_hooks'
import { LinearRegExp } from './linear-regexp.ts'

/** Syntax nodes between two looks at the clock: about a millisecond of work. */
const FUEL = 2000
/** Syntax nodes inside one another; a function that calls itself takes about five per call. */
const MAX_DEPTH = 2500

let deadlineMs = 1000
/** At the first look during this evaluation, in milliseconds. */
let startedAt: { readonly wall: number; readonly cpu: number } | undefined

// Held before the global is taken away. Importing node:process would open the pipes as streams, non-blocking.
const { process } = globalThis

const cpu = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** What the patched jsonata asks at every syntax node. */
export const guards = {
  fuel: FUEL,
  maxDepth: MAX_DEPTH,
  refuel(): void {
    guards.fuel = FUEL
    const now = { wall: performance.now(), cpu: cpu() }
    startedAt ??= now
    // A process that waits for a busy machine gets some more time before the expression is blamed; the host kills later.
    if (now.wall - startedAt.wall > deadlineMs && now.cpu - startedAt.cpu > deadlineMs / 2) throw { code: 'D1012' }
  },
  tooDeep(): void {
    throw { code: 'D1011' }
  },
  RegExp: LinearRegExp,
}

/** Starts the clock for one evaluation. */
export const startClock = (milliseconds: number): void => {
  deadlineMs = milliseconds
  startedAt = undefined
}
