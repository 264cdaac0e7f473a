import type { Transaction } from 'kysely'
import { BindingList, type BindingView, BindingsRequest, FlowParams, RunRequest } from '../../contract/flows.ts'
import { RunView } from '../../contract/runs.ts'
import type { Flow } from '../../flow/document/flow.ts'
import { inlined } from '../../flow/document/sub-flow.ts'
import { nextDue } from '../../schedule/schedule.ts'
import { type BindingRow, bindSlot, listBindings, unbindSlot } from '../../store/connection/bindings.ts'
import { findConnection } from '../../store/connection/connection-records.ts'
import { findDraft, lockFlow } from '../../store/flow/flows.ts'
import { findRun } from '../../store/run/run-lists.ts'
import { queueRun } from '../../store/run/runs.ts'
import { deleteSchedules, listSchedules, putSchedule } from '../../store/flow/schedules.ts'
import type { Database } from '../../store/database/schema.ts'
import { findVersion } from '../../store/flow/versions.ts'
import { whoAsks } from '../http/access.ts'
import { tell } from '../http/audit.ts'
import { graphProblemsOf, readStored } from '../flow/flow-documents.ts'
import { type Api, type AppParts, inTenant } from '../http/parts.ts'
import { ApiProblem, found } from '../http/problems.ts'
import { viewRun } from '../view/views.ts'
import { withAnswers } from '../flow/with-answers.ts'

type Tx = Transaction<Database>

/** Gives every schedule trigger of a flow its next due time; triggers that are gone lose theirs. */
export async function setClocks(tx: Tx, workspace: string, flow: string, document: Flow): Promise<void> {
  const schedules = document.nodes.filter(({ operation }) => operation === 'schedule')
  const { now } = await listSchedules(tx, workspace, flow)
  for (const { id, settings } of schedules) {
    const due = nextDue(settings, now)
    await putSchedule(tx, { workspace, flow, node: id, settings: JSON.stringify(settings), nextDue: due })
  }
  await deleteSchedules(
    tx,
    workspace,
    flow,
    schedules.map(({ id }) => id),
  )
}

/**
 * The version that runs, or an earlier one, ready to run: published, not archived, every slot with its connection, its
 * form answered and the answers in place. Locks the flow until the transaction ends.
 */
export async function loadRunnable(
  parts: Pick<AppParts, 'catalog'>,
  tx: Tx,
  workspace: string,
  flow: string,
  earlier?: number,
) {
  const state = found(await lockFlow(tx, workspace, flow), 'flow')
  if (state.archived_at !== null) throw new ApiProblem('FLOW_ARCHIVED')
  const number = earlier ?? state.live_version
  if (number === null) throw new ApiProblem('NOT_PUBLISHED')
  const version = await findVersion(tx, workspace, flow, number)
  if (!version) throw new Error(`Version ${number} of flow ${flow} is missing.`)
  const document = await withAnswers(tx, workspace, flow, readStored(version.document))
  const bindings = await listBindings(tx, workspace, flow)
  refuseOff(bindings)
  const unbound = graphProblemsOf(parts, document, bindings).filter(({ code }) => code === 'SLOT_UNBOUND')
  if (unbound[0]) throw new ApiProblem('SLOTS_UNBOUND', unbound[0].message, { problems: unbound })
  // As it runs: with what it calls in the place of its calls.
  return { document: inlined(document), version: number }
}

function refuseOff(bindings: readonly BindingRow[]): void {
  const off = bindings.find(({ state }) => state === 'off')
  if (!off) return
  throw new ApiProblem(
    'CONNECTION_OFF',
    `“${off.name}” was turned off, because nothing had used it for long. Open it under Connections and turn it on.`,
  )
}

export function switchRoutes(api: Api, parts: AppParts): void {
  api.post(
    '/workspaces/:workspace/flows/:flow/run',
    {
      schema: {
        summary: 'Run the live version now, also of a flow that is off',
        tags: ['flows'],
        params: FlowParams,
        body: RunRequest,
        response: { 202: RunView },
      },
      config: {
        permission: 'flows.run',
        codes: ['NOT_PUBLISHED', 'SLOTS_UNBOUND', 'CONNECTION_OFF', 'ANSWERS_MISSING', 'FLOW_ARCHIVED'],
      },
    },
    async (request, reply) => {
      const { flow } = request.params
      const row = await inTenant(parts, request, async (tx, workspace) => {
        const { document, version } = await loadRunnable(parts, tx, workspace, flow)
        const node = triggerOf(parts, document, request.body.node)
        const run = { workspace, flow, version, cause: 'manual' as const, node, by: whoAsks(request).person.id }
        const id = await queueRun(tx, run)
        tell(request, { subject: { run: id } })
        return findRun(tx, workspace, id)
      })
      return reply.code(202).send(viewRun(found(row, 'run'), request))
    },
  )

  api.get(
    '/workspaces/:workspace/flows/:flow/bindings',
    {
      schema: {
        summary: 'List the slots of a flow with their connections',
        tags: ['connections'],
        params: FlowParams,
        response: { 200: BindingList },
      },
      config: { permission: 'flows.read' },
    },
    async (request) => inTenant(parts, request, (tx, workspace) => showBindings(tx, workspace, request.params.flow)),
  )

  api.put(
    '/workspaces/:workspace/flows/:flow/bindings',
    {
      schema: {
        summary: 'Bind slots to connections of their connector',
        tags: ['connections'],
        params: FlowParams,
        body: BindingsRequest,
        response: { 200: BindingList },
      },
      config: { permission: 'flows.edit', codes: ['BINDING_INVALID', 'FLOW_IS_ON'] },
    },
    async (request) => {
      const { flow } = request.params
      return inTenant(parts, request, async (tx, workspace) => {
        const { enabled } = found(await lockFlow(tx, workspace, flow), 'flow')
        const slots = new Map((await slotsOf(tx, workspace, flow)).map((slot) => [slot.slot, slot]))
        for (const [name, connection] of Object.entries(request.body.bindings)) {
          const slot = slots.get(name)
          if (!slot) throw new ApiProblem('BINDING_INVALID', `This flow has no slot “${name}”.`)
          if (connection === null) {
            if (enabled)
              throw new ApiProblem('FLOW_IS_ON', `Switch the flow off before taking the connection from “${name}”.`)
            await unbindSlot(tx, workspace, flow, name)
            continue
          }
          const { connector } = found(await findConnection(tx, workspace, connection), 'connection')
          if (connector !== slot.connector) {
            throw new ApiProblem(
              'BINDING_INVALID',
              `The slot “${name}” is for ${slot.connector}, and the connection is of ${connector}.`,
            )
          }
          await bindSlot(tx, workspace, flow, name, connection)
        }
        return showBindings(tx, workspace, flow)
      })
    },
  )
}

/** The trigger asked for, else the manual one, else any. */
export function triggerOf({ catalog }: AppParts, document: Flow, asked: string | undefined): string {
  const triggers = document.nodes.filter(
    // An entry has nothing to begin with: what comes in there belongs to a run of another flow.
    ({ operation }) => operation !== 'entry' && catalog.get(operation)?.kind === 'trigger',
  )
  const chosen =
    asked === undefined
      ? (triggers.find(({ operation }) => operation === 'manual') ?? triggers[0])
      : triggers.find(({ id }) => id === asked)
  return found(chosen, 'trigger').id
}

/** Slots of the draft, and those that only the live version still has. */
async function slotsOf(tx: Tx, workspace: string, flow: string) {
  const row = found(await findDraft(tx, workspace, flow), 'flow')
  const live = row.live_version === null ? undefined : await findVersion(tx, workspace, flow, row.live_version)
  const all = { ...(live ? readStored(live.document).slots : {}), ...readStored(row.draft).slots }
  return Object.entries(all).map(([slot, { connector, title }]) => ({ slot, connector, title }))
}

async function showBindings(tx: Tx, workspace: string, flow: string): Promise<BindingList> {
  const bound = new Map((await listBindings(tx, workspace, flow)).map((row) => [row.slot, row]))
  return { items: (await slotsOf(tx, workspace, flow)).map((slot) => viewBinding(slot, bound.get(slot.slot))) }
}

function viewBinding(slot: Omit<BindingView, 'connection'>, row: BindingRow | undefined): BindingView {
  return { ...slot, connection: row ? { id: row.connection, name: row.name, state: row.state } : null }
}
