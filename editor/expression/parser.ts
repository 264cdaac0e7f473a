import type { ParsedHere } from './parse-worker.ts'

const PATIENCE_MS = 2_000

let worker: Worker | undefined
let last = 0
const waiting = new Map<number, (fault: ParsedHere['fault']) => void>()

/** What is wrong with an expression, from the parser in a worker; nothing when it takes longer than anybody waits. */
export function parseFault(text: string): Promise<ParsedHere['fault']> {
  worker ??= open()
  const id = ++last
  worker.postMessage({ id, text })
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      waiting.delete(id)
      worker?.terminate()
      worker = undefined
      resolve(undefined)
    }, PATIENCE_MS)
    waiting.set(id, (fault) => {
      clearTimeout(timer)
      resolve(fault)
    })
  })
}

function open(): Worker {
  const made = new Worker(new URL('./parse-worker.ts', import.meta.url), { type: 'module' })
  made.addEventListener('message', ({ data }: MessageEvent<ParsedHere>) => {
    waiting.get(data.id)?.(data.fault)
    waiting.delete(data.id)
  })
  return made
}
