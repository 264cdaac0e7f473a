import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** A text in pieces of one byte, each of which holds on to 64 kB, and how much memory whoever took them all holds. */
export function heavyPieces(text: string): { pieces(): AsyncGenerator<Buffer>; held(): number } {
  let held = Number.NaN
  return {
    async *pieces() {
      collect()
      const before = process.memoryUsage().arrayBuffers
      for (const byte of Buffer.from(text)) yield Buffer.alloc(65_536, byte).subarray(0, 1)
      collect()
      held = process.memoryUsage().arrayBuffers - before
    },
    held: () => held,
  }
}
