import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openBrowser } from '../../support/browser.ts'
import { seriousFaults } from '../support/axe.ts'
import { openPage, settled } from '../support/open-page.ts'
import { OUTSIDE, PAGES, STATES } from '../support/places.ts'
import { ordinary, type Scene } from '../support/scene.ts'
import { openStage, type Stage } from '../support/stage.ts'

let browser: Browser
let stage: Stage
beforeAll(async () => {
  browser = await openBrowser()
  stage = await openStage(ordinary())
})
afterAll(async () => {
  await browser.close()
  await stage.close()
})

/** Light with every rule, then dark with the one that depends on colours. */
async function examine(address: string, scene: Scene, width: number): Promise<void> {
  stage.scene = scene
  const { page, close } = await openPage(browser, stage, address, { viewport: { width, height: 900 } })
  await settled(page)
  expect(await seriousFaults(page)).toEqual([])
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' })
  await page.waitForSelector('html[data-mantine-color-scheme="dark"]')
  expect(await seriousFaults(page, ['color-contrast'])).toEqual([])
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  )
  expect(overflow, 'width that has to be scrolled sideways').toBe(0)
  await close()
}

describe('every page can be used by everybody, light and dark', () => {
  test.each(Object.entries(PAGES))('%s', async (_name, address) => examine(address, ordinary(), 1440))
  test.each(Object.entries(OUTSIDE))('%s', async (name, address) =>
    examine(address, { ...ordinary(), signedIn: false, setUp: name === 'sign-in' }, 1440),
  )
})

describe('every page fits a phone', () => {
  test.each(Object.entries(PAGES))('%s', async (_name, address) => examine(address, ordinary(), 390))
})

describe('every state of a page can be used by everybody', () => {
  const all = Object.entries(STATES).flatMap(([state, { scene, pages }]) =>
    pages.map((name) => ({ name, state, scene })),
  )
  test.each(all)('$name, $state', async ({ name, state, scene }) => {
    const address = PAGES[name]
    expect(address).toBeDefined()
    await examine(address ?? '', scene(), state === 'huge' ? 390 : 1440)
  })
})

describe('every dialog can be used by everybody', () => {
  const dialogs: readonly (readonly [string, string, string])[] = [
    ['switching off', PAGES['flows']!, 'label:has-text("On") >> nth=0'],
    ['running now', PAGES['flows']!, 'button:has-text("Run now") >> nth=0'],
    ['a new flow', PAGES['flows']!, 'button:has-text("New flow")'],
    ['publishing', PAGES['flow-steps']!, 'button:has-text("Publish…")'],
    ['cancelling', PAGES['run-running']!, 'button:has-text("Cancel run")'],
    ['dismissing', PAGES['exception']!, 'button:has-text("Dismiss…")'],
    ['revoking', PAGES['settings']!, 'button:has-text("Revoke")'],
  ]
  test.each(dialogs)('%s', async (_name, address, button) => {
    stage.scene = ordinary()
    const { page, close } = await openPage(browser, stage, address)
    await settled(page)
    await page.click(button)
    await page.waitForSelector('[role="dialog"]')
    await settled(page)
    expect(await seriousFaults(page)).toEqual([])
    await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' })
    await page.waitForSelector('html[data-mantine-color-scheme="dark"]')
    expect(await seriousFaults(page, ['color-contrast'])).toEqual([])
    await page.keyboard.press('Escape')
    await page.waitForSelector('[role="dialog"]', { state: 'detached' })
    await close()
  })
})
