import { queryOptions } from '@tanstack/react-query'
import * as api from './api.ts'

export const approvalRuleQuery = (workspace: string) =>
  queryOptions({
    queryKey: [workspace, 'approval-rule'],
    queryFn: ({ signal }) => api.rule(workspace, { signal }),
    staleTime: 60_000,
  })

export const approvalsQuery = (workspace: string) =>
  queryOptions({
    queryKey: [workspace, 'approvals'],
    queryFn: ({ signal }) => api.approvals(workspace, { signal }),
    refetchInterval: 10_000,
  })

export const approvalQuery = (workspace: string, id: string) =>
  queryOptions({
    queryKey: [workspace, 'approvals', id],
    queryFn: ({ signal }) => api.approval(workspace, id, { signal }),
  })
