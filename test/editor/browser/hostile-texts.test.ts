import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openBrowser } from '../../support/browser.ts'
import { createHostile, PAYLOADS } from '../support/hostile.ts'
import { type Opened, openProfile } from '../support/open-page.ts'
import { PAGES } from '../support/places.ts'
import { ordinary } from '../support/scene.ts'
import { openStage, type Stage } from '../support/stage.ts'

// AB-61, AB-63: whatever stands in a name, a note, a setting or the words of a remote is text, on every page.

let browser: Browser
let stage: Stage
let opened: Opened
beforeAll(async () => {
  browser = await openBrowser()
  stage = await openStage(ordinary())
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

test('no text runs, on no page', async () => {
  const { page, faults, settled } = opened
  const hostile = createHostile()
  stage.spoil = hostile.spoil
  let seen = 0
  for (const [name, address] of Object.entries(PAGES)) {
    await page.goto(`${stage.address}${address}`)
    await settled()
    expect(faults.splice(0), name).toEqual([])
    expect(await page.evaluate(armed), name).toEqual([])
    if (await page.evaluate(() => document.body.innerText.includes('ran()'))) seen += 1
  }
  expect(PAYLOADS.length).toBeGreaterThanOrEqual(150)
  expect(new Set(PAYLOADS).size).toBe(PAYLOADS.length)
  expect(hostile.sent.size).toBe(PAYLOADS.length)
  // They were there to be taken for more than text.
  expect(seen).toBeGreaterThan(Object.keys(PAGES).length / 2)
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
