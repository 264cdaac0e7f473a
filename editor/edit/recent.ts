const KEY = 'tieline.recent-operations'
const MOST = 6

/** Operations that this person added lately, the newest first. */
export function recentOperations(): readonly string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]')
    return Array.isArray(kept) ? kept.filter((id) => typeof id === 'string').slice(0, MOST) : []
  } catch {
    return []
  }
}

export function rememberOperation(id: string): void {
  try {
    const next = [id, ...recentOperations().filter((one) => one !== id)].slice(0, MOST)
    localStorage.setItem(KEY, JSON.stringify(next))
  } catch {
    // Without storage the list is simply not there next time.
  }
}
