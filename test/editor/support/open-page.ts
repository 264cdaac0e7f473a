import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { expect } from 'vitest'
import type { Stage } from './stage.ts'

export type Opened = {
  readonly page: Page
  /** Faults of the page itself: exceptions, and what the policy has blocked. */
  readonly faults: string[]
  close(): Promise<void>
}

/** A fresh browser profile at an address of the stage. */
export async function openPage(
  browser: Browser,
  stage: Stage,
  address: string,
  options: BrowserContextOptions = {},
): Promise<Opened> {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    reducedMotion: 'reduce',
    ...options,
  })
  const page = await context.newPage()
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('console', (message) => {
    const text = message.text()
    // A refused request is logged by the browser whatever the page does with it.
    if (message.type() === 'error' && !text.startsWith('Failed to load resource')) faults.push(text)
  })
  await page.goto(`${stage.address}${address}`)
  return {
    page,
    faults,
    close: async () => {
      await context.close()
      expect(faults, 'faults of the page').toEqual([])
    },
  }
}

/** Nothing is loading any more, on the wire and on the page. */
export async function settled(page: Page): Promise<void> {
  await page.waitForLoadState('networkidle')
  await page.waitForFunction(() => document.querySelector('h1, h2') !== null)
  await page.waitForFunction(
    () => ![...document.querySelectorAll('[role="status"]')].some((one) => one.textContent === 'Loading…'),
  )
}
