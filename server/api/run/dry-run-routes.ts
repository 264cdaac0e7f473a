import type { Transaction } from 'kysely'
import { FlowParams } from '../../contract/flows.ts'
import { DryRunRequest } from '../../contract/run-starts.ts'
import { RunView } from '../../contract/runs.ts'
import type { Flow } from '../../flow/document/flow.ts'
import { inlined } from '../../flow/document/sub-flow.ts'
import { basisOf } from '../../flow/document/basis.ts'
import { upTo } from '../../flow/document/up-to.ts'
import { lastDay } from '../../store/run/backfills.ts'
import { findDraft } from '../../store/flow/flows.ts'
import { findRun, type RunRow } from '../../store/run/run-lists.ts'
import { queueRun } from '../../store/run/runs.ts'
import { findPinned, keepSample } from '../../store/flow/samples.ts'
import type { Database } from '../../store/database/schema.ts'
import { findVersion } from '../../store/flow/versions.ts'
import { whoAsks } from '../http/access.ts'
import { checkWindow } from '../flow/backfill-chunks.ts'
import { tell } from '../http/audit.ts'
import { readStored } from '../flow/flow-documents.ts'
import { type Api, type AppParts, inTenant } from '../http/parts.ts'
import { ApiProblem, found } from '../http/problems.ts'
import { loadRunnable, triggerOf } from '../switch/switch-routes.ts'
import { lookOver, queueTrial, refuseErrors } from '../flow/tried.ts'
import { viewRun } from '../view/views.ts'
import { withAnswers } from '../flow/with-answers.ts'

type Tx = Transaction<Database>
type Start = RunRow['start']

export function dryRunRoutes(api: Api, parts: AppParts): void {
  api.post(
    '/workspaces/:workspace/flows/:flow/dry-run',
    {
      schema: {
        summary: 'Try the live version or the draft, whole, up to a step or one step: reads are real, nothing is sent',
        tags: ['flows'],
        params: FlowParams,
        body: DryRunRequest,
        response: { 202: RunView },
      },
      config: {
        permission: 'flows.run',
        codes: [
          'NOT_PUBLISHED',
          'SLOTS_UNBOUND',
          'CONNECTION_OFF',
          'ANSWERS_MISSING',
          'FLOW_ARCHIVED',
          'FLOW_HAS_ERRORS',
          'BACKFILL_WINDOW',
          'RERUN_UNSUPPORTED',
        ],
      },
    },
    async (request, reply) => {
      const { flow } = request.params
      const { node, window, of = 'live', step } = request.body
      refuseUnlike(request.body)
      if (window) await inTenant(parts, request, async (tx) => checkWindow(window, await lastDay(tx)))
      const { person } = whoAsks(request)

      if (of === 'live' && step === undefined) {
        const row = await inTenant(parts, request, async (tx, workspace) => {
          const { document, version } = await loadRunnable(parts, tx, workspace, flow)
          const trigger = readable(parts, document, node)
          const start = startOf(request.body)
          const run = { workspace, flow, version, cause: 'manual' as const, node: trigger, by: person.id, start }
          const id = await queueRun(tx, { ...run, dry: true })
          tell(request, { subject: { run: id } })
          return findRun(tx, workspace, id)
        })
        return reply.code(202).send(viewRun(found(row, 'run'), request))
      }

      const whole = await inTenant(parts, request, (tx, workspace) => documentOf(tx, workspace, flow, of))
      if (step !== undefined) found(whole.nodes.find(({ id }) => id === step)?.id, 'step')
      const triable = await lookOver(parts, request, step === undefined ? whole : upTo(whole, step))
      refuseErrors(triable.problems)
      const row = await inTenant(parts, request, async (tx, workspace) => {
        const document = inlined(await withAnswers(tx, workspace, flow, triable.document))
        const given = await givenTo(parts, tx, workspace, flow, request.body, person.name, whole)
        const start = given ?? startOf(request.body)
        const trigger = given ? triggerOf(parts, document, node) : readable(parts, document, node)
        const summary = of === 'draft' ? 'The draft, as it was tried.' : 'A part of the live version, as it was tried.'
        const id = await queueTrial(tx, workspace, flow, { ...triable, node: trigger, start, by: person, summary })
        tell(request, { subject: { run: id } })
        return findRun(tx, workspace, id)
      })
      return reply.code(202).send(viewRun(found(row, 'run'), request))
    },
  )
}

/** What does not go together. */
function refuseUnlike({ step, records, pinned = false, window, firstPage = false }: DryRunRequest): void {
  const refuse = (detail: string) => new ApiProblem('REQUEST_INVALID', detail)
  const given = records !== undefined || pinned
  if (records !== undefined && pinned) throw refuse('Give records, or use those that are pinned; not both.')
  if (given && step === undefined) throw refuse('Name the step that the records are for.')
  if (given && (window || firstPage))
    throw refuse('With records given nothing is read: leave out window and firstPage.')
  if (window && firstPage) throw refuse('Limit the reads to days, or to their first page; not both.')
}

function startOf({ window, firstPage }: DryRunRequest): Start {
  if (window) return { kind: 'window', ...window }
  return firstPage ? { kind: 'first-page' } : { kind: 'trigger' }
}

/** The trigger that a dry run begins at. */
function readable(parts: AppParts, document: Flow, asked: string | undefined): string {
  const trigger = triggerOf(parts, document, asked)
  const operation = document.nodes.find(({ id }) => id === trigger)?.operation
  if (parts.catalog.get(operation ?? '')?.events !== true) return trigger
  throw new ApiProblem(
    'RERUN_UNSUPPORTED',
    'A flow that waits for events has nothing to read by itself; send it one, or test a step with records.',
  )
}

async function documentOf(tx: Tx, workspace: string, flow: string, of: 'live' | 'draft'): Promise<Flow> {
  const row = found(await findDraft(tx, workspace, flow), 'flow')
  if (of === 'draft') return readStored(row.draft)
  if (row.live_version === null) throw new ApiProblem('NOT_PUBLISHED')
  return readStored(found(await findVersion(tx, workspace, flow, row.live_version), 'version').document)
}

/** Undefined where the records are to be read. */
async function givenTo(
  parts: AppParts,
  tx: Tx,
  workspace: string,
  flow: string,
  { step = '', records, pinned }: DryRunRequest,
  author: string,
  whole: Flow,
): Promise<Start | undefined> {
  if (records === undefined && pinned !== true) return undefined
  const sample =
    records === undefined
      ? found(await findPinned(tx, workspace, flow, step), 'sample').id
      : await keepSample(tx, parts.keys, {
          ...{ workspace, flow, node: step, kind: 'test', inputs: records, author },
          basis: basisOf(whole, step),
        })
  return { kind: 'sample', node: step, sample }
}
