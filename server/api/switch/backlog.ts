import { createHash } from 'node:crypto'
import type { Cursor, DataRecord, Estimate, ReadOperation } from '../../../connectors/kit/connector.ts'
import { textOf } from '../../../connectors/kit/fields.ts'
import type { Flow } from '../../flow/document/flow.ts'
import { graphOf, reach, readsBehind } from '../../flow/document/graph.ts'
import { type PlannedNode, planFlow } from '../../flow/plan/plan.ts'
import { listBindings } from '../../store/connection/bindings.ts'
import { type InHand, inHand } from '../../store/journal/cursors.ts'
import { inWorkspace } from '../../store/database/database.ts'
import { findDraft, listFlows } from '../../store/flow/flows.ts'
import { listCursors } from '../../store/run/forecasts.ts'
import { RESTORED } from '../../store/backup/hold-restored.ts'
import type { ConnectionStanding } from '../../store/database/schema.ts'
import { askEstimate, operationOf } from './estimates.ts'
import type { AppParts } from '../http/parts.ts'
import { ApiProblem, found } from '../http/problems.ts'
import { loadRunnable } from './switch-routes.ts'

/** One call for each read; a request may last a minute. */
const ASKING_MS = 45_000

/** What asking needs; there is more in the parts of the API. */
export type Asking = Pick<AppParts, 'app' | 'catalog' | 'connectors' | 'connections'>

/** A read of a flow that begins by itself, where it stands, and what it would bring. */
export type BehindRead = {
  readonly planned: PlannedNode
  readonly operation: ReadOperation
  readonly connection: { readonly id: string; readonly name: string }
  readonly cursor: Cursor | undefined
  readonly estimate: Estimate | undefined
  /** Why it could not be asked, in a sentence. */
  readonly trouble: string | undefined
}

export type Standing = {
  readonly basis: string
  readonly since: Date | null
  readonly restored: boolean
  readonly hand: InHand
  /** Absent where the flow cannot run: it can be switched off all the same. */
  readonly document: Flow | undefined
  readonly bindings: ReadonlyMap<
    string,
    { readonly id: string; readonly name: string; readonly state: ConnectionStanding }
  >
  readonly cursors: Awaited<ReturnType<typeof listCursors>>
}

/** How a flow stands before it is switched. Without `on` also of one that could not run, then without its document. */
export function standingOf(parts: Asking, workspace: string, flow: string, on: boolean): Promise<Standing> {
  // It locks the flow for a moment and changes nothing: what is done afterwards is what the audit log has.
  return inWorkspace(parts.app, workspace, async (tx) => {
    const { live_version: version } = found(await findDraft(tx, workspace, flow), 'flow')
    const runnable = loadRunnable(parts, tx, workspace, flow).then(({ document }) => document)
    const document = await (on ? runnable : runnable.catch(unlessBroken))
    const [row] = await listFlows(tx, workspace, { flow })
    const bound = await listBindings(tx, workspace, flow)
    const cursors = await listCursors(tx, workspace, flow)
    return {
      basis: basisOf({ version, enabled: row?.enabled ?? false, cursors: on ? cursors : [] }),
      since: row?.switched_at ?? null,
      restored: row?.paused_code === RESTORED,
      hand: await inHand(tx, workspace, flow),
      document,
      bindings: new Map(bound.map(({ slot, connection, name, state }) => [slot, { id: connection, name, state }])),
      cursors,
    }
  })
}

/** A flow that cannot run has nothing to name; whatever else went wrong is an error all the same. */
function unlessBroken(error: unknown): undefined {
  if (!(error instanceof ApiProblem)) throw error
}

/**
 * What was promised holds only while version and switch are the same, and when it is switched on the places of the reads.
 * Switched off, a run at work moves those meanwhile, and nothing that was said depends on them.
 */
export function basisOf(state: {
  readonly version: number | null
  readonly enabled: boolean
  readonly cursors: Standing['cursors']
}): string {
  const places = state.cursors.map(({ node, connection, cursor }) => [node, connection, cursor])
  places.sort((a, b) => (`${a[0]} ${a[1]}` < `${b[0]} ${b[1]}` ? -1 : 1))
  const text = JSON.stringify([state.version, state.enabled, places])
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}

/** Asks each incremental read that the flow's own triggers lead to, with one call each, no transaction open. */
export async function askReads(
  parts: Asking,
  workspace: string,
  document: Flow,
  { bindings, cursors }: Standing,
): Promise<readonly BehindRead[]> {
  const graph = graphOf(document, parts.catalog)
  const triggers = document.nodes.filter(({ operation }) => parts.catalog.get(operation)?.kind === 'trigger')
  const reached = reach(
    triggers.map(({ id }) => id),
    (id) => (graph.out.get(id) ?? []).map(({ to }) => to),
  )
  const signal = AbortSignal.timeout(ASKING_MS)
  const reads: BehindRead[] = []
  for (const planned of planFlow(document, parts.catalog).nodes.values()) {
    const operation = operationOf(parts, planned)
    const connection = bindings.get(planned.node.slot ?? '')
    if (!reached.has(planned.node.id) || operation?.kind !== 'read' || !operation.incremental || !connection) continue
    const stored = cursors.find((one) => one.node === planned.node.id && one.connection === connection.id)?.cursor
    const cursor = stored as Cursor | undefined // written by the same operation
    const from = { from: cursor }
    const { estimate, trouble } =
      connection.state === 'sign-in-needed'
        ? { estimate: undefined, trouble: 'It has to be signed in to again.' } // what is known not to work is not tried
        : await askEstimate(parts, workspace, connection.id, operation, planned, from, signal)
    reads.push({ planned, operation, connection, cursor, estimate, trouble })
  }
  return reads
}

/** Writes that those reads lead to, with the most records that may come to each. */
export function writesBehind(parts: AppParts, document: Flow, standing: Standing, reads: readonly BehindRead[]) {
  const graph = graphOf(document, parts.catalog)
  const costs = new Map(reads.map(({ planned, estimate }) => [planned.node.id, estimate?.records]))
  return [...planFlow(document, parts.catalog).nodes.values()].flatMap(({ node, info }) => {
    if (info.kind !== 'write') return []
    const counts = readsBehind(graph, graph.in.get(node.id) ?? [])
      .filter((read) => costs.has(read))
      .map((read) => costs.get(read))
    const known = counts.filter((count) => count !== undefined)
    return [
      {
        node: node.id,
        name: node.name,
        title: info.title,
        connection: standing.bindings.get(node.slot ?? '')?.name ?? null,
        lasting: info.effect === 'unsafe',
        most: known.length < counts.length ? null : known.reduce((sum, count) => sum + count, 0),
      },
    ]
  })
}

/** Why reads cannot be set to now, or null. */
export function whyNotFromNow(reads: readonly BehindRead[], { moving }: InHand): string | null {
  if (moving > 0)
    return 'A run of it has not ended, and would read on from where it stood. Wait for its end, or cancel it.'
  const unasked = reads.find(({ trouble }) => trouble !== undefined)
  if (unasked) return `${unasked.connection.name} could not be asked where it stands now. Try again later.`
  const silent = reads.filter(({ estimate }) => estimate?.latest === undefined)
  if (silent.length === 0) return null
  const names = silent.map(({ planned }) => `“${planned.node.name}”`).join(', ')
  return `${names} cannot tell what is new from what was there before.`
}

const NUMBERS = ['InvoiceNumber', 'CreditNoteNumber', 'OrderNumber', 'number'] as const
const NAMES = [...NUMBERS, 'Name', 'email', 'Reference', 'id'] as const

const firstOf = (record: DataRecord, fields: readonly string[]) =>
  fields.map((field) => textOf(record[field])).find((text) => text !== '')

/**
 * What records are called, for people: by number, name, else id. Whoever may not see what is in records is told the
 * numbers of documents, as exceptions tell them, and no names of people.
 */
export function namesOf(records: readonly DataRecord[], all: boolean): string[] {
  if (all) return records.map((record) => firstOf(record, NAMES) ?? 'a record without a name')
  return records.flatMap((record) => firstOf(record, NUMBERS) ?? [])
}
