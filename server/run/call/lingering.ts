/** How long a call may bring its answer home after its run was told to stop. Milliseconds. */
const GRACE_MS = 10_000

export type Lingering = { readonly signal: AbortSignal; end(): void }

/**
 * A signal that follows another one with a delay: a call that must not be repeated is not cut off because its worker
 * stops, as its outcome would be unknown for nothing. Call `end` when it is not needed any more.
 */
export function lingering(signal: AbortSignal): Lingering {
  const late = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const stop = () => {
    timer = setTimeout(() => late.abort(signal.reason), GRACE_MS)
  }
  if (signal.aborted) stop()
  else signal.addEventListener('abort', stop, { once: true })
  return {
    signal: late.signal,
    end() {
      signal.removeEventListener('abort', stop)
      clearTimeout(timer)
    },
  }
}
