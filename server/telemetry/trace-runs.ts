import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import type { SettledBatch, StepRow } from '../run/journal/journal.ts'
import type { Exchange } from '../run/journal/parts.ts'
import type { RunWatch, WatchRun } from '../worker/watch.ts'
import { attributesOfCall, attributesOfRun, countsOf } from './attributes.ts'
import { CLOSE_MS, type Collector, exporterOf, resourceOf } from './collector.ts'
import { sayFailures } from './say-failures.ts'

export type Tracing = {
  readonly watch: WatchRun
  /** Sends what is left, within three seconds. */
  close(): Promise<void>
}

/** A batch of many calls is many spans at once; what does not fit is dropped, and the warning says so. */
const MOST_WAITING = 16_384
/** Calls of a batch that has not settled. A batch has some hundred. */
const MOST_CALLS = 10_000

/**
 * Sends runs to a collector as OTLP over HTTP. Everything about OpenTelemetry is in this folder, and is loaded only when
 * somebody asks for it: the libraries hold some 20 MB.
 */
export function startTracing(options: Collector): Tracing {
  const warn = sayFailures(options.warn)
  const ids = new RunIds()
  const provider = new TracerProvider({
    idGenerator: ids,
    resource: resourceOf(options),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: new OTLPTraceExporter(exporterOf(options, 'traces')),
        maxQueueSize: MOST_WAITING,
        scheduledDelayMillis: 1_000,
      }),
    ],
  })
  const tracer = provider.getTracer('tieline', options.version)
  return {
    watch: (claim) => {
      ids.next = claim.run.replaceAll('-', '')
      const root = tracer.startSpan('run', { root: true, startTime: new Date(), attributes: attributesOfRun(claim) })
      return watchOf(tracer, root, trace.setSpan(ROOT_CONTEXT, root))
    },
    async close() {
      await Promise.race([provider.shutdown(), sleep(CLOSE_MS, undefined, { ref: false })]).catch((error: unknown) =>
        warn(error instanceof Error ? error.message : String(error)),
      )
    },
  }
}

/** The trace of a run has the run's own id, so whoever knows one has the other; later claims of it join the same trace. */
class RunIds {
  next = ''

  generateTraceId(): string {
    return this.next
  }

  generateSpanId(): string {
    return randomBytes(8).toString('hex')
  }
}

function watchOf(tracer: Tracer, root: ReturnType<Tracer['startSpan']>, inRun: Context): RunWatch {
  /** Calls that no settled step has named as its own yet, with when each ended. */
  const open = new Map<Exchange, number>()
  const span = (name: string, from: number, to: number, within: Context, attributes: Attributes, error?: string) => {
    const made = tracer.startSpan(name, { startTime: new Date(from), attributes }, within)
    if (error !== undefined) made.setStatus({ code: SpanStatusCode.ERROR, message: error })
    return { inside: trace.setSpan(within, made), end: () => made.end(new Date(Math.max(from, to))) }
  }
  const call = (exchange: Exchange, ended: number, within: Context) => {
    open.delete(exchange)
    const { attributes, error } = attributesOfCall(exchange)
    const made = tracer.startSpan(
      exchange.method,
      { kind: SpanKind.CLIENT, startTime: new Date(ended - exchange.ms), attributes },
      within,
    )
    if (error !== undefined) made.setStatus({ code: SpanStatusCode.ERROR, message: error })
    made.end(new Date(ended))
  }
  const step = (row: StepRow, now: number, within: Context) => {
    const from = row.startedAt.getTime()
    const calls = (row.exchanges ?? []).map((one) => [one, open.get(one) ?? now] as const)
    const to = Math.max(from + row.waitingMs + row.workingMs, ...calls.map(([, ended]) => ended))
    const made = span(
      row.operation,
      from,
      Math.min(to, now),
      within,
      {
        'tieline.node': row.node,
        'tieline.position': row.position,
        'tieline.calls': row.calls,
        'tieline.attempts': row.attempts,
        'tieline.waiting_ms': Math.round(row.waitingMs),
        ...countsOf(row.counts),
      },
      row.error?.code,
    )
    for (const [exchange, ended] of calls) call(exchange, ended, made.inside)
    made.end()
  }
  return {
    called(exchange) {
      if (open.size < MOST_CALLS) open.set(exchange, Date.now())
    },
    settled({ batch, steps, counts }: SettledBatch, settleMs) {
      const now = Date.now()
      const from = Math.min(now - settleMs, ...steps.map(({ startedAt }) => startedAt.getTime()))
      const made = span('batch', from, now, inRun, { 'tieline.batch': batch, ...countsOf(counts) })
      for (const row of steps) step(row, now - settleMs, made.inside)
      span('settle', now - settleMs, now, made.inside, {}).end()
      made.end()
    },
    ended({ outcome, code }) {
      // Of a batch that came to nothing: what was called for it is worth knowing all the more.
      for (const [exchange, ended] of open) call(exchange, ended, inRun)
      root.setAttributes({ 'tieline.outcome': outcome, ...(code === undefined ? {} : { 'error.type': code }) })
      if (outcome === 'failed') root.setStatus({ code: SpanStatusCode.ERROR, message: code ?? '' })
      root.end(new Date())
    },
  }
}
