import { readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

// A process that was killed leaves no word. Others on its machine can see that it is gone, those elsewhere cannot.

/** Where this process runs: its machine, what counts processes there, and its number. */
export function ownPlace(): string {
  return `${MACHINE} ${process.pid}`
}

/** Whether no process runs there any more. What cannot be seen from here counts as running. */
export function isGone(place: string): boolean {
  const at = place.lastIndexOf(' ')
  const pid = Number(place.slice(at + 1))
  return place.slice(0, at) === MACHINE && isNoProcess(pid)
}

/** Whether no process of this machine has this number. */
export function isNoProcess(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH' // what kill throws
  }
}

/** Containers on one machine may have one name and count their processes each from 1. */
const MACHINE = `${hostname()} ${countOfProcesses()}`

function countOfProcesses(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return '' // a system with one count for all
  }
}
