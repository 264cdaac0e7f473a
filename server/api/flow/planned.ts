import type { Flow } from '../../flow/document/flow.ts'
import { type Plan, PlanError, planFlow } from '../../flow/plan/plan.ts'
import type { AppParts } from '../http/parts.ts'
import { ApiProblem } from '../http/problems.ts'

/** The plan of a version. It was valid when it was published; the catalog may have moved on since. */
export function planned({ catalog }: AppParts, document: Flow): Plan {
  try {
    return planFlow(document, catalog)
  } catch (error) {
    if (error instanceof PlanError) throw new ApiProblem('FLOW_HAS_ERRORS', error.message, { problems: error.problems })
    throw error
  }
}
