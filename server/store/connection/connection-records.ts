import { sql, type Transaction } from 'kysely'
import type { ConnectionStanding, Database } from '../database/schema.ts'
import { turnsOffOn } from './unused-connections.ts'

type Tx = Transaction<Database>

/** Where a connection's secrets are sealed to. */
export function secretsPlace(workspace: string, connection: string): string {
  return `connections/${workspace}/${connection}/secrets`
}

/** Said of a connection whose secrets throw SealBroken. */
export const NOT_OPENED =
  'What is kept of its secrets was changed or moved in the database, and does not open any more. Enter them anew.'

const records = (tx: Tx, workspace: string) =>
  tx
    .selectFrom('connections as c')
    .select([
      'c.id',
      'c.connector',
      'c.name',
      'c.login',
      'c.settings',
      'c.pinned',
      'c.secrets',
      sql<ConnectionStanding>`case when c.off_since is null then c.state else 'off' end`.as('state'),
      'c.off_since',
      turnsOffOn.as('turns_off_on'),
      'c.state_message',
      'c.findings',
      'c.tested_at',
      'c.max_runs',
      'c.created_at',
      'c.valid_until',
      'c.used_on',
      'c.tokens_expire_at',
      'c.updated_at',
      sql<boolean>`c.tokens is not null`.as('signed_in'),
      sql<{ id: string; name: string; enabled: boolean }[]>`coalesce((
        select jsonb_agg(distinct jsonb_build_object('id', f.id, 'name', f.name, 'enabled', f.enabled))
        from flow_bindings b join flows f on f.workspace_id = b.workspace_id and f.id = b.flow_id
        where b.workspace_id = c.workspace_id and b.connection_id = c.id
      ), '[]')`.as('used_by'),
    ])
    .where('c.workspace_id', '=', workspace)

export type ConnectionRow = Awaited<ReturnType<typeof listConnections>>[number]

export async function listConnections(tx: Tx, workspace: string) {
  return records(tx, workspace).orderBy('c.name').orderBy('c.id').execute()
}

export async function findConnection(tx: Tx, workspace: string, id: string) {
  return records(tx, workspace).where('c.id', '=', id).executeTakeFirst()
}

export async function insertConnection(
  tx: Tx,
  connection: {
    workspace: string
    id: string
    connector: string
    name: string
    login: string
    settings: string
    secrets: Buffer
  },
): Promise<void> {
  await tx
    .insertInto('connections')
    .values({
      workspace_id: connection.workspace,
      id: connection.id,
      connector: connection.connector,
      name: connection.name,
      login: connection.login,
      settings: connection.settings,
      secrets: connection.secrets,
    })
    .execute()
}

/**
 * Changes what is given. New secrets or settings may be another login or another place: tokens of the old one go, and
 * the connection has to be tried again; what is pinned stays, so that it cannot become another organisation.
 */
export async function updateConnection(
  tx: Tx,
  workspace: string,
  id: string,
  change: {
    name?: string | undefined
    settings?: string | undefined
    secrets?: Buffer | undefined
    /** Null: as many as come. */
    maxRuns?: number | null | undefined
    /** YYYY-MM-DD; null: nobody knows. */
    validUntil?: string | null | undefined
  },
): Promise<void> {
  const fresh = change.settings !== undefined || change.secrets !== undefined
  await sql`
    update connections set
      name = coalesce(${change.name ?? null}::text, name),
      settings = coalesce(${change.settings ?? null}::jsonb, settings),
      secrets = coalesce(${change.secrets ?? null}::bytea, secrets),
      max_runs = case when ${change.maxRuns !== undefined} then ${change.maxRuns ?? null}::int else max_runs end,
      valid_until = case when ${change.validUntil !== undefined} then ${change.validUntil ?? null}::date else valid_until end,
      tokens = case when ${fresh} then null else tokens end,
      tokens_expire_at = case when ${fresh} then null else tokens_expire_at end,
      token_generation = token_generation + case when ${fresh} then 1 else 0 end,
      state = case when ${fresh} then 'new' else state end,
      state_message = case when ${fresh} then null else state_message end,
      findings = case when ${fresh} then null else findings end,
      tested_at = case when ${fresh} then null else tested_at end,
      updated_at = now()
    where workspace_id = ${workspace} and id = ${id}
  `.execute(tx)
}

/** Whoever binds a flow to it, or writes down what was sent by it, waits until the transaction ends, and finds it gone then. */
export async function lockConnection(tx: Tx, workspace: string, id: string): Promise<void> {
  await sql`select 1 from connections where workspace_id = ${workspace} and id = ${id} for update`.execute(tx)
}

/** Whether the ledger of effects or a cursor names it: then its history must stay readable. */
export async function hasHistory(tx: Tx, workspace: string, id: string): Promise<boolean> {
  const rows = await sql`
    select 1 from targets where workspace_id = ${workspace} and connection_id = ${id} limit 1
  `.execute(tx)
  return rows.rows.length > 0
}

export async function deleteConnection(tx: Tx, workspace: string, id: string): Promise<void> {
  await tx.deleteFrom('connections').where('workspace_id', '=', workspace).where('id', '=', id).execute()
}

/** Forgets its secrets and its sign-in; `none` is no secrets, sealed. Its settings, and whom it was to, stay. */
export async function disconnect(tx: Tx, workspace: string, id: string, none: Buffer, why: string): Promise<void> {
  await updateConnection(tx, workspace, id, { secrets: none, validUntil: null })
  await sql`
    update connections set state = 'sign-in-needed', state_message = ${why}
    where workspace_id = ${workspace} and id = ${id}
  `.execute(tx)
}

export async function insertOAuthState(
  tx: Tx,
  state: { workspace: string; hash: Buffer; connection: string; session: Buffer; redirectUri: string; minutes: number },
): Promise<void> {
  await sql`delete from oauth_states where workspace_id = ${state.workspace} and expires_at < now()`.execute(tx)
  await sql`
    insert into oauth_states (workspace_id, hash, connection_id, session_hash, redirect_uri, expires_at)
    values (${state.workspace}, ${state.hash}, ${state.connection}, ${state.session}, ${state.redirectUri},
      now() + make_interval(mins => ${state.minutes}))
  `.execute(tx)
}

/** A state works once, in time, and for the session it was made in. */
export async function takeOAuthState(
  tx: Tx,
  workspace: string,
  hash: Buffer,
  session: Buffer,
): Promise<{ connection: string; redirectUri: string } | undefined> {
  const rows = await sql<{ connection_id: string; redirect_uri: string }>`
    delete from oauth_states
    where workspace_id = ${workspace} and hash = ${hash} and session_hash = ${session} and expires_at > now()
    returning connection_id, redirect_uri
  `.execute(tx)
  const [row] = rows.rows
  return row && { connection: row.connection_id, redirectUri: row.redirect_uri }
}
