import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type EmarsysSandbox, startEmarsysSandbox } from '../../connectors/emarsys/sandbox/server.ts'
import { startXeroSandbox, type XeroSandbox } from '../../connectors/xero/sandbox/server.ts'
import { openBrowser } from '../support/browser.ts'
import { CHILD_ENV } from '../support/child-env.ts'

// The whole way of a new installation, as a person walks it: the product as `npm start` runs it, a real browser, both
// sandboxes, nothing prepared beforehand. The steps build on each other.

let dataDir: string
let product: ChildProcess
let setUpLink: string
let xero: XeroSandbox
let emarsys: EmarsysSandbox
let browser: Browser
let page: Page
const errors: string[] = []

const PASSWORD = 'a journey of many miles'

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'tieline-journey-'))
  xero = await startXeroSandbox({ contacts: 60, invoices: 120, creditNotes: 6, limits: 'off' })
  emarsys = await startEmarsysSandbox({ limits: 'off' })
  product = spawn(process.execPath, [fileURLToPath(new URL('../../server/main.ts', import.meta.url))], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...CHILD_ENV,
      DATA_DIR: dataDir,
      PORT: '0',
      LOG_LEVEL: 'error',
      EGRESS_ALLOW: `${new URL(xero.url).host},${new URL(emarsys.url).host}`,
    },
  })
  setUpLink = await linkOf(product)
  browser = await openBrowser()
  page = await (await browser.newContext({ viewport: { width: 1440, height: 1000 } })).newPage()
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text())
  })
  page.on('pageerror', (error) => errors.push(error.message))
}, 360_000)

afterAll(async () => {
  await browser?.close()
  if (product && product.exitCode === null) {
    product.kill('SIGINT')
    await once(product, 'exit')
  }
  await Promise.all([xero?.close(), emarsys?.close()])
  if (dataDir) await rm(dataDir, { recursive: true, force: true })
}, 180_000)

async function linkOf(child: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: child.stdout! })) {
    const found = /http\S+#\S+/.exec(line)
    if (found) return found[0]
  }
  throw new Error('the product ended before it was ready')
}

/** Clicks of a person from two logins to a first contact that both systems agree on. */
let clicks = 0
async function click(what: Locator, options: { readonly force?: boolean } = {}): Promise<void> {
  clicks += 1
  await what.click(options)
}

const workspace = () => /\/w\/([^/]+)/.exec(page.url())![1]!

/** What the page itself would do, with the session of the browser. */
async function ask<T>(method: string, path: string, body?: unknown): Promise<T> {
  const answer = await page.evaluate(
    async ([verb, address, text]) => {
      const response = await fetch(address!, {
        method: verb!,
        ...(text === null ? {} : { headers: { 'content-type': 'application/json' }, body: text! }),
      })
      return { ok: response.ok, text: await response.text() }
    },
    [method, `/api/v1/workspaces/${workspace()}${path}`, body === undefined ? null : JSON.stringify(body)] as const,
  )
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.text}`)
  return JSON.parse(answer.text) as T
}

test('the one-time link makes the owner, and works once', { timeout: 180_000 }, async () => {
  await page.goto(setUpLink)
  await page.getByLabel('Your name').fill('Olive Owner')
  await page.getByLabel('E-mail').fill('olive@example.com')
  await page.locator('input[type=password]').fill(PASSWORD)
  await page.getByLabel('First workspace').fill('Sandbox Trading')
  await page.getByRole('button', { name: 'Set up and sign in' }).click()
  await page.getByRole('heading', { name: 'No flows yet' }).waitFor()

  const again = await (await browser.newContext()).newPage()
  await again.goto(setUpLink)
  await again.getByText('This installation is set up').waitFor()
  await again.context().close()
})

test('connections are made and tested, the flow installed from its template, published and switched on', {
  timeout: 270_000,
}, async () => {
  const connect = async (body: unknown) => {
    const { id } = await ask<{ id: string }>('POST', '/connections', body)
    const tested = await ask<{ ok: boolean; findings: unknown }>('POST', `/connections/${id}/test`)
    expect(tested.ok, JSON.stringify(tested.findings)).toBe(true)
    return id
  }
  const bindings = {
    xero: await connect({
      connector: 'xero',
      name: 'The books',
      login: 'custom-connection',
      settings: { identityUrl: xero.url, loginUrl: xero.url, apiUrl: xero.url },
      secrets: { clientId: xero.clientId, clientSecret: xero.clientSecret },
    }),
    emarsys: await connect({
      connector: 'emarsys',
      name: 'The mailer',
      login: 'oauth-client',
      settings: {
        apiUrl: emarsys.url,
        tokenUrl: `${emarsys.url}/oauth2/token`,
        salesUrl: emarsys.url,
        merchantId: emarsys.merchantId,
        externalIdField: '9001',
      },
      secrets: { clientId: emarsys.clientId, clientSecret: emarsys.clientSecret, salesToken: emarsys.salesToken },
    }),
  }
  expect(bindings.xero).not.toBe(bindings.emarsys)

  // From two logins on, every click counts.
  // What the page lists comes while the dialog is open already, which stays.
  const listed = Promise.withResolvers<void>()
  await page.route('**/flows', async (asked) => {
    if (asked.request().resourceType() === 'document') return asked.continue()
    await listed.promise
    await asked.continue()
  })
  await page.goto(`${new URL(page.url()).origin}/w/${workspace()}/flows`)
  await click(page.getByRole('button', { name: 'New flow' }))
  await page.getByRole('dialog').waitFor()
  listed.resolve()
  await page.getByText('No flows yet').waitFor({ state: 'attached' })
  await page.unroute('**/flows')
  await click(page.getByRole('link', { name: 'Set one up step by step' }))
  await click(page.getByRole('link', { name: 'Set up Paid invoices → purchases' }))
  // The only connection of each kind is chosen, and every question has a usual answer.
  await click(page.getByRole('button', { name: 'Set up and try it' }))
  await page.waitForURL(/\/runs\//)
  await page.getByText('A dry run: nothing is sent').waitFor()
  await page.getByText('Succeeded').first().waitFor({ timeout: 180_000 })
  expect([emarsys.sales.length, emarsys.contacts.size]).toEqual([0, 0])
  await click(page.getByRole('link', { name: 'Back to the flow' }))
  await page.getByText('Version 1').first().waitFor()
  // The track in front of the box takes the click, as it does under a person's pointer.
  await click(page.getByRole('switch'), { force: true })
  // Nothing is chosen for a person where it cannot be taken back.
  await click(page.getByRole('radio', { name: 'Also what was missed' }))
  await click(page.getByRole('dialog').getByRole('button', { name: 'Turn on' }))
  await page.getByText('On', { exact: true }).first().waitFor()
})

test('a run is started by hand, watched to its end, and its steps show what went through', {
  timeout: 360_000,
}, async () => {
  await click(page.getByRole('button', { name: /^Run now/ }))
  await click(page.getByRole('dialog').getByRole('button', { name: 'Run now' }))
  await page.waitForURL(/\/runs\//)
  await page.getByText('Succeeded').first().waitFor({ timeout: 180_000 })
  await page.getByText('Send the difference to Emarsys').first().waitFor()
  expect(emarsys.sales.length).toBeGreaterThan(50)
  // From two logins to contacts that both systems agree on.
  expect(clicks).toBeLessThanOrEqual(10)
  const [one] = xero.state.books.contacts.ordered
    .map(({ id }) => xero.document(id)!)
    .filter((any) => any.IsCustomer === true)
  expect(emarsys.contacts.lookUp('9001', String(one!.ContactID))).toMatchObject([{ '18': one!.Name }])
  const shown = await page
    .getByText(/^Read .* records, sent .* items/)
    .first()
    .textContent()
  expect(shown).toContain(`sent ${(emarsys.sales.length + emarsys.contacts.size).toLocaleString('en-GB')} items`)

  await page.getByRole('link', { name: 'One row per invoice line' }).click()
  await page
    .getByRole('link', { name: /^Batch \d+ In/ })
    .first()
    .click()
  await page
    .getByText(/"?document"?/)
    .first()
    .waitFor()
})

test('what a run kept is searched with “/”: numbers at once, names for a reason', { timeout: 180_000 }, async () => {
  const sold = new Set(emarsys.sales.map(({ order }) => order))
  const invoice = xero.state.books.invoices.ordered
    .map(({ id }) => xero.document(id))
    .find((one) => sold.has(String(one?.InvoiceNumber)))
  await page.keyboard.press('/')
  await page.keyboard.type(String(invoice?.InvoiceNumber))
  await page.keyboard.press('Enter')
  const found = page.getByRole('list', { name: 'Found records' })
  await page.getByText(/^Looked through .* records of .*: \d+ hits?$/).waitFor()
  await found.getByRole('link').first().click()
  await page.waitForURL(/record=\d+/)
  await page.getByText(String(invoice?.InvoiceNumber)).first().waitFor()

  const field = page.getByRole('textbox', { name: 'Search inside payloads' })
  await field.fill(String((invoice!.Contact as { Name?: string }).Name))
  await field.press('Enter')
  await page.getByText('It may stand in a hidden value.').waitFor()
  await page.getByRole('button', { name: 'In hidden values too…' }).click()
  await page.getByRole('dialog').getByLabel('Reason').fill('The customer asked what we have')
  await page.getByRole('dialog').getByRole('button', { name: 'Search them' }).click()
  await found.getByText('Contact.Name: ').first().waitFor()
  const { items } = await ask<{ items: { detail: object }[] }>('GET', `/audit?action=payload.search`)
  expect(items[0]?.detail).toMatchObject({ reason: 'The customer asked what we have' })
})

test('signing out closes the way back, and the session is gone for good', { timeout: 180_000 }, async () => {
  const address = page.url()
  await page.getByRole('button', { name: /^You: Olive Owner/ }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor()
  await page.goto(address)
  await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor()
})

test('the browser had nothing to complain about but the refusals that were meant', () => {
  // A refused or expired session answers 401 or 409/410, which browsers print as errors of their own.
  expect(errors.filter((text) => !/status of 4(01|09|10)/.test(text))).toEqual([])
})

test('Ctrl-C stops everything, and the data is there at the next start', { timeout: 180_000 }, async () => {
  product.kill('SIGINT')
  const [code] = await once(product, 'exit')
  expect(code).toBe(0)
  product = spawn(process.execPath, [fileURLToPath(new URL('../../server/main.ts', import.meta.url))], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...CHILD_ENV, DATA_DIR: dataDir, PORT: '0', LOG_LEVEL: 'error' },
  })
  const lines = createInterface({ input: product.stdout! })[Symbol.asyncIterator]()
  const first = String((await lines.next()).value)
  const url = /http\S+/.exec(first)?.[0] ?? ''
  const answer = await fetch(`${url}/api/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url },
    body: JSON.stringify({ email: 'olive@example.com', password: PASSWORD }),
  })
  expect(answer.status).toBeLessThan(300)
})
