import { hostname } from 'node:os'
import type { WorkerLog } from './worker/carry-out.ts'
import type { Config } from './config.ts'

const LEVELS = { fatal: 60, error: 50, warn: 40, info: 30, debug: 20, trace: 10, silent: Number.POSITIVE_INFINITY }

/** Line ends of some readers that JSON leaves as they are. In JSON they stand in texts only. */
const MORE_LINE_ENDS = /[\u0085\u2028\u2029]/g

/** One event is one line, whoever splits the log into lines. */
export const oneLine = (json: string): string =>
  json.replace(MORE_LINE_ENDS, (end) => `\\u${end.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** How the HTTP server logs (pino). */
export const httpLog = (least: Config['logLevel']) =>
  least === 'silent' ? false : { level: least, hooks: { streamWrite: oneLine } }

/** A log of JSON lines like that of the HTTP server, for processes that have none. */
export function createLog(least: Config['logLevel']): WorkerLog {
  const write = (level: number) => (fields: object, message: string) => {
    if (level < LEVELS[least]) return
    const line = { level, time: Date.now(), pid: process.pid, hostname: hostname(), ...plain(fields), msg: message }
    process.stdout.write(`${oneLine(JSON.stringify(line))}\n`)
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
