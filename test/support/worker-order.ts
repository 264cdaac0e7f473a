import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { TestDatabase } from './database.ts'
import type { Scene } from './scene.ts'

export type WorkerOrder = {
  readonly appUrl: string
  readonly systemUrl: string
  readonly secretKey: string
  readonly egressAllow: readonly string[]
  readonly leaseSeconds: number
  readonly name: string
}

/** How a worker's database connections call themselves. */
export const WORKER_APPLICATION = 'tieline test worker'

export type WorkerProcess = {
  readonly name: string
  /** Ends it without a word, and waits until it is gone. */
  kill(): Promise<void>
  /** Asks it to stop, and answers its exit code. */
  stop(): Promise<number | null>
}

const PROGRAM = fileURLToPath(new URL('worker-process.ts', import.meta.url))
let started = 0

/** Starts a worker in a process of its own and waits until it looks for work. Short leases make for quick takeovers. */
export async function startWorkerProcess(
  database: TestDatabase,
  { xero, emarsys }: Pick<Scene, 'xero' | 'emarsys'>,
  leaseSeconds = 2,
): Promise<WorkerProcess> {
  started += 1
  const order: WorkerOrder = {
    appUrl: database.appUrl,
    systemUrl: database.systemUrl,
    secretKey: database.secretKey.toString('hex'),
    egressAllow: [new URL(xero.url).host, new URL(emarsys.url).host],
    leaseSeconds,
    name: `process ${started}`,
  }
  const child: ChildProcess = spawn(process.execPath, [PROGRAM, JSON.stringify(order)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const gone = async () => {
    const [code] = await exited
    return code === null ? null : Number(code)
  }
  const worker: WorkerProcess = {
    name: order.name,
    async kill() {
      child.kill('SIGKILL')
      await gone()
    },
    stop() {
      child.kill('SIGTERM')
      return gone()
    },
  }
  for await (const line of createInterface(child.stdout!)) if (line === 'ready') return worker
  throw new Error('the worker process ended before it was ready')
}
