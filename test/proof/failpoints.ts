import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import type { Flow } from '../../server/flow/flow.ts'
import { armFailpoints } from '../../server/run/failpoint.ts'
import { flowOf, node } from '../support/flows.ts'
import type { Scene, Stage } from '../support/scene.ts'
import type { WorkerProcess } from '../support/worker-order.ts'
import { trackedFiles } from '../support/source-tree.ts'

// A run that touches every part of the executor fails once at one named point, is taken up again, and what arrived is
// counted in the sandboxes.

/** throw: the code fails there. kill: the process dies. freeze: it stands still for three leases, then goes on. */
export type How = 'throw' | 'kill' | 'freeze'
export type Case = { readonly point: string; readonly hit: number; readonly how: How }

const CONTACTS = 4
/** Two batches, so that a point is met a second time. */
const PAGE = 2
const EMAIL = '3'

export const SWEEP_SCENE = { contacts: CONTACTS, invoices: 0, creditNotes: 0, withoutWorker: true } as const

let cases = 0

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

export type Sweep = {
  /** Every point that a run has met so far. */
  readonly met: ReadonlySet<string>
  /** Carries out one case. Answers what is wrong afterwards; undefined when the point was not met so often. */
  run(one: Case): Promise<readonly string[] | undefined>
}

export async function openSweep(stage: Stage, leaseSeconds = 1): Promise<Sweep> {
  const scene = await stage.open(SWEEP_SCENE)
  const event = String(scene.emarsys.plantEvent('sweep'))
  const customer = scene.xero.state.books.contacts.ordered[0]!.id
  const met = new Set<string>()

  /** Answers whether the point was met; a worker that stands still there wakes later. */
  async function carryOut(one: Case, document: Flow, flow: string): Promise<boolean | WorkerProcess> {
    if (one.how === 'throw') return throwing(one, document, flow)
    const worker = await stage.process(scene, leaseSeconds, { ...one, how: one.how })
    await scene.workspace.queue(flow, document)
    if (one.how === 'kill') {
      const died = await Promise.race([
        worker.exited.then(() => true),
        settledFlow(stage, scene, flow).then(() => false),
      ])
      if (!died) await worker.kill()
      return died
    }
    const frozen = await Promise.race([
      worker.frozen.then(() => true),
      settledFlow(stage, scene, flow).then(() => false),
    ])
    if (!frozen) await worker.kill()
    return frozen && worker
  }

  async function throwing(one: Case, document: Flow, flow: string): Promise<boolean> {
    let hits = 0
    let thrown = false
    armFailpoints((point) => {
      met.add(point)
      if (thrown || point !== one.point) return
      hits += 1
      if (hits < one.hit) return
      thrown = true
      throw new Error(`failed on purpose at ${point}`)
    })
    const worker = stage.worker(scene)
    try {
      await scene.workspace.queue(flow, document)
      await settledFlow(stage, scene, flow)
      return thrown
    } finally {
      armFailpoints(undefined)
      await worker.stop()
    }
  }

  return {
    met,
    async run(one) {
      cases += 1
      const name = `S${cases}`
      const document = sweepFlow(name, event, customer)
      const flow = await scene.workspace.flow(document)
      const failed = await carryOut(one, document, flow)
      if (!failed) return undefined
      // Whoever looks after the product runs the flow again: a run that failed as a bug is not retried by itself.
      const worker = stage.worker(scene)
      try {
        await settledFlow(stage, scene, flow)
        await scene.workspace.queue(flow, document)
        await settledFlow(stage, scene, flow)
      } finally {
        await worker.stop()
      }
      // It is woken by now, or will be: whatever it still does, it has done when it ends.
      if (failed !== true) await failed.stop()
      return [...(await faultsOf(scene, name)), ...(await wrongOrders(stage, scene, flow))]
    },
  }
}

/** Waits until no run of the flow is at work or waits to be. */
async function settledFlow(stage: Stage, scene: Scene, flow: string): Promise<void> {
  for (;;) {
    const { rows } = await sql<{ live: number }>`
      select count(*) as live from runs
      where workspace_id = ${scene.workspace.id} and flow_id = ${flow} and state in ('queued', 'running', 'waiting')
    `.execute(stage.database.owner.db)
    if (rows[0]!.live === 0) return
    await sleep(10)
  }
}

/** What is lost without a word, and what came twice. */
async function faultsOf({ workspace, xero, emarsys }: Scene, name: string): Promise<readonly string[]> {
  const ids = xero.state.books.contacts.ordered.map(({ id }) => `${name}-${id.slice(0, 8)}`)
  const doubtful = (await workspace.effects()).filter((one) => one.state === 'unknown').map((one) => one.document)
  const named = (await workspace.exceptions()).filter((one) => one.code === 'OUTCOME_UNKNOWN')
  const faults: string[] = []
  for (const id of ids) {
    const address = `${id.toLowerCase()}@example.com`
    const contacts = emarsys.contacts.lookUp(EMAIL, address).length
    if (contacts !== 1) faults.push(`${contacts} contacts ${address}`)
    const mails = emarsys.events.filter((one) => one.key.toLowerCase() === address).length
    const invoices = xero.state.books.invoices.ordered.filter((one) => one.number === id).length
    const isNamed = (document: string) =>
      doubtful.includes(document) &&
      named.some((one) => one.business_key !== null && document.includes(one.business_key))
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
  return told === JSON.stringify(Array.from({ length: CONTACTS }, () => 1)) ? [] : [`running values count ${told}`]
}

/** Every point that stands in the executor's code. */
export function namedPoints(): readonly string[] {
  const names = new Set<string>()
  for (const [path, text] of trackedFiles()) {
    if (!path.startsWith('server/')) continue
    for (const match of text.matchAll(/\bfailpoint\('([^']+)'\)/g)) names.add(match[1]!)
  }
  return [...names].sort()
}
