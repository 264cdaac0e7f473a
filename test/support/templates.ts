import { loadTemplates } from '../../server/api/flow/templates.ts'
import type { Flow } from '../../server/flow/document/flow.ts'
import type { ConfirmedRule } from '../../server/flow/document/policy.ts'
import { inWorkspace } from '../../server/store/database/database.ts'
import { insertPolicy } from '../../server/store/flow/policies.ts'
import { insertAnswers } from '../../server/store/flow/answers.ts'
import { queueRun } from '../../server/store/run/runs.ts'
import type { Scene, Stage } from './scene.ts'
import type { EndedRun } from './workspace.ts'

const templates = loadTemplates()

/** A flow made of a template in a scene's workspace, at work. */
export type Installed = {
  readonly document: Flow
  readonly flow: string
  run(): Promise<EndedRun>
  /** A run from another trigger than the first. */
  runFrom(node: string): Promise<EndedRun>
  /** A run over a window of days, as a chunk of a back-fill is. */
  window(from: string, to: string): Promise<EndedRun>
  answer(answers: { readonly [name: string]: unknown }): Promise<void>
}

/** Installs a template with its usual answers, or with these; pages of few records make several batches. */
export async function installed(
  stage: Pick<Stage, 'database'>,
  { workspace }: Scene,
  id: string,
  answers?: { readonly [name: string]: unknown },
  pageSize = 25,
  bindings: { readonly [slot: string]: string } = {},
): Promise<Installed> {
  const template = templates.get(id)
  if (!template) throw new Error(`There is no template ${id}.`)
  const document: Flow = {
    ...template.flow,
    nodes: template.flow.nodes.map((one) =>
      /^xero\.list-(?:contacts|all-contacts|invoices|credit-notes)$/.test(one.operation)
        ? { ...one, settings: { ...one.settings, pageSize } }
        : one,
    ),
  }
  const flow = await workspace.flow(document, bindings)
  let revision = 0
  const answer = async (given: { readonly [name: string]: unknown }) => {
    await inWorkspace(stage.database.app.db, workspace.id, (tx) =>
      insertAnswers(tx, {
        workspace: workspace.id,
        flow,
        after: revision,
        answers: given,
        author: { id: workspace.id, name: 'Tess' },
      }),
    )
    revision += 1
  }
  if (answers) await answer(answers)
  return {
    document,
    flow,
    answer,
    run: () => workspace.run(flow, document),
    runFrom: async (node) => {
      const run = await inWorkspace(stage.database.app.db, workspace.id, (tx) =>
        queueRun(tx, { workspace: workspace.id, flow, version: 1, cause: 'schedule', node }),
      )
      workspace.worker.wake()
      return workspace.ended(run)
    },
    window: async (from, to) => {
      const node = document.nodes.find(({ operation }) => operation === 'manual')!.id
      const run = await inWorkspace(stage.database.app.db, workspace.id, (tx) =>
        queueRun(tx, {
          workspace: workspace.id,
          flow,
          version: 1,
          cause: 'backfill',
          node,
          start: { kind: 'window', from, to },
          quiet: true,
        }),
      )
      workspace.worker.wake()
      return workspace.ended(run)
    },
  }
}

export type Wire = { readonly [field: string]: unknown }

/** All documents of the ledger as its API writes them. */
export const documentsOf = ({ xero }: Scene): Wire[] =>
  [...xero.state.books.invoices.ordered, ...xero.state.books.creditNotes.ordered].map((one) => xero.document(one.id)!)

export const linesOf = (document: Wire): readonly Wire[] => document.LineItems as Wire[]
export const listOf = (value: unknown): readonly Wire[] => (Array.isArray(value) ? (value as Wire[]) : [])

/** A call of the sandbox of Emarsys as somebody else would make it: what marketers prepare there. Answers the new number. */
export async function atEmarsys(scene: Scene, path: string, body: object): Promise<number> {
  const { data } = (await (await askEmarsys(scene, 'POST', path, body)).json()) as { data?: { id?: number | string } }
  if (data?.id === undefined) throw new Error(`Emarsys made nothing of ${path}`)
  return Number(data.id)
}

/** Somebody posts a journal in Xero by hand: lines by account, in money. */
export async function postJournal(
  { xero }: Pick<Scene, 'xero'>,
  journal: { readonly day: string; readonly narration: string; readonly lines: { readonly [account: string]: number } },
): Promise<void> {
  const login = Buffer.from(`${xero.clientId}:${xero.clientSecret}`).toString('base64')
  const token = await fetch(`${xero.url}/connect/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${login}`, 'content-type': 'application/x-www-form-urlencoded' },
    body: 'grant_type=client_credentials&scope=accounting.manualjournals',
  })
  const { access_token } = (await token.json()) as { access_token: string }
  const lines = Object.entries(journal.lines).map(([AccountCode, LineAmount]) => ({ AccountCode, LineAmount }))
  const answer = await fetch(`${xero.url}/api.xro/2.0/ManualJournals`, {
    method: 'PUT',
    headers: {
      ...{ authorization: `Bearer ${access_token}`, 'xero-tenant-id': xero.tenantId, accept: 'application/json' },
      'content-type': 'application/json',
    },
    body: JSON.stringify({
      ManualJournals: [{ Narration: journal.narration, Date: journal.day, Status: 'POSTED', JournalLines: lines }],
    }),
  })
  if (!answer.ok) throw new Error(`Xero answered ${answer.status}: ${(await answer.text()).slice(0, 300)}`)
}

/** A marketer deletes a contact field, whoever uses it. */
export async function deleteField(scene: Scene, field: string | number): Promise<void> {
  await askEmarsys(scene, 'DELETE', `/field/${field}`)
}

async function askEmarsys({ emarsys }: Scene, method: string, path: string, body?: object): Promise<Response> {
  const login = Buffer.from(`${emarsys.clientId}:${emarsys.clientSecret}`).toString('base64')
  const token = await fetch(`${emarsys.url}/oauth2/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${login}`, 'content-type': 'application/x-www-form-urlencoded' },
    body: 'grant_type=client_credentials',
  })
  const { access_token } = (await token.json()) as { access_token: string }
  const answer = await fetch(`${emarsys.url}/api/v3${path}`, {
    method,
    headers: { authorization: `Bearer ${access_token}`, ...(body ? { 'content-type': 'application/json' } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  if (!answer.ok) throw new Error(`Emarsys answered ${answer.status} to ${path}`)
  return answer
}

/** 2026-11-03 of `/Date(1793664000000+0000)/`. */
export const dayOf = (value: unknown): string =>
  new Date(Number(/-?\d+/.exec(String(value))![0])).toISOString().slice(0, 10)

/** Cents of an amount in the organisation's currency, halves away from zero, as Xero rounds. */
export function baseCents(amount: unknown, rate: unknown): number {
  const foreign = Math.round(Number(amount) * 100)
  const exact = foreign / Number(rate ?? 1)
  return Math.sign(exact) * Math.round(Math.abs(exact) + 1e-9)
}

/** Every kind is among the documents, or the test would prove nothing about it. */
export function demandKinds(
  documents: readonly Wire[],
  kinds: { readonly [kind: string]: (one: Wire) => boolean },
): void {
  const missing = Object.entries(kinds).filter(([, is]) => !documents.some(is))
  if (missing.length > 0) throw new Error(`The sandbox has no ${missing.map(([kind]) => kind).join(', no ')}.`)
}

/** Makes a rule of when an order counts, the one after `after`, as a person of the workspace does. */
export async function decide(stage: Stage, { workspace }: Scene, after: number, rule: ConfirmedRule): Promise<void> {
  const author = { id: workspace.id, name: 'Tess' }
  const reason = 'Agreed with finance'
  const made = await inWorkspace(stage.database.app.db, workspace.id, (tx) =>
    insertPolicy(tx, { workspace: workspace.id, after, rule, reason, author }),
  )
  if (!made) throw new Error('There is a newer policy already.')
}
