import type { Answers } from '../document/form.ts'
import type { ConfirmedRule } from '../document/policy.ts'

/**
 * A group of pure nodes as the evaluator carries it out in one trip. Steps are named by their place in `steps`, exits
 * by a number below `exits`.
 */
export type Program = {
  readonly steps: readonly PureStep[]
  /** Steps that get the records sent in. */
  readonly roots: readonly number[]
  readonly exits: number
  readonly given?: Given
}

/** What expressions see beside the record. */
export type Given = {
  /** `$settings`: the answers to the flow's form. */
  readonly settings?: Answers
  /** `$policy`, and what `$confirmed` judges by. Absent: paid in full. */
  readonly confirmed?: ConfirmedRule
}

/** `id` is the node's, so that counts and errors can be told apart. */
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
 * Where the records of a port go: on to steps further down the list, out of the program by an exit, or both. Records of a
 * port that is not named are counted and dropped; those of `rejected` become rejections instead.
 */
export type Ports = { readonly [port: string]: { readonly steps: readonly number[]; readonly exit?: number } }
