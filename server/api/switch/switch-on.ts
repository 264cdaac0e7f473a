import type { Transaction } from 'kysely'
import { inHand, moveCursor } from '../../store/journal/cursors.ts'
import { setEnabled } from '../../store/flow/flows.ts'
import type { Database } from '../../store/database/schema.ts'
import { type Asking, askReads, type BehindRead, standingOf, whyNotFromNow } from './backlog.ts'
import { setHooks } from '../hook/hook-triggers.ts'
import { ApiProblem } from '../http/problems.ts'
import { loadRunnable, setClocks } from './switch-routes.ts'

export type SwitchingOn = {
  readonly workspace: string
  readonly flow: string
  readonly backlog: 'missed-too' | 'from-now'
  /** Where the reads stand; of a switching from now only. */
  readonly reads: readonly BehindRead[]
  /** The person who does it, or had set it. */
  readonly by: string
}

/** What a switching from now has to ask beforehand, with no transaction open. @throws ApiProblem if it cannot run */
export async function askPlaces(
  parts: Asking,
  { workspace, flow, backlog }: Pick<SwitchingOn, 'workspace' | 'flow' | 'backlog'>,
): Promise<readonly BehindRead[]> {
  if (backlog === 'missed-too') return []
  const standing = await standingOf(parts, workspace, flow, true)
  return askReads(parts, workspace, standing.document!, standing) // it can run, or the line above threw
}

/**
 * Switches a flow on that the transaction has locked; answers what the audit log keeps of what was left out.
 * @throws ApiProblem if it cannot run, or NOT_FROM_NOW
 */
export async function switchOn(
  parts: Pick<Asking, 'catalog'>,
  tx: Transaction<Database>,
  { workspace, flow, backlog, reads, by }: SwitchingOn,
): Promise<{ readonly skipped?: readonly object[] }> {
  const { document } = await loadRunnable(parts, tx, workspace, flow)
  if (backlog === 'from-now') {
    const why = whyNotFromNow(reads, await inHand(tx, workspace, flow))
    if (why !== null) throw new ApiProblem('NOT_FROM_NOW', why)
    for (const { planned, connection, estimate } of reads) {
      const cursor = JSON.stringify(estimate!.latest) // each has one, or the reason above is not null
      await moveCursor(tx, { workspace, flow, node: planned.node.id, connection: connection.id, cursor })
    }
  }
  await setClocks(tx, workspace, flow, document)
  await setHooks(parts, tx, workspace, flow, document)
  await setEnabled(tx, workspace, flow, true, by)
  return backlog === 'from-now' ? { skipped: reads.map(skipped) } : {}
}

/** Which read was set where, and past how many records. */
const skipped = ({ planned, cursor, estimate }: BehindRead) => ({
  node: planned.node.id,
  records: estimate?.records ?? null,
  from: cursor ?? null,
  to: estimate?.latest ?? null,
})
