/**
 * Ctrl-C and SIGTERM stop the process cleanly, also while it is still starting. In a terminal Ctrl-C reaches npm and us,
 * sometimes twice, so a repeat changes nothing.
 */
export function stopOnSignal(stop: () => Promise<void>): void {
  let stopping = false
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stopping) return
      stopping = true
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
