import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely'
import type { Database } from '../database/schema.ts'

type Tx = Transaction<Database>

/** A letter that is due: to whoever may decide, or to whoever asked. */
export type DueLetter = {
  readonly workspace: string
  readonly workspaceName: string
  readonly approval: string
  readonly about: 'asked' | 'decided'
  readonly user: string
  readonly email: string
  readonly name: string
  readonly kind: 'publish' | 'rule'
  readonly flow: string | null
  readonly asker: string
  readonly summary: string
  readonly state: 'open' | 'approved' | 'refused' | 'void'
  readonly decider: string | null
  readonly reason: string | null
}

/** Asked again for the same thing within so many minutes, nobody is told again: it is the same cause. */
const SAME_CAUSE_MINUTES = 15
/** What waited longer when it could first be told is told by the pages alone. */
const OLDEST_DAYS = 3

/**
 * Requests that wait, for those who may decide them and have not been told; and what others decided, for whoever asked.
 * With the login that sees all workspaces.
 */
export async function dueApprovalLetters(
  system: Kysely<Database>,
  approvers: readonly string[],
): Promise<readonly DueLetter[]> {
  const { rows } = await sql<DueLetter>`
    select ${SHOWN}, 'asked' as about from ${MEMBERS}
    where ${AWAITED} and m.role = any (${sql.val([...approvers])}::text[]) and ${UNTOLD('asked')}
    union all
    select ${SHOWN}, 'decided' from ${MEMBERS}
    where ${DECIDED} and ${UNTOLD('decided')}
    order by approval, "user"
  `.execute(system)
  return rows
}

/**
 * True for the one who writes the row: only they send. False too where it was decided meanwhile, or the person may not any
 * more.
 */
export async function claimApprovalLetter(
  tx: Tx,
  { workspace, approval, user, about }: DueLetter,
  approvers: readonly string[],
): Promise<boolean> {
  const still =
    about === 'asked' ? sql`${AWAITED} and m.role = any (${sql.val([...approvers])}::text[])` : sql`${DECIDED}`
  const { rows } = await sql`
    insert into approval_letters (workspace_id, approval_id, user_id, about)
    select a.workspace_id, a.id, u.id, ${about} from ${MEMBERS}
    where a.workspace_id = ${workspace} and a.id = ${approval} and u.id = ${user} and ${still}
    on conflict do nothing returning approval_id
  `.execute(tx)
  return rows.length === 1
}

export async function settleApprovalLetter(
  tx: Tx,
  { workspace, approval, user, about }: DueLetter,
  { state, error = null }: { readonly state: 'sent' | 'failed' | 'unknown'; readonly error?: string | null },
): Promise<void> {
  await sql`
    update approval_letters set state = ${state}, error = ${error}
    where workspace_id = ${workspace} and approval_id = ${approval} and user_id = ${user} and about = ${about}
  `.execute(tx)
}

/** No server has taken it: a later turn may write the row, and send. */
export async function releaseApprovalLetter(tx: Tx, { workspace, approval, user, about }: DueLetter): Promise<void> {
  await sql`
    delete from approval_letters where workspace_id = ${workspace} and approval_id = ${approval} and user_id = ${user}
      and about = ${about} and state = 'sending'
  `.execute(tx)
}

const SHOWN = sql`a.workspace_id as workspace, w.name as "workspaceName", a.id as approval, u.id as "user", u.email, u.name,
  a.kind, f.name as flow, a.asker, a.summary, a.state, a.decider, a.reason`

/** Requests with the people of their workspace who can sign in. */
const MEMBERS = sql`approvals a
  join workspaces w on w.id = a.workspace_id and w.closing_at is null
  join members m on m.workspace_id = a.workspace_id
  join users u on u.id = m.user_id and u.disabled_at is null
  left join flows f on f.workspace_id = a.workspace_id and f.id = a.flow_id`

const AWAITED = sql`a.state = 'open' and a.asked_by <> u.id and not u.id = any (a.authors)
  and a.created_at > now() - make_interval(days => ${OLDEST_DAYS})`

/** What nobody decided, as it was asked for anew or whoever asked took it back, is told to nobody. */
const DECIDED = sql`a.state <> 'open' and a.decided_by is not null and a.asked_by = u.id and a.decided_by <> u.id
  and a.decided_at > now() - make_interval(days => ${OLDEST_DAYS})`

const UNTOLD = (about: 'asked' | 'decided'): RawBuilder<unknown> => sql`not exists (
  select 1 from approval_letters l join approvals b on b.workspace_id = l.workspace_id and b.id = l.approval_id
  where l.workspace_id = a.workspace_id and l.user_id = u.id and l.about = ${about} and (
    b.id = a.id or (${about} = 'asked' and b.kind = a.kind and b.flow_id is not distinct from a.flow_id
      and l.made_at > now() - make_interval(mins => ${SAME_CAUSE_MINUTES}))
  )
)`
