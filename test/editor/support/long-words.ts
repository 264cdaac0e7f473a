import type { Browser, Page } from 'playwright-core'
import { type Seeing, seeEveryText } from './every-text.ts'
import type { Look } from './looks.ts'
import { DESK, PHONE } from './open-page.ts'

/** Without a break, and longer than a line of a wide window. */
const WORD = 'Wort'.repeat(55)

/**
 * Which looks become wider than their window, on a desk or on a phone, by such a word in every text field, or break a short
 * word for it; or did not open.
 */
export async function wideByWords(
  browser: Browser,
  looks: readonly Look[],
  seeing: Seeing = {},
): Promise<readonly string[]> {
  const wide: string[] = []
  const standing = async (page: Page, { name }: Look) => {
    for (const size of [DESK, PHONE]) {
      await page.setViewportSize(size)
      const found = (await tooWide(page)) ?? (await brokenWord(page))
      if (found) wide.push(`${name} at ${size.width}: ${found}`)
    }
    await page.setViewportSize(DESK)
  }
  const { missed } = await seeEveryText(browser, looks, () => [WORD], { ...seeing, standing })
  return [...wide, ...missed.filter((one) => one.includes('could not be opened'))]
}

/**
 * What of the page is wider than its window, or of a dialog than the dialog: nothing, or how much, and what reaches
 * furthest. What scrolls by itself is as wide as its frame.
 */
const tooWide = (page: Page): Promise<string | undefined> =>
  page.evaluate(() => {
    const clips = (element: Element) => getComputedStyle(element).overflowX !== 'visible'
    const sayAbove = (box: Element, edge: number): string => {
      const over = [...box.querySelectorAll('*')].filter((one) => {
        const { right, width } = one.getBoundingClientRect()
        if (width === 0 || right <= edge + 1) return false
        for (let at = one.parentElement; at !== null && at !== box; at = at.parentElement) {
          const held = getComputedStyle(one).position !== 'absolute' || getComputedStyle(at).position !== 'static'
          if (clips(at) && held) return false
        }
        return true
      })
      const outermost = over.filter((one) => !over.includes(one.parentElement ?? one))
      const named = (one: Element) => `${one.tagName.toLowerCase()}.${one.getAttribute('class') ?? ''}`
      const chain = (one: Element): string => {
        const inner = [...one.children].find((below) => over.includes(below))
        return inner ? `${named(one)} > ${chain(inner)}` : `${named(one)} “${one.textContent?.slice(0, 30)}”`
      }
      return outermost.slice(0, 3).map(chain).join('; ')
    }
    const { scrollWidth } = document.documentElement
    if (scrollWidth > innerWidth) return `${scrollWidth} of ${innerWidth}: ${sayAbove(document.body, innerWidth)}`
    for (const dialog of document.querySelectorAll('[role="dialog"]')) {
      if (dialog.scrollWidth <= dialog.clientWidth) continue
      const edge = dialog.getBoundingClientRect().right
      return `a dialog, ${dialog.scrollWidth} of ${dialog.clientWidth}: ${sayAbove(dialog, edge)}`
    }
    return undefined
  })

/** A short word that stands alone, such as one of ours on a button, and is broken to make room for a long one. */
const brokenWord = (page: Page): Promise<string | undefined> =>
  page.evaluate(() => {
    const nodes = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    while (nodes.nextNode()) {
      const text = nodes.currentNode.textContent?.trim() ?? ''
      if (!/^[A-Za-z]{2,10}$/.test(text)) continue
      const range = document.createRange()
      range.selectNodeContents(nodes.currentNode)
      const lines = new Set([...range.getClientRects()].map(({ top }) => Math.round(top)))
      if (lines.size > 1) return `“${text}” stands on ${lines.size} lines`
    }
    return undefined
  })
