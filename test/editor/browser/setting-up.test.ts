import { describe, expect, test } from 'vitest'
import { permissionsOf } from '../../../server/api/http/permissions.ts'
import { seriousFaults } from '../support/axe.ts'
import { PHONE } from '../support/open-page.ts'
import { PAGES } from '../support/places.ts'
import { empty, id, ordinary, WORKSPACE } from '../support/scene.ts'
import { visits } from '../support/visits.ts'

// What is set up and changed beside the drawing: a template, files, rules, oneself, approvals, pushes, tags, the switch.

const w = `/w/${WORKSPACE}`
const { visit, stage, dialog, lastAsked } = visits()

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

describe('oneself', () => {
  test('has the week of a workspace sent, keeps what else was chosen, and stops it where its link leads', async () => {
    const page = await visit(PAGES['home']!, { ...ordinary(), preferences: { dates: '28.11.2026' } }, PHONE)
    await page.getByRole('link', { name: 'Have this sent to you on Monday mornings' }).click()
    const name = ordinary().workspaces[0]!.name
    const weekly = page
      .getByRole('region', { name: 'E-mail on Monday mornings' })
      .getByRole('switch', { name, exact: true })
    await weekly.waitFor()
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

test('the link of an invitation is gone once it is taken back', async () => {
  const page = await visit(PAGES['people']!)
  await page.getByLabel('E-mail').fill('ivy@nordwind.example')
  await page.getByRole('button', { name: 'Invite', exact: true }).click()
  await page.getByText('Send this link to ivy@nordwind.example.').waitFor()
  await page.getByRole('button', { name: 'Take back the invitation of lars@nordwind.example' }).click()
  await page.getByText('lars@nordwind.example').waitFor({ state: 'detached' })
  expect(await page.getByText('#one-time-secret-of-the-link').count()).toBe(1)
  await page.getByRole('button', { name: 'Take back the invitation of ivy@nordwind.example' }).click()
  await page.getByText('#one-time-secret-of-the-link').waitFor({ state: 'detached' })
})

test('whoever makes no connections is told so at the address where they are made', async () => {
  const scene = ordinary()
  scene.workspaces = scene.workspaces.map((one) => ({
    ...one,
    role: 'auditor',
    permissions: permissionsOf('auditor'),
  }))
  const page = await visit(PAGES['connection-new']!, scene)
  await page.getByRole('heading', { name: 'Your role makes no connections' }).waitFor()
  expect(await page.getByRole('main').getByRole('textbox').count()).toBe(0)
  await page.getByRole('link', { name: 'See those there are' }).click()
  await page.waitForURL(`**${PAGES['connections']}`)
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
