import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import { type Kysely, sql } from 'kysely'
import type { OpenDatabase } from './database.ts'
import { DatabaseError } from './errors.ts'
import type { Database } from './schema.ts'

export type Logins = {
  /** Sees one workspace at a time; member of tieline_app. Holds a password. */
  readonly appUrl: string
  /** Finds work and signs people in across workspaces; member of tieline_system. Holds a password. */
  readonly systemUrl: string
}

/**
 * Passwords of the two logins. There are two sets of logins, used in turn: when the secret key is replaced, processes
 * that run go on with those of one set, and those that start take the other.
 */
export type LoginKeys = { readonly set: LoginSet; readonly app: string; readonly system: string }
export type LoginSet = 0 | 1
const KINDS = ['app', 'system'] as const

/**
 * Makes the two less privileged logins of a migrated database, or sets their passwords again, and answers how to
 * connect with them. Names and passwords follow from the database's name and the secret key, until the key is replaced;
 * from then on the passwords are kept. So every process finds the same logins. `owner` must be allowed to create roles.
 */
export async function ensureLogins(owner: OpenDatabase, secretKey: Buffer, kept?: LoginKeys): Promise<Logins> {
  const database = decodeURIComponent(new URL(owner.url).pathname.slice(1))
  const keys = kept ?? firstLogins(secretKey, database)
  const logins = KINDS.map((kind) => ({
    group: `tieline_${kind}`,
    name: loginName(database, kind, keys.set),
    password: keys[kind],
  }))
  try {
    await owner.db.transaction().execute(async (trx) => {
      // Roles belong to the whole server and two processes may start at once.
      await sql`select pg_advisory_xact_lock(hashtext('tieline logins'))`.execute(trx)
      for (const { group, name, password } of logins) {
        const { rows } = await sql`select 1 from pg_roles where rolname = ${name}`.execute(trx)
        const verb = sql.raw(rows.length > 0 ? 'alter' : 'create')
        // A verifier, not the password: statements may be logged by the server.
        await sql`${verb} role ${sql.id(name)} login password ${sql.lit(scramVerifier(password))}`.execute(trx)
        await sql`grant ${sql.id(group)} to ${sql.id(name)}`.execute(trx)
        await sql`grant connect on database ${sql.id(database)} to ${sql.id(name)}`.execute(trx)
      }
      await sql`revoke connect on database ${sql.id(database)} from public`.execute(trx)
    })
  } catch (error) {
    throw new DatabaseError(
      'LOGINS_REFUSED',
      `making the logins ${logins.map(({ name }) => name).join(' and ')} failed: ${error instanceof Error ? error.message : String(error)}. Give the user of DATABASE_URL the right CREATEROLE, or make two logins that are members of tieline_app and tieline_system and set DATABASE_APP_URL and DATABASE_SYSTEM_URL.`,
      { cause: error },
    )
  }
  const [app, system] = logins.map(({ name, password }) => withLogin(owner.url, name, password))
  if (!app || !system) throw new Error('two logins were asked for')
  return { appUrl: app, systemUrl: system }
}

/**
 * The login of one database: tieline_<database>_app, tieline_<database>_app_2 in the second set; a hash stands for a name
 * too long for PostgreSQL's 63 bytes.
 */
export function loginName(database: string, kind: 'app' | 'system', set: LoginSet = 0): string {
  const end = set === 0 ? kind : `${kind}_2`
  const plain = `tieline_${database}_${end}`
  if (Buffer.byteLength(plain) <= 63) return plain
  return `tieline_${createHash('sha256').update(database).digest('hex').slice(0, 32)}_${end}`
}

/** Those of a secret key that has never been replaced. */
export function firstLogins(secretKey: Buffer, database: string): LoginKeys {
  const password = (kind: 'app' | 'system') => passwordOf(secretKey, database, loginName(database, kind))
  return { set: 0, app: password('app'), system: password('system') }
}

/** Those of the other set, which follow from no key. */
export function otherLogins({ set }: LoginKeys): LoginKeys {
  const password = () => randomBytes(32).toString('base64url')
  return { set: set === 0 ? 1 : 0, app: password(), system: password() }
}

/** Ends the logins of a set, where there are any: nobody comes in by them any more. */
export async function endLogins(db: Kysely<Database>, database: string, set: LoginSet): Promise<void> {
  for (const kind of KINDS) {
    const name = loginName(database, kind, set)
    const { rows } = await sql`select 1 from pg_roles where rolname = ${name}`.execute(db)
    if (rows.length > 0) await sql`alter role ${sql.id(name)} nologin password null`.execute(db)
  }
}

function passwordOf(secretKey: Buffer, database: string, login: string): string {
  return createHmac('sha256', secretKey).update(`database login ${database} ${login}`).digest('base64url')
}

/** What PostgreSQL stores for a SCRAM-SHA-256 password (RFC 5803). */
function scramVerifier(password: string): string {
  const iterations = 4096 // PostgreSQL's own number; the password is 256 random bits, nothing is gained by more
  const salt = createHmac('sha256', password).update('salt').digest().subarray(0, 16)
  const salted = pbkdf2Sync(password, salt, iterations, 32, 'sha256')
  const key = (name: string) => createHmac('sha256', salted).update(name).digest()
  const stored = createHash('sha256').update(key('Client Key')).digest('base64')
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${stored}:${key('Server Key').toString('base64')}`
}

function withLogin(url: string, name: string, password: string): string {
  const login = new URL(url)
  login.username = encodeURIComponent(name)
  login.password = password
  return login.href
}
