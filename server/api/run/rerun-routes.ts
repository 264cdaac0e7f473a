import type { Transaction } from 'kysely'
import { RerunCount, RerunRequest, RunParams, RunView } from '../../contract/runs.ts'
import type { Flow } from '../../flow/document/flow.ts'
import { inlined } from '../../flow/document/sub-flow.ts'
import { findEarlierStep, traceOf } from '../../store/journal/earlier-step.ts'
import { retryExceptions } from '../../store/exception/retries.ts'
import { findSameRun, openExceptionsOf } from '../../store/run/run-controls.ts'
import { findRun, type RunRow } from '../../store/run/run-lists.ts'
import { queueRun } from '../../store/run/runs.ts'
import type { Database } from '../../store/database/schema.ts'
import { findVersion } from '../../store/flow/versions.ts'
import { whoAsks } from '../http/access.ts'
import { readStored } from '../flow/flow-documents.ts'
import { type Api, type AppParts, inTenant } from '../http/parts.ts'
import { ApiProblem, found } from '../http/problems.ts'
import { countRerun } from './rerun-count.ts'
import { hasEnded } from './run-control-routes.ts'
import { loadRunnable } from '../switch/switch-routes.ts'
import { viewRun } from '../view/views.ts'

type Tx = Transaction<Database>
type RunStart = RunRow['start']

export function rerunRoutes(api: Api, parts: AppParts): void {
  api.post(
    '/workspaces/:workspace/runs/:run/rerun',
    {
      schema: {
        summary:
          'Carry a run out again, as it began or from a step with the data it had. Cursors of the flow stay; `dry` only counts',
        tags: ['runs'],
        params: RunParams,
        body: RerunRequest,
        response: { 200: RerunCount, 202: RunView },
      },
      config: {
        permission: 'runs.rerun',
        codes: [
          'RUN_NOT_ENDED',
          'RUN_PENDING',
          'RERUN_UNSUPPORTED',
          'TRACE_SAMPLED',
          'TRACE_GONE',
          'NOT_PUBLISHED',
          'SLOTS_UNBOUND',
          'CONNECTION_OFF',
          'ANSWERS_MISSING',
          'FLOW_ARCHIVED',
        ],
      },
    },
    async (request, reply) => {
      const { run } = request.params
      const { node, version, quiet = false, dry = false } = request.body
      const by = whoAsks(request).person.id
      const answer = await inTenant(parts, request, async (tx, workspace) => {
        const earlier = found(await findRun(tx, workspace, run), 'run')
        if (!hasEnded(earlier)) throw new ApiProblem('RUN_NOT_ENDED')
        if (earlier.dry) throw new ApiProblem('RERUN_UNSUPPORTED', 'That was a dry run. Run the flow, or try it again.')
        // Locks the flow: two people who ask at the same time come one after the other.
        const wanted = version === 'live' ? undefined : earlier.version
        const { document, version: number } = await loadRunnable(parts, tx, workspace, earlier.flow_id, wanted)
        if (node === undefined && earlier.start.kind === 'exceptions') {
          return retryAgain(tx, workspace, earlier, { version: version ?? 'same', number, by, dry, quiet })
        }
        const start = node === undefined ? again(earlier) : { kind: 'step' as const, run, node }
        await mayBegin(parts, tx, workspace, earlier, start, document)
        const pending = await findSameRun(tx, workspace, earlier.flow_id, start)
        if (pending !== undefined) throw new ApiProblem('RUN_PENDING', `Run ${pending} does it already.`)
        if (dry) return { count: await countRerun(tx, workspace, earlier, node, number) }
        const queued = await queueRun(tx, {
          ...{ workspace, flow: earlier.flow_id, version: number, cause: 'rerun', by, start },
          node: earlier.cause_node,
          lane: earlier.lane,
          // What a quiet run left out stays left out.
          quiet: quiet || earlier.quiet,
          rerunOf: run,
        })
        return { row: await findRun(tx, workspace, queued) }
      })
      if ('count' in answer) return reply.code(200).send(answer.count)
      return reply.code(202).send(viewRun(found(answer.row, 'run'), request))
    },
  )
}

/** A run that itself was done again began as the first one did. */
function again({ id, start }: RunRow): RunStart {
  return start.kind === 'trigger' || start.kind === 'inbox' ? { kind: 'again', run: id } : start
}

/** Those of its exceptions that are still open; the others are done. */
async function retryAgain(
  tx: Tx,
  workspace: string,
  earlier: RunRow,
  how: {
    readonly version: 'same' | 'live'
    readonly number: number
    readonly by: string
    readonly dry: boolean
    readonly quiet: boolean
  },
): Promise<{ readonly row: RunRow | undefined } | { readonly count: RerunCount }> {
  const ids = await openExceptionsOf(tx, workspace, earlier.id)
  const { version, number, by, dry, quiet } = how
  const { runs, retried } = await retryExceptions(tx, { workspace, by, select: { ids }, version, dry, quiet })
  const [first] = runs
  if (first === undefined) {
    throw new ApiProblem('RERUN_UNSUPPORTED', 'None of the exceptions that this run tried again is open any more.')
  }
  if (first.run === null) {
    return { count: { from: 'exceptions', version: number, records: retried, batches: runs.length, sent: 0 } }
  }
  return { row: await findRun(tx, workspace, first.run) }
}

async function mayBegin(
  parts: AppParts,
  tx: Tx,
  workspace: string,
  earlier: RunRow,
  start: RunStart,
  document: Flow,
): Promise<void> {
  const kindOf = (flow: Flow, id: string) => {
    const one = flow.nodes.find((node) => node.id === id)
    return one && parts.catalog.get(one.operation)?.kind
  }
  if (start.kind === 'again' && earlier.emptied) {
    throw new ApiProblem(
      'RERUN_UNSUPPORTED',
      'The run has no events any more: they wait for the flow’s next run, or are not kept so long.',
    )
  }
  if (start.kind === 'again' || start.kind === 'window') {
    if (kindOf(document, earlier.cause_node) === 'trigger') return
    throw new ApiProblem(
      'RERUN_UNSUPPORTED',
      `The version has no trigger “${earlier.cause_node}”. Run the same version.`,
    )
  }
  if (start.kind === 'keys') {
    if (kindOf(document, start.node) === 'read') return
    throw new ApiProblem('RERUN_UNSUPPORTED', `The version has no read “${start.node}”. Run the same version.`)
  }
  if (start.kind === 'waited') {
    throw new ApiProblem('RERUN_UNSUPPORTED', 'What waited has gone on. Run it again from the step after the wait.')
  }
  if (start.kind !== 'step') return
  const row = await findVersion(tx, workspace, earlier.flow_id, earlier.version)
  const before = kindOf(inlined(readStored(found(row, 'version').document)), start.node)
  if (before === undefined) throw new ApiProblem('NOT_FOUND', `The run has no step “${start.node}”.`)
  if (before === 'trigger' || before === 'read') {
    throw new ApiProblem(
      'RERUN_UNSUPPORTED',
      `Nothing went into “${start.node}”: runs begin there. Run it again as a whole.`,
    )
  }
  if (kindOf(document, start.node) === undefined) {
    throw new ApiProblem('RERUN_UNSUPPORTED', `The live version has no step “${start.node}”. Run the same version.`)
  }
  const step = found(await findEarlierStep(tx, workspace, start.run, start.node), 'run')
  const trace = await traceOf(tx, step)
  if (trace === 'sampled') throw new ApiProblem('TRACE_SAMPLED')
  if (trace === 'gone') {
    throw new ApiProblem(
      'TRACE_GONE',
      `What went into “${start.node}” was dropped, or nothing went into it. Run it again as a whole, without naming a step.`,
    )
  }
}
