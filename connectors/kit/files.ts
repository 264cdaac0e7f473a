/** A complete file that the workspace keeps. */
export type StoredFile = {
  readonly id: string
  readonly name: string
  readonly bytes: number
  /** Larger than that of any file of its folder that was complete before it. */
  readonly sequence: number
  /** When it was complete: ISO 8601, UTC. */
  readonly at: string
}

/** What people uploaded. A connection's own files are in the folder of its id. */
export const UPLOADS = 'uploads'

/**
 * Files that the workspace keeps, for operations that read or make whole files. `folder` is `uploads`, or undefined for
 * what belongs to the connection alone. Contents are known by their hash: one content is one file of a folder.
 */
export type Files = {
  /** Complete files behind a sequence number (0: all), in order. */
  list(folder: string | undefined, after: number): Promise<readonly StoredFile[]>
  /** Whether a file with this name and stamp (a size, a time) was kept before, its content still there or not. */
  knows(name: string, stamp: string): Promise<boolean>
  /** The bytes of a file from an offset on, in pieces of at most 1 MB. */
  read(file: StoredFile, from: number): AsyncIterable<Uint8Array>
  /**
   * Keeps a file of the connection. A content that is there already is not kept twice: undefined. Nothing of a file is
   * seen before all of it is kept. @throws StepError REPLY_TOO_LARGE above the limit of a file
   */
  keep(name: string, stamp: string, content: AsyncIterable<Uint8Array>): Promise<StoredFile | undefined>
}
