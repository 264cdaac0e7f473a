import { promisify } from 'node:util'
import { zstdCompress, zstdCompressSync, zstdDecompress } from 'node:zlib'
import { sql, type Transaction } from 'kysely'
import { normalKey } from '../../run/record/keys.ts'
import { newId } from '../database/ids.ts'
import { openContent } from '../hook/inbox-content.ts'
import { ERASED, EVERYBODY, mentions, type Names, namesOf } from './mentions.ts'
import { arrayText, hashKeys } from '../key/record-keys.ts'
import { editPlace, exceptionPlace, openRecord } from '../exception/retries.ts'
import { openSample, rewriteSample } from '../flow/samples.ts'
import type { Database } from '../database/schema.ts'
import { type Keyring, seal } from '../key/secrets.ts'

type Tx = Transaction<Database>

const compress = promisify(zstdCompress)
const decompress = promisify(zstdDecompress)
/** As server/api/run/payload-pages.ts. */
const MAX_CHUNK_BYTES = 256_000_000

export type Erased = { records: number; exceptions: number; events: number }

export const keysToErase = (keys: readonly string[]): ReadonlySet<string> =>
  new Set(keys.flatMap((key) => normalKey(key) ?? []))

/** Somebody to be erased: what the blind index knows of the names, and how they are told in what is kept. */
export type Person = { readonly hashes: BigInt64Array; readonly names: Names }

export const personOf = (keyring: Keyring, workspace: string, keys: ReadonlySet<string>): Person => ({
  hashes: hashKeys(keyring, workspace, keys),
  names: namesOf(keys),
})

/**
 * For the length of a transaction: one erasure of a workspace at a time. Two that blanked the same records for different
 * people would each write back what the other had blanked. False: another one is at work.
 */
export async function holdErasures(tx: Tx, workspace: string): Promise<boolean> {
  const { rows } = await sql<{ mine: boolean }>`
    select pg_try_advisory_xact_lock(hashtextextended(${`erasures/${workspace}`}, 0)) as mine
  `.execute(tx)
  return rows[0]?.mine === true
}

/** Runs that have begun and not ended: what they read may yet be kept. */
export async function runsAtWork(tx: Tx, workspace: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from runs where workspace_id = ${workspace} and state in ('running', 'waiting', 'paused')
  `.execute(tx)
  return rows[0]?.count ?? 0
}

/** Blanks what flows are tried with: records pinned to a step. They are few, and in no index. */
export async function eraseInSamples(tx: Tx, keyring: Keyring, workspace: string, { names }: Person): Promise<number> {
  const rows = await tx
    .selectFrom('samples')
    .select(['flow_id as flow', 'id'])
    .where('workspace_id', '=', workspace)
    .execute()
  let blanked = 0
  for (const { flow, id } of rows) {
    const inputs = await openSample(tx, keyring, workspace, flow, id)
    if (!inputs) continue
    let here = 0
    const next = Object.entries(inputs).map(([input, records]) => {
      const left = records.map((record) => (names === EVERYBODY || mentions(record, names) ? ERASED : record))
      here += left.filter((record, index) => record !== records[index]).length
      return [input, left] as const
    })
    if (here > 0) await rewriteSample(tx, keyring, workspace, flow, id, Object.fromEntries(next))
    blanked += here
  }
  return blanked
}

/** Runs whose reads had a record of one of the keys, by the blind index, newest first. */
export async function runsWith(tx: Tx, workspace: string, { hashes }: Person): Promise<readonly string[]> {
  const { rows } = await sql<{ run_id: string }>`
    select distinct run_id from record_keys where workspace_id = ${workspace} and hashes && ${arrayText(hashes)}::bigint[]
    order by run_id desc
  `.execute(tx)
  return rows.map(({ run_id: run }) => run)
}

/**
 * Blanks in one run what is kept of records that bear one of the keys, wherever in the run they came to, and takes the
 * keys out of the index. Counts and times of steps stay.
 */
export async function eraseInRun(
  tx: Tx,
  keyring: Keyring,
  workspace: string,
  run: string,
  person: Person,
  by: string,
): Promise<Erased> {
  const { names } = person
  const records = await blankPayloads(tx, workspace, run, names)
  const exceptions = await blankExceptions(tx, keyring, workspace, run, names, by)
  const events = await blankEvents(tx, keyring, workspace, run, names)
  const hashes = arrayText(person.hashes)
  await sql`
    update record_keys set hashes = array(select h from unnest(hashes) h where h <> all (${hashes}::bigint[]))
    where workspace_id = ${workspace} and run_id = ${run} and hashes && ${hashes}::bigint[]
  `.execute(tx)
  return { records, exceptions, events }
}

async function blankPayloads(tx: Tx, workspace: string, run: string, names: Names): Promise<number> {
  const places = await tx
    .selectFrom('payloads')
    .select(['day', 'trace_class', 'batch', 'node_id', 'kind', 'chunk'])
    .where('workspace_id', '=', workspace)
    .where('run_id', '=', run)
    .execute()
  let blanked = 0
  for (const place of places) {
    const at = tx
      .selectFrom('payloads')
      .select('content')
      .where('workspace_id', '=', workspace)
      .where('run_id', '=', run)
      .where((eb) => eb.and(place))
    const row = await at.executeTakeFirst()
    if (!row) continue
    const text = await decompress(row.content, { maxOutputLength: MAX_CHUNK_BYTES })
    const kept: unknown[] = JSON.parse(text.toString())
    const next = kept.map((record) => (mentions(record, names) ? ERASED : record))
    const count = next.filter((record, index) => record !== kept[index]).length
    if (count === 0) continue
    blanked += count
    const content = await compress(JSON.stringify(next))
    await tx
      .updateTable('payloads')
      .set({ content, bytes: content.length })
      .where('workspace_id', '=', workspace)
      .where('run_id', '=', run)
      .where((eb) => eb.and(place))
      .execute()
  }
  return blanked
}

/** Those of the run, and those of its records that were tried again; what is open is closed. */
async function blankExceptions(
  tx: Tx,
  keyring: Keyring,
  workspace: string,
  run: string,
  names: Names,
  by: string,
): Promise<number> {
  const rows = await tx
    .selectFrom('exceptions')
    .select(['id', 'business_key', 'message', 'remote', 'record'])
    .where('workspace_id', '=', workspace)
    .where((eb) => eb.or([eb('run_id', '=', run), eb('retry_run', '=', run)]))
    .execute()
  const packed = zstdCompressSync(JSON.stringify(ERASED))
  let blanked = 0
  for (const { id, record, ...shown } of rows) {
    const theirs = () => mentions([shown, openRecord(keyring, exceptionPlace(workspace, id), record)], names)
    if (names !== EVERYBODY && !theirs()) continue
    blanked += 1
    await sql`
      update exceptions set record = ${seal(keyring, exceptionPlace(workspace, id), packed)}, business_key = null,
        message = 'The record was erased.', remote = null,
        state = case when state = 'open' then 'dismissed' else state end,
        resolved_at = coalesce(resolved_at, now()), resolved_by = coalesce(resolved_by, ${by}),
        resolution = coalesce(resolution, 'Erased: the person asked to be forgotten.')
      where workspace_id = ${workspace} and id = ${id}
    `.execute(tx)
    const edits = await tx
      .selectFrom('exception_edits')
      .select('id')
      .where('workspace_id', '=', workspace)
      .where('exception_id', '=', id)
      .execute()
    for (const edit of edits) {
      await sql`
        update exception_edits set record = ${seal(keyring, editPlace(workspace, id, edit.id), packed)}
        where workspace_id = ${workspace} and exception_id = ${id} and id = ${edit.id}
      `.execute(tx)
    }
    await sql`
      update exception_notes set words = '[erased]'
      where workspace_id = ${workspace} and exception_id = ${id} and words is not null
    `.execute(tx)
  }
  return blanked
}

async function blankEvents(tx: Tx, keyring: Keyring, workspace: string, run: string, names: Names): Promise<number> {
  const rows = await tx
    .selectFrom('inbox')
    .select(['hook_id', 'id', 'content'])
    .where('workspace_id', '=', workspace)
    .where('run_id', '=', run)
    .where('content', 'is not', null)
    .execute()
  let blanked = 0
  for (const { hook_id: hook, id, content } of rows) {
    if (content === null) continue
    if (names !== EVERYBODY && !mentions(openContent(keyring, workspace, hook, id, content), names)) continue
    blanked += 1
    await sql`update inbox set content = null where workspace_id = ${workspace} and hook_id = ${hook} and id = ${id}`.execute(
      tx,
    )
  }
  return blanked
}

/** Keeps what was done and, as hashes, for whom: a backup from before is held against it. */
export async function noteErasure(
  tx: Tx,
  workspace: string,
  { hashes }: Pick<Person, 'hashes'>,
  done: Erased & {
    readonly runs: number
    readonly reason: string
    readonly by: string
    /** Of one that is done again. */
    readonly id?: string
    readonly at?: string
  },
): Promise<string> {
  const { id = newId(), at = null } = done
  await sql`
    insert into erasures (workspace_id, id, reason, records, exceptions, events, runs, ordered_by, at, hashes)
    values (${workspace}, ${id}, ${done.reason}, ${done.records}, ${done.exceptions}, ${done.events}, ${done.runs},
      ${done.by}, coalesce(${at}::timestamptz, now()), ${arrayText(hashes)}::bigint[])
  `.execute(tx)
  return id
}

export type ErasureRow = Awaited<ReturnType<typeof listErasures>>[number]

/** Newest first. */
export async function listErasures(tx: Tx, workspace: string, most: number) {
  return tx
    .selectFrom('erasures as e')
    .leftJoin('users as u', 'u.id', 'e.ordered_by')
    .select(['e.id', 'e.at', 'e.reason', 'u.name as by', 'e.runs', 'e.records', 'e.exceptions', 'e.events'])
    .where('e.workspace_id', '=', workspace)
    .orderBy('e.at', 'desc')
    .orderBy('e.id', 'desc')
    .limit(most)
    .execute()
}
