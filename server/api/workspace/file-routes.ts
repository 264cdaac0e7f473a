import { Readable } from 'node:stream'
import { Type } from 'typebox'
import { FileList, FileParams, type FileView, UploadQuery, Uploaded } from '../../contract/files.ts'
import { WorkspaceParams } from '../../contract/shared.ts'
import { inWorkspace } from '../../store/database/database.ts'
import {
  dropContent,
  FileTooLarge,
  type FileRow,
  findFile,
  type InTenant,
  keepFile,
  listFiles,
  readFileFrom,
} from '../../store/workspace/files.ts'
import { whoAsks } from '../http/access.ts'
import { auditDeed, tell } from '../http/audit.ts'
import { download, type Pages } from '../http/download.ts'
import { notedLook } from '../http/noted-look.ts'
import { type Api, type AppParts, inTenant } from '../http/parts.ts'
import { ApiProblem, found } from '../http/problems.ts'

/** Bytes of one upload: what a line of 25 Mbit/s brings within the minute that a request may take. */
const MOST_BYTES = 200_000_000

/** Files that flows read, and those they made. */
export function fileRoutes(api: Api, parts: AppParts): void {
  const tags = ['files']
  const at = '/workspaces/:workspace/files'

  api.get(
    at,
    {
      schema: { summary: 'List the files that are kept', tags, params: WorkspaceParams, response: { 200: FileList } },
      config: { permission: 'files.read' },
    },
    async (request) => {
      const rows = await inTenant(parts, request, (tx, workspace) => listFiles(tx, workspace, undefined))
      return { items: rows.map(view) }
    },
  )

  api.register(async (scope: Api) => {
    // Taken as it comes, never as a whole.
    scope.addContentTypeParser(['application/octet-stream', 'text/csv'], (_request, payload, done) =>
      done(null, payload),
    )
    scope.post(
      at,
      {
        schema: {
          summary: 'Upload a file: its bytes are the body, as application/octet-stream or text/csv',
          tags,
          params: WorkspaceParams,
          querystring: UploadQuery,
          response: { 200: Uploaded, 201: Uploaded },
        },
        config: { permission: 'files.manage', codes: ['BODY_TOO_LARGE', 'BODY_PACKED'] },
      },
      async (request, reply) => {
        const { name } = request.query
        const { body } = request
        if (!(body instanceof Readable)) throw new ApiProblem('BODY_MALFORMED', 'The body has to be the file itself.')
        const { workspace } = request.params
        const by = whoAsks(request).person.id
        const pieces: InTenant = (work) => inWorkspace(parts.app, workspace, (tx) => work(tx, workspace))
        const kept = await keepFile(
          pieces,
          parts.keys,
          { folder: 'uploads', name, stamp: new Date().toISOString(), by },
          body,
          MOST_BYTES,
        ).catch((error: unknown) => {
          if (!(error instanceof FileTooLarge)) throw error
          throw new ApiProblem(
            'BODY_TOO_LARGE',
            `A file may have ${MOST_BYTES / 1_000_000} MB. Nothing of it was kept.`,
          )
        })
        const file = found(kept.file, 'file')
        tell(request, { subject: { file: file.id } })
        // It was kept piece by piece, in transactions of its own.
        if (kept.fresh) await inTenant(parts, request, (tx) => auditDeed(tx, workspace, request))
        return reply.code(kept.fresh ? 201 : 200).send({ file: view(file), known: !kept.fresh })
      },
    )
  })

  api.get(
    `${at}/:file/content`,
    {
      schema: { summary: 'Download a file', tags, params: FileParams, produces: ['application/octet-stream'] },
      config: { permission: 'files.read' },
    },
    async (request, reply) => {
      const { workspace, file: id } = request.params
      async function* content(pages: Pages) {
        let left = file.bytes
        for await (const piece of readFileFrom(pages, parts.keys, id, 0)) {
          left -= piece.length
          yield piece
        }
        if (left !== 0) throw new Error(`The content of file ${id} was deleted while it was downloaded.`)
      }
      const file = await notedLook(parts, request, async (tx) => found(await findFile(tx, workspace, id), 'file'))
      return reply
        .header('content-type', 'application/octet-stream')
        .header('content-length', file.bytes)
        .header('content-disposition', `attachment; filename*=UTF-8''${encodeURIComponent(file.name)}`)
        .send(download(parts, request, content))
    },
  )

  api.delete(
    `${at}/:file`,
    {
      schema: {
        summary: 'Delete the content of a file; reads that have not begun it pass it over',
        tags,
        params: FileParams,
        response: { 204: Type.Null() },
      },
      config: { permission: 'files.manage' },
    },
    async (request, reply) => {
      const { file } = request.params
      await inTenant(parts, request, async (tx, workspace) => {
        found(await findFile(tx, workspace, file), 'file')
        await dropContent(tx, workspace, file)
      })
      return reply.code(204).send(null)
    },
  )
}

const view = ({ id, name, bytes, folder, by, created_at }: FileRow): FileView => ({
  ...{ id, name, bytes, by, uploaded: folder === 'uploads' },
  at: created_at.toISOString(),
})
