import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openBrowser } from '../../support/browser.ts'
import { PAYLOADS } from '../support/hostile.ts'
import { LOOKS } from '../support/looks.ts'
import { seeTypedTexts } from '../support/typed-texts.ts'

// AB-61: what somebody types is said again by the page: a search that found nothing, the name of a step, a filter, a reason.
// Here where it is; test/long/texts.test.ts types into every field of every page, state and dialog.

/** Each says again what was typed. */
const SAYS_AGAIN = [
  ...['flows', 'clients', 'run-partly', 'record-not-known', 'settings', 'edit-step', 'edit-questions', 'edit-outline'],
  ...['building: ^Go to anything', 'edit: ^Publish…', 'edit: ^Add a step$'],
]

let browser: Browser
beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(() => browser?.close())

test('no text that is typed runs, in a field, where it is said again, or once it is sent', async () => {
  const looks = LOOKS.filter(({ name }) => SAYS_AGAIN.includes(name))
  expect(looks.length).toBe(SAYS_AGAIN.length)
  const { ran, reports, armed, missed, echoes } = await seeTypedTexts(browser, looks, ({ name }) => {
    return PAYLOADS[SAYS_AGAIN.indexOf(name)]!
  })
  expect({ ran, reports, armed, missed }).toEqual({ ran: [], reports: [], armed: [], missed: [] })
  for (const [name, places] of echoes) expect(places, name).not.toEqual([])
}, 180_000)
