import { type RawBuilder, sql, type Transaction } from 'kysely'
import type { Database, Desk } from '../database/schema.ts'

type Tx = Transaction<Database>

/** Runs of a flow that are looked back upon at most. */
const LOOK_BACK = 2_000

/** A flow as an alert speaks of it. */
export type WatchedFlow = {
  readonly id: string
  readonly name: string
  /** The live version. */
  readonly document: unknown
  /** When the last run that came through began; null: none has. */
  readonly since: Date | null
}

/** Live flows, each with its latest runs as `recent` to join. */
const watched = (workspace: string, flow: string | null) => sql`
  with watched as (
    select f.id, f.name, f.enabled, f.switched_at, f.paused_code, f.paused_message, v.document, good.since
    from flows f
    join flow_versions v on v.workspace_id = f.workspace_id and v.flow_id = f.id and v.number = f.live_version
    left join lateral (
      select created_at as since from ${recent(workspace)} where state in ('succeeded', 'partly') limit 1
    ) good on true
    where f.workspace_id = ${workspace} and f.archived_at is null and (${flow}::uuid is null or f.id = ${flow}::uuid)
  )`

/** Newest first. Dry runs move nothing, so they say nothing. */
const recent = (workspace: string) => sql`(
  select * from (
    select created_at, ended_at, state, code, reason, counts, dry from runs r
    where r.workspace_id = ${workspace} and r.flow_id = f.id order by r.id desc limit ${LOOK_BACK}
  ) latest where not dry
) recent`

const FLOW = sql`f.id, f.name, f.document, f.since`

export type FailedFlow = WatchedFlow & { readonly code: string; readonly reason: string }

/** Flows whose last run that has ended failed, and those that stopped and wait for a person. */
export async function failedFlows(tx: Tx, workspace: string, flow: string | null): Promise<readonly FailedFlow[]> {
  const { rows } = await sql<FailedFlow>`
    ${watched(workspace, flow)}
    select ${FLOW}, coalesce(f.paused_code, last.code, 'UNEXPECTED') as code,
      coalesce(f.paused_message, last.reason, '') as reason
    from watched f left join lateral (
      select state, code, reason from ${recent(workspace)} where state in ('succeeded', 'partly', 'failed') limit 1
    ) last on true
    where f.paused_code is not null or last.state = 'failed'
    order by f.name, f.id
  `.execute(tx)
  return rows
}

/**
 * Flows that are on and in which nothing has happened for so many minutes, and had the time to. Asked about all flows,
 * “no run” is judged by the rhythm of each: one that runs once a week is not silent after a day, and one that has no
 * schedule is never late.
 */
export async function silentFlows(
  tx: Tx,
  workspace: string,
  flow: string | null,
  of: 'runs' | 'rows' | 'progress',
  minutes: number,
): Promise<readonly WatchedFlow[]> {
  const border = sql`now() - make_interval(mins => ${minutes})`
  const lastRows = sql`(
    select max(ended_at) from ${recent(workspace)} where coalesce((counts ->> 'read')::bigint, 0) > 0
  )`
  const moved = sql`(select max(c.updated_at) from cursors c where c.workspace_id = ${workspace} and c.flow_id = f.id)`
  // It has run since, and stays silent until there is something, also while it does not run.
  const ranSince = (at: RawBuilder<unknown>) =>
    sql`exists (select 1 from ${recent(workspace)} where ended_at is not null and created_at > ${at})`
  const silent = {
    runs: sql`not exists (select 1 from ${recent(workspace)} where created_at > ${border})
      and (${flow}::uuid is not null or ${late(workspace)})`,
    rows: sql`coalesce(${lastRows}, 'epoch') < ${border} and ${ranSince(sql`coalesce(${lastRows}, f.switched_at, 'epoch')`)}`,
    progress: sql`${moved} < ${border} and ${ranSince(moved)}`,
  }[of]
  const { rows } = await sql<WatchedFlow>`
    ${watched(workspace, flow)}
    select ${FLOW} from watched f
    where f.enabled and f.paused_code is null and coalesce(f.switched_at, 'epoch') < ${border} and ${silent}
    order by f.name, f.id
  `.execute(tx)
  return rows
}

/** A time of its schedule that nobody fired, or twice as long since its last run as between any of those before. */
const late = (workspace: string) => sql`exists (
  select 1 from schedules s
  where s.workspace_id = ${workspace} and s.flow_id = f.id and (
    s.next_due < now() - interval '5 minutes'
    or now() - (select max(created_at) from ${recent(workspace)}) > (
      select 2 * max(gap) from (
        select created_at - lead(created_at) over (order by created_at desc) as gap from (
          select created_at from ${recent(workspace)} order by created_at desc limit 6
        ) last
      ) gaps
    )
  )
)`

export type OpenExceptions = {
  readonly flow: string
  readonly name: string
  readonly desk: Desk
  readonly count: number
  /** What is at stake, as “12400.00 AUD”, a currency each. */
  readonly stake: readonly string[]
  readonly codes: readonly string[]
}

export async function openExceptions(
  tx: Tx,
  workspace: string,
  flow: string | null,
  atLeast: number,
  desk: Desk | undefined,
): Promise<readonly OpenExceptions[]> {
  const { rows } = await sql<OpenExceptions>`
    with open as (
      select flow_id, desk, code, amount, currency from exceptions
      where workspace_id = ${workspace} and state = 'open'
        and (${flow}::uuid is null or flow_id = ${flow}::uuid) and (${desk ?? null}::text is null or desk = ${desk ?? null})
    ), money as (
      select flow_id, desk, array_agg(sum || ' ' || currency order by currency) as stake from (
        select flow_id, desk, currency, sum(amount)::text as sum from open
        where amount is not null and currency is not null group by flow_id, desk, currency
      ) sums group by flow_id, desk
    )
    select f.id as flow, f.name, o.desk, count(*)::int as count, array_agg(distinct o.code) as codes,
      coalesce((select stake from money m where m.flow_id = o.flow_id and m.desk = o.desk), '{}') as stake
    from open o join flows f on f.workspace_id = ${workspace} and f.id = o.flow_id
    group by f.id, f.name, o.flow_id, o.desk having count(*) >= ${atLeast}
    order by f.name, o.desk
  `.execute(tx)
  return rows
}

export type WatchedConnection = {
  readonly id: string
  readonly name: string
  readonly connector: string
  readonly login: string
  readonly validUntil: string | null
  readonly tokensEnd: Date | null
  /** Names of live flows that use it. */
  readonly flows: readonly string[]
}

export async function watchedConnections(tx: Tx, workspace: string): Promise<readonly WatchedConnection[]> {
  const { rows } = await sql<WatchedConnection>`
    select c.id, c.name, c.connector, c.login, c.valid_until as "validUntil", c.tokens_expire_at as "tokensEnd", coalesce((
      select array_agg(distinct f.name order by f.name) from flow_bindings b
      join flows f on f.workspace_id = b.workspace_id and f.id = b.flow_id
      where b.workspace_id = c.workspace_id and b.connection_id = c.id and f.live_version is not null
        and f.archived_at is null
    ), '{}') as flows
    from connections c where c.workspace_id = ${workspace} order by c.name, c.id
  `.execute(tx)
  return rows
}

export type EndingToken = { readonly id: string; readonly name: string; readonly expires: Date }

/** API tokens that end within so many days, and those that have done so in as many. */
export async function endingTokens(tx: Tx, workspace: string, days: number): Promise<readonly EndingToken[]> {
  const { rows } = await sql<EndingToken>`
    select id, name, expires_at as expires from api_tokens
    where workspace_id = ${workspace} and revoked_at is null
      and expires_at between now() - make_interval(days => ${days}) and now() + make_interval(days => ${days})
    order by expires_at, id
  `.execute(tx)
  return rows
}

export type OpenNotice = {
  readonly id: string
  readonly flow: string
  readonly message: string
  readonly severity: string
}

export async function openNotices(
  tx: Tx,
  workspace: string,
  flow: string | null,
  severities: readonly string[],
): Promise<readonly OpenNotice[]> {
  const { rows } = await sql<OpenNotice>`
    select id, flow_id as flow, message, severity from notices
    where workspace_id = ${workspace} and closed_at is null and severity = any(${severities as string[]}::text[])
      and (${flow}::uuid is null or flow_id = ${flow}::uuid)
    order by id limit 1000
  `.execute(tx)
  return rows
}
