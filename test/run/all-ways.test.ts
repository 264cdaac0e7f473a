import { sql } from 'kysely'
import { expect, onTestFinished, test } from 'vitest'
import type { Flow } from '../../server/flow/document/flow.ts'
import { inWorkspace } from '../../server/store/database/database.ts'
import { retryExceptions } from '../../server/store/exception/retries.ts'
import { queueBackfill } from '../../server/store/run/backfills.ts'
import { queueRun } from '../../server/store/run/runs.ts'
import { CUSTOMER_ID, flowOf, node } from '../support/flows.ts'
import { openDoor, openHooksOf, TOKEN } from '../support/hook-door.ts'
import { type Scene, setStage } from '../support/scene.ts'

const stage = setStage()

/** Flows that do the same for the same invoices: runs of one flow follow each other, those of several do not. */
const FLOWS = 3

test('an invoice that comes by hook, clock, hand, retry, re-sync and back-fill at once, in three flows: one effect of each', {
  timeout: 240_000,
}, async () => {
  const scene = await stage.open({ contacts: 6, invoices: 24, creditNotes: 0, latencyMs: 10, withoutWorker: true })
  const { workspace, xero, emarsys } = scene
  const event = String(emarsys.plantEvent('paid'))
  const invoices = xero.state.books.invoices.ordered
    .map(({ id }) => xero.document(id)!)
    .filter((one) => one.Type === 'ACCREC')
  const numbers = invoices.map((one) => String(one.InvoiceNumber))
  const inTenant = <T>(work: Parameters<typeof inWorkspace<T>>[2]) =>
    inWorkspace(stage.database.app.db, workspace.id, work)

  // A first version that can do nothing with any of them: each is an exception.
  const [broken, mended] = [theFlow(event, true), theFlow(event, false)]
  const flows: { readonly id: string; readonly path: string }[] = []
  const first = workspace.startWorker({ name: 'first', leaseSeconds: 15, concurrency: 4 })
  for (let n = 0; n < FLOWS; n++) {
    const id = await workspace.flow(broken)
    const { told } = await openHooksOf(stage.database, workspace, id, broken)
    expect(await workspace.ended(await workspace.queue(id, broken))).toMatchObject({
      ...{ state: 'partly', counts: { exceptions: numbers.length } },
    })
    await inTenant(async (tx) => {
      await sql`
        insert into flow_versions (workspace_id, flow_id, number, document, hash, author_id, author, summary)
        select workspace_id, flow_id, 2, ${JSON.stringify(mended)}::jsonb, 'mended', author_id, author, 'Mended'
        from flow_versions where workspace_id = ${workspace.id} and flow_id = ${id} and number = 1
      `.execute(tx)
      await sql`update flows set live_version = 2 where workspace_id = ${workspace.id} and id = ${id}`.execute(tx)
      // All of it is to be read again.
      await sql`delete from cursors where workspace_id = ${workspace.id} and flow_id = ${id}`.execute(tx)
    })
    flows.push({ id, path: told! })
  }
  await first.stop()

  const door = await openDoor(stage.database, workspace.keys, workspace.connections, stage.evaluator)
  onTestFinished(() => door.close())
  const { id: by } = await stage.database.owner.db.selectFrom('users').select('id').executeTakeFirstOrThrow()
  await Promise.all(
    flows.flatMap(({ id: flow, path }) => {
      const run = { workspace: workspace.id, flow, version: 2, by }
      return [
        ...invoices.map((invoice) => tell(`${door.url}${path}`, invoice)),
        inTenant((tx) => queueRun(tx, { ...run, cause: 'schedule', node: 'clock' })),
        inTenant((tx) => queueRun(tx, { ...run, cause: 'manual', node: 'start' })),
        inTenant((tx) =>
          retryExceptions(tx, { workspace: workspace.id, select: { filter: { flow } }, version: 'live' }),
        ),
        inTenant((tx) =>
          queueRun(tx, {
            ...run,
            cause: 'resync',
            node: 'start',
            start: { kind: 'keys', node: 'bills', keys: numbers },
          }),
        ),
        inTenant((tx) =>
          queueBackfill(tx, { ...run, node: 'start', from: '2000-01-01', to: '2100-01-01', quiet: false, reads: [] }, [
            { from: '2000-01-01', to: '2026-01-01' },
            { from: '2026-01-01', to: '2100-01-01' },
          ]),
        ),
      ]
    }),
  )
  await Promise.all([stage.process(scene), stage.process(scene)])
  await quiet(scene)

  const { rows: runs } = await sql<{ cause: string; state: string; overlaps: boolean }>`
    select cause, state, exists (
      select 1 from runs o where o.workspace_id = r.workspace_id and o.flow_id <> r.flow_id
        and o.started_at < r.ended_at and r.started_at < o.ended_at
    ) as overlaps from runs r where workspace_id = ${workspace.id} and version = 2
  `.execute(stage.database.owner.db)
  expect(new Set(runs.map(({ cause }) => cause))).toEqual(
    new Set(['hook', 'schedule', 'manual', 'retry', 'resync', 'backfill']),
  )
  // A run that meets another one at the same effect may leave it to that one; no exception of it stays.
  expect(runs.filter(({ state }) => state !== 'succeeded' && state !== 'partly')).toEqual([])
  // Else nothing would have been at once.
  expect(runs.filter(({ overlaps }) => overlaps).length).toBeGreaterThan(FLOWS)
  const open =
    await sql`select code, message from exceptions where workspace_id = ${workspace.id} and state in ('open', 'retrying')`.execute(
      stage.database.owner.db,
    )
  expect(open.rows).toEqual([])

  const once = numbers.toSorted()
  // One for each invoice, to its contact.
  expect(emarsys.events.map(({ key }) => key).sort()).toEqual(
    invoices.map((one) => String((one.Contact as { ContactID: string }).ContactID)).sort(),
  )
  expect(emarsys.sales.map((row) => String(row.s_document)).sort()).toEqual(once)
  const notes = [...xero.state.books.notes.values()].flat().filter(({ details }) => details.startsWith('Told: '))
  expect(notes.map(({ details }) => details.replace('Told: ', '')).sort()).toEqual(once)
  expect((await workspace.effects()).filter(({ state }) => !['answered', 'confirmed'].includes(state))).toEqual([])
})

/** A contact (upsert), a mail and a note (each sent once or in doubt), and a sales row (the difference). */
function theFlow(event: string, broken: boolean): Flow {
  return flowOf(
    [
      node('told', 'hook', { kind: 'token', idPath: 'InvoiceNumber' }),
      node('clock', 'schedule', { mode: 'interval', everyMinutes: 60 }),
      node('bills', 'xero.list-invoices', { pageSize: 5 }),
      node('shape', 'map', {
        expression: broken
          ? "$error('not yet')"
          : "{ 'number': InvoiceNumber, 'id': InvoiceID, 'contact': Contact.ContactID }",
      }),
      node('contact', 'emarsys.upsert-contacts', {
        keyField: CUSTOMER_ID,
        record: `{ '${CUSTOMER_ID}': contact, '1': contact }`,
      }),
      node('mail', 'emarsys.trigger-event', {
        eventId: event,
        keyField: CUSTOMER_ID,
        record: "{ 'contact': contact, 'key': 'paid-' & number }",
      }),
      node('sales', 'emarsys.send-sales', {
        keyField: CUSTOMER_ID,
        policy: 'difference',
        record: `{
          'document': number, 'contact': contact,
          'rows': [{ 'item': 'SEAT', 'price': 10, 'order': number, 'timestamp': '2026-11-02T12:00:00Z', 'quantity': 1 }]
        }`,
      }),
      node('note', 'xero.add-history-notes', {
        resource: 'Invoices',
        record: "{ 'ID': id, 'Note': 'Told: ' & number, 'Key': number }",
      }),
    ],
    [
      'start bills',
      'clock bills',
      'told shape',
      'bills shape',
      'shape contact',
      'contact mail',
      'mail sales',
      'sales note',
    ],
  )
}

async function tell(url: string, invoice: object): Promise<void> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-tieline-token': TOKEN },
    body: JSON.stringify(invoice),
  })
  expect(answer.status).toBe(202)
}

/** Waits until nothing is left to do. */
async function quiet({ workspace }: Scene): Promise<void> {
  await expect
    .poll(
      async () => {
        const { rows } = await sql<{ left: number }>`
          select (select count(*) from runs where workspace_id = ${workspace.id}
              and state in ('queued', 'running', 'waiting'))::int
            + (select count(*) from inbox where workspace_id = ${workspace.id} and run_id is null)::int as left
        `.execute(stage.database.owner.db)
        return rows[0]!.left
      },
      { timeout: 200_000, interval: 100 },
    )
    .toBe(0)
}
