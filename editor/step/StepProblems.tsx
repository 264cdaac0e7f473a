import type { Problem } from '../../server/flow/schema/problem.ts'
import { Problems } from '../flow/Problems.tsx'

export function StepProblems({ problems }: { problems: readonly Problem[] }) {
  if (problems.length === 0) return null
  return <Problems problems={problems} />
}
