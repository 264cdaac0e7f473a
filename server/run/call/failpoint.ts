/** Does what a test asked for at a named point, or nothing. */
export type Failpoint = (name: string) => void | Promise<void>

let armed: Failpoint | undefined

/**
 * A point between two steps of the executor at which a process may die, fail or hang. Costs one comparison while nobody
 * has armed it; only tests do, in processes of their own.
 */
export function failpoint(name: string): void | Promise<void> {
  return armed?.(name)
}

/** For tests. */
export function armFailpoints(point: Failpoint | undefined): void {
  armed = point
}
