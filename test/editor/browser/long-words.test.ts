import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openBrowser } from '../../support/browser.ts'
import { wideByWords } from '../support/long-words.ts'
import { FEWER } from '../support/looks.ts'

// Names, keys and words of a remote may be of 220 letters without a break: no page becomes wider than its window. Here the
// ordinary pages; test/long/texts.test.ts has all states and dialogs.

const ORDINARY = FEWER.filter(({ state }) => state === 'ordinary' || state.startsWith('outside'))

let browser: Browser
beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(() => browser?.close())

test('no page becomes wider than its window by a word of 220 letters', async () => {
  expect(ORDINARY.length).toBeGreaterThan(80)
  expect(await wideByWords(browser, ORDINARY)).toEqual([])
}, 300_000)
