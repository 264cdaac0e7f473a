import { LeaseLost, RunCancelled, RunPaused } from '../run/journal/journal.ts'
import type { CarryParts } from './carry-out.ts'
import { type ClaimedRun, renewLease } from '../store/run/claims.ts'

/** A run that is kept. `heldUntil` by performance.now(): nobody else can have taken it before. */
export type Lease = { release(): void; heldUntil(): number }

/** A worker that cannot tell any more whether its lease holds: it stops before another one may have started. */
export class LeaseUnsure extends Error {
  override name = 'LeaseUnsure'
}

/**
 * Renews a run's lease every third of it, and interrupts the run when it is lost, when somebody wants it stopped, and
 * when two thirds of the lease passed without a renewal. The database's clock says when a lease ends; ours, which
 * never jumps, only how long ago the last renewal was asked for.
 * @param asked when the claim was sent, by performance.now().
 * @returns how to stop it, and until when the run is surely ours.
 */
export function keepLease(
  parts: Pick<CarryParts, 'system' | 'leaseSeconds' | 'log'>,
  claim: ClaimedRun,
  asked: number,
  abort: AbortController,
): Lease {
  const leaseMs = parts.leaseSeconds * 1000
  let sureSince = asked
  let busy = false

  async function renew(): Promise<void> {
    const asking = performance.now()
    try {
      const held = await renewLease(parts.system, claim, parts.leaseSeconds)
      if (held !== 'lost') sureSince = asking
      if (held === 'lost') abort.abort(new LeaseLost('Another worker holds this run.'))
      if (held === 'cancel') abort.abort(new RunCancelled('Somebody cancelled this run.'))
      if (held === 'pause') abort.abort(new RunPaused('Somebody paused this run.'))
    } catch (error) {
      parts.log.warn({ workspace: claim.workspace, run: claim.run, err: error }, 'could not renew the lease')
    }
  }

  let nextRenewal = asked + leaseMs / 3
  const timer = setInterval(() => {
    const now = performance.now()
    if (now - sureSince > (leaseMs * 2) / 3) {
      abort.abort(new LeaseUnsure('The lease could not be renewed in time.'))
      return
    }
    if (busy || now < nextRenewal) return
    busy = true
    nextRenewal = now + leaseMs / 3
    void renew().finally(() => {
      busy = false
    })
  }, leaseMs / 30)
  return { release: () => clearInterval(timer), heldUntil: () => sureSince + leaseMs }
}
