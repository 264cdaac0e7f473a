import { type Kysely, sql, type Transaction } from 'kysely'
import type { Reference } from '../../../connectors/kit/connector.ts'
import type { Ledger, RunClaim } from '../../run/journal/journal.ts'
import { KeyTaken } from '../../run/journal/journal.ts'
import { inWorkspace } from '../database/database.ts'
import { perhapsSince } from '../database/clock-jumps.ts'
import { isDeadlock, outlasting } from '../database/database-lost.ts'
import { beginLook, keepFound, listDoubts, openDoubts, unnamedCalls } from './doubts.ts'
import { openContent } from './ledger-content.ts'
import { findEffects, insertions, recoverCalls, replaceCall } from './calls.ts'
import { whenRead } from './data-age.ts'
import type { LoadedRun } from '../journal/load-run.ts'
import { inOneTrip, type Statement, together } from '../database/one-trip.ts'
import type { Database } from '../database/schema.ts'
import { tracePlace } from '../journal/trace-place.ts'
import { blindIndex, type Keyring } from '../key/secrets.ts'
import { anySuppressed, insertSuppressions, suppressedAmong, suppressionHash } from './suppressions.ts'
import { exceptEffects } from './effect-exceptions.ts'

export type LedgerParts = {
  readonly db: Kysely<Database>
  readonly keys: Keyring
  /** Looks whether the database's clock was set: asked before it decides by how long ago something was sent. */
  readonly noticeJump?: () => Promise<void>
}

/** Numbers of operations on connections, once they are committed: they never change. */
const numbers = new WeakMap<Kysely<Database>, Map<string, number>>()

/**
 * The effect ledger in PostgreSQL, for one claim of one run. Each method is one transaction behind the fence.
 * `loaded`: what the claim knows already; a run that has made no calls has none to recover, and left nothing in doubt.
 */
export function createLedger(parts: LedgerParts, claim: RunClaim, loaded?: Pick<LoadedRun, 'called'>): Ledger {
  const { workspace, run } = claim
  const targets = numbers.get(parts.db) ?? new Map<string, number>()
  numbers.set(parts.db, targets)
  let called = loaded?.called ?? true
  let doubtful = called
  /** The run is known as one that moves something. */
  let moves = false
  /** When what this run brings was read, at the latest, once that was asked; without a time: by this run. */
  let data: { readonly from: Date | undefined } | undefined
  /** Batch and node whose trace is known to have its place. */
  let placed = ''
  const inTenant = <T>(work: (tx: Transaction<Database>) => Promise<T>) => inWorkspace(parts.db, workspace, work)

  /** Holds the claim still until the transaction ends; an old epoch ends it at once. */
  const fence = sql`
    with held as (
      select 1 from runs where workspace_id = ${workspace} and id = ${run} and epoch = ${claim.epoch} and state = 'running' for share
    ) select tieline_lost() where not exists (select 1 from held)
  `
  const behindFence = <const S extends readonly Statement[]>(statements: S) =>
    inOneTrip(parts.db, workspace, [fence, ...statements])

  return {
    target: async (connection, operation) => {
      const name = `${workspace} ${connection} ${operation}`
      const known = targets.get(name)
      if (known !== undefined) return known
      const id = await inTenant(async (tx) => {
        await sql`
          insert into targets (workspace_id, connection_id, operation) values (${workspace}, ${connection}, ${operation})
          on conflict do nothing
        `.execute(tx)
        const row = await tx
          .selectFrom('targets')
          .select('id')
          .where('workspace_id', '=', workspace)
          .where('connection_id', '=', connection)
          .where('operation', '=', operation)
          .executeTakeFirstOrThrow()
        return row.id
      })
      targets.set(name, id)
      return id
    },

    recover: async (afterLoss) => {
      if (!called) return []
      doubtful = true
      return inTenant(async (tx) => {
        await together(tx, [fence])
        return recoverCalls(tx, claim, afterLoss)
      })
    },

    find: (target, documents) =>
      inTenant(async (tx) => {
        data ??= { from: await whenRead(tx, claim) }
        return findEffects(tx, claim, target, documents, data.from)
      }),

    values: (calls) =>
      inTenant(async (tx) => {
        const rows = await sql<{ id: string; content: Buffer | null }>`
          select id, content from calls where workspace_id = ${workspace} and id = any(${calls as string[]}::uuid[])
        `.execute(tx)
        return new Map(rows.rows.map((row) => [row.id, openContent(parts.keys, workspace, row.id, row.content)]))
      }),

    open: async (calls, forget = [], overwritten = undefined) => {
      called = true
      const first = calls[0]?.call
      const place = first ? `${first.batch} ${first.node}` : placed
      const trace = first && place !== placed ? tracePlace(claim, first.batch, first.node) : undefined
      const statements = [
        ...forget.map((one) => forgetting(workspace, one)),
        ...(overwritten ? [unsureOf(workspace, overwritten)] : []),
        ...(moves || calls.every(({ effects }) => effects.length === 0) ? [] : [moving(claim)]),
        ...calls.flatMap((one) => insertions(parts.keys, claim, one)),
        ...(trace?.statements ?? []),
      ]
      await deadlockIsTaken(behindFence(statements))
      trace?.had()
      placed = place
      moves ||= calls.some(({ effects }) => effects.length > 0)
    },

    send: async (call, generation) => {
      await behindFence([
        sql`
          update calls set state = 'sent', sent_at = now(), generation = ${generation ?? null}
          where workspace_id = ${workspace} and id = ${call} and state = 'intended'
        `,
      ])
    },

    repeat: async (call, withinMs) => {
      await parts.noticeJump?.()
      const [, { rows }] = await behindFence([
        sql<{ ms: number }>`
          update calls set repeated_at = clock_timestamp()
          where workspace_id = ${workspace} and id = ${call} and ${perhapsSince(sql`sent_at`)} < ${withinMs}
          returning ${perhapsSince(sql`sent_at`)} as ms
        `,
      ])
      return rows[0]?.ms
    },

    replace: (call, message, by) =>
      inTenant(async (tx) => {
        await together(tx, [fence])
        await replaceCall(tx, parts.keys, claim, call, message, by)
      }),

    doubts: async (calls) => {
      await parts.noticeJump?.()
      return inTenant((tx) => listDoubts(tx, parts.keys, workspace, calls))
    },

    doubtful: async (target, limit) => {
      const list = () =>
        inTenant(async (tx) => listDoubts(tx, parts.keys, workspace, await openDoubts(tx, workspace, target, limit)))
      // Every run asks, and seldom is one in doubt: only then the clock matters.
      if ((await list()).length === 0) return []
      await parts.noticeJump?.()
      return list()
    },

    looking: (call) =>
      outlasting(() =>
        inTenant(async (tx) => {
          await together(tx, [fence])
          return beginLook(tx, claim, call)
        }),
      ),

    found: (call, probed) => {
      doubtful = true
      return outlasting(() =>
        inTenant(async (tx) => {
          await together(tx, [fence])
          await keepFound(tx, workspace, call, probed)
        }),
      )
    },

    unnamed: async () => {
      if (!doubtful) return []
      return inTenant(async (tx) => {
        const places = await unnamedCalls(tx, workspace, run)
        if (places.length === 0) return []
        const named = new Set(places.map((place) => `${place.id} ${place.document}`))
        const calls = await listDoubts(tx, parts.keys, workspace, [...new Set(places.map((place) => place.id))])
        return calls.map((call) => ({
          ...call,
          effects: call.effects.filter((effect) => named.has(`${call.id} ${effect.document}`)),
        }))
      })
    },

    except: (exceptions) =>
      inTenant(async (tx) => {
        await together(tx, [fence])
        await exceptEffects(tx, parts.keys, claim, exceptions)
      }),

    // The answer of a call that was made is worth waiting for the database: without it the call counts as unknown.
    answer: async (target, call, state, message, marks) => {
      doubtful ||= state === 'unknown' || marks.some((mark) => mark.state === 'unknown')
      const statements: Statement[] = [
        sql`
          update calls set state = ${state}, message = ${message ?? null}, answered_at = now()
          where workspace_id = ${workspace} and id = ${call}
        `,
      ]
      if (marks.length > 0) {
        statements.push(sql`
          update effects e set state = r.state, message = r.message, reversed_by = r.by
          from unnest(${marks.map((mark) => mark.document)}::text[], ${marks.map((mark) => mark.part)}::text[],
            ${marks.map((mark) => mark.state)}::text[], ${marks.map((mark) => mark.message ?? null)}::text[],
            ${marks.map((mark) => mark.by ?? null)}::text[])
            as r (document, part, state, message, by)
          where e.workspace_id = ${workspace} and e.target_id = ${target} and e.document = r.document and e.part = r.part
            and (e.call_id = ${call} or r.state = 'reversed') -- what was forgotten and sent anew is another call's
        `)
      }
      await outlasting<unknown>(() =>
        state === 'answered' ? inOneTrip(parts.db, workspace, statements) : behindFence(statements),
      )
    },

    confirmed: (connection, references: readonly Reference[]) =>
      inTenant(async (tx) => {
        const hashes = references.map((one) =>
          blindIndex(parts.keys, workspace, `${connection}\0${one.kind}\0${one.key}`),
        )
        const rows = await sql<{ hash: Buffer }>`
          select hash from confirmed_keys
          where workspace_id = ${workspace} and connection_id = ${connection} and hash = any(${hashes}::bytea[])
        `.execute(tx)
        const known = new Set(rows.rows.map((row) => row.hash.toString('hex')))
        return new Set(hashes.flatMap((hash, index) => (known.has(hash.toString('hex')) ? [index] : [])))
      }),

    suppressed: async (subjects) => {
      const [any] = await inOneTrip(parts.db, workspace, [anySuppressed(workspace)])
      if (any.rows.length === 0) return new Set<number>()
      return inTenant(async (tx) => {
        const hashes = subjects().map((people) => people.map((one) => suppressionHash(parts.keys, workspace, one)))
        const listed = await suppressedAmong(tx, workspace, hashes.flat())
        return new Set(
          hashes.flatMap((own, index) => (own.some((hash) => listed.has(hash.toString('hex'))) ? [index] : [])),
        )
      })
    },

    suppress: (node, people, reason) =>
      inTenant(async (tx) => {
        await together(tx, [fence])
        const entries = people.map((one) => ({
          hash: suppressionHash(parts.keys, workspace, one),
          reason,
          by: { run, node },
        }))
        await insertSuppressions(tx, workspace, entries)
      }),
  }
}

/** Deletes an effect that was refused before, or never left: what it stood for is sent anew. */
const forgetting = (
  workspace: string,
  one: { readonly target: number; readonly document: string; readonly part: string },
) => sql`
  delete from effects e where workspace_id = ${workspace} and target_id = ${one.target}
    and document = ${one.document} and part = ${one.part}
    and (state = 'rejected' or (state is null and exists (
      select 1 from calls c where c.workspace_id = e.workspace_id and c.id = e.call_id
        and (c.state = 'refused' or (c.state = 'intended' and not exists (
          select 1 from runs r where r.workspace_id = c.workspace_id and r.id = c.run_id
            and r.state in ('queued', 'running', 'waiting', 'paused')))))))
`

/** Said before anything leaves: a check of a month is old from then on, also if the batch never settles. */
const moving = ({ workspace, run }: RunClaim) => sql`
  update runs set moved = true where workspace_id = ${workspace} and id = ${run} and not moved
`

/**
 * What an upsert left there is about to be overwritten. Should nobody hear the answer, the next run must not take the old
 * content for what is there.
 */
const unsureOf = (
  workspace: string,
  { target, documents }: { readonly target: number; readonly documents: readonly string[] },
) => sql`
  with held as (
    select document from effects
    where workspace_id = ${workspace} and target_id = ${target} and part = '' and document = any(${documents as string[]}::text[])
    order by document collate "C" for update -- as batches settle, so that two runs wait for one another in one order
  )
  update effects e set hash = ''::bytea from held
  where e.workspace_id = ${workspace} and e.target_id = ${target} and e.document = held.document and e.part = ''
`

/** Two runs that write the same effects in another order stop each other; the database lets one of them go on. */
async function deadlockIsTaken<T>(work: Promise<T>): Promise<T> {
  return work.catch((error: unknown) => {
    throw isDeadlock(error) ? new KeyTaken('Another run is writing these effects at this moment.') : error
  })
}
