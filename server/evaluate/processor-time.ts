import { readFileSync } from 'node:fs'

/** Linux counts the processor time of processes in hundredths of a second. */
const TICK_MS = 10

/** How long a process has been at work on a processor since its start, in milliseconds. Undefined where Linux does not say it. */
export function processorMs(pid: number | undefined): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // Behind its name, which may hold anything: user and system time are the 12th and 13th of the fields that follow.
    const [user, system] = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 13)
      .map(Number)
    return (user! + system!) * TICK_MS
  } catch {
    return undefined
  }
}
