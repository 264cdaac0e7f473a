import { Kysely, PostgresDialect, sql, type Transaction } from 'kysely'
import pg from 'pg'
import { inPackets } from './packets.ts'
import type { Database } from './schema.ts'
import { type SilenceOptions, watchSilence } from './silence.ts'
import { lendWithLimit } from './statement-limit.ts'
import { wakingAfter } from './wake.ts'

export type { Pool, PoolClient } from 'pg'

export type DatabaseOptions = {
  readonly url: string
  /** Connections kept at most. */
  readonly max?: number
  /** Shown in pg_stat_activity: tells who holds a lock. */
  readonly applicationName?: string
  /** A statement that runs longer is cancelled by the server, unless its work has a limit of its own. 0: no limit. */
  readonly statementTimeoutMs?: number
  /** A transaction that is open and silent for longer loses its connection. 0: no limit. */
  readonly idleInTransactionTimeoutMs?: number
  /** Told when an idle connection breaks; the pool makes a new one by itself. */
  readonly onIdleError?: (error: Error) => void
  /** How soon a connection is taken for dead that says nothing: within 14 s by default. */
  readonly silence?: SilenceOptions
}

export type OpenDatabase = {
  readonly db: Kysely<Database>
  /** For what Kysely does not do: LISTEN, COPY. */
  readonly pool: pg.Pool
  /** Holds a password: never logged. */
  readonly url: string
  /** Waits for the connections in use, then closes all. May be called twice. */
  close(): Promise<void>
}

const INT8 = pg.types.builtins.INT8
/** Left as the text PostgreSQL sends: decimals must not become floats, and a calendar day has no time zone to be shifted by. */
const AS_TEXT = new Set<number>([pg.types.builtins.NUMERIC, pg.types.builtins.DATE, pg.types.builtins.TIMESTAMP])

const types = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    if (oid === INT8) return parseInt8
    return AS_TEXT.has(oid) ? keepText : pg.types.getTypeParser(oid, format)
  },
}

/** A pool of connections and the typed way to use it. Connects when first used. */
export function openDatabase(options: DatabaseOptions): OpenDatabase {
  const pool = new pg.Pool({
    ...clientConfig(options),
    max: options.max ?? 10,
    idleTimeoutMillis: 30_000,
    pipeline: true,
  })
  pool.on('error', options.onIdleError ?? (() => {})) // unheard, a broken idle connection would end the process
  // A lent connection that breaks between two statements: its borrower learns of it with the next one.
  const silence = watchSilence((limits) => new pg.Client({ ...clientConfig(options), ...limits }), options.silence)
  pool.on('connect', (client) => {
    client.on('error', () => {})
    silence.watch(client)
    client.query = inPackets(client) as typeof client.query
  })
  const db = new Kysely<Database>({
    dialect: new PostgresDialect({ pool: lendWithLimit(pool, options.statementTimeoutMs ?? 0) }),
  })
  let closed: Promise<void> | undefined
  return {
    db,
    pool,
    url: options.url,
    close() {
      closed ??= db
        .destroy()
        .then(() => (pool.ended ? undefined : pool.end())) // Kysely ends only a pool it has used
        .finally(() => silence.stop())
      return closed
    },
  }
}

export type SingleConnection = { readonly db: Kysely<Database>; readonly client: pg.Client; close(): Promise<void> }

/** One connection, for work that must stay on it from begin to commit: backup and restore. */
export async function openSingleConnection(options: DatabaseOptions): Promise<SingleConnection> {
  const client = new pg.Client(clientConfig(options))
  client.on('error', options.onIdleError ?? (() => {}))
  await client.connect()
  // Looks like a pool to Kysely, and always lends the same connection.
  const lent = Object.assign(client, { release() {} })
  const pool = { options: {}, connect: async () => lent, end: async () => {} }
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) })
  return { db, client, close: () => client.end() }
}

/**
 * Runs `fn` in a transaction that sees one workspace only: its first statement names the workspace to the row-level
 * security of the database, and the name ends with the transaction. Lanes in which `fn` queued runs are woken after the
 * commit.
 */
export async function inWorkspace<T>(
  db: Kysely<Database>,
  workspaceId: string,
  fn: (trx: Transaction<Database>) => Promise<T>,
): Promise<T> {
  return wakingAfter(db, (listen) =>
    db.transaction().execute(async (trx) => {
      listen(trx)
      await sql`select set_config('tieline.workspace', ${workspaceId}, true)`.execute(trx)
      return fn(trx)
    }),
  )
}

function clientConfig(options: DatabaseOptions): pg.ClientConfig {
  return {
    connectionString: options.url,
    application_name: options.applicationName ?? 'tieline',
    keepAlive: true,
    keepAliveInitialDelayMillis: 5_000, // then ten times a second apart: an idle connection that is dead is known after 15 s
    connectionTimeoutMillis: 10_000,
    statement_timeout: options.statementTimeoutMs ?? 0,
    idle_in_transaction_session_timeout: options.idleInTransactionTimeoutMs ?? 0,
    types,
  }
}

/** Counts and small ids become numbers; what a number cannot hold exactly stays text. */
function parseInt8(text: string): number | string {
  const number = Number(text)
  return Number.isSafeInteger(number) ? number : text
}

function keepText(text: string): string {
  return text
}
