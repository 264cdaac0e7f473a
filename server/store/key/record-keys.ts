import { sql } from 'kysely'
import type { RunClaim, SettledBatch } from '../../run/journal/journal.ts'
import type { Statement } from '../database/one-trip.ts'
import { blindIndex, type Keyring } from './secrets.ts'
import { sipHash } from './sip-hash.ts'

/** Keys of one batch that are kept at most: 400 kB. A page of the largest reads has a tenth of it. */
const MOST = 50_000

/** Hashes of business keys, as the numbers of PostgreSQL's bigint. Each workspace has a key of its own. */
export function hashKeys(
  keyring: Keyring,
  workspace: string,
  keys: ReadonlySet<string> | readonly string[],
): BigInt64Array {
  const hash = sipHash(blindIndex(keyring, workspace, 'record keys'))
  const count = Math.min(MOST, 'size' in keys ? keys.size : keys.length)
  const halves = new Int32Array(count * 2)
  let at = 0
  for (const key of keys) {
    if (at === halves.length) break
    hash(key, halves, at)
    at += 2
  }
  return new BigInt64Array(halves.buffer)
}

/** Writes down which business keys left a source with a batch, in the transaction that settles it. */
export function keysLeft(
  keyring: Keyring,
  claim: RunClaim,
  batch: Pick<SettledBatch, 'batch' | 'keys'>,
): readonly Statement[] {
  return batch.keys.flatMap(({ node, keys }) =>
    keys.size === 0
      ? []
      : [
          sql`
            insert into record_keys (workspace_id, run_id, batch, node_id, day, trace_class, hashes)
            values (${claim.workspace}, ${claim.run}, ${batch.batch}, ${node}, ${claim.day}, ${claim.traceClass},
              ${arrayText(hashKeys(keyring, claim.workspace, keys))}::bigint[])
          `,
        ],
  )
}

/** As PostgreSQL writes an array: ten times quicker than handing the driver a list of numbers. */
export const arrayText = (numbers: BigInt64Array): string => `{${numbers.join(',')}}`
