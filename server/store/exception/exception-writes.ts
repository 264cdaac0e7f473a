import { zstdCompressSync } from 'node:zlib'
import { sql, type Transaction } from 'kysely'
import type { NewException, RunClaim, SettledBatch } from '../../run/journal/journal.ts'
import { newId } from '../database/ids.ts'
import { exceptionPlace } from './retries.ts'
import { releaseHeld } from './held.ts'
import type { Database } from '../database/schema.ts'
import { type Keyring, seal } from '../key/secrets.ts'
import { supersede } from './supersede.ts'
import { FIRST_PLACE, NOTHING_IN_DOUBT } from './in-doubt.ts'

type Tx = Transaction<Database>

/** A statement takes at most 65,535 parameters. */
const SLICE = 1_000

type Place = { readonly node_id: string; readonly match_key: string | null }

/**
 * What a batch leaves of exceptions: those tried again are resolved or open again, those whose key went through resolve,
 * and each record that failed is met again in its open exception or becomes one, which stands for what was open of the same
 * thing. Resolved ones let go of what waits behind them. Answers the keys that are open now because of this batch, for OpenKeys.
 */
export async function settleExceptions(
  tx: Tx,
  keys: Keyring,
  claim: RunClaim,
  batch: Pick<SettledBatch, 'batch' | 'retried' | 'passed' | 'exceptions'>,
): Promise<readonly OpenKey[]> {
  const resolved = [...(await resolveRetried(tx, claim, batch)), ...(await resolvePassed(tx, claim, batch))]
  const reopened: OpenKey[] = []
  for (const one of batch.retried) {
    if (one.outcome === 'rejected') reopened.push(...(await reopen(tx, claim, batch.batch, one.exception, one.again)))
  }
  const written: OpenKey[] = []
  const age = await ageOf(tx, claim, batch.retried)
  for (let from = 0; from < batch.exceptions.length; from += SLICE) {
    written.push(
      ...(await writeExceptions(tx, keys, claim, batch.batch, age, batch.exceptions.slice(from, from + SLICE))),
    )
  }
  // What is tried again may be older than what is open.
  if (age === undefined) await supersede(tx, claim, written)
  await nameFirst(tx, claim, batch)
  await endDoubts(tx, claim, batch)
  await releaseHeld(tx, claim.workspace, claim.flow, resolved)
  return [...reopened, ...written]
}

export type OpenKey = { readonly node: string; readonly key: string; readonly exception: string }

/**
 * A doubt that somebody settled before its batch did, and an upsert, which may be sent again: neither is one. Whoever is
 * settling it at this moment is waited for.
 */
async function endDoubts(tx: Tx, claim: RunClaim, batch: Pick<SettledBatch, 'batch' | 'retried' | 'exceptions'>) {
  const again = batch.retried.flatMap((one) => (one.outcome === 'rejected' ? [one.again] : []))
  const doubts = [...batch.exceptions, ...again].filter(({ code }) => code === 'OUTCOME_UNKNOWN')
  if (doubts.length === 0) return
  const named = doubts.flatMap(({ effect }) => (effect ? [effect] : []))
  await sql`
    select from effects
    where workspace_id = ${claim.workspace} and (target_id, document) in (
      select * from unnest(${named.map((one) => one.target)}::int[], ${named.map((one) => one.document)}::text[])
    )
    order by target_id, document, part for share
  `.execute(tx)
  await sql`
    update exceptions x set code = 'CONNECTION_LOST', message = x.message || ' It is not in doubt any more: try it again.'
    where x.workspace_id = ${claim.workspace} and x.flow_id = ${claim.flow} and x.run_id = ${claim.run}
      and x.batch = ${batch.batch} and x.position < ${FIRST_PLACE} and x.code = 'OUTCOME_UNKNOWN' and x.state = 'open'
      and ${NOTHING_IN_DOUBT}
  `.execute(tx)
}

/** Those held behind an exception of this very batch, which had no id before. */
async function nameFirst(tx: Tx, claim: RunClaim, batch: Pick<SettledBatch, 'batch' | 'retried' | 'exceptions'>) {
  const again = batch.retried.flatMap((one) => (one.outcome === 'rejected' ? [one.again] : []))
  const unnamed = [...batch.exceptions, ...again].filter(
    ({ code, heldBehind }) => code === 'HELD_BEHIND' && heldBehind === undefined,
  )
  if (unnamed.length === 0) return
  await sql`
    update exceptions x set held_behind = (
      select first.id from exceptions first
      where first.workspace_id = x.workspace_id and first.flow_id = x.flow_id and first.node_id = x.node_id
        and first.match_key = x.match_key and first.state in ('open', 'retrying') and first.id < x.id
      order by first.id limit 1
    )
    where x.workspace_id = ${claim.workspace} and x.flow_id = ${claim.flow} and x.run_id = ${claim.run}
      and x.batch = ${batch.batch} and x.code = 'HELD_BEHIND' and x.held_behind is null
  `.execute(tx)
}

async function resolveRetried(tx: Tx, claim: RunClaim, { retried }: Pick<SettledBatch, 'retried'>): Promise<Place[]> {
  const passed = retried.flatMap(({ exception, outcome }) => (outcome === 'passed' ? [exception] : []))
  if (passed.length === 0) return []
  const { rows } = await sql<Place>`
    update exceptions set state = 'resolved', resolved_at = now(), resolved_by = retried_by,
      resolution = 'It went through when it was tried again.'
    where workspace_id = ${claim.workspace} and id = any(${passed}::uuid[]) and retry_run = ${claim.run}
      and state = 'retrying'
    returning node_id, match_key
  `.execute(tx)
  return rows
}

/**
 * One that another run is to try again is resolved too: that run will find nothing to do for it. A doubt is not: something
 * else of the same object may have gone through.
 */
async function resolvePassed(tx: Tx, claim: RunClaim, { passed }: Pick<SettledBatch, 'passed'>): Promise<Place[]> {
  if (passed.length === 0) return []
  const { rows } = await sql<Place>`
    update exceptions x set state = 'resolved', resolved_at = now(), resolved_by = null,
      resolution = ${`A later record of the same key went through in run ${claim.run}.`}
    from unnest(${passed.map(({ node }) => node)}::text[], ${passed.map(({ key }) => key)}::text[]) as p (node, key)
    where x.workspace_id = ${claim.workspace} and x.flow_id = ${claim.flow} and x.node_id = p.node and x.match_key = p.key
      and (x.state = 'open' or (x.state = 'retrying' and x.retry_run is distinct from ${claim.run}::uuid))
      and (x.code <> 'OUTCOME_UNKNOWN' or ${NOTHING_IN_DOUBT})
      ${notOlder(claim)}
    returning x.node_id, x.match_key
  `.execute(tx)
  return rows
}

/** What waited may be older than the record that failed: then that is not settled by it. */
const notOlder = ({ workspace, run, start }: RunClaim) =>
  start.kind === 'waited'
    ? sql`and x.record_at <= (select min(came_at) from waiting_records where workspace_id = ${workspace} and run_id = ${run})`
    : sql``

/** Its record stays as it was: the way it failed is new. */
async function reopen(
  tx: Tx,
  claim: RunClaim,
  batch: number,
  exception: string,
  again: NewException,
): Promise<readonly OpenKey[]> {
  const { rows } = await sql<Place>`
    update exceptions set state = 'open', code = ${again.code}, message = ${again.message}, remote = ${again.remote ?? null},
      desk = ${again.desk}, version = ${claim.version}, run_id = ${claim.run}, batch = ${batch}, position = ${again.position},
      occurrences = occurrences + 1, last_at = now(), held_behind = ${again.heldBehind ?? null},
      effect_target = ${again.effect?.target ?? null}, effect_document = ${again.effect?.document ?? null}
    where workspace_id = ${claim.workspace} and id = ${exception} and retry_run = ${claim.run} and state = 'retrying'
    returning node_id, match_key
  `.execute(tx)
  return rows.flatMap(({ node_id, match_key }) =>
    match_key === null ? [] : [{ node: node_id, key: match_key, exception }],
  )
}

type Known = { readonly rows: { readonly id: string; readonly record_at: Date }[]; next: number }

/** Between when the records of a batch were read; undefined: just now. */
type Age = { readonly oldest: Date; readonly newest: Date } | undefined

async function ageOf(tx: Tx, claim: RunClaim, retried: SettledBatch['retried']): Promise<Age> {
  const { start } = claim
  if (!['exceptions', 'step', 'again', 'waited'].includes(start.kind)) return undefined
  const { rows } = await sql<{ oldest: Date | null; newest: Date | null }>`
    select min(at) as oldest, max(at) as newest from (
      select record_at as at from exceptions
      where workspace_id = ${claim.workspace} and id = any(${retried.map(({ exception }) => exception)}::uuid[])
      union all
      select came_at from waiting_records where workspace_id = ${claim.workspace} and run_id = ${claim.run}
      union all
      select created_at from runs where workspace_id = ${claim.workspace} and id = ${'run' in start ? start.run : null}
        and (${start.kind === 'step'} or start ->> 'kind' = 'inbox') -- what is read again is read just now
    ) ages
  `.execute(tx)
  const { oldest, newest } = rows[0] ?? {}
  return oldest && newest ? { oldest, newest } : undefined
}

/** Records that failed, each with how often it was met in this batch. */
type Met = { readonly exception: NewException; times: number }

async function writeExceptions(
  tx: Tx,
  keys: Keyring,
  claim: RunClaim,
  batch: number,
  age: Age,
  failed: readonly NewException[],
): Promise<readonly OpenKey[]> {
  const met = fold(failed)
  const open = await findOpen(tx, claim, met)
  const merged: { id: string; met: Met }[] = []
  const stale: { id: string; times: number }[] = []
  const fresh: { id: string; ordinal: number; met: Met }[] = []
  for (const one of met) {
    const { identity, node } = one.exception
    const known = identity && open.get(`${node} ${identity.text}`)
    const [row] = known?.rows ?? []
    const older = row !== undefined && (age === undefined || row.record_at <= age.oldest)
    if (row !== undefined && older) merged.push({ id: row.id, met: one })
    // What is open already is newer than what was tried again: that replaces it, not the other way round.
    else if (row !== undefined && row.record_at > age!.newest) stale.push({ id: row.id, times: one.times })
    else {
      fresh.push({ id: newId(), ordinal: known?.next ?? 0, met: one })
      if (known) known.next += 1
      else if (identity) open.set(`${node} ${identity.text}`, { rows: [], next: 1 })
      continue
    }
    known?.rows.shift()
  }
  const sealed = (id: string, { exception }: Met) =>
    seal(keys, exceptionPlace(claim.workspace, id), zstdCompressSync(JSON.stringify(exception.record)))
  const rowOf = (id: string, one: Met) => ({
    ...columns(claim, batch, one.exception),
    record: sealed(id, one),
    record_at: age?.oldest ?? sql<Date>`now()`,
  })
  if (fresh.length > 0) {
    await tx
      .insertInto('exceptions')
      .values(
        fresh.map(({ id, ordinal, met: one }) => ({
          ...rowOf(id, one),
          workspace_id: claim.workspace,
          id,
          flow_id: claim.flow,
          node_id: one.exception.node,
          identity: one.exception.identity?.text ?? null,
          ordinal,
          occurrences: one.times,
        })),
      )
      .execute()
  }
  for (const { id, met: one } of merged) {
    // What somebody had made of the older record does not count for the newer one; the edit itself is kept.
    await tx
      .updateTable('exceptions')
      .set({
        ...rowOf(id, one),
        occurrences: sql<number>`occurrences + ${one.times}`,
        last_at: sql<Date>`now()`,
        edit_id: null,
      })
      .where('workspace_id', '=', claim.workspace)
      .where('id', '=', id)
      .execute()
  }
  for (const { id, times } of stale) {
    await tx
      .updateTable('exceptions')
      .set({ occurrences: sql<number>`occurrences + ${times}`, last_at: sql<Date>`now()` })
      .where('workspace_id', '=', claim.workspace)
      .where('id', '=', id)
      .execute()
  }
  return [...fresh, ...merged].flatMap(({ id, met: { exception } }) =>
    exception.matchKey === undefined ? [] : [{ node: exception.node, key: exception.matchKey, exception: id }],
  )
}

const columns = (claim: RunClaim, batch: number, one: NewException) => ({
  version: claim.version,
  run_id: claim.run,
  batch,
  position: one.position,
  code: one.code,
  message: one.message,
  remote: one.remote ?? null,
  business_key: one.businessKey ?? null,
  desk: one.desk,
  amount: one.amount ?? null,
  currency: one.currency ?? null,
  match_key: one.matchKey ?? null,
  held_behind: one.heldBehind ?? null,
  effect_target: one.effect?.target ?? null,
  effect_document: one.effect?.document ?? null,
})

/** Of several with one key in this batch the last counts; equal contents are records of their own. */
function fold(failed: readonly NewException[]): Met[] {
  const met = new Map<unknown, Met>()
  for (const exception of failed) {
    const { identity, node } = exception
    const name = identity && !identity.counted ? `${node} ${identity.text}` : exception
    const times = (met.get(name)?.times ?? 0) + 1
    met.set(name, { exception, times })
  }
  return [...met.values()]
}

/**
 * Open exceptions that may be met again, oldest first, and the next free number of each identity. Of a counted identity
 * only what earlier runs left: what this run has met already stands for another record.
 */
async function findOpen(tx: Tx, claim: RunClaim, met: readonly Met[]): Promise<Map<string, Known>> {
  const named = met.flatMap(({ exception: { node, identity } }) => (identity ? [{ node, identity }] : []))
  const found = new Map<string, Known>()
  if (named.length === 0) return found
  const counted = new Set(named.flatMap(({ identity }) => (identity.counted ? [identity.text] : [])))
  const { rows } = await sql<{
    id: string
    node_id: string
    identity: string
    ordinal: number
    run_id: string
    record_at: Date
  }>`
    select x.id, x.node_id, x.identity, x.ordinal, x.run_id, x.record_at from exceptions x
    where x.workspace_id = ${claim.workspace} and x.flow_id = ${claim.flow} and x.state in ('open', 'retrying')
      and (x.node_id, x.identity) in (
        select * from unnest(${named.map(({ node }) => node)}::text[], ${named.map(({ identity }) => identity.text)}::text[])
      )
    order by x.id for update
  `.execute(tx)
  for (const { id, node_id, identity, ordinal, run_id, record_at } of rows) {
    const name = `${node_id} ${identity}`
    const known: Known = found.get(name) ?? { rows: [], next: 0 }
    found.set(name, known)
    known.next = Math.max(known.next, ordinal + 1)
    if (!counted.has(identity) || run_id !== claim.run) known.rows.push({ id, record_at })
  }
  return found
}
