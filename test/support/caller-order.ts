import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Spans } from '../../server/connect/book.ts'

export type CallerOrder = {
  /** How its database connections call themselves. */
  readonly name?: string
  /** Calls only when asked to, each caller once, all at the same moment; opens its connections before it is ready. */
  readonly onDemand?: boolean
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

/** How many calls ended so: an answer's status, or the code of an error. */
export type Outcomes = { readonly [outcome: string]: number }

export type CallerProcess = {
  /** Of a process that calls on demand: lets all call, and answers when all have ended; undefined when it died before. */
  call(): Promise<Outcomes | undefined>
  /** Asks it to stop; answers how many answers of each status it got. */
  stop(): Promise<Outcomes>
  kill(): Promise<void>
}

const PROGRAM = fileURLToPath(new URL('caller-process.ts', import.meta.url))

/** A process that calls as often as it may, started and at work. */
export async function startCallerProcess(order: CallerOrder): Promise<CallerProcess> {
  const child = spawn(process.execPath, [PROGRAM, JSON.stringify(order)], { stdio: ['pipe', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const first = await lines.next()
  if (first.value !== 'ready') throw new Error('the calling process ended before it was ready')
  // A line to a process that was killed meets a closed pipe; that it is gone shows at its output.
  child.stdin.on('error', () => undefined)
  return {
    async call() {
      child.stdin.write('call\n')
      const { value, done } = await lines.next()
      return done ? undefined : (JSON.parse(value) as Outcomes) // said by caller-process.ts
    },
    async stop() {
      child.kill('SIGTERM')
      const { value } = await lines.next()
      await exited
      return JSON.parse(String(value)) as Outcomes // said by caller-process.ts
    },
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
  }
}
