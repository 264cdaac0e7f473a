import { useQuery } from '@tanstack/react-query'
import type { ApprovalView } from '../../server/contract/approvals.ts'
import { approvalRuleQuery, approvalsQuery } from './queries.ts'

const NONE: readonly ApprovalView[] = []

/** Whether there is anything about approvals: the rule is on, or a request from its time waits still. */
export function useApproving(workspace: string): boolean {
  const rule = useQuery(approvalRuleQuery(workspace)).data
  return rule !== undefined && (rule.on || rule.open > 0)
}

/** What waits for a second person, or was decided, open ones first, then the newest; not asked for where there is nothing. */
export function useApprovals(workspace: string): readonly ApprovalView[] {
  const approving = useApproving(workspace)
  const found = useQuery({ ...approvalsQuery(workspace), enabled: approving }).data
  return approving ? (found?.items ?? NONE) : NONE
}
