import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import type { Flow } from '../../server/flow/document/flow.ts'
import { openBrowser } from '../support/browser.ts'
import { onDatabase, startTestServer } from '../support/database-server.ts'
import { openFleet } from '../support/fleet.ts'
import { purchasesFlow } from '../support/flows.ts'
import { signInAsOwner } from './support/sign-in.ts'

// The two pictures of the README, of the product itself with what it has moved: `node test/editor/readme-pictures.ts`.

const FOLDER = join(import.meta.dirname, '../../docs/screenshots')
const SIZE = { width: 1440, height: 800 }

/** The main job in seven steps, with its parts framed: one picture has room for so many. */
function framed(): Flow {
  const template = purchasesFlow(100)
  const taken = ['every-quarter', 'invoices', 'purchase', 'send-contacts', 'send-purchases']
  const places: { readonly [id: string]: { x: number; y: number } } = {
    'every-quarter': { x: 0, y: 100 },
    invoices: { x: 320, y: 100 },
    counts: { x: 620, y: 100 },
    'send-contacts': { x: 980, y: 20 },
    purchase: { x: 980, y: 200 },
    'send-purchases': { x: 1360, y: 200 },
  }
  const expression = `{
  'document': 'invoice ' & InvoiceID,
  'contact': Contact.ContactID,
  'rows': [LineItems[$exists(LineAmount)].{
    'item': $exists(ItemCode) ? ItemCode : 'none',
    'price': LineAmount,
    'order': %.InvoiceNumber,
    'timestamp': %.Date & 'T12:00:00Z',
    'quantity': Quantity
  }]
}`
  const line = (from: string, to: string) => ({ id: `${from}-${to}`, from, port: 'out', to, input: 'in' })
  return {
    ...template,
    name: 'Paid invoices → Emarsys purchases',
    nodes: [
      ...template.nodes
        .filter(({ id }) => taken.includes(id))
        .map((node) =>
          node.id === 'send-contacts'
            ? { ...node, settings: { keyField: '9001', record: "{ '9001': Contact.ContactID, '18': Contact.Name }" } }
            : node.id === 'every-quarter'
              ? { ...node, name: 'Every 15 minutes' }
              : node.id === 'purchase'
                ? { ...node, settings: { expression } }
                : node.id === 'invoices'
                  ? { ...node, name: 'Changed sales invoices' }
                  : node,
        ),
      { id: 'counts', operation: 'filter', name: 'Counts by the policy', settings: { condition: '$confirmed($)' } },
    ],
    edges: [
      line('every-quarter', 'invoices'),
      line('invoices', 'counts'),
      line('counts', 'send-contacts'),
      line('counts', 'purchase'),
      line('purchase', 'send-purchases'),
    ],
    layout: {
      nodes: places,
      groups: [
        { id: 'read', title: 'What counts', nodes: ['invoices', 'counts'], colour: 'blue' },
        {
          id: 'send',
          title: 'Into Emarsys, once',
          nodes: ['send-contacts', 'purchase', 'send-purchases'],
          colour: 'green',
        },
      ],
      notes: [
        {
          ...{ id: 'order', x: 320, y: 300, width: 280, height: 110, colour: 'yellow' },
          text: '## Order matters\n- contacts first\n- then **one row per line**',
        },
      ],
    },
  }
}

const server = await startTestServer()
const fleet = await openFleet({
  databaseUrl: onDatabase(server.adminUrl, server.template),
  first: 'all',
  xero: { contacts: 300, invoices: 900, creditNotes: 40 },
  env: { SECRET_KEY: randomBytes(32).toString('hex') },
})
const browser = await openBrowser()

async function signedIn(theme: 'light' | 'dark'): Promise<Page> {
  const page = await (await browser.newContext({ viewport: SIZE, colorScheme: theme })).newPage()
  await signInAsOwner(page, fleet.api.url)
  return page
}

try {
  mkdirSync(FOLDER, { recursive: true })
  const flow = await fleet.flow(framed())
  const run = await fleet.call<{ id: string }>('POST', `/flows/${flow}/run`, {})
  for (let state = ''; !/succeeded|partly/.test(state); ) {
    await new Promise((later) => setTimeout(later, 500))
    state = (await fleet.call<{ state: string }>('GET', `/runs/${run.id}`)).state
  }
  const light = await signedIn('light')
  await light.goto(`${fleet.api.url}/w/${fleet.workspace}/flows/${flow}/edit?step=purchase`)
  await light.locator('output pre').waitFor()
  await light.getByRole('button', { name: 'Show the whole flow' }).click()
  await light.mouse.move(0, 0)
  await light.waitForTimeout(600)
  await light.screenshot({ path: join(FOLDER, 'editor-light.png') })
  const dark = await signedIn('dark')
  await dark.goto(`${fleet.api.url}/w/${fleet.workspace}/runs/${run.id}/canvas?step=send-purchases`)
  await dark.waitForLoadState('networkidle')
  await dark.waitForTimeout(600)
  await dark.screenshot({ path: join(FOLDER, 'run-dark.png') })
} finally {
  await browser.close()
  await fleet.close()
  await server.stop([])
}
