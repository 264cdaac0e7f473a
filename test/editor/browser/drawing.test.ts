import { sql } from 'kysely'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Flow } from '../../../server/flow/document/flow.ts'
import { openBrowser } from '../../support/browser.ts'
import { type TestDatabase, testDatabase } from '../../support/database.ts'
import { type Fleet, openFleet } from '../../support/fleet.ts'
import { purchasesFlow } from '../../support/flows.ts'
import { signInAsOwner } from '../support/sign-in.ts'
import { choose, drag, middle, out, saved, step, tabTo, write } from '../support/hand.ts'

// The editor on the product itself: a real server and database, both sandboxes, one browser for all.

let database: TestDatabase
let fleet: Fleet
let browser: Browser
let context: BrowserContext
const faults: string[] = []

beforeAll(async () => {
  database = await testDatabase()
  fleet = await openFleet({
    databaseUrl: database.url,
    first: 'all',
    xero: { contacts: 20, invoices: 30, creditNotes: 2 },
    env: { SECRET_KEY: database.secretKey.toString('hex') },
  })
  browser = await openBrowser()
  context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' })
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  const page = await context.newPage()
  await signInAsOwner(page, fleet.api.url)
  await page.close()
})
afterAll(async () => {
  await browser?.close()
  await fleet?.close()
  await database?.drop()
  expect(faults).toEqual([])
})

const empty = (name: string): Flow => ({
  format: 1,
  name,
  description: '',
  capture: 'full',
  slots: {},
  nodes: [],
  edges: [],
})
const made = async (document: Flow): Promise<string> =>
  (await fleet.call<{ id: string }>('POST', '/flows', document)).id
const draftOf = async (flow: string): Promise<Flow> =>
  (await fleet.call<{ document: Flow }>('GET', `/flows/${flow}/draft`)).document
const lines = (flow: Flow): string[] => flow.edges.map((edge) => `${edge.from}.${edge.port}>${edge.to}`).sort()

async function open(flow: string, search = '', where = context): Promise<Page> {
  const page = await where.newPage()
  page.setDefaultTimeout(30_000)
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) faults.push(message.text())
  })
  await page.goto(`${fleet.api.url}/w/${fleet.workspace}/flows/${flow}/edit${search}`)
  await page.getByLabel('Name of the flow').waitFor()
  return page
}
const PURCHASES = purchasesFlow()
const settingOf = (id: string, name: string): string =>
  String(PURCHASES.nodes.find((node) => node.id === id)?.settings[name])
const KEY_FIELD = /^Contacts are identified by field/
const F04 = [
  'filter.out>upsert-contacts',
  'list-invoices.out>filter',
  'manual.out>list-invoices',
  'map.out>send-sales',
  'upsert-contacts.out>map',
]

describe('paid invoices to purchases, from an empty canvas', () => {
  test('with the mouse, by each of the ways to add a step, and undone to nothing', async () => {
    const flow = await made(empty('By mouse'))
    const page = await open(flow)
    const canvas = page.locator('.react-flow__pane')
    const box = await canvas.boundingBox()
    if (!box) throw new Error('no canvas')
    const at = (x: number, y: number) => ({ x: box.x + x, y: box.y + y })

    await page.getByRole('button', { name: /^By hand/ }).click()
    await step(page, 'manual').waitFor()
    await page.getByRole('button', { name: 'Show the whole flow' }).click()
    for (let zoom = 0; zoom < 3; zoom++) await page.getByRole('button', { name: 'Zoom out' }).click()
    // A plus on a handle.
    await step(page, 'manual').hover()
    await page.locator('[data-plus="manual/out"]').click()
    await choose(page, 'xero.list-invoices', 'list-invoices')
    // A handle dragged into the open.
    await drag(page, out(page, 'list-invoices'), at(760, 200))
    await choose(page, 'filter', 'filter')
    // From the palette, dragged; it stands alone until it is joined by a line.
    await page.getByRole('button', { name: 'Add a step', exact: true }).click()
    await page
      .locator('[data-operation="map"]')
      .first()
      .dragTo(canvas, { targetPosition: { x: 480, y: 620 } })
    await step(page, 'map').waitFor()
    await page.getByRole('button', { name: 'Close', exact: true }).click()
    await drag(
      page,
      out(page, 'filter'),
      await middle(step(page, 'map').locator('.react-flow__handle[data-handleid="in"]')),
    )
    // A plus on a line.
    await page.getByRole('group', { name: 'Line from Filter by “fits” to Map' }).hover({ force: true })
    await page.locator('[data-plus-edge]').click()
    await choose(page, 'emarsys.upsert-contacts', 'upsert-contacts')
    // A double click on the empty canvas.
    await page.mouse.dblclick(at(900, 740).x, at(900, 740).y)
    await choose(page, 'emarsys.send-sales', 'send-sales')
    await drag(page, out(page, 'map'), await middle(step(page, 'send-sales')))
    await saved(page)
    await expect.poll(async () => lines(await draftOf(flow)), { timeout: 10_000 }).toEqual(F04)

    // What may not be joined is refused with the reason.
    await drag(page, out(page, 'send-sales'), await middle(step(page, 'filter')))
    await page.getByText('That would make a circle').first().waitFor()

    for (let back = 0; back < 20; back++) {
      if (await page.getByRole('button', { name: 'Nothing to undo' }).isVisible()) break
      await page.keyboard.press('Control+z')
    }
    await page.getByRole('heading', { name: 'When should this start?' }).waitFor()
    expect(await page.locator('.react-flow__node').count()).toBe(0)
    await page.close()
  })

  test('with the keyboard alone, in the outline, set and published', async () => {
    const flow = await made(empty('By keyboard'))
    const page = await open(flow, '?show=outline')
    const { keyboard } = page
    await tabTo(page, /^By hand/)
    await keyboard.press('Enter')
    for (const [typed, id] of [
      ['list invoices', 'list-invoices'],
      ['filter', 'filter'],
      ['emarsys create or update contacts', 'upsert-contacts'],
      ['map', 'map'],
      ['send sales', 'send-sales'],
    ] as const) {
      await page.locator('[data-outline]:focus').waitFor()
      await keyboard.press('n')
      await page.locator('[role="combobox"]:focus').waitFor()
      await keyboard.type(typed)
      await keyboard.press('Enter')
      await page.locator(`[data-outline="${id}"]:focus`).waitFor()
    }
    const fill = async (id: string, label: RegExp, text: string): Promise<void> => {
      await page.locator(`[data-outline="${id}"]`).focus()
      await keyboard.press('Enter')
      // Where expressions are written comes a little later than the form around it.
      await page.locator('section[aria-label^="Step "]').getByLabel(label).first().waitFor()
      await tabTo(page, label)
      await keyboard.press('Control+a')
      await keyboard.insertText(text)
      await keyboard.press('Escape')
    }
    await fill('filter', /^Condition$/, '$confirmed($)')
    await fill('upsert-contacts', /^What to send$/, "{ '9001': Contact.ContactID }")
    await fill('upsert-contacts', KEY_FIELD, '9001')
    await fill('map', /^Expression$/, settingOf('purchase', 'expression'))
    await fill('send-sales', /^Field with that name/, '9001')
    await saved(page)
    const now = await draftOf(flow)
    expect(lines(now)).toEqual(F04)
    const slots = Object.fromEntries(
      Object.entries(now.slots).map(([slot, { connector }]) => [
        slot,
        connector === 'xero' ? fleet.connections.xero : fleet.connections.emarsys,
      ]),
    )
    await fleet.call('PUT', `/flows/${flow}/bindings`, { bindings: slots })
    const { problems } = await fleet.call<{ problems: { severity: string }[] }>('POST', `/flows/${flow}/validate`)
    expect(problems.filter((problem) => problem.severity === 'error')).toEqual([])

    await keyboard.press('Control+k')
    await page.locator('[role="dialog"] [role="combobox"]:focus').waitFor()
    await keyboard.type('publish')
    await keyboard.press('Enter')
    await page.getByRole('dialog').getByLabel('What changed, and why').waitFor()
    await page.getByLabel('What changed, and why').focus()
    await keyboard.type('Drawn without a mouse')
    await tabTo(page, /^Publish version 1$/)
    await keyboard.press('Enter')
    await page.getByText('Version 1 is published.').waitFor()
    const { document } = await fleet.call<{ document: Flow }>('GET', `/flows/${flow}/versions/1`)
    expect(lines(document)).toEqual(F04)
    await page.close()
  })
})

describe('a flow that has run', () => {
  let flow: string
  beforeAll(async () => {
    flow = await fleet.flow(PURCHASES)
    const run = await fleet.call<{ id: string }>('POST', `/flows/${flow}/run`, {})
    await vi.waitFor(
      async () =>
        expect((await fleet.call<{ state: string }>('GET', `/runs/${run.id}`)).state).toMatch(/succeeded|partly/),
      { timeout: 75_000, interval: 200 },
    )
  })

  test('gives its records to expressions: completion, a live result, and an end to what has none', async () => {
    const page = await open(flow, '?step=purchase')
    await page.getByText(/record 1 of/).waitFor()
    await page.locator('output pre').waitFor()
    await write(page, 'Expression', '{ "n": InvoiceN')
    await page.getByRole('option', { name: /^InvoiceNumber/ }).click()
    await page.keyboard.insertText(' }')
    await page.locator('output pre', { hasText: '"n": "INV-' }).waitFor()
    await page.getByRole('button', { name: 'Next record' }).click()
    await page.getByText(/record 2 of/).waitFor()
    // A field of the sample is taken by a click, or dragged into the text; a list that may be one is warned of.
    await write(page, 'Expression', 'LineItems.Quantity')
    await page.getByText('“LineItems” is a list.').first().waitFor()
    await page.getByText('Fields of the sample').click()
    const field = (path: string) =>
      page.locator('details button').filter({ has: page.getByText(path, { exact: true }) })
    await write(page, 'Expression', '{ "who": ')
    await field('Contact.Name').click()
    await page.keyboard.insertText(' }')
    await page.locator('output pre', { hasText: '"who": "' }).waitFor()
    const text = page.getByRole('textbox', { name: 'Expression', exact: true })
    await write(page, 'Expression', ' ')
    await field('InvoiceNumber').dragTo(text)
    await page.locator('output pre', { hasText: /^\s*"INV-/ }).waitFor()

    await write(page, 'Expression', '($f := function($n) { $f($n + 1) }; $f(1))')
    await page.locator('output', { hasText: /too long|time/i }).waitFor()
    // The page has not stood still: the next expression is answered.
    await write(page, 'Expression', '{ "still": "alive" }')
    await page.locator('output pre', { hasText: 'alive' }).waitFor()
    await page.getByRole('button', { name: /^Undo/ }).click()
    await page.close()
  })

  test('is drawn on the version that ran, with counts and states, and leads to its data', async () => {
    const { items } = await fleet.call<{ items: { id: string }[] }>('GET', `/runs?flow=${flow}`)
    const page = await context.newPage()
    await page.goto(`${fleet.api.url}/w/${fleet.workspace}/runs/${items[0]?.id}/canvas`)
    await step(page, 'invoices').click()
    await page
      .getByRole('complementary', { name: /^Step / })
      .getByText('Succeeded')
      .waitFor()
    await page.getByRole('link', { name: 'Use this run’s data in the editor' }).click()
    await page.getByRole('region', { name: /^Step / }).waitFor()
    expect(new URL(page.url()).searchParams.get('sample')).toBe(items[0]?.id)
    await page.close()
  })

  test('lends steps to another flow through the clipboard, and refuses nonsense', async () => {
    const page = await open(flow)
    await page.getByRole('button', { name: 'Show the whole flow' }).click()
    await step(page, 'confirmed').click()
    await step(page, 'know-contact').click({ modifiers: ['Shift'] })
    await page.keyboard.press('Control+c')
    const other = await made(empty('Another'))
    const second = await open(other)
    await second.locator('body').click({ position: { x: 800, y: 20 } })
    await second.keyboard.press('Control+v')
    await second.getByText('2 steps pasted.').waitFor()
    await saved(second)
    const pasted = await draftOf(other)
    expect(lines(pasted)).toEqual(['confirmed.paid>know-contact'])
    expect(JSON.stringify(pasted)).not.toMatch(/secret|clientId/i)
    await second.evaluate(() => navigator.clipboard.writeText(`{${'x'.repeat(2_000_001)}`))
    await second.keyboard.press('Control+v')
    await second.getByText('larger than a flow may be').waitFor()
    await Promise.all([page.close(), second.close()])
  })

  test('compared with live shows the step that changed and not the one that moved', async () => {
    const draft = PURCHASES
    const nodes = draft.nodes.map((node) => (node.id === 'confirmed' ? { ...node, name: 'Paid ones only' } : node))
    const layout = { nodes: { ...draft.layout?.nodes, refund: { x: 4000, y: 4000 } } }
    const target = await made({ ...draft, name: 'Compared' })
    const slots = Object.keys(draft.slots).map((slot) => [
      slot,
      draft.slots[slot]?.connector === 'xero' ? fleet.connections.xero : fleet.connections.emarsys,
    ])
    await fleet.call('PUT', `/flows/${target}/bindings`, { bindings: Object.fromEntries(slots) })
    await fleet.call('POST', `/flows/${target}/publish`, { summary: 'One', revision: 1 })
    await fleet.call('POST', `/flows/${target}/import`, { ...draft, name: 'Compared', nodes, layout })
    const page = await open(target)
    await page.getByRole('button', { name: 'Compare', exact: true }).click()
    const changes = page.getByRole('complementary', { name: 'Changes' }).getByRole('listitem')
    await changes.first().waitFor()
    expect(await changes.allTextContents()).toEqual([expect.stringContaining('Paid ones only')])
    await page.getByLabel('Show steps that only stand elsewhere').check()
    await expect.poll(() => changes.count()).toBe(2)

    // What somebody else changed is named, and published only when it is ticked.
    await sql`update draft_sessions set author = 'Ben Ito', author_id = gen_random_uuid() where flow_id = ${target}`.execute(
      database.owner.db,
    )
    const editor = await open(target)
    // By the keyboard: Escape leads back to the button, Enter opens it again.
    await editor.getByRole('button', { name: 'Publish…' }).press('Enter')
    await editor.getByLabel('What changed, and why').press('Escape')
    await expect.poll(() => editor.evaluate(() => document.activeElement?.textContent)).toBe('Publish…')
    await editor.keyboard.press('Enter')
    await editor.getByLabel('What changed, and why').fill('A clearer name')
    const button = editor.getByRole('button', { name: 'Publish version 2' })
    await editor.getByLabel('Publish Ben Ito’s 1 change as well').waitFor()
    expect(await button.isDisabled()).toBe(true)
    await editor.getByLabel('Publish Ben Ito’s 1 change as well').check()
    await button.click()
    await editor.getByText('Version 2 is published.').waitFor()
    await Promise.all([page.close(), editor.close()])
  })
})

describe('two at once, and what goes wrong', () => {
  test('two tabs that change different places while one is offline: both are there; the same place asks', async () => {
    const flow = await made({ ...PURCHASES, name: 'Shared' })
    const first = await open(flow, '?step=confirmed')
    await first.locator('[data-save="saved"]').waitFor()
    const elsewhere = await browser.newContext({
      viewport: { width: 1440, height: 900 },
      storageState: await context.storageState(),
    })
    const second = await open(flow, '?step=purchase', elsewhere)
    await second.getByText('You edit this flow in another tab.').waitFor()
    await context.setOffline(true)
    await first.getByLabel('Name of the step').fill('Changed offline')
    await first.getByText('Offline: kept in this browser').waitFor()
    await second.getByRole('button', { name: 'Edit here' }).click()
    await second.getByLabel('Name of the step').fill('Changed elsewhere')
    await saved(second)
    await context.setOffline(false)
    await first.getByText('They are brought in; yours are safe.').waitFor()
    await expect
      .poll(async () => (await draftOf(flow)).nodes.map(({ name }) => name))
      .toEqual(expect.arrayContaining(['Changed offline', 'Changed elsewhere']))
    await Promise.all([first.close(), elsewhere.close()])
  })

  test('two who changed the same place: both sides are shown, and one is chosen', async () => {
    const flow = await made({ ...PURCHASES, name: 'Contested' })
    const first = await open(flow, '?step=confirmed')
    await saved(first)
    await first.route('**/draft', (route) => (route.request().method() === 'PUT' ? route.abort() : route.continue()))
    await first.getByLabel('Name of the step').fill('As I call it')
    await first.getByText('Offline: kept in this browser').waitFor()
    const elsewhere = await browser.newContext({
      viewport: { width: 1440, height: 900 },
      storageState: await context.storageState(),
    })
    const second = await open(flow, '?step=confirmed', elsewhere)
    await second.getByRole('button', { name: 'Edit here' }).click()
    await second.getByLabel('Name of the step').fill('As you call it')
    await saved(second)
    await first.unroute('**/draft')
    const dialog = first.getByRole('dialog')
    // Which tab has the flow by now, and whether this one has heard of it, depends on how fast the machine is.
    await expect
      .poll(async () => {
        for (const name of ['Edit here', 'Compare and combine']) {
          const button = first.getByRole('button', { name })
          if (await button.isVisible()) await button.click({ timeout: 5_000 }).catch(() => undefined)
        }
        return dialog.isVisible()
      })
      .toBe(true)
    await dialog.getByRole('radio', { name: /As you call it/ }).waitFor()
    expect(await dialog.getByRole('button', { name: 'Combine', exact: true }).isDisabled()).toBe(true)
    await dialog.getByRole('radio', { name: /As I call it/ }).check()
    await dialog.getByRole('button', { name: 'Combine', exact: true }).click()
    await saved(first)
    const nameIn = (document: Flow) => document.nodes.find(({ id }) => id === 'confirmed')?.name
    expect(nameIn(await draftOf(flow))).toBe('As I call it')
    await Promise.all([first.close(), elsewhere.close()])
  })

  test('a page that dies with unsent work has it again when it is loaded', async () => {
    const flow = await made({ ...PURCHASES, name: 'Crashing' })
    const page = await open(flow, '?step=confirmed')
    await saved(page)
    await page.route('**/draft', (route) => (route.request().method() === 'PUT' ? route.abort() : route.continue()))
    await page.getByLabel('Name of the step').fill('Never sent')
    await page.getByText('Offline: kept in this browser').waitFor()
    page.on('dialog', (dialog) => void dialog.accept())
    await page.unroute('**/draft')
    await page.reload()
    await page.getByText('restored from this browser').waitFor()
    await saved(page)
    expect((await draftOf(flow)).nodes.map(({ name }) => name)).toContain('Never sent')
    await page.close()
  })
})
