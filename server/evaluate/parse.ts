import { failureOf } from './failures.ts'
import { type SyntaxNode, compile, eachNode } from './jsonata.ts'
import type { Facts, Parsed } from './program.ts'

const ARITHMETIC = new Set(['+', '-', '*', '/'])

/** Looks at an expression without evaluating it. */
export const parse = (text: string): Parsed => {
  try {
    const facts = factsOf(compile(text).tree)
    if (!facts.functions.includes('eval')) return { ok: true, facts }
    const { message } = failureOf({ code: 'NO_EVAL' })
    return { ok: false, position: Math.max(0, text.indexOf('$eval')), message, hint: 'Write the expression itself.' }
  } catch (error) {
    const { message, position, hint } = failureOf(error)
    return { ok: false, position: position ?? 0, message, hint: hint ?? 'Look at the sign where it stops.' }
  }
}

const isNode = (value: unknown): value is SyntaxNode => typeof value === 'object' && value !== null && 'type' in value
const nodes = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/** `Contact.Name` of a plain field path, else undefined. */
const pathOf = (node: unknown): string | undefined => {
  if (!isNode(node) || node.type !== 'path') return undefined
  const names = nodes(node.steps)
    .filter(isNode)
    .flatMap((step) => (step.type === 'name' ? [String(step.value)] : []))
  return names.length > 0 ? names.join('.') : undefined
}

/** jsonata notes the position behind a sign; people look for its start. */
const startOf = (position: number | undefined, length: number): number => Math.max(0, (position ?? length) - length)

const factsOf = (tree: SyntaxNode): Facts => {
  const objectKeys: { key: string; position: number }[] = []
  const functions = new Set<string>()
  const settings: { name: string; position: number }[] = []
  const moneyRisks: { position: number; name: string; path: string }[] = []
  const risk = (position: number, name: string, argument: unknown): void => {
    const path = pathOf(argument)
    if (path) moneyRisks.push({ position, name, path })
  }
  const defined = new Set<unknown>()
  const keysOf = (pairs: unknown): void => {
    for (const pair of nodes(pairs)) {
      const key: unknown = Array.isArray(pair) ? pair[0] : undefined
      if (isNode(key) && key.type === 'string' && typeof key.value === 'string') {
        objectKeys.push({ key: key.value, position: startOf(key.position, key.value.length + 2) })
      }
    }
  }
  eachNode(tree, (node) => {
    if (node.type === 'bind' && isNode(node.lhs)) defined.add(node.lhs.value)
    if (node.type === 'unary' && node.value === '{') keysOf(node.lhs)
    if (isNode(node.group) || (typeof node.group === 'object' && node.group !== null && 'lhs' in node.group))
      keysOf(node.group.lhs)
    if (node.type === 'path') {
      const [of, name] = nodes(node.steps)
      if (isNode(of) && of.type === 'variable' && of.value === 'settings' && isNode(name) && name.type === 'name') {
        settings.push({ name: String(name.value), position: startOf(of.position, '$settings'.length) })
      }
    }
    if (node.type === 'binary' && ARITHMETIC.has(String(node.value))) {
      for (const side of [node.lhs, node.rhs]) risk(startOf(node.position, 1), String(node.value), side)
    }
    if (
      (node.type === 'function' || node.type === 'partial') &&
      isNode(node.procedure) &&
      node.procedure.type === 'variable'
    ) {
      const name = String(node.procedure.value)
      functions.add(name)
      const position = startOf(node.procedure.position, name.length + 1)
      if (name === 'sum') for (const argument of nodes(node.arguments)) risk(position, '$sum', argument)
    }
    if (node.type === 'apply' && isNode(node.rhs)) {
      if (node.rhs.type === 'variable') functions.add(String(node.rhs.value))
      const called = node.rhs.type === 'function' && isNode(node.rhs.procedure) ? node.rhs.procedure : node.rhs
      if (called.type === 'variable' && called.value === 'sum') risk(startOf(called.position, 4), '$sum', node.lhs)
    }
  })
  return {
    objectKeys,
    functions: [...functions].filter((name) => !defined.has(name)),
    settings: defined.has('settings') ? [] : settings,
    moneyRisks,
  }
}
