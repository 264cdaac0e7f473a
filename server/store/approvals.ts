import { sql, type Transaction } from 'kysely'
import type { Database } from './schema.ts'

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
 * Whether a person and those who had a part in the request may be the same one: somebody who made the link that set the
 * password of another may know it. The database refuses such an approval too (0052-passwords-by-others.ts).
 */
export async function isOneHand(
  tx: Tx,
  { asked_by, authors }: Pick<ApprovalRow, 'asked_by' | 'authors'>,
  person: string,
): Promise<boolean> {
  const { rows } = await sql<{ one: boolean }>`
    select tieline_hands(array[${person}]::uuid[]) && tieline_hands(${sql.val([...authors, asked_by])}::uuid[]) as one
  `.execute(tx)
  return rows[0]?.one === true
}

/**
 * An open one for the same thing ends: what is asked for last is what is decided. Who made the link that set the password
 * of one of the authors is an author too.
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
      ${summary}, ${by.id}, ${by.name}, tieline_hands(${sql.val([...authors, by.id])}::uuid[]),
      ${push === undefined ? null : JSON.stringify(push)}::jsonb)
  `.execute(tx)
}

/**
 * Decides an open request. Approved, it lets this transaction, and no other, do what it is for.
 * @throws the database's error approvals_second_person if whoever decides had a part in it
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

/** Everybody who had a part in the draft since the flow was last published. */
export async function authorsSince(tx: Tx, workspace: string, flow: string): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select author_id as id from draft_sessions s
    where s.workspace_id = ${workspace} and s.flow_id = ${flow} and s.ended_at > coalesce(
      (select max(created_at) from flow_versions v where v.workspace_id = ${workspace} and v.flow_id = ${flow}), '-infinity')
    union
    select draft_by as id from flows where workspace_id = ${workspace} and id = ${flow} and draft_by is not null
  `.execute(tx)
  return rows.map(({ id }) => id)
}

/** Whether a second person approves here, and how many may. */
export async function approvalRule(
  tx: Tx,
  workspace: string,
  roles: readonly string[],
): Promise<{ readonly on: boolean; readonly approvers: number }> {
  const { rows } = await sql<{ on: boolean; approvers: number }>`
    select w.second_person as on, (
      select count(*)::int from members m join users u on u.id = m.user_id
      where m.workspace_id = w.id and u.disabled_at is null and m.role = any (${sql.val([...roles])}::text[])
    ) as approvers
    from workspaces w where w.id = ${workspace}
  `.execute(tx)
  if (!rows[0]) throw new Error(`There is no workspace ${workspace}.`)
  return rows[0]
}

export async function setSecondPerson(tx: Tx, workspace: string, on: boolean): Promise<void> {
  await tx.updateTable('workspaces').set({ second_person: on }).where('id', '=', workspace).execute()
}
