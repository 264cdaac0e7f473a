import { useEffect } from 'react'
import { isTyping } from '../run/use-run-keys.ts'

/** J and K move between rows once one has the focus; while nothing has it, J goes to the first row of the page. */
export function useFirstRow(): void {
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (event.key !== 'j' || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return
      if (isTyping(event.target) || document.activeElement?.closest('[data-row-link]')) return
      const first = document.querySelector<HTMLElement>('[data-row-link]')
      if (first === null) return
      event.preventDefault()
      first.focus()
    }
    window.addEventListener('keydown', press)
    return () => window.removeEventListener('keydown', press)
  }, [])
}
