import { type Kysely, sql } from 'kysely'
import type { DataRecord } from '../../../connectors/kit/connector.ts'
import type { Inbox, InboxCursor, InboxPage } from '../../run/journal/inbox.ts'
import type { RunClaim } from '../../run/journal/journal.ts'
import { COLLECTED } from './collected.ts'
import { newId } from '../database/ids.ts'
import { type EventContent, openContent } from './inbox-content.ts'
import { inOneTrip } from '../database/one-trip.ts'
import type { Database } from '../database/schema.ts'
import type { Keyring } from '../key/secrets.ts'

const PAGE_RECORDS = 1_000
/** Of a page, before packing; one event more than fits is taken where it is the first. In bytes. */
const PAGE_BYTES = 4_000_000

/**
 * The inbox in PostgreSQL, for one claim of one run.
 *
 * No event is stranded: it is committed before anybody looks for a run of its hook, and a run takes events after it was
 * claimed, when no other run can be given them. So for an event that this run does not get, either the statement that
 * follows its commit finds no run ready and queues one, or one is ready and has yet to take.
 *
 * A run that was queued for events which another run has taken meanwhile gets none, unless as many have come again as
 * the trigger collects, or the first has waited for long enough: those go on being collected.
 */
export function createInbox(parts: { readonly db: Kysely<Database>; readonly keys: Keyring }, claim: RunClaim): Inbox {
  const { workspace } = claim
  /** Of the first page, which comes with what was taken. */
  let first: readonly EventRow[] | undefined
  return {
    take: async () => {
      first = await takeEvents(parts.db, claim)
    },
    page: async (from) => {
      const rows = from === undefined ? first : undefined
      first = undefined
      return pageOf(parts.keys, workspace, rows ?? (await rowsAfter(parts.db, workspace, claim.run, from?.after)), from)
    },
    pageOf: async (run, from) =>
      pageOf(parts.keys, workspace, await rowsAfter(parts.db, workspace, run, from?.after), from),
  }
}

/** Gives events to the run, unless it has some from an earlier claim, and answers those of its first page. */
async function takeEvents(db: Kysely<Database>, claim: RunClaim): Promise<readonly EventRow[]> {
  const { workspace, run, flow, causeNode } = claim
  const [, , , page] = await inOneTrip(db, workspace, [
    // The fence: a worker that lost the run takes nothing for it, and two of them take one after the other.
    sql`
      with held as (
        select 1 from runs where workspace_id = ${workspace} and id = ${run} and epoch = ${claim.epoch} and state = 'running'
        for no key update
      ) select tieline_lost() where not exists (select 1 from held)
    `,
    sql`
      -- By place: a join by key is planned by what was known of the table, which a flood leaves behind at once.
      update inbox set run_id = ${run}
      where workspace_id = ${workspace} and ctid = any(array(
        select i.ctid from inbox i
        where i.workspace_id = ${workspace} and i.run_id is null
          and not exists (select 1 from inbox mine where mine.workspace_id = ${workspace} and mine.run_id = ${run})
          and i.hook_id = (
            select h.id from hooks h
            where h.workspace_id = ${workspace} and h.flow_id = ${flow} and h.node_id = ${causeNode} and ${COLLECTED}
          )
        order by i.id
        limit (select most from hooks where workspace_id = ${workspace} and flow_id = ${flow} and node_id = ${causeNode})
        for update skip locked
      ))
    `,
    runForRest(claim),
    eventsAfter(workspace, run, undefined),
  ])
  return page.rows
}

/**
 * The next run, for what this one leaves. Nobody is woken for it: it cannot begin before this one has ended, and then its
 * worker looks for more.
 */
const runForRest = ({ workspace, flow, causeNode }: RunClaim) => sql`
  insert into runs (workspace_id, id, flow_id, version, cause, cause_node, start, reason, trace_class)
  select f.workspace_id, ${newId()}::uuid, f.id, f.live_version, 'hook', h.node_id, '{"kind": "inbox"}',
    'Waiting for a worker.', w.trace_class
  from flows f join workspaces w on w.id = f.workspace_id
  join hooks h on h.workspace_id = f.workspace_id and h.flow_id = f.id and h.node_id = ${causeNode}
  where f.workspace_id = ${workspace} and f.id = ${flow} and h.live and h.seconds = 0
    and f.enabled and f.paused_code is null and f.archived_at is null and f.live_version is not null
    and exists (select 1 from inbox where workspace_id = ${workspace} and hook_id = h.id and run_id is null)
  on conflict (workspace_id, flow_id, cause_node)
    where cause = 'hook' and epoch = 0 and state in ('queued', 'waiting', 'paused') do nothing
`

function pageOf(
  keys: Keyring,
  workspace: string,
  rows: readonly EventRow[],
  from: InboxCursor | undefined,
): InboxPage | undefined {
  const records: { event: string; record: DataRecord }[] = []
  let skip = from?.skip ?? 0
  let cursor = from
  for (const row of rows) {
    const all = row.content ? recordsOf(openContent(keys, workspace, row.hook_id, row.id, row.content)) : []
    const room = PAGE_RECORDS - records.length
    if (room === 0) return { records, cursor: cursor!, last: false }
    const start = Math.max(skip, row.done)
    const mine = all.slice(start, start + room)
    for (const record of mine) records.push({ event: row.id, record })
    if (start + mine.length < all.length)
      return { records, cursor: { after: cursor?.after ?? '', skip: start + mine.length }, last: false }
    skip = 0
    cursor = { after: row.id, skip: 0 }
  }
  if (rows.length === 0 || cursor === undefined) return undefined
  // An event that follows would have come along, had there been one.
  const whole = rows.length < PAGE_RECORDS && rows.reduce((sum, row) => sum + row.bytes, 0) < PAGE_BYTES
  return { records, cursor, last: whole }
}

type EventRow = {
  readonly id: string
  readonly hook_id: string
  readonly content: Buffer | null
  readonly bytes: number
  /** Records that another run had carried out before it gave the event back. */
  readonly done: number
}

async function rowsAfter(
  db: Kysely<Database>,
  workspace: string,
  run: string,
  after: string | undefined,
): Promise<readonly EventRow[]> {
  const [{ rows }] = await inOneTrip(db, workspace, [eventsAfter(workspace, run, after)])
  return rows
}

/** As many events as fit into a page, at least one. */
const eventsAfter = (workspace: string, run: string, after: string | undefined) => sql<EventRow>`
  select id, hook_id, content, bytes, done from (
    select id, hook_id, content, bytes, done, sum(bytes) over (order by id) - bytes as before from (
      select id, hook_id, content, bytes, done from inbox
      where workspace_id = ${workspace} and run_id = ${run} and (${after || null}::uuid is null or id > ${after || null}::uuid)
      order by id limit ${PAGE_RECORDS}
    ) next
  ) summed
  where before < ${PAGE_BYTES}
  order by id
`

/** An object is a record, a list is its elements, and anything else the field `body` of one. */
export function recordsOf(content: EventContent): readonly DataRecord[] {
  const { body, ...delivery } = content
  const parts: readonly unknown[] = Array.isArray(body) ? body : [body]
  if (delivery.id !== undefined) return parts.map((part) => ({ ...delivery, body: part }))
  return parts.map((part) =>
    typeof part === 'object' && part !== null && !Array.isArray(part) ? (part as DataRecord) : { body: part },
  )
}
