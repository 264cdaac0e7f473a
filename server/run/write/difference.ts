import type { DataRecord } from '../../../connectors/kit/connector.ts'
import type { LedgerRow } from '../journal/journal.ts'

/** What has to be sent so that the remote's rows of a document add up to the wanted ones. */
export type Difference = {
  /** Confirmed rows that are wanted no more. */
  readonly reverse: readonly LedgerRow[]
  /** Wanted rows that are not there. */
  readonly add: readonly DataRecord[]
  /** Number of the change of this document, from 1; part of the keys of its effects. */
  readonly version: number
}

/**
 * Compares the rows a document should have with those the ledger knows as confirmed and not reversed, as bags of
 * contents: the source may give its lines new ids at any time, so lines are never matched by id.
 */
export function takeDifference(
  wanted: readonly { readonly value: DataRecord; readonly hash: Buffer }[],
  ledger: readonly LedgerRow[],
): Difference {
  const undone = new Set(
    ledger.filter((row) => row.kind === 'r' && row.state === 'confirmed').map((row) => row.reverses),
  )
  const standing = new Map<string, LedgerRow[]>()
  for (const row of ledger) {
    if (row.kind !== 's' || row.state !== 'confirmed' || undone.has(row.part)) continue
    const content = row.hash.toString('hex')
    const rows = standing.get(content)
    if (rows) rows.push(row)
    else standing.set(content, [row])
  }
  const add: DataRecord[] = []
  for (const { value, hash } of wanted) {
    const match = standing.get(hash.toString('hex'))?.pop()
    if (!match) add.push(value)
  }
  return { reverse: [...standing.values()].flat(), add, version: lastVersion(ledger) + 1 }
}

/** Parts are named `v<version>.<n>` for rows and `v<version>.r<n>` for reversals. */
function lastVersion(ledger: readonly LedgerRow[]): number {
  let last = 0
  for (const row of ledger) last = Math.max(last, Number(/^v(\d+)\./.exec(row.part)?.[1] ?? 0))
  return last
}
