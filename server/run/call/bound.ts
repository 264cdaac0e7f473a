import type { Context, LookupOperation, WriteOperation } from '../../../connectors/kit/connector.ts'
import { attempt, type Tally } from './attempt.ts'

/**
 * A step's settings with what only the other system knows put in, and the context that goes with them. Those of an
 * operation without `bind` are as they stand in the flow.
 */
export async function bound<S extends object>(
  operation: WriteOperation | LookupOperation,
  context: Context<never>,
  tally: Tally,
  settings: S,
  payloads: readonly unknown[],
): Promise<{ readonly settings: S; readonly context: Context<never> }> {
  if (!operation.bind) return { settings, context }
  const answered = await attempt(tally, context.signal, async () => operation.bind?.(context, payloads))
  const both = { ...settings, ...answered }
  return { settings: both, context: { ...context, settings: both as never } }
}
