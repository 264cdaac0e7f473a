import { loadTemplates } from '../../server/api/templates.ts'
import type { Flow } from '../../server/flow/flow.ts'
import { inWorkspace } from '../../server/store/database.ts'
import { insertAnswers } from '../../server/store/answers.ts'
import { queueRun } from '../../server/store/runs.ts'
import type { Scene, Stage } from './scene.ts'
import type { EndedRun } from './workspace.ts'

const templates = loadTemplates()

/** A flow made of a template in a scene's workspace, at work. */
export type Installed = {
  readonly document: Flow
  readonly flow: string
  run(): Promise<EndedRun>
  /** A run over a window of days, as a chunk of a back-fill is. */
  window(from: string, to: string): Promise<EndedRun>
  answer(answers: { readonly [name: string]: unknown }): Promise<void>
}

/** Installs a template with its usual answers, or with these; pages of few records make several batches. */
export async function installed(
  stage: Stage,
  { workspace }: Scene,
  id: string,
  answers?: { readonly [name: string]: unknown },
  pageSize = 25,
): Promise<Installed> {
  const template = templates.get(id)
  if (!template) throw new Error(`There is no template ${id}.`)
  const document: Flow = {
    ...template.flow,
    nodes: template.flow.nodes.map((one) =>
      /^xero\.list-(?:contacts|invoices|credit-notes)$/.test(one.operation)
        ? { ...one, settings: { ...one.settings, pageSize } }
        : one,
    ),
  }
  const flow = await workspace.flow(document)
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

/** Every kind is among the documents, or the test would prove nothing about it. */
export function demandKinds(
  documents: readonly Wire[],
  kinds: { readonly [kind: string]: (one: Wire) => boolean },
): void {
  const missing = Object.entries(kinds).filter(([, is]) => !documents.some(is))
  if (missing.length > 0) throw new Error(`The sandbox has no ${missing.map(([kind]) => kind).join(', no ')}.`)
}
