/** Names this tab of the browser; a reload keeps it, a duplicated tab gets another. */
export function tabName(): string {
  const fresh = (): string => Math.random().toString(36).slice(2, 12)
  try {
    const navigation = performance.getEntriesByType('navigation')[0]
    const reloaded = navigation instanceof PerformanceNavigationTiming && navigation.type === 'reload'
    const kept = sessionStorage.getItem('tieline.tab')
    // A tab that was duplicated brings the other's storage along, but has not been reloaded.
    const name = kept !== null && (reloaded || claimed === kept) ? kept : fresh()
    claimed = name
    sessionStorage.setItem('tieline.tab', name)
    return name
  } catch {
    claimed ??= fresh()
    return claimed
  }
}

let claimed: string | undefined
