import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { openBrowser } from '../../support/browser.ts'
import { DESK, type Opened, openProfile } from './open-page.ts'
import { ordinary, type Scene } from './scene.ts'
import { BLANK, openStage, type Stage } from './stage.ts'

export type Visits = {
  visit(address: string, scene?: Scene, size?: typeof DESK): Promise<Page>
  stage(): Stage
  dialog(page: Page): Locator
  /** The change that was asked for last; counting and estimating are asked by POST too, but change nothing. */
  lastAsked(): Stage['asked'][number] | undefined
}

const isChange = ({ call, body }: Stage['asked'][number]): boolean =>
  !/\/(?:validate|forecast|switch\/preview)$/.test(call) &&
  !(typeof body === 'object' && body !== null && Reflect.get(body, 'dry'))

/**
 * A browser, a stage and a page for all tests of a file; each test finds them as if nobody had been there before, but
 * for the app itself, which the browser has loaded and compiled once. Faults of the page fail the test they happen in.
 */
export function visits(): Visits {
  let browser: Browser
  let stage: Stage
  let opened: Opened
  beforeAll(async () => {
    browser = await openBrowser()
    stage = await openStage(ordinary())
    opened = await openProfile(browser)
    // A place that is not there is named, before the test as a whole runs out of time.
    opened.page.setDefaultTimeout(45_000)
  })
  afterAll(async () => {
    await opened?.close()
    await browser?.close()
    await stage?.close()
  })
  afterEach(async () => {
    await leave(opened.page, stage)
    expect(opened.faults.splice(0), 'faults of the page').toEqual([])
  })
  return {
    visit: async (address, scene = ordinary(), size = DESK) => {
      stage.next(scene)
      await opened.page.setViewportSize(size)
      await opened.page.goto(`${stage.address}${address}`)
      return opened.page
    },
    stage: () => stage,
    dialog: (page) => page.getByRole('dialog'),
    lastAsked: () => stage.asked.filter(isChange).at(-1),
  }
}

/** Ends the app in the page and takes away all that the browser, its doors and the stage keep from this test. */
async function leave(page: Page, stage: Stage): Promise<void> {
  const context = page.context()
  page.removeAllListeners('dialog')
  await page.unrouteAll({ behavior: 'ignoreErrors' })
  await context.setOffline(false)
  stage.release()
  for (const other of context.pages()) if (other !== page) await other.close()
  await page.goto(`${stage.address}${BLANK}`)
  await page.evaluate(async () => {
    localStorage.clear()
    sessionStorage.clear()
    for (const { name } of await indexedDB.databases()) if (name !== undefined) indexedDB.deleteDatabase(name)
  })
  await context.clearCookies()
  await context.clearPermissions()
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
  stage.scene = ordinary()
  stage.spoil = undefined
  stage.asked.length = 0
}
