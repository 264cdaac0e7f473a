import { randomBytes } from 'node:crypto'
import { type Kysely, sql, type Transaction } from 'kysely'
import { newId } from '../database/ids.ts'
import type { Database } from '../database/schema.ts'
import type { Keyring } from '../key/secrets.ts'
import { open, seal } from '../key/secrets.ts'

type Tx = Transaction<Database>

/** Systems that tell one address of all workspaces. */
export type SharedKind = 'xero' | 'bigcommerce'
export type HookKind = 'signed' | 'token' | SharedKind

export type HookTrigger = {
  readonly node: string
  readonly name: string
  readonly operation: string
  readonly kind: HookKind
  readonly slot: string | null
  readonly settings: { readonly [name: string]: unknown }
  readonly most: number
  readonly seconds: number
}

const PLACE = (workspace: string, hook: string) => `hooks/${workspace}/${hook}/secret`

/**
 * Makes the hooks of a version that goes live. A trigger keeps its address and secret from version to version, unless
 * its kind changes; one that is not there any more keeps its events.
 */
export async function putHooks(
  tx: Tx,
  workspace: string,
  flow: string,
  triggers: readonly HookTrigger[],
): Promise<void> {
  for (const one of triggers) {
    // 128 random bits: nobody finds an address by trying.
    const own = one.kind === 'signed' || one.kind === 'token'
    const address = own ? randomBytes(16).toString('base64url') : null
    await sql`
      insert into hooks (workspace_id, id, flow_id, node_id, node_name, operation, kind, address, slot, settings, most, seconds)
      values (${workspace}, ${newId()}, ${flow}, ${one.node}, ${one.name}, ${one.operation}, ${one.kind}, ${address}, ${one.slot},
        ${JSON.stringify(one.settings)}, ${one.most}, ${one.seconds})
      on conflict (workspace_id, flow_id, node_id) do update set
        node_name = excluded.node_name, slot = excluded.slot, settings = excluded.settings, most = excluded.most,
        seconds = excluded.seconds, live = true, operation = excluded.operation, kind = excluded.kind,
        address = case when hooks.kind = excluded.kind then hooks.address else excluded.address end,
        secret = case when hooks.kind = excluded.kind then hooks.secret end,
        secret_ends = case when hooks.kind = excluded.kind then hooks.secret_ends end,
        old_secret = case when hooks.kind = excluded.kind then hooks.old_secret end,
        old_secret_until = case when hooks.kind = excluded.kind then hooks.old_secret_until end
    `.execute(tx)
  }
  await sql`
    update hooks set live = false
    where workspace_id = ${workspace} and flow_id = ${flow} and node_id <> all(${triggers.map(({ node }) => node)}::text[])
  `.execute(tx)
}

/** Sets a new secret. The one before stays good for so long; of several before, the last. */
export async function setSecret(
  tx: Tx,
  keys: Keyring,
  at: { readonly workspace: string; readonly hook: string },
  secret: string,
  overlapHours: number,
): Promise<void> {
  await sql`
    update hooks set
      old_secret = case when ${overlapHours} > 0 then secret end,
      old_secret_until = case when ${overlapHours} > 0 and secret is not null then now() + make_interval(hours => ${overlapHours}) end,
      secret = ${seal(keys, PLACE(at.workspace, at.hook), secret)}, secret_ends = ${secret.slice(-4)}
    where workspace_id = ${at.workspace} and id = ${at.hook}
  `.execute(tx)
}

/** A hook as its intake needs it. */
export type OpenHook = {
  readonly workspace: string
  readonly id: string
  readonly kind: 'signed' | 'token'
  readonly settings: { readonly [name: string]: unknown }
  /** The present one first; none after its overlap has ended. */
  readonly secrets: readonly string[]
}

/** Hooks that take events, by address: live, with a secret, of a flow that is on. Runs with the system login. */
export async function openHooks(
  db: Kysely<Database>,
  keys: Keyring,
  addresses: readonly string[],
): Promise<ReadonlyMap<string, OpenHook>> {
  const rows = await sql<{
    workspace_id: string
    id: string
    kind: 'signed' | 'token'
    address: string
    settings: { [name: string]: unknown }
    secret: Buffer
    old_secret: Buffer | null
  }>`
    select h.workspace_id, h.id, h.kind, h.address, h.settings, h.secret,
      case when h.old_secret_until > now() then h.old_secret end as old_secret
    from hooks h join flows f on f.workspace_id = h.workspace_id and f.id = h.flow_id
    where h.address = any(${addresses as string[]}::text[]) and h.live and h.secret is not null
      and f.enabled and f.archived_at is null and f.live_version is not null
  `.execute(db)
  return new Map(
    rows.rows.map((row) => {
      const place = PLACE(row.workspace_id, row.id)
      const sealed = row.old_secret ? [row.secret, row.old_secret] : [row.secret]
      const secrets = sealed.map((one) => open(keys, place, one).toString())
      return [
        row.address,
        { workspace: row.workspace_id, id: row.id, kind: row.kind, settings: row.settings, secrets },
      ] as const
    }),
  )
}

export type SharedHook = {
  readonly workspace: string
  readonly id: string
  readonly operation: string
  readonly account: string
  readonly settings: { readonly [name: string]: unknown }
}

/**
 * Hooks of a connector whose slot is bound to a connection that is about one of the accounts, in whatever workspace.
 * `pinned` names the setting that says whom a connection is about. Runs with the system login.
 */
export async function sharedHooks(
  db: Kysely<Database>,
  connector: SharedKind,
  pinned: string,
  accounts: readonly string[],
): Promise<readonly SharedHook[]> {
  const rows = await sql<SharedHook>`
    select h.workspace_id as workspace, h.id, h.operation, c.pinned ->> ${pinned} as account, h.settings
    from hooks h join flows f on f.workspace_id = h.workspace_id and f.id = h.flow_id
    join flow_bindings b on b.workspace_id = h.workspace_id and b.flow_id = h.flow_id and b.slot = h.slot
    join connections c on c.workspace_id = b.workspace_id and c.id = b.connection_id
    where h.kind = ${connector} and h.live and f.enabled and f.archived_at is null and f.live_version is not null
      and c.connector = ${connector} and c.pinned ->> ${pinned} = any(${accounts as string[]}::text[])
  `.execute(db)
  return rows.rows
}

/** Which of the accounts any connection is about. Runs with the system login. */
export async function knownAccounts(
  db: Kysely<Database>,
  connector: string,
  pinned: string,
  accounts: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await sql<{ account: string }>`
    select distinct pinned ->> ${pinned} as account from connections
    where connector = ${connector} and pinned ->> ${pinned} = any(${accounts as string[]}::text[])
  `.execute(db)
  return new Set(rows.rows.map(({ account }) => account))
}

export type HookRow = Awaited<ReturnType<typeof listHooks>>[number]

/** Hooks of the live version of a flow, with what came in during the last 24 hours. */
export async function listHooks(tx: Tx, workspace: string, flow: string, hook?: string) {
  const rows = await sql<{
    id: string
    flow_id: string
    node_id: string
    node_name: string
    kind: HookKind
    address: string | null
    settings: { [name: string]: unknown }
    most: number
    secret_ends: string | null
    enabled: boolean
    archived: boolean
    paused_message: string | null
    last_event_at: Date | null
    taken: number
    repeated: number
    refused: number
    waiting: number
    collects_until: Date | null
  }>`
    select h.id, h.flow_id, h.node_id, h.node_name, h.kind, h.address, h.settings, h.most, h.secret_ends,
      f.enabled, f.archived_at is not null as archived, f.paused_message,
      last.received_at as last_event_at, hours.*, waiting.waiting,
      case when h.seconds > 0 and waiting.waiting > 0 then waiting.first + make_interval(secs => h.seconds) end as collects_until
    from hooks h join flows f on f.workspace_id = h.workspace_id and f.id = h.flow_id
    left join lateral (
      select received_at from inbox where workspace_id = h.workspace_id and hook_id = h.id order by id desc limit 1
    ) last on true
    cross join lateral (
      select coalesce(sum(taken), 0)::int as taken, coalesce(sum(repeated), 0)::int as repeated,
        coalesce(sum(refused), 0)::int as refused
      from hook_hours where workspace_id = h.workspace_id and hook_id = h.id and hour > now() - interval '24 hours'
    ) hours
    cross join lateral (
      select count(*) as waiting, min(received_at) as first from inbox
      where workspace_id = h.workspace_id and hook_id = h.id and run_id is null
    ) waiting
    where h.workspace_id = ${workspace} and h.flow_id = ${flow} and h.live and (${hook ?? null}::uuid is null or h.id = ${hook ?? null}::uuid)
    order by h.node_id
  `.execute(tx)
  return rows.rows
}
