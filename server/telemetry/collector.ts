import { resourceFromAttributes } from '@opentelemetry/resources'

/** Where telemetry goes, and who says that it comes from them. */
export type Collector = {
  /** The base address of the collector: traces go to `/v1/traces` below it, measures to `/v1/metrics`. */
  readonly endpoint: string
  readonly headers: { readonly [name: string]: string }
  readonly serviceName: string
  readonly version: string
  /** Tells this process from the others. */
  readonly instance: string
  readonly warn: (message: string) => void
}

/** To send, and to be stopped. */
export const CLOSE_MS = 3_000

export const exporterOf = ({ endpoint, headers }: Collector, signal: 'traces' | 'metrics') => ({
  url: `${endpoint.replace(/\/+$/, '')}/v1/${signal}`,
  headers: { ...headers },
  timeoutMillis: CLOSE_MS,
})

export const resourceOf = ({ serviceName, version, instance }: Collector) =>
  resourceFromAttributes({
    'service.name': serviceName,
    'service.version': version,
    'service.instance.id': instance,
  })
