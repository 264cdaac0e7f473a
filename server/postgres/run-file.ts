import { randomUUID } from 'node:crypto'
import { chmodSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { PostgresError } from './errors.ts'
import { isRunning, startOf } from './process.ts'

/**
 * DATA_DIR/run.json: which process has this data directory, and where to reach it. It is the lock (one process per
 * directory) and the note by which backup finds a running product. Mode 0600: the database address holds a password.
 * It guards processes of one machine; a directory shared by several machines is not supported.
 */
export type RunFile = {
  readonly pid: number
  readonly start: string
  /** Address of the product's HTTP server, once it listens. */
  readonly url?: string
  /** Address of the database with the owner's login, once it is ready. */
  readonly databaseUrl?: string
}

/** Takes the data directory for this process, or throws DATA_DIR_IN_USE with the pid of the one that has it. */
export function claimDataDir(dataDir: string): void {
  makeDataDir(dataDir)
  const path = runFilePath(dataDir)
  const mine = JSON.stringify({ pid: process.pid, start: startOf(process.pid) })
  for (;;) {
    if (createWhole(path, mine)) return
    const found = read(path)
    if (found && isRunning(found.pid, found.start)) throw inUse(dataDir, found.pid)
    setAside(path, found)
  }
}

/** Adds to what is written about this process. The directory must be claimed by it. */
export function updateRunFile(dataDir: string, fields: { url?: string; databaseUrl?: string }): void {
  const path = runFilePath(dataDir)
  const found = read(path)
  if (found?.pid !== process.pid) throw new Error(`update ${path}: it belongs to process ${found?.pid ?? 'none'}`)
  const fresh = `${path}.${process.pid}`
  writeFileSync(fresh, JSON.stringify({ ...found, ...fields }), { mode: 0o600 })
  renameSync(fresh, path)
}

/** What is written about the process that has this data directory; undefined when none is running. */
export function readRunFile(dataDir: string): RunFile | undefined {
  const found = read(runFilePath(dataDir))
  return found && isRunning(found.pid, found.start) ? found : undefined
}

/** Gives the data directory back. Harmless when it is not ours. */
export function releaseDataDir(dataDir: string): void {
  const path = runFilePath(dataDir)
  if (read(path)?.pid === process.pid) rmSync(path, { force: true })
}

export function runFilePath(dataDir: string): string {
  return join(resolve(dataDir), 'run.json')
}

function makeDataDir(dataDir: string): void {
  try {
    if (mkdirSync(dataDir, { recursive: true })) chmodSync(dataDir, 0o700)
  } catch (error) {
    throw new PostgresError(
      'DATA_DIR_UNUSABLE',
      `cannot make the data directory ${resolve(dataDir)} (${codeOf(error)}). Make it yourself, or set DATA_DIR to a place this user may write to.`,
      { cause: error },
    )
  }
}

/** Writes a file that appears complete or not at all; false when there is one already. */
function createWhole(path: string, text: string): boolean {
  const fresh = `${path}.${randomUUID()}`
  try {
    writeFileSync(fresh, text, { mode: 0o600 })
    linkSync(fresh, path)
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw new PostgresError(
      'DATA_DIR_UNUSABLE',
      `cannot write ${path} (${codeOf(error)}). Check who owns DATA_DIR and whether its disk is full.`,
      {
        cause: error,
      },
    )
  } finally {
    rmSync(fresh, { force: true })
  }
}

/** Removes a dead process's file. Two may try at once: the second may have moved the winner's fresh file, and puts it back. */
function setAside(path: string, dead: RunFile | undefined): void {
  const aside = `${path}.${randomUUID()}`
  try {
    renameSync(path, aside)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return // somebody else did it
    throw error
  }
  const moved = read(aside)
  if (moved && (moved.pid !== dead?.pid || moved.start !== dead.start) && isRunning(moved.pid, moved.start))
    linkSync(aside, path)
  rmSync(aside, { force: true })
}

function read(path: string): RunFile | undefined {
  try {
    // Written by claimDataDir; anything else in it reads as nobody's.
    const found = JSON.parse(readFileSync(path, 'utf8')) as Partial<RunFile> | null
    return typeof found?.pid === 'number' && typeof found.start === 'string' ? (found as RunFile) : undefined
  } catch (error) {
    if (error instanceof SyntaxError || codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

function inUse(dataDir: string, pid: number): PostgresError {
  return new PostgresError(
    'DATA_DIR_IN_USE',
    `process ${pid} is already running on the data directory ${resolve(dataDir)}. Stop it (kill -INT ${pid}), or set DATA_DIR to another directory.`,
  )
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}
