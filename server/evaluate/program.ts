import type { Code } from '../../connectors/kit/errors.ts'
import type { DataRecord } from '../../connectors/kit/connector.ts'
import type { Facts, Parsed } from '../flow/check/expression.ts'
import type { FieldRule, Given, Program, PureStep } from '../flow/plan/program.ts'

export type { Facts, FieldRule, Given, Parsed, Program, PureStep }

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

/** `value` is undefined when the expression yields nothing. */
export type Preview = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: Failure }
