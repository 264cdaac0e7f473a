import { expect } from 'vitest'
import { createInvoices } from '../../connectors/xero/invoice/create-invoices.ts'
import { SCOPES } from '../../connectors/xero/client/connection.ts'
import type { Flow } from '../../server/flow/document/flow.ts'
import type { NewCall, NewEffect } from '../../server/run/journal/journal.ts'
import { contentHash } from '../../server/run/record/content-hash.ts'
import { createLedger } from '../../server/store/effect/ledger.ts'
import { type ClaimedRun, claimRun } from '../../server/store/run/claims.ts'
import { flowOf, node } from './flows.ts'
import type { Scene, Stage } from './scene.ts'

// Invoices in Xero, a keyed call that can be looked for, and a worker that dies before it hears the answer to one.

/** Each contact is invoiced once, known by its reference: Xero itself would take a second one without a word. */
export const invoicesFlow = (send: Record<string, unknown> = {}): Flow =>
  flowOf(
    [
      node('contacts', 'xero.list-contacts', { pageSize: 10 }),
      node('invoice', 'xero.create-invoices', {
        keyField: 'Reference',
        record: `{
          'Reference': 'EM-' & ContactID,
          'Contact': { 'ContactID': ContactID },
          'Date': '2026-11-20',
          'LineItems': [{ 'Description': 'Seats', 'Quantity': 1, 'UnitAmount': 10, 'AccountCode': '200' }]
        }`,
        ...send,
      }),
    ],
    ['start contacts', 'contacts invoice'],
  )

export type Writing = Scene & { readonly flow: string; readonly document: Flow; readonly connection: string }

export type Death = {
  /** Contacts whose invoices the call carries. */
  readonly items: number
  /** How many of them Xero really got. */
  readonly arrived: number
}

export const referencesIn = ({ xero }: Scene) =>
  xero.state.books.invoices.ordered.map((one) => one.reference).filter((text) => text.startsWith('EM-'))
export const wanted = ({ xero }: Scene) => xero.state.books.contacts.ordered.map((one) => `EM-${one.id}`)

/** Every contact has its one invoice. */
export const expectOnce = (scene: Scene) => expect(referencesIn(scene).sort()).toEqual(wanted(scene).sort())

export const puts = ({ xero }: Scene) => xero.requests.byRoute.get('PUT /api.xro/2.0/Invoices') ?? 0

export type Invoicing = {
  /** A workspace that may write to Xero. `send`: more settings of the step. */
  writing(send?: Record<string, unknown>, contacts?: number, withoutWorker?: boolean): Promise<Writing>
  /**
   * A worker sends invoices and dies before it hears the answer: its ledger says “sent”, its run is there to be taken up.
   * Answers the run.
   */
  dieAfterSending(scene: Writing, death: Death): Promise<string>
}

export const invoicing = (stage: Stage): Invoicing => ({
  async writing(send = {}, contacts = 12, withoutWorker = false) {
    const scene = await stage.open({ contacts, invoices: 0, creditNotes: 0, withoutWorker })
    const { xero, workspace } = scene
    const connection = await workspace.connect(
      'xero',
      'custom-connection',
      {
        identityUrl: xero.url,
        loginUrl: xero.url,
        apiUrl: xero.url,
        callsPerMinute: 1_000_000,
        callsPerDay: 10_000_000,
        scopes: [...SCOPES, 'accounting.invoices', 'accounting.payments'],
      },
      { clientId: xero.clientId, clientSecret: xero.clientSecret },
    )
    const document = invoicesFlow(send)
    return { ...scene, document, connection, flow: await workspace.flow(document, { xero: connection }) }
  },

  async dieAfterSending(scene, { items, arrived }) {
    const { workspace, document, flow, connection } = scene
    const run = await workspace.queue(flow, document)
    let claim: ClaimedRun | undefined
    while (claim?.run !== run) {
      const ask = { workspace: workspace.id, lane: 'live' as const, worker: 'mortal', leaseSeconds: 0 }
      claim = (await claimRun(stage.database.system.db, ask)).run
    }
    const open = await workspace.connections.open(workspace.id, connection)
    const signal = new AbortController().signal
    const settings = { type: 'ACCREC', status: 'DRAFT', keyField: 'Reference' }
    const values = scene.xero.state.books.contacts.ordered.slice(0, items).map((contact) =>
      createInvoices.prepare(settings, {
        Reference: `EM-${contact.id}`,
        Contact: { ContactID: contact.id },
        Date: '2026-11-20',
        LineItems: [{ Description: 'Seats', Quantity: 1, UnitAmount: 10, AccountCode: '200' }],
      }),
    )
    const ledger = createLedger({ db: stage.database.app.db, keys: workspace.keys }, claim)
    const target = await ledger.target(connection, 'xero.create-invoices')
    const call: NewCall = {
      id: crypto.randomUUID(),
      target,
      node: 'invoice',
      batch: 0,
      state: 'sent',
      items,
      values,
      generation: await open.generation(signal),
    }
    const effects = values.map(
      (value, position): NewEffect => ({
        document: createInvoices.key(settings, value),
        part: '',
        kind: 's',
        hash: contentHash(value),
        position,
      }),
    )
    await ledger.open([{ call, effects }])
    if (arrived > 0) {
      const sent = values.slice(0, arrived).map((value, at) => ({ key: effects[at]!.document, value }))
      await createInvoices.write({ ...open.context(signal), settings: settings as never }, sent, { id: call.id })
    }
    return run
  },
})
