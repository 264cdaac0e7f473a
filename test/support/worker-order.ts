import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { sql } from 'kysely'
import type { Spans } from '../../server/connect/book.ts'
import type { TestDatabase } from './database.ts'
import type { Scene } from './scene.ts'

export type WorkerOrder = {
  readonly appUrl: string
  readonly systemUrl: string
  readonly secretKey: string
  readonly egressAllow: readonly string[]
  readonly leaseSeconds: number
  readonly name: string
  /** How its database connections call themselves. */
  readonly application: string
  /** What it does when it meets a named point so often; see server/run/call/failpoint.ts. */
  readonly failure?: Failure
  /** How long the sandboxes' minutes are. */
  readonly spans?: Partial<Spans>
}

/** kill: dies. freeze: stands still, all of it, for three leases. */
export type Failure = { readonly point: string; readonly hit: number; readonly how: 'kill' | 'freeze' }

/** How the database connections of every worker call themselves, with its name behind. */
export const WORKER_APPLICATION = 'tieline test worker'

export type WorkerProcess = {
  readonly name: string
  /** Ends it without a word, waits until it is gone, and ends its leases: nobody has to wait for them. */
  kill(): Promise<void>
  /** Asks it to stop, and answers its exit code. */
  stop(): Promise<number | null>
  /** When it has died by itself, too; its leases have ended then as well. */
  readonly exited: Promise<void>
  /** When it stands still at the point of its failure. */
  readonly frozen: Promise<void>
}

const PROGRAM = fileURLToPath(new URL('worker-process.ts', import.meta.url))
let started = 0

/**
 * Starts a worker in a process of its own and waits until it looks for work. Its leases are as long as the product's, so
 * that a busy machine takes no run from it; when it dies they end at once. Only who is to be taken over alive needs short
 * ones.
 */
export async function startWorkerProcess(
  database: TestDatabase,
  { xero, emarsys, shop }: Pick<Scene, 'xero' | 'emarsys' | 'shop'>,
  leaseSeconds = 15,
  failure?: Failure,
  spans?: Partial<Spans>,
): Promise<WorkerProcess> {
  started += 1
  const order: WorkerOrder = {
    appUrl: database.appUrl,
    systemUrl: database.systemUrl,
    secretKey: database.secretKey.toString('hex'),
    egressAllow: [xero, emarsys, ...(shop ? [shop] : [])].map(({ url }) => new URL(url).host),
    leaseSeconds,
    name: `process ${started}`,
    application: `${WORKER_APPLICATION} ${started}`,
    ...(failure ? { failure } : {}),
    ...(spans ? { spans } : {}),
  }
  const child: ChildProcess = spawn(process.execPath, [PROGRAM, JSON.stringify(order)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const gone = async () => {
    const [code] = await exited
    return code === null ? null : Number(code)
  }
  const dead = exited.then(([code]) => (code === null ? endLeases(database, order) : undefined))
  const lines = createInterface(child.stdout!)
  const said = (word: string) => new Promise<void>((resolve) => lines.on('line', (line) => line === word && resolve()))
  const ready = said('ready')
  const worker: WorkerProcess = {
    name: order.name,
    exited: dead,
    frozen: said('frozen'),
    async kill() {
      child.kill('SIGKILL')
      await dead
    },
    stop() {
      child.kill('SIGTERM')
      return gone()
    },
  }
  const before = await Promise.race([ready.then(() => 'ready'), exited.then(() => 'ended')])
  if (before === 'ready') return worker
  throw new Error('the worker process ended before it was ready')
}

/** As if the time of a dead worker's leases were over. Not before the server is done with what it had asked for last. */
async function endLeases({ owner }: TestDatabase, { name, application }: WorkerOrder): Promise<void> {
  for (;;) {
    const { rows } = await sql`
      select 1 from pg_stat_activity where datname = current_database() and application_name = ${application}
    `.execute(owner.db)
    if (rows.length === 0) break
    await sleep(5)
  }
  await sql`update runs set lease_until = now() where state = 'running' and worker = ${name}`.execute(owner.db)
}
