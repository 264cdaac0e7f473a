import type { Code } from '../../connectors/kit/errors.ts'
import type { DataRecord } from '../../connectors/kit/connector.ts'

/** One pure node, as the children carry it out. */
export type PureStep =
  | { readonly kind: 'map'; readonly id: string; readonly expression: string; readonly ports: Ports }
  /** Ports `out` and `other`. */
  | { readonly kind: 'filter'; readonly id: string; readonly condition: string; readonly ports: Ports }
  /** One port per case, and `other`. */
  | {
      readonly kind: 'route'
      readonly id: string
      readonly match: 'first' | 'all'
      readonly cases: readonly { readonly name: string; readonly condition: string }[]
      readonly ports: Ports
    }
  /** Each element (an object, else `{ value }`) becomes a record; kept fields stand under `parent`. */
  | {
      readonly kind: 'split'
      readonly id: string
      readonly path: string
      readonly keep: readonly string[]
      readonly ports: Ports
    }
  | {
      readonly kind: 'validate'
      readonly id: string
      readonly fields: readonly FieldRule[]
      readonly others: 'allow' | 'refuse'
      readonly ports: Ports
    }

/** What a field of a record must be. */
export type FieldRule = {
  readonly path: string
  readonly kind: 'text' | 'number' | 'whole' | 'yes-no' | 'date' | 'time' | 'object'
  readonly required: boolean
  readonly oneOf?: readonly string[]
  readonly least?: number
  readonly most?: number
  readonly pattern?: string
}

/**
 * Where the records of a port go: on to steps of the same program, out of it by an exit, or both. Records of a port
 * that is not named are counted and dropped; those of `rejected` become rejections instead.
 */
export type Ports = { readonly [port: string]: { readonly steps: readonly number[]; readonly exit?: number } }

/** Consecutive pure nodes, fused into one trip. A port leads only to steps further down the list. */
export type Program = {
  readonly steps: readonly PureStep[]
  /** The steps that get the records of the run. */
  readonly roots: readonly number[]
  /** Exits are numbered from 0. */
  readonly exits: number
  readonly given?: Given
}

/** What expressions see beside the record. */
export type Given = {
  /** `$settings`: the answers to the flow's form. */
  readonly settings?: { readonly [name: string]: unknown }
  /** `$policy`, and what `$confirmed` judges by. Absent: paid in full. */
  readonly confirmed?: Confirmed
}

/** When an invoice counts; server/flow/document/policy.ts says what each field means. */
export type Confirmed = {
  readonly basis: 'paid' | 'authorised' | 'due'
  readonly daysAfterDue: number
  readonly tolerance: number
  readonly credit: 'settled' | 'issued' | 'never'
}

/** Why an expression gave no answer for a record: no stack, no path, nothing of other records. */
export type Failure = {
  readonly code: Code
  readonly message: string
  /** Characters from the start of the expression to the place that failed. */
  readonly position?: number
  readonly hint?: string
  /** Setting that failed: `expression`, `condition`, `cases.0.condition`. */
  readonly setting?: string
}

export type Rejection = Failure & {
  /** Index, in the run's records, of the record it came from. */
  readonly origin: number
  /** The record as this step got it. */
  readonly record: DataRecord
}

export type Stream = {
  readonly records: DataRecord[]
  /** For each record the index of the run's record that it came from; ascending. */
  readonly origins: number[]
}

export type StepResult = {
  readonly id: string
  /** Records that came in. */
  readonly in: number
  /** Records per port that any left by. `rejected` counts both kinds: those that left by the port and the rejections. */
  readonly ports: { readonly [port: string]: number }
  /** Records in that gave none (a map that yields nothing, a split without its list). */
  readonly none: number
  /** Working time in the child, in milliseconds. */
  readonly ms: number
  readonly rejections: Rejection[]
  /** What left by ports that have no exit. Only when the run captures. */
  readonly output?: { readonly [port: string]: Stream }
}

export type Evaluated = {
  readonly exits: Stream[]
  /** In the order of the program's steps. */
  readonly steps: StepResult[]
}

/** What is known of an expression without evaluating it. Positions count characters from the start. */
export type Facts = {
  /** Literal keys of object constructors. */
  readonly objectKeys: readonly { readonly key: string; readonly position: number }[]
  /** Functions it calls or passes on, without the `$`, each once, in order of appearance. */
  readonly functions: readonly string[]
  /** Names asked of `$settings`, and where the `$` stands. */
  readonly settings: readonly { readonly name: string; readonly position: number }[]
  /** Plain arithmetic on fields; which fields hold money, the catalog knows. `name` is `$sum`, `*`, `+`, … */
  readonly moneyRisks: readonly { readonly position: number; readonly name: string; readonly path: string }[]
}

export type Parsed =
  | { readonly ok: true; readonly facts: Facts }
  | { readonly ok: false; readonly position: number; readonly message: string; readonly hint: string }

/** `value` is undefined when the expression yields nothing. */
export type Preview = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: Failure }
