import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Spans } from '../../server/connect/book.ts'

export type CallerOrder = {
  readonly appUrl: string
  readonly secretKey: string
  readonly egressAllow: readonly string[]
  readonly spans: Partial<Spans>
  readonly calls: readonly {
    readonly workspace: string
    readonly connection: string
    readonly url: string
    /** How many call one after the other, at the same time. */
    readonly callers: number
  }[]
}

export type CallerProcess = {
  /** Asks it to stop; answers how many answers of each status it got. */
  stop(): Promise<{ readonly [status: string]: number }>
  kill(): Promise<void>
}

const PROGRAM = fileURLToPath(new URL('caller-process.ts', import.meta.url))

/** A process that calls as often as it may, started and at work. */
export async function startCallerProcess(order: CallerOrder): Promise<CallerProcess> {
  const child = spawn(process.execPath, [PROGRAM, JSON.stringify(order)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const first = await lines.next()
  if (first.value !== 'ready') throw new Error('the calling process ended before it was ready')
  return {
    async stop() {
      child.kill('SIGTERM')
      const { value } = await lines.next()
      await exited
      return JSON.parse(String(value)) as { [status: string]: number } // said by caller-process.ts
    },
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
  }
}
