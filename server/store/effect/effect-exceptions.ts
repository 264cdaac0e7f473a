import { zstdCompressSync } from 'node:zlib'
import { sql, type Transaction } from 'kysely'
import type { NewException, RunClaim } from '../../run/journal/journal.ts'
import { FIRST_PLACE } from '../exception/in-doubt.ts'
import { newId } from '../database/ids.ts'
import type { Database } from '../database/schema.ts'
import { type Keyring, seal } from '../key/secrets.ts'

/** Exceptions for effects in doubt whose records no batch will settle any more. */
export async function exceptEffects(
  tx: Transaction<Database>,
  keys: Keyring,
  claim: RunClaim,
  exceptions: readonly { readonly batch: number; readonly exception: NewException }[],
): Promise<void> {
  const { workspace } = claim
  let added = 0
  for (const { batch, exception } of exceptions) {
    const id = newId()
    const record = seal(keys, `exceptions/${workspace}/${id}`, zstdCompressSync(JSON.stringify(exception.record)))
    const inserted = await sql`
      insert into exceptions (workspace_id, id, flow_id, version, run_id, batch, node_id, position, code, message,
        business_key, desk, amount, currency, record, effect_target, effect_document)
      values (${workspace}, ${id}, ${claim.flow}, ${claim.version}, ${claim.run}, ${batch}, ${exception.node},
        (select ${FIRST_PLACE}::int + count(*) from exceptions where workspace_id = ${workspace} and run_id = ${claim.run}
          and batch = ${batch} and node_id = ${exception.node} and position >= ${FIRST_PLACE}),
        ${exception.code}, ${exception.message}, ${exception.businessKey ?? null}, ${exception.desk},
        ${exception.amount ?? null}, ${exception.currency ?? null}, ${record},
        ${exception.effect?.target ?? null}, ${exception.effect?.document ?? null})
    `.execute(tx)
    added += Number(inserted.numAffectedRows ?? 0)
  }
  if (added === 0) return
  await sql`
    update runs set counts = jsonb_set(counts, '{exceptions}', to_jsonb(coalesce((counts ->> 'exceptions')::int, 0) + ${added}::int))
    where workspace_id = ${workspace} and id = ${claim.run}
  `.execute(tx)
}
