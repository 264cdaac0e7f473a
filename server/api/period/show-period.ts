import type { Transaction } from 'kysely'
import { sumOf } from '../../../connectors/kit/decimal.ts'
import type { ChangedSince, PeriodFlow, PeriodSum } from '../../contract/periods.ts'
import { listFlows } from '../../store/flow/flows.ts'
import { sentSince, sumOfChecks } from '../../store/period/period-documents.ts'
import { type CheckRow, listChecks } from '../../store/period/periods.ts'
import type { Database } from '../../store/database/schema.ts'
import { lastSignOffs, type SignOffRow } from '../../store/period/sign-offs.ts'
import type { AppParts } from '../http/parts.ts'
import { checkableReads, viewPeriodFlow } from './period-view.ts'

type Tx = Transaction<Database>

/** Flows at work that can be checked, by name. */
export async function showFlows(
  parts: AppParts,
  tx: Tx,
  workspace: string,
  period: string,
  only?: string,
): Promise<PeriodFlow[]> {
  const flows = await listFlows(tx, workspace, only === undefined ? { archived: false } : { flow: only })
  const checks = Map.groupBy(await listChecks(tx, workspace, period, only), ({ flow_id }) => flow_id)
  const signed = new Map((await lastSignOffs(tx, workspace, period, only)).map((row) => [row.flow_id, row]))
  const shown: PeriodFlow[] = []
  for (const { id, name, live_version } of flows) {
    if (live_version === null) continue
    const reads = await checkableReads(parts, tx, workspace, id, live_version)
    const signOff = signed.get(id)
    if (!reads && !signOff) continue
    const own = checks.get(id) ?? []
    const check = own.find(({ totals }) => totals !== null)
    const changed =
      signOff?.kind === 'signed'
        ? await changedSince(tx, workspace, signOff, {
            check_run: check?.run_id ?? null,
            changed: check?.changed ?? null,
          })
        : null
    shown.push(viewPeriodFlow({ id, name }, reads ?? [], own, signOff, changed))
  }
  return shown.sort((a, b) => a.flow.name.localeCompare(b.flow.name))
}

/** What is other than when a month was signed; null: nothing, or it was signed before documents were kept. */
export async function changedSince(
  tx: Tx,
  workspace: string,
  signOff: Pick<SignOffRow, 'flow_id' | 'run_id' | 'evidence'>,
  newest: { readonly check_run: string | null; readonly changed: number | null },
): Promise<ChangedSince | null> {
  if (signOff.evidence === null) return null
  const documents = newest.check_run === signOff.run_id ? 0 : (newest.changed ?? 0)
  const signed = { workspace, flow: signOff.flow_id, run: signOff.run_id }
  const sent = (await sentSince(tx, signed)).length
  return documents + sent > 0 ? { documents, sent } : null
}

/** Of each flow the newest check that came to its end, in the flows' order by id: flows that are archived are left out. */
export async function newestChecks(tx: Tx, workspace: string, period: string, flow?: string): Promise<CheckRow[]> {
  const archived = flow === undefined ? { archived: false } : { flow }
  const flows = new Set((await listFlows(tx, workspace, archived)).map(({ id }) => id))
  const checks = await listChecks(tx, workspace, period, flow)
  return checks
    .filter(({ totals, flow_id }) => totals !== null && flows.has(flow_id))
    .sort((a, b) => (a.flow_id < b.flow_id ? -1 : 1))
}

/** What checks amount to together, by currency. */
export async function totalsOf(tx: Tx, workspace: string, checks: readonly CheckRow[]): Promise<PeriodSum[]> {
  const kept = checks.filter(({ evidence }) => evidence !== null)
  // Documents of before they were kept cannot be told apart: their sums count as they are. So do those of one flow alone.
  const sums =
    kept.length < 2
      ? kept.flatMap(({ totals }) => totals?.sums ?? [])
      : await sumOfChecks(
          tx,
          workspace,
          kept.map((one) => ({ flow: one.flow_id, run: one.run_id })),
        )
  const others = checks.filter(({ evidence }) => evidence === null).flatMap(({ totals }) => totals?.sums ?? [])
  const byCurrency = Map.groupBy([...sums, ...others], ({ currency }) => currency)
  return [...byCurrency]
    .map(([currency, list]) => ({
      currency,
      source: sumOf(list.map(({ source }) => source)),
      ledger: sumOf(list.map(({ ledger }) => ledger)),
      difference: sumOf(list.map(({ difference }) => difference)),
    }))
    .sort((a, b) => (a.currency < b.currency ? -1 : 1))
}

/** The month's first day, and the day after its last. */
export function daysOf(period: string): { readonly from: string; readonly to: string } {
  const [year = 0, month = 0] = period.split('-').map(Number)
  return { from: `${period}-01`, to: new Date(Date.UTC(year, month, 1)).toISOString().slice(0, 10) }
}
