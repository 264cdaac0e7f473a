import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { type Kysely, sql, type Transaction } from 'kysely'
import type { DataRecord, Reference } from '../../connectors/kit/connector.ts'
import type { Ledger, LedgerRow, LedgerState, RunClaim } from '../run/journal.ts'
import { KeyTaken, LeaseLost } from '../run/journal.ts'
import { inWorkspace } from './database.ts'
import { isDeadlock, outlasting } from './database-lost.ts'
import type { CallState, Database, EffectState } from './schema.ts'
import { blindIndex, type Keyring, open, seal } from './secrets.ts'

export type LedgerParts = { readonly db: Kysely<Database>; readonly keys: Keyring }

/** The effect ledger in PostgreSQL, for one claim of one run. Each method is one transaction behind the fence. */
export function createLedger(parts: LedgerParts, claim: RunClaim): Ledger {
  const { workspace, run } = claim
  const targets = new Map<string, number>()
  const inTenant = <T>(work: (tx: Transaction<Database>) => Promise<T>) => inWorkspace(parts.db, workspace, work)
  const place = (call: string) => `calls/${workspace}/${call}`

  /** Holds the claim still until the transaction ends; an old epoch finds no row. */
  async function fence(tx: Transaction<Database>): Promise<void> {
    const held = await sql`
      select 1 from runs where workspace_id = ${workspace} and id = ${run} and epoch = ${claim.epoch} and state = 'running' for share
    `.execute(tx)
    if (held.rows.length === 0) throw new LeaseLost(`Run ${run} was taken over.`)
  }

  return {
    target: async (connection, operation) => {
      const known = targets.get(`${connection} ${operation}`)
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
      targets.set(`${connection} ${operation}`, id)
      return id
    },

    recover: (afterLoss) =>
      inTenant(async (tx) => {
        await fence(tx)
        const left = await sql<{ id: string; node_id: string; state: CallState }>`
          select id, node_id, state from calls
          where workspace_id = ${workspace} and run_id = ${run} and epoch <= ${claim.epoch} and state in ('intended', 'sent')
        `.execute(tx)
        const forgotten = left.rows.filter((call) => call.state === 'intended').map((call) => call.id)
        if (forgotten.length > 0) {
          // Never dialled: the next walk decides anew what to send.
          await sql`delete from effects where workspace_id = ${workspace} and call_id = any(${forgotten}::uuid[]) and state is null`.execute(
            tx,
          )
          await sql`delete from calls where workspace_id = ${workspace} and id = any(${forgotten}::uuid[])`.execute(tx)
        }
        for (const call of left.rows.filter((one) => one.state === 'sent')) {
          const state = afterLoss(call.node_id)
          const message =
            state === 'unknown'
              ? 'The worker died between sending and hearing the answer. It may have arrived.'
              : 'The worker died before the answer was kept. The same data is sent again.'
          await sql`update calls set state = ${state}, message = ${message} where workspace_id = ${workspace} and id = ${call.id}`.execute(
            tx,
          )
        }
      }),

    find: (target, documents) =>
      inTenant(async (tx): Promise<LedgerRow[]> => {
        const rows = await sql<{
          document: string
          part: string
          kind: 's' | 'r'
          reverses: string | null
          hash: Buffer
          call_id: string
          position: number
          state: EffectState | null
          call_state: CallState | null
          ours: boolean | null
        }>`
          select e.document, e.part, e.kind, e.reverses, e.hash, e.call_id, e.position, e.state,
            c.state as call_state, c.run_id = ${run} and c.epoch = ${claim.epoch} as ours
          from effects e
          left join calls c on c.workspace_id = e.workspace_id and c.id = e.call_id
          where e.workspace_id = ${workspace} and e.target_id = ${target} and e.document = any(${documents as string[]})
        `.execute(tx)
        return rows.rows.map((row) => ({
          document: row.document,
          part: row.part,
          kind: row.kind,
          reverses: row.reverses ?? undefined,
          hash: row.hash,
          call: row.call_id,
          position: row.position,
          state: row.state ?? stateByCall(row.call_state),
          ours: row.ours ?? false,
        }))
      }),

    values: (calls) =>
      inTenant(async (tx) => {
        const rows = await sql<{ id: string; content: Buffer | null }>`
          select id, content from calls where workspace_id = ${workspace} and id = any(${calls as string[]}::uuid[])
        `.execute(tx)
        return new Map(
          rows.rows.map((row) => [
            row.id,
            row.content === null
              ? []
              : (JSON.parse(
                  zstdDecompressSync(open(parts.keys, place(row.id), row.content)).toString(),
                ) as DataRecord[]),
          ]),
        )
      }),

    open: (calls, forget = []) =>
      deadlockIsTaken(
        inTenant(async (tx) => {
          await fence(tx)
          for (const one of forget) {
            await sql`
            delete from effects e where workspace_id = ${workspace} and target_id = ${one.target}
              and document = ${one.document} and part = ${one.part}
              and (state = 'rejected' or (state is null and exists (
                select 1 from calls c where c.workspace_id = e.workspace_id and c.id = e.call_id and c.state = 'refused')))
          `.execute(tx)
          }
          for (const { call, effects } of calls) {
            const content = call.values
              ? seal(parts.keys, place(call.id), zstdCompressSync(JSON.stringify(call.values)))
              : null
            await sql`
            insert into calls (workspace_id, id, target_id, run_id, epoch, batch, node_id, state, items, content, sent_at)
            values (${workspace}, ${call.id}, ${call.target}, ${run}, ${claim.epoch}, ${call.batch}, ${call.node},
              ${call.state}, ${call.items}, ${content}, ${call.state === 'sent' ? sql`now()` : sql`null`})
          `.execute(tx)
            if (effects.length === 0) continue
            const inserted = await sql`
            insert into effects (workspace_id, target_id, document, part, kind, reverses, hash, call_id, position)
            select ${workspace}::uuid, ${call.target}::int, document, part, kind, reverses, hash, ${call.id}::uuid, position
            from unnest(${effects.map((e) => e.document)}::text[], ${effects.map((e) => e.part)}::text[],
              ${effects.map((e) => e.kind)}::text[], ${effects.map((e) => e.reverses ?? null)}::text[],
              ${effects.map((e) => e.hash)}::bytea[], ${effects.map((e) => e.position)}::int[])
              as r (document, part, kind, reverses, hash, position)
            on conflict do nothing
          `.execute(tx)
            if (Number(inserted.numAffectedRows) !== effects.length) {
              throw new KeyTaken('Another run is writing one of these effects at this moment.')
            }
          }
        }),
      ),

    send: (call) =>
      inTenant(async (tx) => {
        await fence(tx)
        await sql`
          update calls set state = 'sent', sent_at = now()
          where workspace_id = ${workspace} and id = ${call} and state = 'intended'
        `.execute(tx)
      }),

    // The answer of a call that was made is worth waiting for the database: without it the call counts as unknown.
    answer: (target, call, state, message, marks) =>
      outlasting(() =>
        inTenant(async (tx) => {
          await sql`
          update calls set state = ${state}, message = ${message ?? null}, answered_at = now()
          where workspace_id = ${workspace} and id = ${call}
        `.execute(tx)
          if (marks.length === 0) return
          await sql`
          update effects e set state = r.state, message = r.message
          from unnest(${marks.map((mark) => mark.document)}::text[], ${marks.map((mark) => mark.part)}::text[],
            ${marks.map((mark) => mark.state)}::text[], ${marks.map((mark) => mark.message ?? null)}::text[])
            as r (document, part, state, message)
          where e.workspace_id = ${workspace} and e.target_id = ${target} and e.document = r.document and e.part = r.part
        `.execute(tx)
        }),
      ),

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
  }
}

/** Two runs that write the same effects in another order stop each other; the database lets one of them go on. */
async function deadlockIsTaken<T>(work: Promise<T>): Promise<T> {
  return work.catch((error: unknown) => {
    throw isDeadlock(error) ? new KeyTaken('Another run is writing these effects at this moment.') : error
  })
}

function stateByCall(state: CallState | null): LedgerState {
  switch (state) {
    case 'answered':
      return 'confirmed'
    case 'refused':
      return 'rejected'
    case 'intended':
    case 'sent':
      return state
    // An effect whose call is gone cannot be told to have arrived or not.
    case 'unknown':
    case 'repeated':
    case null:
      return 'unknown'
    default:
      return state satisfies never
  }
}
