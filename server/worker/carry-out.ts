import type { Kysely } from 'kysely'
import type { Operation } from '../../connectors/kit/connector.ts'
import { StepError } from '../../connectors/kit/errors.ts'
import { maskedWords } from '../../connectors/kit/personal-words.ts'
import type { Connections, OpenConnection } from '../connect/connections.ts'
import { type Plan, PlanError } from '../flow/plan/plan.ts'
import type { Plans } from './plans.ts'
import type { RestWhileFull } from './rest-while-full.ts'
import { attempt, Park } from '../run/call/attempt.ts'
import { TOTALS } from '../run/write/document-totals.ts'
import { imagine } from '../run/write/dry.ts'
import { executeRun, Unclosed } from '../run/execute.ts'
import { failedAt } from '../run/walk/failed-at.ts'
import { holds } from '../run/walk/holds.ts'
import { LeaseLost, RunCancelled, RunPaused } from '../run/journal/journal.ts'
import { TraceUnwritable } from '../run/journal/trace-unwritable.ts'
import type { RunEvaluator, RunParts } from '../run/journal/parts.ts'
import { RunStopped } from '../run/node/stop.ts'
import { closeCalls } from '../run/call/recover.ts'
import { type ClaimedRun, endRun, finishRun, MOST_DEATHS, parkRun, pauseRun, releaseRun } from '../store/run/claims.ts'
import { noticeJump } from '../store/database/clock-jumps.ts'
import { isDatabaseLost, isDiskFull, outlasting } from '../store/database/database-lost.ts'
import { createJournal } from '../store/journal/journal.ts'
import { createLedger } from '../store/effect/ledger.ts'
import { keepLease, type Lease, LeaseUnsure } from './keep-lease.ts'
import { keepTotals } from '../store/period/period-totals.ts'
import { loadRun } from '../store/journal/load-run.ts'
import { ensureTracePlace } from '../store/database/partitions.ts'
import { saidOf } from '../store/journal/run-said.ts'
import type { Database } from '../store/database/schema.ts'
import { stopAtPause } from '../store/run/stop-at-pause.ts'
import type { Keyring } from '../store/key/secrets.ts'
import { type Outcome, outcomeOf, type WatchRun, watched } from './watch.ts'

/** What carrying out a run takes. */
export type CarryParts = {
  /** Logged in as tieline_app. */
  readonly app: Kysely<Database>
  /** Logged in as tieline_system. */
  readonly system: Kysely<Database>
  readonly keys: Keyring
  readonly evaluator: RunEvaluator
  readonly connections: Connections
  readonly plans: Plans
  operation(id: string): Operation
  readonly leaseSeconds: number
  readonly restWhileFull: RestWhileFull
  readonly log: WorkerLog
  /** Looks on while runs are carried out. */
  readonly watch?: WatchRun | undefined
}

export type WorkerLog = {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** How long a run rests after its database went away, in milliseconds. */
const DATABASE_PAUSE_MS = 1_000
/** How long one rests that cannot write its trace, in milliseconds: somebody has to let go of it, or to mend it. */
const TRACE_PAUSE_MS = 10_000

/** The reason with which a stopping worker interrupts its runs. */
export class Stopping extends Error {
  override name = 'Stopping'
}

/**
 * One run from claim to end. Never throws.
 * @param asked when the claim was sent, by this process's monotonic clock.
 */
export async function carryOut(
  parts: CarryParts,
  claim: ClaimedRun,
  asked: number,
  abort: AbortController,
): Promise<void> {
  const log = { workspace: claim.workspace, run: claim.run, flow: claim.flow, epoch: claim.epoch }
  const lease = keepLease(parts, claim, asked, abort)
  const watch = parts.watch?.(claim)
  let outcome: Outcome = { outcome: 'ended' }
  let made: RunParts | undefined
  try {
    made = await runParts(parts, claim, abort.signal, lease)
    const run = watch ? watched(made, watch) : made
    if (claim.attempts > MOST_DEATHS) {
      outcome = { outcome: 'failed', code: 'POISON' }
      await closeCalls(run)
      await endRun(parts.system, claim, {
        state: 'failed',
        code: 'POISON',
        reason: `${MOST_DEATHS} workers died at the same batch. The run is set aside; look at its last step, then run the flow again.`,
      })
      return
    }
    await ensureTracePlace(parts.system, claim).catch((error: unknown) => {
      throw new TraceUnwritable(error)
    })
    await executeRun(run)
    if (claim.dry) await keepTotals(parts.system, claim, TOTALS)
    const counts = await finishRun(
      parts.system,
      claim,
      claim.dry ? 'A dry run: it read and compared, and sent nothing.' : undefined,
    )
    parts.log.info({ ...log, counts }, 'run ended')
  } catch (error) {
    const why = reasonOf(error, abort.signal)
    outcome = outcomeOf(why)
    await afterFailure(parts, claim, why, made?.plan).catch((second) =>
      // The lease runs out, and another claim takes the run from its last settled batch.
      parts.log.error({ ...log, err: second }, 'could not write down how the run ended'),
    )
  } finally {
    lease.release()
    watch?.ended(outcome)
  }
}

/** Why the run stopped. One that left something open because the database went away must not end: it is put down, and its next claim ends it. */
function reasonOf(error: unknown, { aborted, reason }: AbortSignal): unknown {
  if (error instanceof Unclosed && isDatabaseLost(error.cause)) return error.cause
  if (aborted) return reason
  return error instanceof Unclosed ? error.of : error
}

async function runParts(
  parts: CarryParts,
  claim: ClaimedRun,
  signal: AbortSignal,
  lease: Pick<Lease, 'heldUntil'>,
): Promise<RunParts> {
  const known = parts.plans.flow(claim)
  const loaded = await loadRun(parts.app, claim, { document: known === undefined })
  const flow = known ?? parts.plans.keep(claim, loaded.document)
  const { plan, groups } = parts.plans.plan(flow, await saidOf(parts.app, claim, flow))
  const journal = createJournal({ db: parts.app, keys: parts.keys, leaseSeconds: parts.leaseSeconds }, claim, loaded)
  const ledger = createLedger(
    { db: parts.app, keys: parts.keys, noticeJump: () => noticeJump(parts.system, parts.leaseSeconds) },
    claim,
    loaded,
  )
  const opened = new Map<string, Promise<OpenConnection>>()
  return {
    claim,
    plan,
    groups,
    capture: flow.capture,
    ordered: flow.order === 'by-key',
    operation: parts.operation,
    connection: (slot) => {
      let open = opened.get(slot)
      if (!open) {
        const bound = loaded.bindings.get(slot)
        open = bound
          ? attempt({ retries: 0, waitingMs: 0 }, signal, () =>
              parts.connections.open(claim.workspace, bound.connection, bound.revision),
            )
          : Promise.reject(
              new StepError(
                'CONFIG_INVALID',
                `No connection is bound to the slot “${slot}”. Bind one, then run again.`,
              ),
            )
        opened.set(slot, open)
      }
      return open
    },
    ...(claim.dry ? imagine(journal, ledger) : { journal, ledger }),
    evaluator: parts.evaluator,
    heldUntil: lease.heldUntil,
    signal,
  }
}

function whyUntraced(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  const why =
    code === '55P03' || code === '57014'
      ? 'somebody keeps its table locked, or the database is too busy'
      : code === '42501'
        ? 'the login of the product may not write it any more'
        : 'the database refuses it'
  return `The trace cannot be written: ${why}. Until it can, nothing more is sent. The run goes on by itself; if it does not soon, whoever runs the installation has to see to the database.`
}

async function afterFailure(parts: CarryParts, claim: ClaimedRun, error: unknown, plan?: Plan): Promise<void> {
  const log = { workspace: claim.workspace, run: claim.run, flow: claim.flow, epoch: claim.epoch }
  if (error instanceof LeaseLost) {
    parts.log.warn(log, 'another worker took the run over')
    return
  }
  if (error instanceof Stopping) return releaseRun(parts.system, claim)
  if (error instanceof LeaseUnsure) {
    parts.log.warn(log, 'the lease could not be renewed in time; the run is given back')
    // If nobody has taken it yet, this spares the wait for the lease's end, and counts as no death.
    return outlasting(() => releaseRun(parts.system, claim))
  }
  if (error instanceof RunPaused) {
    return pauseRun(parts.system, claim, 'Paused. Anybody who may start runs can let it go on.')
  }
  if (error instanceof RunCancelled) {
    return endRun(parts.system, claim, {
      state: 'cancelled',
      reason: 'Cancelled. What had settled stays; the rest was not started.',
    })
  }
  if (error instanceof Park) {
    parts.log.info({ ...log, wakeInMs: error.wakeInMs }, 'run put down')
    return parkRun(parts.system, claim, error.wakeInMs, error.message)
  }
  if (error instanceof RunStopped) {
    await finishRun(parts.system, claim, error.message)
    return
  }
  if (error instanceof PlanError) {
    return endRun(parts.system, claim, { state: 'failed', code: 'CONFIG_INVALID', reason: error.message })
  }
  if (error instanceof StepError) {
    // Words of the other system may name somebody; whoever reads the log may not see that.
    parts.log.warn({ ...log, code: error.code, reason: maskedWords(error.message) }, 'run failed')
    const { code, message } = error
    const node = failedAt(error)
    // Who only tries a flow out does not stop it.
    if (error.reaction === 'pause' && !claim.dry) {
      // What was only gathered has gone nowhere.
      const all = plan !== undefined && holds(plan, claim.causeNode)
      return stopAtPause(parts.system, claim, { code, message, reason: message, node }, all)
    }
    const reason =
      error.reaction === 'retry'
        ? `${message} It was tried several times. What had settled stays; run the flow again, and it goes on from there.`
        : message
    return endRun(parts.system, claim, { state: 'failed', code, reason, node })
  }
  if (isDatabaseLost(error)) {
    const [what, how, restMs] = isDiskFull(error)
      ? ['The disk of the database is full.', 'within half a minute of there being room', parts.restWhileFull()]
      : ['The database was away for a moment.', 'when it is back', DATABASE_PAUSE_MS]
    parts.log.warn({ ...log, err: error }, `the run is put down: ${what}`)
    return outlasting(() => parkRun(parts.system, claim, restMs, `${what} The run goes on by itself ${how}.`))
  }
  if (error instanceof TraceUnwritable) {
    parts.log.error({ ...log, err: error }, 'the run is put down: its trace cannot be written')
    return parkRun(parts.system, claim, TRACE_PAUSE_MS, whyUntraced(error.cause))
  }
  // A bug: kept with its stack in the log, never retried, never shown outside.
  parts.log.error({ ...log, err: error }, 'run ended by an unexpected error')
  return endRun(parts.system, claim, {
    state: 'failed',
    code: 'UNEXPECTED',
    node: failedAt(error),
    reason: `An unexpected error ended the run. Nothing that settled is lost. Tell us the run’s number: ${claim.run}.`,
  })
}
