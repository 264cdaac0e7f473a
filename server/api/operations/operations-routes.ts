import { sql } from 'kysely'
import { Operations } from '../../contract/operations.ts'
import { WorkspaceParams } from '../../contract/shared.ts'
import { listTurns } from '../../store/measure/housekeeping-turns.ts'
import { measureDatabase, measureTraces } from '../../store/measure/installation-measures.ts'
import { laneWaits, listMissed, waitingEvents } from '../../store/measure/workspace-measures.ts'
import { viewKeys } from './key-health.ts'
import { viewConnections } from '../connection/connection-routes.ts'
import { viewLanes } from '../run/lane-routes.ts'
import { judge, type Measured } from './operations-findings.ts'
import { type Api, type AppParts, inTenant } from '../http/parts.ts'
import { iso } from '../view/views.ts'

type Request = { readonly params: { readonly workspace: string } }

export function operationsRoutes(api: Api, parts: AppParts): void {
  api.get(
    '/workspaces/:workspace/health',
    {
      schema: {
        summary:
          'How the work of a workspace and the installation below it are, with what to do where they are not well',
        tags: ['health'],
        params: WorkspaceParams,
        response: { 200: Operations },
      },
      config: { permission: 'operations.read' },
    },
    async (request) => {
      const measured = { ...(await ofWorkspace(parts, request)), ...(await ofInstallation(parts)) }
      return { findings: judge(measured, Date.now(), parts.diskTight?.()), ...measured }
    },
  )
}

async function ofWorkspace(
  parts: AppParts,
  request: Request,
): Promise<Pick<Measured, 'lanes' | 'processes' | 'connections' | 'missed' | 'events'>> {
  const connections = await viewConnections(parts, request)
  return inTenant(parts, request, async (tx, workspace) => {
    const { lanes, workers } = await viewLanes(tx, workspace)
    const waits = new Map((await laneWaits(tx, workspace)).map((row) => [row.lane, row.waits]))
    return {
      lanes: lanes.map((lane) => ({ ...lane, waits: [...(waits.get(lane.lane) ?? [])] })),
      processes: workers,
      connections: connections
        .filter(({ usedBy }) => usedBy.length > 0)
        .map(({ id, name, connector, state, ends, budget }) => ({
          ...{ id, name, connector, state, budget },
          ends: ends?.on ?? null,
        })),
      missed: (await listMissed(tx, workspace)).map((row) => ({
        flow: { id: row.flow_id, name: row.flow_name },
        due: row.due.toISOString(),
        why: row.outcome,
      })),
      events: (await waitingEvents(tx, workspace)).map((row) => ({
        flow: { id: row.flow_id, name: row.flow_name },
        hook: row.hook_id,
        name: row.node_name,
        waiting: row.waiting,
        oldestAt: row.oldest_at.toISOString(),
        taken: row.on,
      })),
    }
  })
}

/** What is below all workspaces names none of them. */
async function ofInstallation(
  parts: AppParts,
): Promise<Pick<Measured, 'traces' | 'housekeeping' | 'keys' | 'database'>> {
  const { system } = parts
  const { traceDays } = parts.config
  const started = performance.now()
  await sql`select 1`.execute(system)
  const answerMs = Math.round((performance.now() - started) * 10) / 10
  const { version, bytes, used, most, oldest } = await measureDatabase(system)
  return {
    traces: (await measureTraces(system, traceDays)).map((row) => ({
      traceClass: row.trace_class,
      of: row.kept === 'payloads' ? 'records' : 'steps',
      days: traceDays[row.trace_class][row.kept === 'payloads' ? 'content' : 'metadata'],
      partitions: row.partitions,
      oldest: row.oldest,
      nextDrop: row.next_drop,
      overdue: row.overdue,
      ahead: row.ahead,
      bytes: row.bytes,
      lastDroppedAt: iso(row.last_dropped_at),
    })),
    housekeeping: (await listTurns(system)).map((row) => ({
      task: row.task,
      everySeconds: row.every_seconds,
      beganAt: row.began_at.toISOString(),
      tookMs: row.took_ms,
      goodAt: iso(row.good_at),
      error: row.error,
      failingSince: iso(row.failing_since),
      late: row.late,
    })),
    keys: await viewKeys(system),
    database: {
      ...{ version, bytes, answerMs, connections: { used, most }, oldestTransaction: oldest },
      pools: Object.entries(parts.pools ?? {}).map(([name, pool]) => ({
        name,
        inUse: pool.totalCount - pool.idleCount,
        open: pool.totalCount,
        most: pool.options.max,
        waiting: pool.waitingCount,
      })),
    },
  }
}
