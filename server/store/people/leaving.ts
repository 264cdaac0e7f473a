import { type RawBuilder, sql, type Transaction } from 'kysely'
import type { Database } from '../database/schema.ts'

type Tx = Transaction<Database>

export type Holdings = {
  /** API tokens that still work. */
  readonly tokens: readonly { readonly name: string; readonly prefix: string; readonly usedAt: string | null }[]
  /** Requests for a second person that wait. */
  readonly approvals: number
  /** Invitations that can still be used. */
  readonly invitations: number
  /** Open exceptions that were handed to them. */
  readonly exceptions: number
  /** Flows whose draft they saved last. */
  readonly drafts: readonly { readonly id: string; readonly name: string }[]
  /** Rules for alerts that write to their address. `alone`: to nobody else, so that they only fill the list then. */
  readonly alertRules: readonly { readonly id: string; readonly name: string; readonly alone: boolean }[]
  /** Flows that are to turn on by themselves as they have set it: these stay off. */
  readonly turnOns: readonly { readonly id: string; readonly name: string }[]
  /** Flows that run and name their address: they go on as they are. */
  readonly mentions: readonly { readonly id: string; readonly name: string }[]
}

/** What somebody has in a workspace that somebody else has to take over, or that ends with them. */
export async function holdingsOf(tx: Tx, workspace: string, user: string): Promise<Holdings> {
  const { rows } = await sql<Holdings>`
    select
      (select coalesce(json_agg(json_build_object('name', name, 'prefix', 'tl_' || prefix,
          'usedAt', to_char(used_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')) order by id), '[]')
        from api_tokens where workspace_id = ${workspace} and user_id = ${user} and revoked_at is null
          and (expires_at is null or expires_at > now())) as tokens,
      (select count(*)::int from approvals
        where workspace_id = ${workspace} and asked_by = ${user} and state = 'open') as approvals,
      (select count(*)::int from invitations where workspace_id = ${workspace} and invited_by = ${user}
        and used_at is null and revoked_at is null and expires_at > now()) as invitations,
      (select count(*)::int from exceptions
        where workspace_id = ${workspace} and assigned_to = ${user} and state in ('open', 'retrying')) as exceptions,
      (select coalesce(json_agg(json_build_object('id', id, 'name', name) order by lower(name), id), '[]') from (
        select id, name from flows
        where workspace_id = ${workspace} and draft_by = ${user} and archived_at is null order by lower(name), id limit 50
      ) f) as drafts,
      (select coalesce(json_agg(json_build_object('id', r.id, 'name', r.name, 'alone', not exists (
          select 1 from jsonb_array_elements(r.recipients || r.escalate_to) one where not ${isTo(sql`one`, sql`p.email`)}
        )) order by lower(r.name), r.id), '[]')
        from alert_rules r where r.workspace_id = ${workspace} and ${tells(sql`p.email`)}) as "alertRules",
      (select coalesce(json_agg(json_build_object('id', f.id, 'name', f.name) order by lower(f.name), f.id), '[]')
        from turn_ons t join flows f on f.workspace_id = t.workspace_id and f.id = t.flow_id
        where t.workspace_id = ${workspace} and t.set_by = ${user} and t.settled_at is null
          and f.archived_at is null and not f.enabled) as "turnOns",
      (select coalesce(json_agg(json_build_object('id', id, 'name', name) order by lower(name), id), '[]') from (
        select f.id, f.name from flows f
        join flow_versions v on v.workspace_id = f.workspace_id and v.flow_id = f.id and v.number = f.live_version
        left join lateral (
          select a.answers from flow_answers a where a.workspace_id = f.workspace_id and a.flow_id = f.id
          order by a.revision desc limit 1
        ) a on true
        where f.workspace_id = ${workspace} and f.archived_at is null
          and position(lower(p.email) in lower(v.document::text || coalesce(a.answers::text, ''))) > 0
        order by lower(f.name), f.id limit 50
      ) f) as mentions
    from users p where p.id = ${user}
  `.execute(tx)
  if (!rows[0]) throw new Error(`There is no person ${user}.`)
  return rows[0]
}

/** Whether an entry of recipients is the mailbox of somebody. */
const isTo = (one: RawBuilder<unknown>, email: RawBuilder<unknown>) =>
  sql`coalesce(lower(${one} ->> 'address') = lower(${email}), false)`
/** Whether a rule `r` writes to somebody, at once or later. */
const tells = (email: RawBuilder<unknown>) => sql`exists (
  select 1 from jsonb_array_elements(r.recipients || r.escalate_to) one where ${isTo(sql`one`, email)}
)`
const without = (list: RawBuilder<unknown>) => sql`(
  select coalesce(jsonb_agg(one order by place), '[]') from jsonb_array_elements(${list}) with ordinality as e (one, place)
  where not ${isTo(sql`one`, sql`p.email`)}
)`

/** Ends, or gives back, what somebody held: with the membership, in one transaction. What they did stays. */
export async function letGo(tx: Tx, workspace: string, user: string): Promise<void> {
  await sql`update api_tokens set revoked_at = now()
    where workspace_id = ${workspace} and user_id = ${user} and revoked_at is null`.execute(tx)
  await sql`update approvals set state = 'void', reason = 'Who asked for it has left.', decided_at = now()
    where workspace_id = ${workspace} and asked_by = ${user} and state = 'open'`.execute(tx)
  await sql`update invitations set revoked_at = now()
    where workspace_id = ${workspace} and invited_by = ${user} and used_at is null and revoked_at is null`.execute(tx)
  await sql`update exceptions set assigned_to = null
    where workspace_id = ${workspace} and assigned_to = ${user} and state in ('open', 'retrying')`.execute(tx)
  await sql`delete from fault_owners where workspace_id = ${workspace} and owner_id = ${user}`.execute(tx)
  await sql`
    update alert_rules r set recipients = ${without(sql`r.recipients`)}, escalate_to = ${without(sql`r.escalate_to`)},
      escalate_minutes = case when ${without(sql`r.escalate_to`)} = '[]' then null else r.escalate_minutes end
    from users p where p.id = ${user} and r.workspace_id = ${workspace} and ${tells(sql`p.email`)}`.execute(tx)
  await sql`
    update alert_messages m set state = 'dropped', settled_at = now() from users p
    where p.id = ${user} and m.workspace_id = ${workspace} and m.state = 'waiting'
      and ${isTo(sql`m.recipient`, sql`p.email`)}`.execute(tx)
  await sql`delete from draft_leases where workspace_id = ${workspace} and user_id = ${user}`.execute(tx)
}
