import type { Clock } from './clock.ts'
import type { FaultList } from './faults.ts'
import type { IdempotencyStore } from './idempotency.ts'
import type { Limiter } from './limits.ts'
import type { Books } from './model.ts'
import type { Spoilt } from './spoiling.ts'
import type { TokenStore } from './tokens.ts'

/** A write the sandbox accepted. What a person did through the control page has the method CONTROL. */
export type LedgerEntry = {
  readonly at: string
  readonly method: string
  readonly path: string
  readonly resource: string
  readonly id: string
  readonly body: unknown
}

export type RequestEntry = {
  readonly at: string
  readonly method: string
  readonly path: string
  /** 0 when the connection was cut instead of answered. */
  readonly status: number
  readonly fault?: string
}

export type Connection = {
  readonly id: string
  readonly authEventId: string
  readonly tenantId: string
  readonly createdDateUtc: string
  updatedDateUtc: string
}

/** Everything one running sandbox holds. Tests may read it directly. */
export type World = {
  readonly tenantId: string
  readonly clientId: string
  readonly clientSecret: string
  readonly books: Books
  readonly clock: Clock
  readonly tokens: TokenStore
  readonly limiter: Limiter
  readonly faults: FaultList
  /** Records that leave otherwise than they stand in the books, by id. */
  readonly spoilt: Map<string, Spoilt>
  readonly idempotency: IdempotencyStore
  readonly ledger: LedgerEntry[]
  readonly requests: RequestLog
  /** Absent after a disconnect, until the next consent. */
  connection: Connection | undefined
  /** Skips the consent page. */
  autoApprove: boolean
  /** Redirect addresses that are accepted; empty accepts any. */
  readonly redirectUris: readonly string[]
  /** Records a listing may look through before it is refused as high volume. */
  readonly highVolume: number
  readonly latencyMs: number
}

/** How many requests are remembered one by one; the counters never forget. */
const KEPT_REQUESTS = 500

export type RequestLog = {
  readonly byRoute: Map<string, number>
  readonly last: RequestEntry[]
  total: number
}

export const createRequestLog = (): RequestLog => ({ byRoute: new Map(), last: [], total: 0 })

export function noteRequest(
  { requests, clock }: World,
  request: { readonly method: string; readonly url: string },
  status: number,
  fault: string | undefined,
): void {
  const route = routeOf(request.method, request.url.split('?')[0] ?? '')
  requests.total++
  requests.byRoute.set(route, (requests.byRoute.get(route) ?? 0) + 1)
  const at = new Date(clock.now()).toISOString()
  requests.last.push({ at, method: request.method, path: request.url, status, ...(fault ? { fault } : {}) })
  if (requests.last.length > KEPT_REQUESTS) requests.last.shift()
}

/** GET /api.xro/2.0/Invoices/:id and the like: ids are folded, or the counters would grow with the data. */
function routeOf(method: string, path: string): string {
  const parts = path.split('/').filter(Boolean)
  const fold = parts[0]?.toLowerCase() === 'api.xro' ? 3 : parts[0] === 'connections' ? 1 : parts.length
  return `${method} /${parts.map((part, i) => (i === fold || i === fold + 2 ? ':id' : part)).join('/')}`
}

export function noteWrite(world: World, entry: Omit<LedgerEntry, 'at'>): void {
  world.ledger.push({ at: new Date(world.clock.now()).toISOString(), ...entry })
}
