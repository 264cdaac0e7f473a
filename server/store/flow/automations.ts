import { sql, type Transaction } from 'kysely'
import type { Database } from '../database/schema.ts'

type Tx = Transaction<Database>

export type AutomationRow = {
  readonly id: string
  readonly document: unknown
  readonly synced_at: Date | null
  readonly synced_read: number | null
  readonly synced_sent: number | null
  readonly week_read: number
  readonly week_sent: number
  /** Items sent by how many times 24 hours ago they were, 0 to 6; none where nothing was sent. */
  readonly days: { readonly [ago: string]: number }
  readonly open_exceptions: number
  /** Connections of its slots that need somebody to sign in. */
  readonly broken: readonly {
    readonly id: string
    readonly name: string
    readonly message: string | null
    /** Turned off because nothing used it. */
    readonly off: boolean
    /** Whom it is to is known: it can only be renewed, not become another. */
    readonly known: boolean
  }[]
  /** Its other connections, with what is known of their end. */
  readonly sound: readonly {
    readonly id: string
    readonly name: string
    readonly connector: string
    readonly login: string
    readonly known: boolean
    readonly validUntil: string | null
    readonly tokensEnd: string | null
  }[]
}

/** Ids of runs sort by time: the least one of seven days ago. */
const WEEK_AGO = sql`(lpad(to_hex((extract(epoch from now() - interval '7 days') * 1000)::bigint), 12, '0') || '00000000000000000000')::uuid`

/** What is known of each flow that is not archived, for whoever owns its data. Counts stop at 1,000 exceptions. */
export async function listAutomations(tx: Tx, workspace: string): Promise<readonly AutomationRow[]> {
  const { rows } = await sql<AutomationRow>`
    with days as materialized (
      select flow_id, least(6, floor(extract(epoch from now() - created_at) / 86400))::int as ago,
        sum((counts ->> 'read')::bigint) as read, coalesce(sum((counts ->> 'sent')::bigint), 0) as sent
      from runs where workspace_id = ${workspace} and not dry and id >= ${WEEK_AGO} group by 1, 2
    ), week as materialized (
      select flow_id, sum(read) as read, sum(sent) as sent, jsonb_object_agg(ago, sent) as days from days group by flow_id
    )
    select f.id, v.document,
      s.ended_at as synced_at, (s.counts ->> 'read')::bigint as synced_read, (s.counts ->> 'sent')::bigint as synced_sent,
      coalesce(w.read, 0)::bigint as week_read, coalesce(w.sent, 0)::bigint as week_sent, coalesce(w.days, '{}') as days,
      (select count(*)::int from (
        select 1 from exceptions e where e.workspace_id = f.workspace_id and e.flow_id = f.id and e.state = 'open' limit 1000
      ) as found) as open_exceptions,
      coalesce((
        select jsonb_agg(jsonb_build_object('id', c.id, 'name', c.name, 'message', case when c.off_since is null then c.state_message end, 'known', c.pinned <> '{}', 'off', c.off_since is not null) order by c.name)
        from flow_bindings b join connections c on c.workspace_id = b.workspace_id and c.id = b.connection_id
        where b.workspace_id = f.workspace_id and b.flow_id = f.id and (c.state = 'sign-in-needed' or c.off_since is not null)
      ), '[]') as broken,
      coalesce((
        select jsonb_agg(jsonb_build_object('id', c.id, 'name', c.name, 'connector', c.connector, 'login', c.login, 'known', c.pinned <> '{}',
          'validUntil', c.valid_until, 'tokensEnd', c.tokens_expire_at) order by c.name)
        from flow_bindings b join connections c on c.workspace_id = b.workspace_id and c.id = b.connection_id
        where b.workspace_id = f.workspace_id and b.flow_id = f.id and c.state <> 'sign-in-needed' and c.off_since is null
      ), '[]') as sound
    from flows f
    left join flow_versions v on v.workspace_id = f.workspace_id and v.flow_id = f.id and v.number = f.live_version
    left join lateral (
      -- Found in the index, where one that has failed for months is passed by quickly.
      select r.id from runs r
      where r.workspace_id = f.workspace_id and r.flow_id = f.id and not r.dry and r.state in ('succeeded', 'partly')
      order by r.id desc limit 1
    ) good on true
    left join runs s on s.workspace_id = ${workspace} and s.id = good.id
    left join week w on w.flow_id = f.id
    where f.workspace_id = ${workspace} and f.archived_at is null
  `.execute(tx)
  return rows
}
