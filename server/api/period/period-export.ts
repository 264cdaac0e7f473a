import type { Transaction } from 'kysely'
import { formatRows } from '../../../connectors/kit/delimited.ts'
import { listFlows } from '../../store/flow/flows.ts'
import type { DocumentRow } from '../../store/period/period-documents.ts'
import type { PeriodTotals } from '../../store/period/periods.ts'
import type { Database } from '../../store/database/schema.ts'
import { lastSignOffs, listSignOffs } from '../../store/period/sign-offs.ts'
import { ApiProblem, found } from '../http/problems.ts'
import type { AppParts } from '../http/parts.ts'
import { newestChecks, showFlows } from './show-period.ts'

type Tx = Transaction<Database>

/** Documents of one page: some hundred kilobytes, whatever the month holds. */
const PAGE = 2_000
/** By it a spreadsheet knows that what follows is UTF-8. */
const MARK = '\uFEFF'

/** docs/periods.md describes each. New ones go to the end. */
export const COLUMNS = [
  'period',
  'flow',
  'flow_id',
  'document',
  'name',
  'currency',
  'source',
  'ledger',
  'difference',
  'state',
  'set_aside',
  'check_run',
  'checked_at',
  'signed_off_by',
  'signed_off_at',
  'note',
  'evidence_sha256',
] as const

/** A check that a file holds; without `run` its flow was not checked. */
type ExportedCheck = {
  readonly flow: string
  readonly name: string
  readonly run: string | null
  readonly totals: PeriodTotals | null
  readonly setAside: number | null
  readonly checkedAt: Date | null
  readonly evidence: string | null
  readonly signed: { readonly by: string | null; readonly at: Date; readonly note: string | null } | undefined
}

/** The newest check of each flow, or the one of a sign-off that is asked for by its run. */
export async function exportedChecks(
  parts: AppParts,
  tx: Tx,
  workspace: string,
  period: string,
  { flow, run }: { readonly flow?: string | undefined; readonly run?: string | undefined },
): Promise<ExportedCheck[]> {
  const flows = await listFlows(tx, workspace, flow === undefined ? { archived: false } : { flow })
  const names = new Map(flows.map(({ id, name }) => [id, name]))
  if (flow !== undefined) found(names.get(flow), 'flow')
  if (run !== undefined) {
    const [signOff] = await listSignOffs(tx, workspace, { period, flow, run, limit: 1 })
    if (!signOff) throw new ApiProblem('CHECK_MISSING')
    return [
      {
        ...{ flow: signOff.flow_id, name: signOff.flow_name, run, totals: signOff.totals, setAside: signOff.set_aside },
        ...{ checkedAt: null, evidence: signOff.evidence },
        signed: { by: signOff.by, at: signOff.signed_at, note: signOff.note },
      },
    ]
  }
  const signed = new Map((await lastSignOffs(tx, workspace, period, flow)).map((row) => [row.flow_id, row]))
  const checks = await newestChecks(tx, workspace, period, flow)
  const unchecked = (await showFlows(parts, tx, workspace, period, flow)).filter(({ check }) => check === null)
  return [
    ...checks.map((check) => {
      const last = signed.get(check.flow_id)
      const counts = last?.kind === 'signed' && last.run_id === check.run_id
      return {
        ...{ flow: check.flow_id, name: names.get(check.flow_id) ?? '', run: check.run_id, totals: check.totals },
        ...{ setAside: check.set_aside, checkedAt: check.ended_at, evidence: check.evidence },
        signed: counts ? { by: last.by, at: last.signed_at, note: last.note } : undefined,
      }
    }),
    ...unchecked.map(({ flow: { id, name } }) => ({
      ...{ flow: id, name, run: null, totals: null, setAside: null },
      ...{ checkedAt: null, evidence: null, signed: undefined },
    })),
  ]
}

/**
 * The file, a page of documents at a time. A newer check takes away what an unsigned one had found: a file that would end
 * early for that breaks off instead.
 */
export async function* exportLines(
  period: string,
  checks: readonly ExportedCheck[],
  onlyDiffering: boolean,
  pages: (
    of: { readonly flow: string; readonly run: string },
    after: DocumentRow | undefined,
    limit: number,
  ) => Promise<DocumentRow[]>,
): AsyncGenerator<string> {
  yield MARK + lines([COLUMNS])
  for (const check of checks) {
    const row = rowOf(period, check)
    const { run, totals } = check
    if (run === null || totals === null || check.evidence === null) {
      yield lines([row(undefined, run === null ? 'not-checked' : 'not-kept')])
      continue
    }
    const { agree, ...off } = totals.documents
    let left = off.different + off.missing + off.extra + (onlyDiffering ? 0 : agree)
    if (left === 0) yield lines([row(undefined, 'none')])
    for (let after: DocumentRow | undefined; ; ) {
      const page: DocumentRow[] = await pages({ flow: check.flow, run }, after, PAGE)
      for (const [at, one] of page.entries()) {
        const before = at === 0 ? after : page[at - 1]
        if (before?.target_id !== one.target_id || before.document !== one.document) left -= 1
      }
      if (page.length > 0) yield lines(page.map((one) => row(one, one.state)))
      if (page.length < PAGE) break
      after = page.at(-1)
    }
    if (left !== 0) throw new Error(`Documents of check ${run} went away while they were exported.`)
  }
}

const rowOf =
  (period: string, { name, flow, run, setAside, checkedAt, signed, evidence }: ExportedCheck) =>
  (one: DocumentRow | undefined, state: string): readonly unknown[] => [
    ...[period, name, flow, one?.document, one?.name, one?.currency, one?.source, one?.ledger, one?.difference, state],
    ...[setAside, run, checkedAt?.toISOString(), signed?.by, signed?.at.toISOString(), signed?.note, evidence],
  ]

const lines = (rows: readonly (readonly unknown[])[]) => formatRows(rows, { delimiter: ',', guard: true })
