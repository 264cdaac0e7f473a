import { spawnSync } from 'node:child_process'
import { chmodSync, lchownSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { PostgresError } from './errors.ts'
import type { Programs } from './programs.ts'

/**
 * How PostgreSQL is started so that it does not run as root, which it refuses.
 *
 * direct  – we are not root already.
 * unshare – a user namespace in which root's files belong to an ordinary user: nothing to install, nothing to own.
 * user    – a real unprivileged user of this machine, where namespaces are refused; it must be able to reach the files.
 */
export type Launcher = {
  readonly kind: 'direct' | 'unshare' | 'user'
  readonly prefix: readonly string[]
  readonly ids: { readonly uid?: number; readonly gid?: number }
  /** Who the data folder must belong to, as seen from outside. */
  readonly owner: { readonly uid: number; readonly gid: number }
}

/** Chooses the way that works on this machine. `only` keeps to one way (tests). */
export function chooseLauncher(programs: Programs, dataDir: string, only?: Launcher['kind']): Launcher {
  const uid = process.getuid?.() ?? 0
  const owner = { uid, gid: process.getgid?.() ?? 0 }
  if (uid !== 0) return { kind: 'direct', prefix: [], ids: {}, owner }

  const user = unprivilegedUser()
  if (only !== 'user') {
    const prefix = ['unshare', '-U', `--map-user=${user.uid}`, `--map-group=${user.gid}`]
    if (works(programs, { kind: 'unshare', prefix, ids: {}, owner })) return { kind: 'unshare', prefix, ids: {}, owner }
  }
  if (only !== 'unshare') {
    const ids = { uid: user.uid, gid: user.gid }
    const launcher: Launcher = { kind: 'user', prefix: [], ids, owner: ids }
    // Others may pass through the data directory to the database's folder, but not list it; its files stay 0600.
    chmodSync(dataDir, statSync(dataDir).mode | 0o111)
    if (works(programs, launcher)) return launcher
  }
  throw new PostgresError(
    'POSTGRES_NEEDS_A_USER',
    `PostgreSQL does not run as root; "unshare -U" is refused here, and user ${user.name} cannot run ${programs.postgres}. Start the product as an ordinary user, put it where every user can read it, or set DATABASE_URL, for example postgresql://tieline:password@localhost:5432/tieline`,
  )
}

/** The program and arguments to start, wrapped the launcher's way. */
export function commandLine(launcher: Launcher, program: string, args: readonly string[]): [string, string[]] {
  const [first, ...rest] = [...launcher.prefix, program, ...args]
  return [first ?? program, rest]
}

/** Gives a data folder to the user the server will run as, if an earlier start ran it as another. */
export function ownFolder(launcher: Launcher, folder: string): void {
  if (launcher.kind === 'direct') return
  const { uid, gid } = launcher.owner
  if (statSync(folder).uid === uid) return
  lchownSync(folder, uid, gid)
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
    lchownSync(join(folder, name), uid, gid)
}

function works(programs: Programs, launcher: Launcher): boolean {
  const [file, args] = commandLine(launcher, programs.postgres, ['--version'])
  return spawnSync(file, args, { env: programs.env, cwd: '/', stdio: 'ignore', ...launcher.ids }).status === 0
}

/** A user that exists: initdb looks its name up. `postgres` where there is one, else `nobody`. */
function unprivilegedUser(): { name: string; uid: number; gid: number } {
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
  const usable = users.filter(({ uid }) => uid > 0)
  const found =
    usable.find(({ name }) => name === 'postgres') ?? usable.find(({ name }) => name === 'nobody') ?? usable[0]
  return found ?? { name: 'nobody', uid: 65534, gid: 65534 }
}
