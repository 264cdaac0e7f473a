/**
 * When a call has been quiet for so long, in milliseconds, what is not found is taken for never arrived: no request is
 * waited for longer (server/connect/http.ts), and one may have gone out half a minute after it was written down.
 */
export const ABSENT_AFTER_MS = 180_000
