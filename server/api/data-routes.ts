import { Readable } from 'node:stream'
import { ErasureAnswer, ErasureRequest } from '../contract/data.ts'
import { Json, WorkspaceParams } from '../contract/shared.ts'
import { eraseInRun, keysToErase, noteErasure, runsWith } from '../store/erase.ts'
import { EXPORTED, exportPage, isLastPage } from '../store/workspace-export.ts'
import { whoAsks } from './access.ts'
import { auditDeed, tell } from './audit.ts'
import { type Api, type AppParts, inTenant } from './parts.ts'

/** Runs that one request blanks at most: it may last a minute. */
const MOST_RUNS = 50

/** What a workspace is made of, to be taken along; and what is kept of people, to be blanked. */
export function dataRoutes(api: Api, parts: AppParts): void {
  const tags = ['workspaces']

  api.get(
    '/workspaces/:workspace/export',
    {
      schema: {
        summary:
          'Download the workspace as JSON lines: flows, versions, connections without secrets, what was set aside',
        tags,
        params: WorkspaceParams,
        produces: ['application/x-ndjson'],
        response: { 200: Json },
      },
      config: { permission: 'data.export' },
    },
    async (request, reply) => {
      const { workspace } = request.params
      await inTenant(parts, request, (tx) => auditDeed(tx, workspace, request, { action: 'workspace.export' }))
      async function* lines() {
        for (const table of EXPORTED) {
          for (let offset = 0; ; ) {
            const rows = await inTenant(parts, request, (tx) => exportPage(tx, workspace, table, offset))
            for (const row of rows) yield `${JSON.stringify({ table, row })}\n`
            if (isLastPage(rows)) break
            offset += rows.length
          }
        }
        yield `${JSON.stringify({ end: true, at: new Date().toISOString() })}\n`
      }
      return reply
        .type('application/x-ndjson')
        .header('content-disposition', `attachment; filename="workspace-${workspace}.jsonl"`)
        .send(Readable.from(lines()))
    },
  )

  api.post(
    '/workspaces/:workspace/erasures',
    {
      schema: {
        summary: 'Blank what is kept of a person’s records, 50 runs a call; ask again until nothing is left',
        tags,
        params: WorkspaceParams,
        body: ErasureRequest,
        response: { 200: ErasureAnswer },
      },
      config: { permission: 'data.erase', stepUp: true },
    },
    async (request) => {
      const { reason, dry = false } = request.body
      const keys = keysToErase(request.body.keys)
      const by = whoAsks(request).person.id
      return inTenant(parts, request, async (tx, workspace) => {
        const runs = await runsWith(tx, parts.keys, workspace, keys)
        const now = dry ? [] : runs.slice(0, MOST_RUNS)
        const sums = { records: 0, exceptions: 0, events: 0 }
        for (const run of now) {
          const done = await eraseInRun(tx, parts.keys, workspace, run, keys, by)
          sums.records += done.records
          sums.exceptions += done.exceptions
          sums.events += done.events
        }
        if (!dry) {
          const erasure = await noteErasure(tx, workspace, { ...sums, runs: now.length, reason, by })
          tell(request, { subject: { erasure }, detail: { ...sums, runs: now.length } })
        }
        return { ...sums, runs: now.length, left: runs.length - now.length }
      })
    },
  )
}
