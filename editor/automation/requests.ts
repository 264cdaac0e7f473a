import type { AutomationList } from '../../server/contract/automations.ts'
import type { Fleet } from '../../server/contract/fleet.ts'
import type { NewReport, ReportAnswer, ReportList, ReportView } from '../../server/contract/reports.ts'
import type { SwitchPreview } from '../../server/contract/switching.ts'
import { path, request } from '../request.ts'

type Signal = { readonly signal?: AbortSignal }

export const switchPreview = (workspace: string, id: string, on: boolean, options: Signal = {}) =>
  request<SwitchPreview>('POST', path`/workspaces/${workspace}/flows/${id}/switch/preview`, {
    body: { on },
    ...options,
  })
export const automations = (workspace: string, options: Signal = {}) =>
  request<AutomationList>('GET', path`/workspaces/${workspace}/automations`, options)
export const report = (workspace: string, id: string, body: NewReport) =>
  request<ReportView>('POST', path`/workspaces/${workspace}/flows/${id}/reports`, { body })
export const reports = (workspace: string, query: { readonly state: 'open' | 'closed' }, options: Signal = {}) =>
  request<ReportList>('GET', path`/workspaces/${workspace}/reports`, { query, ...options })
export const answerReport = (workspace: string, id: string, body: ReportAnswer) =>
  request<ReportView>('POST', path`/workspaces/${workspace}/reports/${id}/answer`, { body })

export const fleet = (options: Signal = {}) => request<Fleet>('GET', '/fleet', options)
