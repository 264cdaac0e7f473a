import { timingSafeEqual } from 'node:crypto'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Type } from 'typebox'
import { listTurns } from '../store/housekeeping-turns.ts'
import { measureDatabase, measureTraces, measureWaiting } from '../store/installation-measures.ts'
import { measure } from '../store/measures.ts'
import { measureQueue } from '../store/run-lists.ts'
import { listWorkers } from '../store/workers.ts'
import type { Api, AppParts } from './parts.ts'
import { ApiProblem } from './problems.ts'
import type { RequestCount } from './request-counts.ts'
import { hashSecret } from './sessions.ts'

/** The text format of Prometheus, https://prometheus.io/docs/instrumenting/exposition_formats/. */
const TEXT = 'text/plain; version=0.0.4; charset=utf-8'

/** Measures of this process and of the installation, for whoever has the token. Without a token there is no such page. */
export function metricsRoutes(api: Api, parts: AppParts, requests: ReadonlyMap<string, RequestCount>): void {
  const { metricsToken } = parts.config
  if (metricsToken === undefined) return
  const token = hashSecret(metricsToken)
  const delay = monitorEventLoopDelay({ resolution: 20 })
  delay.enable()
  api.addHook('onClose', async () => delay.disable())

  api.get(
    '/metrics',
    {
      schema: {
        summary: 'Measures for Prometheus, with the token of METRICS_TOKEN',
        tags: ['health'],
        produces: ['text/plain'],
        response: { 200: Type.String() },
      },
      config: { permission: 'public' },
    },
    async (request, reply) => {
      const given = /^Bearer ([!-~]+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? ''
      if (!timingSafeEqual(hashSecret(given), token)) throw new ApiProblem('SIGN_IN_REQUIRED')
      const queue = await measureQueue(parts.system)
      const { ended, firings, lag } = await measure(parts.system)
      const page = new Page()
      page.add('tieline_runs', 'gauge', 'Runs that have not ended, by state.', [
        [{ state: 'queued' }, queue.queued],
        [{ state: 'running' }, queue.running],
        [{ state: 'waiting' }, queue.waiting],
      ])
      page.add('tieline_queue_oldest_seconds', 'gauge', 'Age of the run that waits longest for a worker.', [
        [{}, queue.oldest_seconds ?? 0],
      ])
      const waiting = await measureWaiting(parts.system)
      page.add(
        'tieline_lane_queued',
        'gauge',
        'Runs that wait for a worker, by lane.',
        waiting.lanes.map(({ lane, queued }) => [{ lane }, queued]),
      )
      page.add(
        'tieline_lane_oldest_seconds',
        'gauge',
        'Age of the run that waits longest for a worker, by lane.',
        waiting.lanes.map(({ lane, oldest_seconds: oldest }) => [{ lane }, oldest ?? 0]),
      )
      page.add('tieline_events_waiting', 'gauge', 'Events of hooks that no run has taken yet, 100,000 at most.', [
        [{}, waiting.inbox.waiting],
      ])
      page.add('tieline_events_oldest_seconds', 'gauge', 'Age of the oldest of them.', [
        [{}, waiting.inbox.oldest_seconds ?? 0],
      ])
      await addInstallation(page, parts)
      page.add('tieline_workers', 'gauge', 'Workers with a run in hand.', [[{}, queue.workers]])
      page.add(
        'tieline_runs_last_hour',
        'gauge',
        'Runs begun in the last hour that have ended, by how.',
        ended.map(({ state, count }) => [{ state }, count]),
      )
      page.add(
        'tieline_schedule_times_last_hour',
        'gauge',
        'Due times of the last hour, by what became of them.',
        firings.map(({ outcome, count }) => [{ outcome }, count]),
      )
      page.add('tieline_schedule_late_seconds', 'gauge', 'How late the schedule is that is most overdue.', [[{}, lag]])
      const counts = [...requests.values()]
      page.add(
        'tieline_http_requests_total',
        'counter',
        'Answers of this process.',
        counts.map(({ count, seconds: _, ...labels }) => [labels, count]),
      )
      page.add(
        'tieline_http_seconds_total',
        'counter',
        'Time they took.',
        counts.map(({ count: _, seconds, ...labels }) => [labels, seconds]),
      )
      page.add('tieline_event_loop_p99_seconds', 'gauge', 'How late the process answers itself, since the last look.', [
        [{}, (delay.percentile(99) || 0) / 1e9],
      ])
      delay.reset()
      page.add('process_resident_memory_bytes', 'gauge', 'Memory of this process.', [[{}, process.memoryUsage.rss()]])
      page.add('process_uptime_seconds', 'gauge', 'Since it started.', [[{}, process.uptime()]])
      return reply
        .type(TEXT)
        .serializer((text: string) => text)
        .send(page.text)
    },
  )
}

/** What the page of health has of the installation. */
async function addInstallation(page: Page, parts: AppParts): Promise<void> {
  const { bytes, used, most } = await measureDatabase(parts.system)
  page.add('tieline_database_bytes', 'gauge', 'Size of the database.', [[{}, bytes]])
  page.add('tieline_database_connections', 'gauge', 'Connections to the server, of all, and how many it takes.', [
    [{ of: 'used' }, used],
    [{ of: 'most' }, most],
  ])
  const pools = Object.entries(parts.pools ?? {})
  page.add(
    'tieline_pool_connections',
    'gauge',
    'Connections to the database that this process keeps.',
    pools.flatMap(([pool, { totalCount, idleCount, options }]) => [
      [{ pool, of: 'in use' }, totalCount - idleCount] as const,
      [{ pool, of: 'open' }, totalCount] as const,
      [{ pool, of: 'most' }, options.max] as const,
    ]),
  )
  page.add(
    'tieline_pool_waiting',
    'gauge',
    'Who waits for one of them.',
    pools.map(([pool, { waitingCount }]) => [{ pool }, waitingCount]),
  )
  const turns = await listTurns(parts.system)
  page.add(
    'tieline_housekeeping_good_seconds',
    'gauge',
    'How long ago a task of housekeeping last came through; -1: never.',
    turns.map(({ task, good_at: good }) => [{ task }, good === null ? -1 : (Date.now() - good.getTime()) / 1000]),
  )
  page.add(
    'tieline_housekeeping_failing',
    'gauge',
    '1 while the last turn of a task failed.',
    turns.map(({ task, error }) => [{ task }, error === null ? 0 : 1]),
  )
  const traces = await measureTraces(parts.system, parts.config.traceDays)
  const labels = ({ trace_class, kept }: (typeof traces)[number]) => ({ class: trace_class, kept })
  page.add(
    'tieline_trace_days_ahead',
    'gauge',
    'Days ahead for which there is a partition.',
    traces.map((row) => [labels(row), row.ahead]),
  )
  page.add(
    'tieline_trace_overdue',
    'gauge',
    '1 while a day past its time has not been dropped.',
    traces.map((row) => [labels(row), row.overdue ? 1 : 0]),
  )
  const processes = Map.groupBy(await listWorkers(parts.system), ({ version, role, state }) =>
    JSON.stringify({ version, role, state }),
  )
  page.add(
    'tieline_processes',
    'gauge',
    'Processes seen within the last hour, by version, role and state.',
    [...processes].map(([labelled, same]) => [JSON.parse(labelled), same.length]),
  )
}

type Sample = readonly [labels: { readonly [name: string]: string }, value: number]

class Page {
  text = ''

  add(name: string, type: 'gauge' | 'counter', help: string, samples: readonly Sample[]): void {
    this.text += `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`
    for (const [labels, value] of samples) {
      const written = Object.entries(labels).map(([label, text]) => `${label}="${text.replace(/[\\"\n]/g, '_')}"`)
      this.text += `${name}${written.length > 0 ? `{${written.join(',')}}` : ''} ${value}\n`
    }
  }
}
