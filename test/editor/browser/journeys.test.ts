import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { OUTSIDE, PAGES, STATES } from '../support/places.ts'
import { empty, failing, flowView, huge, id, ordinary, WORKSPACE } from '../support/scene.ts'
import { BLANK } from '../support/stage.ts'
import { visits } from '../support/visits.ts'

const w = `/w/${WORKSPACE}`
const { visit, stage, dialog, lastAsked } = visits()

describe('signing in', () => {
  test('leads back to the page that was asked for', async () => {
    const page = await visit(`${w}/runs?state=failed`, { ...ordinary(), signedIn: false })
    await page.getByLabel('E-mail').fill('jana@nordwind.example')
    await page.locator('input[type=password]').fill('wrong')
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.getByText('E-mail and password do not belong together').waitFor()

    await page.locator('input[type=password]').fill('correct horse battery')
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.getByRole('heading', { name: 'Runs' }).waitFor()
    expect(new URL(page.url()).pathname + new URL(page.url()).search).toBe(`${w}/runs?state=failed`)
  })

  test('starts with the one-time link, whose key leaves the address bar at once', async () => {
    const page = await visit(OUTSIDE['set-up'] ?? '', { ...empty(), signedIn: false, setUp: false })
    await page.getByLabel('Your name').fill('Jana Weiss')
    expect(page.url()).toBe(`${stage().address}/setup`)
    await page.getByLabel('E-mail').fill('jana@nordwind.example')
    await page.locator('input[type=password]').fill('too short')
    await page.getByText('9 of 12 characters.').waitFor()
    await page.locator('input[type=password]').fill('long enough for a password')
    await page.getByLabel('First workspace').fill('Nordwind GmbH')
    await page.getByRole('button', { name: 'Set up and sign in' }).click()
    await page.getByRole('heading', { name: 'No flows yet' }).waitFor()
    expect(lastAsked()?.body).toMatchObject({ token: 'one-time-token-of-the-link', workspace: 'Nordwind GmbH' })
  })

  const refusing = (path: string, status: number, code: string) => ({
    ...{ ...ordinary(), signedIn: false },
    refuse: [{ path, status, code, title: 'It does not work', detail: 'It was used, or is too old.' }],
  })

  test('a link of an invitation that was used tells whoever has used it where to go on', async () => {
    const dead = refusing('/invitations/look$', 410, 'INVITATION_DEAD')
    const stranger = await visit(OUTSIDE['join'] ?? '', dead)
    await stranger.getByText('If it was you who used it, you are in already: sign in.').waitFor()
    await stranger.getByRole('link', { name: 'Sign in' }).waitFor()
    await stranger.goto(`${stage().address}${BLANK}`) // else the same address is the same page
    const member = await visit(OUTSIDE['join'] ?? '', { ...dead, signedIn: true })
    await member.getByRole('link', { name: 'Go on to your workspaces' }).click()
    await member.getByRole('heading', { name: 'Right now' }).waitFor()
  })

  test('a link of a password that is too old leads to another one; what is no secret at all breaks no page', async () => {
    const page = await visit(OUTSIDE['password-new'] ?? '', refusing('/password$', 410, 'PASSWORD_LINK_DEAD'))
    await page.locator('input[type=password]').fill('long enough for a password')
    await page.getByRole('button', { name: 'Set new password' }).click()
    await page.getByRole('button', { name: 'Ask for another link' }).click()
    await page.getByRole('button', { name: 'Send me a link' }).waitFor()

    const problems = [{ field: 'body.token', message: 'must have 20 characters or more' }]
    const [refusal] = refusing('/invitations/look$', 400, 'REQUEST_INVALID').refuse
    for (const cut of ['/join#%zz', '/join#short']) {
      await page.goto(`${stage().address}${BLANK}`)
      await visit(cut, { ...ordinary(), signedIn: false, refuse: [{ ...refusal!, problems }] })
      await page.getByRole('heading', { name: 'This link is not whole' }).waitFor()
    }
  })

  test('ends by signing out, and the way back is closed', async () => {
    const page = await visit(`${w}/flows`)
    await page.getByRole('button', { name: /^You: Jana Weiss/ }).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor()
    await page.goto(`${stage().address}${w}/flows`)
    await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor()
  })
})

describe('a flow', () => {
  const name = 'Paid invoices → Emarsys purchases'
  const toggle = (page: Page) => page.getByRole('switch', { name: new RegExp(`^${name}`) })

  test('is turned off after saying what that does, and shows it only when the server has answered', async () => {
    const page = await visit(`${w}/flows`)
    await toggle(page).click({ force: true })
    await dialog(page).getByText('Send purchases').waitFor()
    await dialog(page).getByText('Cannot be taken back').waitFor()
    stage().scene.hold = ['/switch']
    await dialog(page).getByRole('button', { name: 'Turn off' }).click()
    await page.getByText('Turning off…').waitFor()
    expect(await toggle(page).isChecked()).toBe(true)

    stage().release()
    await page.getByText(`${name} is off. Nothing new starts by itself.`).waitFor()
    await expect.poll(() => toggle(page).isChecked()).toBe(false)
    expect(lastAsked()).toEqual({
      call: `POST /api/v1/workspaces/${WORKSPACE}/flows/${id(2, 1)}/switch`,
      body: { on: false, basis: 'ab'.repeat(16) },
    })
  })

  test('stays as it was when the server refuses, with the reason in the dialog', async () => {
    const scene = ordinary()
    scene.flows = [flowView(1, { enabled: false })]
    scene.refuse = [
      {
        method: 'POST',
        path: '/switch$',
        status: 409,
        code: 'SLOTS_UNBOUND',
        title: 'A connection is missing',
        detail: 'The slot “Emarsys” has no connection.',
      },
    ]
    const page = await visit(`${w}/flows`, scene)
    await toggle(page).click({ force: true })
    await dialog(page).getByText('182 records changed in Xero since it last read').waitFor()
    expect(await dialog(page).getByRole('button', { name: 'Turn on' }).isDisabled()).toBe(true)
    await dialog(page).getByLabel('Also what was missed').check()
    await dialog(page).getByRole('button', { name: 'Turn on' }).click()
    await dialog(page).getByText('The slot “Emarsys” has no connection.').waitFor()
    await dialog(page).getByRole('button', { name: 'Leave it off' }).click()
    expect(await toggle(page).isChecked()).toBe(false)
  })

  test('is run now, and leads to its run, which goes on by itself while one looks', async () => {
    const page = await visit(`${w}/flows`)
    await page.getByRole('button', { name: `Run now: ${name}` }).click()
    await dialog(page).getByRole('button', { name: 'Run now' }).click()
    await page.getByText('Queued', { exact: true }).waitFor()
    const run = stage().scene.runs[0]!
    expect(page.url()).toContain(`/runs/${run.id}`)

    stage().scene.runs[0] = { ...run, state: 'succeeded', counts: { read: 12 }, endedAt: new Date().toISOString() }
    await page.getByText('Read 12 records.').waitFor()
  })

  test('is published in the editor, and not while its draft has errors, which are said', async () => {
    const scene = ordinary()
    scene.problems = [{ code: 'SLOT_UNBOUND', severity: 'error', node: 'sales', message: 'Bind the slot “Emarsys”.' }]
    const page = await visit(PAGES['flow-steps'] ?? '', scene)
    await page.locator('#step-sales').getByText('Bind the slot “Emarsys”.').waitFor()
    await page.getByRole('link', { name: 'Publish…' }).click()
    await dialog(page).getByText('1 problem must be solved first:').waitFor()
    await dialog(page).getByLabel('What changed, and why').fill('x')
    expect(await dialog(page).getByRole('button', { name: 'Publish' }).isDisabled()).toBe(true)
    await dialog(page).getByRole('button', { name: 'Cancel' }).click()
    await dialog(page).waitFor({ state: 'detached' })
    expect(page.url()).not.toContain('ask=')
  })

  test('gets its connections by choosing them', async () => {
    const scene = ordinary()
    scene.flows = [flowView(1, { enabled: false })]
    const page = await visit(PAGES['flow-connections'] ?? '', scene)
    await page.getByRole('combobox', { name: 'Emarsys' }).click()
    await page.getByRole('option', { name: 'Emarsys Nordwind' }).click()
    await expect.poll(lastAsked).toMatchObject({ body: { bindings: { engagement: id(5, 2) } } })
    await page.getByText('Needs sign-in').waitFor()
  })

  test('is exported as the file that import takes', async () => {
    const page = await visit(PAGES['flow-steps'] ?? '')
    await page.getByRole('button', { name: 'More' }).click()
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('menuitem', { name: 'Export as a file' }).click(),
    ])
    expect(download.suggestedFilename()).toBe('paid-invoices-emarsys-purchases.json')
    const { readFileSync } = await import('node:fs')
    expect(JSON.parse(readFileSync(await download.path(), 'utf8'))).toEqual(stage().scene.document)
  })
})

describe('runs', () => {
  test('are filtered in the address, and the way back undoes it', async () => {
    const page = await visit(`${w}/runs`)
    await page.getByRole('combobox', { name: 'State' }).click()
    await page.getByRole('option', { name: 'Failed' }).click()
    await page.getByText('Xero refused the login').waitFor()
    expect(page.url()).toContain('state=failed')
    expect(await page.getByRole('table').getByRole('row').count()).toBe(2)
    await page.goBack()
    await page.getByText('Waits for Xero until 14:03').waitFor()
  })

  test('come page by page, as many as there are', async () => {
    const page = await visit(`${w}/runs`, huge())
    const rows = page.getByRole('table').getByRole('row')
    await rows.nth(50).waitFor()
    for (const next of [100, 150, 200, 230]) {
      await page.getByRole('button', { name: 'Show more' }).click()
      await rows.nth(next).waitFor()
    }
    expect(await page.getByRole('button', { name: 'Show more' }).count()).toBe(0)
  })

  test('open with the keyboard alone: J and K move, Enter opens', async () => {
    const page = await visit(`${w}/runs`)
    await page.getByRole('link', { name: 'New contacts → newsletter list' }).focus()
    await page.keyboard.press('j')
    await page.keyboard.press('j')
    await page.keyboard.press('k')
    await page.keyboard.press('Enter')
    await page.getByText('Started by Jana Weiss').waitFor()
    expect(page.url()).toContain(id(3, 1))
  })

  test('show a step, a batch and its records at an address that can be sent to somebody', async () => {
    const page = await visit(`${w}/runs/${id(3, 2)}`)
    await page.getByRole('link', { name: 'Send purchases' }).click()
    await page.getByRole('link', { name: /^Batch 2 In/ }).click()
    await page.getByRole('link', { name: 'What went out' }).click()
    await page.getByText('Kept: the first 60 and the last 60 of 1,762.').waitFor()
    expect(new URL(page.url()).searchParams.get('show')).toBe('out:out')

    await page.reload()
    const records = page.getByRole('region', { name: 'What went out, batch 2' }).getByRole('row')
    await records.nth(50).waitFor()
    await page.getByRole('button', { name: 'Show more' }).click()
    await records.nth(100).waitFor()
    await page.getByText('First 100 of 120 records').waitFor()
  })

  test('are cancelled after saying what stays', async () => {
    const page = await visit(PAGES['run-running'] ?? '')
    await page.getByRole('button', { name: 'Cancel run' }).click()
    await dialog(page).getByText('What was sent stays sent').waitFor()
    await dialog(page).getByRole('button', { name: 'Cancel run' }).click()
    await page.getByRole('button', { name: 'Cancelling…' }).waitFor()
  })
})

describe('connections', () => {
  test('say by name what is missing, and keep secrets out of sight', async () => {
    const page = await visit(PAGES['connection-new'] ?? '')
    await page.getByLabel('Client id').fill('my-client')
    await page.getByRole('button', { name: 'Create connection' }).click()
    await page.getByText('Client secret is needed.').waitFor()
    await page.getByLabel('Client secret').fill('s3cret-of-nordwind')
    await page.getByRole('button', { name: 'Create connection' }).click()
    await page.getByText('Not tested yet', { exact: true }).waitFor()
    expect(lastAsked()?.body).toMatchObject({
      connector: 'xero',
      login: 'custom-connection',
      settings: { apiUrl: 'https://api.xero.com', scopes: ['accounting.contacts.read'] },
      secrets: { clientId: 'my-client', clientSecret: 's3cret-of-nordwind' },
    })
    expect(await page.content()).not.toContain('s3cret-of-nordwind')

    await page.getByRole('button', { name: 'Test connection' }).click()
    await page.getByText('The client id and secret were accepted.').waitFor()
    await page.getByText('Ready', { exact: true }).waitFor()
  })

  test('a sign-in that reaches several organisations is tied to the one that is chosen by its name', async () => {
    const page = await visit(PAGES['connection-sign-in'] ?? '', STATES['choosing']?.scene())
    expect(await page.getByRole('button', { name: 'Use it' }).isDisabled()).toBe(true)
    await page.getByRole('radio', { name: 'Söderberg Trading Ltd' }).check()
    await page.getByRole('button', { name: 'Use “Söderberg Trading Ltd”' }).click()
    await page.getByText('Ready', { exact: true }).waitFor()
    await page.getByText('Which one is it for?').waitFor({ state: 'detached' })
    expect(lastAsked()).toMatchObject({ body: { account: '1c4d0f6e-0000-4000-8000-000000000002' } })
  })

  test('are tested while somebody types: nothing that was typed is lost, until it is saved', async () => {
    const page = await visit(PAGES['connection'] ?? '')
    await page.getByLabel('Name').fill('Xero main')
    await page.getByLabel('Client secret').fill('s3cret-of-nordwind')
    await page.getByRole('button', { name: 'Test connection' }).click()
    await page.getByText('The client id and secret were accepted.').waitFor()
    expect(await page.getByLabel('Name').inputValue()).toBe('Xero main')
    expect(await page.getByLabel('Client secret').inputValue()).toBe('s3cret-of-nordwind')
    await page.getByRole('button', { name: 'Save changes' }).click()
    await page.getByRole('heading', { name: 'Xero main' }).waitFor()
    await expect.poll(() => page.getByLabel('Client secret').inputValue()).toBe('')
    expect(await page.getByLabel('Name').inputValue()).toBe('Xero main')
  })

  test('are changed without typing stored secrets again', async () => {
    const page = await visit(PAGES['connection'] ?? '')
    await page.getByLabel('Name').fill('Xero main')
    await page.getByRole('button', { name: 'Save changes' }).click()
    await page.getByRole('heading', { name: 'Xero main' }).waitFor()
    expect(lastAsked()?.body).not.toHaveProperty('secrets')
  })
})

describe('exceptions and tokens', () => {
  test('an exception is dismissed with a reason', async () => {
    const page = await visit(PAGES['exception'] ?? '')
    await page.getByText('The other system said: “Account code 260 is archived”').waitFor()
    await page.getByRole('button', { name: 'Dismiss…' }).click()
    await dialog(page).getByLabel('Reason').fill('A test order')
    await dialog(page).getByRole('button', { name: 'Dismiss' }).click()
    await page.getByText('by Jana Weiss: A test order').waitFor()
  })

  test('a token is shown once', async () => {
    const page = await visit(PAGES['settings'] ?? '')
    await page.getByLabel('What is it for?').fill('Nightly')
    await page.getByRole('button', { name: 'Create token' }).click()
    await page.getByText('tl_5e6f7a8b_not-a-real-token').waitFor()
    await page.reload()
    await page.getByText('Nightly', { exact: true }).waitFor()
    expect(await page.content()).not.toContain('not-a-real-token')
  })
})

describe('the frame', () => {
  test('the first key press offers to skip to the content', async () => {
    const page = await visit(`${w}/flows`)
    await page.getByRole('heading', { name: 'Flows' }).waitFor()
    await page.keyboard.press('Tab')
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to content')
    await page.keyboard.press('Enter')
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('content')
  })

  test('Ctrl+K goes to any page, flow, connection, run and record by typing', async () => {
    const page = await visit(`${w}/audit`)
    await page.getByRole('heading', { name: 'Audit' }).waitFor()
    const go = async (typed: string, to: RegExp): Promise<void> => {
      await page.keyboard.press('Control+k')
      await page.getByRole('combobox', { name: /^Pages, flows/ }).fill(typed)
      await page.getByRole('option', { selected: true }).waitFor()
      await page.keyboard.press('Enter')
      await page.waitForURL(to)
    }
    await go('work lanes', /\/workers$/)
    await go('paid inv', new RegExp(`/flows/${id(2, 1)}$`))
    await go('xero', new RegExp(`/connections/${id(5, 1)}$`))
    await go('run failed', /\/runs(\?state=failed|\/)/)
    await go('INV-0192', /\/records\?key=INV-0192/)
    await go(id(3, 4), new RegExp(`/runs/${id(3, 4)}$`))
    // By the mouse as well; never over another dialog.
    await page.getByRole('button', { name: 'Go to anything' }).click()
    await page.keyboard.press('Control+k')
    expect(await page.getByRole('dialog').count()).toBe(1)
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
  })

  test('theme and density are remembered in this browser', async () => {
    const page = await visit(`${w}/flows`)
    await page.getByRole('button', { name: /^You: Jana Weiss/ }).click()
    await page.getByText('Dark', { exact: true }).click()
    await page.getByText('Compact', { exact: true }).click()
    await page.reload()
    await page.locator('html[data-mantine-color-scheme="dark"][data-density="compact"]').waitFor()
  })

  test('theme, density and zone of a person are there on the first page after signing in, in whatever browser', async () => {
    const scene = ordinary()
    scene.signedIn = false
    scene.preferences = { theme: 'dark', density: 'compact', zone: 'Asia/Kolkata' }
    const page = await visit(`/sign-in?to=${encodeURIComponent(`${w}/flows`)}`, scene)
    await page.getByLabel('E-mail').fill('jana@nordwind.example')
    await page.locator('input[type=password]').fill('correct horse battery')
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.getByRole('heading', { name: 'Flows', level: 1 }).waitFor()
    await page.locator('html[data-mantine-color-scheme="dark"][data-density="compact"]').waitFor()
    await page.getByText('Times by the clock of Asia/Kolkata, UTC+05:30').waitFor()
    // This browser knows it as Asia/Calcutta.
    await page.goto(`${stage().address}${w}/account`)
    await page.getByRole('combobox', { name: 'Time zone' }).waitFor()
    expect(await page.getByRole('combobox', { name: 'Time zone' }).inputValue()).toBe('Asia/Kolkata')
  })

  test('an error gives the reference, and trying again brings the page', async () => {
    const page = await visit(`${w}/flows`, failing())
    await page.getByText('Tieline could not answer').waitFor()
    await page.getByRole('button', { name: 'Copy reference req-7f3a91' }).waitFor()
    stage().scene = ordinary()
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByRole('table', { name: 'Flows' }).waitFor()
  })

  test('without a network the page says so, keeps what it has, and comes back by itself', async () => {
    const page = await visit(`${w}/runs`)
    await page.getByRole('table', { name: 'Runs' }).waitFor()
    await page.context().setOffline(true)
    await page.getByRole('combobox', { name: 'State' }).click()
    await page.getByRole('option', { name: 'Failed' }).click()
    await page.getByText('Tieline cannot be reached').waitFor()
    await page.goBack()
    await page.getByText('Waits for Xero until 14:03').waitFor()
    await page.goForward()
    await page.getByText('Tieline cannot be reached').waitFor()

    await page.context().setOffline(false)
    await page.getByText('Xero refused the login').waitFor()
  })
})

describe('leaving', () => {
  test('a member whose device was lost is signed out, and one who leaves is taken out with what they hold', async () => {
    const page = await visit(`${w}/people`)
    await page.getByRole('button', { name: 'Sign out… Tom Okafor' }).click()
    await dialog(page).getByRole('button', { name: 'Sign out', exact: true }).click()
    await page.getByText('Tom Okafor is signed out everywhere.').waitFor()
    await page.getByRole('button', { name: 'Remove… Tom Okafor' }).click()
    await dialog(page).getByText('The API token “Nightly export” (tl_1a2b3c4d…) ends.').waitFor()
    await dialog(page).getByRole('button', { name: 'Remove', exact: true }).click()
    await expect.poll(() => lastAsked()?.call).toMatch(/^DELETE .*\/members\/[-0-9a-f]+$/)
  })

  test('a workspace is closed by typing its name, stays readable, and is taken back', async () => {
    const page = await visit(`${w}/close`)
    await page.getByText('12 records that wait for a time').waitFor()
    expect(await page.getByRole('link', { name: 'Download the workspace' }).getAttribute('href')).toContain('/export')
    await page.getByRole('button', { name: 'Close this workspace…' }).click()
    const sure = dialog(page).getByRole('button', { name: 'Close the workspace' })
    await dialog(page).getByLabel('Name of the workspace').fill('Nordwind')
    expect(await sure.isDisabled()).toBe(true)
    await dialog(page).getByLabel('Name of the workspace').fill('Nordwind GmbH')
    await sure.click()
    await page.getByText('This workspace is being closed').waitFor()
    expect(lastAsked()).toMatchObject({ body: { name: 'Nordwind GmbH' } })
    await page.getByRole('button', { name: 'Keep this workspace' }).click()
    await page.getByRole('button', { name: 'Close this workspace…' }).waitFor()
    expect(await page.getByText('This workspace is being closed').count()).toBe(0)
    await page.getByText('These were on and stay off until somebody switches them on').waitFor()
    const kept = page.getByRole('main').getByRole('link', { name: 'Paid invoices → Emarsys purchases' })
    expect(await kept.getAttribute('href')).toBe(`${w}/flows/${id(2, 1)}`)
  })

  test('a page that was open while the workspace was closed says so, once it is refused something', async () => {
    const page = await visit(`${w}/home`)
    const card = page.getByRole('article', { name: 'Paid invoices → Emarsys purchases' })
    await card.getByText('Working', { exact: true }).waitFor()
    const { scene } = stage()
    scene.refuse = [
      {
        method: 'POST',
        path: '/switch$',
        status: 409,
        code: 'WORKSPACE_CLOSING',
        title: 'The workspace is being closed',
        detail: 'Everything in it is off.',
      },
    ]
    const deleteAfter = new Date(Date.now() + 86_400_000).toISOString()
    scene.workspaces = scene.workspaces.map((one) => ({ ...one, deleteAfter }))
    scene.flows = scene.flows.map((one) => ({ ...one, enabled: false }))
    await card.getByRole('switch').press(' ')
    await dialog(page).getByRole('button', { name: 'Turn off' }).click()
    await page.getByText('This workspace is being closed').waitFor()
    await card.getByText('Off', { exact: true }).first().waitFor()
  })

  test('a person is looked for, erased with a reason, and put on the list', async () => {
    const page = await visit(`${w}/erase`)
    await page.getByLabel('E-mail address').fill('ada@example.com')
    await page.getByLabel('Other names of the person').fill('C-77\n\nINV-0192')
    await page.getByRole('button', { name: 'See what is kept' }).click()
    await page.getByText('Found: 7 records, 1 exception and 0 events in 2 runs.').waitFor()
    await page.getByRole('button', { name: 'Erase this…' }).click()
    expect(await dialog(page).getByRole('button', { name: 'Erase for good' }).isDisabled()).toBe(true)
    await dialog(page).getByLabel('Why?').fill('Ticket 4711')
    await dialog(page).getByRole('button', { name: 'Erase for good' }).click()
    await page.getByText('Blanked: 7 records, 1 exception and 0 events in 2 runs.').waitFor()
    const asked = stage()
      .asked.filter(({ call }) => call.startsWith('POST '))
      .slice(-2)
    expect(asked.map(({ body }) => body)).toEqual([
      { keys: ['ada@example.com', 'C-77', 'INV-0192'], reason: 'Ticket 4711' },
      { value: 'ada@example.com', reason: 'Ticket 4711' },
    ])
  })
})
