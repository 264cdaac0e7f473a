import { hostname } from 'node:os'
import type { WorkerLog } from './worker/carry-out.ts'
import type { Config } from './config.ts'

const LEVELS = { fatal: 60, error: 50, warn: 40, info: 30, debug: 20, trace: 10, silent: Number.POSITIVE_INFINITY }

/** A log of JSON lines like that of the HTTP server, for processes that have none. */
export function createLog(least: Config['logLevel']): WorkerLog {
  const write = (level: number) => (fields: object, message: string) => {
    if (level < LEVELS[least]) return
    const line = { level, time: Date.now(), pid: process.pid, hostname: hostname(), ...plain(fields), msg: message }
    process.stdout.write(`${JSON.stringify(line)}\n`)
  }
  return { info: write(LEVELS.info), warn: write(LEVELS.warn), error: write(LEVELS.error) }
}

function plain(fields: object): object {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      value instanceof Error
        ? {
            type: value.name,
            message: value.message,
            stack: value.stack,
            ...('code' in value ? { code: value.code } : {}),
          }
        : value,
    ]),
  )
}
