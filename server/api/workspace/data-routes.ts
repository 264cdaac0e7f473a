import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyRequest } from 'fastify'
import type { Transaction } from 'kysely'
import { ErasureAnswer, ErasureList, ErasureRequest } from '../../contract/data.ts'
import { Json, WorkspaceParams } from '../../contract/shared.ts'
import {
  eraseInRun,
  eraseInSamples,
  holdErasures,
  keysToErase,
  listErasures,
  noteErasure,
  personOf,
  runsAtWork,
  runsWith,
} from '../../store/erasure/erase.ts'
import type { Database } from '../../store/database/schema.ts'
import { EXPORTED, exportPage, isLastPage } from '../../store/offboarding/workspace-export.ts'
import { whoAsks } from '../http/access.ts'
import { auditDeed, tell } from '../http/audit.ts'
import { download, type Pages } from '../http/download.ts'
import { maskedKey } from '../view/mask.ts'
import { type Api, type AppParts, inTenant } from '../http/parts.ts'
import { ApiProblem } from '../http/problems.ts'

/** Runs that one request blanks at most: it may last a minute. */
const MOST_RUNS = 50
const MOST_LISTED = 200

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
      config: { permission: 'data.export', statementSeconds: 60 },
    },
    async (request, reply) => {
      const { workspace } = request.params
      await inTenant(parts, request, (tx) => auditDeed(tx, workspace, request))
      async function* lines(pages: Pages) {
        for (const table of EXPORTED) {
          for (let offset = 0; ; ) {
            const rows = await pages((tx) => exportPage(tx, workspace, table, offset))
            for (const row of rows) yield `${JSON.stringify({ table, row: withKeysFor(row, request.role) })}\n`
            if (isLastPage(rows)) break
            offset += rows.length
          }
        }
        yield `${JSON.stringify({ end: true, at: new Date().toISOString() })}\n`
      }
      return reply
        .type('application/x-ndjson')
        .header('content-disposition', `attachment; filename="workspace-${workspace}.jsonl"`)
        .send(download(parts, request, lines))
    },
  )

  api.get(
    '/workspaces/:workspace/erasures',
    {
      schema: {
        summary: 'List what was blanked for people, newest first, without saying for whom',
        tags,
        params: WorkspaceParams,
        response: { 200: ErasureList },
      },
      config: { permission: 'suppressions.read' },
    },
    async (request) => {
      const rows = await inTenant(parts, request, (tx, workspace) => listErasures(tx, workspace, MOST_LISTED))
      return { items: rows.map((row) => ({ ...row, at: row.at.toISOString() })) }
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
      config: { permission: 'data.erase', stepUp: true, statementSeconds: 60, codes: ['ERASURE_ACTIVE'] },
    },
    async (request) => {
      const { reason, dry = false } = request.body
      const keys = keysToErase(request.body.keys)
      const by = whoAsks(request).person.id
      const erase = async (tx: Transaction<Database>, workspace: string) => {
        if (!(await holdErasures(tx, workspace))) throw new ErasureBusy()
        const person = personOf(parts.keys, workspace, keys)
        const runs = await runsWith(tx, workspace, person)
        const now = runs.slice(0, MOST_RUNS)
        const sums = { records: await eraseInSamples(tx, parts.keys, workspace, person), exceptions: 0, events: 0 }
        for (const run of now) {
          const done = await eraseInRun(tx, parts.keys, workspace, run, person, by)
          sums.records += done.records
          sums.exceptions += done.exceptions
          sums.events += done.events
        }
        const more = { left: runs.length - now.length, atWork: await runsAtWork(tx, workspace) }
        return { person, done: { ...sums, runs: now.length }, more }
      }
      if (dry)
        return oneByOne(() =>
          countOnly((undo) =>
            inTenant(parts, request, async (tx, workspace) => {
              const { done, more } = await erase(tx, workspace)
              return undo({ ...done, ...more })
            }),
          ),
        )
      const answer = await oneByOne(() =>
        inTenant(parts, request, async (tx, workspace) => {
          const { person, done, more } = await erase(tx, workspace)
          const erasure = await noteErasure(tx, workspace, person, { ...done, reason, by })
          tell(request, { subject: { erasure }, detail: done })
          return { ...done, ...more }
        }),
      )
      // Outside the database before anybody is told that it is done. If that fails, housekeeping does it, and Health says so.
      await parts.erasures?.keep(parts.system).catch((error: unknown) => {
        request.log.error(
          { err: error },
          'an erasure could not be written down outside the database; it is tried again',
        )
      })
      return answer
    },
  )
}

/** Effects in doubt have the key to look for in the other system. */
function withKeysFor(row: unknown, role: FastifyRequest['role']): unknown {
  if (typeof row !== 'object' || row === null || !('document' in row) || typeof row.document !== 'string') return row
  return { ...row, document: maskedKey(row.document, role) }
}

class ErasureBusy extends Error {}

/** How long a request waits for its turn, without a transaction that others would have to wait for, in milliseconds. */
const TURN_MS = 20_000
const LOOK_AGAIN_MS = 200

async function oneByOne<T>(work: () => Promise<T>): Promise<T> {
  for (const until = performance.now() + TURN_MS; ; ) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof ErasureBusy)) throw error
      if (performance.now() > until) throw new ApiProblem('ERASURE_ACTIVE', undefined, { retryAfterSeconds: 10 })
      await sleep(LOOK_AGAIN_MS)
    }
  }
}

class Undone<T> {
  readonly answer: T
  constructor(answer: T) {
    this.answer = answer
  }
}

/** Does it, learns what came of it, and takes it back with its transaction. */
async function countOnly<T>(work: (undo: (answer: T) => never) => Promise<T>): Promise<T> {
  try {
    return await work((answer) => {
      throw new Undone(answer)
    })
  } catch (error) {
    if (error instanceof Undone) return error.answer as T
    throw error
  }
}
