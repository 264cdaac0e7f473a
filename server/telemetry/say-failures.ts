import { DiagLogLevel, diag } from '@opentelemetry/api'

/** A collector that is away is said once in a while, not with each attempt. */
const SAY_EVERY_MS = 60_000

/** Hands what the libraries complain of to the log. They have one place for it, whoever of them complains. */
export function sayFailures(tell: (message: string) => void): (message: string) => void {
  let said = Number.NEGATIVE_INFINITY
  const warn = (message: string) => {
    if (performance.now() - said < SAY_EVERY_MS) return
    said = performance.now()
    tell(`The collector of telemetry got nothing: ${wordsOf(message)}`)
  }
  const silent = () => undefined
  const logger = { error: warn, warn, info: silent, debug: silent, verbose: silent }
  diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true })
  return warn
}

/** The libraries write errors as JSON, with their stack. */
function wordsOf(text: string): string {
  try {
    const { message, code }: { message?: unknown; code?: unknown } = JSON.parse(text)
    return [message, code].filter((one) => one !== undefined && one !== '').join(' ') || text
  } catch {
    return text
  }
}
