import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PostgresError } from './errors.ts'
import { commandLine, type Launcher, ownFolder } from './launcher.ts'
import type { Programs } from './programs.ts'

/** The owner's login and the product's database in an embedded PostgreSQL. */
export const OWNER = 'tieline'
export const DATABASE = 'tieline'

export type Cluster = {
  readonly folder: string
  readonly password: string
  /** Made by this start. */
  readonly fresh: boolean
}

/** Opens DATA_DIR/postgres, or makes it on the first start. Checks that it fits the programs. */
export function prepareCluster(dataDir: string, programs: Programs, launcher: Launcher, durable: boolean): Cluster {
  const folder = join(dataDir, 'postgres')
  const fresh = !existsSync(folder)
  if (fresh) makeCluster(dataDir, folder, programs, launcher, durable)
  else ownFolder(launcher, folder)
  checkVersion(folder, programs.major)
  return { folder, password: readFileSync(passwordFile(dataDir), 'utf8').trim(), fresh }
}

function passwordFile(dataDir: string): string {
  return join(dataDir, 'postgres.password')
}

function makeCluster(dataDir: string, folder: string, programs: Programs, launcher: Launcher, durable: boolean): void {
  // Made beside its place and renamed when complete: a first start that is killed leaves nothing half-made behind.
  const making = `${folder}.making`
  rmSync(making, { recursive: true, force: true })
  mkdirSync(making, { mode: 0o700 })
  const password = randomBytes(24).toString('base64url')
  writeFileSync(passwordFile(dataDir), `${password}\n`, { mode: 0o600 })

  const cluster = join(making, 'cluster')
  // A copy for initdb, whose user need not be able to read ours; it goes with the folder.
  const pwfile = join(making, 'password')
  writeFileSync(pwfile, `${password}\n`, { mode: 0o600 })
  ownFolder(launcher, making)
  run(programs, launcher, programs.initdb, initdbArgs(cluster, pwfile, programs.major), '', making)
  const createDatabase = `create database ${DATABASE}\n`
  run(programs, launcher, programs.postgres, ['--single', '-F', '-D', cluster, 'template1'], createDatabase, making)
  // Everything above was written without waiting for the disk; one pass at the end is quicker.
  if (durable) run(programs, launcher, programs.initdb, ['--sync-only', '-D', cluster], '', making)
  renameSync(cluster, folder)
  rmSync(making, { recursive: true })
}

function initdbArgs(folder: string, pwfile: string, major: number): string[] {
  return [
    ...['-D', folder, '-U', OWNER, `--pwfile=${pwfile}`, '--auth=scram-sha-256', '--encoding=UTF8', '--data-checksums'],
    // Sorts by code point, so that no library update can ever disorder an index; from 17 on it knows upper and lower case.
    ...(major >= 17 ? ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'] : ['--locale=C']),
    '--no-sync',
  ]
}

function run(
  programs: Programs,
  launcher: Launcher,
  program: string,
  args: string[],
  input: string,
  cwd: string,
): void {
  const [file, wrapped] = commandLine(launcher, program, args)
  const done = spawnSync(file, wrapped, { env: programs.env, cwd, input, encoding: 'utf8', ...launcher.ids })
  if (done.status === 0) return
  const said = `${done.stdout ?? ''}${done.stderr ?? ''}`.trim().split('\n').slice(-3).join(' / ')
  throw new PostgresError(
    'POSTGRES_FAILED',
    `making the database folder with ${program} ended with ${done.signal ?? done.status ?? done.error?.message}: ${said || 'no output'}. Check that the disk has 100 MB free, or set DATABASE_URL.`,
  )
}

function checkVersion(folder: string, major: number): void {
  const made = Number.parseInt(readFileSync(join(folder, 'PG_VERSION'), 'utf8'), 10)
  if (made === major) return
  throw new PostgresError(
    'POSTGRES_VERSION',
    `the database in ${folder} was made by PostgreSQL ${made}, the programs here are PostgreSQL ${major}. Make a backup with the product version that made it ("npm run backup"), move the folder away, start once, and "npm run restore" that backup.`,
  )
}
