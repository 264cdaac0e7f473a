import { setTimeout as sleep } from 'node:timers/promises'
import { type HrTime, ValueType } from '@opentelemetry/api'
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http'
import {
  AggregationTemporality,
  type CollectionResult,
  DataPointType,
  MeterProvider,
  type MetricData,
  type MetricProducer,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import type { Measure } from '../api/operations/own-measures.ts'
import { CLOSE_MS, type Collector, exporterOf, resourceOf } from './collector.ts'
import { sayFailures } from './say-failures.ts'

export type Sending = {
  /** Sends what there is to say now. */
  flush(): Promise<void>
  /** Sends once more, within three seconds. */
  close(): Promise<void>
}

/** As collectors are asked by Prometheus; what is measured costs some queries. */
const EVERY_MS = 60_000

/** Sends measures to a collector every minute, as OTLP over HTTP: names, labels and values as `/metrics` has them. */
export function sendMeasures(collector: Collector, measures: () => Promise<readonly Measure[]>): Sending {
  const warn = sayFailures(collector.warn)
  const resource = resourceOf(collector)
  const began = timeOf(Date.now() - process.uptime() * 1000)
  const producer: MetricProducer = {
    async collect(): Promise<CollectionResult> {
      const scope = { name: 'tieline', version: collector.version }
      try {
        const now = timeOf(Date.now())
        const metrics = (await measures()).map((one) => metricOf(one, began, now))
        return { resourceMetrics: { resource, scopeMetrics: [{ scope, metrics }] }, errors: [] }
      } catch (error) {
        return { resourceMetrics: { resource, scopeMetrics: [] }, errors: [error] }
      }
    },
  }
  const provider = new MeterProvider({
    resource,
    readers: [
      new PeriodicExportingMetricReader({
        exporter: new OTLPMetricExporter(exporterOf(collector, 'metrics')),
        exportIntervalMillis: EVERY_MS,
        exportTimeoutMillis: CLOSE_MS,
        metricProducers: [producer],
      }),
    ],
  })
  return {
    flush: () => provider.forceFlush(),
    async close() {
      await Promise.race([provider.shutdown(), sleep(CLOSE_MS, undefined, { ref: false })]).catch((error: unknown) =>
        warn(error instanceof Error ? error.message : String(error)),
      )
    },
  }
}

/** A counter counts since the process began, as a page for Prometheus does. */
function metricOf({ name, type, help, samples }: Measure, startTime: HrTime, endTime: HrTime): MetricData {
  const shared = {
    descriptor: { name, description: help, unit: '', valueType: ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
    dataPoints: samples.map(([attributes, value]) => ({ startTime, endTime, attributes: { ...attributes }, value })),
  }
  return type === 'counter'
    ? { ...shared, dataPointType: DataPointType.SUM, isMonotonic: true }
    : { ...shared, dataPointType: DataPointType.GAUGE }
}

const timeOf = (ms: number): HrTime => [Math.floor(ms / 1000), Math.round((ms % 1000) * 1e6)]
