import { sql } from 'kysely'
import { expect, test } from 'vitest'
import type { Flow } from '../../server/flow/document/flow.ts'
import { upTo } from '../../server/flow/document/up-to.ts'
import type { RunStart } from '../../server/run/journal/run-start.ts'
import { inWorkspace } from '../../server/store/database/database.ts'
import { queueRun } from '../../server/store/run/runs.ts'
import { keepSample } from '../../server/store/flow/samples.ts'
import { keepTried, removeOldTried } from '../../server/store/flow/versions.ts'
import { contactsFlow, flowOf, node, purchasesFlow } from '../support/flows.ts'
import { type Scene, setStage } from '../support/scene.ts'

const stage = setStage()

async function dryRun({ workspace }: Scene, flow: string, node = 'by-hand') {
  const run = await inWorkspace(stage.database.app.db, workspace.id, (tx) =>
    queueRun(tx, { workspace: workspace.id, flow, version: 1, cause: 'manual', node, dry: true }),
  )
  workspace.worker.wake()
  return workspace.ended(run)
}

/** Everything that a run must not leave behind. */
async function leftBehind({ workspace, emarsys }: Scene) {
  const rows = await inWorkspace(stage.database.app.db, workspace.id, async (tx) => {
    const counts = await sql<{ n: string }>`
      select (select count(*) from calls) || ' ' || (select count(*) from effects) || ' ' ||
        (select count(*) from confirmed_keys) || ' ' || (select count(*) from cursors) || ' ' ||
        (select count(*) from exceptions) as n
    `.execute(tx)
    return counts.rows[0]?.n
  })
  return { rows, ledger: emarsys.ledger.length, sales: emarsys.sales.length, contacts: emarsys.contacts.size }
}

test('a dry run counts what the run after it sends, and leaves nothing behind', async () => {
  const scene = await stage.open()
  const document = purchasesFlow()
  const flow = await scene.workspace.flow(document)
  const before = await leftBehind(scene)
  const dry = await dryRun(scene, flow)
  expect(dry).toMatchObject({ state: 'succeeded', reason: expect.stringContaining('sent nothing') })
  expect(await leftBehind(scene)).toEqual(before)

  const run = await scene.workspace.run(flow, document)
  expect(run.counts.sent).toBeGreaterThan(50)
  expect(dry.counts.sent).toBe(run.counts.sent)
  const samples = await scene.workspace.payload(dry.id, 'send-purchases', 'call')
  expect(samples.length).toBeGreaterThan(50)

  // After it, only the difference is left: one payment taken back, one made.
  const [paid] = scene.xero.state.books.invoices.ordered
    .map(({ id }) => scene.xero.document(id)!)
    .filter((one) => one.Type === 'ACCREC' && one.Status === 'PAID' && (one.CreditNotes as unknown[]).length === 0)
  scene.xero.unpay(String(paid!.InvoiceID))
  const after = await leftBehind(scene)
  const second = await dryRun(scene, flow)
  expect(second.counts.reversed).toBe((paid!.LineItems as unknown[]).length)
  expect(second.counts.sent ?? 0).toBe(0)
  expect(await leftBehind(scene)).toEqual(after)
  const third = await scene.workspace.run(flow, document)
  expect(third.counts).toMatchObject({ reversed: second.counts.reversed })
})

test('what would become an exception is counted and shown, and nobody has to look after it', async () => {
  const scene = await stage.open({ contacts: 5, invoices: 5, creditNotes: 0 })
  const document: Flow = purchasesFlow()
  const nodes = document.nodes.map((one) =>
    one.id === 'send-contacts' ? { ...one, settings: { ...one.settings, record: "$error('no')" } } : one,
  )
  const flow = await scene.workspace.flow({ ...document, nodes })
  const dry = await dryRun(scene, flow)
  expect(dry.state).toBe('succeeded')
  expect(dry.counts.rejected).toBeGreaterThan(0)
  expect(await scene.workspace.exceptions()).toEqual([])
  const shown = await scene.workspace.payload(dry.id, 'send-contacts', 'out:rejected')
  expect(shown).toHaveLength(dry.counts.rejected!)
  expect(shown[0]).toMatchObject({ error: { code: 'SET_ASIDE' } })
})

test('a dry run that may not read fails, and leaves the flow on', async () => {
  const scene = await stage.open({ contacts: 1, invoices: 0, creditNotes: 0 })
  const flow = await scene.workspace.flow(contactsFlow())
  scene.xero.addFaults([{ kind: 'forbidden', match: { pathPrefix: '/api.xro/2.0/Contacts' } }])
  expect(await dryRun(scene, flow, 'start')).toMatchObject({ state: 'failed', code: 'TENANT_GONE' })
  expect(await scene.workspace.paused(flow)).toEqual({ paused_code: null, paused_message: null })
})

test('a dry run that was put down goes on knowing what it has imagined', async () => {
  const scene = await stage.open({ withoutWorker: true })
  const document = purchasesFlow(5)
  const flow = await scene.workspace.flow(document)
  const run = await inWorkspace(stage.database.app.db, scene.workspace.id, (tx) =>
    queueRun(tx, { workspace: scene.workspace.id, flow, version: 1, cause: 'manual', node: 'by-hand', dry: true }),
  )
  // Put down after its contacts: without what was imagined, every purchase would lack its contact.
  const first = stage.worker(scene)
  for (;;) {
    const steps = await scene.workspace.steps(run)
    if (steps.some(({ node_id }) => node_id === 'send-contacts')) break
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  await first.stop()
  const second = stage.worker(scene)
  const ended = await scene.workspace.ended(run)
  await second.stop()
  expect(ended).toMatchObject({ state: 'succeeded' })
  expect(ended.counts.rejected ?? 0).toBe(0)
  expect(ended.counts.sent).toBeGreaterThan(50)
})

test('what nodes remember is seen over the whole dry run, and kept by none', async () => {
  const scene = await stage.open({ contacts: 6, invoices: 40, creditNotes: 0 })
  const document = flowOf(
    [
      node('invoices', 'xero.list-invoices', { pageSize: 5 }),
      node('sums', 'running-value', {
        key: ['Contact.ContactID'],
        contribution: ['InvoiceID'],
        values: [
          { name: 'total', fn: 'sum', path: 'Total' },
          { name: 'orders', fn: 'count' },
        ],
      }),
      node('once', 'summarise', {
        by: [{ name: 'contact', path: 'Contact.ContactID' }],
        values: [
          { name: 'total', fn: 'last', path: 'running.total' },
          { name: 'orders', fn: 'last', path: 'running.orders' },
        ],
      }),
      node('list', 'map', { expression: '$' }),
    ],
    ['start invoices', 'invoices sums', 'sums once', 'once list'],
  )
  const flow = await scene.workspace.flow(document)
  const listed = async (run: string) =>
    [...(await scene.workspace.payload(run, 'list', 'out:out'))].sort((a, b) =>
      String(a.contact) < String(b.contact) ? -1 : 1,
    )
  const dry = await dryRun(scene, flow, 'start')
  const shown = await listed(dry.id)
  expect(shown.length).toBeGreaterThan(3)
  const run = await scene.workspace.run(flow, document)
  expect(await listed(run.id)).toEqual(shown)
})

test('a tried document runs under a number of its own: a first page alone, or one step with given records', async () => {
  const scene = await stage.open({ contacts: 20, invoices: 30, creditNotes: 0 })
  const { id: workspace } = scene.workspace
  const document = flowOf(
    [
      node('invoices', 'xero.list-invoices', { pageSize: 5 }),
      node('sum', 'summarise', { by: [{ name: 'all', path: 'Type' }], values: [{ name: 'n', fn: 'count' }] }),
      node('shape', 'map', { expression: '{ "type": all, "twice": n * 2 }' }),
    ],
    ['start invoices', 'invoices sum', 'sum shape'],
  )
  const flow = await scene.workspace.flow(document)
  const before = await leftBehind(scene)
  const tried = upTo({ ...document, description: 'Drawn, not published' }, 'sum')
  const author = { id: workspace, name: 'Ana' }
  const kept = { workspace, flow, document: JSON.stringify(tried), hash: 'x', author, summary: 'The draft' }
  const run = async (trial: typeof kept, start: RunStart) => {
    const { id, version } = await inWorkspace(stage.database.app.db, workspace, async (tx) => {
      const version = await keepTried(tx, trial)
      const cause = { cause: 'manual', node: 'start', start, dry: true } as const
      return { version, id: await queueRun(tx, { workspace, flow, version, ...cause }) }
    })
    scene.workspace.worker.wake()
    return { version, ...(await scene.workspace.ended(id)) }
  }
  const page = await run(kept, { kind: 'first-page' })
  expect(page).toMatchObject({ state: 'succeeded', counts: { read: 5 } })
  const sums = await scene.workspace.payload(page.id, 'sum', 'out:out')
  expect(sums.reduce((all, { n }) => all + Number(n), 0)).toBe(5)
  expect((await scene.workspace.steps(page.id)).map(({ node_id }) => node_id)).not.toContain('shape')
  // The same document keeps its number.
  expect((await run(kept, { kind: 'first-page' })).version).toBe(page.version)
  expect(page.version).toBeLessThan(0)

  const inputs = { in: [{ all: 'ACCREC', n: 4 }] }
  const sample = await inWorkspace(stage.database.app.db, workspace, (tx) =>
    keepSample(tx, scene.workspace.keys, {
      ...{ workspace, flow, node: 'shape', kind: 'test', inputs, author: 'Ana' },
      basis: { nodes: [], edges: [] },
    }),
  )
  const whole = { ...kept, document: JSON.stringify(document), hash: 'y' }
  const one = await run(whole, { kind: 'sample', node: 'shape', sample })
  expect(one).toMatchObject({ state: 'succeeded', counts: { read: 1 } })
  expect(await scene.workspace.payload(one.id, 'shape', 'out:out')).toEqual([{ type: 'ACCREC', twice: 8 }])
  expect(one.version).toBeLessThan(page.version)
  const gone = await run(whole, { kind: 'sample', node: 'shape', sample: page.id })
  expect(gone).toMatchObject({ state: 'failed', reason: expect.stringContaining('Test it again') })
  expect(await leftBehind(scene)).toEqual(before)

  // Old ones leave with their runs; what was published stays.
  await sql`update flow_versions set created_at = now() - interval '31 days'`.execute(stage.database.owner.db)
  expect(await removeOldTried(stage.database.system.db)).toBe(2)
  const left = await sql<{ number: number }>`select number from flow_versions where flow_id = ${flow}`.execute(
    stage.database.owner.db,
  )
  expect(left.rows).toEqual([{ number: 1 }])
})
