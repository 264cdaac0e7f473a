import { useEffect, useState } from 'react'
import { isTyping } from '../run/use-run-keys.ts'

const BUTTONS = { r: '[data-try-again]', e: '[data-see-to]' } as const

/** R asks to try the marked exceptions again, E hands them to somebody; with none marked, the row that has the focus. */
export function useMarkedKeys(marked: boolean, mark: (exception: string) => void): void {
  const [wanted, setWanted] = useState<keyof typeof BUTTONS>()
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return
      const key = event.key.toLowerCase()
      if (key !== 'r' && key !== 'e') return
      const row = document.activeElement?.closest('[data-row-link]')?.getAttribute('href')
      const focused = row ? /\/exceptions\/([0-9a-f-]{36})/.exec(row)?.[1] : undefined
      if (!marked && focused === undefined) return
      if (!marked && focused !== undefined) mark(focused)
      event.preventDefault()
      setWanted(key)
    }
    window.addEventListener('keydown', press)
    return () => window.removeEventListener('keydown', press)
  }, [marked, mark])
  // The buttons stand there only once something is marked.
  useEffect(() => {
    if (wanted === undefined || !marked) return
    document.querySelector<HTMLElement>(BUTTONS[wanted])?.click()
    setWanted(undefined)
  }, [wanted, marked])
}
