import { existsSync, linkSync, renameSync, rmSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { constants, createZstdCompress } from 'node:zlib'
import { sql, type Transaction } from 'kysely'
import {
  type End,
  FORMAT,
  type Header,
  type Partition,
  ROWS_END,
  type TableEnd,
  type TableStart,
} from './backup-format.ts'
import { newProof } from './backup-proof.ts'
import { copyOut } from '../database/copy.ts'
import { openSingleConnection, type SingleConnection } from '../database/database.ts'
import { DatabaseError } from '../database/errors.ts'
import { keysKnown } from '../key/key-check.ts'
import { GRAPHILE_SCHEMA } from '../database/graphile.ts'
import { schemaVersion } from '../database/migrate.ts'
import type { Database } from '../database/schema.ts'

export type BackupOptions = {
  /** With the owner's login. */
  readonly url: string
  readonly file: string
  /** Fingerprint of the secret key, where the database knows none yet. */
  readonly key: string
  /** Of proofKey: with it a restore tells whether anything was changed. */
  readonly proof: Uint8Array
  readonly say: (line: string) => void
}

/**
 * Writes all rows of a database, as they are at one moment, into one compressed file while the product goes on working.
 * The file appears under its name only when it is complete. It holds personal data and sealed secrets (mode 0600),
 * never the secret key.
 */
export async function writeBackup({
  url,
  file,
  key,
  proof,
  say,
}: BackupOptions): Promise<{ tables: number; rows: number }> {
  if (existsSync(file)) throw new DatabaseError('BACKUP_UNREADABLE', `${file} exists already. Name another file.`)
  const part = `${file}.part`
  const connection = await openSingleConnection({ url, applicationName: 'tieline backup' })
  const total = { tables: 0, rows: 0 }
  try {
    const output = await create(part)
    try {
      await connection.db
        .transaction()
        .setIsolationLevel('repeatable read')
        .setAccessMode('read only')
        .execute(async (trx) => {
          await pipeline(
            proven(content(connection, trx, key, total, say), total, proof),
            createZstdCompress({ params: { [constants.ZSTD_c_checksumFlag]: 1 } }),
            output.createWriteStream({ flush: true }), // closes it
          )
        })
      putInPlace(part, file)
    } finally {
      await output.close().catch(() => undefined)
      rmSync(part, { force: true })
    }
  } finally {
    await connection.close()
  }
  return total
}

async function* content(
  { client }: SingleConnection,
  trx: Transaction<Database>,
  key: string,
  total: { tables: number; rows: number },
  say: (line: string) => void,
): AsyncGenerator<Buffer> {
  const tables = await listTables(trx)
  // Nobody drops a partition under us; reading and writing go on.
  if (tables.length > 0)
    await sql.raw(`lock table ${tables.map(({ table }) => table).join(', ')} in access share mode`).execute(trx)
  yield line(await header(trx, key))
  for (const { table, columns } of tables) {
    yield line({ table, columns } satisfies TableStart)
    let rows = 0
    for await (const chunk of copyOut(client, `copy (select ${columns.join(', ')} from ${table}) to stdout`)) {
      for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) rows++ // a line feed in a value is written \n
      yield chunk
    }
    yield ROWS_END
    yield line({ rows } satisfies TableEnd)
    total.tables++
    total.rows += rows
    say(`${table}: ${rows} rows`)
  }
}

/** The parts, and at last the end with the proof of all of them. */
async function* proven(
  parts: AsyncIterable<Buffer>,
  total: { readonly tables: number; readonly rows: number },
  key: Uint8Array,
): AsyncGenerator<Buffer> {
  const proof = newProof(key)
  for await (const part of parts) {
    proof.update(part)
    yield part
  }
  yield line({ end: true, ...total, proof: proof.digest('hex') } satisfies End)
}

/** A link, as it replaces nothing that somebody has put there meanwhile. */
function putInPlace(part: string, file: string): void {
  try {
    linkSync(part, file)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'EEXIST') throw new DatabaseError('BACKUP_UNREADABLE', `${file} exists already. Name another file.`)
    // A file system that has no links.
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS') throw error
    renameSync(part, file)
  }
}

/** New, readable by its owner only, and never through a link that somebody has put there. */
async function create(part: string): Promise<FileHandle> {
  try {
    return await open(part, 'wx', 0o600)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    throw new DatabaseError(
      'BACKUP_UNREADABLE',
      `${part} exists: another backup is being written there, or one was interrupted. Remove it, or name another file.`,
    )
  }
}

async function header(trx: Transaction<Database>, given: string): Promise<Header> {
  const schema = await schemaVersion(trx)
  if (!schema)
    throw new DatabaseError('BACKUP_UNREADABLE', 'the database has no schema yet: there is nothing to back up.')
  const partitions = await sql<Partition>`
    select c.oid::regclass::text as name, i.inhparent::regclass::text as parent, c.relrowsecurity as secured,
      c.relforcerowsecurity as forced, pg_get_expr(c.relpartbound, c.oid) as bound
    from pg_class c join pg_inherits i on i.inhrelid = c.oid
    where c.relispartition and c.relkind in ('r', 'p') order by c.oid`.execute(trx)
  const sequences = await sql<{ name: string; value: string }>`
    select format('%I.%I', schemaname, sequencename) as name, last_value::text as value
    from pg_sequences where last_value is not null and schemaname <> ${GRAPHILE_SCHEMA}`.execute(trx)
  const made = new Date().toISOString()
  const key = (await keysKnown(trx.withSchema('public'))).now ?? given
  return {
    tieline: 'backup',
    format: FORMAT,
    schema,
    made,
    key,
    partitions: partitions.rows,
    sequences: sequences.rows,
  }
}

/**
 * All tables of the product, a table after those it refers to; partitions count as part of their parent. Wake-ups are
 * left out: after a restore the workers see by themselves what waits.
 */
export async function listTables(db: Transaction<Database>): Promise<TableStart[]> {
  await sql`set local search_path = pg_catalog`.execute(db) // so that every name comes with its schema
  const { rows } = await sql<{ table: string; columns: string[]; refers: string[] }>`
    select c.oid::regclass::text as table,
      (select array_agg(quote_ident(attname) order by attnum) from pg_attribute
        where attrelid = c.oid and attnum > 0 and not attisdropped and attgenerated = '') as columns,
      array(select confrelid::regclass::text from pg_constraint
        where conrelid = c.oid and contype = 'f' and confrelid <> c.oid) as refers
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p') and not c.relispartition and n.nspname not like 'pg\\_%'
      and n.nspname not in ('information_schema', ${GRAPHILE_SCHEMA}) and c.relname not like 'kysely\\_migration%'
    order by 1`.execute(db)

  const sorted: TableStart[] = []
  let left = rows
  while (left.length > 0) {
    const free = left.filter(({ refers }) => !left.some(({ table }) => refers.includes(table)))
    const next = free.length > 0 ? free : left // a circle of references: it loads only if one of them is deferred
    sorted.push(...next.map(({ table, columns }) => ({ table, columns })))
    left = left.filter((table) => !next.includes(table))
  }
  return sorted
}

function line(value: Header | TableStart | TableEnd | End): Buffer {
  return Buffer.from(`${JSON.stringify(value)}\n`)
}
