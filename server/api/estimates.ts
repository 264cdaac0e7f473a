import type { Cursor, Estimate, Operation, ReadOperation } from '../../connectors/kit/connector.ts'
import { StepError } from '../../connectors/kit/errors.ts'
import type { PlannedNode } from '../flow/plan.ts'
import type { AppParts } from './parts.ts'

type Scope = { readonly window?: { readonly from: string; readonly to: string } | undefined }

export function operationOf({ connectors }: AppParts, { info, node }: PlannedNode): Operation | undefined {
  const connector = connectors.find(({ name }) => name === info.connector)
  return connector?.operations.find(({ name }) => `${connector.name}.${name}` === node.operation)
}

/** Undefined where the other system does not say, or cannot be asked now: a forecast is worth no failure. */
export async function estimateOf(
  parts: AppParts,
  workspace: string,
  connection: string,
  operation: ReadOperation,
  { node }: PlannedNode,
  scope: Scope & { readonly from?: Cursor | undefined },
  signal: AbortSignal,
): Promise<Estimate | undefined> {
  if (!operation.estimate || (scope.window && !operation.window)) return undefined
  try {
    const open = await parts.connections.open(workspace, connection)
    return await operation.estimate({ ...open.context(signal), settings: node.settings }, scope)
  } catch (error) {
    if (error instanceof StepError || signal.aborted) return undefined
    throw error
  }
}
