import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { Flow } from '../../../server/flow/document/flow.ts'
import { newId } from '../../../server/store/database/ids.ts'
import { insertMember, insertWorkspace } from '../../../server/store/workspace/workspaces.ts'
import { openBrowser } from '../../support/browser.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import { type Fleet, openFleet } from '../../support/fleet.ts'
import { purchasesFlow } from '../../support/flows.ts'
import { signInAsOwner } from '../support/sign-in.ts'

// One flow of an agency for two clients, on the product itself: one client had its flow before and is adopted. A second
// person approves what goes live at the other. The steps build on each other.

let database: TestDatabase
let fleet: Fleet
let browser: Browser
let context: BrowserContext
let page: Page
const faults: string[] = []

let master: string
const clients: { [name: string]: { readonly workspace: string; flow: string } } = {}
const MASTER = purchasesFlow()

beforeAll(async () => {
  database = await testDatabase()
  fleet = await openFleet({
    databaseUrl: database.url,
    first: 'all',
    xero: { contacts: 20, invoices: 30, creditNotes: 2 },
    env: { SECRET_KEY: database.secretKey.toString('hex') },
  })
  browser = await openBrowser()
  context = await browser.newContext({ viewport: { width: 1440, height: 1000 }, reducedMotion: 'reduce' })
  page = await context.newPage()
  page.setDefaultTimeout(30_000)
  page.on('pageerror', (error) => faults.push(error.message))
  await signInAsOwner(page, fleet.api.url)

  const me = await ask<{ user: { id: string } }>('GET', '/me')
  master = (await fleet.call<{ id: string }>('POST', '/flows', MASTER)).id
  await fleet.call('PUT', `/flows/${master}/bindings`, { bindings: boundTo(fleet.connections) })
  await fleet.call('POST', `/flows/${master}/publish`, { summary: 'First', revision: 1 })
  for (const name of ['Ostwind', 'Suedwind']) {
    const workspace = newId()
    await insertWorkspace(database.owner.db, workspace, name)
    await insertMember(database.owner.db, workspace, me.user.id, 'owner')
    const bindings = boundTo(await connectionsOf(workspace))
    if (name === 'Suedwind') {
      const added = await ask<{ flow: { id: string } }>(
        'POST',
        `/workspaces/${fleet.workspace}/flows/${master}/clients`,
        {
          ...{ workspace, name, bindings },
        },
      )
      clients[name] = { workspace, flow: added.flow.id }
      continue
    }
    // Made by hand, from a copy of the same drawing, with one step named otherwise.
    const own = {
      ...MASTER,
      name: 'Sales of Ostwind',
      nodes: MASTER.nodes.map((node, at) => (at > 0 ? node : { ...node, name: 'Whenever we like' })),
    }
    const { id: flow } = await ask<{ id: string }>('POST', `/workspaces/${workspace}/flows`, own)
    await ask('PUT', `/workspaces/${workspace}/flows/${flow}/bindings`, { bindings })
    await ask('POST', `/workspaces/${workspace}/flows/${flow}/publish`, { summary: 'Ours', revision: 1 })
    clients[name] = { workspace, flow }
  }
})
afterAll(async () => {
  await browser?.close()
  await fleet?.close()
  await database?.drop()
  expect(faults).toEqual([])
})

/** What the page itself would ask, with the session of the browser. */
async function ask<T>(method: string, path: string, body?: unknown): Promise<T> {
  const answer = await context.request.fetch(`${fleet.api.url}/api/v1${path}`, {
    method,
    headers: { origin: fleet.api.url },
    ...(body === undefined ? {} : { data: body }),
  })
  const text = await answer.text()
  if (!answer.ok()) throw new Error(`${method} ${path} answered ${answer.status()}: ${text.slice(0, 400)}`)
  return text === '' ? (undefined as T) : JSON.parse(text)
}

const boundTo = (connections: { readonly xero: string; readonly emarsys: string }) =>
  Object.fromEntries(
    Object.entries(MASTER.slots).map(([slot, { connector }]) => [
      slot,
      connector === 'xero' ? connections.xero : connections.emarsys,
    ]),
  )

/** The same accounts again, as connections of a client. */
async function connectionsOf(workspace: string) {
  const { xero, emarsys } = fleet
  const add = async (body: object) =>
    (await ask<{ id: string }>('POST', `/workspaces/${workspace}/connections`, body)).id
  return {
    xero: await add({
      ...{ connector: 'xero', name: 'Their books', login: 'custom-connection' },
      settings: { identityUrl: xero.url, loginUrl: xero.url, apiUrl: xero.url },
      secrets: { clientId: xero.clientId, clientSecret: xero.clientSecret },
    }),
    emarsys: await add({
      ...{ connector: 'emarsys', name: 'Their mails', login: 'oauth-client' },
      settings: {
        ...{ apiUrl: emarsys.url, tokenUrl: `${emarsys.url}/oauth2/token`, salesUrl: emarsys.url },
        ...{ merchantId: emarsys.merchantId, externalIdField: '9001' },
      },
      secrets: { clientId: emarsys.clientId, clientSecret: emarsys.clientSecret, salesToken: emarsys.salesToken },
    }),
  }
}

const flowAt = (place: { readonly workspace: string; readonly flow: string }) =>
  `${fleet.api.url}/w/${place.workspace}/flows/${place.flow}`
const list = () => page.goto(`${flowAt({ workspace: fleet.workspace, flow: master })}?tab=clients`)
const row = (name: string) => page.getByRole('row').filter({ hasText: name })
const dialog = () => page.getByRole('dialog')
async function choose(label: string, option: string | RegExp): Promise<void> {
  await dialog().getByLabel(label, { exact: true }).first().click()
  await page.getByRole('option', { name: option }).click()
}

test('a flow that a client has is adopted: the difference is shown, and nothing there changes', async () => {
  await list()
  await row('Suedwind').waitFor()
  await page.getByRole('button', { name: 'Adopt a flow…' }).click()
  await choose('The client’s workspace', 'Ostwind')
  await choose('The flow there', 'Sales of Ostwind')
  await dialog().getByText('1 difference, from what is there to version 1').waitFor()
  await dialog().getByText('They are the client’s own').waitFor()
  await page.getByRole('button', { name: 'Adopt it' }).click()
  await row('Ostwind').getByText('Version 1').waitFor()
  const { workspace, flow } = clients['Ostwind']!
  expect(await ask('GET', `/workspaces/${workspace}/flows/${flow}`)).toMatchObject({ liveVersion: 1 })
})

test('a version is compared and tried at both without sending, pushed to one, and taken back', async () => {
  const nodes = MASTER.nodes.map((node) =>
    node.id === 'credited' ? { ...node, settings: { condition: '$count(CreditNotes) >= 1' } } : node,
  )
  const draft = await ask<{ revision: number }>('GET', `/workspaces/${fleet.workspace}/flows/${master}/draft`)
  await context.request.fetch(`${fleet.api.url}/api/v1/workspaces/${fleet.workspace}/flows/${master}/draft`, {
    method: 'PUT',
    headers: { origin: fleet.api.url, 'if-match': `"${draft.revision}"` },
    data: { ...MASTER, nodes } satisfies Flow,
  })
  const at = { summary: 'Only what is paid', revision: draft.revision + 1 }
  await fleet.call('POST', `/flows/${master}/publish`, at)

  await list()
  for (const name of ['Ostwind', 'Suedwind']) await page.getByLabel(`Mark ${name}`).check()
  await page.getByRole('button', { name: 'Push a version…' }).click()
  const at2 = (name: string) => dialog().getByRole('region', { name })
  await at2('Ostwind').getByText('1 change for runs there').waitFor()
  await at2('Suedwind').getByText('1 change for runs there').waitFor()
  await dialog().getByRole('button', { name: 'Try it at each without sending' }).click()
  for (const name of ['Ostwind', 'Suedwind'])
    await at2(name)
      .getByText(/\d+ would be sent/)
      .waitFor({ timeout: 90_000 })
  await dialog().getByRole('button', { name: 'Close' }).click()

  await page.getByLabel('Mark Suedwind').uncheck()
  await page.getByRole('button', { name: 'Push a version…' }).click()
  await dialog().getByLabel('What is new, in one line').fill('Only what is paid')
  await dialog().getByRole('button', { name: 'Push version 2 to 1 client' }).click()
  await dialog().getByText('Ostwind: version 2 there is live').waitFor()
  await dialog().getByRole('button', { name: 'Close' }).last().click()
  await row('Ostwind').getByText('Version 2').waitFor()
  await row('Suedwind').getByText('Version 1').waitFor()

  // The client's page, and a run there, name what it is made of.
  const { workspace, flow } = clients['Ostwind']!
  const run = await ask<{ id: string }>('POST', `/workspaces/${workspace}/flows/${flow}/dry-run`, {})
  for (const there of [flowAt(clients['Ostwind']!), `${fleet.api.url}/w/${workspace}/runs/${run.id}`]) {
    await page.goto(there)
    await page.getByRole('link', { name: `Version 2 of “${MASTER.name}”` }).waitFor()
  }
  await page.getByRole('link', { name: `Version 2 of “${MASTER.name}”` }).click()
  await page.getByRole('heading', { name: MASTER.name, level: 1 }).waitFor()
  expect(page.url()).toContain(`${fleet.workspace}/flows/${master}`)

  await list()
  await row('Ostwind')
    .getByRole('button', { name: /^Take back…/ })
    .click()
  await dialog().getByText('What changes for runs there').waitFor()
  await dialog().getByRole('button', { name: 'Back to version 1' }).click()
  await row('Ostwind').getByText('Version 1').waitFor()
  expect(await ask('GET', `/workspaces/${workspace}/flows/${flow}`)).toMatchObject({ liveVersion: 3 })
})

test('where a second person approves, the push waits there, and the list says so', async () => {
  const { workspace, flow } = clients['Suedwind']!
  const { db } = database.owner
  await db.updateTable('workspaces').set({ second_person: true }).where('id', '=', workspace).execute()
  await list()
  await page.getByLabel('Mark Suedwind').check()
  await page.getByRole('button', { name: 'Push a version…' }).click()
  await dialog().getByText('A second person approves', { exact: true }).waitFor()
  await dialog().getByLabel('What is new, in one line').fill('Only what is paid')
  await dialog().getByRole('button', { name: 'Ask for version 2 at 1 client' }).click()
  await dialog().getByRole('link', { name: 'waits for a second person there' }).waitFor()
  await dialog().getByRole('button', { name: 'Close' }).last().click()
  await row('Suedwind').getByRole('link', { name: 'Version 2 waits for approval' }).click()
  await page.getByText('Pushed by the agency: version 2').waitFor()
  await page.getByText('You asked for it: somebody else decides').waitFor()
  expect(await ask('GET', `/workspaces/${workspace}/flows/${flow}`)).toMatchObject({ liveVersion: 1 })
})

test('pinned records say which step on the way was changed since', async () => {
  const at = `${flowAt({ workspace: fleet.workspace, flow: master })}/edit?step=credited&tab=input`
  await page.goto(at)
  await page.getByRole('button', { name: 'Write records by hand…' }).click()
  await dialog().getByRole('textbox', { name: 'Records' }).fill('[{ "Status": "PAID" }]')
  await page.getByRole('button', { name: 'Pin them' }).click()
  await page.getByText('1 record pinned by Olive Owner').waitFor()
  expect(await page.getByText('since these were pinned').count()).toBe(0)
  const path = `/workspaces/${fleet.workspace}/flows/${master}/draft`
  const { revision, document } = await ask<{ revision: number; document: Flow }>('GET', path)
  const nodes = document.nodes.map((node) => (node.id === 'invoices' ? { ...node, disabled: 'stop' as const } : node))
  await context.request.fetch(`${fleet.api.url}/api/v1${path}`, {
    method: 'PUT',
    headers: { origin: fleet.api.url, 'if-match': `"${revision}"` },
    data: { ...document, nodes },
  })
  await page.goto(at)
  const name = document.nodes.find(({ id }) => id === 'invoices')?.name
  await page.getByText(`“${name}” was changed since these were pinned: test again.`).waitFor()

  // Before it is published, whoever else has it is named.
  await page.getByRole('button', { name: 'Publish…' }).click()
  await dialog().getByText('2 clients (Ostwind, Suedwind) have flows made of this one.').waitFor()
})

test('after a run that read nothing, a step still has the records of the one before', async () => {
  const runs: string[] = []
  for (const _ of ['all', 'nothing new']) {
    const { id } = await fleet.call<{ id: string }>('POST', `/flows/${master}/run`, {})
    await vi.waitFor(
      async () => expect((await fleet.call<{ state: string }>('GET', `/runs/${id}`)).state).toMatch(/succeeded|partly/),
      { timeout: 75_000, interval: 150 },
    )
    runs.push(id)
  }
  await page.goto(`${flowAt({ workspace: fleet.workspace, flow: master })}/edit?step=purchase&tab=input`)
  await page.getByText('InvoiceNumber', { exact: true }).waitFor()
  const shown = await page.getByRole('link', { name: 'Open the run' }).getAttribute('href')
  expect(shown).toContain(runs[0])
  // The switched-off read in the draft is on the way to it.
  await page.getByText('was changed since this run: test again.').waitFor()
})
