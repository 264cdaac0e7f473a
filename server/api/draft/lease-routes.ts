import { LeaseRequest, LeaseView } from '../../contract/drafts.ts'
import { FlowParams } from '../../contract/flows.ts'
import { type LeaseRow, signOfLife } from '../../store/flow/draft-leases.ts'
import { findDraft } from '../../store/flow/flows.ts'
import { whoAsks } from '../http/access.ts'
import { type Api, type AppParts, inTenant } from '../http/parts.ts'
import { found } from '../http/problems.ts'

export function leaseRoutes(api: Api, parts: AppParts): void {
  api.post(
    '/workspaces/:workspace/flows/:flow/lease',
    {
      schema: {
        summary: 'Say that an editor is open, and who may edit: one tab at a time, the others look',
        tags: ['drafts'],
        params: FlowParams,
        body: LeaseRequest,
        response: { 200: LeaseView },
      },
      config: { permission: 'flows.edit' },
    },
    async (request) => {
      const { flow } = request.params
      const { tab, active } = request.body
      const { person } = whoAsks(request)
      return inTenant(parts, request, async (tx, workspace) => {
        const draft = found(await findDraft(tx, workspace, flow), 'flow')
        const asking = { workspace, flow, tab, person, active: active ?? false, wish: request.body.do }
        const row = await signOfLife(tx, asking)
        return {
          yours: row !== undefined && row.tab === tab && row.user_id === person.id,
          holder: row ? holderOf(row, tab, person.id) : null,
          asked: row?.tab === tab ? row.asked_by : null,
          revision: draft.draft_revision,
          liveVersion: draft.live_version,
        }
      })
    },
  )
}

function holderOf(row: LeaseRow, tab: string, person: string) {
  return {
    name: row.name,
    since: row.taken_at.toISOString(),
    idleSeconds: Math.max(0, row.idle),
    sameTab: row.tab === tab,
    you: row.user_id === person,
  }
}
