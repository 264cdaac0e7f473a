import type { Context } from '../../../connectors/kit/connector.ts'
import type { Only } from '../../connect/connections.ts'
import type { PlannedNode } from '../../flow/plan/plan.ts'
import type { Tally } from './attempt.ts'
import { PATIENT_SLEEP_MS } from './judge.ts'
import { lingering } from './lingering.ts'
import type { Exchange, OpenConnection, RunParts } from '../journal/parts.ts'
import type { Again } from './send.ts'

/** What a step talks to another system with, and what it said so far. */
export type Connected = {
  readonly connection: OpenConnection
  readonly exchanges: Exchange[]
  readonly tally: Tally
  readonly context: Context<never>
  /** How a keyed call is made again. */
  readonly again: Again
  end(): void
}

/** A look-up may come whenever it comes, but its batch goes on where it is. */
const PATIENTLY: Only = { patient: true, until: () => Number.POSITIVE_INFINITY }

/**
 * A worker may stand still at any moment, and wake when another one has taken its run over. So what changes another
 * system leaves only while the run is surely ours.
 */
export function whileHeld(context: (only?: Only) => Context<never>, heldUntil: () => number): Again['only'] {
  return (condition) =>
    context({
      ...(condition?.generation === undefined ? {} : { generation: condition.generation }),
      patient: true,
      until: () => Math.min(heldUntil(), condition?.until() ?? Number.POSITIVE_INFINITY),
    })
}

/** Opens the node's connection for one step and notes what it says over it. */
export async function connectFor(
  { connection: open, signal, heldUntil }: RunParts,
  planned: PlannedNode,
): Promise<Connected> {
  const connection = await open(planned.node.slot!)
  const exchanges: Exchange[] = []
  const tally: Tally = { retries: 0, waitingMs: 0, longestSleepMs: PATIENT_SLEEP_MS }
  const late = planned.info.kind === 'write' && planned.info.effect !== 'upsert' ? lingering(signal) : undefined
  const context = (only?: Only): Context<never> => ({
    ...connection.context(late?.signal ?? signal, (one) => exchanges.push(one), only),
    // The call in hand may linger; no further one begins.
    signal,
    settings: planned.node.settings as never,
  })
  const again: Again = { generation: () => connection.generation(signal), only: whileHeld(context, heldUntil) }
  const first = planned.info.kind === 'write' ? again.only() : context(PATIENTLY)
  return { connection, exchanges, tally, context: first, again, end: () => late?.end() }
}
