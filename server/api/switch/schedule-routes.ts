import { FlowParams } from '../../contract/flows.ts'
import { NextDueList } from '../../contract/run-starts.ts'
import type { Flow, FlowNode } from '../../flow/document/flow.ts'
import { nextDue, type Schedule } from '../../schedule/schedule.ts'
import { scheduleWords } from '../../flow/catalog/schedule-words.ts'
import { findDraft } from '../../store/flow/flows.ts'
import { listSchedules } from '../../store/flow/schedules.ts'
import { findVersion } from '../../store/flow/versions.ts'
import { localText } from '../../schedule/wall-clock.ts'
import { readStored } from '../flow/flow-documents.ts'
import { type Api, type AppParts, inTenant } from '../http/parts.ts'
import { found } from '../http/problems.ts'

/** Due times that are shown of each schedule. */
const SHOWN = 5

export function scheduleRoutes(api: Api, parts: AppParts): void {
  api.get(
    '/workspaces/:workspace/flows/:flow/schedule',
    {
      schema: {
        summary: 'Show the schedules of a flow in words, with the next five due times of each',
        tags: ['flows'],
        params: FlowParams,
        response: { 200: NextDueList },
      },
      config: { permission: 'flows.read' },
    },
    async (request) => {
      const { flow } = request.params
      return inTenant(parts, request, async (tx, workspace) => {
        const row = found(await findDraft(tx, workspace, flow), 'flow')
        const live = row.live_version === null ? undefined : await findVersion(tx, workspace, flow, row.live_version)
        // What runs; of a flow that was never published, what would.
        const document: Flow = readStored(live ? live.document : row.draft)
        const { now, schedules } = await listSchedules(tx, workspace, flow)
        const clocks = new Map(schedules.map((clock) => [clock.node, clock]))
        return {
          items: document.nodes
            .filter(({ operation }) => operation === 'schedule')
            .map((node) => ({
              ...view(node, now, clocks.get(node.id)?.nextDue),
              note: clocks.get(node.id)?.note ?? null,
            })),
        }
      })
    },
  )
}

function view({ id, name, settings }: FlowNode, now: Date, running: Date | undefined) {
  // Validated when it was published; a draft that makes no sense has no due times.
  const schedule = settings as Schedule
  const zone = schedule.mode === 'wall-clock' ? (schedule.zone ?? 'Europe/London') : null
  const due: { at: string; local: string }[] = []
  try {
    // A clock that runs keeps its phase; due times that wait to be worked off are not shown.
    for (let at = nextDue(settings, now, running); due.length < SHOWN; at = nextDue(settings, at, running)) {
      due.push({ at: at.toISOString(), local: localText(zone ?? 'UTC', at.getTime()) })
    }
  } catch {
    // Nothing comes any more, or it cannot be read: what there is, is shown.
  }
  return { node: id, name, words: scheduleWords(schedule), zone, due }
}
