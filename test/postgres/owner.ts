import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readlinkSync, realpathSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { sql } from 'kysely'
import { startPostgres } from '../../server/postgres/embedded.ts'
import { openDatabase } from '../../server/store/database/database.ts'

const PROGRAM = fileURLToPath(new URL('owner-process.ts', import.meta.url))

export type Owner = {
  readonly process: ChildProcess
  readonly answer: 'ready' | 'refused'
  /** When ready. */
  readonly url: string
  readonly postmaster: number
  /** When refused. */
  readonly message: string
  /** Waits for the process to be gone. */
  gone(): Promise<void>
}

/** Starts another process on a data directory and waits for what it says. It leads a process group, like a shell's job. */
export async function startOwner(dataDir: string): Promise<Owner> {
  const child = spawn(process.execPath, [PROGRAM, dataDir], { stdio: ['ignore', 'pipe', 'inherit'], detached: true })
  const exited = once(child, 'exit')
  for await (const line of createInterface(child.stdout)) {
    const [word, text] = [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]
    if (word !== 'ready' && word !== 'refused') continue
    const said = word === 'ready' ? JSON.parse(text) : {}
    return {
      ...{ process: child, answer: word, url: String(said.url), postmaster: Number(said.pid), message: text },
      gone: async () => void (await exited),
    }
  }
  throw new Error('the process ended without a word')
}

/** A data directory in which a first start has been made: copying it is quicker than making another. */
export async function preparedDataDir(): Promise<string> {
  const dataDir = mkdtempSync(join(tmpdir(), 'tieline-prepared-'))
  await (await startPostgres({ dataDir, log: { info() {}, warn() {}, error() {} }, testing: true })).stop()
  return dataDir
}

/** A copy of such a directory, with its modes, which Node's own copy loses. */
export function copyDataDir(prepared: string): string {
  const dataDir = mkdtempSync(join(tmpdir(), 'tieline-copy-'))
  execFileSync('cp', ['-a', `${prepared}/.`, dataDir])
  return dataDir
}

/** Runs one statement over a connection of its own. */
export async function ask<T>(url: string, statement: string): Promise<T[]> {
  const database = openDatabase({ url, max: 1 })
  try {
    return (await sql.raw<T>(statement).execute(database.db)).rows
  } finally {
    await database.close()
  }
}

/** The processes that work in a folder: postmaster and all its children do in theirs. Linux only. */
export function processesIn(folder: string): number[] {
  const place = realpathSync(folder)
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && workingFolder(pid) === place)
}

function workingFolder(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`)
  } catch {
    return undefined // gone meanwhile
  }
}
