import { createServer } from 'node:http'

/** A span as it came over the wire. Times in milliseconds since 1970. */
export type ReceivedSpan = {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string | undefined
  readonly name: string
  /** 1 internal, 3 client: https://github.com/open-telemetry/opentelemetry-proto, `trace.proto`. */
  readonly kind: number
  readonly from: number
  readonly to: number
  readonly attributes: { readonly [name: string]: unknown }
  /** 2: failed. */
  readonly status: number
}

/** A value of a measure as it came over the wire. */
export type ReceivedMeasure = {
  readonly name: string
  readonly kind: 'sum' | 'gauge'
  readonly attributes: { readonly [name: string]: unknown }
  readonly value: number
}

export type SpanReceiver = {
  readonly url: string
  readonly spans: readonly ReceivedSpan[]
  readonly measures: readonly ReceivedMeasure[]
  /** Attributes of the processes that sent. */
  readonly resources: readonly { readonly [name: string]: unknown }[]
  /** Every request: its path, headers and body as they came. */
  readonly requests: readonly { readonly path: string; readonly headers: object; readonly body: string }[]
  close(): Promise<void>
}

type Attribute = { key: string; value: { [kind: string]: unknown } }
type Points = { dataPoints: { attributes?: Attribute[]; asDouble?: number; asInt?: number | string }[] }
type Wire = {
  resourceMetrics?: { scopeMetrics: { metrics: ({ name: string } & { sum?: Points; gauge?: Points })[] }[] }[]
  resourceSpans?: {
    resource: { attributes: Attribute[] }
    scopeSpans: {
      spans: {
        traceId: string
        spanId: string
        parentSpanId?: string
        name: string
        kind: number
        startTimeUnixNano: string
        endTimeUnixNano: string
        attributes: Attribute[]
        status: { code?: number }
      }[]
    }[]
  }[]
}

/** Takes traces and measures as a collector does: OTLP over HTTP, JSON (https://opentelemetry.io/docs/specs/otlp/#otlphttp). */
export async function startSpanReceiver(): Promise<SpanReceiver> {
  const spans: ReceivedSpan[] = []
  const measures: ReceivedMeasure[] = []
  const resources: SpanReceiver['resources'][number][] = []
  const requests: SpanReceiver['requests'][number][] = []
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString()
    requests.push({ path: request.url ?? '', headers: request.headers, body })
    const { resourceSpans = [], resourceMetrics = [] } = JSON.parse(body) as Wire
    for (const { name, sum, gauge } of resourceMetrics.flatMap((one) =>
      one.scopeMetrics.flatMap((two) => two.metrics),
    )) {
      for (const { attributes = [], asDouble, asInt } of (sum ?? gauge)?.dataPoints ?? []) {
        const value = Number(asDouble ?? asInt)
        measures.push({ name, kind: sum ? 'sum' : 'gauge', attributes: attributesOf(attributes), value })
      }
    }
    for (const { resource, scopeSpans } of resourceSpans) {
      resources.push(attributesOf(resource.attributes))
      for (const one of scopeSpans.flatMap((scope) => scope.spans)) {
        const { traceId, spanId, name, kind, attributes, status } = one
        spans.push({
          ...{ traceId, spanId, name, kind, attributes: attributesOf(attributes), status: status.code ?? 0 },
          parentSpanId: one.parentSpanId || undefined,
          from: Number(one.startTimeUnixNano) / 1e6,
          to: Number(one.endTimeUnixNano) / 1e6,
        })
      }
    }
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (typeof address !== 'object' || !address) throw new Error('the receiver has no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    spans,
    measures,
    resources,
    requests,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const attributesOf = (attributes: readonly Attribute[]) =>
  Object.fromEntries(
    attributes.map(({ key, value: { intValue, ...value } }) => [
      key,
      intValue === undefined ? Object.values(value)[0] : Number(intValue),
    ]),
  )
