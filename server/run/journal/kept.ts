import type { DataRecord } from '../../../connectors/kit/connector.ts'

/** A record that a join or a comparison keeps until the other side has come. */
export type KeptRecord = {
  readonly node: string
  readonly input: string
  readonly key: string
  readonly position: number
  /** Decimal text, of a comparison with a control total. */
  readonly amount?: string
  readonly record: DataRecord
}

/** What a comparison keeps of one key: how many records on each side, and the first ten of them at most. */
export type KeptPair = { readonly key: string; readonly left: KeptSide; readonly right: KeptSide }
export type KeptSide = {
  readonly count: number
  readonly records: readonly DataRecord[]
  /** Of the amounts, where not all records are here: a decimal text. */
  readonly sum?: string
}
