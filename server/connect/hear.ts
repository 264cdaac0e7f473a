import type { Limit } from '../../connectors/kit/connector.ts'
import type { HttpAnswer } from '../../connectors/kit/http.ts'
import { remoteNow, retryAfterMs } from '../../connectors/kit/retry-after.ts'
import type { Said } from './book.ts'

/** After “too many at once” without a time to wait. */
const SHORT_PAUSE_MS = 1_000

/** What an answer says of a limit: what is left, and with a refusal for how long to be silent. */
export function hear(
  limit: Omit<Limit, 'key'>,
  answer: Pick<HttpAnswer, 'status' | 'headers'>,
): (Omit<Said, 'ageMs'> & { readonly pauseMs?: number }) | undefined {
  const minute = countIn(answer.headers, limit.left?.minute)
  const day = countIn(answer.headers, limit.left?.day)
  const refused = answer.status === 429 && (limit.broken?.(answer) ?? true)
  const ends = limit.freeInMs?.(answer)
  // A refusal that says when to come back says when the remote's minute ends.
  if (refused) {
    const asked = ends ?? retryAfterMs(answer)
    return { minute, day, freeInMs: asked, pauseMs: asked ?? pauseOf(answer) }
  }
  return minute === undefined && day === undefined ? undefined : { minute, day, freeInMs: ends }
}

const countIn = (headers: HttpAnswer['headers'], name: string | undefined) => {
  const value = name === undefined ? undefined : headers[name]
  return value !== undefined && /^\d+$/.test(value) ? Number(value) : undefined
}

function pauseOf(answer: Pick<HttpAnswer, 'headers'>): number {
  const reset = countIn(answer.headers, 'x-ratelimit-reset')
  return reset === undefined ? SHORT_PAUSE_MS : Math.max(SHORT_PAUSE_MS, reset * 1000 - remoteNow(answer))
}
