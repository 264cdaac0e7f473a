import { expect, test } from 'vitest'
import { sendSales } from '../../connectors/emarsys/sales/send-sales.ts'
import { upsertContacts } from '../../connectors/emarsys/contact/upsert-contacts.ts'
import type { WriteItem, WriteOperation } from '../../connectors/kit/connector.ts'
import { SCOPES } from '../../connectors/xero/client/connection.ts'
import type { Flow } from '../../server/flow/document/flow.ts'
import { CUSTOMER_ID, contactsFlow, flowOf, node, purchasesFlow } from '../support/flows.ts'
import { type Scene, setStage } from '../support/scene.ts'

// What Xero would refuse is looked for before anything is sent; what changes after that look is Xero's own refusal.

const stage = setStage()

/** Contacts in pages of ten; every other one is invoiced in October, the others in November. */
const invoicing = (): Flow =>
  flowOf(
    [
      node('contacts', 'xero.list-contacts', { pageSize: 10 }),
      node('invoice', 'xero.create-invoices', {
        keyField: 'Reference',
        record: `{
          'Reference': 'EM-' & ContactID,
          'Contact': { 'ContactID': ContactID },
          'Date': $contains(ContactID, /^[0-7]/) ? '2026-10-15' : '2026-11-20',
          'LineItems': [{ 'Description': 'Seats', 'Quantity': 1, 'UnitAmount': 10, 'AccountCode': '200' }]
        }`,
      }),
    ],
    ['start contacts', 'contacts invoice'],
  )

const OCTOBER = '2026-10-31'
const isOctober = (contact: string) => /^[0-7]/.test(contact)

const booked = ({ xero }: Scene) =>
  xero.state.books.invoices.ordered.filter(({ reference }) => reference.startsWith('EM-'))
const contactsOf = ({ xero }: Scene) => xero.state.books.contacts.ordered.map(({ id }) => id)
const asked = ({ xero }: Scene, route: string) => xero.requests.byRoute.get(route) ?? 0

async function until(look: () => boolean): Promise<void> {
  while (!look()) await new Promise((resolve) => setTimeout(resolve, 5))
}

/** Each October contact that was not invoiced has an exception for finance, and nothing else has one. */
async function expectLockedOut(scene: Scene, before: number) {
  const sent = new Set(booked(scene).map(({ reference }) => reference.slice('EM-'.length)))
  const late = contactsOf(scene).filter((id) => isOctober(id) && !sent.has(id))
  expect(late.length).toBeGreaterThan(0)
  expect(contactsOf(scene).filter((id) => !isOctober(id) && !sent.has(id))).toEqual([])
  expect(booked(scene).filter(({ reference }) => isOctober(reference.slice('EM-'.length)))).toHaveLength(before)
  const exceptions = await scene.workspace.exceptions()
  expect(exceptions.map(({ code, desk }) => ({ code, desk }))).toEqual(
    late.map(() => ({ code: 'PERIOD_LOCKED', desk: 'finance' })),
  )
}

test('a period that is closed between two batches: what is dated in it stays behind, its neighbours go on', async () => {
  const scene = await stage.open({ contacts: 30, invoices: 0, creditNotes: 0 })
  const { xero, workspace } = scene
  const document = invoicing()
  const flow = await workspace.flow(document)
  // The first batch is booked, and its answer takes a while: time for somebody to close October.
  xero.addFaults([{ kind: 'slow', match: { method: 'PUT', pathPrefix: '/api.xro/2.0/Invoices' }, delayMs: 300 }])
  const run = await workspace.queue(flow, document)
  await until(() => booked(scene).length > 0)
  xero.lock({ period: OCTOBER })
  const before = booked(scene).filter(({ reference }) => isOctober(reference.slice('EM-'.length))).length
  expect(await workspace.ended(run)).toMatchObject({ state: 'partly' })
  await expectLockedOut(scene, before)
  for (const { message } of await workspace.exceptions()) expect(message).toContain(`period lock date`)
  // One look for each batch, however many records it has, and one when the connection was opened.
  const batches = (await workspace.steps(run)).filter(({ node_id: id }) => id === 'invoice')
  expect(asked(scene, 'GET /api.xro/2.0/Organisation')).toBeLessThanOrEqual(batches.length + 1)
  expect(batches.length).toBeLessThan(30)
})

test('a period that is closed after the look: Xero’s own refusal has the same code, and nothing is booked behind it', async () => {
  const scene = await stage.open({ contacts: 8, invoices: 0, creditNotes: 0 })
  const { xero, workspace } = scene
  const document = invoicing()
  const flow = await workspace.flow(document)
  // The organisation is read when the connection is opened, then, open as it is, by the look: that answer takes a while.
  const match = { method: 'GET', pathPrefix: '/api.xro/2.0/Organisation' }
  xero.addFaults([{ kind: 'slow', match, skip: 1, delayMs: 300 }])
  const run = await workspace.queue(flow, document)
  await until(() => xero.state.faults.pending.length === 0)
  xero.lock({ period: OCTOBER })
  expect(await workspace.ended(run)).toMatchObject({ state: 'partly' })
  await expectLockedOut(scene, 0)
  for (const { message } of await workspace.exceptions())
    expect(message).toContain('The document date cannot be before')
})

test('an account that was archived meanwhile: no journal goes to it, and those of other accounts go on', async () => {
  const scene = await stage.open({ contacts: 20, invoices: 0, creditNotes: 0 })
  const { xero, workspace } = scene
  const connection = await workspace.connect(
    'xero',
    'custom-connection',
    {
      ...{ identityUrl: xero.url, loginUrl: xero.url, apiUrl: xero.url },
      ...{ callsPerMinute: 1_000_000, callsPerDay: 10_000_000 },
      scopes: [...SCOPES, 'accounting.manualjournals'],
    },
    { clientId: xero.clientId, clientSecret: xero.clientSecret },
  )
  const document = flowOf(
    [
      node('contacts', 'xero.list-contacts', { pageSize: 10 }),
      node('post', 'xero.create-manual-journals', {
        record: `(
          $account := $contains(ContactID, /^[0-7]/) ? '201' : '200';
          {
            'Key': ContactID, 'Narration': 'Accrual', 'Date': '2026-11-20',
            'JournalLines': [{ 'AccountCode': $account, 'LineAmount': 10 }, { 'AccountCode': '825', 'LineAmount': -10 }]
          }
        )`,
      }),
    ],
    ['start contacts', 'contacts post'],
  )
  const flow = await workspace.flow(document, { xero: connection })
  xero.addFaults([{ kind: 'slow', match: { method: 'PUT', pathPrefix: '/api.xro/2.0/ManualJournals' }, delayMs: 300 }])
  const run = await workspace.queue(flow, document)
  const posted = () => xero.ledger.filter(({ method, resource }) => method === 'PUT' && resource === 'ManualJournals')
  await until(() => posted().length > 0)
  xero.archiveAccount('201')
  const before = posted().length
  expect(await workspace.ended(run)).toMatchObject({ state: 'partly' })
  const exceptions = await workspace.exceptions()
  expect(exceptions.length).toBeGreaterThan(0)
  for (const one of exceptions) {
    expect(one).toMatchObject({ code: 'TARGET_INACTIVE', desk: 'finance', message: expect.stringContaining('201') })
  }
  expect(posted().length).toBeGreaterThan(before)
  expect(posted().length + exceptions.length).toBe(20)
  for (const { body } of posted().slice(before)) expect(JSON.stringify(body)).not.toContain('"201"')
})

/** Refuses what a test says, beforehand. */
const refusing = (isRefused: (item: WriteItem) => boolean) => async (_context: unknown, items: readonly WriteItem[]) =>
  items.map((item) =>
    isRefused(item) ? ({ status: 'rejected', code: 'TARGET_INACTIVE', message: 'Not there.' } as const) : undefined,
  )

test('what is the same however often it is sent is looked at too', async () => {
  const check = refusing(({ key }) => isOctober(key))
  const scene = await stage.open({
    ...{ contacts: 20, invoices: 0, creditNotes: 0 },
    operations: { 'emarsys.upsert-contacts': { ...upsertContacts, check } },
  })
  const { workspace, emarsys } = scene
  const document = contactsFlow(10)
  const run = await workspace.run(await workspace.flow(document), document)
  const refused = contactsOf(scene).filter(isOctober)
  expect(run).toMatchObject({ state: 'partly', counts: { sent: 20 - refused.length } })
  expect(await workspace.exceptions()).toHaveLength(refused.length)
  for (const id of contactsOf(scene)) {
    expect(emarsys.contacts.lookUp(CUSTOMER_ID, id)).toHaveLength(isOctober(id) ? 0 : 1)
  }
})

test('a document of which one row would be refused stays behind as a whole', async () => {
  const sent: string[] = []
  const rows = new Map<string, number>()
  let bad = ''
  const check: WriteOperation['check'] = async (context, items) => {
    const documents = items.map(({ key }) => key.slice(0, key.lastIndexOf('/')))
    for (const one of documents) rows.set(one, (rows.get(one) ?? 0) + 1)
    bad ||= documents.find((one, at) => documents.indexOf(one) !== at) ?? ''
    const last = documents.lastIndexOf(bad)
    return refusing(({ key }) => bad !== '' && key === items[last]?.key)(context, items)
  }
  const scene = await stage.open({
    ...{ contacts: 10, invoices: 40, creditNotes: 0 },
    operations: {
      'emarsys.send-sales': {
        ...sendSales,
        check,
        write: (context, items, call) => {
          sent.push(...items.map(({ key }) => key))
          return sendSales.write(context, items, call)
        },
      },
    },
  })
  const { workspace } = scene
  const document = purchasesFlow()
  const run = await workspace.run(await workspace.flow(document), document)
  expect(run.state).toBe('partly')
  expect(rows.get(bad)).toBeGreaterThan(1)
  expect(await workspace.exceptions()).toMatchObject([{ code: 'TARGET_INACTIVE' }])
  expect(sent.filter((key) => key.startsWith(`${bad}/`))).toEqual([])
  expect(sent.length).toBeGreaterThan(0)
  expect(sent).toHaveLength([...rows].reduce((sum, [one, count]) => (one === bad ? sum : sum + count), 0))
})
