import type { DataRecord, WriteOperation } from '../../../connectors/kit/connector.ts'
import { negated, sumOf } from '../../../connectors/kit/decimal.ts'

/** By what people know a document, and the money that hangs on it. */
export type Stake = {
  readonly name: string | undefined
  /** Plain decimal without a sign: a reversal that hangs is as much at stake as a sale. */
  readonly amount: string | undefined
  readonly currency: string | undefined
}

/**
 * Of the rows of one document that are on their way: its name where they agree on one, and what they come to where it is
 * in one currency. `undone` are rows as they were sent that are to be taken back.
 */
export function stakeOf(
  { name, amount }: NonNullable<WriteOperation['difference']>,
  settings: never,
  rows: readonly DataRecord[],
  undone: readonly DataRecord[] = [],
): Stake {
  const names = new Set([...rows, ...undone].map((row) => name?.(settings, row) ?? ''))
  const [only] = names
  const money = [
    ...rows.map((row) => amount?.(settings, row)),
    ...undone.map((row) => {
      const sent = amount?.(settings, row)
      return sent && { ...sent, amount: negated(sent.amount) }
    }),
  ].filter((one) => one !== undefined)
  const [currency, ...others] = new Set(money.map((one) => one.currency))
  return {
    name: names.size === 1 && only !== '' ? only : undefined,
    amount:
      money.length > 0 && others.length === 0 ? sumOf(money.map((one) => one.amount)).replace(/^-/, '') : undefined,
    currency: others.length === 0 ? currency || undefined : undefined,
  }
}
