import type { DataRecord } from '../../../connectors/kit/connector.ts'
import type { LedgerRow } from '../journal/journal.ts'

/** What has to be sent so that the remote's rows of a document add up to the wanted ones. */
export type Difference<Row extends LedgerRow> = {
  /** Confirmed rows that are wanted no more. */
  readonly reverse: readonly Row[]
  /** Wanted rows that are not there. */
  readonly add: readonly DataRecord[]
  /** Number of the change of this document, from 1; part of the keys of its effects. */
  readonly version: number
}

/**
 * Compares the rows a document should have with those the ledger knows as confirmed and not reversed, as bags of
 * contents: the source may give its lines new ids at any time, so lines are never matched by id.
 */
export function takeDifference<Row extends LedgerRow>(
  wanted: readonly { readonly value: DataRecord; readonly hash: Buffer }[],
  ledger: readonly Row[],
): Difference<Row> {
  const undone = new Set(
    ledger.filter((row) => row.kind === 'r' && row.state === 'confirmed').map((row) => row.reverses),
  )
  const standing = new Map<string, Row[]>()
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

/**
 * Parts of a change are named `v<version>.<n>`, from 0, whether they add or reverse: of two runs that change one document at
 * the same time each would write `.0`, so that the second finds the first. Older ones named reversals `v<version>.r<n>`.
 */
export const partName = (version: number, at: number): string => `v${version}.${at}`

const versionOf = ({ part }: LedgerRow): number | undefined => {
  const version = /^v(\d+)\./.exec(part)?.[1]
  return version === undefined ? undefined : Number(version)
}

function lastVersion(ledger: readonly LedgerRow[]): number {
  let last = 0
  for (const row of ledger) last = Math.max(last, versionOf(row) ?? 0)
  return last
}

/** A whole document in one effect, as other policies send it. */
export const isWhole = (row: LedgerRow): boolean => row.kind === 's' && versionOf(row) === undefined

/** The name of one row of such a document, for the reversals that undo it. */
export const partOfWhole = ({ part }: LedgerRow, at: number): string => `${part}#${at}`
