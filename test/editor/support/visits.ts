import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import { openBrowser } from '../../support/browser.ts'
import { type Opened, openPage } from './open-page.ts'
import { ordinary, type Scene } from './scene.ts'
import { openStage, type Stage } from './stage.ts'

export type Visits = {
  visit(address: string, scene?: Scene, options?: BrowserContextOptions): Promise<Page>
  stage(): Stage
  dialog(page: Page): Locator
  /** The change that was asked for last; counting and estimating are asked by POST too, but change nothing. */
  lastAsked(): Stage['asked'][number] | undefined
}

const isChange = ({ call, body }: Stage['asked'][number]): boolean =>
  !/\/(?:validate|forecast|switch\/preview)$/.test(call) &&
  !(typeof body === 'object' && body !== null && Reflect.get(body, 'dry'))

/** A browser for all tests of a file, a stage and a profile for each. Faults of a page fail its test. */
export function visits(): Visits {
  let browser: Browser
  let stage: Stage
  let opened: Opened | undefined
  beforeAll(async () => {
    browser = await openBrowser()
  })
  afterAll(async () => {
    await browser.close()
  })
  beforeEach(async () => {
    stage = await openStage(ordinary())
  })
  afterEach(async () => {
    const last = opened
    opened = undefined
    await last?.close()
    await stage.close()
  })
  return {
    visit: async (address, scene = ordinary(), options = {}) => {
      stage.scene = scene
      opened = await openPage(browser, stage, address, options)
      // A place that is not there is named, before the test as a whole runs out of time.
      opened.page.setDefaultTimeout(15_000)
      return opened.page
    },
    stage: () => stage,
    dialog: (page) => page.getByRole('dialog'),
    lastAsked: () => stage.asked.filter(isChange).at(-1),
  }
}
