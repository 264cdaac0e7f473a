import type { Context } from '../../connectors/kit/connector.ts'
import type { Only } from '../connect/connections.ts'
import type { PlannedNode } from '../flow/plan.ts'
import type { Tally } from './attempt.ts'
import { lingering } from './lingering.ts'
import type { Exchange, OpenConnection, RunParts } from './parts.ts'
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

/** Opens the node's connection for one step and notes what it says over it. */
export async function connectFor({ connection: open, signal }: RunParts, planned: PlannedNode): Promise<Connected> {
  const connection = await open(planned.node.slot!)
  const exchanges: Exchange[] = []
  const tally: Tally = { retries: 0, waitingMs: 0 }
  const late = planned.info.kind === 'write' && planned.info.effect !== 'upsert' ? lingering(signal) : undefined
  const context = (only?: Only): Context<never> => ({
    ...connection.context(late?.signal ?? signal, (one) => exchanges.push(one), only),
    // The call in hand may linger; no further one begins.
    signal,
    settings: planned.node.settings as never,
  })
  const again: Again = { generation: () => connection.generation(signal), only: context }
  return { connection, exchanges, tally, context: context(), again, end: () => late?.end() }
}
