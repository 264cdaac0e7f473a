import { syncBuiltinESMExports } from 'node:module'
import timers from 'node:timers/promises'
import zlib from 'node:zlib'
import { clock } from './simulated-world.ts'

// Imported before the code under test, for the whole process: waits take no time but the simulated one, and traces are
// kept at once and as they are, so that nothing but the seed decides what comes after what. Nobody looks at them here, and
// compressing them would take half of the time.
Object.assign(timers, {
  setTimeout: async (ms: number) => {
    clock.now += ms
  },
})
Object.assign(zlib, {
  zstdCompress: (content: Buffer, _options: unknown, done: (error: null, packed: Buffer) => void) =>
    done(null, content),
  zstdCompressSync: (content: Buffer) => content,
})
syncBuiltinESMExports()

/** Runs something for which `performance.now()` tells the simulated time. */
export async function inSimulatedTime<T>(work: () => Promise<T>): Promise<T> {
  // An own property hides the one that every Performance has.
  Object.defineProperty(performance, 'now', { value: () => clock.now, configurable: true })
  try {
    return await work()
  } finally {
    Reflect.deleteProperty(performance, 'now')
  }
}
