import { appendFileSync, copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { DATABASE, OWNER, prepareCluster } from '../../server/postgres/cluster.ts'
import { chooseLauncher, ownFolder } from '../../server/postgres/launcher.ts'
import { type Postmaster, startPostmaster } from '../../server/postgres/postmaster.ts'
import { findPrograms } from '../../server/postgres/programs.ts'
import { serverSettings } from '../../server/postgres/settings.ts'
import { openDatabase, openSingleConnection, type OpenDatabase } from '../../server/store/database/database.ts'

// A PostgreSQL server and one that follows it, made with the server's own program alone.

export type Leader = {
  readonly port: number
  /** With the owner's login. */
  url(port: number): string
  /** Makes a standby, and answers when this server acknowledges a commit only after that has it on its disk. */
  follow(): Promise<Standby>
  /** Ends it at once: no word to its standby, no checkpoint. */
  kill(): Promise<void>
  stop(): Promise<void>
}

export type Standby = {
  /** Ends the following; from then on it leads. */
  promote(): Promise<Leader>
  stop(): Promise<void>
}

/** A new server below `root`, where its standbys will be, too. */
export async function startLeader(root: string): Promise<Leader> {
  const home = join(root, '0')
  mkdirSync(home)
  const programs = findPrograms({ linkDir: join(root, 'postgres-lib') })
  const launcher = chooseLauncher(programs, root)
  const { folder, password } = prepareCluster(home, programs, launcher, false)
  // What a standby has not fetched yet has to be there still.
  const settings = { ...serverSettings(programs.major, false), wal_keep_size: '1GB', max_wal_senders: '4' }
  const start = (of: string) =>
    startPostmaster({ programs, launcher, folder: of, logFile: join(root, 'postgres.log'), settings })
  const url = (port: number) => `postgresql://${OWNER}:${password}@127.0.0.1:${port}/${DATABASE}`
  let generation = 0

  const leaderOf = (server: Postmaster, from: string): Leader => ({
    port: server.port,
    url,
    async follow() {
      generation += 1
      const copy = join(root, String(generation))
      const admin = openDatabase({ url: url(server.port), max: 1 })
      try {
        await copyRunning(url(server.port), from, copy)
        writeFileSync(join(copy, 'standby.signal'), '')
        const source = `host=127.0.0.1 port=${server.port} user=${OWNER} password=${password} application_name=standby${generation}`
        appendFileSync(join(copy, 'postgresql.auto.conf'), `primary_conninfo = '${source}'\n`)
        ownFolder(launcher, copy)
        const standby = await start(copy)
        await waitFor(admin, 'streaming')
        await sql.raw(`alter system set synchronous_standby_names = 'standby${generation}'`).execute(admin.db)
        await sql`select pg_reload_conf()`.execute(admin.db)
        await waitFor(admin, 'sync')
        return {
          async promote() {
            const follower = openDatabase({ url: url(standby.port), max: 1 })
            await sql`select pg_promote(true, 60)`.execute(follower.db)
            await follower.close()
            return leaderOf(standby, copy)
          },
          stop: () => standby.stop(),
        }
      } finally {
        await admin.close()
      }
    },
    async kill() {
      process.kill(server.pid, 'SIGQUIT')
      await server.exited
    },
    stop: () => server.stop(),
  })
  return leaderOf(await start(folder), folder)
}

/** A backup in the two calls that PostgreSQL has for it: what is copied meanwhile may be torn, its log mends it. */
async function copyRunning(url: string, from: string, to: string): Promise<void> {
  const { db, close } = await openSingleConnection({ url })
  try {
    await sql`select pg_backup_start('standby', true)`.execute(db)
    copyFolder(from, to)
    const { rows } = await sql<{ labelfile: string }>`select labelfile from pg_backup_stop(false)`.execute(db)
    writeFileSync(join(to, 'backup_label'), rows[0]!.labelfile)
  } finally {
    await close()
  }
}

/** Of the server that runs, and of what it wrote for itself. */
const OWN_FILES = new Set(['postmaster.pid', 'postmaster.opts'])
const OWN_FOLDERS = new Set([
  'pg_wal',
  'pg_replslot',
  'pg_dynshmem',
  'pg_notify',
  'pg_serial',
  'pg_snapshots',
  'pg_stat_tmp',
])

function copyFolder(from: string, to: string, top = true): void {
  mkdirSync(to, { mode: 0o700 })
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [one, other] = [join(from, entry.name), join(to, entry.name)]
    if (top && OWN_FILES.has(entry.name)) continue
    if (top && OWN_FOLDERS.has(entry.name)) {
      mkdirSync(other, { mode: 0o700 })
      continue
    }
    if (entry.isDirectory()) copyFolder(one, other, false)
    else copyIfThere(one, other)
  }
}

function copyIfThere(from: string, to: string): void {
  try {
    copyFileSync(from, to)
  } catch (error) {
    // Files come and go while the server runs.
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
}

async function waitFor({ db }: OpenDatabase, what: 'streaming' | 'sync'): Promise<void> {
  for (const until = performance.now() + 60_000; performance.now() < until; await sleep(20)) {
    const { rows } = await sql<{ state: string; sync_state: string }>`
      select state, sync_state from pg_stat_replication where application_name like 'standby%'
    `.execute(db)
    if (rows.some((row) => row.state === 'streaming' && (what === 'streaming' || row.sync_state === 'sync'))) return
  }
  throw new Error(`the standby was not ${what} within a minute`)
}
