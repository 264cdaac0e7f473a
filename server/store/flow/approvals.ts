import { sql, type Transaction } from 'kysely'
import type { Database } from '../database/schema.ts'

type Tx = Transaction<Database>

export type ApprovalRow = {
  readonly id: string
  readonly kind: 'publish' | 'rule'
  readonly flow_id: string | null
  readonly flow_name: string | null
  readonly hash: string
  readonly summary: string
  readonly asked_by: string
  readonly asker: string
  readonly authors: readonly string[]
  readonly created_at: Date
  readonly state: 'open' | 'approved' | 'refused' | 'void'
  readonly decider: string | null
  readonly decided_at: Date | null
  readonly reason: string | null
  /** What a push brings or takes back; null: the draft is asked for. */
  readonly push: PushAsked | null
}

/** `source`: as in flow_templates. `base`: the master's version, as it is taken. */
export type PushAsked = {
  readonly kind: 'push' | 'back'
  readonly source: string
  readonly name: string
  /** The master's version that would be there then; 0: none yet. */
  readonly version: number
  readonly base: unknown
  /** The client's version that ran, and the master's that it had, when it was asked for. */
  readonly live: number | null
  readonly taken: number
}

/** What would run, and with which connections. */
export type Asked = {
  readonly document: unknown
  readonly layout: unknown
  readonly bindings: { readonly [slot: string]: string }
}

const SHOWN = sql`a.id, a.kind, a.flow_id, f.name as flow_name, a.hash, a.summary, a.asked_by, a.asker, a.authors,
  a.created_at, a.state, a.decider, a.decided_at, a.reason, a.push`

/** Open ones first, then the newest; 200 at most. */
export async function listApprovals(tx: Tx, workspace: string): Promise<ApprovalRow[]> {
  const { rows } = await sql<ApprovalRow>`
    select ${SHOWN} from approvals a left join flows f on f.workspace_id = a.workspace_id and f.id = a.flow_id
    where a.workspace_id = ${workspace} order by (a.state = 'open') desc, a.id desc limit 200
  `.execute(tx)
  return rows
}

/** `lock`: whoever decides at the same time waits. */
export async function findApproval(
  tx: Tx,
  workspace: string,
  id: string,
  { lock = false }: { readonly lock?: boolean } = {},
): Promise<(ApprovalRow & Asked) | undefined> {
  const { rows } = await sql<ApprovalRow & Asked>`
    select ${SHOWN}, a.document, a.layout, a.bindings
    from approvals a left join flows f on f.workspace_id = a.workspace_id and f.id = a.flow_id
    where a.workspace_id = ${workspace} and a.id = ${id} ${lock ? sql`for update of a` : sql``}
  `.execute(tx)
  return rows[0]
}

/** What waits for a second person at a flow. */
export async function findOpenApproval(tx: Tx, workspace: string, flow: string): Promise<ApprovalRow | undefined> {
  const { rows } = await sql<ApprovalRow>`
    select ${SHOWN} from approvals a left join flows f on f.workspace_id = a.workspace_id and f.id = a.flow_id
    where a.workspace_id = ${workspace} and a.flow_id = ${flow} and a.state = 'open'
  `.execute(tx)
  return rows[0]
}

/**
 * An open one for the same thing ends: what is asked for last is what is decided. Whoever may be one of the authors
 * (0055-hands.ts) is an author too, for good.
 */
export async function insertApproval(
  tx: Tx,
  approval: {
    readonly workspace: string
    readonly id: string
    readonly kind: 'publish' | 'rule'
    readonly flow: string | null
    readonly document: string | null
    readonly layout: string | null
    readonly bindings: string | null
    readonly hash: string
    readonly summary: string
    readonly by: { readonly id: string; readonly name: string }
    readonly authors: readonly string[]
    readonly push?: PushAsked
  },
): Promise<void> {
  const { workspace, id, kind, flow, document, layout, bindings, hash, summary, by, authors, push } = approval
  await sql`
    update approvals set state = 'void', reason = 'Another request took its place.', decided_at = now()
    where workspace_id = ${workspace} and kind = ${kind} and flow_id is not distinct from ${flow} and state = 'open'
  `.execute(tx)
  await sql`
    insert into approvals (workspace_id, id, kind, flow_id, document, layout, bindings, hash, summary, asked_by, asker,
      authors, push)
    values (${workspace}, ${id}, ${kind}, ${flow}, ${document}::jsonb, ${layout}::jsonb, ${bindings}::jsonb, ${hash},
      ${summary}, ${by.id}, ${by.name}, tieline_hands(${workspace}::uuid, ${sql.val([...authors, by.id])}::uuid[]),
      ${push === undefined ? null : JSON.stringify(push)}::jsonb)
  `.execute(tx)
}

/**
 * Decides an open request. Approved, it lets this transaction, and no other, do what it is for.
 * @throws the database's error approvals_second_person if whoever decides had a part in it, or may be somebody who had;
 * approvals_approver if they may not approve here any more
 */
export async function decideApproval(
  tx: Tx,
  workspace: string,
  id: string,
  state: 'approved' | 'refused' | 'void',
  by: { readonly id: string; readonly name: string },
  reason: string | null,
): Promise<void> {
  await sql`
    update approvals set state = ${state}, decided_by = ${by.id}, decider = ${by.name}, decided_at = now(), reason = ${reason}
    where workspace_id = ${workspace} and id = ${id}
  `.execute(tx)
  if (state === 'approved') await sql`select set_config('tieline.approval', ${id}, true)`.execute(tx)
}

/**
 * Everybody who had a part in the draft since it last went live, by whatever way it came about, and whoever may have been
 * one of them since then. The database notes who they are (0055-hands.ts).
 */
export async function authorsOf(tx: Tx, workspace: string, flow: string): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select distinct unnest(tieline_hands(d.workspace_id, array[d.user_id], d.since)) as id
    from draft_authors d where d.workspace_id = ${workspace} and d.flow_id = ${flow}
  `.execute(tx)
  return rows.map(({ id }) => id)
}

/** The draft is what runs, as it is: whoever has a part in it from now on begins anew. */
export async function forgetAuthors(tx: Tx, workspace: string, flow: string): Promise<void> {
  await sql`delete from draft_authors where workspace_id = ${workspace} and flow_id = ${flow}`.execute(tx)
}

/** Takes what was approved elsewhere into a draft: that makes nobody an author of it who was none before. */
export async function withoutAuthor<T>(tx: Tx, workspace: string, flow: string, write: () => Promise<T>): Promise<T> {
  const before = await tx
    .selectFrom('draft_authors')
    .select('user_id')
    .where('workspace_id', '=', workspace)
    .where('flow_id', '=', flow)
    .execute()
  const done = await write()
  await sql`
    delete from draft_authors where workspace_id = ${workspace} and flow_id = ${flow}
      and not user_id = any (${sql.val(before.map((row) => row.user_id))}::uuid[])
  `.execute(tx)
  return done
}

/** Whether a second person approves here. */
export async function approvalRule(tx: Tx, workspace: string): Promise<{ readonly on: boolean }> {
  const row = await tx
    .selectFrom('workspaces')
    .select('second_person as on')
    .where('id', '=', workspace)
    .executeTakeFirst()
  if (!row) throw new Error(`There is no workspace ${workspace}.`)
  return row
}

/** What was asked for at a flow ends, if it waits still: another version has gone live meanwhile. */
export async function endOpenApproval(tx: Tx, workspace: string, flow: string, reason: string): Promise<void> {
  await sql`
    update approvals set state = 'void', reason = ${reason}, decided_at = now()
    where workspace_id = ${workspace} and flow_id = ${flow} and state = 'open'
  `.execute(tx)
}

export async function countOpenApprovals(tx: Tx, workspace: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from approvals where workspace_id = ${workspace} and state = 'open'
  `.execute(tx)
  return rows[0]?.count ?? 0
}

export type Approver = { readonly id: string; readonly name: string; readonly email: string }

/** Everybody who may approve, by name. */
export async function listApprovers(tx: Tx, workspace: string, roles: readonly string[]): Promise<Approver[]> {
  const { rows } = await sql<Approver>`
    select u.id, u.name, u.email from members m join users u on u.id = m.user_id
    where m.workspace_id = ${workspace} and u.disabled_at is null and m.role = any (${sql.val([...roles])}::text[])
    order by lower(u.name), u.id
  `.execute(tx)
  return rows
}

export async function setSecondPerson(tx: Tx, workspace: string, on: boolean): Promise<void> {
  await tx.updateTable('workspaces').set({ second_person: on }).where('id', '=', workspace).execute()
}
