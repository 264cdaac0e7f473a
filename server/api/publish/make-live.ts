import type { Transaction } from 'kysely'
import type { Flow } from '../../flow/document/flow.ts'
import { endOpenApproval } from '../../store/flow/approvals.ts'
import { setLiveVersion } from '../../store/flow/flows.ts'
import type { Database } from '../../store/database/schema.ts'
import { readyForVersion } from '../../store/run/hook-runs.ts'
import { insertVersion, type VersionRow } from '../../store/flow/versions.ts'
import { splitLayout } from '../flow/flow-documents.ts'
import { setHooks } from '../hook/hook-triggers.ts'
import type { AppParts } from '../http/parts.ts'
import { setClocks } from '../switch/switch-routes.ts'
import { withAnswers } from '../flow/with-answers.ts'

/**
 * Makes a checked document the next version of a flow and the one that runs: its hooks are there, and the clocks of a flow
 * that is on are set anew. What somebody had asked for it has nothing left to be approved. Lock the flow first.
 * @throws ApiProblem ANSWERS_MISSING, for a flow that is on
 */
export async function makeLive(
  parts: AppParts,
  tx: Transaction<Database>,
  made: {
    readonly workspace: string
    readonly flow: string
    readonly document: Flow
    readonly hash: string
    readonly author: { readonly id: string; readonly name: string }
    readonly summary: string
    readonly enabled: boolean
  },
): Promise<VersionRow> {
  const { workspace, flow, document, hash, author, summary, enabled } = made
  const row = await insertVersion(tx, { workspace, flow, ...splitLayout(document), hash, author, summary })
  await setLiveVersion(tx, workspace, flow, row.number)
  await endOpenApproval(tx, workspace, flow, `Version ${row.number} went live meanwhile.`)
  const ready = await withAnswers(tx, workspace, flow, document, !enabled)
  await setHooks(parts, tx, workspace, flow, ready)
  await readyForVersion(tx, { workspace, flow, version: row.number })
  if (enabled) await setClocks(tx, workspace, flow, ready)
  return row
}
