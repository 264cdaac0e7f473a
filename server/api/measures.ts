import { monitorEventLoopDelay } from 'node:perf_hooks'
import { listTurns } from '../store/housekeeping-turns.ts'
import { measureDatabase, measureTraces, measureWaiting } from '../store/installation-measures.ts'
import { measure } from '../store/measures.ts'
import { measureQueue } from '../store/run-lists.ts'
import { listWorkers } from '../store/workers.ts'
import type { Api, AppParts } from './parts.ts'
import type { RequestCount } from './request-counts.ts'

export type Measure = {
  readonly name: string
  readonly type: 'gauge' | 'counter'
  readonly help: string
  /** Labels are of closed sets: states, kinds, routes. Never ids or names that people gave. */
  readonly samples: readonly Sample[]
}
type Sample = readonly [labels: { readonly [name: string]: string }, value: number]
type Add = (name: string, type: Measure['type'], help: string, samples: readonly Sample[]) => void

declare module 'fastify' {
  interface FastifyInstance {
    /** What the installation and this process are measured by, now. */
    measures: () => Promise<readonly Measure[]>
  }
}

/** One list, whether somebody asks for it (`/metrics`) or it is sent to a collector. */
export function takeMeasures(api: Api, parts: AppParts, requests: ReadonlyMap<string, RequestCount>): void {
  const delay = monitorEventLoopDelay({ resolution: 20 })
  delay.enable()
  api.addHook('onClose', async () => delay.disable())
  api.decorate('measures', async () => {
    const measures: Measure[] = []
    const add: Add = (name, type, help, samples) => void measures.push({ name, type, help, samples })
    const queue = await measureQueue(parts.system)
    const { ended, firings, lag } = await measure(parts.system)
    add('tieline_runs', 'gauge', 'Runs that have not ended, by state.', [
      [{ state: 'queued' }, queue.queued],
      [{ state: 'running' }, queue.running],
      [{ state: 'waiting' }, queue.waiting],
    ])
    add('tieline_queue_oldest_seconds', 'gauge', 'Age of the run that waits longest for a worker.', [
      [{}, queue.oldest_seconds ?? 0],
    ])
    const waiting = await measureWaiting(parts.system)
    add(
      'tieline_lane_queued',
      'gauge',
      'Runs that wait for a worker, by lane.',
      waiting.lanes.map(({ lane, queued }) => [{ lane }, queued]),
    )
    add(
      'tieline_lane_oldest_seconds',
      'gauge',
      'Age of the run that waits longest for a worker, by lane.',
      waiting.lanes.map(({ lane, oldest_seconds: oldest }) => [{ lane }, oldest ?? 0]),
    )
    add('tieline_events_waiting', 'gauge', 'Events of hooks that no run has taken yet, 100,000 at most.', [
      [{}, waiting.inbox.waiting],
    ])
    add('tieline_events_oldest_seconds', 'gauge', 'Age of the oldest of them.', [
      [{}, waiting.inbox.oldest_seconds ?? 0],
    ])
    await addInstallation(add, parts)
    add('tieline_workers', 'gauge', 'Workers with a run in hand.', [[{}, queue.workers]])
    add(
      'tieline_runs_last_hour',
      'gauge',
      'Runs begun in the last hour that have ended, by how.',
      ended.map(({ state, count }) => [{ state }, count]),
    )
    add(
      'tieline_schedule_times_last_hour',
      'gauge',
      'Due times of the last hour, by what became of them.',
      firings.map(({ outcome, count }) => [{ outcome }, count]),
    )
    add('tieline_schedule_late_seconds', 'gauge', 'How late the schedule is that is most overdue.', [[{}, lag]])
    const counts = [...requests.values()]
    add(
      'tieline_http_requests_total',
      'counter',
      'Answers of this process.',
      counts.map(({ count, seconds: _, ...labels }) => [labels, count]),
    )
    add(
      'tieline_http_seconds_total',
      'counter',
      'Time they took.',
      counts.map(({ count: _, seconds, ...labels }) => [labels, seconds]),
    )
    add('tieline_event_loop_p99_seconds', 'gauge', 'How late the process answers itself, since the last look.', [
      [{}, (delay.percentile(99) || 0) / 1e9],
    ])
    delay.reset()
    add('process_resident_memory_bytes', 'gauge', 'Memory of this process.', [[{}, process.memoryUsage.rss()]])
    add('process_uptime_seconds', 'gauge', 'Since it started.', [[{}, process.uptime()]])
    return measures
  })
}

/** What the page of health has of the installation. */
async function addInstallation(add: Add, parts: AppParts): Promise<void> {
  const { bytes, used, most } = await measureDatabase(parts.system)
  add('tieline_database_bytes', 'gauge', 'Size of the database.', [[{}, bytes]])
  add('tieline_database_connections', 'gauge', 'Connections to the server, of all, and how many it takes.', [
    [{ of: 'used' }, used],
    [{ of: 'most' }, most],
  ])
  const pools = Object.entries(parts.pools ?? {})
  add(
    'tieline_pool_connections',
    'gauge',
    'Connections to the database that this process keeps.',
    pools.flatMap(([pool, { totalCount, idleCount, options }]) => [
      [{ pool, of: 'in use' }, totalCount - idleCount] as const,
      [{ pool, of: 'open' }, totalCount] as const,
      [{ pool, of: 'most' }, options.max] as const,
    ]),
  )
  add(
    'tieline_pool_waiting',
    'gauge',
    'Who waits for one of them.',
    pools.map(([pool, { waitingCount }]) => [{ pool }, waitingCount]),
  )
  const turns = await listTurns(parts.system)
  add(
    'tieline_housekeeping_good_seconds',
    'gauge',
    'How long ago a task of housekeeping last came through; -1: never.',
    turns.map(({ task, good_at: good }) => [{ task }, good === null ? -1 : (Date.now() - good.getTime()) / 1000]),
  )
  add(
    'tieline_housekeeping_failing',
    'gauge',
    '1 while the last turn of a task failed.',
    turns.map(({ task, error }) => [{ task }, error === null ? 0 : 1]),
  )
  const traces = await measureTraces(parts.system, parts.config.traceDays)
  const labels = ({ trace_class, kept }: (typeof traces)[number]) => ({ class: trace_class, kept })
  add(
    'tieline_trace_days_ahead',
    'gauge',
    'Days ahead for which there is a partition.',
    traces.map((row) => [labels(row), row.ahead]),
  )
  add(
    'tieline_trace_overdue',
    'gauge',
    '1 while a day past its time has not been dropped.',
    traces.map((row) => [labels(row), row.overdue ? 1 : 0]),
  )
  const processes = Map.groupBy(await listWorkers(parts.system), ({ version, role, state }) =>
    JSON.stringify({ version, role, state }),
  )
  add(
    'tieline_processes',
    'gauge',
    'Processes seen within the last hour, by version, role and state.',
    [...processes].map(([labelled, same]) => [JSON.parse(labelled), same.length]),
  )
}
