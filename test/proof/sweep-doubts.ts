import { sql } from 'kysely'
import { armFailpoints } from '../../server/run/call/failpoint.ts'
import type { Flow } from '../../server/flow/document/flow.ts'
import { flowOf, node } from '../support/flows.ts'
import type { Scene, Stage } from '../support/scene.ts'
import type { Variant } from './sweep.ts'

// Invoices in doubt that earlier runs left, one call that arrived and one that did not, which the next run looks for.

const PAGE = 2
/** The steps that write them, one for each series: other flows leave doubts, too. */
const STEPS = ['bill-a', 'bill-b']

export function sweepDoubts(stage: Stage, scene: Scene): Variant {
  const { workspace, xero } = scene
  const customer = xero.state.books.contacts.ordered[0]!.id
  const { db } = stage.database.owner

  /** As if time had passed since the calls in doubt were sent, and since they were looked for. */
  async function age(sentMinutes: number, lookedForMinutes: number): Promise<number> {
    const { rows } = await sql`
      update calls set sent_at = sent_at - make_interval(mins => ${sentMinutes}), probes = 1,
        probed_at = now() - make_interval(mins => ${lookedForMinutes})
      where workspace_id = ${workspace.id} and state = 'unknown' and node_id = any(${STEPS}::text[]) returning id
    `.execute(db)
    return rows.length
  }

  return {
    document: (name) => billing([`${name}-a`, `${name}-b`], customer),
    async before(name, run) {
      const left = async (point: string, series: string) => {
        const document = billing([series], customer)
        const flow = await workspace.flow(document)
        await failingAt(point, () => run(flow, document))
      }
      await left('ledger.answer:before', `${name}-a`)
      await age(10, 0) // looked for just now: the next run leaves it alone
      await left('ledger.open:after', `${name}-b`)
      const calls = await age(10, 60)
      if (calls !== 2) throw new Error(`${calls} calls are in doubt instead of two`)
    },
    faults: (name) => faultsOf(scene, db, name),
  }
}

/** The code fails the first time a run comes to the point: its call is in doubt from then on. */
async function failingAt(point: string, work: () => Promise<void>): Promise<void> {
  let failed = false
  armFailpoints((met) => {
    if (failed || met !== point) return
    failed = true
    throw new Error(`left in doubt at ${point}`)
  })
  try {
    await work()
  } finally {
    armFailpoints(undefined)
  }
  if (!failed) throw new Error(`no run came to ${point}`)
}

/** One invoice for each contact in each series; each is written by a step of its own. */
const billing = (series: readonly string[], customer: string): Flow =>
  flowOf(
    [
      node('people', 'xero.list-contacts', { pageSize: PAGE }),
      ...series.map((name) =>
        node(`bill-${name.slice(-1)}`, 'xero.create-invoices', {
          record: `{
            'InvoiceNumber': '${name}-' & $substring(ContactID, 0, 8), 'Contact': { 'ContactID': '${customer}' },
            'Date': '2026-11-02', 'DueDate': '2026-11-16', 'LineAmountTypes': 'Exclusive',
            'LineItems': [{ 'Description': 'Order', 'Quantity': 1, 'UnitAmount': 10, 'AccountCode': '200' }]
          }`,
        }),
      ),
    ],
    ['start people', ...series.map((name) => `people bill-${name.slice(-1)}`)],
  )

/** Looking settles every doubt: nothing may be missing, with or without a word. */
async function faultsOf(
  { workspace, xero }: Scene,
  db: Stage['database']['owner']['db'],
  name: string,
): Promise<readonly string[]> {
  const { books } = xero.state
  const faults: string[] = []
  for (const series of ['a', 'b']) {
    for (const { id } of books.contacts.ordered) {
      const number = `${name}-${series}-${id.slice(0, 8)}`
      const found = books.invoices.ordered.filter((one) => one.number === number).length
      if (found !== 1) faults.push(`${found} invoices ${number}`)
    }
  }
  const ours = `ACCREC:${name}-`
  for (const { document, state } of await workspace.effects()) {
    if (document.startsWith(ours) && !['answered', 'confirmed'].includes(state)) faults.push(`${document} is ${state}`)
  }
  const { rows } = await sql<{ effect_document: string; code: string }>`
    select effect_document, code from exceptions
    where workspace_id = ${workspace.id} and state = 'open' and starts_with(effect_document, ${ours})
  `.execute(db)
  return [...faults, ...rows.map((one) => `${one.effect_document} is still ${one.code}`)]
}
