/** A repeat within this time is the same wish: in a terminal Ctrl-C reaches npm and us, sometimes twice. */
const SAME_WISH_MS = 1_000

/**
 * Ctrl-C and SIGTERM stop the process cleanly, also while it is still starting. A second one ends it at once, as if it
 * had been killed: another process takes its runs over.
 */
export function stopOnSignal(stop: () => Promise<void>): void {
  let askedAt: number | undefined
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (askedAt !== undefined) {
        if (performance.now() - askedAt > SAME_WISH_MS) process.exit(1)
        return
      }
      askedAt = performance.now()
      stop().then(
        () => process.exit(0),
        (error: unknown) => {
          console.error(error)
          process.exit(1)
        },
      )
    })
  }
}
