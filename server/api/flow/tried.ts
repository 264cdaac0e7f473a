import type { Transaction } from 'kysely'
import type { Flow } from '../../flow/document/flow.ts'
import type { Problem } from '../../flow/schema/problem.ts'
import { flowHash } from '../../flow/document/version.ts'
import { findAnswers } from '../../store/flow/answers.ts'
import { listBindings } from '../../store/connection/bindings.ts'
import { lockFlow } from '../../store/flow/flows.ts'
import type { RunRow } from '../../store/run/run-lists.ts'
import { queueRun } from '../../store/run/runs.ts'
import type { Database } from '../../store/database/schema.ts'
import { keepTried } from '../../store/flow/versions.ts'
import { formOf } from '../../flow/document/answers.ts'
import { settledAnswers } from '../../flow/document/form.ts'
import { withCalled } from './called-flows.ts'
import { problemsOf, splitLayout } from './flow-documents.ts'
import { type AppParts, inTenant } from '../http/parts.ts'
import { ApiProblem, found } from '../http/problems.ts'

type Tx = Transaction<Database>
type FlowRequest = { readonly params: { readonly workspace: string; readonly flow: string } }

/** A document that is not published, with what it calls, and all that keeps it from being carried out here. */
export type Triable = { readonly document: Flow; readonly hash: string; readonly problems: readonly Problem[] }

/** Looks a document over as it would run now: with the connections, the answers and the called flows of its workspace. */
export async function lookOver(parts: AppParts, request: FlowRequest, given: Flow): Promise<Triable> {
  const { flow } = request.params
  const { called, bindings, answers } = await inTenant(parts, request, async (tx, workspace) => ({
    called: await withCalled(tx, workspace, given),
    bindings: await listBindings(tx, workspace, flow),
    answers: (await findAnswers(tx, workspace, flow))?.answers ?? {},
  }))
  const { document } = called
  const settled = settledAnswers(formOf(document), answers)
  // Expressions are parsed by another process: no transaction is open meanwhile.
  const problems = await problemsOf(parts, document, bindings, settled, { self: flow, live: called.live })
  return { document, hash: await flowHash(document), problems: [...called.problems, ...problems] }
}

/** @throws ApiProblem SLOTS_UNBOUND, FLOW_HAS_ERRORS */
export function refuseErrors(problems: readonly Problem[]): void {
  const errors = problems.filter(({ severity }) => severity === 'error')
  const [first] = errors
  if (!first) return
  const detail = `${first.message}${errors.length > 1 ? ` (and ${errors.length - 1} more)` : ''}`
  const unbound = errors.every(({ code }) => code === 'SLOT_UNBOUND')
  throw new ApiProblem(unbound ? 'SLOTS_UNBOUND' : 'FLOW_HAS_ERRORS', detail, { problems: errors })
}

/** Keeps the document as one that is tried and queues a dry run of it. Answers the run's id. */
export async function queueTrial(
  tx: Tx,
  workspace: string,
  flow: string,
  trial: Triable & {
    readonly node: string
    readonly start: RunRow['start']
    readonly by: { readonly id: string; readonly name: string }
    readonly summary: string
  },
): Promise<string> {
  const state = found(await lockFlow(tx, workspace, flow), 'flow')
  if (state.archived_at !== null) throw new ApiProblem('FLOW_ARCHIVED')
  const { node, start, by, hash, summary } = trial
  const { document } = splitLayout(trial.document)
  const version = await keepTried(tx, { workspace, flow, document, hash, author: by, summary })
  return queueRun(tx, { workspace, flow, version, cause: 'manual', node, by: by.id, start, dry: true })
}
