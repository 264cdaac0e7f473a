import { useEffect } from 'react'
import type { NodeSteps } from '../../server/contract/runs.ts'

/** The step after `current` in which something went wrong, from the first again after the last. */
export function nextError(steps: readonly NodeSteps[], current: string | undefined): string | undefined {
  const wrong = steps.filter(({ failed, counts }) => failed > 0 || (counts['rejected'] ?? 0) > 0)
  const place = steps.findIndex(({ node }) => node === current)
  return (wrong.find(({ node }) => steps.findIndex((one) => one.node === node) > place) ?? wrong[0])?.node
}

/** J and K move between steps, N goes to the next error, R asks to run again, E to see to its exceptions. Enter opens, as on any link. */
export function useRunKeys(
  steps: readonly NodeSteps[] | undefined,
  open: string | undefined,
  goTo: (step: string) => void,
): void {
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return
      const key = event.key.toLowerCase()
      if (key === 'j' || key === 'k') {
        const links = [...document.querySelectorAll<HTMLElement>('[aria-label="Steps"] [data-row-link]')]
        const place = links.findIndex((link) => link === document.activeElement)
        const next = links[place < 0 ? 0 : place + (key === 'j' ? 1 : -1)]
        next?.focus()
        next?.scrollIntoView({ block: 'nearest' })
      } else if (key === 'n') {
        const step = nextError(steps ?? [], open)
        if (step !== undefined) goTo(step)
      } else if (key === 'r') document.querySelector<HTMLElement>('[data-run-again]')?.click()
      else if (key === 'e') document.querySelector<HTMLElement>('[data-see-to]')?.click()
      else return
      event.preventDefault()
    }
    window.addEventListener('keydown', press)
    return () => window.removeEventListener('keydown', press)
  }, [steps, open, goTo])
}

/** In a field a letter is a letter, and a dialog has the keyboard to itself. */
export const isTyping = (target: EventTarget | null): boolean =>
  document.querySelector('[role="dialog"]') !== null ||
  (target instanceof HTMLElement &&
    (target.isContentEditable ||
      /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) ||
      target.closest('[role="menu"]') !== null))
