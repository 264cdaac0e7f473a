import { type Static, Type } from 'typebox'
import { Id, Nullable, strict, Timestamp } from './shared.ts'

/** A file that the workspace keeps. */
export const FileView = Type.Object(
  {
    id: Id,
    name: Type.String(),
    bytes: Type.Integer(),
    /** Uploaded by a person; else made or fetched by a flow. */
    uploaded: Type.Boolean(),
    /** Name of the person who uploaded it. */
    by: Nullable(Type.String()),
    at: Timestamp,
  },
  strict,
)
export type FileView = Static<typeof FileView>

/** `GET …/files`, newest first, 1,000 at most. */
export const FileList = Type.Object({ items: Type.Array(FileView) }, strict)
export type FileList = Static<typeof FileList>

export const FileParams = Type.Object({ workspace: Id, file: Id }, strict)

/** `POST …/files?name=orders.csv` with the file itself as its body. */
export const UploadQuery = Type.Object(
  {
    // No slashes and nothing invisible: the name is shown, and is what reads look for.
    name: Type.String({ minLength: 1, maxLength: 200, pattern: '^[^/\\\\\\u0000-\\u001f\\u007f]+$' }),
  },
  strict,
)

/** `known`: the content was here already, under the name that stands there. */
export const Uploaded = Type.Object({ file: FileView, known: Type.Boolean() }, strict)
export type Uploaded = Static<typeof Uploaded>
