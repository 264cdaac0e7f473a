import type { ClientView } from '../../contract/clients.ts'
import { findOpenApproval } from '../../store/flow/approvals.ts'
import { type ClientRow, lastPush } from '../../store/workspace/clients.ts'
import { inWorkspace } from '../../store/database/database.ts'
import { listFlows } from '../../store/flow/flows.ts'
import type { AppParts } from '../http/parts.ts'
import { isAllowed } from '../http/permissions.ts'

/** A client as the list shows it: what it runs, what waits there, and whether the last push can be taken back. */
export async function viewClient(
  parts: AppParts,
  { workspace, name, flow, version, role, closing }: ClientRow,
): Promise<ClientView> {
  const { row, push, open } = await inWorkspace(parts.app, workspace, async (tx) => ({
    row: (await listFlows(tx, workspace, { flow }))[0],
    push: await lastPush(tx, workspace, flow),
    open: await findOpenApproval(tx, workspace, flow),
  }))
  const back = push && push.rolled_back_at === null && push.number === row?.live_version ? push : undefined
  return {
    workspace: { id: workspace, name },
    flow: { id: flow, name: row?.name ?? '' },
    version,
    live: row?.live_version ?? null,
    enabled: row?.enabled ?? false,
    archived: row?.archived_at != null,
    mayPush: role !== null && !closing && isAllowed(role, 'flows.publish'),
    waiting: open?.push
      ? {
          ...{ approval: open.id, kind: open.push.kind, version: open.push.version },
          ...{ askedBy: open.asker, at: open.created_at.toISOString() },
        }
      : null,
    lastPush: back
      ? {
          ...{ number: back.number, before: back.before_number, from: back.before_version },
          ...{ author: back.author, at: back.at.toISOString() },
        }
      : null,
  }
}
