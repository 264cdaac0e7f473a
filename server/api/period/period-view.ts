import type { Transaction } from 'kysely'
import type { ChangedSince, CheckView, PeriodFlow, SignOffView } from '../../contract/periods.ts'
import type { Flow } from '../../flow/document/flow.ts'
import type { Plan } from '../../flow/plan/plan.ts'
import type { BackfilledRead } from '../../store/run/backfills.ts'
import type { CheckRow } from '../../store/period/periods.ts'
import type { SignOffRow } from '../../store/period/sign-offs.ts'
import type { Database } from '../../store/database/schema.ts'
import { findVersion } from '../../store/flow/versions.ts'
import { inlined } from '../../flow/document/sub-flow.ts'
import { readStored } from '../flow/flow-documents.ts'
import type { AppParts } from '../http/parts.ts'
import { planned } from '../flow/planned.ts'
import { ApiProblem } from '../http/problems.ts'
import { iso } from '../view/views.ts'
import { readsOf, triggerFor } from '../flow/windowed-reads.ts'
import { withAnswers } from '../flow/with-answers.ts'

/** Whether it sends rows by difference that can be added up. */
export const isMoney = (plan: Plan): boolean =>
  [...plan.nodes.values()].some(
    ({ node, info }) => info.amounts === true && (node.settings.policy ?? info.policies?.[0]) === 'difference',
  )

/** The reads of the version that runs, if it can be checked; else undefined. */
export async function checkableReads(
  parts: AppParts,
  tx: Transaction<Database>,
  workspace: string,
  flow: string,
  version: number,
): Promise<readonly BackfilledRead[] | undefined> {
  const row = await findVersion(tx, workspace, flow, version)
  if (!row) throw new Error(`Version ${version} of flow ${flow} is missing.`)
  try {
    const document: Flow = inlined(await withAnswers(tx, workspace, flow, readStored(row.document)))
    const plan = planned(parts, document)
    return isMoney(plan) ? readsOf(plan, triggerFor(plan, undefined)) : undefined
  } catch (error) {
    // It has no days to go by, lacks answers, or no longer fits the catalog: nobody can check it as it is.
    if (error instanceof ApiProblem) return undefined
    throw error
  }
}

export function viewPeriodFlow(
  flow: PeriodFlow['flow'],
  reads: readonly BackfilledRead[],
  checks: readonly CheckRow[],
  signOff: SignOffRow | undefined,
  changed: ChangedSince | null,
): PeriodFlow {
  const [newest] = checks
  const check = checks.find(({ totals }) => totals !== null)
  return {
    flow,
    reads: reads.map(({ node, name, by }) => ({ node, name, by })),
    check: check ? viewCheck(check) : null,
    latest: newest && newest !== check ? viewCheck(newest) : null,
    signOff: signOff ? viewSignOff(signOff) : null,
    changed,
  }
}

export const agrees = ({ totals, set_aside }: Pick<CheckRow, 'totals' | 'set_aside'>): boolean =>
  totals !== null &&
  set_aside === 0 &&
  totals.documents.different + totals.documents.missing + totals.documents.extra === 0

export const viewCheck = (row: CheckRow): CheckView => ({
  run: row.run_id,
  state: row.state,
  reason: row.reason,
  totals: row.totals && { documents: row.totals.documents, sums: [...row.totals.sums] },
  evidence: row.evidence,
  setAside: row.set_aside,
  agrees: agrees(row),
  old: row.old,
  at: row.created_at.toISOString(),
  endedAt: iso(row.ended_at),
  by: row.by,
})

export const viewSignOff = (row: SignOffRow): SignOffView => ({
  kind: row.kind,
  run: row.run_id,
  totals: { documents: row.totals.documents, sums: [...row.totals.sums] },
  evidence: row.evidence,
  setAside: row.set_aside,
  note: row.note,
  by: row.by,
  at: row.signed_at.toISOString(),
})
