import { sql } from 'kysely'
import type { Flow } from '../../server/flow/document/flow.ts'
import { flowOf, node } from '../support/flows.ts'
import type { Scene, Stage } from '../support/scene.ts'
import { doubtsOf, type Variant } from './sweep.ts'

// Nodes that keep something, and one effect of each class: a contact (upsert), a mail (unsafe), an invoice (keyed).

/** Two batches, so that a point is met a second time. */
const PAGE = 2
const EMAIL = '3'

export function sweepEffects(stage: Stage, scene: Scene): Variant {
  const event = String(scene.emarsys.plantEvent('sweep'))
  const customer = scene.xero.state.books.contacts.ordered[0]!.id
  return {
    document: (name) => sweepFlow(name, event, customer),
    faults: async (name, flow) => [...(await faultsOf(scene, name)), ...(await wrongOrders(stage, scene, flow))],
  }
}

/** A flow whose effects are its own: no case finds what another one has sent. */
function sweepFlow(name: string, event: string, customer: string): Flow {
  return flowOf(
    [
      node('people', 'xero.list-contacts', { pageSize: PAGE }),
      node('others', 'xero.list-contacts', { pageSize: PAGE }),
      node('shape', 'map', {
        expression: `($id := '${name}-' & $substring(ContactID, 0, 8); { 'id': $id, 'email': $lowercase($id) & '@example.com', 'contact': ContactID })`,
      }),
      node('tie', 'compare', { key: [{ left: 'ContactID', right: 'ContactID' }] }),
      node('new', 'changed-only', { key: ['id'] }),
      node('both', 'join', { key: 'contact', withKey: 'ContactID', as: 'other', cardinality: 'one' }),
      node('orders', 'running-value', {
        ...{ key: ['id'], contribution: ['id'], values: [{ name: 'n', fn: 'count' }], as: 'so' },
      }),
      node('known', 'emarsys.get-contacts', { keyField: EMAIL, key: 'email', as: 'known' }),
      node('contact', 'emarsys.upsert-contacts', { keyField: EMAIL, record: `{ '${EMAIL}': email, '1': id }` }),
      node('mail', 'emarsys.trigger-event', {
        eventId: event,
        keyField: EMAIL,
        record: `{ 'contact': email, 'key': id }`,
      }),
      node('invoice', 'xero.create-invoices', {
        record: `{
          'InvoiceNumber': id, 'Contact': { 'ContactID': '${customer}' },
          'Date': '2026-11-02', 'DueDate': '2026-11-16', 'LineAmountTypes': 'Exclusive',
          'LineItems': [{ 'Description': 'Order', 'Quantity': 1, 'UnitAmount': 10, 'AccountCode': '200' }]
        }`,
      }),
      node('total', 'summarise', { by: [], values: [{ name: 'people', fn: 'count' }] }),
    ],
    [
      'start people',
      'start others',
      'people tie:left',
      'others tie:right',
      'people shape',
      'shape new',
      'new both',
      'others both:with',
      'both orders',
      'orders known',
      'known contact',
      'known.unmatched contact',
      'contact mail',
      'contact invoice',
      'shape total',
    ],
  )
}

/** What is lost without a word, and what came twice. */
async function faultsOf({ workspace, xero, emarsys }: Scene, name: string): Promise<readonly string[]> {
  const ids = xero.state.books.contacts.ordered.map(({ id }) => `${name}-${id.slice(0, 8)}`)
  const { doubtful, isNamed } = await doubtsOf(workspace)
  const faults: string[] = []
  for (const id of ids) {
    const address = `${id.toLowerCase()}@example.com`
    const contacts = emarsys.contacts.lookUp(EMAIL, address).length
    if (contacts !== 1) faults.push(`${contacts} contacts ${address}`)
    const mails = emarsys.events.filter((one) => one.key.toLowerCase() === address).length
    const invoices = xero.state.books.invoices.ordered.filter((one) => one.number === id).length
    const mailKey = doubtful.find((document) => document.endsWith(`:${id}`))
    if (mails > 1 || (mails === 0 && !(mailKey && isNamed(mailKey)))) faults.push(`${mails} mails for ${id}`)
    const invoiceKey = doubtful.find((document) => document === `ACCREC:${id}`)
    if (invoices > 1 || (invoices === 0 && !(invoiceKey && isNamed(invoiceKey))))
      faults.push(`${invoices} invoices ${id}`)
  }
  return faults
}

/** Each person has one order in the running values, whatever came between. */
async function wrongOrders(stage: Stage, scene: Scene, flow: string): Promise<readonly string[]> {
  const { rows } = await sql<{ orders: number }>`
    select (state -> 'next')::int as orders from running_states where workspace_id = ${scene.workspace.id} and flow_id = ${flow}
  `.execute(stage.database.owner.db)
  const told = JSON.stringify(rows.map(({ orders }) => orders))
  return told === JSON.stringify(scene.xero.state.books.contacts.ordered.map(() => 1))
    ? []
    : [`running values count ${told}`]
}
