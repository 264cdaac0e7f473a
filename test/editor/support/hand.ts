import type { Locator, Page } from 'playwright-core'

// What a hand does in the editor: at the mouse, at the keyboard.

/** A step on the canvas. */
export const step = (page: Page, id: string): Locator => page.locator(`.react-flow__node[data-id="${id}"]`)
/** What was done is in the draft; a busy page hears of it two frames later. */
export async function saved(page: Page): Promise<void> {
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))))
  await page.locator('[data-save="saved"]').waitFor()
}
/** Takes an operation from the list that is open, until its step stands on the canvas, where it was brought into sight. */
export async function choose(page: Page, operation: string, id: string): Promise<void> {
  await page.locator(`[role="dialog"] [data-operation="${operation}"]`).first().click()
  // The editor gives the new step the focus after it has moved the canvas for it.
  await page.locator(`.react-flow__node[data-id="${id}"]:focus`).waitFor()
}
export async function middle(locator: Locator): Promise<{ x: number; y: number }> {
  await (await locator.elementHandle())?.waitForElementState('stable')
  const box = await locator.boundingBox()
  if (!box) throw new Error('not on the page')
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 }
}
export async function drag(page: Page, from: Locator, to: { x: number; y: number }): Promise<void> {
  const start = await middle(from)
  await page.mouse.move(start.x, start.y)
  await page.mouse.down()
  await page.mouse.move((start.x + to.x) / 2, (start.y + to.y) / 2, { steps: 4 })
  await page.mouse.move(to.x, to.y, { steps: 4 })
  await page.mouse.up()
}
/** Replaces what stands in a field, as somebody does who types. */
export async function write(page: Page, label: string, text: string): Promise<void> {
  const field = page.getByRole('textbox', { name: label, exact: true })
  await field.click()
  await page.keyboard.press('Control+a')
  await page.keyboard.insertText(text)
}
/** Where lines leave a step. */
export const out = (page: Page, id: string, port = 'out') =>
  step(page, id).locator(`.react-flow__handle[data-handleid="${port}"]`)

/** Presses Tab until what has the focus is called so. */
export async function tabTo(page: Page, name: RegExp): Promise<void> {
  const focused = () =>
    page.evaluate(() => {
      const at = document.activeElement
      const label =
        at instanceof HTMLInputElement || at instanceof HTMLTextAreaElement ? at.labels?.[0]?.textContent : undefined
      return at?.getAttribute('aria-label') ?? label ?? at?.textContent ?? ''
    })
  const reached: string[] = []
  for (let tries = 0; tries < 80; tries++) {
    const here = await focused()
    if (name.test(here)) return
    reached.push(here.slice(0, 40))
    await page.keyboard.press('Tab')
  }
  throw new Error(`The Tab key does not reach ${name}, only ${reached.join(' | ')}`)
}
