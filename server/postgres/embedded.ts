import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DATABASE, OWNER, prepareCluster } from './cluster.ts'
import { chooseLauncher, type Launcher } from './launcher.ts'
import { clearOrphan, startPostmaster } from './postmaster.ts'
import { signal } from './process.ts'
import { findPrograms } from './programs.ts'
import { claimDataDir, releaseDataDir, updateRunFile } from './run-file.ts'
import { serverSettings } from './settings.ts'

/** Where the embedded server says what it does; the product's logger fits. */
export type Log = { info(message: string): void; warn(message: string): void; error(message: string): void }

export type EmbeddedPostgres = {
  /** Address with the owner's login. Holds a password. */
  readonly url: string
  /** The server's process; changes when it had to be started again. */
  readonly pid: number
  /** Stops the server and gives the data directory back. May be called any number of times, at any time. */
  stop(): Promise<void>
}

export type EmbeddedOptions = {
  readonly dataDir: string
  readonly log: Log
  /** Speed over durability: for databases that end with their test. */
  readonly testing?: boolean
  /** Programs of an installed PostgreSQL instead of the npm package's. */
  readonly binDir?: string | undefined
  /** Keeps to one way of not running as root. */
  readonly launcher?: Launcher['kind']
}

/** So many restarts of a dying server within the window, then it rests: something else is wrong, a full disk perhaps. */
const RESTARTS = 5
const RESTART_WINDOW_MS = 60_000
const REST_MS = 10_000

/**
 * Starts PostgreSQL under `dataDir` and answers when it takes connections. The first start makes the database; a start
 * after a crash stops the server left behind and lets PostgreSQL recover. While we live, a server that dies is started
 * again on the same port, however often it takes, so open pools find it. One process per data directory: a second gets DATA_DIR_IN_USE.
 */
export async function startPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  claimDataDir(options.dataDir)
  try {
    return await startClaimed({ ...options, dataDir: realpathSync(options.dataDir) })
  } catch (error) {
    releaseDataDir(options.dataDir)
    throw error
  }
}

async function startClaimed({
  dataDir,
  log,
  testing = false,
  binDir,
  launcher: only,
}: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const programs = findPrograms({ linkDir: join(dataDir, 'postgres-lib'), binDir })
  const launcher = chooseLauncher(programs, dataDir, only)
  await clearOrphan(join(dataDir, 'postgres'), (message) => log.warn(message))
  const { folder, password, fresh } = prepareCluster(dataDir, programs, launcher, !testing)
  if (fresh) log.info(`made a new database in ${folder}`)

  const start = {
    programs,
    launcher,
    folder,
    logFile: join(dataDir, 'postgres.log'),
    settings: serverSettings(programs.major, testing),
  }
  let server = await startPostmaster(start)
  const { port } = server
  const url = `postgresql://${OWNER}:${password}@127.0.0.1:${port}/${DATABASE}`
  updateRunFile(dataDir, { databaseUrl: url })

  let stopped: Promise<void> | undefined
  const stopping = new AbortController()
  const supervised = supervise()
  // process.exit() leaves no time to wait: the server is told, and stops by itself.
  const onExit = () => signal(server.pid, 'SIGINT')
  process.once('exit', onExit)

  return {
    url,
    get pid() {
      return server.pid
    },
    stop() {
      stopped ??= stopAll()
      return stopped
    },
  }

  async function supervise(): Promise<void> {
    const deaths: number[] = []
    for (;;) {
      const how = await server.exited
      if (stopped) return
      deaths.push(Date.now())
      if (deaths.filter((at) => at > Date.now() - RESTART_WINDOW_MS).length > RESTARTS) {
        log.error(
          `the database server ${how} more than ${RESTARTS} times in a minute; it is tried again in ${REST_MS / 1000} s. Its log is ${start.logFile}.`,
        )
        await rest()
      } else log.error(`the database server ${how}; starting it again`)
      while (!stopped && !(await started())) await rest()
      if (stopped) return
    }
  }

  async function started(): Promise<boolean> {
    try {
      await clearOrphan(folder, (message) => log.warn(message))
      server = await startPostmaster({ ...start, port })
      return true
    } catch (error) {
      log.error(error instanceof Error ? error.message : String(error))
      return false
    }
  }

  async function rest(): Promise<void> {
    await sleep(REST_MS, undefined, { signal: stopping.signal }).catch(() => undefined)
  }

  async function stopAll(): Promise<void> {
    stopping.abort()
    await server.stop()
    await supervised
    await server.stop() // it may just have been started again
    process.removeListener('exit', onExit)
    releaseDataDir(dataDir)
  }
}
