import type { FastifyRequest } from 'fastify'
import type { ClientResult } from '../../contract/clients.ts'
import { inlined } from '../../flow/document/sub-flow.ts'
import {
  type ClientPushRow,
  type ClientRow,
  findClients,
  insertClientPush,
  sourceOf,
} from '../../store/workspace/clients.ts'
import { findDraft } from '../../store/flow/flows.ts'
import { listMemberships } from '../../store/people/people.ts'
import type { Role } from '../../store/database/schema.ts'
import { findVersion } from '../../store/flow/versions.ts'
import { lacking, whoAsks } from '../http/access.ts'
import { inTurn, tell } from '../http/audit.ts'
import type { Source } from './client-look.ts'
import type { Landed } from './client-push.ts'
import { readStored } from '../flow/flow-documents.ts'
import { type AppParts, inTenant } from '../http/parts.ts'
import { isAllowed } from '../http/permissions.ts'
import { ApiProblem, found } from '../http/problems.ts'

export type MasterRequest = FastifyRequest & { readonly params: { readonly workspace: string; readonly flow: string } }
export type Place = { readonly workspace: string; readonly flow: string }

/** The flow whose clients are meant, at one of its published versions, or at its live one. */
export async function sourceFor(parts: AppParts, request: MasterRequest, version?: number): Promise<Source> {
  const { flow } = request.params
  return inTenant(parts, request, async (tx, workspace) => {
    const row = found(await findDraft(tx, workspace, flow), 'flow')
    const number = version ?? row.live_version
    if (number === null) throw new ApiProblem('NOT_PUBLISHED')
    const published = found(await findVersion(tx, workspace, flow, number), 'version')
    const document = inlined(readStored(published.document, published.layout))
    const { name } = readStored(row.draft)
    return { id: sourceOf(workspace, flow), name, version: number, document }
  })
}

/**
 * What the person may do in each workspace that lets them in as they came: to one that asks for single sign-on, say, no way
 * leads through another that does not. A token stands for its person in one workspace alone.
 */
export async function rolesOf(parts: AppParts, request: MasterRequest): Promise<ReadonlyMap<string, Role>> {
  const who = whoAsks(request)
  const memberships = await listMemberships(parts.system, who.person.id)
  const within = memberships.filter(
    ({ id, rule }) => (who.via === 'session' || id === who.workspace) && !lacking(rule, who),
  )
  return new Map(within.map(({ id, role }) => [id, role]))
}

/** Clients that the person may see, and how many others there are. */
export async function clientsOf(parts: AppParts, request: MasterRequest) {
  const { workspace, flow } = request.params
  const roles = await rolesOf(parts, request)
  const rows = await findClients(parts.system, sourceOf(workspace, flow), whoAsks(request).person.id)
  const seen = rows.filter((row) => roles.has(row.workspace))
  return { seen, hidden: rows.length - seen.length, roles }
}

/**
 * Does something with each client in turn. One that is refused, or fails, does not stop the others. `work` gets the
 * request as it concerns that client, whose changes are audited there, and answers the new number of its version, or the
 * request for it.
 */
export async function eachClient(
  parts: AppParts,
  request: MasterRequest,
  places: readonly Place[],
  done: 'pushed' | 'rolled-back',
  work: (client: ReturnType<typeof inTurn<Place>>, row: ClientRow, at: number) => Promise<Landed>,
): Promise<ClientResult[]> {
  const { seen } = await clientsOf(parts, request)
  const results: ClientResult[] = []
  for (const [at, { workspace, flow }] of places.entries()) {
    const row = seen.find((one) => one.workspace === workspace && one.flow === flow)
    const result = { workspace, flow, name: row?.name ?? '', number: null }
    try {
      const client = mayPush(row)
      const landed = await work(inTurn(request, { workspace, flow }), client, at)
      if ('number' in landed) results.push({ ...result, outcome: done, number: landed.number, reason: null })
      else results.push({ ...result, outcome: 'asked', approval: landed.approval, reason: null })
    } catch (error) {
      if (error instanceof ApiProblem) {
        results.push({ ...result, outcome: 'refused', reason: error.message })
        continue
      }
      request.log.error({ err: error, client: workspace, flow }, 'a client could not be pushed to')
      const reason = `It did not work, and nothing changed there. Tell us the request’s number: ${request.id}.`
      results.push({ ...result, outcome: 'failed', reason })
    }
  }
  return results
}

/** @throws ApiProblem NOT_FOUND, NOT_ALLOWED */
export function mayPush(row: ClientRow | undefined): ClientRow {
  if (!row?.role)
    throw new ApiProblem(
      'NOT_FOUND',
      'This is no client of the flow, or its workspace does not let you in, as you signed in.',
    )
  if (row.closing) throw new ApiProblem('WORKSPACE_CLOSING', `“${row.name}” is being closed: nothing goes live there.`)
  if (isAllowed(row.role, 'flows.publish')) return row
  const detail = `The role ${row.role} in “${row.name}” does not include “flows.publish”. Ask an owner there.`
  throw new ApiProblem('NOT_ALLOWED', detail)
}

/** Keeps what became of it in the workspace of the flow itself, with its entry in the audit log. */
export async function keepResults(
  parts: AppParts,
  request: MasterRequest,
  kind: ClientPushRow['kind'],
  version: number | null,
  results: readonly ClientResult[],
): Promise<void> {
  const author = whoAsks(request).person
  await inTenant(parts, request, async (tx, workspace) => {
    await insertClientPush(tx, { workspace, flow: request.params.flow, kind, version, author, results })
    const clients = results.map(({ workspace: client, flow, outcome, number }) => ({ client, flow, outcome, number }))
    tell(request, { detail: { version, clients } })
  })
}
