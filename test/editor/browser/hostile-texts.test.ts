import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openBrowser } from '../../support/browser.ts'
import { createHostile, PAYLOADS } from '../support/hostile.ts'
import { type Opened, openProfile } from '../support/open-page.ts'
import { OUTSIDE, PAGES, STATES } from '../support/places.ts'
import { ordinary } from '../support/scene.ts'
import { openStage, type Stage } from '../support/stage.ts'

// AB-61, AB-63: whatever stands in a name, a note, a setting or the words of a remote is text, on every page, in every
// state of it, and in what is asked before something is done.

let browser: Browser
let stage: Stage
let opened: Opened
const hostile = createHostile()
beforeAll(async () => {
  browser = await openBrowser()
  stage = await openStage(ordinary())
  stage.spoil = hostile.spoil
  opened = await openProfile(browser)
  await opened.page.addInitScript(() => {
    Object.assign(globalThis, { ran: () => console.error('A script of a text ran.') })
    addEventListener('securitypolicyviolation', (event) => console.error(`Blocked: ${event.violatedDirective}`))
  })
})
afterAll(async () => {
  await opened?.close()
  await browser?.close()
  await stage?.close()
})

/** What would run once somebody chose it, though nothing has run yet. */
const armed = (): readonly string[] =>
  [...document.querySelectorAll('*')].flatMap((element) =>
    [...element.attributes]
      .filter(
        ({ name, value }) =>
          name.startsWith('on') ||
          name === 'srcdoc' ||
          (['href', 'src', 'action', 'formaction', 'data', 'xlink:href'].includes(name) &&
            /^\s*(javascript|data:text)/i.test(value)),
      )
      .map(({ name, value }) => `${element.tagName} ${name}=${value}`),
  )
const shows = () => opened.page.evaluate(() => document.body.innerText.includes('ran()'))

/** Loads the app there. */
async function load(address: string): Promise<void> {
  // The same page with another secret behind its # would stay as it is.
  await opened.page.goto('about:blank')
  await opened.page.goto(`${stage.address}${address}`)
  await opened.settled()
}
async function isHarmless(what: string): Promise<void> {
  expect(opened.faults.splice(0), what).toEqual([])
  expect(await opened.page.evaluate(armed), what).toEqual([])
}

test('no text runs, on no page', async () => {
  let seen = 0
  await load(PAGES['flows'] ?? '')
  for (const [name, address] of Object.entries(PAGES)) {
    await opened.follow(address)
    await isHarmless(name)
    if (await shows()) seen += 1
  }
  expect(PAYLOADS.length).toBeGreaterThanOrEqual(150)
  expect(new Set(PAYLOADS).size).toBe(PAYLOADS.length)
  expect(hostile.sent.size).toBe(PAYLOADS.length)
  // They were there to be taken for more than text.
  expect(seen).toBeGreaterThan(Object.keys(PAGES).length / 2)
}, 60_000)

test('nor in any state of a page, nor on those of nobody', async () => {
  let seen = 0
  for (const [state, { scene, pages }] of Object.entries(STATES)) {
    stage.scene = scene()
    for (const [place, name] of pages.entries()) {
      await (place === 0 ? load : opened.follow)(PAGES[name] ?? '')
      await isHarmless(`${state}: ${name}`)
      if (await shows()) seen += 1
    }
  }
  expect(seen).toBeGreaterThan(15)
  stage.scene = { ...ordinary(), signedIn: false }
  for (const [name, address] of Object.entries(OUTSIDE)) {
    await load(address)
    await isHarmless(name)
  }
  stage.scene = ordinary()
}, 60_000)

/** What is asked before something is done, each with the page and the button that lead to it. */
const DIALOGS: readonly (readonly [page: string, button: string | RegExp])[] = [
  ['home', 'Something looks wrong…'],
  ['run-partly', 'Run again…'],
  ['run-partly', 'Try the exceptions again…'],
  ['exception', 'Try again…'],
  ['exception', 'Dismiss…'],
  ['unknown', 'It arrived…'],
  ['flow-steps', /^Run now/],
  ['flow-clients', 'Adopt a flow…'],
  ['alert-rules', 'Add a rule'],
  ['people', /^New password for/],
]

test('nor in a dialog', async () => {
  await load(PAGES['flows'] ?? '')
  for (const [name, button] of DIALOGS) {
    await opened.follow(PAGES[name] ?? '')
    await opened.page
      .getByRole('main')
      .getByRole('button', { name: button, ...(typeof button === 'string' ? { exact: true } : {}) })
      .first()
      .click()
    await opened.page.getByRole('dialog').waitFor()
    await opened.settled()
    await isHarmless(`${name}: ${button}`)
    await opened.page.keyboard.press('Escape')
    await opened.page.getByRole('dialog').waitFor({ state: 'detached' })
  }
}, 60_000)

test('a page that took a text for markup would be found out', async () => {
  const { page, faults } = opened
  await page.evaluate((text) => {
    document.body.insertAdjacentHTML('beforeend', text)
  }, '<img src="/none" onerror="ran()"><a href="javascript:ran()">open</a>')
  expect((await page.evaluate(armed)).length).toBe(2)
  await expect.poll(() => faults.some((one) => one.startsWith('Blocked: script-src'))).toBe(true)
  faults.splice(0)
})
