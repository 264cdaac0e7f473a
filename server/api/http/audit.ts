import type { FastifyRequest } from 'fastify'
import { type Kysely, sql, type Transaction } from 'kysely'
import type { ActorKind } from '../../audit/chain.ts'
import { API } from '../../contract/paths.ts'
import { appendAudit, type Deed } from '../../store/workspace/audit.ts'
import type { Person } from '../../store/people/people.ts'
import type { Database } from '../../store/database/schema.ts'
import type { Who } from './access.ts'
import { AUDITED, UNAUDITED } from './audit-table.ts'
import type { Api } from './parts.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** What a handler adds to the request's entry in the audit log. */
    told: Told | undefined
  }
}

export type Asking = Pick<FastifyRequest, 'method' | 'routeOptions' | 'id' | 'ip' | 'params' | 'body' | 'told'> & {
  readonly who: Pick<Who, 'via' | 'person'> | undefined
}

const METHODS = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])
/** Asking for the head of an answer counts as asking for the answer. */
const routeOf = ({ method, routeOptions }: Pick<FastifyRequest, 'method' | 'routeOptions'>): string =>
  `${method === 'HEAD' ? 'GET' : method} ${(routeOptions.url ?? '').replace(API, '')}`

/** `subject`: ids of what was made, by kind. `detail`: what became of it; nothing secret, nothing personal. */
export type Told = {
  readonly subject?: { readonly [kind: string]: string }
  readonly detail?: { readonly [name: string]: unknown }
}

/** Adds to the entry of the request. Handlers hand on the request they were given, some as less than it is. */
export function tell(request: object, { subject, detail }: Told): void {
  const told = request as Pick<FastifyRequest, 'told'>
  told.told = { subject: { ...told.told?.subject, ...subject }, detail: { ...told.told?.detail, ...detail } }
}

/** Stops the start if a route that changes something is missing in the table, or the table names one that is not there. */
export function guardAudit(api: Api): void {
  const served = new Set<string>()
  api.decorateRequest('told', undefined)
  api.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) served.add(`${one} ${url.replace(API, '')}`)
  })
  api.addHook('onReady', async () => {
    const within = [...served].filter((route) => METHODS.has(route.split(' ')[0]!) && !route.includes(' /hooks/'))
    const missing = within.filter((route) => !Object.hasOwn(AUDITED, route) && !Object.hasOwn(UNAUDITED, route))
    const gone = [...Object.keys(AUDITED), ...Object.keys(UNAUDITED)].filter((route) => !served.has(route))
    const faults = [
      ...missing.map((route) => `${route} has no line in server/api/http/audit-table.ts`),
      ...gone.map((route) => `server/api/http/audit-table.ts names ${route}, which is not there`),
    ]
    if (faults.length > 0) throw new Error(`The audit log is not complete: ${faults.join('; ')}.`)
  })
}

/**
 * Writes the entry of a request into the transaction that changed something for it, once. A transaction that has only
 * read needs none.
 */
export async function auditChange(tx: Transaction<Database>, workspace: string, request: Asking): Promise<void> {
  const audited = AUDITED[routeOf(request)]
  if (!audited || recorded.has(request)) return
  const wrote = await sql<{ wrote: boolean }>`select pg_current_xact_id_if_assigned() is not null as wrote`.execute(tx)
  if (!wrote.rows[0]?.wrote) return
  recorded.add(request)
  await appendAudit(tx, workspace, describe(request, audited.action, audited.body))
}

/** For what belongs to no transaction of a workspace: signing in, and attempts that were refused. */
export async function auditDeed(
  db: Kysely<Database>,
  workspace: string,
  request: Asking,
  /** `person`: who it turned out to be, where the request itself does not say. */
  { action, person, told }: { readonly action?: string; readonly person?: Person; readonly told?: Told } = {},
): Promise<void> {
  recorded.add(request)
  if (told) tell(request, told)
  const { action: usual = routeOf(request), body } = AUDITED[routeOf(request)] ?? {}
  const asking = person ? { ...asked(request), who: { via: 'session' as const, person } } : request
  const deed = describe(asking, action ?? usual, body)
  if (db.isTransaction) await appendAudit(db as Transaction<Database>, workspace, deed)
  else await db.transaction().execute((tx) => appendAudit(tx, workspace, deed))
}

const recorded = new WeakSet<object>()

/** Whether a request that the table has a line for was answered well, and left no entry: it has changed nothing, or is a mistake of ours. */
export function leftNoEntry(request: Asking, status: number): boolean {
  return status < 400 && Object.hasOwn(AUDITED, routeOf(request)) && !recorded.has(request)
}

const asked = ({ method, routeOptions, id, ip, who, params, body, told }: Asking): Asking => ({
  method,
  routeOptions,
  id,
  ip,
  who,
  params,
  body,
  told,
})

/**
 * The same request as it concerns a flow in another workspace: what it changes there has an entry of its own there, which
 * says nothing of the others. Whether the person may do it there is for the handler to know.
 */
export function inTurn<P extends { readonly workspace: string; readonly flow: string }>(request: object, params: P) {
  return { ...asked(request as Asking), params, body: undefined, told: undefined }
}

function describe(request: Asking, action: string, fields: readonly string[] = []): Deed {
  const { who } = request
  const params = Object.entries((request.params ?? {}) as { [name: string]: string })
  const body =
    request.body !== null && typeof request.body === 'object' ? (request.body as Record<string, unknown>) : {}
  const kept = fields.filter((field) => body[field] !== undefined).map((field) => [field, body[field]])
  const kind: ActorKind = who ? (who.via === 'token' ? 'token' : 'person') : 'nobody'
  return {
    action,
    actor: { kind, id: who?.person.id ?? null },
    who: { name: who?.person.name ?? '', email: who?.person.email ?? '', address: request.ip },
    subject: { ...Object.fromEntries(params.filter(([name]) => name !== 'workspace')), ...request.told?.subject },
    detail: { ...Object.fromEntries(kept), ...request.told?.detail },
    requestId: request.id,
  }
}
