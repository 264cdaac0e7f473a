import { type Kysely, sql, type Transaction } from 'kysely'
import type { DataRecord } from '../../connectors/kit/connector.ts'
import type { Inbox, InboxCursor, InboxPage } from '../run/inbox.ts'
import { LeaseLost, type RunClaim } from '../run/journal.ts'
import { inWorkspace } from './database.ts'
import { newId } from './ids.ts'
import { type EventContent, openContent } from './inbox-content.ts'
import type { Database } from './schema.ts'
import type { Keyring } from './secrets.ts'
import { wakeAfterCommit } from './wake.ts'

type Tx = Transaction<Database>

const PAGE_RECORDS = 1_000
/** Of a page, before packing; one event more than fits is taken where it is the first. In bytes. */
const PAGE_BYTES = 4_000_000

/**
 * The inbox in PostgreSQL, for one claim of one run.
 *
 * No event is stranded: it is committed before anybody looks for a run of its hook, and a run takes events after it was
 * claimed, when no other run can be given them. So for an event that this run does not get, either the statement that
 * follows its commit finds no run ready and queues one, or one is ready and has yet to take.
 */
export function createInbox(parts: { readonly db: Kysely<Database>; readonly keys: Keyring }, claim: RunClaim): Inbox {
  const { workspace } = claim
  return {
    take: () => inWorkspace(parts.db, workspace, (tx) => takeEvents(tx, claim)),
    page: (from) => readPage(parts, workspace, claim.run, from),
    pageOf: (run, from) => readPage(parts, workspace, run, from),
  }
}

async function takeEvents(tx: Tx, claim: RunClaim): Promise<number> {
  const { workspace, run, flow, causeNode } = claim
  // The fence: a worker that lost the run takes nothing for it, and two of them take one after the other.
  const held = await sql`
    select 1 from runs where workspace_id = ${workspace} and id = ${run} and epoch = ${claim.epoch} and state = 'running'
    for no key update
  `.execute(tx)
  if (held.rows.length === 0) throw new LeaseLost(`Run ${run} was taken over before it took its events.`)
  const had = await sql<{ count: number }>`
    select count(*) as count from inbox where workspace_id = ${workspace} and run_id = ${run}
  `.execute(tx)
  const before = had.rows[0]?.count ?? 0
  if (before > 0) return before
  const taken = await sql<{ id: string; hook_id: string }>`
    update inbox set run_id = ${run}
    from (
      select i.hook_id, i.id from inbox i
      where i.workspace_id = ${workspace} and i.run_id is null
        and i.hook_id = (select id from hooks where workspace_id = ${workspace} and flow_id = ${flow} and node_id = ${causeNode})
      order by i.id
      limit (select most from hooks where workspace_id = ${workspace} and flow_id = ${flow} and node_id = ${causeNode})
      for update skip locked
    ) waiting
    where inbox.workspace_id = ${workspace} and inbox.hook_id = waiting.hook_id and inbox.id = waiting.id
    returning inbox.id, inbox.hook_id
  `.execute(tx)
  const hook = taken.rows[0]?.hook_id
  if (hook !== undefined) await queueRunForRest(tx, claim, hook)
  return taken.rows.length
}

/** The next run, for what this one leaves: it cannot begin before this one has ended. */
async function queueRunForRest(tx: Tx, claim: RunClaim, hook: string): Promise<void> {
  const queued = await sql`
    insert into runs (workspace_id, id, flow_id, version, cause, cause_node, start, reason, trace_class)
    select f.workspace_id, ${newId()}::uuid, f.id, f.live_version, 'hook', ${claim.causeNode}, '{"kind": "inbox"}',
      'Waiting for a worker.', w.trace_class
    from flows f join workspaces w on w.id = f.workspace_id
    join hooks h on h.workspace_id = f.workspace_id and h.flow_id = f.id and h.id = ${hook}
    where f.workspace_id = ${claim.workspace} and f.id = ${claim.flow} and h.live and h.seconds = 0
      and f.enabled and f.paused_code is null and f.archived_at is null and f.live_version is not null
      and exists (select 1 from inbox where workspace_id = ${claim.workspace} and hook_id = ${hook} and run_id is null)
    on conflict (workspace_id, flow_id, cause_node)
      where cause = 'hook' and epoch = 0 and state in ('queued', 'waiting', 'paused') do nothing
  `.execute(tx)
  if ((queued.numAffectedRows ?? 0n) > 0n) await wakeAfterCommit(tx, claim.workspace, 'live')
}

async function readPage(
  parts: { readonly db: Kysely<Database>; readonly keys: Keyring },
  workspace: string,
  run: string,
  from: InboxCursor | undefined,
): Promise<InboxPage | undefined> {
  const rows = await inWorkspace(parts.db, workspace, (tx) => rowsAfter(tx, workspace, run, from?.after))
  const records: { event: string; record: DataRecord }[] = []
  let skip = from?.skip ?? 0
  let cursor = from
  for (const row of rows) {
    const all = row.content ? recordsOf(openContent(parts.keys, workspace, row.hook_id, row.id, row.content)) : []
    const room = PAGE_RECORDS - records.length
    if (room === 0) break
    const mine = all.slice(skip, skip + room)
    for (const record of mine) records.push({ event: row.id, record })
    if (skip + mine.length < all.length)
      return { records, cursor: { after: cursor?.after ?? '', skip: skip + mine.length } }
    skip = 0
    cursor = { after: row.id, skip: 0 }
  }
  return rows.length === 0 || cursor === undefined ? undefined : { records, cursor }
}

/** As many events as fit into a page, at least one. */
async function rowsAfter(tx: Tx, workspace: string, run: string, after: string | undefined) {
  const rows = await sql<{ id: string; hook_id: string; content: Buffer | null }>`
    select id, hook_id, content from inbox join (
      select id as fitting from (
        select id, sum(bytes) over (order by id) - bytes as before from (
          select id, bytes from inbox
          where workspace_id = ${workspace} and run_id = ${run} and (${after || null}::uuid is null or id > ${after || null}::uuid)
          order by id limit ${PAGE_RECORDS}
        ) next
      ) summed where before < ${PAGE_BYTES}
    ) page on id = fitting
    where workspace_id = ${workspace} and run_id = ${run}
    order by id
  `.execute(tx)
  return rows.rows
}

/** An object is a record, a list is its elements, and anything else the field `body` of one. */
export function recordsOf(content: EventContent): readonly DataRecord[] {
  const { body, ...delivery } = content
  const parts: readonly unknown[] = Array.isArray(body) ? body : [body]
  if (delivery.id !== undefined) return parts.map((part) => ({ ...delivery, body: part }))
  return parts.map((part) =>
    typeof part === 'object' && part !== null && !Array.isArray(part) ? (part as DataRecord) : { body: part },
  )
}
