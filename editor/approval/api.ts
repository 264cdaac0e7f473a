import type {
  ApprovalDetail,
  ApprovalList,
  ApprovalRequest,
  ApprovalRule,
  ApprovalRuleRequest,
  ApprovalView,
} from '../../server/contract/approvals.ts'
import { path, request } from '../request.ts'

// What waits for a second person.

type Signal = { readonly signal?: AbortSignal }

export const rule = (workspace: string, options: Signal = {}) =>
  request<ApprovalRule>('GET', path`/workspaces/${workspace}/approval-rule`, options)
export const changeRule = (workspace: string, body: ApprovalRuleRequest) =>
  request<ApprovalRule>('PUT', path`/workspaces/${workspace}/approval-rule`, { body })
export const ask = (workspace: string, flow: string, body: ApprovalRequest) =>
  request<ApprovalView>('POST', path`/workspaces/${workspace}/flows/${flow}/approval`, { body })
export const approvals = (workspace: string, options: Signal = {}) =>
  request<ApprovalList>('GET', path`/workspaces/${workspace}/approvals`, options)
export const approval = (workspace: string, id: string, options: Signal = {}) =>
  request<ApprovalDetail>('GET', path`/workspaces/${workspace}/approvals/${id}`, options)
export const approve = (workspace: string, id: string, hash: string) =>
  request<ApprovalView>('POST', path`/workspaces/${workspace}/approvals/${id}/approve`, { body: { hash } })
export const refuse = (workspace: string, id: string, reason: string) =>
  request<ApprovalView>('POST', path`/workspaces/${workspace}/approvals/${id}/refuse`, { body: { reason } })
