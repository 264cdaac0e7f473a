import { useEffect, useState } from 'react'
import { isTyping } from '../run/use-run-keys.ts'

const BUTTONS: { readonly [of: string]: { readonly [key: string]: string } } = {
  exceptions: { r: '[data-try-again]', e: '[data-see-to]' },
  runs: { r: '[data-control-runs="resume"]', c: '[data-control-runs="cancel"]' },
}

/**
 * R asks to try the marked exceptions again, E hands them to somebody; of runs R lets them go on, C cancels them. With none
 * marked it is the row that has the focus.
 */
export function useMarkedKeys(of: 'exceptions' | 'runs', marked: boolean, mark: (id: string) => void): void {
  const [wanted, setWanted] = useState<string>()
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return
      const key = event.key.toLowerCase()
      const button = BUTTONS[of]?.[key]
      if (button === undefined) return
      const row = document.activeElement?.closest('[data-row-link]')?.getAttribute('href')
      const focused = row ? new RegExp(`/${of}/([0-9a-f-]{36})`).exec(row)?.[1] : undefined
      if (!marked && focused === undefined) return
      if (!marked && focused !== undefined) mark(focused)
      event.preventDefault()
      setWanted(button)
    }
    window.addEventListener('keydown', press)
    return () => window.removeEventListener('keydown', press)
  }, [of, marked, mark])
  // The buttons stand there only once something is marked.
  useEffect(() => {
    if (wanted === undefined || !marked) return
    document.querySelector<HTMLElement>(wanted)?.click()
    setWanted(undefined)
  }, [wanted, marked])
}
