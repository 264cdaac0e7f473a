import { setTimeout as sleep } from 'node:timers/promises'

// Class 08: connection exceptions. 57P01 to 57P03: the server stops, crashed, or is starting. 53100: its disk is full.
// 53300: too many connections. 40001 and 40P01: the transaction lost against another one; the same work may succeed next time.
const PASSING = /^(08...|57P0[1-3]|53[13]00|40001|40P01|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN)$/
// node-postgres gives these no code.
const PASSING_WORDS =
  /connection terminated|timeout exceeded when trying to connect|connection error and is not queryable|client was closed and is not queryable/i

/** Whether a failure says nothing about the work, only that the database was out of reach, full or busy. */
export function isDatabaseLost(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string' && PASSING.test(at.code)) return true
    if (PASSING_WORDS.test(at.message)) return true
  }
  return false
}

/** PostgreSQL has no room left for what is to be kept. */
export function isDiskFull(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) if ('code' in at && at.code === '53100') return true
  return false
}

export const isDeadlock = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === '40P01' || error.code === '40001')

/** Waits before the second and later tries; about half a minute in all. */
const WAITS_MS = [50, 200, 500, 1_000, 2_000, 4_000, 8_000, 15_000]

/** Does work that may be done twice until the database is back, but not for ever. */
export async function outlasting<T>(work: () => Promise<T>): Promise<T> {
  for (const wait of WAITS_MS) {
    try {
      return await work()
    } catch (error) {
      if (!isDatabaseLost(error)) throw error
      await sleep(wait)
    }
  }
  return work()
}
