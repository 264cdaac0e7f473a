import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../config.ts'
import { startPostgres } from '../postgres/embedded.ts'
import { PostgresError } from '../postgres/errors.ts'
import { readRunFile } from '../postgres/run-file.ts'

type Need = 'running or not' | 'stopped'

/**
 * Runs a command on the product's database, with the owner's login: the one of DATABASE_URL, the embedded one of the
 * running product, or else the embedded one started for as long as the command takes.
 */
export async function withOwnDatabase(config: Config, need: Need, work: (url: string) => Promise<void>): Promise<void> {
  const running = readRunFile(config.dataDir)
  if (running && need === 'stopped') {
    throw new PostgresError(
      'DATA_DIR_IN_USE',
      `the product is running (process ${running.pid}). Stop it first (kill -INT ${running.pid}); nothing was changed.`,
    )
  }
  if (config.databaseUrl) return work(config.databaseUrl)
  if (running?.databaseUrl) return work(running.databaseUrl)
  if (need === 'running or not' && !existsSync(join(config.dataDir, 'postgres'))) {
    throw new PostgresError(
      'DATA_DIR_UNUSABLE',
      `there is no database in ${config.dataDir} yet. Set DATA_DIR to the product's data directory, or DATABASE_URL.`,
    )
  }
  const quiet = { info() {}, warn: complain, error: complain }
  const embedded = await startPostgres({ dataDir: config.dataDir, log: quiet })
  const stop = () => void embedded.stop().then(() => process.exit(130)) // 128 + SIGINT
  process.once('SIGINT', stop)
  try {
    await work(embedded.url)
  } finally {
    process.off('SIGINT', stop)
    await embedded.stop()
  }
}

/** Ends a command that failed: one plain sentence for what was foreseen, the stack for what was not. */
export function fail(error: unknown): void {
  complain(
    error instanceof Error && 'code' in error
      ? error.message
      : error instanceof Error
        ? `${error.stack}`
        : String(error),
  )
  process.exitCode = 1
}

function complain(message: string): void {
  process.stderr.write(`${message}\n`)
}
