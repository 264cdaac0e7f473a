import { type Kysely, sql } from 'kysely'
import type { Tokens } from '../../../connectors/kit/connector.ts'
import { inWorkspace } from '../database/database.ts'
import type { Database } from '../database/schema.ts'
import { type Keyring, open, seal, SealBroken } from '../key/secrets.ts'

/** A connection with its secrets opened: never logged, never sent, never stored as it is. */
export type ConnectionState = {
  readonly connector: string
  readonly login: string
  readonly settings: { readonly [field: string]: unknown }
  readonly pinned: { readonly [field: string]: string }
  readonly secrets: { readonly [field: string]: string }
  readonly tokens: Tokens | undefined
  readonly generation: number
  /** When it was turned off. */
  readonly offSince: Date | null
}

const secretsPlace = (workspace: string, id: string) => `connections/${workspace}/${id}/secrets`
const tokensPlace = (workspace: string, id: string) => `connections/${workspace}/${id}/tokens`

/** @throws SealBroken when its secrets were changed or moved: they are entered anew, and nothing is sent until then. */
export async function loadConnection(
  db: Kysely<Database>,
  keys: Keyring,
  workspace: string,
  id: string,
): Promise<ConnectionState | undefined> {
  const row = await inWorkspace(db, workspace, (tx) =>
    tx
      .selectFrom('connections')
      .select(['connector', 'login', 'settings', 'pinned', 'secrets', 'tokens', 'token_generation', 'off_since'])
      .where('workspace_id', '=', workspace)
      .where('id', '=', id)
      .executeTakeFirst(),
  )
  if (!row) return undefined
  return {
    connector: row.connector,
    login: row.login,
    settings: row.settings,
    pinned: row.pinned,
    secrets: JSON.parse(open(keys, secretsPlace(workspace, id), row.secrets).toString()) as { [field: string]: string },
    tokens: row.tokens ? openTokens(keys, tokensPlace(workspace, id), row.tokens) : undefined,
    generation: row.token_generation,
    offSince: row.off_since,
  }
}

/** Tokens that were changed or moved are none: new ones are got, or somebody signs in again. */
function openTokens(keys: Keyring, place: string, sealed: Uint8Array): Tokens | undefined {
  try {
    return JSON.parse(open(keys, place, sealed).toString()) as Tokens
  } catch (error) {
    if (error instanceof SealBroken) return undefined
    throw error
  }
}

/**
 * Asks for the right to renew the tokens of a generation. One process gets it; when that one dies, the claim runs out
 * and the next one gets it.
 */
export async function claimTokens(
  db: Kysely<Database>,
  workspace: string,
  id: string,
  generation: number,
  forSeconds: number,
): Promise<boolean> {
  const claimed = await inWorkspace(db, workspace, (tx) =>
    sql`
      update connections set token_claim_until = now() + make_interval(secs => ${forSeconds})
      where workspace_id = ${workspace} and id = ${id} and token_generation = ${generation}
        and (token_claim_until is null or token_claim_until < now())
    `.execute(tx),
  )
  return claimed.numAffectedRows === 1n
}

/** Makes a claim last longer, while the call for new tokens is under way. */
export async function keepClaim(
  db: Kysely<Database>,
  workspace: string,
  id: string,
  generation: number,
  forSeconds: number,
): Promise<void> {
  await inWorkspace(db, workspace, (tx) =>
    sql`
      update connections set token_claim_until = now() + make_interval(secs => ${forSeconds})
      where workspace_id = ${workspace} and id = ${id} and token_generation = ${generation} and token_claim_until > now()
    `.execute(tx),
  )
}

/**
 * Keeps new tokens before anybody uses them. Answers false when another process was first. `toDo`: what a person still
 * has to do before they are of use.
 */
export async function storeTokens(
  db: Kysely<Database>,
  keys: Keyring,
  workspace: string,
  id: string,
  generation: number,
  tokens: Tokens,
  toDo?: string,
): Promise<boolean> {
  const sealed = seal(keys, tokensPlace(workspace, id), JSON.stringify(tokens))
  const stored = await inWorkspace(db, workspace, (tx) =>
    sql`
      update connections set tokens = ${sealed}, tokens_expire_at = to_timestamp(${tokens.expiresAt / 1000}),
        token_generation = token_generation + 1, token_claim_until = null,
        state = ${toDo === undefined ? 'ready' : 'sign-in-needed'}, state_message = ${toDo ?? null}, updated_at = now()
      where workspace_id = ${workspace} and id = ${id} and token_generation = ${generation}
    `.execute(tx),
  )
  return stored.numAffectedRows === 1n
}

/**
 * Gives the right to renew a generation back after the remote refused, and asks for a new sign-in if it `refused` for
 * good. Answers false, and changes nothing, when there are newer tokens: the refusal is of tokens that nobody uses.
 */
export async function releaseTokens(
  db: Kysely<Database>,
  workspace: string,
  id: string,
  generation: number,
  refused: string | undefined,
): Promise<boolean> {
  const released = await inWorkspace(db, workspace, (tx) =>
    refused === undefined
      ? sql`
          update connections set token_claim_until = null
          where workspace_id = ${workspace} and id = ${id} and token_generation = ${generation}
        `.execute(tx)
      : sql`
          update connections set token_claim_until = null, state = 'sign-in-needed', state_message = ${refused}, updated_at = now()
          where workspace_id = ${workspace} and id = ${id} and token_generation = ${generation}
        `.execute(tx),
  )
  return released.numAffectedRows === 1n
}

/** Answers false, and changes nothing, when another account was pinned meanwhile. */
export async function keepDiscovered(
  db: Kysely<Database>,
  workspace: string,
  id: string,
  settings: { readonly [field: string]: unknown },
  pinned: { readonly [field: string]: string },
): Promise<boolean> {
  const learnt = sql`${JSON.stringify(pinned)}::jsonb`
  const kept = await inWorkspace(db, workspace, (tx) =>
    sql`
      update connections set settings = settings || ${JSON.stringify(settings)}::jsonb, pinned = ${learnt} || pinned,
        updated_at = now()
      where workspace_id = ${workspace} and id = ${id} and ${learnt} || pinned = pinned || ${learnt}
    `.execute(tx),
  )
  return kept.numAffectedRows === 1n
}

/** A sign-in that was waiting for a person to choose its account is of use. */
export async function keepChosen(db: Kysely<Database>, workspace: string, id: string): Promise<void> {
  await inWorkspace(db, workspace, (tx) =>
    sql`
      update connections set state = 'ready', state_message = null
      where workspace_id = ${workspace} and id = ${id} and pinned <> '{}'::jsonb and tokens is not null
    `.execute(tx),
  )
}

/** Keeps what a test has found. A login that was refused has to be entered anew, whatever it was good for before. */
export async function keepFindings(
  db: Kysely<Database>,
  workspace: string,
  id: string,
  findings: readonly { readonly ok: boolean }[],
  /** In the words of the remote; undefined: it was not. */
  refused: string | undefined,
): Promise<void> {
  const ready = findings.every((finding) => finding.ok)
  await inWorkspace(db, workspace, (tx) =>
    sql`
      update connections set findings = ${JSON.stringify(findings)}::jsonb, tested_at = now(), updated_at = now(),
        state = case when ${ready} then 'ready' when ${refused !== undefined} then 'sign-in-needed' else state end,
        state_message = case when ${ready} then null else coalesce(${refused ?? null}::text, state_message) end
      where workspace_id = ${workspace} and id = ${id}
    `.execute(tx),
  )
}
