import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openBrowser } from '../../support/browser.ts'
import { seriousFaults } from '../support/axe.ts'
import { DESK, type Opened, openProfile, PHONE } from '../support/open-page.ts'
import { OUTSIDE, PAGES, STATES } from '../support/places.ts'
import { ordinary, type Scene } from '../support/scene.ts'
import { BLANK, openStage, type Stage } from '../support/stage.ts'

// One profile for all: its cache holds the app from the second page on.
let browser: Browser
let stage: Stage
let opened: Opened
beforeAll(async () => {
  browser = await openBrowser()
  stage = await openStage(ordinary())
  opened = await openProfile(browser)
  // Nothing that one page remembers may change what the next one shows.
  await opened.page.addInitScript(() => {
    if (location.protocol !== 'http:') return
    localStorage.clear()
    sessionStorage.clear()
  })
})
afterAll(async () => {
  await opened?.close()
  await browser?.close()
  await stage?.close()
})

const LIGHT = { colorScheme: 'light', reducedMotion: 'reduce' } as const
const DARK = { colorScheme: 'dark', reducedMotion: 'reduce' } as const
beforeEach(async () => {
  await opened.page.setViewportSize(DESK)
  await opened.page.emulateMedia(LIGHT)
})
afterEach(async () => {
  await opened.page.unrouteAll({ behavior: 'ignoreErrors' })
  expect(opened.faults.splice(0), 'faults of the page').toEqual([])
})

/** What the app that is loaded stands on, if the test before left it as it was: the next page is gone to as by a link. */
let standing: (() => Scene) | undefined

async function show(address: string, scene: Scene): Promise<Page> {
  const { page, settled } = opened
  standing = undefined
  stage.next(scene)
  // The same page with another secret behind its # would stay as it is.
  if (address.includes('#')) await page.goto(`${stage.address}${BLANK}`)
  await page.goto(`${stage.address}${address}`)
  await settled()
  return page
}

/** A page of a scene: of the one that is standing without loading the app again. */
async function reach(address: string, scene: () => Scene): Promise<Page> {
  if (standing !== scene || address.includes('#')) {
    const page = await show(address, scene())
    standing = address.includes('#') ? undefined : scene
    return page
  }
  const { page } = opened
  await page.evaluate(() => {
    localStorage.clear()
    sessionStorage.clear()
  })
  await opened.follow(address)
  await inOneColour(page, 'light')
  return page
}

async function darken(page: Page): Promise<void> {
  await page.emulateMedia(DARK)
  await inOneColour(page, 'dark')
}

async function inOneColour(page: Page, colour: 'light' | 'dark'): Promise<void> {
  await page.waitForSelector(`html[data-mantine-color-scheme="${colour}"]`)
  // What is on its way from one to the other is neither.
  await page.evaluate(async () => {
    await new Promise((drawn) => requestAnimationFrame(drawn))
    const ending = document.getAnimations().filter((one) => one.effect?.getComputedTiming().iterations !== Infinity)
    await Promise.allSettled(ending.map((one) => one.finished))
  })
}

/** As it stands on a desk with every rule, and in the dark with the one that depends on colours. */
async function lightAndDark(page: Page): Promise<void> {
  expect(await seriousFaults(page)).toEqual([])
  await darken(page)
  expect(await seriousFaults(page, ['color-contrast'])).toEqual([])
}

/**
 * On a desk, light and dark, and on a phone: `fitting` looks there only whether all fits, as other states of a page have
 * the same parts.
 */
async function examine(
  address: string,
  scene: () => Scene,
  phone: 'every rule' | 'fitting' = 'every rule',
): Promise<void> {
  const page = await reach(address, scene)
  await lightAndDark(page)
  await page.setViewportSize(PHONE)
  // What stands below the fold is covered by the bar at the bottom until one scrolls: no fault of its size.
  const faults = phone === 'fitting' ? [] : await seriousFaults(page)
  expect(faults.filter((fault) => !fault.startsWith('target-size'))).toEqual([])
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  )
  expect(overflow, 'width that has to be scrolled sideways').toBe(0)
}

describe('every page can be used by everybody, light and dark, on a desk and on a phone', () => {
  test.each(Object.entries(PAGES))('%s', async (_name, address) => examine(address, ordinary))
  test.each(Object.entries(OUTSIDE))('%s', async (name, address) =>
    examine(address, () => ({ ...ordinary(), signedIn: false, setUp: !name.startsWith('set-up') })),
  )
})

describe('every state of a page can be used by everybody', () => {
  const all = Object.entries(STATES).flatMap(([state, { scene, pages }]) =>
    pages.map((name) => ({ name, state, scene, address: PAGES[name] ?? '/no-such-page' })),
  )
  test.each(all)('$name, $state', async ({ address, scene }) => examine(address, scene, 'fitting'))
})

test('the editor of a record and the marks of a list can be used by everybody', async () => {
  const page = await show(PAGES['exception']!, ordinary())
  await page.getByRole('button', { name: 'Edit and try again…' }).click()
  await page.getByRole('dialog').getByLabel('Reason').fill('Its total is wrong')
  await page.getByRole('dialog').getByRole('button', { name: 'Show and edit' }).click()
  await page.locator('textarea').first().fill('{ "Total": 12 }')
  await page.getByRole('table', { name: 'Changed fields' }).waitFor()
  expect(await seriousFaults(page)).toEqual([])
  await page.goto(`${stage.address}${PAGES['exceptions']!}`)
  await page.getByLabel('Mark all that are shown').check()
  await opened.settled()
  await lightAndDark(page)
})

describe('the way by which a prebuilt flow is installed can be used by everybody', () => {
  test('its samples, opened', async () => {
    const page = await show(PAGES['install-samples']!, ordinary())
    await page.getByText('A paid invoice of two lines').click()
    await page.getByRole('region', { name: 'Out: A paid invoice of two lines' }).waitFor()
    await lightAndDark(page)
  })

  test('what a newer version would change, and that it was taken', async () => {
    const page = await show(PAGES['flow-news']!, ordinary())
    // What both changed is named by its step and field, not by a key.
    await page.getByText('yours stay: One row per line › ').waitFor()
    await page.getByText('See what it would change: 4 changes').click()
    await page.getByText('Status = "PAID" and AmountDue = 0').waitFor()
    await lightAndDark(page)
    await page.getByRole('button', { name: 'Take it into the draft' }).click()
    await page.getByText('The draft has version 4 of its template now').waitFor()
    expect(await seriousFaults(page)).toEqual([])
  })

  test('a dry run that does not begin makes no second flow at another try; one that ran says what it would do', async () => {
    const refuse = { method: 'POST', path: '/dry-run', status: 409, code: 'RUNS_ALREADY', title: 'A run is at work' }
    const page = await show(PAGES['install-samples']!, {
      ...ordinary(),
      refuse: [{ ...refuse, detail: 'Wait for it.' }],
    })
    await page.getByRole('combobox', { name: 'The ledger' }).click()
    await page.getByRole('option', { name: 'Xero Nordwind GmbH' }).click()
    await page.getByRole('button', { name: 'Set up and try it' }).click()
    await page.getByText('The flow is set up, but its dry run did not begin').waitFor()
    await lightAndDark(page)
    stage.scene.refuse = []
    await page.getByRole('button', { name: 'Try it again' }).click()
    await page.getByRole('heading', { name: 'Steps', exact: true }).waitFor()
    expect(stage.asked.filter(({ call }) => call.endsWith('/install'))).toHaveLength(1)
  })

  test('a dry run with its counts', async () => {
    const scene = ordinary()
    scene.runs = scene.runs.map((run) => ({ ...run, dry: true }))
    const page = await show(PAGES['run-partly']!, scene)
    await page.getByText('A dry run: nothing is sent').waitFor()
    await lightAndDark(page)
  })
})

describe('every state of the editor can be used by everybody', () => {
  const edit = PAGES['edit']!
  const key = (name: string) => (page: Page) => page.keyboard.press(name)
  const onStep = (name: string) => async (page: Page) => {
    await page.locator('.react-flow__node[data-id="paid"]').focus()
    await page.keyboard.press(name)
  }
  type Reach = (page: Page) => Promise<unknown>
  const states: readonly (readonly [string, string, Reach])[] = [
    ['the list to add from', '[role="dialog"] [role="combobox"]', onStep('n')],
    ['the list to replace from', '[role="dialog"] [role="combobox"]', onStep('r')],
    ['connecting', '[role="dialog"]', onStep('c')],
    ['a disabled step', 'text=Off: lets through', onStep('d')],
    ['going to anything', '#go-list [role="option"]', key('Control+k')],
    ['all keys', '[role="dialog"]', key('?')],
    ['finding', 'section[aria-label="Find"]', key('Control+f')],
    ['a note', '.react-flow__node-note', key('Shift+S')],
    ['a group', '.react-flow__node-frame', onStep('Control+g')],
    ['testing', '[role="dialog"]', (page) => page.getByRole('button', { name: 'Test…' }).click()],
    ['publishing', '[role="dialog"] textarea', (page) => page.getByRole('button', { name: 'Publish…' }).click()],
    [
      'adding from the rail',
      'section[aria-label="Add a step"]',
      (page) => page.getByRole('button', { name: 'Add a step', exact: true }).click(),
    ],
    [
      'questions',
      'section[aria-label="Questions of this flow"] li',
      async (page) => {
        await page.getByRole('button', { name: 'Questions of this flow' }).click()
        await page.getByRole('button', { name: 'Add a question' }).click()
      },
    ],
    [
      'offline',
      '[data-save="offline"]',
      async (page) => {
        await page.route('**/draft', (route) => (route.request().method() === 'PUT' ? route.abort() : route.continue()))
        await page.getByLabel('Name of the flow').fill('Not sent')
      },
    ],
  ]
  test.each(states)('%s', async (_name, there, reach) => {
    const page = await show(edit, ordinary())
    await reach(page)
    await page.locator(there).first().waitFor()
    await opened.settled()
    await lightAndDark(page)
  })

  test('while somebody else edits', async () => {
    const page = await show(edit, { ...ordinary(), editedBy: 'Ben Ito' })
    await page.getByText('Ben Ito edits this flow').waitFor()
    await lightAndDark(page)
  })
})

describe('every dialog can be used by everybody', () => {
  const dialogs: readonly (readonly [string, string, string])[] = [
    ['switching off', PAGES['flows']!, 'role=switch >> nth=0'],
    ['running now', PAGES['flows']!, 'button:has-text("Run now") >> nth=0'],
    ['a new flow', PAGES['flows']!, 'button:has-text("New flow")'],
    ['cancelling', PAGES['run-running']!, 'button:has-text("Cancel run")'],
    ['dismissing', PAGES['exception']!, 'button:has-text("Dismiss…")'],
    ['running again from a step', PAGES['run-partly']!, 'button:has-text("Run again from this step…")'],
    ['trying again', PAGES['run-partly']!, 'button:has-text("Try the exceptions again…")'],
    ['settling', PAGES['unknown']!, 'button:has-text("It did not arrive…")'],
    ['changing a limit', PAGES['workers']!, 'button:has-text("Change limit…") >> nth=0'],
    ['closing a workspace', PAGES['close']!, 'button:has-text("Close this workspace…")'],
    ['limiting a connection', PAGES['connection']!, 'button:has-text("Change runs at a time…")'],
    ['taking somebody out', PAGES['people']!, 'button:has-text("Remove…") >> nth=1'],
    ['adopting', PAGES['flow-clients']!, 'button:has-text("Adopt a flow…")'],
    ['letting go of a client', PAGES['flow-clients']!, 'button:has-text("Let go…") >> nth=0'],
    ['revoking', PAGES['settings']!, 'button:has-text("Revoke")'],
  ]
  test.each(dialogs)('%s', async (_name, address, button) => {
    const page = await show(address, ordinary())
    await page.click(button)
    await page.waitForSelector('[role="dialog"]')
    await opened.settled()
    await lightAndDark(page)
    await page.keyboard.press('Escape')
    await page.waitForSelector('[role="dialog"]', { state: 'detached' })
  })
})
