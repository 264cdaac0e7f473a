import { type Kysely, sql, type Transaction } from 'kysely'
import { type ActorKind, BEGINNING, digestOf, type Entry, type Fact, hashFact, newSalt } from '../../audit/chain.ts'
import type { Database } from '../database/schema.ts'

type Db = Kysely<Database>

export type Deed = Pick<Fact, 'action' | 'subject' | 'detail' | 'requestId'> & {
  readonly actor: { readonly kind: ActorKind; readonly id: string | null }
  /** Who it was, in words; empty texts where nobody knows. */
  readonly who: { readonly name: string; readonly email: string; readonly address: string }
}

/**
 * Adds an entry to the chain of a workspace, in the transaction of what it tells of: neither is there without the other.
 * Writers of one chain wait for each other at its head until they commit, so call it last.
 */
export async function appendAudit(tx: Transaction<Database>, workspace: string, deed: Deed): Promise<void> {
  const head = await sql<{ workspace_id: string; sequence: string; hash: Buffer; at: Date }>`
    insert into audit_heads as h (workspace_id, sequence, hash)
    values (${workspace}, 0, ${Buffer.from(BEGINNING, 'hex')})
    on conflict (workspace_id) do update set sequence = h.sequence
    returning workspace_id, sequence, hash, date_trunc('milliseconds', clock_timestamp()) as at`.execute(tx)
  // The id as it will be read back, however it was written here.
  const { workspace_id, sequence, hash: previous, at } = head.rows[0]!
  const personal = { salt: newSalt(), ...deed.who }
  const fact: Fact = {
    workspace: workspace_id,
    sequence: Number(sequence) + 1,
    at: at.toISOString(),
    actor: deed.actor,
    action: deed.action,
    subject: deed.subject,
    // As it will be read back: what JSON leaves out must not be hashed.
    detail: JSON.parse(JSON.stringify(deed.detail)) as Fact['detail'],
    requestId: deed.requestId,
    personalDigest: digestOf(personal),
    previous: previous.toString('hex'),
  }
  const hash = Buffer.from(hashFact(fact), 'hex')
  await sql`
    with moved as (
      update audit_heads set sequence = ${fact.sequence}, hash = ${hash} where workspace_id = ${workspace}
    )
    insert into audit_entries (workspace_id, sequence, at, actor_kind, actor_id, action, subject, detail, request_id,
      personal, personal_digest, previous, hash)
    values (${workspace}, ${fact.sequence}, ${at}, ${fact.actor.kind}, ${fact.actor.id}, ${fact.action},
      ${JSON.stringify(fact.subject)}, ${JSON.stringify(fact.detail)}, ${fact.requestId}, ${JSON.stringify(personal)},
      ${Buffer.from(fact.personalDigest, 'hex')}, ${previous}, ${hash})`.execute(tx)
}

export type AuditFilter = {
  readonly action?: string | undefined
  readonly actor?: string | undefined
  /** Kind and id of a thing: entries about it. */
  readonly subject?: { readonly [kind: string]: string } | undefined
  readonly from?: Date | undefined
  readonly to?: Date | undefined
}

const COLUMNS = [
  'workspace_id',
  'sequence',
  'at',
  'actor_kind',
  'actor_id',
  'action',
  'subject',
  'detail',
  'request_id',
  'personal',
  'personal_digest',
  'previous',
  'hash',
] as const

/**
 * Newest first, below `before`. The page is found first, in the index of what it is narrowed by. Entries about a thing are
 * found only in a transaction of the workspace (inWorkspace).
 */
export async function listAudit(
  db: Db,
  workspace: string,
  { action, actor, subject, from, to }: AuditFilter,
  { before, limit }: { readonly before: number | undefined; readonly limit: number },
): Promise<Entry[]> {
  const page =
    subject === undefined
      ? sql`
          select e.sequence from audit_entries e
          where e.workspace_id = ${workspace}
            ${before === undefined ? sql`` : sql`and e.sequence < ${before}`}
            ${action === undefined ? sql`` : sql`and e.action = ${action}`}
            ${actor === undefined ? sql`` : sql`and e.actor_id = ${actor}`}
            ${from === undefined ? sql`` : sql`and e.at >= ${from}`}
            ${to === undefined ? sql`` : sql`and e.at < ${to}`}
          order by e.sequence desc limit ${limit}`
      : sql`
          select f.sequence from tieline_find_audit(${JSON.stringify(subject)}::jsonb, ${action ?? null}::text,
            ${actor ?? null}::text, ${from ?? null}::timestamptz, ${to ?? null}::timestamptz, ${before ?? null}::bigint,
            ${limit}::int) f`
  const rows = await db
    .selectFrom('audit_entries')
    .select(COLUMNS)
    .where('workspace_id', '=', workspace)
    .where(sql<boolean>`sequence = any(array(${page}))`)
    .orderBy('sequence', 'desc')
    .execute()
  return rows.map(toEntry)
}

/** In order, after `after`. */
export async function auditAfter(db: Db, workspace: string, after: number, limit: number): Promise<Entry[]> {
  const rows = await db
    .selectFrom('audit_entries')
    .select(COLUMNS)
    .where('workspace_id', '=', workspace)
    .where('sequence', '>', after)
    .orderBy('sequence')
    .limit(limit)
    .execute()
  return rows.map(toEntry)
}

export type Head = { readonly workspace: string; readonly sequence: number; readonly hash: string }

/** Where every chain stands; with a login that sees all of them. */
export async function auditHeads(db: Db): Promise<Head[]> {
  const rows = await db.selectFrom('audit_heads').selectAll().orderBy('workspace_id').execute()
  return rows.map((row) => ({
    workspace: row.workspace_id,
    sequence: Number(row.sequence),
    hash: row.hash.toString('hex'),
  }))
}

export async function auditHead(db: Db, workspace: string): Promise<Head> {
  const row = await db.selectFrom('audit_heads').selectAll().where('workspace_id', '=', workspace).executeTakeFirst()
  return { workspace, sequence: Number(row?.sequence ?? 0), hash: row?.hash.toString('hex') ?? BEGINNING }
}

type Row = {
  workspace_id: string
  sequence: number
  at: Date
  actor_kind: ActorKind
  actor_id: string | null
  action: string
  subject: unknown
  detail: unknown
  request_id: string | null
  personal: unknown
  personal_digest: Buffer
  previous: Buffer
  hash: Buffer
}

function toEntry(row: Row): Entry {
  return {
    workspace: row.workspace_id,
    sequence: Number(row.sequence),
    at: row.at.toISOString(),
    actor: { kind: row.actor_kind, id: row.actor_id },
    action: row.action,
    // Written by appendAudit.
    subject: row.subject as Entry['subject'],
    detail: row.detail as Entry['detail'],
    requestId: row.request_id,
    personalDigest: row.personal_digest.toString('hex'),
    previous: row.previous.toString('hex'),
    personal: row.personal as Entry['personal'],
    hash: row.hash.toString('hex'),
  }
}
