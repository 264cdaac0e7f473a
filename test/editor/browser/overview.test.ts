import { describe, expect, test } from 'vitest'
import { permissionsOf } from '../../../server/api/http/permissions.ts'
import { PAGE_PERSON } from '../../../server/contract/paths.ts'
import { seriousFaults } from '../support/axe.ts'
import { PHONE } from '../support/open-page.ts'
import { PAGES } from '../support/places.ts'
import { empty, failing, id, ordinary, WORKSPACE } from '../support/scene.ts'
import { visits } from '../support/visits.ts'

// What is seen from above: the home page of each role, health, clients, and what leads from there.

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
    expect(file).toBe(`/api/v1/workspaces/${WORKSPACE}/periods/2026-09/export?${PAGE_PERSON}=${id(10, 1)}`)
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
    await page.getByText('2 causes stand still, 4 wait for a person.').waitFor()
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

describe('looking around', () => {
  test('what is typed for the palette before it is there stands in it, and is no command of the page', async () => {
    const page = await visit(`${w}/runs`)
    await page.locator('[data-row-link]').first().focus()
    let arrives = () => {}
    const late = new Promise<void>((resolve) => {
      arrives = resolve
    })
    // As on a slow machine: the field is a moment away.
    await page.route(/\/assets\/Palette-[^/]*\.js$/, async (route) => {
      await late
      await route.continue()
    })
    await page.keyboard.press('Control+k')
    await page.keyboard.type('rcz')
    await page.keyboard.press('Backspace')
    expect(await dialog(page).count()).toBe(0)
    arrives()
    await page.getByRole('combobox', { name: /Pages, flows, runs/ }).waitFor()
    await page.keyboard.type('d')
    expect(await page.getByRole('combobox', { name: /Pages, flows, runs/ }).inputValue()).toBe('rcd')
  })

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
    // It is marked as the place where one is, as in the rail of a wide window.
    expect(await page.getByRole('button', { name: 'More pages' }).getAttribute('aria-current')).toBe('true')
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
