import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import type { Flow } from '../../server/flow/document/flow.ts'
import type { Fleet } from '../support/fleet.ts'
import { flowOf, node } from '../support/flows.ts'
import { openDatabase } from '../../server/store/database/database.ts'
import { type EffectClass, type LedgerEntry, type Thing, unexplained } from './history.ts'

// One order, three effects of three classes: a contact (upsert), a mail (unsafe), an invoice (keyed). Orders come over a
// hook, so that what was acknowledged is known from outside; what arrived is read in the sandboxes.

/** Field of the e-mail address. */
const EMAIL = '3'

const addressOf = (order: string) => `${order.toLowerCase()}@example.com`

/** Orders as they are sent to the hook, with an id of their own each. */
export const orderNumbers = (from: number, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `ORDER-${from + index}`)

export type Shop = {
  readonly flow: string
  /**
   * Sends orders, each a request of its own, `atOnce` of them at the same time, `through` the process at that address.
   * Answers those that were acknowledged.
   */
  send(orders: readonly string[], options?: { readonly atOnce?: number; readonly through?: string }): Promise<string[]>
}

/**
 * A flow that is on, and the way to send it orders. `most`: orders of one run. `refused` hears the answers to those that
 * were not taken.
 */
export async function openShop(
  fleet: Fleet,
  most: number,
  refused: (answer: string) => void = () => {},
): Promise<Shop> {
  const event = String(fleet.emarsys.plantEvent('order_paid'))
  const customer = fleet.xero.state.books.contacts.ordered[0]
  if (!customer) throw new Error('the books need a contact that invoices can be made out to')
  const flow = await fleet.flow(ordersFlow(most, event, customer.id))
  const hook = await fleet.hook(flow)
  return {
    flow,
    async send(orders, { atOnce = 20, through = fleet.api.url } = {}) {
      const url = new URL(new URL(hook.url).pathname, through).href
      const waiting = [...orders]
      const taken: string[] = []
      const sender = async () => {
        for (let order = waiting.shift(); order !== undefined; order = waiting.shift()) {
          if (await sendOne({ ...hook, url }, order, refused)) taken.push(order)
        }
      }
      await Promise.all(Array.from({ length: atOnce }, sender))
      return taken
    },
  }
}

/** Whether it was acknowledged. A sender that gets no answer, or a 5xx, would try again: here it does not. */
async function sendOne(
  hook: Awaited<ReturnType<Fleet['hook']>>,
  order: string,
  refused: (answer: string) => void,
): Promise<boolean> {
  try {
    const answer = await fetch(hook.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', [hook.header ?? 'x-tieline-token']: hook.secret },
      body: JSON.stringify({ id: order, email: addressOf(order) }),
      signal: AbortSignal.timeout(90_000),
    })
    const text = await answer.text()
    if (!answer.ok) refused(`${answer.status} ${(JSON.parse(text || '{}') as { detail?: string }).detail ?? ''}`.trim())
    return answer.ok
  } catch {
    return false
  }
}

function ordersFlow(most: number, event: string, customer: string): Flow {
  const flow = flowOf(
    [
      node('orders', 'hook', { kind: 'token', idPath: 'id', collectMost: most }),
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
    ],
    ['orders contact', 'contact mail', 'orders invoice'],
  )
  return { ...flow, name: 'Orders', nodes: flow.nodes.filter((one) => one.id !== 'start') }
}

/** What became of the orders, counted in the sandboxes. */
export type Tally = {
  readonly contacts: { readonly missing: number; readonly twice: number }
  readonly invoices: { readonly missing: number; readonly twice: number }
  /** `hidden`: missing, and no unknown effect says so. */
  readonly mails: { readonly missing: number; readonly twice: number; readonly hidden: number }
  readonly unknown: number
  /** What the sandboxes and the ledger together cannot be explained by, each in a sentence. */
  readonly unexplained: readonly string[]
}

export async function tally(fleet: Fleet, orders: readonly string[]): Promise<Tally> {
  const { emarsys, xero } = fleet
  const mails = new Map<string, number>()
  for (const { key } of emarsys.events) mails.set(key.toLowerCase(), (mails.get(key.toLowerCase()) ?? 0) + 1)
  const invoices = new Map<string, number>()
  for (const { number } of xero.state.books.invoices.ordered) {
    const name = String(number)
    invoices.set(name, (invoices.get(name) ?? 0) + 1)
  }
  const unknown = await unknownKeys(fleet)
  const ledger = await ledgerOf(fleet)
  // Also those whose acknowledgement nobody heard.
  const looked = new Set([...orders.map((order) => order.toLowerCase()), ...ledger.map(({ key }) => key)])
  const lostMails = orders.filter((order) => !mails.has(addressOf(order)))
  return {
    contacts: {
      missing: orders.filter((order) => emarsys.contacts.lookUp(EMAIL, addressOf(order)).length === 0).length,
      twice: orders.filter((order) => emarsys.contacts.lookUp(EMAIL, addressOf(order)).length > 1).length,
    },
    invoices: {
      missing: orders.filter((order) => !invoices.has(order)).length,
      twice: [...invoices].filter(([name, count]) => name.startsWith('ORDER-') && count > 1).length,
    },
    mails: {
      missing: lostMails.length,
      twice: [...mails.values()].filter((count) => count > 1).length,
      hidden: lostMails.filter((order) => ![...unknown].some((key) => key.endsWith(`:${order}`))).length,
    },
    unknown: unknown.size,
    unexplained: unexplained({
      promised: orders.flatMap((order) => CLASSES.map((of) => ({ of, key: order.toLowerCase() }))),
      ledger,
      there: [
        ...emarsys.events.map(({ key }): Thing => ({ of: 'unsafe', key: orderAt(key) })),
        ...[...invoices].flatMap(([name, count]) => times({ of: 'keyed', key: name.toLowerCase() }, count)),
        ...[...looked].flatMap((key) =>
          times({ of: 'upsert', key }, emarsys.contacts.lookUp(EMAIL, addressOf(key)).length),
        ),
      ].filter(({ key }) => key.startsWith('order-')),
    }),
  }
}

const CLASSES: readonly EffectClass[] = ['upsert', 'keyed', 'unsafe']
const times = (thing: Thing, count: number): Thing[] => Array.from({ length: count }, () => thing)
const orderAt = (address: string) => address.toLowerCase().split('@')[0]!

/** By operation, and how its documents end in the order. */
const OPERATIONS: { readonly [operation: string]: EffectClass } = {
  'emarsys.upsert-contacts': 'upsert',
  'emarsys.trigger-event': 'unsafe',
  'xero.create-invoices': 'keyed',
}

/** What the ledger says in the end, whoever asks: an effect without a state of its own has that of its call. */
async function ledgerOf({ databaseUrl, workspace }: Fleet): Promise<readonly LedgerEntry[]> {
  const { db, close } = openDatabase({ url: databaseUrl, max: 1 })
  try {
    const { rows } = await sql<{ operation: string; document: string; state: LedgerEntry['state']; named: boolean }>`
      select t.operation, e.document,
        coalesce(e.state, case c.state when 'answered' then 'confirmed' when 'refused' then 'rejected'
          when 'intended' then 'intended' when 'sent' then 'sent' else 'unknown' end) as state,
        exists (select 1 from exceptions x where x.workspace_id = e.workspace_id and x.effect_target = e.target_id
          and x.effect_document = e.document and x.state in ('open', 'retrying')) as named
      from effects e
      join targets t on t.workspace_id = e.workspace_id and t.id = e.target_id
      left join calls c on c.workspace_id = e.workspace_id and c.id = e.call_id
      where e.workspace_id = ${workspace}
    `.execute(db)
    return rows.flatMap(({ operation, document, state, named }) => {
      const of = OPERATIONS[operation]
      const order = /order-\w+/i.exec(document)?.[0]?.toLowerCase()
      return of && order ? [{ of, key: order, state, named }] : []
    })
  } finally {
    await close()
  }
}

/** Business keys of all effects that the product says it does not know the end of. */
export async function unknownKeys({ call }: Fleet): Promise<ReadonlySet<string>> {
  const keys = new Set<string>()
  let cursor = ''
  for (;;) {
    const page = await call<{ items: { key: string }[]; next: string | null }>(
      'GET',
      `/unknown-effects?limit=200${cursor}`,
    )
    for (const { key } of page.items) keys.add(key)
    if (page.next === null) return keys
    cursor = `&cursor=${page.next}`
  }
}

type Lanes = { lanes: { queued: number; running: number; waiting: number }[] }

/**
 * Waits until nothing is left to do. Runs that ended badly are carried out again, as an operator would; answers how
 * many.
 */
export async function quiescent(fleet: Fleet, flow: string): Promise<number> {
  const again = new Set<string>()
  for (let quiet = 0; quiet < 3; ) {
    const { lanes } = await fleet.call<Lanes>('GET', '/lanes')
    const { items: hooks } = await fleet.call<{ items: { waiting: number }[] }>('GET', `/flows/${flow}/hooks`)
    const live = lanes.reduce((sum, lane) => sum + lane.queued + lane.running + lane.waiting, 0)
    const { items: failed } = await fleet.call<{ items: { id: string }[] }>('GET', '/runs?state=failed&limit=200')
    const open = failed.filter(({ id }) => !again.has(id))
    for (const { id } of open) {
      again.add(id)
      await fleet.call('POST', `/runs/${id}/rerun`, {})
    }
    const idle = live === 0 && open.length === 0 && hooks.every((hook) => hook.waiting === 0)
    quiet = idle ? quiet + 1 : 0
    await sleep(200)
  }
  return again.size
}
