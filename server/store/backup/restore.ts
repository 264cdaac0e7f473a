import { sql, type Transaction } from 'kysely'
import { listTables } from './backup.ts'
import {
  BackupReader,
  FORMAT,
  type Header,
  isEnd,
  isHeader,
  isTableStart,
  type TableEnd,
  type TableStart,
  unreadable,
} from './backup-format.ts'
import { proofOf } from './backup-proof.ts'
import { copyIn } from '../database/copy.ts'
import { openSingleConnection, type SingleConnection } from '../database/database.ts'
import { type Again, eraseAgain, type KnownErasures } from '../erasure/erase-again.ts'
import { erasuresOf } from '../erasure/erasure-record.ts'
import { DatabaseError } from '../database/errors.ts'
import { type Held, holdRestored } from './hold-restored.ts'
import { forgetKey } from '../key/key-check.ts'
import { keepKeysStill } from '../key/key-lock.ts'
import { migrate, migrationNames } from '../database/migrate.ts'
import type { Database } from '../database/schema.ts'

export type RestoreOptions = {
  /** With the owner's login. */
  readonly url: string
  readonly file: string
  /** Fingerprints of the secret keys in use. */
  readonly keys: readonly string[]
  /** Of proofKey: one of each of them. */
  readonly proofs: readonly Uint8Array[]
  /** Take the file as it is, though nobody can tell whether it was changed. */
  readonly unproven?: boolean
  /** Replace what the database holds. */
  readonly force: boolean
  readonly say: (line: string) => void
  /** Nothing has run since the backup was made, so that all goes on where it was; default: nobody knows. */
  readonly moved?: boolean
  /** What must not come back; default: nobody asks. */
  readonly erasures?: KnownErasures
  /** The migrations of this code; tests name another folder. */
  readonly folder?: string
}

export type Restored = {
  readonly tables: number
  readonly rows: number
  /** When the backup was made, ISO 8601. */
  readonly made: string
  /** What was erased again; null: nobody asked. */
  readonly again: Again | null
  /** What waits for somebody now; null: it was moved, nothing does. */
  readonly held: Held | null
  /** Whether there was a database whose own erasures counted as well. */
  readonly replaced: boolean
}

/**
 * Fills a database from a backup: makes the schema the backup was made with, loads all rows, compares the counts, then
 * migrates forward. All in one transaction: whatever goes wrong, even kill -9, the database stays as it was.
 */
export async function restoreBackup(options: RestoreOptions): Promise<Restored> {
  const { url, file, keys, force, say, folder, erasures } = options
  const reader = new BackupReader(file)
  try {
    const header = await readHeader(reader, file, await migrationNames(folder))
    await prove(header, options)
    const sameKey = keys.includes(header.key)
    if (!sameKey) {
      say(
        'warning: the backup was made with another secret key. Put that secret.key (or SECRET_KEY) back before the start,',
      )
      say('warning: else connections cannot open their secrets and must be signed in again.')
    }
    const connection = await openSingleConnection({ url, applicationName: 'tieline restore' })
    try {
      return await connection.db.transaction().execute(async (trx) => {
        const own = erasures ? await erasuresOf(trx) : undefined
        await clear(trx, force)
        await sql`set local search_path = public`.execute(trx)
        await migrate(trx, { to: header.schema, ...(folder ? { folder } : {}) })
        const loaded = await load(connection, trx, reader, header, options)
        await sql`set local search_path = public`.execute(trx)
        for (const name of await migrate(trx, folder ? { folder } : {})) say(`migrated: ${name}`)
        const again = erasures
          ? await eraseAgain(trx, { ...erasures, erasures: [...erasures.erasures, ...(own ?? [])], sameKey })
          : null
        if (!sameKey) await forgetKey(trx)
        const held = options.moved ? null : await holdRestored(trx, header.made)
        return { ...loaded, made: header.made, again, held, replaced: own !== undefined }
      })
    } finally {
      await connection.close()
    }
  } finally {
    await reader.close()
  }
}

/** Before anything of the file is used. @throws DatabaseError BACKUP_UNPROVEN */
async function prove(header: Header, { file, keys, proofs, unproven = false, say }: RestoreOptions): Promise<void> {
  const found = await proofOf(file, proofs)
  if (found === 'right') return
  const why =
    found === 'none'
      ? 'it was made by a version that did not seal its backups'
      : keys.includes(header.key)
        ? 'it was changed after it was made'
        : 'it was made with another secret key'
  if (unproven) return say(`warning: ${file} is taken as it is: ${why}.`)
  throw new DatabaseError(
    'BACKUP_UNPROVEN',
    `${file} is not proven to be as it was made: ${why}. Nothing was changed. Use another backup, put the secret.key (or SECRET_KEY) that it was made with back, or add --unproven if you know where the file has been.`,
  )
}

async function readHeader(reader: BackupReader, file: string, known: readonly string[]): Promise<Header> {
  // Checked in the next lines.
  const header = (await reader.line()) as Partial<Header> | null
  if (header?.tieline !== 'backup' || !header.schema) throw unreadable(file, 'it is not a backup of this product')
  if (header.format === FORMAT && known.includes(header.schema)) {
    if (!isHeader(header)) throw unreadable(file, 'its first line is not as that of a backup')
    return header
  }
  throw new DatabaseError(
    'BACKUP_NEWER',
    `${file} was made by a newer version of the product (schema ${header.schema}, format ${header.format}); this one knows schemas up to ${known.at(-1) ?? 'none'}. Restore with that version.`,
  )
}

/** Takes everything out of the database; refuses if the product is at work in it, or there are rows and nobody said --force. */
async function clear(trx: Transaction<Database>, force: boolean): Promise<void> {
  await sql`set local lock_timeout = '10s'`.execute(trx)
  // Shown of every connection, also to an owner who is no superuser. They would go on with what they know of the old rows.
  const { rows: atWork } = await sql<{ name: string }>`
    select distinct split_part(application_name, ' ', 3) as name from pg_stat_activity
    where datname = current_database() and application_name ~ '^tieline (app|system|jobs) '
  `.execute(trx)
  if (atWork.length > 0) {
    throw new DatabaseError(
      'PRODUCT_RUNNING',
      `${atWork.length} processes of the product are connected to the database. Nothing was changed. Stop them all first, on every machine, then restore again.`,
    )
  }
  if (!(await keepKeysStill(trx))) {
    throw new DatabaseError(
      'PRODUCT_RUNNING',
      'npm run keys:rotate is at work on the database. Nothing was changed. Wait for its end, then restore again.',
    )
  }
  const filled: string[] = []
  for (const { table } of await listTables(trx)) {
    const { rows } = await sql.raw(`select 1 from ${table} limit 1`).execute(trx)
    if (rows.length > 0) filled.push(table)
  }
  if (filled.length > 0 && !force) {
    throw new DatabaseError(
      'DATABASE_NOT_EMPTY',
      `the database holds rows already (${filled.slice(0, 5).join(', ')}${filled.length > 5 ? ` and ${filled.length - 5} more tables` : ''}). Nothing was changed. Restore into an empty DATA_DIR or database, or add --force to replace what is there.`,
    )
  }
  const schemas = await sql<{ name: string }>`
    select nspname as name from pg_namespace where nspname not like 'pg\\_%' and nspname <> 'information_schema'`.execute(
    trx,
  )
  for (const { name } of schemas.rows) await sql`drop schema ${sql.id(name)} cascade`.execute(trx)
  await sql`create schema public`.execute(trx)
}

const PARTITION = /^public\.[a-z_][a-z0-9_]*$/
const LITERAL = `(?:'[^'\\\\]*'|\\d+|MINVALUE|MAXVALUE)`
const LITERALS = `\\(${LITERAL}(?:, ${LITERAL})*\\)`
/** As pg_get_expr writes it. */
const BOUND = new RegExp(`^(?:DEFAULT|FOR VALUES (?:IN ${LITERALS}|FROM ${LITERALS} TO ${LITERALS}))$`)

async function load(
  { client }: SingleConnection,
  trx: Transaction<Database>,
  reader: BackupReader,
  header: Header,
  { file, say }: RestoreOptions,
): Promise<{ tables: number; rows: number }> {
  const tables = await listTables(trx)
  // None of these is believed: as SQL they would be carried out with the owner's login.
  const parents = new Set(tables.map(({ table }) => table))
  for (const { name, parent, bound, secured, forced } of header.partitions) {
    if (!PARTITION.test(name) || !(parents.has(parent) || PARTITION.test(parent)) || !BOUND.test(bound))
      throw unreadable(file, `it names a partition in a way that none is named: ${name.slice(0, 100)}`)
    const there = await sql<{ oid: string | null }>`select to_regclass(${name})::text as oid`.execute(trx)
    if (there.rows[0]?.oid) continue
    await sql.raw(`create table ${name} partition of ${parent} ${bound}`).execute(trx)
    if (secured) await sql.raw(`alter table ${name} enable row level security`).execute(trx)
    if (forced) await sql.raw(`alter table ${name} force row level security`).execute(trx)
  }
  const rearm = await disarm(trx, tables)
  if (tables.length > 0) await sql.raw(`truncate ${tables.map(({ table }) => table).join(', ')}`).execute(trx)

  const total = { tables: 0, rows: 0 }
  for (;;) {
    const next = await reader.line()
    if (isEnd(next)) {
      if (next.rows !== total.rows || next.tables !== total.tables)
        throw missing(file, 'all tables', next.rows, total.rows)
      break
    }
    if (!isTableStart(next)) throw unreadable(file, 'a line of it is neither the start of a table nor the end')
    const known = tables.find(({ table }) => table === next.table)
    if (!known) throw unreadable(file, `it holds a table ${next.table.slice(0, 100)} that its schema does not have`)
    const strange = next.columns.find((column) => !known.columns.includes(column))
    if (strange !== undefined)
      throw unreadable(file, `it holds a column ${strange.slice(0, 100)} that ${next.table} does not have`)
    await copyIn(client, `copy ${next.table} (${next.columns.join(', ')}) from stdin`, reader.rows())
    const { rows } = ((await reader.line()) ?? {}) as Partial<TableEnd> // whatever else it is, it is not their number
    const found = await sql<{ count: number }>`select count(*) as count from ${sql.raw(next.table)}`.execute(trx)
    if (rows === undefined || found.rows[0]?.count !== rows)
      throw missing(file, next.table, rows ?? 'no', found.rows[0]?.count ?? 0)
    total.tables++
    total.rows += rows
    say(`${next.table}: ${rows} rows`)
  }
  for (const { name, value } of header.sequences) await sql`select setval(${name}, ${value}::bigint)`.execute(trx)
  await rearm()
  return total
}

/**
 * Switches off what would stand in the way of rows as they were: triggers, and row-level security forced on the owner
 * (COPY does not work under it). Answers how to switch it on again; a failed restore is undone with its transaction.
 */
async function disarm(trx: Transaction<Database>, tables: readonly TableStart[]): Promise<() => Promise<void>> {
  const forced = await sql<{ name: string }>`
    select oid::regclass::text as name from pg_class where relforcerowsecurity and relkind in ('r', 'p')`.execute(trx)
  const alter = async (names: readonly string[], change: string) => {
    for (const name of names) await sql.raw(`alter table ${name} ${change}`).execute(trx)
  }
  const [all, strict] = [tables.map(({ table }) => table), forced.rows.map(({ name }) => name)]
  await alter(all, 'disable trigger user')
  await alter(strict, 'no force row level security')
  return async () => {
    await alter(strict, 'force row level security')
    await alter(all, 'enable trigger user')
  }
}

function missing(file: string, table: string, expected: number | 'no', found: number): DatabaseError {
  return new DatabaseError(
    'ROWS_MISSING',
    `${file} says ${expected} rows for ${table}, ${found} arrived. Nothing was changed. Use another backup file.`,
  )
}
