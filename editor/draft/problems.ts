import type { Flow } from '../../server/flow/document/flow.ts'
import type { Problem } from '../../server/flow/schema/problem.ts'
import { checkFlow } from '../../server/flow/check/validate.ts'
import type { Operations } from './connect.ts'

/** What of the server's findings only it can tell: what stands in expressions, and schedules and connections. */
const SERVER_ONLY = /^(?:EXPRESSION_|MONEY_|GUARDED_|WRITE_WITHOUT|SCHEDULE_|SLOT_UNBOUND)/

/**
 * Problems of the flow as it is drawn now, with those that the server has found in the draft as it was saved last. Of
 * the latter only those that still apply: about steps that are there and have not been changed since.
 */
export function problemsNow(
  flow: Flow,
  operations: Operations,
  found: { readonly problems: readonly Problem[]; readonly of: Flow } | undefined,
): readonly Problem[] {
  const own = checkFlow(flow, { catalog: operations })
  const before = new Map(found?.of.nodes.map((node) => [node.id, node]))
  const now = new Map(flow.nodes.map((node) => [node.id, node]))
  const theirs = (found?.problems ?? []).filter((problem) => {
    if (!SERVER_ONLY.test(problem.code)) return false
    if (problem.node === undefined) return true
    const node = now.get(problem.node)
    return node !== undefined && JSON.stringify(node.settings) === JSON.stringify(before.get(problem.node)?.settings)
  })
  const known = new Set(own.map(({ code, node, message }) => `${code} ${node} ${message}`))
  return [...own, ...theirs.filter(({ code, node, message }) => !known.has(`${code} ${node} ${message}`))]
}
