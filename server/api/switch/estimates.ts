import type { Cursor, Estimate, Operation, ReadOperation } from '../../../connectors/kit/connector.ts'
import { StepError } from '../../../connectors/kit/errors.ts'
import type { PlannedNode } from '../../flow/plan/plan.ts'
import type { AppParts } from '../http/parts.ts'

type Scope = { readonly window?: { readonly from: string; readonly to: string } | undefined }

export function operationOf(
  { connectors }: Pick<AppParts, 'connectors'>,
  { info, node }: PlannedNode,
): Operation | undefined {
  const connector = connectors.find(({ name }) => name === info.connector)
  return connector?.operations.find(({ name }) => `${connector.name}.${name}` === node.operation)
}

type Asking = [
  parts: Pick<AppParts, 'connections'>,
  workspace: string,
  connection: string,
  operation: ReadOperation,
  planned: PlannedNode,
  scope: Scope & { readonly from?: Cursor | undefined },
  signal: AbortSignal,
]

/** Undefined where the other system does not say, or cannot be asked now: a forecast is worth no failure. */
export const estimateOf = async (...asking: Asking): Promise<Estimate | undefined> =>
  (await askEstimate(...asking)).estimate

/** `trouble`: why the other system could not be asked now, in a sentence; absent where it just does not say. */
export async function askEstimate(
  ...[parts, workspace, connection, operation, { node }, scope, signal]: Asking
): Promise<{ readonly estimate?: Estimate | undefined; readonly trouble?: string }> {
  if (!operation.estimate || (scope.window && !operation.window)) return {}
  try {
    const open = await parts.connections.open(workspace, connection)
    return { estimate: await operation.estimate({ ...open.context(signal), settings: node.settings }, scope) }
  } catch (error) {
    if (signal.aborted) return { trouble: 'It did not answer in time.' }
    if (error instanceof StepError) return { trouble: error.message }
    throw error
  }
}
