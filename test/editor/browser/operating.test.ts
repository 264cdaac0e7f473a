import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { permissionsOf } from '../../../server/api/http/permissions.ts'
import { ExceptionList } from '../../../server/contract/exceptions.ts'
import { RunList } from '../../../server/contract/runs.ts'
import { seriousFaults } from '../support/axe.ts'
import { PAGES, STATES } from '../support/places.ts'
import { id, ordinary, WORKSPACE } from '../support/scene.ts'
import { BLANK } from '../support/stage.ts'
import { visits } from '../support/visits.ts'

// What an operator does when something waits, was set aside, is in doubt, or has to be done again.

const w = `/w/${WORKSPACE}`
const { visit, stage, dialog, lastAsked } = visits()

describe('a run', () => {
  test('that waits says why, until when, in which lane and of which back-fill', async () => {
    const page = await visit(PAGES['run-waiting']!)
    await page.getByText(/Goes on by itself in 2[12]:\d\d/).waitFor()
    await page.getByText('Bulk: after what people wait for').waitFor()
    await page.getByRole('link', { name: 'The whole back-fill' }).click()
    await page.getByText('5 of 10 parts done').waitFor()
    expect(page.url()).toContain('tab=backfills')
  })

  test('is printed whole: its id, exact times, rows as wide as the paper; its bars are one stop of Tab', async () => {
    const page = await visit(PAGES['run-partly']!)
    await page.getByRole('link', { name: /^Batch 0/ }).focus()
    await page.keyboard.press('ArrowDown')
    expect(await page.evaluate(() => document.activeElement?.textContent)).toMatch(/^Batch 1/)
    await page.keyboard.press('Tab')
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Say whether they did')
    const size = page.viewportSize()!
    try {
      await page.setViewportSize({ width: 794, height: 1123 })
      await page.emulateMedia({ media: 'print' })
      expect(await page.getByText(id(3, 2)).isVisible()).toBe(true)
      expect(await page.getByRole('button', { name: 'Run again…' }).isVisible()).toBe(false)
      const [wide, time] = await page.evaluate(() => [
        document.documentElement.scrollWidth,
        getComputedStyle(document.querySelector('main time')!, '::after').content,
      ])
      expect(wide).toBe(794)
      expect(time).toMatch(/ \d\d:\d\d:\d\d UTC/)
    } finally {
      await page.emulateMedia({ media: null })
      await page.setViewportSize(size)
    }
  })

  test('is paused and resumed after saying what that means', async () => {
    const page = await visit(PAGES['run-paused']!)
    await page.getByRole('button', { name: 'Resume' }).click()
    await dialog(page).getByText('after the 212 that are settled').waitFor()
    await dialog(page).getByRole('button', { name: 'Resume run' }).click()
    await page.getByText('Queued', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Pause' }).click()
    await dialog(page).getByRole('button', { name: 'Pause run' }).click()
    await page.getByText('Pausing', { exact: true }).waitFor()
    expect(lastAsked()?.call).toMatch(/\/pause$/)
  })

  test('is marked with others, which are counted, and go on or end together; R and C do so from the row', async () => {
    const page = await visit(`${w}/runs?state=running,waiting,paused`)
    const bar = page.getByRole('region', { name: 'Marked runs' })
    await bar.getByText('Mark runs to resume (R) or cancel (C) them.').waitFor()
    await page.getByLabel('Mark all that are shown').check()
    await bar.getByRole('button', { name: 'Resume…' }).click()
    await dialog(page).getByText('1 run. Each goes on').waitFor()
    await dialog(page)
      .getByText(/Left as they are: \d not paused\./)
      .waitFor()
    await dialog(page).getByRole('button', { name: 'Resume 1 run' }).click()
    await page.getByText('1 run going on.').waitFor()
    expect(lastAsked()).toMatchObject({ call: expect.stringMatching(/\/runs\/resume$/), body: { select: {} } })
    await bar.getByText('Mark runs to resume (R) or cancel (C) them.').waitFor()

    // Nothing has the focus: J goes to the first row.
    await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur())
    await page.keyboard.press('j')
    expect(await page.evaluate(() => document.activeElement?.hasAttribute('data-row-link'))).toBe(true)
    await page.keyboard.press('c')
    await dialog(page).getByRole('heading', { name: 'Cancel 1 run?' }).waitFor()
    await page.keyboard.press('Escape')
    await dialog(page).waitFor({ state: 'hidden' })

    await bar.getByRole('button', { name: 'Unmark' }).click()
    await bar.getByRole('button', { name: 'Mark all that fit' }).click()
    await bar.getByRole('button', { name: 'Cancel…' }).click()
    await dialog(page)
      .getByRole('button', { name: /^Cancel \d runs?$/ })
      .click()
    await page.getByText(/^\d runs? cancelled\.$/).waitFor()
    expect(lastAsked()?.body).toEqual({ select: { filter: { state: 'running,waiting,paused' } } })
  })

  test('that is paused is let go from where it is seen that it waits; who may not is offered nothing', async () => {
    const page = await visit(PAGES['now']!)
    const row = page.getByRole('row').filter({ hasText: 'Amir Haddad paused it after 212 batches.' })
    await row.getByRole('button', { name: 'Resume…' }).click()
    await dialog(page).getByRole('button', { name: 'Resume 1 run' }).click()
    await page.getByText('1 run going on.').waitFor()
    expect(lastAsked()?.body).toEqual({ select: { ids: [expect.any(String)] } })
    const scene = ordinary()
    scene.workspaces = scene.workspaces.map((one) => ({
      ...one,
      role: 'auditor',
      permissions: permissionsOf('auditor'),
    }))
    const other = await visit(PAGES['now']!, scene)
    await other.getByText('Amir Haddad paused it after 212 batches.').waitFor()
    expect(await other.getByRole('button', { name: 'Resume…' }).count()).toBe(0)
    const list = await visit(PAGES['runs']!, scene)
    await list.locator('[data-row-link]').first().waitFor()
    expect(await list.getByRole('region', { name: 'Marked runs' }).count()).toBe(0)
  })

  test('is carried out again from one step with the live version, and is linked to the new one', async () => {
    const page = await visit(PAGES['run-partly']!)
    await page.getByRole('button', { name: 'Run again from this step…' }).click()
    await dialog(page).getByText('88,120 records in 50 batches').waitFor()
    await dialog(page).getByLabel('The live version').check()
    await dialog(page).getByLabel('Quiet').check()
    await dialog(page).getByRole('button', { name: 'Run again from here' }).click()
    await page.getByText('Without events and mails').waitFor()
    expect(lastAsked()?.body).toEqual({ node: 'sales', version: 'live', quiet: true })
    expect(await page.getByRole('link', { name: 'The earlier run' }).getAttribute('href')).toContain(id(3, 2))
  })
})

describe('a run that went wrong', () => {
  test('is walked through by keys: J to a step, N to the next error, R asks to run again', async () => {
    const page = await visit(PAGES['run-failed']!)
    const steps = page.getByRole('table', { name: 'Steps', exact: true })
    await steps.waitFor()
    await page.keyboard.press('j')
    const first = await page.evaluate(() => document.activeElement?.textContent)
    await page.keyboard.press('j')
    expect(await page.evaluate(() => document.activeElement?.textContent)).not.toBe(first)
    await page.keyboard.press('k')
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe(first)
    await page.keyboard.press('Enter')
    await page.waitForURL(/step=/)
    await page.keyboard.press('n')
    await page.waitForFunction(() => document.querySelector('[aria-label="Steps"] [aria-current="true"]') !== null)
    await page.keyboard.press('r')
    await dialog(page).getByText('What is the same as before is not sent a second time.').waitFor()
  })

  test('E hands its exceptions to somebody; in the list E and R are for the row with the focus', async () => {
    const page = await visit(PAGES['run-partly']!)
    await page.getByRole('button', { name: 'See to them…' }).waitFor()
    await page.keyboard.press('e')
    await dialog(page).getByText('See to the open exceptions of this run').waitFor()
    await visit(PAGES['exceptions']!)
    await page.locator('[data-row-link][href*="/exceptions/"]').first().focus()
    await page.keyboard.press('e')
    await dialog(page).getByText('See to 1 exception').waitFor()
  })

  test('is laid beside the last one that went through', async () => {
    const page = await visit(PAGES['run-partly']!)
    await page.getByRole('link', { name: 'Compare with the last good run' }).click()
    await page.getByRole('heading', { name: 'Compared with the last good run' }).waitFor()
    await page.getByRole('table', { name: 'Steps of both runs' }).waitFor()
    await page.getByRole('heading', { name: 'Settings' }).waitFor()
  })

  test('that has not begun has nothing to compare, and is not run again', async () => {
    const page = await visit(PAGES['run-partly']!, STATES['new-run']!.scene())
    await page.getByRole('heading', { level: 1 }).waitFor()
    await page.getByRole('link', { name: 'On the canvas' }).waitFor()
    expect(await page.getByRole('link', { name: 'Compare with the last good run' }).count()).toBe(0)
    expect(await page.getByRole('button', { name: /^Run again/ }).count()).toBe(0)
  })

  test('is found by its error code, which stands in the address', async () => {
    const page = await visit(PAGES['runs']!)
    await page.getByRole('button', { name: 'More filters' }).click()
    await page.getByLabel('Error code').fill('nobody_had_it')
    await page.getByText('No run fits these filters').waitFor()
    expect(page.url()).toContain('code=NOBODY_HAD_IT')
  })
})

test('errors are found by their words, which stand in the address', async () => {
  const page = await visit(`${w}/runs`)
  await page.getByRole('button', { name: 'More filters' }).click()
  await page.getByLabel('Error text').fill('REFUSED the login')
  await page.getByLabel('Error text').press('Enter')
  await page.waitForURL(/text=REFUSED(\+|%20)the(\+|%20)login/)
  await page.getByText('1 run fits; all failed.').waitFor()
  await page.getByLabel('Error text').fill('nothing of the kind')
  await page.getByText('No run fits these filters').waitFor()
  await page.goBack()
  await page.locator('[data-row-link]').first().waitFor()
  await page.goto(`${stage().address}${w}/exceptions?text=confirmed`)
  await page.locator('[data-row-link]').first().waitFor()
  expect(await page.getByLabel('Error text').inputValue()).toBe('confirmed')
  expect(await page.getByRole('button', { name: 'Mark all open ones that fit' }).count()).toBe(0)
})

test.each([
  ['runs', 'run', RunList],
  ['exceptions', 'exception', ExceptionList],
] as const)(
  'a search of %s that has not looked at all says how far it came, and looks further',
  async (what, one, list) => {
    const scene = ordinary()
    const page = await visit(BLANK, scene)
    stage().spoil = (schema, answer) => {
      if (schema !== list) return answer
      stage().spoil = undefined
      return { items: [], next: id(9, 9), looked: { count: 100_000, back: '2026-11-20T08:00:00.000Z' } }
    }
    await page.goto(`${stage().address}${w}/${what}?text=t`)
    await page.getByRole('heading', { name: `No ${one} found so far` }).waitFor()
    await page.getByText(`Looked at 100,000 ${what}, back to`).waitFor()
    await page.getByRole('button', { name: 'Look further' }).click()
    await page.locator('[data-row-link]').first().waitFor()
    expect(await page.getByText('Looked at').count()).toBe(0)
  },
)

describe('exceptions', () => {
  test('are marked with Shift, counted, and tried again; what is left out is said', async () => {
    const page = await visit(`${w}/exceptions`)
    await page.getByLabel('Mark INV-0192').check()
    await page.getByLabel('Mark INV-0196').click({ modifiers: ['Shift'] })
    await page.getByText('3 exceptions marked.').waitFor()
    await page.getByRole('button', { name: 'Try again…' }).click()
    await dialog(page).getByText('1 record left out:').waitFor()
    await dialog(page).getByText('in doubt: say first whether it arrived').waitFor()
    await dialog(page).getByRole('button', { name: 'Try 2 again' }).click()
    await page.getByText('2 exceptions again').waitFor()
    expect(lastAsked()?.body).toEqual({ select: { ids: [id(4, 1), id(4, 2), id(4, 5)] }, version: 'live' })
  })

  test('are dismissed as a whole filter for one reason', async () => {
    const page = await visit(`${w}/exceptions?code=RECORD_REFUSED`)
    await page.getByRole('button', { name: 'Mark all open ones that fit' }).click()
    await page.getByRole('button', { name: 'Dismiss…' }).click()
    await dialog(page).getByLabel('Reason').fill('Test invoices')
    await dialog(page).getByRole('button', { name: 'Dismiss 1', exact: true }).click()
    await page.getByRole('table').getByText('Dismissed', { exact: true }).waitFor()
    expect(lastAsked()?.body).toEqual({ select: { filter: { code: 'RECORD_REFUSED' } }, reason: 'Test invoices' })
  })

  test('are handed to somebody and put aside together, after a count', async () => {
    const page = await visit(`${w}/exceptions?code=RECORD_REFUSED`)
    await page.getByRole('button', { name: 'Mark all open ones that fit' }).click()
    await page.getByRole('button', { name: 'See to them…' }).click()
    await dialog(page).getByText('will change.').waitFor()
    await dialog(page).getByLabel('Who sees to them').click()
    await page.getByRole('option', { name: 'Nobody any more' }).click()
    await dialog(page).getByLabel('Say something about them').fill('Asked the shop')
    await dialog(page)
      .getByRole('button', { name: /^Change \d+$/ })
      .click()
    await dialog(page).waitFor({ state: 'detached' })
    expect(lastAsked()?.body).toEqual({
      ...{ select: { filter: { code: 'RECORD_REFUSED' } }, assign: null, comment: 'Asked the shop' },
    })
  })

  test('one is edited: mistakes are named by line, the difference is shown, and it is on its way', async () => {
    const page = await visit(PAGES['exception']!)
    await page.getByText('Values are hidden.').waitFor()
    expect(await page.getByText('PO-4402').count()).toBe(0)
    await page.getByRole('button', { name: 'Edit and try again…' }).click()
    await dialog(page).getByLabel('Reason').fill('Its order is another')
    await dialog(page).getByRole('button', { name: 'Show and edit' }).click()
    const field = page.getByLabel('The record', { exact: false }).and(page.locator('textarea:not([aria-hidden])'))
    const text = await field.inputValue()
    await field.fill(text.replace('"Status": "PAID",', '"Status": "PAID"'))
    await page.getByText(/^Line 5: A comma is missing before/).waitFor()
    expect(await page.getByRole('button', { name: 'Try again with this record' }).isDisabled()).toBe(true)
    await field.fill(text.replace('"PO-4402"', '"PO-1"'))
    const changed = page.getByRole('table', { name: 'Changed fields' })
    await changed.getByText('"PO-4402"').waitFor()
    await changed.getByText('"PO-1"').waitFor()
    await page.getByRole('button', { name: 'Try again with this record' }).click()
    await page.getByText('Being sent again').waitFor()
    await page.getByText(', with an edited record').waitFor()
    expect(lastAsked()?.body).toMatchObject({ record: { Reference: 'PO-1' }, version: 'live' })
  })

  test('is printed without what can only be chosen, and with whose it is', async () => {
    const page = await visit(PAGES['exception']!)
    await page.getByRole('combobox', { name: 'Who sees to it' }).waitFor()
    const whose = page.getByText('Nobody sees to it yet.')
    expect(await whose.isVisible()).toBe(false)
    try {
      await page.emulateMedia({ media: 'print' })
      expect(await whose.isVisible()).toBe(true)
      for (const input of await page.locator('main :is(input, textarea)').all())
        expect(await input.isVisible()).toBe(false)
    } finally {
      await page.emulateMedia({ media: null })
    }
  })
})

describe('what may have arrived', () => {
  test('is settled many at once, with how one knows, and is not sent again unless one wants it', async () => {
    const page = await visit(`${w}/unknown`)
    await page.getByLabel('Mark all that are shown').check()
    await page.getByRole('button', { name: 'They did not arrive…' }).click()
    await dialog(page).getByText('they are there twice').waitFor()
    await dialog(page).getByLabel('Send them again now').uncheck()
    await dialog(page).getByLabel('How do you know?').fill('Searched by number')
    await dialog(page).getByRole('button', { name: 'Settle 3 items as not arrived' }).click()
    await page.getByText('Nothing is in doubt').waitFor()
    expect(lastAsked()?.body).toMatchObject({ verdict: 'did-not-arrive', reason: 'Searched by number', retry: false })
  })

  test('one is settled as arrived from its page', async () => {
    const page = await visit(PAGES['unknown']!)
    await page.getByText('Tieline looked for it too').waitFor()
    await page.getByText('1,600.68').waitFor()
    await page.getByRole('button', { name: 'Show values…' }).click()
    await dialog(page).getByLabel('Reason').fill('To look for it')
    await dialog(page).getByRole('button', { name: 'Show them' }).click()
    await page.getByText('800.34').waitFor()
    expect(lastAsked()?.body).toEqual({ reason: 'To look for it' })
    await page.getByRole('button', { name: 'It arrived…' }).click()
    await dialog(page).getByText('not sent again').waitFor()
    await dialog(page).getByLabel('How do you know?').fill('Seen in the account')
    await dialog(page).getByRole('button', { name: 'Settle 1 item as arrived' }).click()
    await page.getByText('Settled. It is kept with your name and reason.').waitFor()
  })
})

describe('a flow begins in other ways', () => {
  test('by a back-fill, whose parts and cost are shown first; it is cancelled after counting', async () => {
    const page = await visit(PAGES['flow-steps']!)
    await page.getByRole('button', { name: 'More' }).click()
    await page.getByRole('menuitem', { name: 'Back-fill…' }).click()
    await dialog(page).getByLabel('First day').fill('2026-10-10')
    await dialog(page).getByLabel('Last day').fill('2026-10-09')
    await dialog(page).getByText('The last day is before the first one.').waitFor()
    await dialog(page).getByLabel('Last day').fill('2026-10-31')
    await dialog(page).getByText('from 10 Oct 2026 to 14 Oct 2026').waitFor()
    await dialog(page).getByText('212 calls, done by 06:40').waitFor()
    await dialog(page).getByRole('button', { name: 'Start 2 parts' }).click()
    const card = page.getByRole('region', { name: 'Back-fill 10 Oct 2026 to 31 Oct 2026' })
    await card.getByText('0 of 2 parts done').waitFor()
    expect(lastAsked()?.body).toEqual({ from: '2026-10-10', to: '2026-11-01', chunk: 'month', quiet: true })

    await card.getByRole('button', { name: 'Cancel…' }).click()
    await dialog(page).getByRole('button', { name: 'Cancel 2 parts' }).click()
    await card.getByText('Cancelled 2').waitFor()
  })

  test('by the keys of single records', async () => {
    const page = await visit(PAGES['flow-steps']!)
    await page.getByRole('button', { name: 'More' }).click()
    await page.getByRole('menuitem', { name: 'Re-sync a record…' }).click()
    await dialog(page).getByText('Read invoices, by invoice number or id').waitFor()
    await dialog(page).getByLabel('Keys, one per line').fill('INV-0192\nINV-0193\nINV-0192')
    await dialog(page).getByRole('button', { name: 'Re-sync 2 records' }).click()
    await page.getByText('Reads single records again, asked for by Jana Weiss').waitFor()
    expect(lastAsked()?.body).toEqual({ keys: ['INV-0192', 'INV-0193'], quiet: false, node: 'invoices' })
  })

  test('by a hook, whose secret is shown once and whose events have addresses', async () => {
    const page = await visit(PAGES['flow-hooks']!)
    await page.getByRole('region', { name: 'What the event said' }).getByText('"INV-0193"').waitFor()
    await page.getByRole('button', { name: 'Make the secret' }).click()
    await page.getByRole('button', { name: 'Copy secret whsec_not-a-real-secret-n3Ws' }).waitFor()
    await page.reload()
    await page.getByText('…n3Ws').waitFor()
    expect(await page.content()).not.toContain('not-a-real-secret')
  })
})

describe('values of records', () => {
  test('are hidden until a reason is given, which goes to the server with the request', async () => {
    const page = await visit(PAGES['run-partly']!)
    await page.getByText('Values are hidden.').waitFor()
    await page.getByText('[hidden]').first().waitFor()
    await page.getByRole('button', { name: 'Show values…' }).click()
    await dialog(page).getByLabel('Reason').fill('A customer asked')
    await dialog(page).getByRole('button', { name: 'Show them' }).click()
    await page.getByRole('button', { name: 'Hide values' }).waitFor()
    expect(lastAsked()?.body).toMatchObject({ reason: 'A customer asked', node: 'sales', batch: 2 })
    expect(await page.getByText('[hidden]').count()).toBe(0)
    await page.getByLabel('Find in these records').fill('Weiss')
    await page.getByRole('button', { name: 'Find', exact: true }).click()
    await expect.poll(() => lastAsked()?.body).toMatchObject({ contains: 'Weiss' })
  })
})

describe('searching inside the payloads of a run', () => {
  const field = (page: Page) => page.getByRole('textbox', { name: 'Search inside payloads' })
  const found = (page: Page) => page.getByRole('list', { name: 'Found records' })

  test('finds records by “/”, says how far it has looked, and leads to each', async () => {
    const scene = ordinary()
    const page = await visit(PAGES['run-partly']!.replace('&batch=2', ''), scene)
    await page.getByRole('region', { name: 'Step Send purchases' }).waitFor()
    await page.keyboard.press('/')
    expect(await field(page).evaluate((element) => element === document.activeElement)).toBe(true)
    // The answer to the second stretch keeps waiting.
    scene.hold = ['cursor=']
    await page.keyboard.type('inv-0299')
    await page.keyboard.press('Enter')
    await page.getByText('Looked through 125 of 1,000 batches: nothing found so far').waitFor()
    await page.getByRole('button', { name: 'Stop' }).click()
    stage().release()
    await page.getByText('Looked through 250 of 1,000 batches: nothing found so far').waitFor()
    await page.getByRole('button', { name: 'Look further' }).click()
    await page.getByText('Looked through 120 records of 1,000 batches: 1 hit').waitFor()
    // Without scrolling, wherever the field stood.
    const inSight = (list: Element) => list.getBoundingClientRect().bottom <= window.innerHeight
    await expect.poll(() => found(page).evaluate(inSight)).toBe(true)
    await page.getByText('1,642 more records went through these steps and were not kept').waitFor()
    await found(page)
      .getByRole('link', { name: /Send purchases Batch 2, what came in, number 108/ })
      .click()
    await page.waitForURL(/batch=2.*show=in.*record=107/)
    // Opened at the record itself, with the number it has among the kept ones.
    await page.getByText('108 to 120 of 120 records').waitFor()
    await page.getByRole('cell', { name: 'INV-0299' }).waitFor()
    await page.getByRole('link', { name: 'Show from the first' }).click()
    await page.getByText('First 50 of 120 records').waitFor()
  })

  test('rests after enough hits, and goes on when asked', async () => {
    const page = await visit(PAGES['run-partly']!)
    await field(page).fill('INV-0')
    await field(page).press('Enter')
    await page.getByText('Looked through 500 of 1,000 batches: 60 hits so far').waitFor()
    expect(await found(page).getByRole('listitem').count()).toBe(60)
    await page.getByRole('button', { name: 'Look further' }).click()
    await page.getByText('Looked through 120 records of 1,000 batches: 120 hits').waitFor()
    expect(await seriousFaults(page)).toEqual([])
  })

  test('does not look at hidden values until a reason is given; with none found it says so', async () => {
    const page = await visit(PAGES['run-partly']!)
    await field(page).fill('Winter jacket')
    await field(page).press('Enter')
    await page.getByText('No kept record of this run shows “Winter jacket”. It may stand in a hidden value.').waitFor()
    await page.getByRole('button', { name: 'In hidden values too…' }).click()
    await dialog(page).getByLabel('Reason').fill('A customer asked')
    await dialog(page).getByRole('button', { name: 'Search them' }).click()
    await page.getByText('60 hits so far').waitFor()
    await found(page).getByText('LineItems').first().waitFor()
    expect(lastAsked()?.body).toMatchObject({ q: 'Winter jacket', reason: 'A customer asked' })
    // The same reason shows the values of records, and hiding hides both.
    await page.getByRole('button', { name: 'Only in what is shown' }).click()
    await page.getByText('Values are hidden.').waitFor()
    await page.getByText('It may stand in a hidden value.').waitFor()
  })
})

describe('a run of 1,000 batches', () => {
  test('draws the rows in sight only, and those scrolled to', async () => {
    const scene = ordinary()
    const run = scene.runs.find((one) => one.id === id(3, 2))!
    Object.assign(run, { batches: 1_000 })
    const page = await visit(PAGES['run-partly']!, scene)
    const rows = page.getByRole('region', { name: '1,000 batches over time' })
    await rows.getByText('Batch 3', { exact: true }).waitFor()
    expect(await rows.getByRole('listitem').count()).toBeLessThan(40)
    await rows.evaluate((element) => element.scrollTo(0, element.scrollHeight))
    await rows.getByText('Batch 999', { exact: true }).waitFor()
    expect(await rows.getByRole('listitem').count()).toBeLessThan(40)
  })
})
