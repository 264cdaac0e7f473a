import { fieldChecker } from './check-fields.ts'
import { failureOf } from './failures.ts'
import { type Expression, compile } from './jsonata.ts'
import { putAt, readPath, valueAt } from './paths.ts'
import { checkOutput } from './plain.ts'
import type { Failure, Given, PureStep } from './program.ts'

/** A record on its way. `root` while it is still the record that came in, so that it need not travel back. */
export type Item = { readonly value: object; readonly origin: number; readonly root: boolean }
/** What a step's expressions may give: objects by port, or a failure. */
type Give = (port: string, value: unknown) => void
export type Evaluate = { readonly kind: PureStep['kind']; readonly work: (item: Item, at: string, give: Give) => void }

/** A job that makes no sense, in words for people. */
export class RefusedJob extends Error {}

const compileFor = (id: string, setting: string, text: string, given: Given): Expression => {
  try {
    return compile(text, given)
  } catch (error) {
    const { message, position } = failureOf(error)
    throw new RefusedJob(
      `The ${setting} of node ${id} cannot be used${position === undefined ? '' : ` (character ${position})`}: ${message}`,
    )
  }
}

/** Of the run in progress. */
export const limits = { deadlineMs: 1000, maxOutputBytes: 0 }

const isRecord = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const notARecord = (value: unknown): never => {
  const what = value === null ? 'null' : Array.isArray(value) ? 'a list' : `a ${typeof value}`
  throw {
    code: 'EXPRESSION_FAILED',
    message: `The expression gives ${what} where a record belongs.`,
    hint: 'Give an object, a list of objects, or nothing.',
    setting: 'expression',
  } satisfies Failure
}

const within = <T>(setting: string, work: () => T): T => {
  try {
    return work()
  } catch (error) {
    throw { ...failureOf(error), setting }
  }
}

/** Compiles a step's expressions. Throws RefusedJob. */
export const prepareStep = (step: PureStep, given: Given = {}): Evaluate => {
  switch (step.kind) {
    case 'map': {
      const expression = compileFor(step.id, 'expression', step.expression, given)
      const work = (item: Item, at: string, give: Give): void => {
        const value = within('expression', () => {
          const answer = expression.evaluate(item.value, at, limits.deadlineMs)
          checkOutput(answer, limits.maxOutputBytes)
          return answer
        })
        if (value === undefined) return
        if (isRecord(value)) give('out', value)
        else if (Array.isArray(value)) {
          for (const each of value) if (!isRecord(each)) notARecord(each)
          for (const each of value) give('out', each)
        } else notARecord(value)
      }
      return { kind: 'map', work }
    }
    case 'filter': {
      const condition = compileFor(step.id, 'condition', step.condition, given)
      return {
        kind: 'filter',
        work: (item, at, give) =>
          give(
            within('condition', () => condition.test(item.value, at, limits.deadlineMs)) ? 'out' : 'other',
            item.value,
          ),
      }
    }
    case 'route': {
      const cases = step.cases.map(({ name, condition }, index) => ({
        name,
        setting: `cases.${index}.condition`,
        condition: compileFor(step.id, `condition of case ${name}`, condition, given),
      }))
      return {
        kind: 'route',
        work: (item, at, give) => {
          const matching: string[] = []
          for (const { name, setting, condition } of cases) {
            if (within(setting, () => condition.test(item.value, `${at} ${name}`, limits.deadlineMs))) {
              matching.push(name)
              if (step.match === 'first') break
            }
          }
          for (const name of matching) give(name, item.value)
          if (matching.length === 0) give('other', item.value)
        },
      }
    }
    case 'validate': {
      let check: ReturnType<typeof fieldChecker>
      try {
        check = fieldChecker(step.fields, step.others)
      } catch (error) {
        const why = error instanceof SyntaxError || !(error instanceof Error) ? failureOf(error).message : error.message
        throw new RefusedJob(`A pattern of node ${step.id} cannot be used: ${why}`)
      }
      return {
        kind: 'validate',
        work: (item, _at, give) => {
          const failure = check(item.value)
          if (failure) throw failure
          give('out', item.value)
        },
      }
    }
    case 'split': {
      const path = readPath(step.path)
      const keep = step.keep.map(readPath)
      return {
        kind: 'split',
        work: (item, _at, give) => {
          const found = valueAt(item.value, path)
          if (found === undefined || found === null) return
          const parent: { [key: string]: unknown } = Object.create(null)
          for (const each of keep) {
            const value = valueAt(item.value, each)
            if (value !== undefined) putAt(parent, each, value)
          }
          const extra = keep.length > 0 ? { parent } : {}
          for (const element of Array.isArray(found) ? found : [found]) {
            give('out', isRecord(element) ? { ...element, ...extra } : { value: element, ...extra })
          }
        },
      }
    }
  }
}
