import type { Transaction } from 'kysely'
import { LaneParams, LanePatch, Lanes } from '../../contract/lanes.ts'
import { WorkspaceParams } from '../../contract/shared.ts'
import { listLanes, listRunning, setLaneCap } from '../../store/run/lanes.ts'
import type { Database } from '../../store/database/schema.ts'
import { listWorkers } from '../../store/database/workers.ts'
import { type Api, type AppParts, inTenant } from '../http/parts.ts'
import { iso } from '../view/views.ts'

export function laneRoutes(api: Api, parts: AppParts): void {
  const tags = ['lanes']

  api.get(
    '/workspaces/:workspace/lanes',
    {
      schema: {
        summary: 'Who works, what is at work, and what waits',
        tags,
        params: WorkspaceParams,
        response: { 200: Lanes },
      },
      config: { permission: 'runs.read' },
    },
    (request) => inTenant(parts, request, viewLanes),
  )

  api.patch(
    '/workspaces/:workspace/lanes/:lane',
    {
      schema: {
        summary: 'Set how many runs of a lane may be at work; a lower cap stops none that is',
        tags,
        params: LaneParams,
        body: LanePatch,
        response: { 200: Lanes },
      },
      config: { permission: 'lanes.manage' },
    },
    (request) =>
      inTenant(parts, request, async (tx, workspace) => {
        await setLaneCap(tx, workspace, request.params.lane, request.body.cap)
        return viewLanes(tx, workspace)
      }),
  )
}

export async function viewLanes(tx: Transaction<Database>, workspace: string): Promise<Lanes> {
  const workers = await listWorkers(tx)
  const lanes = await listLanes(tx, workspace)
  const running = await listRunning(tx, workspace)
  return {
    workers: workers.map((row) => ({
      id: row.id,
      host: row.host,
      role: row.role,
      version: row.version,
      startedAt: row.started_at.toISOString(),
      seenAt: row.seen_at.toISOString(),
      state: row.state,
      slots: row.slots,
      running: row.running,
    })),
    lanes: lanes.map((row) => ({
      lane: row.lane,
      cap: row.cap,
      running: row.running,
      queued: row.queued,
      waiting: row.waiting,
      paused: row.paused,
      oldestQueuedAt: iso(row.oldest_queued_at),
      reason: row.reason,
    })),
    running: running.map((row) => ({
      run: row.id,
      flow: { id: row.flow_id, name: row.flow_name },
      lane: row.lane,
      worker: row.worker,
      startedAt: iso(row.started_at),
      batches: row.batches,
    })),
  }
}
