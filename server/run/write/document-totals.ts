import type { DataRecord, WriteOperation } from '../../../connectors/kit/connector.ts'
import { negated, sumOf } from '../../../connectors/kit/decimal.ts'
import type { Batch } from '../batch/batch.ts'
import type { Change } from './send-difference.ts'

/** Under this name a dry run over days keeps what each document amounts to, among what runs gather. No node can have it. */
export const TOTALS = '(totals)'

/** Exact decimals by currency. */
type Sums = { readonly [currency: string]: string }

/**
 * A document on both sides: what the source wants now, and what stands confirmed in the ledger. store/period/period-totals.ts
 * adds them up when the run ends.
 */
export type DocumentTotals = {
  readonly wanted: Sums
  readonly standing: Sums
  /** Numbers of rows. */
  readonly rows: { readonly wanted: number; readonly standing: number }
  /** The rows are the same, whatever they add up to. */
  readonly same: boolean
  /** What people call it; absent where its rows do not say. */
  readonly name?: string
}

type Difference = NonNullable<WriteOperation['difference']>
export type RowWords = {
  amountOf(row: DataRecord): ReturnType<NonNullable<Difference['amount']>>
  nameOf?: ((row: DataRecord) => string) | undefined
}

export function noteTotals(
  batch: Batch,
  target: number,
  document: string,
  { amountOf, nameOf }: RowWords,
  { wanted, add, undone }: Change,
): void {
  const [first] = [...wanted, ...undone]
  const name = first && nameOf?.(first)
  const list = (rows: readonly DataRecord[], sign: 1 | -1 = 1) =>
    rows.flatMap((row): [string, string][] => {
      const money = amountOf(row)
      return money ? [[money.currency, sign === 1 ? money.amount : negated(money.amount)]] : []
    })
  const now = {
    wanted: sums(list(wanted)),
    // Rows that match are equal to what was sent, so nobody has to open what was.
    standing: sums([...list(wanted), ...list(add, -1), ...list(undone)]),
    rows: { wanted: wanted.length, standing: wanted.length - add.length + undone.length },
    same: add.length === 0 && undone.length === 0,
    ...(name ? { name } : {}),
  }
  const group = `${target} ${document}`
  const before = batch.folded(TOTALS, group)
  batch.fold({ node: TOTALS, group, seq: 0, state: before ? lastOf(before as DocumentTotals, now) : now })
}

/**
 * A document that comes again in the run: its last state is what is wanted. The ledger as it truly is was seen the first
 * time; since then the run imagines that it has sent.
 */
export const lastOf = (before: DocumentTotals, now: DocumentTotals): DocumentTotals => ({
  wanted: now.wanted,
  standing: before.standing,
  rows: { wanted: now.rows.wanted, standing: before.rows.standing },
  same: before.same && now.same,
  ...((now.name ?? before.name) ? { name: now.name ?? before.name } : {}),
})

const sums = (amounts: readonly (readonly [string, string])[]): Sums =>
  Object.fromEntries(
    [...Map.groupBy(amounts, ([currency]) => currency)].map(([currency, list]) => [
      currency,
      sumOf(list.map(([, amount]) => amount)),
    ]),
  )
