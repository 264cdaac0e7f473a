import type { Kysely } from 'kysely'
import type { RunClaim } from '../../run/journal/journal.ts'
import { endRun, pauseFlow } from './claims.ts'
import { giveBackEvents } from './hook-runs.ts'
import type { Database } from '../database/schema.ts'

/**
 * Fails a run for something that stops its flow too, and lets the events that it has not carried out wait for the next
 * one. All or nothing: a worker that died in between would leave a run that goes on with what it had gathered of events
 * which come again. Nothing where somebody else has taken the run over.
 * @param all events that had settled as well, see giveBackEvents.
 */
export async function stopAtPause(
  system: Kysely<Database>,
  claim: RunClaim,
  failure: {
    readonly code: string
    readonly message: string
    readonly reason: string
    readonly node?: string | undefined
  },
  all: boolean,
): Promise<void> {
  const { code, message, reason, node } = failure
  await system.transaction().execute(async (tx) => {
    await pauseFlow(tx, claim, code, message)
    await giveBackEvents(tx, claim, all)
    await endRun(tx, claim, { state: 'failed', code, reason, node })
  })
}
