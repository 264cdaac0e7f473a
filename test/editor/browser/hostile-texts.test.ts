import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openBrowser } from '../../support/browser.ts'
import { seeEveryText, unseen } from '../support/every-text.ts'
import { PAYLOADS } from '../support/hostile.ts'
import { FEWER, type Look } from '../support/looks.ts'
import { needless, unexplained, untold } from '../support/not-shown.ts'
import { BLANK, openStage } from '../support/stage.ts'
import { ordinary } from '../support/scene.ts'

// AB-61, AB-63: whatever stands in a name, a note, a setting or the words of a remote is text, on every page, in every
// state of it, and in what is laid over it. Here every text field of an answer has the same payload, another one at each
// look; test/long/texts.test.ts has each of them at each of more looks.

let browser: Browser
beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(() => browser?.close())

test('no text runs, on no page, in no state of it, in no dialog; and each field was there to be seen', async () => {
  expect(new Set(PAYLOADS).size).toBe(PAYLOADS.length)
  expect(PAYLOADS.length).toBeGreaterThanOrEqual(150)
  expect(FEWER.length).toBeGreaterThan(PAYLOADS.length)
  const payloadOf = (look: Look) => PAYLOADS[FEWER.indexOf(look) % PAYLOADS.length]!
  const seen = await seeEveryText(browser, FEWER, (look) => [payloadOf(look)], { lanes: 2 })
  const { missed, ran, reports, armed } = seen
  expect({ missed, ran, reports, armed }).toEqual({ missed: [], ran: [], reports: [], armed: [] })
  // A new field: give it a look (looks.ts), or say why no page shows it (not-shown.ts).
  expect(unexplained(unseen(seen))).toEqual([])
  expect(needless(unseen(seen))).toEqual([])
  expect(untold(unseen(seen))).toEqual([])
}, 540_000)

test('a page that took a text for markup would be found out', async () => {
  const stage = await openStage(ordinary())
  const page = await browser.newPage()
  await page.goto(`${stage.address}${BLANK}`)
  await page.evaluate((text) => {
    document.body.insertAdjacentHTML('beforeend', text)
  }, '<img src="/none" onerror="ran()"><a href="javascript:ran()">open</a>')
  await expect.poll(() => stage.reports.some((one) => one.includes('script-src'))).toBe(true)
  await page.close()
  await stage.close()
})
