import type { Kysely } from 'kysely'
import { StepError } from '../../connectors/kit/errors.ts'
import { type Files, type StoredFile, UPLOADS } from '../../connectors/kit/files.ts'
import { inWorkspace } from '../store/database/database.ts'
import {
  FileTooLarge,
  type FileRow,
  type InTenant,
  keepFile,
  knowsFile,
  listFiles,
  MOST_BYTES,
  readFileFrom,
} from '../store/workspace/files.ts'
import type { Database } from '../store/database/schema.ts'
import type { Keyring } from '../store/key/secrets.ts'

/** The files of a workspace as an operation of one connection may use them. */
export function createFiles(parts: {
  readonly db: Kysely<Database>
  readonly keys: Keyring
  readonly workspace: string
  readonly connection: string
}): Files {
  const { db, keys, workspace } = parts
  const own = `made/${parts.connection}`
  const inTenant: InTenant = (work) => inWorkspace(db, workspace, (tx) => work(tx, workspace))
  const folderOf = (folder: string | undefined) => (folder === UPLOADS ? UPLOADS : own)
  return {
    list: async (folder, after) =>
      (await inTenant((tx) => listFiles(tx, workspace, folderOf(folder), after))).map(storedFile),
    knows: (name, stamp) => inTenant((tx) => knowsFile(tx, workspace, { folder: own, name, stamp })),
    read: (file, from) => readFileFrom(inTenant, keys, file.id, from),
    async keep(name, stamp, content) {
      try {
        const kept = await keepFile(inTenant, keys, { folder: own, name, stamp }, content)
        return kept.fresh && kept.file ? storedFile(kept.file) : undefined
      } catch (error) {
        if (!(error instanceof FileTooLarge)) throw error
        throw new StepError('REPLY_TOO_LARGE', `The file ${name} is larger than ${MOST_BYTES / 1_000_000} MB.`, {
          cause: error,
        })
      }
    },
  }
}

const storedFile = ({ id, name, bytes, sequence, created_at }: FileRow): StoredFile => ({
  ...{ id, name, bytes, sequence },
  at: created_at.toISOString(),
})
