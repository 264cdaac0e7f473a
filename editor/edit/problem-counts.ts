import type { Problem } from '../../server/flow/schema/problem.ts'

export type ProblemCounts = ReadonlyMap<string, { readonly errors: number; readonly warnings: number }>

export function problemCounts(problems: readonly Problem[]): ProblemCounts {
  const counts = new Map<string, { errors: number; warnings: number }>()
  for (const { node, severity } of problems) {
    if (node === undefined) continue
    const so = counts.get(node) ?? { errors: 0, warnings: 0 }
    if (severity === 'error') so.errors++
    else so.warnings++
    counts.set(node, so)
  }
  return counts
}
