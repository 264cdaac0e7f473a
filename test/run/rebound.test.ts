import { expect, onTestFinished, test } from 'vitest'
import { SCOPES } from '../../connectors/xero/client/connection.ts'
import { startXeroSandbox, type XeroSandbox } from '../../connectors/xero/sandbox/server.ts'
import { bindSlot } from '../../server/store/connection/bindings.ts'
import { inWorkspace } from '../../server/store/database/database.ts'
import { requestPause, resumeRun } from '../../server/store/run/run-controls.ts'
import { invoicesFlow } from '../support/invoicing.ts'
import { type Scene, setStage } from '../support/scene.ts'

// A flow is given another organisation while one of its runs has sent something and waits.

const stage = setStage()

const INVOICES = { method: 'PUT', pathPrefix: '/api.xro/2.0/Invoices' }
const CONTACTS = 25

/** Contacts have the same ids in both organisations. */
const document = invoicesFlow()

const references = ({ state }: XeroSandbox) =>
  state.books.invoices.ordered.map((one) => one.reference).filter((text) => text.startsWith('EM-'))
const wanted = ({ state }: XeroSandbox) => state.books.contacts.ordered.map((one) => `EM-${one.id}`)
const expectOnce = (xero: XeroSandbox) => expect(references(xero).sort()).toEqual(wanted(xero).sort())

type Rebound = Scene & { readonly other: XeroSandbox; readonly flow: string; rebind(): Promise<void> }

async function twoOrganisations(withoutWorker = false): Promise<Rebound> {
  const other = await startXeroSandbox({ contacts: CONTACTS, invoices: 0, creditNotes: 0, limits: 'off' })
  onTestFinished(() => other.close())
  const scene = await stage.open({
    contacts: CONTACTS,
    invoices: 0,
    creditNotes: 0,
    others: [other.url],
    withoutWorker,
  })
  const { workspace } = scene
  const connect = ({ url, clientId, clientSecret }: XeroSandbox) =>
    workspace.connect(
      'xero',
      'custom-connection',
      {
        ...{ identityUrl: url, loginUrl: url, apiUrl: url, callsPerMinute: 1_000_000, callsPerDay: 10_000_000 },
        scopes: [...SCOPES, 'accounting.invoices'],
      },
      { clientId, clientSecret },
    )
  const [first, second] = [await connect(scene.xero), await connect(other)]
  const flow = await workspace.flow(document, { xero: first })
  const rebind = () =>
    inWorkspace(stage.database.app.db, workspace.id, (tx) => bindSlot(tx, workspace.id, flow, 'xero', second))
  return { ...scene, other, flow, rebind }
}

test('an answer that was lost is asked for where the call was made, and the run goes on there', {
  timeout: 360_000,
}, async () => {
  const scene = await twoOrganisations(true)
  const { workspace, xero, other, flow, rebind } = scene
  // Taken, but its worker is killed before it hears so.
  xero.addFaults([{ kind: 'slow', match: INVOICES, delayMs: 60_000 }])
  const run = await workspace.queue(flow, document)
  const worker = await stage.process(scene, 5)
  await expect.poll(() => references(xero).length, { interval: 10, timeout: 60_000 }).toBe(10)
  await worker.kill()
  await rebind()
  const next = stage.worker(scene)
  onTestFinished(() => next.stop())
  expect(await workspace.ended(run)).toMatchObject({ state: 'succeeded', counts: { read: CONTACTS } })
  expectOnce(xero)
  expect(references(other)).toEqual([])
  expect(await workspace.exceptions()).toEqual([])

  // The next one begins with the other organisation, from its very beginning, and knows nothing of it as sent.
  const after = await workspace.queue(flow, document)
  next.wake()
  expect(await workspace.ended(after)).toMatchObject({ state: 'succeeded', counts: { sent: CONTACTS } })
  expectOnce(other)
  expectOnce(xero)
})

test('a run that is paused between two pages reads the rest where it read the first', async () => {
  const { workspace, xero, other, flow, rebind } = await twoOrganisations()
  const inTenant = <T>(work: Parameters<typeof inWorkspace<T>>[2]) =>
    inWorkspace<T>(stage.database.app.db, workspace.id, work)
  xero.addFaults([{ kind: 'slow', match: INVOICES, delayMs: 2_000 }])
  const run = await workspace.queue(flow, document)
  await expect.poll(() => references(xero).length, { interval: 10, timeout: 60_000 }).toBe(10)
  await inTenant((tx) => requestPause(tx, workspace.id, run))
  expect(await workspace.ended(run)).toMatchObject({ state: 'paused' })
  expect(references(xero)).toHaveLength(10)
  await rebind()
  // Twice, and back again: what it began with stays.
  await rebind()
  await inTenant((tx) => resumeRun(tx, workspace.id, run))
  workspace.worker.wake()
  expect(await workspace.ended(run)).toMatchObject({ state: 'succeeded', counts: { read: CONTACTS, sent: CONTACTS } })
  expectOnce(xero)
  expect(references(other)).toEqual([])
  // Nothing of the other organisation was passed over: its cursor had not moved.
  await workspace.run(flow, document)
  expectOnce(other)
})
