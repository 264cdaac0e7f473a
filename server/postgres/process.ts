import { execFileSync } from 'node:child_process'
import { readFileSync, readlinkSync } from 'node:fs'

/**
 * When a process was started, as an opaque text; undefined when there is no such process.
 * A pid alone proves nothing: after a crash or a reboot it may belong to somebody else. Pid and start together are unique.
 */
export function startOf(pid: number): string | undefined {
  if (!Number.isInteger(pid) || pid <= 0) return undefined
  return process.platform === 'linux' ? startOnLinux(pid) : startByPs(pid)
}

/** Is this still the process that was noted with this start? */
export function isRunning(pid: number, start: string): boolean {
  return startOf(pid) === start
}

function startOnLinux(pid: number): string | undefined {
  const stat = readProc(`/proc/${pid}/stat`)
  // The second field is the program's name in parentheses and may hold spaces and parentheses itself.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
  // Field 3 is the state (Z: dead, its parent has not looked yet); field 22 the start in clock ticks since boot.
  if (!fields || fields[0] === 'Z' || fields[0] === 'X') return undefined
  return `${readProc('/proc/sys/kernel/random/boot_id')?.trim()} ${fields[19]}`
}

function startByPs(pid: number): string | undefined {
  try {
    const options = { encoding: 'utf8', env: { LC_ALL: 'C', TZ: 'UTC', PATH: '/bin:/usr/bin' } } as const
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], options).trim() || undefined
  } catch {
    return undefined // ps ends with 1 when there is no such process
  }
}

/** The folder a process works in and its command line, as far as this system tells; PostgreSQL works in its data folder. */
export function describeProcess(pid: number): { cwd: string | undefined; command: string } {
  if (process.platform === 'linux') {
    return {
      cwd: readLink(`/proc/${pid}/cwd`),
      command: (readProc(`/proc/${pid}/cmdline`) ?? '').replaceAll('\0', ' '),
    }
  }
  try {
    return { cwd: undefined, command: execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }) }
  } catch {
    return { cwd: undefined, command: '' }
  }
}

/** Sends a signal; a process that is gone already is not an error. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    // A process object from Node always carries a code here.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}
