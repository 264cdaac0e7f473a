import type { Flow } from './flow.ts'
import { gathers } from '../catalog/gathers.ts'

export type RetryRefusal = 'NODE_GONE' | 'RERUN_INSTEAD'

/**
 * Why a single record cannot be tried again at a node, or nothing. What feeds a summary or a join needs all records of
 * a run: alone, it would leave with a wrong sum, or without its match.
 */
export function retryRefusal({ nodes, edges }: Flow, node: string): RetryRefusal | undefined {
  const operations = new Map(nodes.map(({ id, operation }) => [id, operation]))
  if (!operations.has(node)) return 'NODE_GONE'
  const looked = new Set<string>()
  const open = [node]
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const operation = operations.get(at)
    if (operation !== undefined && gathers(operation)) return 'RERUN_INSTEAD'
    if (looked.has(at)) continue
    looked.add(at)
    for (const edge of edges) if (edge.from === at && edge.port !== 'done') open.push(edge.to)
  }
  return undefined
}
