import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { zstdDecompress } from 'node:zlib'
import { sql, type Transaction } from 'kysely'
import type { DataRecord } from '../../../connectors/kit/connector.ts'
import { identityOf, normalKey } from '../../run/record/keys.ts'
import type { TracePlace } from '../database/partitions.ts'
import { listChunks, readChunk } from './payloads.ts'
import { arrayText, hashKeys } from '../key/record-keys.ts'
import type { CallState, Database, EffectState, ExceptionState, TraceClass } from '../database/schema.ts'
import type { Keyring } from '../key/secrets.ts'

type Tx = Transaction<Database>

const decompress = promisify(zstdDecompress)
/** A chunk has 4 MB of text (server/run/batch/trace.ts); a single record may have more. */
const MAX_CHUNK_BYTES = 64_000_000
/** Chunks of one payload that are looked through for a record, and effects of one key that are looked at. */
const MOST_CHUNKS = 5
const MOST_EFFECTS = 5_000
/** Days that are asked at once, newest first: most pages are full after the first. */
const STRETCHES = [7, 30, 90, 365, 1_000, 2_000, 4_000]

/** Whatever a run did, with its flow. Null where the run or its flow is gone. */
type OfRun = {
  readonly at: Date
  readonly run_id: string
  readonly batch: number
  readonly node_id: string
  readonly flow_id: string | null
  readonly flow_name: string | null
  readonly version: number | null
}
export type ReadRow = OfRun & { readonly day: string; readonly trace_class: TraceClass }
export type EffectRow = OfRun & {
  readonly document: string
  readonly kind: 's' | 'r'
  readonly state: EffectState | CallState
  readonly items: number
  /** Rows of a document, not a whole. */
  readonly rows: boolean
  readonly message: string | null
  readonly connection: string | null
  readonly operation: string
}
export type FoundException = OfRun & {
  readonly id: string
  readonly code: string
  readonly message: string
  readonly state: ExceptionState
  readonly resolved_at: Date | null
  readonly resolved_by: string | null
  readonly resolution: string | null
}

export type EventRow = Omit<OfRun, 'run_id' | 'batch'> & {
  readonly run_id: string | null
  readonly key: string
  readonly repeats: number
  readonly node_name: string
}

/** What of a search is asked for: what happened before a moment, newest first. */
export type Stretch = { readonly before: Date | undefined; readonly limit: number }

/** Runs that had a record with the key, newest first. */
export async function findReads(
  tx: Tx,
  keyring: Keyring,
  workspace: string,
  key: string,
  { before, limit }: Stretch,
): Promise<ReadRow[]> {
  const wanted = normalKey(key)
  if (wanted === undefined) return []
  const hashes = arrayText(hashKeys(keyring, workspace, [wanted]))
  const found: ReadRow[] = []
  let from = 0
  for (const to of STRETCHES) {
    const rows = await sql<ReadRow>`
      select k.run_id, k.batch, k.node_id, k.day, k.trace_class, date_trunc('milliseconds', k.at) as at,
        r.flow_id, f.name as flow_name, r.version
      from tieline_find_reads(${hashes}::bigint[], current_date - ${to}::int, current_date - ${from}::int,
        ${before ?? 'infinity'}::timestamptz, ${limit - found.length}) k
      left join runs r on r.workspace_id = ${workspace} and r.id = k.run_id
      left join flows f on f.workspace_id = ${workspace} and f.id = r.flow_id
      order by k.at desc
    `.execute(tx)
    found.push(...rows.rows)
    if (found.length >= limit) break
    from = to + 1
  }
  return found
}

/** Other names of the record that a read had: an invoice is sent by its id, and asked for by its number. */
export async function otherNames(tx: Tx, workspace: string, read: ReadRow, key: string): Promise<string[]> {
  const trace: TracePlace = { run: read.run_id, day: read.day, traceClass: read.trace_class }
  const place = { ...trace, node: read.node_id, batch: read.batch, kind: 'out:out' }
  const wanted = normalKey(key)
  for (const { chunk } of (await listChunks(tx, workspace, place)).slice(0, MOST_CHUNKS)) {
    const content = await readChunk(tx, workspace, place, chunk)
    if (!content) continue
    // Written by tracePayload: a list of records.
    const records = JSON.parse(
      (await decompress(content, { maxOutputLength: MAX_CHUNK_BYTES })).toString(),
    ) as DataRecord[]
    for (const record of records) {
      const names = identityOf(record)
      if (names.some((name) => normalKey(name) === wanted)) return names.filter((name) => normalKey(name) !== wanted)
    }
  }
  return []
}

/** What was sent under one of the names, call by call, newest first. */
export async function findEffects(
  tx: Tx,
  workspace: string,
  names: readonly string[],
  { before, limit }: Stretch,
): Promise<EffectRow[]> {
  const exact = [...new Set(names.flatMap((name) => [name, name.toLowerCase(), name.toUpperCase()]))]
  const words = [...new Set(names.map((name) => name.toLowerCase()))]
  const rows = await sql<EffectRow>`
    select * from (
      select date_trunc('milliseconds', coalesce(c.answered_at, c.sent_at, c.created_at)) as at,
        e.document, e.kind, coalesce(e.state, c.state) as state, count(*) as items, bool_or(e.part <> '') as rows,
        c.message, c.run_id, c.batch, c.node_id, n.name as connection, t.operation,
        r.flow_id, f.name as flow_name, r.version
      from tieline_find_effects(${exact}::text[], ${words}::text[], ${MOST_EFFECTS}) e
      join calls c on c.workspace_id = ${workspace} and c.id = e.call_id and c.state <> 'intended'
      join targets t on t.workspace_id = ${workspace} and t.id = e.target_id
      left join connections n on n.workspace_id = ${workspace} and n.id = t.connection_id
      left join runs r on r.workspace_id = ${workspace} and r.id = c.run_id
      left join flows f on f.workspace_id = ${workspace} and f.id = r.flow_id
      group by c.id, c.answered_at, c.sent_at, c.created_at, c.message, c.run_id, c.batch, c.node_id, c.state,
        e.document, e.kind, e.state, n.name, t.operation, r.flow_id, f.name, r.version
    ) events
    where at < ${before ?? 'infinity'}::timestamptz order by at desc, document, state limit ${limit}
  `.execute(tx)
  return rows.rows
}

/** Exceptions of records with one of the names. Their end may lie before the moment where their beginning does not. */
export async function findExceptionsAbout(
  tx: Tx,
  workspace: string,
  names: readonly string[],
  { before, limit }: Stretch,
): Promise<FoundException[]> {
  const rows = await sql<FoundException>`
    select e.id, e.code, e.message, e.state, date_trunc('milliseconds', e.created_at) as at,
      date_trunc('milliseconds', e.resolved_at) as resolved_at, u.name as resolved_by, e.resolution,
      e.run_id, e.batch, e.node_id, e.flow_id, f.name as flow_name, e.version
    from tieline_find_exceptions(${names.map((name) => name.toLowerCase())}::text[], ${MOST_EFFECTS}) x
    join exceptions e on e.workspace_id = ${workspace} and e.id = x.id
    left join flows f on f.workspace_id = e.workspace_id and f.id = e.flow_id
    left join users u on u.id = e.resolved_by
    where date_trunc('milliseconds', e.created_at) < ${before ?? 'infinity'}::timestamptz
    order by greatest(e.created_at, e.resolved_at) desc limit ${limit}
  `.execute(tx)
  return rows.rows
}

/** Events that hooks were told under one of the names, by the sender's own id. */
export async function findEvents(
  tx: Tx,
  workspace: string,
  names: readonly string[],
  { before, limit }: Stretch,
): Promise<EventRow[]> {
  // As the inbox hashes them (server/api/hook/hook-event.ts).
  const hashes = names.map((name) => createHash('sha256').update(name).digest())
  const rows = await sql<EventRow>`
    select date_trunc('milliseconds', i.received_at) as at, i.key, i.repeats, i.run_id, h.node_id, h.node_name,
      h.flow_id, f.name as flow_name, r.version
    from hooks h
    join inbox i on i.workspace_id = h.workspace_id and i.hook_id = h.id and i.key_hash = any(${hashes}::bytea[])
    left join flows f on f.workspace_id = h.workspace_id and f.id = h.flow_id
    left join runs r on r.workspace_id = i.workspace_id and r.id = i.run_id
    where h.workspace_id = ${workspace} and date_trunc('milliseconds', i.received_at) < ${before ?? 'infinity'}::timestamptz
    order by i.received_at desc limit ${limit}
  `.execute(tx)
  return rows.rows
}
