import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync, realpathSync, renameSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { PostgresError } from './errors.ts'
import { commandLine, type Launcher } from './launcher.ts'
import { describeProcess, signal, startOf } from './process.ts'
import type { Programs } from './programs.ts'

export type Postmaster = {
  readonly pid: number
  readonly port: number
  /** Settles when the process is gone, however it went. */
  readonly exited: Promise<string>
  /** Fast shutdown: sessions are ended, everything is written. Harder after 10 s, hardest after 15 s. */
  stop(): Promise<void>
}

type Start = {
  readonly programs: Programs
  readonly launcher: Launcher
  readonly folder: string
  readonly logFile: string
  readonly settings: { readonly [name: string]: string }
  /** Undefined: any free port. */
  readonly port?: number | undefined
}

const READY_WITHIN_MS = 120_000 // recovery after a crash replays at most about 1 GB of log
const LOG_LIMIT_BYTES = 5_000_000
const PORT_TRIES = 5

/** Starts the server on 127.0.0.1 and answers when it takes connections. */
export async function startPostmaster(start: Start): Promise<Postmaster> {
  for (let attempt = 1; ; attempt++) {
    const port = start.port ?? (await freePort())
    const logStart = rotate(start.logFile)
    const child = launch(start, port)
    const exited = exitOf(child)
    if (await ready(child, start.folder, exited)) {
      return { pid: child.pid ?? 0, port, exited, stop: () => stopProcess(child.pid ?? 0, exited) }
    }
    const said = readFileSync(start.logFile, 'utf8').slice(logStart).trim()
    // Between finding a free port and listening on it somebody else may have taken it.
    if (/could not (bind|create any TCP)/.test(said) && attempt < PORT_TRIES) continue
    // After a kill -9 of the server its last sessions take a moment to notice and to let go of the shared memory.
    if (/pre-existing shared memory block/.test(said) && attempt < 20) {
      await delay(100)
      continue
    }
    throw new PostgresError(
      'POSTGRES_FAILED',
      `the database server did not start (${await exited}). Its last words: ${said.split('\n').slice(-4).join(' / ') || 'none'}. Its whole log is ${start.logFile}.`,
    )
  }
}

/** Stops a server that a dead process of ours left behind on this folder, and clears a lock file nobody holds. */
export async function clearOrphan(folder: string, say: (message: string) => void): Promise<void> {
  const file = join(folder, 'postmaster.pid')
  if (!existsSync(file)) return
  const pid = Number.parseInt(readFileSync(file, 'utf8'), 10)
  if (startOf(pid) === undefined || !worksOn(pid, folder)) {
    // PostgreSQL would believe a recycled pid to be its own server.
    rmSync(file, { force: true })
    return
  }
  say(`stopping the database server ${pid} that an earlier process left behind`)
  await stopProcess(pid, gone(pid))
}

function worksOn(pid: number, folder: string): boolean {
  const { cwd, command } = describeProcess(pid)
  return cwd === undefined ? command.includes(folder) : cwd === realpathSync(folder)
}

function launch(start: Start, port: number): ChildProcess {
  const settings = Object.entries({ ...start.settings, port: String(port) }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ])
  const [file, args] = commandLine(start.launcher, start.programs.postgres, ['-D', start.folder, ...settings])
  // A file, not a pipe: it outlives us, and a server left behind never blocks on it.
  const log = openSync(start.logFile, 'a', 0o600)
  try {
    // detached: a process group of its own, so that Ctrl-C reaches us alone and we stop it in order.
    const stdio: StdioOptions = ['ignore', log, log]
    return spawn(file, args, { env: start.programs.env, cwd: '/', stdio, detached: true, ...start.launcher.ids })
  } finally {
    closeSync(log)
  }
}

async function ready(child: ChildProcess, folder: string, exited: Promise<string>): Promise<boolean> {
  let ended = false
  void exited.then(() => {
    ended = true
  })
  const deadline = Date.now() + READY_WITHIN_MS
  while (!ended) {
    // `standby`: one that follows another takes connections too, to read.
    if (['ready', 'standby'].includes(statusOf(folder, child.pid) ?? '')) return true
    if (Date.now() > deadline) {
      await stopProcess(child.pid ?? 0, exited)
      return false
    }
    await delay(10)
  }
  return false
}

/** The eighth line of postmaster.pid says starting, ready, stopping …; it is how pg_ctl waits, too. */
function statusOf(folder: string, pid: number | undefined): string | undefined {
  try {
    const lines = readFileSync(join(folder, 'postmaster.pid'), 'utf8').split('\n')
    return Number(lines[0]) === pid ? lines[7]?.trim() : undefined
  } catch {
    return undefined // not written yet
  }
}

function exitOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (code, name) => resolve(name ? `ended by ${name}` : `ended with ${code}`))
  })
}

async function stopProcess(pid: number, exited: Promise<unknown>): Promise<void> {
  for (const [name, waitMs] of [
    ['SIGINT', 10_000],
    ['SIGQUIT', 5_000],
    ['SIGKILL', 5_000],
  ] as const) {
    signal(pid, name)
    const timer = new AbortController()
    const late = delay(waitMs, 'late', { signal: timer.signal }).catch(() => 'late')
    const outcome = await Promise.race([exited, late])
    timer.abort()
    if (outcome !== 'late') return
  }
}

async function gone(pid: number): Promise<void> {
  const start = startOf(pid)
  while (start !== undefined && startOf(pid) === start) await delay(20)
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port')),
      )
    })
  })
}

/** Keeps one earlier log; answers where in the log this start begins. */
function rotate(logFile: string): number {
  const size = existsSync(logFile) ? statSync(logFile).size : 0
  if (size < LOG_LIMIT_BYTES) return size
  renameSync(logFile, `${logFile}.1`)
  return 0
}
