import { hash } from 'node:crypto'

const ENTRY_BYTES = 14
/** How far behind the newest change a record can be re-read. Reads overlap by two minutes; this leaves room. */
const WINDOW_MS = 15 * 60_000

/**
 * The versions of records that an incremental read has delivered lately, so that what it reads again is dropped.
 * An entry is an 8-byte hash of id and version, and the time of the change.
 */
export class Seen {
  readonly #entries = new Map<string, number>()
  #newest = 0

  constructor(stored: Uint8Array) {
    const bytes = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength)
    for (let at = 0; at + ENTRY_BYTES <= bytes.length; at += ENTRY_BYTES) {
      this.#put(bytes.toString('latin1', at, at + 8), bytes.readUIntBE(at + 8, 6))
    }
  }

  /** Answers true the first time, and remembers. `at` is ISO 8601. */
  isNew(id: string, version: string, at: string): boolean {
    const key = hash('sha256', `${id}\0${version}`, 'buffer').toString('latin1', 0, 8)
    if (this.#entries.has(key)) return false
    const time = Date.parse(at)
    this.#put(key, Number.isNaN(time) ? 0 : Math.max(0, time))
    return true
  }

  /** For storage. Forgets what can no longer be read again. */
  toBuffer(): Buffer {
    const oldest = this.#newest - WINDOW_MS
    for (const [key, at] of this.#entries) if (at < oldest) this.#entries.delete(key)
    const bytes = Buffer.alloc(this.#entries.size * ENTRY_BYTES)
    let offset = 0
    for (const [key, at] of this.#entries) {
      bytes.write(key, offset, 8, 'latin1')
      bytes.writeUIntBE(at, offset + 8, 6)
      offset += ENTRY_BYTES
    }
    return bytes
  }

  #put(key: string, at: number): void {
    this.#entries.set(key, at)
    if (at > this.#newest) this.#newest = at
  }
}
