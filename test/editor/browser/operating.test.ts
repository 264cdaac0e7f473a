import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { permissionsOf } from '../../../server/api/http/permissions.ts'
import { seriousFaults } from '../support/axe.ts'
import { PHONE } from '../support/open-page.ts'
import { PAGES } from '../support/places.ts'
import { empty, failing, id, ordinary, WORKSPACE } from '../support/scene.ts'
import { visits } from '../support/visits.ts'

// What an operator does when something waits, was set aside, is in doubt, or has to be done again.

const w = `/w/${WORKSPACE}`
const { visit, stage, dialog, lastAsked } = visits()

describe('arriving', () => {
  test.each([
    ['operator', 'Right now'],
    ['owner', 'Right now'],
    ['auditor', 'Right now'],
    ['consultant', 'What I’m building'],
    ['finance', 'To agree'],
    ['marketing', 'To settle'],
  ] as const)('%s is led to “%s”, and Home leads back there', async (role, title) => {
    const scene = ordinary()
    scene.workspaces = scene.workspaces.map((one) => ({ ...one, role }))
    const page = await visit('/', scene)
    await page.getByRole('heading', { name: title, level: 1 }).waitFor()
    await page.getByRole('link', { name: 'Flows', exact: true }).click()
    await page.getByRole('heading', { name: 'Flows', level: 1 }).waitFor()
    await page.getByRole('link', { name: 'Home', exact: true }).click()
    await page.getByRole('heading', { name: title, level: 1 }).waitFor()
  })

  test('a client comes to their automations: how these run is a click away, what is not theirs is not offered', async () => {
    const scene = ordinary()
    scene.workspaces = scene.workspaces.map((one) => ({ ...one, role: 'client', permissions: permissionsOf('client') }))
    const page = await visit('/', scene)
    await page.getByRole('heading', { name: 'Your automations', level: 1 }).waitFor()
    const rail = page.getByRole('navigation', { name: 'Main' })
    const words = () => rail.getByRole('link').allTextContents()
    expect(await words()).toEqual(['Home', 'Notices', 'Connections', 'Settings'])
    await rail.getByRole('button', { name: 'How it runs' }).click()
    const all = ['Home', 'Flows', 'Runs', 'Exceptions', 'Did it arrive?', 'Notices', 'Connections', 'Settings']
    expect(await words()).toEqual(all)
    await rail.getByRole('link', { name: 'Runs', exact: true }).click()
    await page.getByRole('heading', { name: 'Runs', level: 1 }).waitFor()
    await rail.getByRole('link', { name: 'Home', exact: true }).click()
    await page.getByRole('heading', { name: 'Your automations', level: 1 }).waitFor()

    // Whoever comes by a link to such a page finds its neighbours.
    await page.goto(`${stage().address}${w}/runs`)
    await page.getByRole('heading', { name: 'Runs', level: 1 }).waitFor()
    expect(await words()).toEqual(all)
  })

  test('a month is checked and signed off: both sides in sums, what differs, and a note where it does not agree', async () => {
    const page = await visit(`${w}/desk?period=2026-09`)
    const agrees = page.getByText('September 2026 agrees. 1,284 documents, EUR 312,480.00, SEK 98,000.50 in both.')
    await agrees.waitFor()
    await page
      .getByText('September 2026 does not agree: 3 documents differ, and 2 records could not come through.')
      .waitFor()
    await page.getByText('1,281 the same in both · 3 not sent · 2 set aside').waitFor()
    await page.getByText('1,240.10').first().waitFor()
    // Each currency by itself, and what differs in it; as a file.
    await page.getByRole('button', { name: 'Show what differs in EUR' }).click()
    const differing = page.getByRole('table', { name: 'Documents that differ' })
    expect(await differing.getByRole('link', { name: 'INV-0194' }).getAttribute('href')).toContain('key=INV-0194')
    const file = await page.getByRole('link', { name: 'Download as CSV' }).getAttribute('href')
    expect(file).toBe(`/api/v1/workspaces/${WORKSPACE}/periods/2026-09/export`)
    await page.getByRole('heading', { name: 'No month was signed off yet' }).waitFor()
    expect(await seriousFaults(page)).toEqual([])

    const [agreeing, other] = stage().scene.flows.map(({ name }) => name)
    await page.getByRole('button', { name: `Sign off: ${agreeing}` }).click()
    await dialog(page).getByRole('button', { name: 'Sign off', exact: true }).click()
    await page.getByText(/^Signed off by Jana Weiss/).waitFor()
    // The button it was opened by has gone with it: the keyboard stays in the card.
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.getAttribute('aria-label')))
      .toBe(`Check September 2026: ${agreeing}`)
    await page.getByRole('button', { name: `Sign off: ${other}` }).click()
    expect(await dialog(page).getByRole('button', { name: 'Sign off', exact: true }).isDisabled()).toBe(true)
    await dialog(page).getByLabel('Note').fill('Sent by hand in March')
    await page.keyboard.press('Tab')
    await dialog(page).getByRole('button', { name: 'Sign off', exact: true }).click()
    await page.getByText('“Sent by hand in March”').first().waitFor()
    // It moved since: which documents, then and now; and it is taken back with a reason.
    const signOffs = page.getByRole('table', { name: 'Sign-offs' })
    await signOffs.getByText('Changed since', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Show the documents' }).click()
    await page.getByRole('table', { name: 'Changed since sign-off' }).getByRole('link', { name: 'INV-0194' }).waitFor()
    await page.getByText(/^Was sent or taken back since: INV-0194, INV-0197/).waitFor()
    expect(await seriousFaults(page)).toEqual([])
    await page.getByRole('button', { name: `Re-open: ${other}` }).click()
    await dialog(page).getByLabel('Reason').fill('INV-0194 came late')
    await dialog(page).getByRole('button', { name: 'Re-open', exact: true }).click()
    await signOffs.getByText('Re-opened', { exact: true }).waitFor()
    expect(lastAsked()).toMatchObject({
      call: expect.stringMatching(/reopen$/),
      body: { reason: 'INV-0194 came late' },
    })

    await page.getByLabel('Month', { exact: true }).selectOption('2026-10')
    await page.getByText(/^October 2026 agrees/).waitFor()
    expect(page.url()).toContain('period=2026-10')
    await page.getByRole('button', { name: `Check October 2026: ${agreeing}` }).click()
    await page.getByText(/Being checked: the month is read anew, and nothing is sent/).waitFor()
    expect(await page.getByRole('button', { name: `Check October 2026: ${agreeing}` }).isDisabled()).toBe(true)
  })

  test('what needs somebody stands by cause, gravest first, and leads to its runs and to one of them', async () => {
    const page = await visit(PAGES['now']!)
    await page.getByText('2 causes stand still, 3 wait for a person.').waitFor()
    expect(
      await page.getByRole('table').evaluateAll((all) => all.map((one) => one.getAttribute('aria-label'))),
    ).toEqual(['Stands still', 'Waits for a person', 'Goes on by itself'])
    const at = (name: RegExp) => page.getByRole('link', { name }).getAttribute('href')
    expect(await at(/Emarsys refused the client secret/)).toContain(`/connections/${id(5, 2)}`)
    expect(await at(/Nobody has confirmed its contact/)).toMatch(
      /exceptions\?state=open&flow=.*node=sales&code=CONTACT/,
    )
    expect(await at(/refused events/)).toMatch(/tab=hooks&hook=/)
    expect(await at(/allowance of 5,000 calls/)).toContain(`/runs/${id(3, 5)}`)
    await page.getByText('52,140.40').waitFor()
    await page.getByRole('link', { name: /answered with status 503/ }).click()
    await page.getByText('Only those that failed for one reason').waitFor()
    expect(page.url()).toMatch(/state=failed&fault=[0-9a-f]{16}/)
    await page.getByRole('link', { name: 'Credit notes → Emarsys returns' }).click()
    await page.getByText('Sign in at Xero again, then turn the flow on.').waitFor()
  })

  test('a cause is one line for all clients: it opens into them, leads to each one’s runs, and is taken after a count', async () => {
    const page = await visit(PAGES['causes']!)
    await page.getByText('2 causes at 5 of 60 clients.').waitFor()
    await page.getByText('34 runs, 5 clients').waitFor()
    await page.getByText('Not looked at, as they ask for another way of signing in: Suedwind.').waitFor()
    const row = page.getByRole('row').filter({ hasText: 'answered with status 503' })
    await row.getByRole('button', { name: /answered with status 503/ }).click()
    const there = row.getByRole('list', { name: 'At these clients' })
    expect(await there.getByRole('link', { name: /^Alpine Supply: / }).getAttribute('href')).toMatch(
      /^\/w\/[^/]+\/runs\?state=failed&fault=[0-9a-f]{16}$/,
    )
    await row.getByRole('button', { name: 'Take it…' }).click()
    // One of the five may not be taken.
    await dialog(page).getByText('28 failed runs will be in your hands:').waitFor()
    expect(await dialog(page).getByRole('listitem').count()).toBe(4)
    await dialog(page).getByRole('button', { name: 'Take 28' }).click()
    await page.getByText('You look after 28 failed runs now.').waitFor()
    expect(
      stage().asked.filter(({ call, body }) => call.endsWith('/owner') && !Reflect.get(body as object, 'dry')),
    ).toHaveLength(4)
    await page.getByRole('row').filter({ hasText: 'customer 4711' }).getByRole('button', { name: 'Take it…' }).click()
    await dialog(page).getByLabel('Also those that others have in hand (12)').check()
    await dialog(page).getByRole('button', { name: 'Take 2' }).click()
    await page.getByText('You look after 2 open exceptions now.').waitFor()
    const taken = lastAsked()!.body as { select: { filter: object } }
    expect(taken.select.filter).toEqual({
      node: 'sales',
      code: 'RECORD_REFUSED',
      desk: 'marketing',
      fault: 'c0ffee0000000002',
    })
  })

  test('says that all is well with what proves it, and where to begin while there is nothing', async () => {
    const page = await visit(PAGES['now']!, { ...ordinary(), quiet: true })
    await page.getByRole('heading', { name: 'Quiet: nothing needs anybody' }).waitFor()
    await page.getByText(/runs in 24 hours, none failed\. The last run, of Paid invoices/).waitFor()
    await page.getByText(/The next is due in \d min/).waitFor()
    stage().scene = { ...ordinary(), quiet: true, flows: [], runs: [] }
    await page.reload()
    await page.getByRole('heading', { name: 'No flows yet' }).waitFor()
  })
})

describe('health', () => {
  test('says first what stands still and what to do, then the numbers; all well with what proves it', async () => {
    const page = await visit(PAGES['health']!)
    await page.getByText('2 things stand still, 2 need a look.').waitFor()
    const titles = await page.locator('main strong').allTextContents()
    expect(titles.slice(0, 4).map((title) => title.split(':')[0])).toEqual([
      'Connections',
      'Housekeeping',
      'Connections',
      'Schedules',
    ])
    const housekeeping = page.getByRole('table', { name: 'Housekeeping' })
    await housekeeping.getByText('canceling statement due to lock timeout').waitFor()
    expect(await housekeeping.getByText('Failed', { exact: true }).count()).toBe(1)
    await page.getByRole('table', { name: 'Connections' }).getByText('4,610 of 5,000').waitFor()
    await page.getByRole('link', { name: 'Open the connection' }).first().click()
    expect(page.url()).toContain(`/connections/${id(5, 2)}`)
    stage().scene = { ...ordinary(), quiet: true }
    await page.goBack()
    await page.reload()
    await page.getByRole('heading', { name: 'All is as it should be' }).waitFor()
    await page.getByRole('link', { name: 'What is at work now' }).click()
    await page.getByRole('heading', { name: 'Workers', level: 1 }).waitFor()
  })
})

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

  test('is found by its error code, which stands in the address', async () => {
    const page = await visit(PAGES['runs']!)
    await page.getByRole('button', { name: 'More filters' }).click()
    await page.getByLabel('Error code').fill('nobody_had_it')
    await page.getByText('No run fits these filters').waitFor()
    expect(page.url()).toContain('code=NOBODY_HAD_IT')
  })
})

describe('a template that asks which of two ways', () => {
  test('counts the account and compares both; another volume is typed over the counted one', async () => {
    const page = await visit(PAGES.install!)
    await page.getByRole('button', { name: 'Count and compare' }).click()
    const table = page.getByRole('table')
    await table.getByText('212 orders a day, 6.1 refunds a day, counted over 28 days').waitFor()
    expect(await table.getByRole('columnheader').allTextContents()).toEqual([
      '212 orders a day, 6.1 refunds a day, counted over 28 days',
      'One journal for each day (chosen)',
      'One invoice for each order',
    ])
    expect(await table.getByRole('row', { name: 'Documents a month' }).getByRole('cell').allTextContents()).toEqual([
      '30',
      '6,642',
    ])
    await page.getByText('Xero advises no more than about 1,000 sales invoices a month.').waitFor()
    await page.getByLabel('Orders a day').fill('900')
    await page.getByRole('button', { name: 'Compare these' }).click()
    await expect
      .poll(() => lastAsked()?.body)
      .toMatchObject({
        volume: { orders: 900, refunds: 6.1 },
        answers: { mode: 'daily' },
      })
  })
})

describe('what is kept and told', () => {
  test('alerts: where no rule is on, nothing is said to be well, and the way to the rules is there', async () => {
    const page = await visit(PAGES['alerts']!, empty())
    await page.getByRole('heading', { name: 'Nothing is watched' }).waitFor()
    await page.getByText('Nothing is watched: there is no rule that is on.').waitFor()
    await page.getByRole('link', { name: 'Set up rules' }).click()
    await page.getByRole('button', { name: 'Add the usual 5' }).waitFor()
  })

  test('what a client said looks wrong is answered, with what ran at the time beside it', async () => {
    const page = await visit(PAGES['reports']!)
    await page.getByText('Orders of Friday are missing in the newsletter list.').waitFor()
    await page.getByRole('link', { name: '2 runs' }).waitFor()
    await page.getByRole('button', { name: 'Answer: Orders of Friday' }).click()
    await dialog(page).getByLabel('Answer').fill('They came with the run of Saturday.')
    await dialog(page).getByLabel('That settles it').uncheck()
    await dialog(page).getByRole('button', { name: 'Answer', exact: true }).click()
    await page.getByText('Answered. It stays open.').waitFor()
    expect(lastAsked()?.body).toEqual({ answer: 'They came with the run of Saturday.', close: false })
  })

  test('files are uploaded byte for byte; one that is known is said to be', async () => {
    const page = await visit(PAGES.files!)
    const give = (name: string) =>
      page
        .getByLabel('Files to upload')
        .setInputFiles({ name, mimeType: 'text/csv', buffer: Buffer.from('a;ä\n1;2\n') })
    await give('new ones.csv')
    await page.getByText('1 file uploaded.').waitFor()
    expect(lastAsked()).toEqual({ call: expect.stringMatching(/\?name=new(\+|%20)ones\.csv$/), body: 'a;ä\n1;2\n' })
    await give('known.csv')
    await page.getByText('known.csv: this content is here already').waitFor()
  })

  test('records that wait are let go on; a step is asked about a key', async () => {
    const page = await visit(PAGES['flow-kept']!)
    await page
      .getByLabel('Mark A step')
      .or(page.getByLabel(/^Mark Until three days/).first())
      .first()
      .check()
    await page.getByRole('button', { name: 'Let go on now…' }).click()
    await dialog(page).getByRole('button', { name: 'Let them go on' }).click()
    await page.getByText('1 record on the way.').waitFor()
    expect(lastAsked()?.body).toEqual({ ids: [id(32, 2)] })
    await page.getByLabel('What does “Customer value” know of a key?').fill('ada@example.com')
    await page.getByRole('button', { name: 'Look up' }).click()
    await page.getByText('12840.50').waitFor()
    expect(lastAsked()?.body).toEqual({ key: ['ada@example.com'] })
  })

  test('a rule is made that tells somebody by mail', async () => {
    const page = await visit(PAGES['alert-rules']!)
    await page.getByRole('button', { name: 'Add a rule' }).click()
    const form = dialog(page)
    await form.getByText('Give the rule a name.').waitFor()
    await form.getByLabel('Name').fill('No orders')
    await form.getByLabel('Tell when').click()
    await page.getByRole('option', { name: 'A flow is silent' }).click()
    await form.getByLabel('For how many minutes').fill('90')
    await form.getByLabel('Clock of').fill('Europe/Berlin')
    await form.getByRole('button', { name: 'Tell: add somebody' }).click()
    await form.getByLabel('Tell: address, 1').fill('ada@example.com')
    await form.getByRole('button', { name: 'Add the rule' }).click()
    await form.waitFor({ state: 'detached' })
    expect(lastAsked()?.body).toEqual({
      ...{ name: 'No orders', watch: { kind: 'silence', of: 'runs', minutes: 90 }, digestMinutes: 0, enabled: true },
      recipients: [{ connection: id(5, 8), address: 'ada@example.com' }],
      zone: 'Europe/Berlin',
    })
  })
})

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
    await page.getByLabel('Who sees to it').waitFor()
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

test('whoever sets flows up finds in every empty place what to do next; a client waits', async () => {
  const owner = await visit(PAGES['home']!, empty())
  await owner.getByRole('link', { name: 'Choose a prebuilt flow' }).waitFor()
  const theirs = empty()
  theirs.workspaces = theirs.workspaces.map((one) => ({
    ...{ ...one, role: 'client', permissions: permissionsOf('client') },
  }))
  const client = await visit(PAGES['home']!, theirs)
  await client.getByText('Your consultant is setting things up.').waitFor()
})

describe('oneself', () => {
  test('has the week of a workspace sent, keeps what else was chosen, and stops it where its link leads', async () => {
    const page = await visit(PAGES['home']!, { ...ordinary(), preferences: { dates: '28.11.2026' } }, PHONE)
    await page.getByRole('link', { name: 'Have this sent to you on Monday mornings' }).click()
    const name = ordinary().workspaces[0]!.name
    const weekly = page
      .getByRole('region', { name: 'E-mail on Monday mornings' })
      .getByRole('switch', { name, exact: true })
    // It lies below what a phone shows of the page.
    await expect.poll(() => weekly.evaluate((one) => one.getBoundingClientRect().top < innerHeight)).toBe(true)
    await page
      .getByRole('button', { name: /^Send me one now, of / })
      .first()
      .click()
    await page.getByText(/^Sent to .*@/).waitFor()
    await weekly.check()
    await expect
      .poll(() => lastAsked()?.body)
      .toEqual({ weekly: { workspaces: { [WORKSPACE]: true }, zone: expect.any(String) } })
    await page.reload()
    await weekly.uncheck()
    await expect.poll(() => lastAsked()?.body).toMatchObject({ weekly: { workspaces: { [WORKSPACE]: false } } })
    expect(page.url()).toMatch(/account#weekly$/)
    expect(await seriousFaults(page)).toEqual([])
  })

  test('sets up a second factor by a picture and a code, and keeps the recovery codes', async () => {
    const page = await visit(PAGES['account']!)
    await page.getByRole('button', { name: 'Set up an authenticator app' }).click()
    await page.getByRole('img', { name: 'Picture for the authenticator app' }).waitFor()
    await page.getByLabel('Code').fill('123456')
    await page.getByRole('button', { name: 'Turn on' }).click()
    await page.getByText('abcd-efgh-2009').waitFor()
    await page.getByRole('button', { name: 'I have kept them' }).click()
    await page.getByText('9 recovery codes are left').waitFor()
    expect(await page.getByText('abcd-efgh-2009').count()).toBe(0)
  })

  test('shows once more who it is when something dangerous asks, and what was asked then happens', async () => {
    const detail = 'This asks for a proof of who you are from the last 15 minutes.'
    const title = 'Show that it is you'
    const page = await visit(PAGES['settings']!, {
      ...ordinary(),
      refuse: [{ method: 'POST', path: '/tokens', status: 403, code: 'STEP_UP_REQUIRED', title, detail }],
    })
    await page.getByLabel('What is it for?').fill('Build')
    await page.getByRole('button', { name: 'Create token' }).click()
    await dialog(page).getByLabel('Your password').fill('wrong')
    await dialog(page).getByRole('button', { name: 'Go on' }).click()
    await dialog(page).getByText('Not your password').waitFor()
    await dialog(page).getByLabel('Your password').fill('four grey herons at dawn')
    await dialog(page).getByRole('button', { name: 'Go on' }).click()
    await page.getByText('“Build” is shown this once').waitFor()
  })
})

describe('a second person', () => {
  test('sees what would change, hidden characters included, and lets it go live', async () => {
    const page = await visit(PAGES['approvals']!, { ...ordinary(), approving: true })
    await page.getByText('1 request open, for you to decide').waitFor()
    await page.getByRole('link', { name: 'Paid invoices → Emarsys purchases' }).click()
    await page.getByText('[U+202E]').first().waitFor()
    await page.getByText('Emarsys test → Emarsys of Nordwind').waitFor()
    await page.getByRole('button', { name: 'Approve…' }).click()
    await dialog(page).getByRole('button', { name: 'Approve, and let it go live' }).click()
    await page.getByText('Approved', { exact: true }).waitFor()
    expect(lastAsked()?.body).toEqual({ hash: '9f2c'.repeat(16) })
  })
})

test('another connection of a live flow is asked for where a second person approves', async () => {
  const scene = { ...ordinary(), approving: true }
  scene.flows = scene.flows.map((one) => ({ ...one, enabled: false }))
  const page = await visit(PAGES['flow-connections']!, scene)
  const [slot] = scene.bindings
  const others = scene.connections.filter(
    ({ connector, id: one }) => connector === slot!.connector && one !== slot!.connection?.id,
  )
  expect(others.length).toBeGreaterThan(0)
  await page.getByRole('combobox', { name: slot!.title }).click()
  await page.getByRole('option', { name: others[0]!.name }).click()
  await dialog(page).getByLabel('Why').fill('The company has moved')
  await dialog(page).getByRole('button', { name: 'Ask a second person' }).click()
  await page.getByText('A second person approves it').waitFor()
  expect(lastAsked()?.body).toMatchObject({ bindings: { [slot!.slot]: others[0]!.id }, revision: 17 })
})

describe('looking around', () => {
  test('a record is found from everywhere with “/”', async () => {
    const page = await visit(`${w}/settings`)
    await page.getByRole('heading', { name: 'Settings' }).waitFor()
    await page.keyboard.press('/')
    await page.keyboard.type('INV-0192')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'What happened to INV-0192' }).waitFor()
    expect(new URL(page.url()).searchParams.get('key')).toBe('INV-0192')
    await page.getByRole('link', { name: 'The exception' }).first().click()
    await page.getByRole('heading', { name: 'INV-0192' }).waitFor()
  })

  test('the limit of a lane is changed by those who may, and by nobody else', async () => {
    const page = await visit(`${w}/workers`)
    await page.getByRole('button', { name: 'Change limit… of the bulk lane' }).click()
    await dialog(page).getByLabel('Runs at the same time').fill('0')
    await dialog(page).getByText('A whole number from 1 to 100.').waitFor()
    await dialog(page).getByLabel('Runs at the same time').fill('6')
    await dialog(page).getByRole('button', { name: 'Change limit' }).click()
    await page.getByText('1 of 6').waitFor()

    const [own, ...others] = ordinary().workspaces
    const permissions = own!.permissions.filter((one) => one !== 'lanes.manage')
    stage().scene = { ...ordinary(), workspaces: [{ ...own!, permissions }, ...others] }
    await page.reload()
    await page.getByText('1 of 2').waitFor()
    expect(await page.getByRole('button', { name: /^Change limit/ }).count()).toBe(0)
  })

  test('runs at a time of a connection are limited and set free', async () => {
    const page = await visit(`${w}/connections/${id(5, 1)}`)
    await page.getByText('As many as come').waitFor()
    await page.getByRole('button', { name: 'Change runs at a time…' }).click()
    await dialog(page).getByLabel('Runs at a time').fill('many')
    await dialog(page).getByText('A whole number from 1 to 100, or nothing.').waitFor()
    await dialog(page).getByLabel('Runs at a time').fill('2')
    await dialog(page).getByRole('button', { name: 'Change' }).click()
    await page.getByText('2 at most').waitFor()
    await page.getByRole('button', { name: 'Change runs at a time…' }).click()
    await dialog(page).getByLabel('Runs at a time').fill('')
    await dialog(page).getByRole('button', { name: 'Change' }).click()
    await page.getByText('As many as come').waitFor()
  })

  test('an owner chooses how long traces are kept, and sees what that means', async () => {
    const page = await visit(`${w}/settings`)
    await page.getByText('Records for 30 days; what each step did, with its counts and times, for 400 days.').waitFor()
    await page.getByRole('radio', { name: 'Short' }).check()
    await page.getByRole('button', { name: 'Change how long' }).click()
    await expect.poll(() => stage().scene.traces.traceClass).toBe('short')
  })

  test('a phone reaches every page through “More”', async () => {
    const page = await visit(`${w}/flows`, ordinary(), PHONE)
    await page.getByRole('button', { name: 'More pages' }).click()
    await page.getByRole('menuitem', { name: 'Health' }).click()
    await page.getByText('2 things stand still, 2 need a look.').waitFor()
  })
})

describe('one flow for many clients', () => {
  test('a version is pushed after its difference and its dry run were shown, and each client has its answer', async () => {
    const page = await visit(PAGES['flow-clients'] ?? '')
    await page.getByText('3 clients, 2 on an earlier version').waitFor()
    for (const name of ['Nordwind Retail', 'Suedwind Mode', 'Ostwind Outdoor'])
      await page.getByRole('checkbox', { name }).check()
    await page.getByRole('button', { name: 'Push a version…' }).click()
    const shown = page.getByRole('dialog')
    await shown.getByText('bind one of xero to the slot “ledger”').waitFor()
    await shown.getByText('the client’s stay: nodes.rows.name').waitFor()
    await shown.getByText('condition', { exact: true }).first().waitFor()
    const send = shown.getByRole('button', { name: 'Push version 4 to 2 clients' })
    expect(await send.isDisabled()).toBe(true)
    await shown.getByRole('button', { name: 'Try it at each without sending' }).click()
    await shown
      .getByText(/Without sending: 50,000 read/)
      .first()
      .waitFor()
    expect(await seriousFaults(page)).toEqual([])
    await shown.getByLabel('What is new, in one line').fill('Only what is paid')
    await send.click()
    await shown.getByText('Pushed to 1 of 2 clients').waitFor()
    await shown.getByText('Suedwind Mode: Somebody published or saved there since.').waitFor()
    const asked = stage().asked.find(({ call }) => call.endsWith('/clients/push'))
    expect(asked?.body).toMatchObject({
      ...{ version: 4, summary: 'Only what is paid' },
      clients: [
        { workspace: id(21, 1), live: 1, revision: 4 },
        { workspace: id(21, 2), live: 2, revision: 4 },
      ],
    })
    await shown.getByRole('button', { name: 'Close' }).last().click()

    await page.getByRole('button', { name: 'Take back… what was pushed to Nordwind Retail' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Back to version 2' }).click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    expect(lastAsked()?.body).toMatchObject({ clients: [{ workspace: id(21, 1), number: 3 }] })
  })
})

describe('a flow among many', () => {
  test('is found by its tag, and cannot be deleted while another calls it, which is said', async () => {
    const page = await visit(`${w}/flows`)
    await page.getByLabel('Find a flow by name or tag').fill('money')
    await page.getByRole('link', { name: 'New contacts → newsletter list' }).waitFor({ state: 'detached' })
    await page.getByRole('link', { name: 'Paid invoices → Emarsys purchases' }).click()
    await page.getByRole('button', { name: 'More' }).click()
    await page.getByRole('menuitem', { name: 'Tags…' }).click()
    await dialog(page).getByLabel('Tags').fill('daily, money, nightly, ')
    await dialog(page).getByRole('button', { name: 'Save the tags' }).click()
    await dialog(page).waitFor({ state: 'detached' })
    expect(lastAsked()?.body).toEqual({ tags: ['daily', 'money', 'nightly'] })
    await page.getByRole('button', { name: 'More' }).click()
    await page.getByRole('menuitem', { name: 'Delete…' }).click()
    await dialog(page).getByText('2 open exceptions').waitFor()
    await dialog(page)
      .getByText(/Take the call out there first/)
      .waitFor()
    expect(await dialog(page).getByRole('button', { name: 'Delete for good' }).isDisabled()).toBe(true)
    expect(await seriousFaults(page)).toEqual([])
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

test('the row of a client leads to the client, its number of exceptions to these', async () => {
  const page = await visit(PAGES['clients']!)
  const row = page.getByRole('row', { name: /Nordwind GmbH/ })
  await row.click({ position: { x: 300, y: 12 } })
  await page.getByRole('heading', { name: 'Right now', level: 1 }).waitFor()
  await page.goBack()
  await row.getByRole('link', { name: '12' }).click()
  await page.getByRole('heading', { name: 'Exceptions', level: 1 }).waitFor()
  // Among many, one is found by its name; the address says which.
  await page.goto(`${stage().address}${PAGES['clients']!}?find=brightSide`)
  await page.getByRole('row', { name: /Brightside/ }).waitFor()
  expect(await row.count()).toBe(0)
  await page.getByLabel('Find a client by name').fill('')
  await row.waitFor()
})

describe('what did not load is not taken for nothing', () => {
  const without = (path: string) => ({
    ...ordinary(),
    refuse: failing()
      .refuse.slice(0, 1)
      .map((one) => ({ ...one, path })),
  })
  const mend = (): void => {
    stage().scene.refuse = []
  }

  test('problems of a draft', async () => {
    const page = await visit(PAGES['edit-step']!, without('/validate'))
    const panel = page.getByRole('region', { name: 'Problems' })
    await panel.getByText('Not all was checked').waitFor()
    mend()
    await panel.getByRole('button', { name: 'Check again' }).click()
    await panel.getByRole('button', { name: /One row per line/ }).waitFor()
    expect(await panel.getByText('Not all was checked').count()).toBe(0)
  })

  test('runs that lend a step its records', async () => {
    const page = await visit(PAGES['edit-output']!, without('/runs'))
    await page.getByText('Tieline could not answer').first().waitFor()
    expect(await page.getByText('No run yet').count()).toBe(0)
    mend()
    await page.getByRole('button', { name: 'Try again' }).first().click()
    await page.getByRole('combobox', { name: 'Records of' }).waitFor()
  })

  test('connections that a flow may use', async () => {
    const page = await visit(PAGES['flow-connections']!, without('/connections'))
    await page.getByRole('button', { name: 'Try again' }).first().waitFor()
    expect(await page.getByPlaceholder('No connection of this kind yet').count()).toBe(0)
    mend()
    await page.getByRole('button', { name: 'Try again' }).first().click()
    await page.getByPlaceholder('Choose a connection').first().waitFor()
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

describe('a client', () => {
  test('turns a flow that stopped itself on again where it says so', async () => {
    const page = await visit(`${w}/flows/${id(2, 3)}`)
    await page.getByText('14 credit notes wait. When that is settled, turn it on again.').waitFor()
    await page.getByRole('button', { name: 'Turn on again…' }).click()
    await dialog(page).getByLabel('Also what was missed').check()
    await dialog(page).getByRole('button', { name: 'Turn on', exact: true }).click()
    await expect.poll(() => lastAsked()?.body).toEqual({ on: true, backlog: 'missed-too', basis: 'ab'.repeat(16) })
  })

  test('turns a flow off and on again: what finishes, what has gathered, and no choice made for them', async () => {
    const page = await visit(PAGES['home']!)
    const card = page.getByRole('article', { name: 'Paid invoices → Emarsys purchases' })
    await card.getByRole('switch').press(' ')
    await dialog(page).getByText('3 transfers in progress will finish.').waitFor()
    await dialog(page).getByText('Send sales rows (Emarsys)').waitFor()
    await dialog(page).getByRole('button', { name: 'Turn off' }).click()
    await card.getByText('Off', { exact: true }).first().waitFor()
    expect(lastAsked()?.body).toEqual({ on: false, basis: 'ab'.repeat(16) })

    await card.getByRole('switch').press(' ')
    await dialog(page).getByText('182 records changed in Xero since it last read').waitFor()
    await dialog(page).getByText('For example INV-0192, INV-0193, INV-0194.').waitFor()
    await dialog(page).getByText('up to 182').waitFor()
    expect(await dialog(page).getByRole('button', { name: 'Turn on' }).isDisabled()).toBe(true)
    await dialog(page).getByLabel('Start from now').check()
    expect(await dialog(page).getByText('up to 182').count()).toBe(0)
    // What it does from now on cannot be taken back either, and is named.
    await dialog(page).getByText('Send sales rows (Emarsys)').waitFor()
    await dialog(page).getByRole('button', { name: 'Turn on' }).click()
    await card.getByText('Working', { exact: true }).waitFor()
    expect(lastAsked()?.body).toEqual({ on: true, backlog: 'from-now', basis: 'ab'.repeat(16) })
  })
})

test('clients are in the order of a column, by its title or the choice beside the filters; the address says so', async () => {
  const page = await visit(PAGES['clients']!)
  const names = () => page.locator('[data-row-link]').allTextContents()
  await page.locator('[data-row-link]').first().waitFor()
  const sorted = (await names()).toSorted((a, b) => a.localeCompare(b))
  const title = page.getByRole('columnheader', { name: 'Client' })
  await title.getByRole('button').press('Enter')
  await page.waitForURL(/sort=name/)
  expect([await names(), await title.getAttribute('aria-sort')]).toEqual([sorted, 'ascending'])
  await title.getByRole('button').press('Enter')
  await page.waitForURL(/turned=yes/)
  expect([await names(), await title.getAttribute('aria-sort')]).toEqual([sorted.toReversed(), 'descending'])
})
