import load from 'jsonata'
import { cappedFunctions } from './caps.ts'
import { failureOf } from './failures.ts'
import { guards, startClock } from './guards.ts'
import { LinearRegExp, compilePattern } from './linear-regexp.ts'
import { moneyAdd, moneyDiv, moneyMul, moneyRound, moneyShare, moneySum } from './money.ts'
import { confirmedOn, PAID_IN_FULL } from './confirmed.ts'
import type { Failure, Given } from './program.ts'
import { type Random, seededRandom } from './random.ts'

/** Longest list that appending and ranges may make. */
const MAX_LIST = 1_000_000

type Native = (this: Focus, ...args: readonly never[]) => unknown
type Focus = { readonly environment: { lookup(name: string): { readonly implementation: Native } } }
type Engine = {
  evaluate(input: unknown): unknown
  registerFunction(name: string, implementation: unknown, signature?: string): void
  assign(name: string, value: unknown): void
  ast(): SyntaxNode
}
export type SyntaxNode = {
  readonly type: string
  readonly value?: unknown
  readonly position?: number
  readonly [part: string]: unknown
}

// The children get jsonata's patched text (patched-jsonata.ts): its export takes the guards, and `evaluate` answers
// at once instead of by a promise. The published types know neither.
const jsonata = (load as unknown as (given: typeof guards) => (text: string, options: object) => Engine)(guards)

const create = (text: string): Engine => jsonata(text, { RegexEngine: LinearRegExp, sequence: MAX_LIST })

/** What a run fixes for all its evaluations. */
export const run = { now: 0, seed: '' }

let random: Random | undefined
let spot = ''
const draw = (): number => {
  random ??= seededRandom(`${run.seed} ${spot}`)
  return random()
}

const native = (name: string): Native => (create(`$${name}`).evaluate({}) as { implementation: Native }).implementation

const boolean = native('boolean') as unknown as (value: unknown) => boolean | undefined
const fromMillis = native('fromMillis') as unknown as (millis: number, picture?: string, zone?: string) => string
const capped = cappedFunctions(native)

const register = (engine: Engine, given: Given): void => {
  engine.assign('settings', given.settings ?? {})
  const policy = given.confirmed ?? PAID_IN_FULL
  engine.assign('policy', policy)
  engine.registerFunction(
    'confirmed',
    (invoice: unknown) => confirmedOn(policy, invoice, run.now) !== undefined,
    '<x-:b>',
  )
  engine.registerFunction('confirmedOn', (invoice: unknown) => confirmedOn(policy, invoice, run.now), '<x-:s>')
  engine.registerFunction('now', (picture?: string, zone?: string) => fromMillis(run.now, picture, zone), '<s?s?:s>')
  engine.registerFunction('millis', () => run.now, '<:n>')
  engine.registerFunction('random', draw, '<:n>')
  engine.registerFunction(
    'shuffle',
    (list?: readonly unknown[]) => {
      if (list === undefined || list.length <= 1) return list
      const result: unknown[] = []
      for (const [index, each] of list.entries()) {
        const other = Math.floor(draw() * (index + 1))
        if (other !== index) result[index] = result[other]
        result[other] = each
      }
      return result
    },
    '<a:a>',
  )
  engine.registerFunction('eval', () => {
    throw { code: 'NO_EVAL' }
  })
  engine.registerFunction('moneySum', moneySum)
  engine.registerFunction('moneyAdd', moneyAdd)
  engine.registerFunction('moneyMul', moneyMul)
  engine.registerFunction('moneyRound', moneyRound)
  engine.registerFunction('moneyDiv', moneyDiv)
  engine.registerFunction('moneyShare', moneyShare)
  for (const [name, { implementation, signature }] of capped) engine.registerFunction(name, implementation, signature)
}

/** Calls `visit` for every node of a syntax tree, in the order of the text as far as the tree keeps it. */
export const eachNode = (node: unknown, visit: (node: SyntaxNode) => void): void => {
  if (Array.isArray(node)) {
    for (const each of node) eachNode(each, visit)
  } else if (typeof node === 'object' && node !== null && !(node instanceof RegExp)) {
    if ('type' in node) visit(node as SyntaxNode) // the parser marks its nodes, and nothing else, by a type
    for (const part of Object.values(node)) eachNode(part, visit)
  }
}

/** An expression, ready to be evaluated any number of times. */
export type Expression = {
  readonly tree: SyntaxNode
  /** Throws a Failure. `at` tells evaluations of a run apart: it seeds `$random`. */
  evaluate(record: unknown, at: string, deadlineMs: number): unknown
  /** The answer as a condition sees it: JSONata's `$boolean`. Throws a Failure. */
  test(record: unknown, at: string, deadlineMs: number): boolean
}

/** Throws a Failure with the position when the text is no expression that can be evaluated here. */
export const compile = (text: string, given: Given = {}): Expression => {
  let engine: Engine
  try {
    engine = create(text)
  } catch (error) {
    throw failureOf(error)
  }
  const tree = engine.ast()
  eachNode(tree, (node) => {
    if (node.type === 'regex' && node.value instanceof RegExp) checkPattern(node.value, node.position)
  })
  register(engine, given)
  const evaluate = (record: unknown, at: string, deadlineMs: number): unknown => {
    random = undefined
    spot = at
    startClock(deadlineMs)
    try {
      return engine.evaluate(record)
    } catch (error) {
      throw failureOf(error)
    }
  }
  return {
    tree,
    evaluate,
    test: (record, at, deadlineMs) => boolean(evaluate(record, at, deadlineMs)) === true,
  }
}

const checkPattern = (pattern: RegExp, position: number | undefined): void => {
  try {
    compilePattern(pattern)
  } catch (error) {
    const failure: Failure = {
      code: 'EXPRESSION_FAILED',
      message: error instanceof Error ? error.message : 'The pattern is not available here.',
      hint: 'Regular expressions run on RE2: no look-around, no back-references.',
      ...(position === undefined ? {} : { position }),
    }
    throw failure
  }
}
