import type { Transaction } from 'kysely'
import {
  EffectSummary,
  NodeStepList,
  RunList,
  RunListQuery,
  statesOf,
  RunParams,
  RunView,
  StepList,
  StepListQuery,
} from '../../contract/runs.ts'
import { WorkspaceParams } from '../../contract/shared.ts'
import { inlined } from '../../flow/document/sub-flow.ts'
import {
  findRun,
  listRuns,
  listSteps,
  placeOf,
  type StepRow,
  sumCalls,
  sumMarkedEffects,
  sumSteps,
} from '../../store/run/run-lists.ts'
import type { Database } from '../../store/database/schema.ts'
import type { RunFilter } from '../../store/run/run-filter.ts'
import { failedWords, runsWithWords } from '../../store/run/run-texts.ts'
import { runsOfKey } from '../../store/trace/run-keys.ts'
import { findVersion } from '../../store/flow/versions.ts'
import type { Reach } from '../../store/database/stretch.ts'
import { whoAsks } from '../http/access.ts'
import { droppedNote } from './dropped-traces.ts'
import { readStored } from '../flow/flow-documents.ts'
import { type ErrorFinder, errorFinder, type Halt, newestThatShow, searchedPage } from '../view/error-text.ts'
import { maskedError } from '../view/mask.ts'
import { type Api, type AppParts, inTenant, pageOf } from '../http/parts.ts'
import { found } from '../http/problems.ts'
import { viewRun } from '../view/views.ts'

const PAGE = 50

export function runRoutes(api: Api, parts: AppParts): void {
  const tags = ['runs']

  api.get(
    '/workspaces/:workspace/runs',
    {
      schema: {
        summary: 'List runs, newest first; all that is asked for must be so of each',
        tags,
        params: WorkspaceParams,
        querystring: RunListQuery,
        response: { 200: RunList },
      },
      config: { permission: 'runs.read' },
    },
    async (request) => {
      const { limit = PAGE, key, by, from, to, state, text, cursor, ...rest } = request.query
      const { rows, halt } = await inTenant(parts, request, async (tx, workspace) => {
        const filter = {
          ...rest,
          runs: key === undefined ? undefined : await runsOfKey(tx, parts.keys, workspace, key.trim()),
          states: state === undefined ? undefined : statesOf(state),
          from: from === undefined ? undefined : new Date(from),
          to: to === undefined ? undefined : new Date(to),
          by: by === 'me' ? whoAsks(request).person.id : by,
        }
        const page = { cursor, limit: limit + 1 }
        const { narrowed, halt } =
          text === undefined
            ? { narrowed: filter, halt: undefined }
            : await showing(tx, workspace, { finder: errorFinder(text), reach: parts.searchReach }, filter, page)
        return { rows: await listRuns(tx, workspace, { ...narrowed, ...page }), halt }
      })
      const page = pageOf(
        rows,
        limit,
        (row) => viewRun(row, request),
        ({ id }) => id,
      )
      return searchedPage(page, halt)
    },
  )

  api.get(
    '/workspaces/:workspace/runs/:run',
    {
      schema: { summary: 'Show a run', tags, params: RunParams, response: { 200: RunView } },
      config: { permission: 'runs.read' },
    },
    async (request) => {
      const row = await inTenant(parts, request, (tx, workspace) => findRun(tx, workspace, request.params.run))
      return viewRun(found(row, 'run'), request)
    },
  )

  api.get(
    '/workspaces/:workspace/runs/:run/steps',
    {
      schema: {
        summary: 'Steps of a run added up by node: batches, counts, times, calls',
        tags,
        params: RunParams,
        response: { 200: NodeStepList },
      },
      config: { permission: 'runs.read' },
    },
    async (request) => {
      const { run } = request.params
      return inTenant(parts, request, async (tx, workspace) => {
        const shown = found(await findRun(tx, workspace, run), 'run')
        const row = await findVersion(tx, workspace, shown.flow_id, shown.version)
        const names = new Map(row ? inlined(readStored(row.document)).nodes.map(({ id, name }) => [id, name]) : [])
        const sums = await sumSteps(tx, workspace, placeOf(shown))
        return {
          note: await droppedNote(tx, placeOf(shown)),
          items: sums.map((sum) => ({
            node: sum.node_id,
            name: names.get(sum.node_id) ?? sum.node_id,
            operation: sum.operation,
            position: sum.position,
            batches: sum.batches,
            counts: sum.counts,
            calls: sum.calls,
            retries: sum.retries,
            waitingMs: sum.waiting_ms,
            workingMs: sum.working_ms,
            startedAt: sum.started_at.toISOString(),
            failed: sum.failed,
            fed:
              (sum.counts.in ?? 0) > 0 && !['trigger', 'read'].includes(parts.catalog.get(sum.operation)?.kind ?? ''),
          })),
        }
      })
    },
  )

  api.get(
    '/workspaces/:workspace/runs/:run/batches',
    {
      schema: {
        summary: 'Single steps of a run, by batch and place in the plan',
        tags,
        params: RunParams,
        querystring: StepListQuery,
        response: { 200: StepList },
      },
      config: { permission: 'runs.read' },
    },
    async (request) => {
      const { run } = request.params
      const { node, after, limit = PAGE } = request.query
      const [batch, position] = (after ?? '').split('-').map(Number)
      const place = batch === undefined || position === undefined ? undefined : { batch, position }
      return inTenant(parts, request, async (tx, workspace) => {
        const trace = placeOf(found(await findRun(tx, workspace, run), 'run'))
        const rows = await listSteps(tx, workspace, trace, { node, after: place, limit: limit + 1 })
        const page = pageOf(rows, limit, viewStep, (row) => `${row.batch}-${row.position}`)
        return { ...page, note: await droppedNote(tx, trace) }
      })
    },
  )

  api.get(
    '/workspaces/:workspace/runs/:run/effects',
    {
      schema: {
        summary: 'What a run sent, by node, operation and state of the call',
        tags,
        params: RunParams,
        response: { 200: EffectSummary },
      },
      config: { permission: 'runs.read' },
    },
    async (request) => {
      const { run } = request.params
      return inTenant(parts, request, async (tx, workspace) => {
        found(await findRun(tx, workspace, run), 'run')
        const calls = await sumCalls(tx, workspace, run)
        const marked = await sumMarkedEffects(tx, workspace, run)
        return {
          calls: calls.map((row) => ({
            node: row.node_id,
            operation: row.operation,
            connection: { id: row.connection_id, name: row.connection_name },
            state: row.state,
            calls: row.calls,
            items: row.items,
          })),
          marked: marked.map((row) => ({ node: row.node_id, state: row.state, effects: row.effects })),
        }
      })
    },
  )
}

/** The filter narrowed to runs that show the text in why they failed, as far as these were looked at. */
async function showing(
  tx: Transaction<Database>,
  workspace: string,
  { finder, reach }: { readonly finder: ErrorFinder; readonly reach: Reach | undefined },
  filter: RunFilter,
  page: { readonly cursor: string | undefined; readonly limit: number },
): Promise<{ readonly narrowed: RunFilter; readonly halt: Halt | undefined }> {
  const causes = (await failedWords(tx, workspace)).filter(({ reason }) => finder.mayHave(reason))
  const narrowed = { ...filter, faults: causes.map(({ fault }) => fault) }
  if (finder.plain || causes.length === 0) return { narrowed, halt: undefined }
  const { ids, halt } = await newestThatShow(
    (cursor, most) => runsWithWords(tx, workspace, { filter: narrowed, sought: finder.sought, cursor, most }),
    ({ reason }) => finder.has(reason),
    page,
    reach,
  )
  return { narrowed: { ...narrowed, runs: ids }, halt }
}

function viewStep(row: StepRow) {
  return {
    batch: row.batch,
    node: row.node_id,
    operation: row.operation,
    position: row.position,
    startedAt: row.started_at.toISOString(),
    waitingMs: row.waiting_ms,
    workingMs: row.working_ms,
    calls: row.calls,
    attempts: row.attempts,
    counts: row.counts,
    error: maskedError(row.error),
    payloads: row.payloads,
  }
}
