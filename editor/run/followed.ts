// Runs whose changes are told as they happen, so that nothing about them has to be asked for on the chance.

export const LIVE_MS = 2_000
/** For what changes by itself but asks for nobody's eyes. */
export const SLOW_MS = 10_000

const runs = new Set<string>()

export const isFollowed = (run: string): boolean => runs.has(run)

export function noteFollowed(run: string, followed: boolean): void {
  if (followed) runs.add(run)
  else runs.delete(run)
}
