import type { Attributes } from '@opentelemetry/api'
import type { RunClaim } from '../run/journal/journal.ts'
import type { Exchange } from '../run/journal/parts.ts'

// What a span may say. Ids, kinds, codes and numbers only: no names that people gave, no record, no address but its host,
// no sentence of an error, since each of them may hold something personal or secret. Names after
// https://opentelemetry.io/docs/specs/semconv/http/http-spans/ where it has some.

export const attributesOfRun = (claim: RunClaim): Attributes => ({
  'tieline.workspace': claim.workspace,
  'tieline.flow': claim.flow,
  'tieline.run': claim.run,
  'tieline.version': claim.version,
  'tieline.cause': claim.cause,
  'tieline.start': claim.start.kind,
  'tieline.claim': claim.epoch,
  'tieline.quiet': claim.quiet,
  'tieline.dry': claim.dry ?? false,
})

/** Of a closed list: the ports of a node are named by people. */
const COUNTED = ['in', 'out', 'rejected', 'read', 'seen', 'sent', 'reversed', 'unchanged', 'unknown', 'exceptions']

export const countsOf = (counts: { readonly [name: string]: number }): Attributes =>
  Object.fromEntries(COUNTED.flatMap((name) => (name in counts ? [[`tieline.count.${name}`, counts[name]]] : [])))

/** `error`: why the call counts as failed, a code or a status. */
export function attributesOfCall(exchange: Exchange): { readonly attributes: Attributes; readonly error?: string } {
  const { method, url, status, requestBytes, responseBytes, waitedMs } = exchange
  const error = exchange.error ?? (status !== undefined && status >= 400 ? String(status) : undefined)
  const attributes = {
    'http.request.method': method,
    'http.request.body.size': requestBytes,
    'http.response.body.size': responseBytes,
    'tieline.budget_wait_ms': waitedMs,
    ...serverOf(url),
    ...(status === undefined ? {} : { 'http.response.status_code': status }),
    ...(error === undefined ? {} : { 'error.type': error }),
  }
  return error === undefined ? { attributes } : { attributes, error }
}

/** Path and query name records; those of a webhook are its secret. */
function serverOf(url: string): Attributes {
  if (!URL.canParse(url)) return {}
  const { hostname, port, protocol } = new URL(url)
  return { 'server.address': hostname, 'server.port': Number(port) || (protocol === 'http:' ? 80 : 443) }
}
