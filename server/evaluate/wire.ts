import type { Failure, Given, Parsed, Preview, Program } from './program.ts'

/**
 * Frames between host and child: length (4 bytes, little endian, of what follows), kind (1 byte), body.
 * Body of a job: length of the header (4 bytes), header as JSON, the records as JSON text.
 */
export const JOB = 1
export const READY = 2
/** Body: step, origin, ordinal, 4 bytes each: the evaluation that comes next. */
export const PROGRESS = 3
export const RESULT = 4

/** No frame is larger, in bytes: what does not fit is refused before it is sent. */
export const MAX_FRAME = 256 * 1024 * 1024
/** Objects and lists inside one another, in records and in what expressions give. */
export const MAX_DEPTH = 64

/** In place of the step: all evaluations are done, what comes is nobody's fault. */
export const AFTERWARDS = 0xffffffff
/** Points at one evaluation: step, index of the run's record, how many of its descendants came before at this step. */
export type Spot = readonly [step: number, origin: number, ordinal: number]

export type Job = {
  readonly kind: 'run' | 'preview' | 'parse'
  /** Key of the program; `program` comes along the first time only. */
  readonly hash?: string
  readonly program?: Program
  /** Milliseconds since 1970, UTC: what `$now` and `$millis` say. */
  readonly now: number
  readonly seed: string
  /** Where its first record stands in the trip that it is a part of: chance follows from that place. */
  readonly first: number
  readonly capture: boolean
  /** Of one evaluation, in milliseconds of CPU time. */
  readonly deadlineMs: number
  /** Of what one record gives at one step, in bytes. */
  readonly maxOutputBytes: number
  /** Report progress before every evaluation, not only now and then. */
  readonly careful: boolean
  /** Evaluations that ended a child before, and how. */
  readonly skip: readonly { readonly spot: Spot; readonly code: 'EXPRESSION_TIMEOUT' | 'EXPRESSION_MEMORY' }[]
  /** Records that the host refused; it sent `{}` in their place. */
  readonly refused: readonly { readonly origin: number; readonly failure: Failure }[]
  readonly expression?: string
  /** Of a preview. */
  readonly given?: Given
  readonly texts?: readonly string[]
}

/** A record of the run that passed unchanged travels as its index. */
export type WireStream = { readonly records: (number | object)[]; readonly origins: number[] }

export type WireResult =
  | {
      readonly kind: 'run'
      readonly exits: WireStream[]
      readonly steps: {
        readonly id: string
        readonly in: number
        readonly ports: { readonly [port: string]: number }
        readonly none: number
        readonly ms: number
        readonly rejections: (Failure & { origin: number; record: number | object })[]
        readonly output?: { readonly [port: string]: WireStream }
      }[]
    }
  | { readonly kind: 'preview'; readonly preview: Preview }
  | { readonly kind: 'parse'; readonly parsed: Parsed[] }
  /** Send the program along once more. */
  | { readonly kind: 'forgotten' }
  /** An expression of the program does not parse, or the job made no sense. */
  | { readonly kind: 'refused'; readonly message: string }
