import type { Transaction } from 'kysely'
import { RecordHistory, RecordQuery } from '../../contract/search.ts'
import type { RecordEvent } from '../../contract/search.ts'
import { WorkspaceParams } from '../../contract/shared.ts'
import { inlined } from '../../flow/document/sub-flow.ts'
import {
  findEffects,
  findEvents,
  findExceptionsAbout,
  findReads,
  otherNames,
  type ReadRow,
} from '../../store/trace/records.ts'
import type { Database, Role } from '../../store/database/schema.ts'
import { findVersion } from '../../store/flow/versions.ts'
import { readStored } from '../flow/flow-documents.ts'
import { type Api, type AppParts, inTenant } from '../http/parts.ts'
import { effectEvent, exceptionEvents, hookEvent, type NodeNames, readEvent } from './record-events.ts'

const PAGE = 50
/** Things that happened in the same millisecond stay on one page: `before` could not tell them apart. */
const TIES = 100
/** Reads whose kept records are looked at for other names of the record: the newest may be past its time. */
const LOOKED_AT = 3

export function recordRoutes(api: Api, parts: AppParts): void {
  api.get(
    '/workspaces/:workspace/records',
    {
      schema: {
        summary: 'What happened to an invoice, a contact, an order: by its business key, newest first',
        tags: ['records'],
        params: WorkspaceParams,
        querystring: RecordQuery,
        response: { 200: RecordHistory },
      },
      config: { permission: 'runs.read' },
    },
    async (request) => {
      const { before, limit = PAGE } = request.query
      const key = request.query.key.trim()
      return inTenant(parts, request, async (tx, workspace) => {
        const items = await eventsOf(
          parts,
          tx,
          workspace,
          key,
          before === undefined ? undefined : new Date(before),
          limit,
          request.role,
        )
        let end = Math.min(limit, items.length)
        while (end < items.length && items[end]!.at === items[end - 1]!.at) end++
        return { key, items: items.slice(0, end), next: end < items.length ? items[end - 1]!.at : null }
      })
    },
  )
}

async function eventsOf(
  parts: AppParts,
  tx: Transaction<Database>,
  workspace: string,
  key: string,
  before: Date | undefined,
  limit: number,
  role: Role | undefined,
): Promise<RecordEvent[]> {
  const stretch = { before, limit: limit + TIES }
  const reads = await findReads(tx, parts.keys, workspace, key, stretch)
  const names = [key, ...(await moreNames(tx, workspace, reads, key))]
  const effects = await findEffects(tx, workspace, names, stretch)
  const exceptions = await findExceptionsAbout(tx, workspace, names, stretch)
  const events = await findEvents(tx, workspace, names, stretch)
  const nodes = await nodeNames(tx, workspace, [...reads, ...effects, ...exceptions, ...events])
  return [
    ...reads.map((row) => readEvent(row, nodes)),
    ...effects.map((row) => effectEvent(row, nodes, parts.catalog, role)),
    ...exceptions.flatMap((row) => exceptionEvents(row, nodes)),
    ...events.map((row) => hookEvent(row, role)),
  ]
    .filter(({ at }) => before === undefined || at < before.toISOString())
    .sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0))
}

async function moreNames(
  tx: Transaction<Database>,
  workspace: string,
  reads: readonly ReadRow[],
  key: string,
): Promise<string[]> {
  for (const read of reads.slice(0, LOOKED_AT)) {
    const names = await otherNames(tx, workspace, read, key)
    if (names.length > 0) return names
  }
  return []
}

async function nodeNames(
  tx: Transaction<Database>,
  workspace: string,
  rows: readonly { readonly flow_id: string | null; readonly version: number | null }[],
): Promise<NodeNames> {
  const versions = new Map<string, ReadonlyMap<string, string>>()
  for (const { flow_id, version } of rows) {
    if (flow_id === null || version === null || versions.has(`${flow_id} ${version}`)) continue
    const row = await findVersion(tx, workspace, flow_id, version)
    const nodes = row ? inlined(readStored(row.document)).nodes : []
    versions.set(`${flow_id} ${version}`, new Map(nodes.map(({ id, name }) => [id, name])))
  }
  return (flow, version, node) => versions.get(`${flow} ${version}`)?.get(node) ?? null
}
