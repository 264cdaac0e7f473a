import { useEffect } from 'react'

/** How long what the dialog did may still take away the button it was opened by: an answer and a list read again. */
const WATCHED_MS = 10_000

/**
 * Brings the keyboard back to where a dialog was opened, also where the dialog goes from the page at once with its
 * closing. If that button goes meanwhile, to the one that has come in its place, else to the next beside it: never to the
 * start of the page.
 */
export function useFocusBack(open: boolean): void {
  useEffect(() => {
    if (!open) return
    const from = document.activeElement
    if (!(from instanceof HTMLElement) || from === document.body) return
    const around: HTMLElement[] = []
    for (let one = from.parentElement; one && one !== document.body; one = one.parentElement) around.push(one)
    const name = nameOf(from)
    return () => watch(from, name, around)
  }, [open])
}

function watch(from: HTMLElement, name: string, around: readonly HTMLElement[]): void {
  const back = (): void => {
    const lost = document.activeElement === null || document.activeElement === document.body
    if (lost) (from.isConnected ? from : nextTo(around, name))?.focus({ preventScroll: from.isConnected })
  }
  // After the dialog has gone and given the focus back by itself, where it can.
  setTimeout(back)
  const changes = new MutationObserver(() => {
    if (from.isConnected) return
    changes.disconnect()
    back()
  })
  changes.observe(document.body, { childList: true, subtree: true })
  setTimeout(() => changes.disconnect(), WATCHED_MS)
}

const nameOf = (one: HTMLElement): string => one.getAttribute('aria-label') ?? one.textContent

/** What can take the focus in the nearest place around that is still there: of the same name, where there is one. */
function nextTo(around: readonly HTMLElement[], name: string): HTMLElement | undefined {
  for (const place of around) {
    if (!place.isConnected) continue
    const able = [...place.querySelectorAll<HTMLElement>('button:enabled, a[href], input:enabled, [tabindex="0"]')]
    const next = able.find((one) => nameOf(one) === name) ?? able[0]
    if (next) return next
  }
  return undefined
}
