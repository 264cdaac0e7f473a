import { createHash } from 'node:crypto'
import { type Answer, apiError } from './answers.ts'

/** Answers are replayed for six minutes from the first call. */
const KEPT_FOR = 6 * 60_000
const LONGEST_KEY = 128

type Stored = { readonly request: string; readonly answer: Answer; readonly at: number }

/**
 * Keys belong to an access token: one team measured that a refresh in between makes a duplicate, though the
 * documentation says per app. The sandbox takes the harsher reading.
 */
export type IdempotencyStore = {
  /** A stored answer, a refusal for a key used with another request, or undefined: do the work. */
  find(owner: string, key: string, request: string, now: number): Answer | undefined
  keep(owner: string, key: string, request: string, answer: Answer, now: number): void
}

export const fingerprint = (method: string, url: string, body: string): string =>
  createHash('sha256').update(`${method} ${url}\n${body}`).digest('base64')

export function createIdempotency(): IdempotencyStore {
  const stored = new Map<string, Stored>()
  return {
    find(owner, key, request, now) {
      if (key.length > LONGEST_KEY) {
        return apiError(10, 'ValidationException', `Idempotency Key is longer than ${LONGEST_KEY} characters.`)
      }
      const entry = stored.get(`${owner} ${key}`)
      if (!entry || entry.at + KEPT_FOR < now) return undefined
      if (entry.request === request) return entry.answer
      return apiError(10, 'ValidationException', `Idempotency Key: ${key} is used with a different request.`)
    },
    keep(owner, key, request, answer, now) {
      // Insertion order is age order: the first young entry ends the clearing.
      for (const [id, entry] of stored) {
        if (entry.at + KEPT_FOR >= now) break
        stored.delete(id)
      }
      stored.delete(`${owner} ${key}`)
      stored.set(`${owner} ${key}`, { request, answer, at: now })
    },
  }
}
