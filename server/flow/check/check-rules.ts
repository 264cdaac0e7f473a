import type { OperationInfo } from '../catalog/catalog.ts'
import type { ExpressionAt } from './check-expressions.ts'
import type { FlowNode } from '../document/flow.ts'
import { type Graph, infoOf } from '../document/graph.ts'
import type { Problem } from '../schema/problem.ts'
import { own, settingsOf } from '../schema/schema.ts'
import { quote } from '../schema/wording.ts'

type Rule = OperationInfo['rules'][number]

/** Rules that need only the settings. */
export function checkSettingRules(graph: Graph): readonly Problem[] {
  return eachRule(graph, (node, info, rule) => {
    const value = own(settingsOf(node, info), rule.setting)
    switch (rule.rule) {
      case 'only-values': {
        const hidden: readonly unknown[] = Array.isArray(rule.values) ? rule.values : []
        const only = Array.isArray(value) && value.length > 0 && value.every((element) => hidden.includes(element))
        return only ? [broken('ONLY_VALUES', node, rule)] : []
      }
      case 'guarded-key':
      case 'needs-key':
        return []
      default: {
        // A rule that is passed over in silence may be the one that keeps an opt-in from being set.
        const message = `${quote(node.name, 60)}: its operation has a rule ${quote(rule.rule)} that this program does not know; update it.`
        return [{ code: 'RULE_UNKNOWN', severity: rule.severity, node: node.id, field: rule.setting, message }]
      }
    }
  })
}

/** Rules about what an expression writes, from what the parser found. */
export function checkExpressionRules(graph: Graph, expressions: readonly ExpressionAt[]): readonly Problem[] {
  return eachRule(graph, (node, info, rule) => {
    if (rule.rule === 'needs-key') return withoutKey(graph, node, rule, expressions)
    if (rule.rule !== 'guarded-key' || typeof rule.unless !== 'string') return []
    if (own(settingsOf(node, info), rule.unless) === true) return []
    return makersOf(node, rule.setting, graph, expressions).flatMap((made) => {
      const keys = made.parsed.ok ? made.parsed.facts.objectKeys : []
      return keys
        .filter(({ key }) => key === rule.key)
        .map(({ position }) => ({
          ...broken('GUARDED_KEY', node, rule),
          node: made.node.id,
          field: made.field,
          position,
          message: `${quote(node.name, 60)}${made.node === node ? '' : ` gets this from ${quote(made.node.name, 60)}`}: ${rule.message}`,
        }))
    })
  })
}

/** Expressions that build objects and give none of them the key. One that builds nothing passes records on unseen. */
function withoutKey(
  graph: Graph,
  node: FlowNode,
  rule: Rule,
  expressions: readonly ExpressionAt[],
): readonly Problem[] {
  return makersOf(node, rule.setting, graph, expressions).flatMap((made) => {
    const keys = made.parsed.ok ? made.parsed.facts.objectKeys : []
    if (keys.length === 0 || keys.some(({ key }) => key === rule.key)) return []
    const from = made.node === node ? '' : ` gets this from ${quote(made.node.name, 60)}`
    return [
      {
        ...broken('WRITE_WITHOUT_KEY', node, rule),
        node: made.node.id,
        field: made.field,
        message: `${quote(node.name, 60)}${from}: ${rule.message}`,
      },
    ]
  })
}

/**
 * The expressions that shape what the setting yields: its own, and if that passes the record on whole (`$`), those of
 * the maps the record comes from.
 */
function makersOf(
  node: FlowNode,
  setting: string,
  graph: Graph,
  expressions: readonly ExpressionAt[],
): readonly ExpressionAt[] {
  const at = (id: string) => expressions.filter((expression) => expression.node.id === id)
  const own = at(node.id).filter(({ field }) => field === setting || field.startsWith(`${setting}.`))
  if (!own.some(({ text }) => text.trim() === '$')) return own
  const seen = new Set([node.id])
  const waiting = [node.id]
  const maps: string[] = []
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    for (const { from } of graph.in.get(id) ?? []) {
      if (seen.has(from)) continue
      seen.add(from)
      if (infoOf(graph, from)?.id === 'map') maps.push(from)
      if (!maps.includes(from)) waiting.push(from)
    }
  }
  return [...own, ...maps.flatMap(at)]
}

function eachRule(
  graph: Graph,
  check: (node: FlowNode, info: OperationInfo, rule: Rule) => readonly Problem[],
): readonly Problem[] {
  return [...graph.nodes.values()].flatMap((node) => {
    const info = infoOf(graph, node.id)
    return info ? info.rules.flatMap((rule) => check(node, info, rule)) : []
  })
}

function broken(code: 'ONLY_VALUES' | 'GUARDED_KEY' | 'WRITE_WITHOUT_KEY', node: FlowNode, rule: Rule): Problem {
  const message = `${quote(node.name, 60)}: ${rule.message}`
  return { code, severity: rule.severity, node: node.id, field: rule.setting, message }
}
