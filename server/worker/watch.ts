import { StepError } from '../../connectors/kit/errors.ts'
import { PlanError } from '../flow/plan/plan.ts'
import { Park } from '../run/call/attempt.ts'
import { RunCancelled, RunPaused, type SettledBatch } from '../run/journal/journal.ts'
import { TraceUnwritable } from '../run/journal/trace-unwritable.ts'
import type { Exchange, OpenConnection, RunParts } from '../run/journal/parts.ts'
import { RunStopped } from '../run/node/stop.ts'
import type { ClaimedRun } from '../store/run/claims.ts'
import { isDatabaseLost } from '../store/database/database-lost.ts'

/** How a claim of a run came to its end. `given back`: somebody else goes on with it, or has already. */
export type Outcome = {
  readonly outcome: 'ended' | 'failed' | 'waiting' | 'paused' | 'cancelled' | 'given back'
  readonly code?: string
}

/** Is told what one claim of a run does, as the runtime measures it anyway. Must not throw, and takes no time. */
export type RunWatch = {
  /** A call was answered, or broke off; now. */
  called(exchange: Exchange): void
  /** A batch has settled just now; that alone took so long, in milliseconds. */
  settled(batch: SettledBatch, settleMs: number): void
  ended(outcome: Outcome): void
}

export type WatchRun = (claim: ClaimedRun) => RunWatch

/** The same run, with somebody who looks on. */
export function watched(run: RunParts, watch: RunWatch): RunParts {
  return {
    ...run,
    connection: async (slot) => looking(await run.connection(slot), watch),
    journal: {
      ...run.journal,
      settle: async (batch) => {
        const before = performance.now()
        await run.journal.settle(batch)
        watch.settled(batch, performance.now() - before)
      },
    },
  }
}

function looking(open: OpenConnection, watch: RunWatch): OpenConnection {
  return {
    ...open,
    context: (signal, onExchange, only) =>
      open.context(
        signal,
        (exchange) => {
          watch.called(exchange)
          onExchange?.(exchange)
        },
        only,
      ),
  }
}

/** Of what a run was ended by. */
export function outcomeOf(error: unknown): Outcome {
  if (error instanceof RunStopped) return { outcome: 'ended' }
  if (error instanceof RunCancelled) return { outcome: 'cancelled' }
  if (error instanceof RunPaused) return { outcome: 'paused' }
  if (error instanceof Park || error instanceof TraceUnwritable || isDatabaseLost(error)) return { outcome: 'waiting' }
  if (error instanceof StepError) return { outcome: 'failed', code: error.code }
  if (error instanceof PlanError) return { outcome: 'failed', code: 'CONFIG_INVALID' }
  const givenBack = error instanceof Error && ['LeaseLost', 'LeaseUnsure', 'Stopping'].includes(error.name)
  return givenBack ? { outcome: 'given back' } : { outcome: 'failed', code: 'UNEXPECTED' }
}
