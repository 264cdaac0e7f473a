import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Pool } from '../../store/database/database.ts'

export type Measure = {
  readonly name: string
  readonly type: 'gauge' | 'counter'
  readonly help: string
  /** Labels are of closed sets: states, kinds, routes. Never ids or names that people gave. */
  readonly samples: readonly Sample[]
}
export type Sample = readonly [labels: { readonly [name: string]: string }, value: number]
export type Add = (name: string, type: Measure['type'], help: string, samples: readonly Sample[]) => void

export type OwnMeasures = {
  take(): readonly Measure[]
  close(): void
}

/** What one process is measured by, whatever it does: it asks nobody. `runs`: of one that carries runs out. */
export function startOwnMeasures(
  pools: { readonly [name: string]: Pick<Pool, 'totalCount' | 'idleCount' | 'waitingCount' | 'options'> },
  runs?: { readonly slots: number; atWork(): number },
): OwnMeasures {
  const delay = monitorEventLoopDelay({ resolution: 20 })
  delay.enable()
  return {
    take() {
      const measures: Measure[] = []
      const add: Add = (name, type, help, samples) => void measures.push({ name, type, help, samples })
      const kept = Object.entries(pools)
      add(
        'tieline_pool_connections',
        'gauge',
        'Connections to the database that this process keeps.',
        kept.flatMap(([pool, { totalCount, idleCount, options }]) => [
          [{ pool, of: 'in use' }, totalCount - idleCount] as const,
          [{ pool, of: 'open' }, totalCount] as const,
          [{ pool, of: 'most' }, options.max] as const,
        ]),
      )
      add(
        'tieline_pool_waiting',
        'gauge',
        'Who waits for one of them.',
        kept.map(([pool, { waitingCount }]) => [{ pool }, waitingCount]),
      )
      if (runs) {
        add('tieline_process_runs', 'gauge', 'Runs that this process has in hand, and how many it takes.', [
          [{ of: 'at work' }, runs.atWork()],
          [{ of: 'most' }, runs.slots],
        ])
      }
      add('tieline_event_loop_p99_seconds', 'gauge', 'How late the process answers itself, since the last look.', [
        [{}, (delay.percentile(99) || 0) / 1e9],
      ])
      delay.reset()
      add('process_resident_memory_bytes', 'gauge', 'Memory of this process.', [[{}, process.memoryUsage.rss()]])
      add('process_uptime_seconds', 'gauge', 'Since it started.', [[{}, process.uptime()]])
      return measures
    },
    close: () => delay.disable(),
  }
}
