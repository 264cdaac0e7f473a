import { setImmediate as immediately } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** In bytes: some of the pieces may still be on their way. */
const FEW = 2_000_000

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** A text in pieces of one byte, each of which holds on to 64 kB, and how much memory whoever took them all holds. */
export function heavyPieces(text: string): { pieces(): AsyncGenerator<Buffer>; held(): number } {
  let held = Number.NaN
  return {
    async *pieces() {
      collect()
      await immediately()
      const before = process.memoryUsage().arrayBuffers
      for (const byte of Buffer.from(text)) yield Buffer.alloc(65_536, byte).subarray(0, 1)
      // What was let go of is given back a little later, by another thread.
      for (let time = 0; time < 40 && !(held < FEW); time++) {
        collect()
        await immediately()
        held = process.memoryUsage().arrayBuffers - before
      }
    },
    held: () => held,
  }
}
