/** Whether letters are written where the focus is. */
export function isTyping(element: Element | null): boolean {
  return (
    element instanceof HTMLElement &&
    (element.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(element.tagName)) &&
    !(element instanceof HTMLInputElement && ['checkbox', 'radio', 'button'].includes(element.type))
  )
}

/** Puts the focus into a field as soon as it is there, all of its text selected. */
export function focusSoon(selector: string): void {
  // The field is drawn with the panel, which opens with the next answer of the router.
  let tries = 0
  const look = () => {
    const found = document.querySelector<HTMLInputElement>(selector)
    if (found) {
      found.focus()
      found.select()
    } else if (tries++ < 20) requestAnimationFrame(look)
  }
  requestAnimationFrame(look)
}
