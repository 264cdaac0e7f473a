/** What `validate`, `plan`, the API and the editor know of an operation: data only, no behaviour. */
export type OperationInfo = {
  /** `map` for the engine's own, `xero.list-invoices` for a connector's. */
  readonly id: string
  readonly kind: 'trigger' | 'read' | 'pure' | 'lookup' | 'write'
  /** Name of the connector, absent for the engine's own operations. */
  readonly connector?: string
  readonly title: string
  readonly summary: string
  readonly synonyms: readonly string[]
  /** JSON Schema of the settings (an object schema). Expressions have format `jsonata`, field paths format `path`. */
  readonly settings: { readonly [keyword: string]: unknown }
  /** Names of the inputs; triggers have none. */
  readonly inputs: readonly string[]
  /** Fixed output ports. */
  readonly ports: readonly string[]
  /** A list setting whose elements' `name` are further ports (route: `cases`). */
  readonly portsFrom?: string
  /** Triggers only: its events leave by `out` as records. Other triggers give a start and no records. */
  readonly events?: true
  /** Reads that can be back-filled: which day counts, “invoice date”. */
  readonly window?: string
  /** Reads that find single records: by what, “invoice number or id”. */
  readonly single?: string
  /** Writes only. */
  readonly effect?: 'upsert' | 'keyed' | 'unsafe'
  /** Writes by difference whose rows can be added up, so that periods can be compared. */
  readonly amounts?: true
  readonly policies?: readonly string[]
  /** JSON Schema of what a write's `record` expression must yield. */
  readonly payload?: { readonly [keyword: string]: unknown }
  readonly permissions: readonly string[]
  readonly moneyFields: readonly string[]
  readonly rules: readonly {
    readonly rule: string
    readonly setting: string
    readonly severity: 'error' | 'warning'
    readonly message: string
    readonly [argument: string]: unknown
  }[]
}

export type Catalog = ReadonlyMap<string, OperationInfo>
