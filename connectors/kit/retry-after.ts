import type { HttpAnswer } from './http.ts'

/** How long an answer asks to wait, in milliseconds: `Retry-After` as seconds or as an HTTP date. */
export function retryAfterMs(answer: Pick<HttpAnswer, 'headers'>): number | undefined {
  const value = answer.headers['retry-after']?.trim()
  if (value === undefined || value === '') return undefined
  if (/^\d+(\.\d+)?$/.test(value)) return Math.ceil(Number(value) * 1000)
  const until = Date.parse(value)
  return Number.isNaN(until) ? undefined : Math.max(0, until - remoteNow(answer))
}

/** The remote's clock in milliseconds since 1970, from its `Date` header, else ours. */
export function remoteNow(answer: Pick<HttpAnswer, 'headers'>): number {
  const date = Date.parse(answer.headers.date ?? '')
  return Number.isNaN(date) ? Date.now() : date
}
