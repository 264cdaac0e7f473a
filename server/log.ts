import { hostname } from 'node:os'
import { maskedWords } from '../connectors/kit/personal-words.ts'
import type { WorkerLog } from './worker/carry-out.ts'
import type { Config } from './config.ts'

const LEVELS = { fatal: 60, error: 50, warn: 40, info: 30, debug: 20, trace: 10, silent: Number.POSITIVE_INFINITY }

/** Line ends of some readers that JSON leaves as they are. In JSON they stand in texts only. */
const MORE_LINE_ENDS = /[\u0085\u2028\u2029]/g

/** One event is one line, whoever splits the log into lines. */
export const oneLine = (json: string): string =>
  json.replace(MORE_LINE_ENDS, (end) => `\\u${end.charCodeAt(0).toString(16).padStart(4, '0')}`)

/**
 * What the log says of an error. Not whatever else hangs on it: PostgreSQL puts the row into `detail`, a mail library the
 * recipients, and a log is read by people who may not see either. Its words may be those of another system.
 */
export function describeError(error: unknown): Described {
  if (!(error instanceof Error)) return { type: typeof error, message: maskedWords(String(error)), stack: '' }
  const named = Object.entries(error).filter(([name, value]) => NAMED.has(name) && typeof value === 'string')
  const [message, stack] = [maskedWords(error.message), maskedWords(stackOf(error))]
  return { type: error.name, message, stack, ...Object.fromEntries(named) }
}
type Described = { type: string; message: string; stack: string; [name: string]: unknown }
/** Codes, and names out of our own schema. */
const NAMED = new Set(['code', 'constraint', 'table', 'column'])
const MOST_CAUSES = 5

function stackOf(error: Error): string {
  const stacks: string[] = []
  for (let one: unknown = error; one instanceof Error && stacks.length < MOST_CAUSES; one = one.cause)
    stacks.push(one.stack ?? one.message)
  return stacks.join('\ncaused by: ')
}

/** How the HTTP server logs (pino). */
export const httpLog = (least: Config['logLevel']) =>
  least === 'silent'
    ? false
    : {
        level: least,
        hooks: { streamWrite: oneLine },
        serializers: { err: describeError },
      }

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
    Object.entries(fields).map(([name, value]) => [name, value instanceof Error ? describeError(value) : value]),
  )
}
