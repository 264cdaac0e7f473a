import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'

type Check = (value: unknown) => boolean

const checks = new WeakMap<TSchema, Check>()

/** Whether a value is what a schema of the contract says. Each schema is compiled once: thousands of answers are checked. */
export function isLike(schema: TSchema, value: unknown): boolean {
  let check = checks.get(schema)
  if (check === undefined) {
    const compiled = Compile(schema)
    check = (one) => compiled.Check(one)
    checks.set(schema, check)
  }
  return check(value)
}
