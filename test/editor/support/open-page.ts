import type { Browser, Page, Request } from 'playwright-core'
import { expect } from 'vitest'

export const DESK = { width: 1440, height: 900 }
export const PHONE = { width: 390, height: 844 }

export type Opened = {
  readonly page: Page
  /** Faults of the page itself: exceptions, and what the policy has blocked. */
  readonly faults: string[]
  /** Waits until nothing is loading any more, on the wire and on the page. */
  settled(): Promise<void>
  /** Goes to an address as by a link, where the app is loaded already, and waits until it has settled there. */
  follow(address: string): Promise<void>
  close(): Promise<void>
}

/** Of the app's router, which it puts on the window itself. */
type Router = {
  readonly state: { readonly status: string; readonly resolvedLocation?: { readonly href: string } }
  readonly history: { readonly location: { readonly href: string } }
}

/** A browser profile with an empty page in it. */
export async function openProfile(browser: Browser): Promise<Opened> {
  const context = await browser.newContext({ viewport: DESK, reducedMotion: 'reduce' })
  const page = await context.newPage()
  const faults: string[] = []
  const open = new Set<Request>()
  page.on('request', (request) => {
    // What the page before still asked for has ended with it, whether or not that was told.
    if (request.isNavigationRequest() && request.frame() === page.mainFrame()) open.clear()
    // A stream is open as long as there may be more to say.
    if (request.resourceType() !== 'eventsource') open.add(request)
  })
  page.on('requestfinished', (request) => open.delete(request))
  page.on('requestfailed', (request) => open.delete(request))
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('console', (message) => {
    const text = message.text()
    // A refused request is logged by the browser whatever the page does with it.
    if (message.type() === 'error' && !text.startsWith('Failed to load resource')) faults.push(text)
  })
  const settled = async () => {
    // Twice in a row: an answer may lead to the next question.
    for (let quiet = 0; quiet < 2; ) {
      await page.waitForFunction(
        () =>
          document.querySelector('h1, h2') !== null &&
          ![...document.querySelectorAll('[role="status"]')].some((one) => one.textContent === 'Loading…'),
      )
      quiet = open.size === 0 ? quiet + 1 : 0
      await page.waitForTimeout(30)
    }
  }
  return {
    page,
    faults,
    settled,
    follow: async (address) => {
      await page.evaluate((to) => history.pushState({}, '', to), address)
      // The page before stays until the next one is there; it must not be the one that is looked at.
      await page.waitForFunction(() => {
        const router: Router | undefined = Reflect.get(window, '__TSR_ROUTER__')
        if (!router) throw new Error('The router is not where it is expected.')
        const { status, resolvedLocation } = router.state
        return status === 'idle' && resolvedLocation?.href === router.history.location.href
      })
      await settled()
    },
    close: async () => {
      await context.close()
      expect(faults, 'faults of the page').toEqual([])
    },
  }
}
