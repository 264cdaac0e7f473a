import { remedy } from '../document/answers.ts'
import { checkExpressionRules } from './check-rules.ts'
import type { Parse, Parsed } from './expression.ts'
import type { FlowNode } from '../document/flow.ts'
import type { Form } from '../document/form.ts'
import { type Graph, infoOf, reach } from '../document/graph.ts'
import { place } from '../schema/json.ts'
import type { Problem } from '../schema/problem.ts'
import { settingsOf, textsOfFormat } from '../schema/schema.ts'
import { quote } from '../schema/wording.ts'

/** One expression, where it stands, and what the parser says of it. */
export type ExpressionAt = {
  readonly node: FlowNode
  readonly field: string
  readonly text: string
  readonly parsed: Parsed
}

/** Asks the parser once for all expressions of the flow, and judges what it answers. */
export async function checkExpressions(graph: Graph, parse: Parse, form: Form = []): Promise<readonly Problem[]> {
  const expressions = await parseAll(graph, parse, 'jsonata')
  // A pattern is judged as an expression that uses it.
  const patterns = await parseAll(graph, (texts) => parse(texts.map(patternExpression)), 'regexp')
  return [
    ...patterns.flatMap(unusablePattern),
    ...expressions.flatMap(unparsed),
    ...checkExpressionRules(graph, expressions),
    ...checkMoney(graph, expressions),
    ...checkAsked(form, expressions),
  ]
}

async function parseAll(graph: Graph, parse: Parse, format: 'jsonata' | 'regexp'): Promise<readonly ExpressionAt[]> {
  const found = [...graph.nodes.values()].flatMap((node) => {
    const info = infoOf(graph, node.id)
    if (!info) return []
    // Blank ones are missing settings, already reported as such.
    return textsOfFormat(info.settings, settingsOf(node, info), format)
      .filter(({ text }) => text.trim() !== '')
      .map(({ field, text }) => ({ node, field, text }))
  })
  const distinct = [...new Set(found.map(({ text }) => text))]
  const answers = distinct.length === 0 ? [] : await parse(distinct)
  const byText = new Map(distinct.map((text, index) => [text, answers[index]]))
  return found.map((at) => {
    const parsed = byText.get(at.text)
    if (!parsed) throw new Error(`The parser answered ${answers.length} of ${distinct.length} expressions.`)
    return { ...at, parsed }
  })
}

const patternExpression = (pattern: string): string => `$match('', /${pattern.replace(/(?<!\\)\//g, '\\/')}/)`

function unusablePattern({ node, field, text, parsed }: ExpressionAt): readonly Problem[] {
  if (parsed.ok) return []
  const message = `${quote(node.name, 60)}: the pattern ${quote(text)} cannot be used. ${parsed.message}`
  return [{ code: 'EXPRESSION_INVALID', severity: 'error', node: node.id, field, message }]
}

function unparsed({ node, field, text, parsed }: ExpressionAt): readonly Problem[] {
  if (parsed.ok) return []
  const { position, hint } = parsed
  const message = `${quote(node.name, 60)}: the expression does not parse. ${place(text, position)}: ${parsed.message}${hint === '' ? '' : ` ${hint}`}`
  return [{ code: 'EXPRESSION_INVALID', severity: 'error', node: node.id, field, position, message }]
}

/** Answers that an expression asks for must be in the form. */
function checkAsked(form: Form, expressions: readonly ExpressionAt[]): readonly Problem[] {
  const names = form.map(({ name }) => name)
  return expressions.flatMap(({ node, field, parsed }) =>
    (parsed.ok ? (parsed.facts.settings ?? []) : [])
      .filter(({ name }) => !names.includes(name))
      .map(({ name, position }): Problem => {
        const message = `${quote(node.name, 60)}: the flow’s form does not ask ${quote(name)}; ${remedy(name, names)}`
        return { code: 'FORM_FIELD_UNKNOWN', severity: 'error', node: node.id, field, position, message }
      }),
  )
}

/** What to write instead of float arithmetic. */
const MONEY_FUNCTIONS: ReadonlyMap<string, string> = new Map([
  ['$sum', '$moneySum'],
  ['$round', '$moneyRound'],
  ['*', '$moneyMul'],
  ['+', '$moneyAdd'],
])

function checkMoney(graph: Graph, expressions: readonly ExpressionAt[]): readonly Problem[] {
  return expressions.flatMap(({ node, field, text, parsed }) => {
    if (!parsed.ok || parsed.facts.moneyRisks.length === 0) return []
    const money = moneyFieldsBefore(graph, node.id)
    const risks = parsed.facts.moneyRisks.filter(({ path }) => money.has(lastOf(path)) || money.has(path))
    // Both sides of an operator may be money: one problem is enough.
    return risks
      .filter(({ position }, index) => risks.findIndex((other) => other.position === position) === index)
      .map(({ position, name, path }): Problem => {
        const instead = MONEY_FUNCTIONS.get(name)
        const remedy = instead ? `use ${instead}` : 'use $moneySum, $moneyAdd, $moneyMul or $moneyRound'
        const message = `${quote(node.name, 60)}: ${name} on ${lastOf(path)} calculates with floats and may be a cent off; ${remedy}.`
        // Only the sum takes the same arguments under its other name.
        const simple = name === '$sum' && text.startsWith(name, position)
        const fix = simple ? { fix: { from: '$sum', to: '$moneySum' } } : {}
        return { code: 'MONEY_FLOAT', severity: 'warning', node: node.id, field, position, message, ...fix }
      })
  })
}

function lastOf(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1)
}

function moneyFieldsBefore(graph: Graph, id: string): ReadonlySet<string> {
  const before = reach([id], (from) => (graph.in.get(from) ?? []).map((edge) => edge.from))
  return new Set([...before, id].flatMap((node) => infoOf(graph, node)?.moneyFields ?? []))
}
