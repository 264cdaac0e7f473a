import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openBrowser } from '../../support/browser.ts'
import { seriousFaults } from '../support/axe.ts'
import { openPage } from '../support/open-page.ts'
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

const DARK = 'html[data-mantine-color-scheme="dark"]'

/**
 * On a desk with every rule, in the dark with the one that depends on colours, and on a phone: `fitting` looks there only
 * whether all fits, as other states of a page have the same parts.
 */
async function examine(address: string, scene: Scene, phone: 'every rule' | 'fitting' = 'every rule'): Promise<void> {
  stage.scene = scene
  const { page, settled, close } = await openPage(browser, stage, address)
  await settled()
  expect(await seriousFaults(page)).toEqual([])
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' })
  await page.waitForSelector(DARK)
  expect(await seriousFaults(page, ['color-contrast'])).toEqual([])
  await page.setViewportSize({ width: 390, height: 844 })
  // What stands below the fold is covered by the bar at the bottom until one scrolls: no fault of its size.
  const faults = phone === 'fitting' ? [] : await seriousFaults(page)
  expect(faults.filter((fault) => !fault.startsWith('target-size'))).toEqual([])
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  )
  expect(overflow, 'width that has to be scrolled sideways').toBe(0)
  await close()
}

describe('every page can be used by everybody, light and dark, on a desk and on a phone', () => {
  test.each(Object.entries(PAGES))('%s', async (_name, address) => examine(address, ordinary()))
  test.each(Object.entries(OUTSIDE))('%s', async (name, address) =>
    examine(address, { ...ordinary(), signedIn: false, setUp: name === 'sign-in' }),
  )
})

describe('every state of a page can be used by everybody', () => {
  const all = Object.entries(STATES).flatMap(([state, { scene, pages }]) =>
    pages.map((name) => ({ name, state, scene, address: PAGES[name] ?? '/no-such-page' })),
  )
  test.each(all)('$name, $state', async ({ address, scene }) => examine(address, scene(), 'fitting'))
})

test('the editor of a record and the marks of a list can be used by everybody', async () => {
  stage.scene = ordinary()
  const { page, settled, close } = await openPage(browser, stage, PAGES['exception']!)
  await page.getByRole('button', { name: 'Edit and try again…' }).click()
  await page.locator('textarea').first().fill('{ "Total": 12 }')
  await page.getByRole('table', { name: 'Changed fields' }).waitFor()
  expect(await seriousFaults(page)).toEqual([])
  await page.goto(`${stage.address}${PAGES['exceptions']!}`)
  await page.getByLabel('Mark all that are shown').check()
  await settled()
  expect(await seriousFaults(page)).toEqual([])
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' })
  await page.waitForSelector(DARK)
  expect(await seriousFaults(page, ['color-contrast'])).toEqual([])
  await close()
})

describe('every dialog can be used by everybody', () => {
  const dialogs: readonly (readonly [string, string, string])[] = [
    ['switching off', PAGES['flows']!, 'role=switch >> nth=0'],
    ['running now', PAGES['flows']!, 'button:has-text("Run now") >> nth=0'],
    ['a new flow', PAGES['flows']!, 'button:has-text("New flow")'],
    ['publishing', PAGES['flow-steps']!, 'button:has-text("Publish…")'],
    ['cancelling', PAGES['run-running']!, 'button:has-text("Cancel run")'],
    ['dismissing', PAGES['exception']!, 'button:has-text("Dismiss…")'],
    ['running again from a step', PAGES['run-partly']!, 'button:has-text("Run again from this step…")'],
    ['trying again', PAGES['run-partly']!, 'button:has-text("Try the exceptions again…")'],
    ['settling', PAGES['unknown']!, 'button:has-text("It did not arrive…")'],
    ['changing a limit', PAGES['workers']!, 'button:has-text("Change limit…") >> nth=0'],
    ['limiting a connection', PAGES['connection']!, 'button:has-text("Change runs at a time…")'],
    ['taking somebody out', PAGES['people']!, 'button:has-text("Take out…") >> nth=1'],
    ['revoking', PAGES['settings']!, 'button:has-text("Revoke")'],
  ]
  test.each(dialogs)('%s', async (_name, address, button) => {
    stage.scene = ordinary()
    const { page, settled, close } = await openPage(browser, stage, address)
    await settled()
    await page.click(button)
    await page.waitForSelector('[role="dialog"]')
    await settled()
    expect(await seriousFaults(page)).toEqual([])
    await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' })
    await page.waitForSelector(DARK)
    expect(await seriousFaults(page, ['color-contrast'])).toEqual([])
    await page.keyboard.press('Escape')
    await page.waitForSelector('[role="dialog"]', { state: 'detached' })
    await close()
  })
})
