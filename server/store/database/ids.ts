import { randomBytes } from 'node:crypto'

let lastMs = 0
let counter = 0
/** Milliseconds of the database's clock, and of this process's monotonic one, at one moment. */
let read: { readonly theirs: number; readonly ours: number } | undefined

/** An id that is further ahead than this was made before the database's time was known, in milliseconds. */
const FAR_MS = 10_000

/**
 * From now on ids have the database's time: of several processes the order of ids is the order of what happened, whatever
 * the clocks of their machines say. With every sign of life, so that clocks that drift stay together.
 * @param theirs milliseconds since 1970 by the database, as it said at `ours` of `performance.now()`.
 */
export function followClock(theirs: number, ours: number): void {
  read = { theirs, ours }
  if (lastMs > theirs + FAR_MS) lastMs = 0
}

const nowMs = () => (read ? Math.trunc(read.theirs + performance.now() - read.ours) : Date.now())

/** UUID version 7: ids made later sort later, also within one millisecond of one process. */
export function newId(): string {
  const now = nowMs()
  if (now > lastMs) {
    lastMs = now
    counter = randomBytes(2).readUInt16BE() & 0x7ff
  } else if (++counter > 0xfff) {
    lastMs += 1
    counter = 0
  }
  const bytes = randomBytes(16)
  bytes.writeUIntBE(lastMs, 0, 6)
  bytes.writeUInt16BE(0x7000 | counter, 6)
  bytes[8] = 0x80 | (bytes[8]! & 0x3f)
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** Before the ids made at that time, after all made earlier: ids begin with the milliseconds. */
export function leastId(at: Date): string {
  const hex = Math.max(0, at.getTime()).toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-0000-0000-000000000000`
}
