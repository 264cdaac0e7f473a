import type { Scene, Stage } from './scene.ts'
import { atEmarsys, type Installed, installed, listOf, type Wire } from './templates.ts'

/** Calls of a run for which nothing has changed since the one before, against the fewest that can find that out. */
export type QuietRun = {
  readonly template: string
  readonly key: string
  readonly least: number
  readonly calls: number
  /** Effects; any would be a flaw. */
  readonly sent: number
  /** What the fewest calls are for. */
  readonly asks: string
}

/** How much of what there is has to be asked for anew in every run. */
type Size = { readonly customers: number; readonly open: number; readonly members: number }

type Template = {
  readonly id: string
  readonly key: string
  readonly answers?: (made: Made) => { readonly [name: string]: unknown }
  readonly asks: string
  readonly least: (size: Size) => number
}

type Made = { readonly list: string; readonly event: string }

/** How far the clock of the books goes on between the first run and a quiet one, in milliseconds. */
export const HOUR_MS = 3_600_000

/** Records of one page of Xero, keys of one call of Emarsys. */
const PAGE = 1000
const pages = (records: number) => Math.max(1, Math.ceil(records / PAGE))

/**
 * Every template, those that others need first. One call is the least for each list that may have changed: neither
 * system says “nothing new” for several at once. What is no change in any list (who is gone, what became overdue
 * today) takes one for each 1,000.
 */
const TEMPLATES: readonly Template[] = [
  {
    id: 'contacts-to-emarsys',
    key: 'F02',
    answers: () => ({ onlyWithEmail: false }),
    asks: 'contacts',
    least: () => 1,
  },
  { id: 'health', key: 'F00', asks: 'each account', least: () => 2 },
  {
    id: 'consent-guard',
    key: 'F03',
    // Nothing tells of somebody who was deleted: Emarsys' list of changes does not, and our memory holds hashes only.
    asks: 'each customer in Xero, and whether Emarsys has them',
    least: ({ customers }) => 2 * pages(customers),
  },
  { id: 'paid-invoices-to-purchases', key: 'F04', asks: 'contacts, invoices, credit notes', least: () => 3 },
  { id: 'credit-notes-to-negative-rows', key: 'F05', asks: 'invoices, credit notes', least: () => 2 },
  { id: 'voids-to-reversals', key: 'F06', asks: 'invoices, credit notes', least: () => 2 },
  { id: 'prepayments-listed', key: 'F07', asks: 'prepayments, overpayments', least: () => 2 },
  { id: 'customer-value', key: 'F08', asks: 'invoices, credit notes', least: () => 2 },
  {
    id: 'overdue-suppression',
    key: 'F09',
    answers: ({ list }) => ({ listId: list }),
    asks: 'open invoices, members of the list, whose they are',
    least: ({ open, members }) => pages(open) + 2 * pages(members),
  },
  {
    id: 'lifecycle-events',
    key: 'F10',
    answers: ({ event }) => ({ since: '2026-11-01', eventPaid: event }),
    asks: 'invoices, credit notes, open invoices',
    least: ({ open }) => 2 + pages(open),
  },
  {
    id: 'order-feed-from-files',
    key: 'F18b',
    answers: () => ({ firstDay: '2026-09-01' }),
    // Which files are new is known here where they are uploaded.
    asks: 'journals',
    least: () => 1,
  },
  { id: 'backfill-purchases', key: 'F15', asks: 'contacts, invoices, credit notes', least: () => 3 },
]

const OF_A_SHOP: readonly Template[] = [
  {
    id: 'daily-summary-journal',
    key: 'F11',
    answers: () => ({ firstDay: '2026-09-01', status: 'POSTED', shippingAccount: '260', refundAccount: '201' }),
    asks: 'changed orders, archived ones, refunds, lock dates',
    least: () => 4,
  },
  {
    id: 'order-feed',
    key: 'F18',
    answers: () => ({ firstDay: '2026-09-01' }),
    asks: 'changed orders, archived ones, refunds, journals',
    least: () => 4,
  },
]

/** The templates that the two kinds of scene run. */
export const QUIET = [...TEMPLATES, ...OF_A_SHOP].map(({ id }) => id)

/** Sales columns of an account whose purchases come from a shop. */
export const SHOP_COLUMNS =
  'item price order timestamp email quantity f_original_amount s_original_currency s_document s_kind'.split(' ')

/** Runs every template until it has nothing left to do, then once more. Those of a shop where the scene has one. */
export async function quietRuns(stage: Pick<Stage, 'database'>, scene: Scene): Promise<readonly QuietRun[]> {
  const made: Made = {
    list: String(await atEmarsys(scene, '/contactlist', { name: 'Overdue', key_id: '9001', external_ids: [] })),
    event: String(scene.emarsys.plantEvent('paid')),
  }
  for (const name of VALUES) {
    await atEmarsys(scene, '/field', { name: `xero_${name}`, application_type: 'shorttext', string_id: `xero_${name}` })
  }
  const flows: { readonly template: Template; readonly flow: Installed }[] = []
  const files = await scene.workspace.connect('csv', 'none', { place: 'uploads' }, {})
  for (const template of scene.shop ? OF_A_SHOP : TEMPLATES) {
    const flow = await installed(stage, scene, template.id, template.answers?.(made), PAGE, { files })
    flows.push({ template, flow })
    await done(template, flow)
  }
  if (scene.shop) await oneMoreDay(scene)
  // A shop's newest second is looked at once more, so that nothing of it is missed.
  for (const _ of scene.shop ? [1, 2] : []) for (const { template, flow } of flows) await done(template, flow)
  const size = sizeOf(scene, made)
  const quiet: QuietRun[] = []
  for (const { template, flow } of flows) {
    const counts = await done(template, flow)
    const { id, key, asks, least } = template
    const sent = (counts.sent ?? 0) + (counts.reversed ?? 0)
    quiet.push({ template: id, key, asks, least: least(size), calls: counts.calls ?? 0, sent })
  }
  return quiet
}

/**
 * The first run makes all journals in one second, and all of a second are read again. An order that is edited an
 * hour later makes one that stands alone, as each night's does. Where there are many, the clock of the books has to be
 * an hour behind before: no cursor goes beyond the time that an answer itself tells.
 */
async function oneMoreDay({ xero, shop }: Scene): Promise<void> {
  xero.advance(HOUR_MS)
  const order = [...(shop?.store.orders.values() ?? [])].find(
    ({ status, madeAt }) => status === 10 && madeAt > Date.parse('2026-09-02') && madeAt < Date.now() - 172_800_000,
  )
  if (!order) throw new Error('The shop has no order to edit.')
  shop?.editOrder(order.id, [{ id: 1, product: 500, quantity: 1, price: 1999, refunded: 0 }])
}

/** What does not run costs nothing either. */
async function done({ id }: Template, flow: Installed): Promise<{ readonly [name: string]: number }> {
  const { state, reason, counts } = await flow.run()
  if (state !== 'succeeded' && state !== 'partly') throw new Error(`${id} ended as ${state}: ${reason}`)
  return counts
}

const VALUES =
  'ltv_net ltv_gross orders first_paid last_paid average_order refund_rate days_to_pay outstanding verified_at'.split(
    ' ',
  )

function sizeOf({ xero, emarsys }: Scene, { list }: Made): Size {
  const { contacts, invoices } = xero.state.books
  const all = (ids: readonly { readonly id: string }[]): readonly Wire[] =>
    listOf(ids.map(({ id }) => xero.document(id)))
  return {
    customers: all(contacts.ordered).filter((one) => one.IsCustomer === true && one.ContactStatus === 'ACTIVE').length,
    open: invoices.ordered.filter((one) => one.type === 'ACCREC' && one.status === 'AUTHORISED').length,
    members: emarsys.lists.get(Number(list))!.members.size,
  }
}
