import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { zstdCompress, zstdDecompress } from 'node:zlib'
import { type Kysely, sql, type Transaction } from 'kysely'
import { inBlocks } from '../../../connectors/kit/blocks.ts'
import { newId } from '../database/ids.ts'
import type { Database } from '../database/schema.ts'
import { type Keyring, open, seal } from '../key/secrets.ts'

type Tx = Transaction<Database>
/** Runs something in a short transaction that sees one workspace. */
export type InTenant = <T>(work: (tx: Tx, workspace: string) => Promise<T>) => Promise<T>

const pack = promisify(zstdCompress)
const unpack = promisify(zstdDecompress)

/** Bytes of one piece, before it is packed. */
export const PIECE = 1_000_000
/** Bytes of one file. */
export const MOST_BYTES = 1_000_000_000

/** The file that has the content, unless that is gone; `fresh`: it was not known before. */
export type Kept = { readonly file: FileRow | undefined; readonly fresh: boolean }

/** The content of a file is longer than `MOST_BYTES`. */
export class FileTooLarge extends Error {}

export type FileRow = {
  readonly id: string
  readonly folder: string
  readonly name: string
  readonly bytes: number
  readonly sequence: number
  readonly gone: boolean
  readonly by: string | null
  readonly created_at: Date
}

const columns = sql`f.id, f.folder, f.name, f.bytes::float8 as bytes, f.sequence::float8 as sequence, f.gone,
  u.name as by, f.created_at`

/** Complete files of a folder behind a sequence number, in order; without a folder what people see: uploads, made files. */
export async function listFiles(
  tx: Tx,
  workspace: string,
  folder: string | undefined,
  after = 0,
): Promise<readonly FileRow[]> {
  const { rows } = await sql<FileRow>`
    select ${columns} from files f left join users u on u.id = f.created_by
    where f.workspace_id = ${workspace} and f.sequence > ${after} and not f.gone
      and ${folder === undefined ? sql`(f.folder = 'uploads' or f.folder like 'made/%')` : sql`f.folder = ${folder}`}
    order by ${folder === undefined ? sql`f.created_at desc` : sql`f.sequence`} limit 1000
  `.execute(tx)
  return rows
}

export async function findFile(tx: Tx, workspace: string, id: string): Promise<FileRow | undefined> {
  const { rows } = await sql<FileRow>`
    select ${columns} from files f left join users u on u.id = f.created_by
    where f.workspace_id = ${workspace} and f.id = ${id} and f.sequence is not null and not f.gone
  `.execute(tx)
  return rows[0]
}

export async function knowsFile(
  tx: Tx,
  workspace: string,
  file: { readonly folder: string; readonly name: string; readonly stamp: string },
): Promise<boolean> {
  const { rows } = await sql`
    select 1 from files where workspace_id = ${workspace} and folder = ${file.folder} and name = ${file.name}
      and stamp = ${file.stamp} and sequence is not null limit 1
  `.execute(tx)
  return rows.length > 0
}

/** Where a piece of a file is sealed to. */
const placeOf = (workspace: string, file: string, first: number) => `file_pieces/${workspace}/${file}/${first}`

/**
 * Keeps a file piece by piece; nobody sees it before it is complete. Answers the file that has the content, and whether
 * it is this one: an earlier one with the same content stays and this one is not kept.
 * @throws FileTooLarge
 */
export async function keepFile(
  inTenant: InTenant,
  keys: Keyring,
  file: { readonly folder: string; readonly name: string; readonly stamp: string; readonly by?: string | undefined },
  content: AsyncIterable<Uint8Array>,
  mostBytes = MOST_BYTES,
): Promise<Kept> {
  const id = newId()
  await inTenant((tx, workspace) =>
    sql`
      insert into files (workspace_id, id, folder, name, stamp, created_by)
      values (${workspace}, ${id}, ${file.folder}, ${file.name}, ${file.stamp}, ${file.by ?? null})
    `.execute(tx),
  )
  try {
    const hash = createHash('sha256')
    let bytes = 0
    for await (const piece of inBlocks(content, PIECE)) {
      hash.update(piece)
      if (bytes + piece.length > mostBytes) throw new FileTooLarge()
      const first = bytes
      const packed = await pack(piece)
      await inTenant((tx, workspace) =>
        sql`
          insert into file_pieces (workspace_id, file_id, first_byte, content)
          values (${workspace}, ${id}, ${first}, ${seal(keys, placeOf(workspace, id, first), packed)})
        `.execute(tx),
      )
      bytes += piece.length
    }
    return await inTenant((tx, workspace) => complete(tx, workspace, id, { ...file, bytes, hash: hash.digest() }))
  } catch (error) {
    await inTenant((tx, workspace) =>
      sql`delete from files where workspace_id = ${workspace} and id = ${id}`.execute(tx),
    ).catch(() => undefined) // what is left of it is swept away later
    throw error
  }
}

async function complete(
  tx: Tx,
  workspace: string,
  id: string,
  file: { readonly folder: string; readonly bytes: number; readonly hash: Buffer },
): Promise<Kept> {
  // One at a time, or a file with a lower number could be seen after a reader has passed it.
  await sql`select pg_advisory_xact_lock(hashtextextended(${`files/${workspace}/${file.folder}`}, 0))`.execute(tx)
  const { rows } = await sql<{ id: string; gone: boolean }>`
    select id, gone from files where workspace_id = ${workspace} and folder = ${file.folder} and hash = ${file.hash}
      and sequence is not null
  `.execute(tx)
  const [known] = rows
  // Who deleted an upload and brings it again means it. A file that was fetched and read is not read twice.
  if (known && !(known.gone && file.folder === 'uploads')) {
    await sql`delete from files where workspace_id = ${workspace} and id = ${id}`.execute(tx)
    return { file: await findFile(tx, workspace, known.id), fresh: false }
  }
  if (known) {
    // It keeps its place in the order, or the new one would take that and be passed over.
    await sql`update files set hash = null where workspace_id = ${workspace} and id = ${known.id}`.execute(tx)
  }
  await sql`
    update files set bytes = ${file.bytes}, hash = ${file.hash}, sequence = (
      select coalesce(max(sequence), 0) + 1 from files where workspace_id = ${workspace} and folder = ${file.folder}
    ) where workspace_id = ${workspace} and id = ${id}
  `.execute(tx)
  return { file: await findFile(tx, workspace, id), fresh: true }
}

/** The bytes of a file from an offset on. */
export async function* readFileFrom(
  inTenant: InTenant,
  keys: Keyring,
  file: string,
  from: number,
): AsyncGenerator<Uint8Array> {
  for (let at = from; ; ) {
    const piece = await inTenant(async (tx, workspace) => {
      const { rows } = await sql<{ first_byte: string; content: Buffer }>`
        select first_byte, content from file_pieces
        where workspace_id = ${workspace} and file_id = ${file} and first_byte <= ${at}
        order by first_byte desc limit 1
      `.execute(tx)
      const [row] = rows
      if (!row) return undefined
      const first = Number(row.first_byte)
      return { first, packed: open(keys, placeOf(workspace, file, first), row.content) }
    })
    if (!piece) return
    const bytes = await unpack(piece.packed)
    if (at >= piece.first + bytes.length) return
    yield bytes.subarray(at - piece.first)
    at = piece.first + bytes.length
  }
}

/**
 * Lets go of what nobody needs any more: uploads that broke off a day ago, and the content of what flows fetched or made
 * a month ago. What a flow has begun to read and not come past yet stays, however long it was paused; where nothing reads
 * over the connection, content stays for 400 days. What people uploaded stays until a person deletes it. Runs with the
 * system login.
 */
export async function removeOldFiles(db: Kysely<Database>): Promise<void> {
  await sql`delete from files where sequence is null and created_at < now() - interval '1 day'`.execute(db)
  await sql`
    with old as (
      update files f set gone = true
      where folder <> 'uploads' and sequence is not null and not gone and created_at < now() - interval '30 days'
        and not exists (
          select 1 from cursors c
          where c.workspace_id = f.workspace_id and 'made/' || c.connection_id = f.folder
            and ((c.cursor->>'file')::bigint < f.sequence
              or ((c.cursor->>'file')::bigint = f.sequence and c.cursor ? 'offset'))
        )
        and (created_at < now() - interval '400 days' or exists (
          select 1 from cursors c where c.workspace_id = f.workspace_id and 'made/' || c.connection_id = f.folder
        ))
      returning workspace_id, id
    )
    delete from file_pieces p using old where p.workspace_id = old.workspace_id and p.file_id = old.id
  `.execute(db)
}

/** Drops the content; name and hash stay, so that it is known when it comes again. */
export async function dropContent(tx: Tx, workspace: string, id: string): Promise<boolean> {
  await sql`delete from file_pieces where workspace_id = ${workspace} and file_id = ${id}`.execute(tx)
  const { numAffectedRows } = await sql`
    update files set gone = true where workspace_id = ${workspace} and id = ${id} and not gone
  `.execute(tx)
  return (numAffectedRows ?? 0n) > 0n
}
