import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { connectors } from '../connectors/index.ts'
import type { Operation } from '../connectors/kit/connector.ts'
import { ensureSetupLink } from './api/set-up-link.ts'
import { buildApp } from './app.ts'
import { buildCatalog } from './catalog.ts'
import type { Config } from './config.ts'
import { createConnections } from './connect/service.ts'
import { createEvaluator } from './evaluate/pool.ts'
import { startPostgres } from './postgres/embedded.ts'
import { updateRunFile } from './postgres/run-file.ts'
import { nextDue } from './schedule.ts'
import { startScheduler } from './scheduler.ts'
import { secretKey } from './secret-key.ts'
import { type OpenDatabase, openDatabase } from './store/database.ts'
import { ensureLogins } from './store/logins.ts'
import { migrate } from './store/migrate.ts'
import { createKeyring } from './store/secrets.ts'
import { startWorker, type WorkerLog } from './worker.ts'

/** A running product. */
export type Product = {
  /** Where people and scripts reach it. */
  readonly url: string
  /** Set while nobody has set the product up yet: opens the page that makes the owner. */
  readonly setUpUrl: string | undefined
  readonly databaseUrl: string
  /** Stops everything in the order that loses nothing. May be called more than once. */
  stop(): Promise<void>
}

export type ProductOptions = {
  /** Speed over durability of the embedded database, for tests. */
  readonly testing?: boolean
}

/** Transactions of runs, requests and the scheduler share these; see max_connections of the embedded server. */
const APP_CONNECTIONS = 16
const SYSTEM_CONNECTIONS = 8
const JOB_CONNECTIONS = 3

const WEB_ROOT = fileURLToPath(new URL('../editor/dist', import.meta.url))

/** Starts all parts, and answers when the product takes requests. The only place where parts are wired. */
export async function startProduct(config: Config, options: ProductOptions = {}): Promise<Product> {
  const undo: (() => Promise<unknown>)[] = []
  let stopping: Promise<void> | undefined
  const stop = () => {
    stopping ??= (async () => {
      const failures: unknown[] = []
      // Last started, first stopped; one that cannot stop must not keep the others from it.
      for (const close of undo.reverse()) await close().catch((error: unknown) => failures.push(error))
      if (failures.length > 0) throw new AggregateError(failures, 'not everything could be stopped cleanly')
    })()
    return stopping
  }
  try {
    return await start(config, options, undo, stop)
  } catch (error) {
    await stop().catch(() => undefined)
    throw error
  }
}

async function start(
  config: Config,
  options: ProductOptions,
  undo: (() => Promise<unknown>)[],
  stop: () => Promise<void>,
): Promise<Product> {
  const key = secretKey(config)
  const keys = createKeyring(key)
  const plainLog = { info: () => undefined, warn: console.warn, error: console.error }

  // Evaluators start while the database does.
  const evaluator = createEvaluator({
    children: config.evaluatorChildren,
    log: (message) => log.warn({}, message),
  })
  undo.push(() => evaluator.close())

  const embedded = config.databaseUrl
    ? undefined
    : await startPostgres({ dataDir: config.dataDir, log: plainLog, testing: options.testing ?? false })
  if (embedded) undo.push(() => embedded.stop())
  const databaseUrl = config.databaseUrl ?? embedded?.url
  if (databaseUrl === undefined) throw new Error('there is neither a DATABASE_URL nor an embedded database')

  const logins = await prepareDatabase(databaseUrl, key, config)
  const open = (url: string, max: number, name: string): OpenDatabase => {
    const database = openDatabase({
      url,
      max,
      applicationName: `tieline ${name}`,
      statementTimeoutMs: 60_000,
      idleInTransactionTimeoutMs: 60_000,
      onIdleError: (error) => log.warn({ err: error }, 'a database connection broke'),
    })
    undo.push(() => database.close())
    return database
  }
  const app = open(logins.appUrl, APP_CONNECTIONS, 'app')
  const system = open(logins.systemUrl, SYSTEM_CONNECTIONS, 'system')
  const jobs = open(logins.systemUrl, JOB_CONNECTIONS, 'jobs')

  const connections = createConnections({ db: app.db, keys, connectors, egressAllow: config.egressAllow })
  undo.push(() => connections.close())
  const catalog = buildCatalog()
  let wakeWorker: () => void = () => undefined
  const server = await buildApp({
    config,
    app: app.db,
    system: system.db,
    keys,
    evaluator,
    catalog,
    connections,
    wake: () => wakeWorker(),
    ...(existsSync(join(WEB_ROOT, 'index.html')) ? { webRoot: WEB_ROOT } : {}),
  })
  const log: WorkerLog = server.log
  undo.push(() => server.close())

  const operations = operationsById()
  const worker = startWorker({
    app: app.db,
    system: system.db,
    jobs: jobs.pool,
    keys,
    evaluator,
    connections,
    catalog,
    operation: (id) => {
      const operation = operations.get(id)
      if (!operation) throw new Error(`Nobody knows the operation “${id}”`)
      return operation
    },
    name: `${hostname()}/${process.pid}/${randomUUID().slice(0, 8)}`,
    concurrency: config.workerConcurrency,
    leaseSeconds: config.leaseSeconds,
    log,
  })
  undo.push(() => worker.stop())
  wakeWorker = worker.wake
  const scheduler = startScheduler({ system: system.db, next: nextDue, wake: worker.wake, log })
  undo.push(() => scheduler.stop())

  const address = await server.listen({ host: config.host, port: config.port })
  const url =
    config.publicUrl ??
    address.replace('127.0.0.1', 'localhost').replace('[::]', 'localhost').replace('0.0.0.0', 'localhost')
  if (embedded) updateRunFile(config.dataDir, { url: address })
  const setUp = await ensureSetupLink(system.db)
  return { url, setUpUrl: setUp && `${url}${setUp}`, databaseUrl, stop }
}

async function prepareDatabase(url: string, key: Buffer, config: Config) {
  const owner = openDatabase({ url, max: 2, applicationName: 'tieline migration' })
  try {
    await migrate(owner.db)
    if (config.databaseAppUrl && config.databaseSystemUrl) {
      return { appUrl: config.databaseAppUrl, systemUrl: config.databaseSystemUrl }
    }
    return await ensureLogins(owner, key)
  } finally {
    await owner.close()
  }
}

function operationsById(): ReadonlyMap<string, Operation> {
  return new Map(
    connectors.flatMap((connector) =>
      connector.operations.map((operation): [string, Operation] => [`${connector.name}.${operation.name}`, operation]),
    ),
  )
}
