let claimed: string | undefined

/** Names this tab of the browser. A reload and a way through other pages keep it; a duplicated tab gets another. */
export function tabName(): string {
  claimed ??= claim()
  return claimed
}

const TAB = 'tieline.tab'
/** Set while no page of the tab is open: a duplicate of an open tab brings the name along, but not this. */
const FREE = 'tieline.tab.free'

function claim(): string {
  const fresh = Math.random().toString(36).slice(2, 12).padEnd(6, '0')
  try {
    const navigation = performance.getEntriesByType('navigation')[0]
    const reloaded = navigation instanceof PerformanceNavigationTiming && navigation.type === 'reload'
    const kept = sessionStorage.getItem(TAB)
    const own = kept !== null && (reloaded || sessionStorage.getItem(FREE) === kept)
    const name = own ? kept : fresh
    sessionStorage.setItem(TAB, name)
    sessionStorage.removeItem(FREE)
    window.addEventListener('pagehide', () => sessionStorage.setItem(FREE, name))
    window.addEventListener('pageshow', () => sessionStorage.removeItem(FREE))
    return name
  } catch {
    // Without storage the name lasts as long as the page.
    return fresh
  }
}
