import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { connectors } from '../connectors/index.ts'
import type { Operation } from '../connectors/kit/connector.ts'
import packageJson from '../package.json' with { type: 'json' }
import { APPROVERS } from './api/http/permissions.ts'
import { describeAutomations } from './api/switch/describe-automations.ts'
import { turnOnDue } from './api/switch/turn-on-due.ts'
import { ensureSetupLink } from './api/people/set-up-link.ts'
import { type Measure, startOwnMeasures } from './api/operations/own-measures.ts'
import { oldAlerts, watchAlerts } from './alert/task.ts'
import { anchorAudit } from './worker/anchor-audit.ts'
import { keepErasures } from './worker/keep-erasures.ts'
import type { WorkerLog } from './worker/carry-out.ts'
import { buildCatalog } from './catalog.ts'
import { type Config, ConfigError } from './config.ts'
import { deleteClosed } from './close/delete-closed.ts'
import { createConnections } from './connect/service.ts'
import { createEvaluator } from './evaluate/pool.ts'
import { startHeartbeat } from './worker/heartbeat.ts'
import { leaveWorkers, type WorkerSelf } from './store/database/workers.ts'
import { fitConnections, type Pools } from './take-connections.ts'
import { HOUSEKEEPING, keepTraces, lookAtSettled, makePartitions } from './worker/housekeeping.ts'
import { createLog } from './log.ts'
import { type Mail, mailBy } from './mail.ts'
import { startPostgres } from './postgres/embedded.ts'
import { updateRunFile } from './postgres/run-file.ts'
import { type SingleSignOn, singleSignOn } from './proof/single-sign-on.ts'
import { prepareDatabase } from './prepare-database.ts'
import { nextDue } from './schedule/schedule.ts'
import { startScheduler } from './worker/scheduler.ts'
import { keysThere, secretKeys } from './secret-key.ts'
import { type OpenDatabase, openDatabase } from './store/database/database.ts'
import { ERASURE_FILE, erasureRecord } from './store/erasure/erasure-record.ts'
import { migrationNames } from './store/database/migrate.ts'
import type { WorkerRole } from './store/database/schema.ts'
import { productApplication } from './store/key/key-holders.ts'
import { approvalLetters } from './approval/task.ts'
import { weeklyLetters } from './weekly/task.ts'
import { turnOffConnections } from './worker/unused-connections.ts'
import { watchDisk } from './watch-disk.ts'
import { startWorker, type Worker } from './worker/worker.ts'

/** A running product. */
export type Product = {
  /** Where people and scripts reach it. Empty for a process that takes no requests. */
  readonly url: string
  /** Set while nobody has set the product up yet: opens the page that makes the owner. */
  readonly setUpUrl: string | undefined
  readonly databaseUrl: string
  /** Of the role worker: resolves when there is nothing more to do for this version of the product. */
  readonly done: Promise<void>
  /** Stops everything in the order that loses nothing, within 25 seconds. May be called more than once. */
  stop(): Promise<void>
}

export type ProductOptions = {
  /** all: everything in one process. api: requests. worker: runs, schedules, housekeeping. Default: all. */
  readonly role?: WorkerRole
  /** For the demo, which has a mail server and no PUBLIC_URL: who sends the product's e-mail, and where its links lead. */
  readonly letters?: { readonly smtpUrl: string; readonly from: string; readonly links: string }
  /** Speed over durability of the embedded database, for tests. */
  readonly testing?: boolean
}

/** All parts together; the worker takes 20 of it at most. What is left then is cut off, and taken over by others. */
const STOP_WITHIN_MS = 25_000

/**
 * A process that stands still with a transaction open, for example while it claims a run of a workspace, keeps the locks
 * of it. They are gone before its leases end, so that whoever takes its runs over does not wait for them.
 */
const LEAST_IDLE_MS = 2_000

const WEB_ROOT = fileURLToPath(new URL('../editor/dist', import.meta.url))

/** @throws ConfigError if the server is named and the rest is not */
function mailOf({ smtpUrl, mailFrom, publicUrl }: Config): Mail | undefined {
  if (smtpUrl === undefined) return undefined
  if (mailFrom === undefined || publicUrl === undefined) {
    throw new ConfigError(['SMTP_URL needs MAIL_FROM and PUBLIC_URL beside it'])
  }
  return mailBy(smtpUrl, mailFrom)
}

/** @throws ConfigError if links would be made of what a proxy says, or of what somebody says through it */
function refuseProxiesWithoutAddress({ trustedProxies, publicUrl }: Config): void {
  if (trustedProxies.length > 0 && publicUrl === undefined)
    throw new ConfigError(['TRUSTED_PROXIES needs PUBLIC_URL beside it'])
}

/** @throws ConfigError if the place is named and the rest is not */
export function ssoOf(
  config: Pick<Config, 'oidcIssuer' | 'oidcClientId' | 'oidcClientSecret' | 'oidcName' | 'publicUrl'>,
): SingleSignOn | undefined {
  const { oidcIssuer: issuer, oidcClientId: clientId, oidcClientSecret: clientSecret, publicUrl } = config
  if (issuer === undefined) return undefined
  if (clientId === undefined || clientSecret === undefined || publicUrl === undefined) {
    throw new ConfigError(['OIDC_ISSUER needs OIDC_CLIENT_ID, OIDC_CLIENT_SECRET and PUBLIC_URL beside it'])
  }
  return singleSignOn({ issuer, clientId, clientSecret, name: config.oidcName })
}

/** Starts all parts, and answers when the product does its work. The only place where parts are wired. */
export async function startProduct(config: Config, options: ProductOptions = {}): Promise<Product> {
  const undo: (() => Promise<unknown>)[] = []
  let stopping: Promise<void> | undefined
  const stop = () => {
    stopping ??= (async () => {
      const failures: unknown[] = []
      const late = sleep(STOP_WITHIN_MS, undefined, { ref: false })
      // Last started, first stopped; one that cannot stop must not keep the others from it.
      for (const close of undo.reverse()) {
        await Promise.race([close(), late]).catch((error: unknown) => failures.push(error))
      }
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
  const role = options.role ?? 'all'
  if (role !== 'all' && config.databaseUrl === undefined) {
    throw new ConfigError([
      `DATABASE_URL must be set for the role ${role}: the embedded database belongs to one process that does everything. Give all processes the same one, or start without --role`,
    ])
  }
  const sso = ssoOf(config)
  const { letters } = options
  const mail = mailOf(config) ?? (letters && mailBy(letters.smtpUrl, letters.from))
  const links = config.publicUrl ?? letters?.links
  refuseProxiesWithoutAddress(config)
  let log: WorkerLog = createLog(config.logLevel)
  const roots = secretKeys(config)

  // Evaluators start while the database does. A process that runs nothing only checks what people write.
  const evaluator = createEvaluator({
    children: role === 'api' ? 1 : config.evaluatorChildren,
    log: (message) => log.warn({}, message),
  })
  undo.push(() => evaluator.close())

  const plainLog = { info: () => undefined, warn: console.warn, error: console.error }
  const embedded = config.databaseUrl
    ? undefined
    : await startPostgres({ dataDir: config.dataDir, log: plainLog, testing: options.testing ?? false })
  if (embedded) undo.push(() => embedded.stop())
  const databaseDisk = config.databaseDisk ?? (embedded && config.dataDir)
  // Whoever takes events has to know; workers rest when the database says that it is full.
  const disk =
    databaseDisk === undefined || role === 'worker'
      ? undefined
      : await watchDisk(databaseDisk, (message) => log.warn({}, message))
  if (disk) undo.push(async () => disk.close())
  const databaseUrl = config.databaseUrl ?? embedded?.url
  if (databaseUrl === undefined) throw new Error('there is neither a DATABASE_URL nor an embedded database')

  const id = `${hostname()}/${process.pid}/${randomUUID().slice(0, 8)}`
  const names = await migrationNames()
  const self: WorkerSelf = {
    id,
    host: hostname(),
    pid: process.pid,
    role,
    version: packageJson.version,
    schema: names.at(-1) ?? '',
    slots: role === 'api' ? 0 : config.workerConcurrency,
  }
  const { logins, share, keys } = await prepareDatabase(databaseUrl, roots, config, self, (message) =>
    log.warn({}, message),
  )
  const open = (url: string, max: number, name: 'app' | 'system' | 'jobs'): OpenDatabase => {
    const database = openDatabase({
      url,
      max,
      applicationName: productApplication(name, id),
      statementTimeoutMs: 60_000,
      idleInTransactionTimeoutMs: Math.max(LEAST_IDLE_MS, (config.leaseSeconds * 1000 * 2) / 3),
      onIdleError: (error) => log.warn({ err: error }, 'a database connection broke'),
    })
    undo.push(() => database.close())
    return database
  }
  const app = open(logins.appUrl, share.app, 'app')
  const system = open(logins.systemUrl, share.system, 'system')
  undo.push(() => leaveWorkers(system.db, id))
  const pools: { -readonly [name in keyof Pools]: Pools[name] } = { app: app.pool, system: system.pool }
  const erasures = erasureRecord(join(config.dataDir, ERASURE_FILE))

  const connections = createConnections({ db: app.db, keys, connectors, egressAllow: config.egressAllow })
  undo.push(() => connections.close())
  const catalog = buildCatalog()
  let worker: Worker | undefined
  let scheduler: ReturnType<typeof startScheduler> | undefined
  let outdated = false
  const done = Promise.withResolvers<void>()

  const server =
    role === 'worker'
      ? undefined // nor is anything of it loaded
      : await (await import('./app.ts')).buildApp({
          config,
          app: app.db,
          system: system.db,
          pools: { app: app.pool, system: system.pool },
          keys,
          evaluator,
          catalog,
          connections,
          sso,
          mail,
          mailLinks: links,
          erasures,
          outdated: () => outdated,
          diskTight: disk?.nearlyFull,
          ...(existsSync(join(WEB_ROOT, 'index.html')) ? { webRoot: WEB_ROOT } : {}),
        })
  if (server) {
    log = server.log
    undo.push(() => server.close())
  }

  // Loaded only where it is asked for: its libraries hold memory that most installations have no use for.
  const collector = config.otlpEndpoint !== undefined && {
    endpoint: config.otlpEndpoint,
    headers: config.otlpHeaders,
    serviceName: config.otelServiceName,
    version: packageJson.version,
    instance: id,
    warn: (message: string) => log.warn({}, message),
  }
  const tracing =
    collector && role !== 'api' ? (await import('./telemetry/trace-runs.ts')).startTracing(collector) : undefined
  if (tracing) undo.push(() => tracing.close())
  if (collector) {
    const { sendMeasures } = await import('./telemetry/send-measures.ts')
    // What holds for the installation is sent by those with a server; measured before it closes: it counts its own answers.
    let take = async (): Promise<readonly Measure[]> => server?.measures() ?? []
    if (!server) {
      const own = startOwnMeasures(
        { app: app.pool, system: system.pool },
        { slots: config.workerConcurrency, atWork: () => worker?.running() ?? 0 },
      )
      undo.push(async () => own.close())
      take = async () => own.take()
    }
    const sending = sendMeasures(collector, take)
    undo.push(() => sending.close())
  }

  const heartbeat = await startHeartbeat({
    system: system.db,
    self,
    fit: () => fitConnections(system.db, self, config.databaseConnections, pools),
    migrations: names,
    running: () => worker?.running() ?? 0,
    keys: { keyring: keys, given: () => keysThere(config) },
    outdated: () => {
      outdated = true
      void Promise.all([scheduler?.stop(), worker?.stop()]).then(() => {
        if (role === 'worker') done.resolve()
      })
    },
    log,
  })
  undo.push(() => heartbeat.stop())

  if (role !== 'api' && !outdated) {
    await makePartitions.run(system.db)
    const operations = operationsById()
    const operation = (id: string): Operation => {
      const known = operations.get(id)
      if (!known) throw new Error(`Nobody knows the operation “${id}”`)
      return known
    }
    const alerts = { app: app.db, keys, connectors, connections, operation, url: links, log }
    pools.jobs = open(logins.systemUrl, share.jobs, 'jobs').pool
    worker = startWorker({
      app: app.db,
      system: system.db,
      jobs: pools.jobs,
      keys,
      evaluator,
      connections,
      catalog,
      operation,
      name: id,
      concurrency: config.workerConcurrency,
      leaseSeconds: config.leaseSeconds,
      watch: tracing?.watch,
      housekeeping: [
        ...HOUSEKEEPING,
        ...keepTraces(config.traceDays),
        lookAtSettled(app.db, log),
        turnOffConnections(app.db, log),
        anchorAudit(config.dataDir, keys, log),
        keepErasures(erasures),
        watchAlerts(alerts),
        oldAlerts(app.db),
        weeklyLetters({
          ...{ app: app.db, mail, url: links, keys, log },
          describe: async (tx, workspace, role) =>
            (await describeAutomations({ catalog, connectors }, tx, workspace, role)).items,
        }),
        approvalLetters({ app: app.db, mail, url: links, approvers: APPROVERS, log }),
        deleteClosed({ app: app.db, connections, log }),
        turnOnDue({ app: app.db, catalog, connectors, connections, keys, log }),
      ],
      log,
    })
    undo.push(async () => worker?.stop())
    scheduler = startScheduler({ system: system.db, next: nextDue, log })
    undo.push(async () => scheduler?.stop())
  }
  undo.push(async () => heartbeat.stopping())

  if (!server) return { url: '', setUpUrl: undefined, databaseUrl, done: done.promise, stop }
  const address = await server.listen({ host: config.host, port: config.port })
  const url =
    config.publicUrl ??
    address.replace('127.0.0.1', 'localhost').replace('[::]', 'localhost').replace('0.0.0.0', 'localhost')
  if (embedded) updateRunFile(config.dataDir, { url: address })
  const setUp = await ensureSetupLink(system.db, keys)
  return { url, setUpUrl: setUp && `${url}${setUp}`, databaseUrl, done: done.promise, stop }
}

function operationsById(): ReadonlyMap<string, Operation> {
  return new Map(
    connectors.flatMap((connector) =>
      connector.operations.map((operation): [string, Operation] => [`${connector.name}.${operation.name}`, operation]),
    ),
  )
}
