import { listTurns } from '../../store/measure/housekeeping-turns.ts'
import { measureDatabase, measureTraces, measureWaiting } from '../../store/measure/installation-measures.ts'
import { measure } from '../../store/measure/measures.ts'
import { measureQueue } from '../../store/run/run-lists.ts'
import { type Add, type Measure, startOwnMeasures } from './own-measures.ts'
import { listWorkers } from '../../store/database/workers.ts'
import type { Api, AppParts } from '../http/parts.ts'
import type { RequestCount } from '../http/request-counts.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** What the installation and this process are measured by, now. */
    measures: () => Promise<readonly Measure[]>
  }
}

/** One list, whether somebody asks for it (`/metrics`) or it is sent to a collector. */
export function takeMeasures(api: Api, parts: AppParts, requests: ReadonlyMap<string, RequestCount>): void {
  const own = startOwnMeasures(parts.pools ?? {})
  api.addHook('onClose', async () => own.close())
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
    await addQuotas(add, parts)
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
    return [...measures, ...own.take()]
  })
}

/** Limits of other systems are shared by connections of any workspace: by system they name nobody. */
async function addQuotas(add: Add, parts: AppParts): Promise<void> {
  const quotas = await parts.connections.quotas()
  add(
    'tieline_quota_day_used_ratio',
    'gauge',
    'Used part of the calls of 24 hours, of the limit of each system that is used most.',
    quotas.flatMap(({ system, fullest }) => (fullest === null ? [] : [[{ system }, fullest]])),
  )
  add(
    'tieline_quotas_nearly_used',
    'gauge',
    'Limits of which nine tenths of 24 hours are used, by system.',
    quotas.map(({ system, nearlyUsed }) => [{ system }, nearlyUsed]),
  )
  add(
    'tieline_quotas_paused',
    'gauge',
    'Limits whose system asked for a pause that has not ended.',
    quotas.map(({ system, paused }) => [{ system }, paused]),
  )
}

/** What the page of health has of the installation. */
async function addInstallation(add: Add, parts: AppParts): Promise<void> {
  const { bytes, used, most, oldest } = await measureDatabase(parts.system)
  add('tieline_database_bytes', 'gauge', 'Size of the database.', [[{}, bytes]])
  add('tieline_database_connections', 'gauge', 'Connections to the server, of all, and how many it takes.', [
    [{ of: 'used' }, used],
    [{ of: 'most' }, most],
  ])
  add('tieline_database_oldest_transaction_seconds', 'gauge', 'How long the oldest transaction has been open.', [
    [{}, oldest?.seconds ?? 0],
  ])
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
